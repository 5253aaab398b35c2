"""Tables with a language of one's own: what it says, and that nothing else changes where it says nothing."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from glotmill.text.hashing import text_hash
from glotmill.text.identification import ngram_table, ngram_usage, word_table, word_weights
from glotmill.text.identification.base import Identifier
from glotmill.text.identification.extension import extended_ngrams, extended_words
from glotmill.text.identification.opening import open_identifiers
from glotmill.text.identification.own import OwnLanguage
from support.romaji import TAG, UNSEEN, sentences, taught
from text.identification.sentences import HOSTILE, SENTENCES

ROOT = Path(__file__).resolve().parents[3]
NAMES = {"words": ("words",), "ngrams": ("ngrams",), "both": ("words", "ngrams")}
ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=120)


def opened(name: str, *owns: OwnLanguage) -> Identifier:
    return open_identifiers(NAMES[name], {}, max_characters=1000, owns=owns)


def guesses(identifier: Identifier, texts: list[str]) -> list[list[tuple[str, float]]]:
    found = identifier.identify(texts)
    return [
        [(identifier.labels[label], score) for label, score in zip(labels, scores, strict=True) if label >= 0]
        for labels, scores in zip(found.labels.tolist(), found.scores.tolist(), strict=True)
    ]


def entries_of(table: word_table.WordTable, tag: str) -> list[tuple[int, float]]:
    place = [record.tag for record in table.records].index(tag)
    mine = table.labels == place
    return list(zip(table.hashes[mine].tolist(), table.weights[mine].tolist(), strict=True))


def ngrams_of(table: ngram_table.NgramTable, tag: str) -> dict[int, int]:
    keys = np.repeat(table.keys, np.diff(table.starts))
    mine = table.entry_labels == table.labels.index(tag)
    return dict(zip(keys[mine].tolist(), table.weights[mine].tolist(), strict=True))


def hashed(word: str) -> int:
    return text_hash(word) >> word_table.HASH_SHIFT


@pytest.mark.parametrize("name", NAMES)
def test_an_unlisted_language_is_named_by_forty_sentences_of_it(name: str):
    before, after = opened(name), opened(name, taught())
    assert TAG not in before.labels
    texts = [UNSEEN, *sentences()]
    assert all(found[:1] == [] or found[0][0] != TAG for found in guesses(before, texts))
    named = [found[0][0] for found in guesses(after, texts)]
    assert named[0] == TAG
    assert named.count(TAG) >= 40


@pytest.mark.parametrize("name", NAMES)
def test_other_languages_are_named_as_before(name: str):
    before, after = opened(name), opened(name, taught())
    pages = sorted((ROOT / "pipelines" / "demo_web").glob("*_*/*"))
    lines = [line for page in pages for line in page.read_text(encoding="utf-8").splitlines() if len(line) > 40]
    texts = [*SENTENCES.values(), *lines[::7]]
    assert len(texts) > 100
    for text, old, new in zip(texts, guesses(before, texts), guesses(after, texts), strict=True):
        if not old or not old[0][0].endswith("_Latn"):
            assert new == old, text  # to the last decimal
        else:
            assert new[0][0] == old[0][0], text
            scores = dict(old)
            # Votes are weighed by rank as well, so that of both together a share can also grow.
            assert name == "both" or all(score <= scores.get(tag, 1.0) for tag, score in new if tag != TAG), text


@pytest.mark.parametrize("name", NAMES)
def test_without_files_the_identifiers_are_the_shipped_ones(name: str):
    assert opened(name).labels == open_identifiers(NAMES[name], {}, max_characters=1000).labels
    if name != "both":
        assert opened(name) is open_identifiers(NAMES[name], {}, max_characters=1000)


def test_entries_of_all_other_labels_stay_as_they_are():
    table = word_table.shipped()
    grown = extended_words(table, [taught()])
    kept = grown.labels < len(table.records)
    assert grown.records[:-1] == table.records
    assert np.array_equal(grown.hashes[kept], table.hashes)
    assert np.array_equal(grown.labels[kept], table.labels)
    assert np.array_equal(grown.weights[kept], table.weights)
    assert (np.diff(grown.hashes.astype(np.int64)) >= 0).all()
    ngrams = ngram_table.shipped()
    longer = extended_ngrams(ngrams, ngram_usage.shipped(), [taught()])
    place = longer.labels.index(TAG)
    assert longer.labels[:place] + longer.labels[place + 1 :] == ngrams.labels
    assert (longer.labels[place - 1][-4:], longer.labels[place + 1][-4:]) == ("Latn", ngrams.labels[place][-4:])
    assert ngrams.labels[place][-4:] != "Latn"  # labels of one script stay beside one another
    mine = longer.entry_labels == place
    labels = longer.entry_labels[~mine].astype(np.int64)
    assert np.array_equal(labels - (labels > place), ngrams.entry_labels)
    assert np.array_equal(longer.weights[~mine], ngrams.weights)
    assert np.array_equal(
        np.repeat(longer.keys, np.diff(longer.starts))[~mine], np.repeat(ngrams.keys, np.diff(ngrams.starts))
    )
    for first, end in zip(longer.starts[:-1][::1000].tolist(), longer.starts[1:][::1000].tolist(), strict=True):
        assert (np.diff(longer.entry_labels[first:end].astype(np.int64)) > 0).all()


def test_a_word_of_ones_own_weighs_by_length_and_rank_and_one_that_others_have_little():
    own = OwnLanguage(TAG, ("kodomotachi", "und", "misoshiru"), (5, 4, 3), (0, 0, 0))
    weights = dict(entries_of(extended_words(word_table.shipped(), [own]), TAG))
    assert weights[hashed("kodomotachi")] == pytest.approx(1.5 * (1 + 0.15 * np.log10(2)))
    assert weights[hashed("misoshiru")] == pytest.approx(1.5)
    assert 0.3 < weights[hashed("und")] <= word_weights.SHARED


def test_a_word_marked_as_that_of_others_weighs_less_in_words_and_ngrams():
    free = taught()
    marked = OwnLanguage(TAG, free.words, free.counts, (0, 1, *free.others[2:]))
    word = free.words[1]
    before, after = (dict(entries_of(extended_words(word_table.shipped(), [own]), TAG)) for own in (taught(), marked))
    assert after[hashed(word)] <= max(before[hashed(word)], word_weights.SHARED)
    models = [
        ngrams_of(extended_ngrams(ngram_table.shipped(), ngram_usage.shipped(), [own]), TAG) for own in (free, marked)
    ]
    assert models[0] != models[1]


def test_a_label_that_is_there_keeps_its_words_gets_more_and_gives_verdicts():
    texts = (
        "Jučer sam kupio kruh i mlijeko u trgovini na uglu naše ulice.",
        "Djeca se cijelo poslijepodne igraju u parku iza škole.",
        "Vlak za Rijeku kasni pola sata jer je pruga bila pod vodom.",
        "Svake subote idemo na tržnicu po svježe povrće i sir.",
        "Moja sestra uči svirati violinu i vježba svaku večer.",
    )
    own = taught("hrv_Latn", texts)
    table = word_table.shipped()
    grown = extended_words(table, [own])
    assert set(entries_of(table, "hrv_Latn")) < set(entries_of(grown, "hrv_Latn"))
    states = [{r.tag: r.state for r in one.records}["hrv_Latn"] for one in (table, grown)]
    assert states == ["unsupported", "unmeasured"]
    assert len(grown.records) == len(table.records)
    ngrams = extended_ngrams(ngram_table.shipped(), ngram_usage.shipped(), [own])
    assert ngrams.labels == ngram_table.shipped().labels
    assert ngrams_of(ngrams, "hrv_Latn") != ngrams_of(ngram_table.shipped(), "hrv_Latn")
    assert ngrams_of(ngrams, "slv_Latn") == ngrams_of(ngram_table.shipped(), "slv_Latn")
    assert guesses(opened("words", own), [texts[0]])[0][0][0] == "hrv_Latn"


def test_a_script_that_no_label_is_written_in_says_what_the_language_is():
    got = "".join(chr(point) for point in range(0x10330, 0x10341))
    words = tuple(got[start : start + length] for start in range(12) for length in (3, 4, 5))
    own = OwnLanguage("got_Goth", words, tuple(range(len(words), 0, -1)), (0,) * len(words))
    unseen = f"{got[5]}{got[3]}{got[8]} {got[2]}{got[9]}{got[1]}"
    for name in NAMES:
        found = guesses(opened(name, own), [unseen, SENTENCES["deu_Latn"]])
        assert [one[0][0] for one in found] == ["got_Goth", "deu_Latn"], name


TAMIL = (
    "என் பாட்டி நேற்று சந்தைக்குப் போய் மீன் வாங்கி வீட்டுக்கு வந்தார்.",
    "நாளை காலை நண்பர்களுடன் மலைக்குப் போகிறோம்.",
    "மழை பெய்தால் குழந்தைகள் வீட்டுக்குள் விளையாடுவார்கள்.",
    "எங்கள் ஊரில் ஒரு பழைய நூலகம் இருக்கிறது, அங்கே நிறைய புத்தகங்கள் உள்ளன.",
    "அப்பா தோட்டத்தில் தக்காளியும் கத்தரிக்காயும் வளர்க்கிறார்.",
    "ரயில் தாமதமாக வந்ததால் கூட்டத்துக்கு நேரத்தில் போக முடியவில்லை.",
)


def test_two_languages_of_a_script_that_had_one_are_told_apart():
    # A language that does not exist, in the script of Tamil alone: Tamil with the letters of each word the other way round.
    mirrored = tuple(
        " ".join("".join(reversed(re.findall(r"\w[\u0bbe-\u0bcd]*", word))) for word in text.split()) for text in TAMIL
    )
    own = taught("xxt_Taml", mirrored)  # Tambora, of which no text is left
    assert [label for label in ngram_table.shipped().labels if label.endswith("_Taml")] == ["tam_Taml"]
    for name in NAMES:
        identifier = opened(name, own)
        found = guesses(identifier, [*TAMIL, *mirrored])
        assert [one[0][0] for one in found] == ["tam_Taml"] * 6 + ["xxt_Taml"] * 6, name
    alone = taught("tam_Taml", TAMIL)
    assert [one[0][0] for one in guesses(opened("ngrams", alone), list(TAMIL))] == ["tam_Taml"] * 6


@pytest.mark.parametrize("name", NAMES)
def test_a_text_is_named_alike_alone_and_beside_others(name: str):
    identifier = opened(name, taught())
    texts = [*HOSTILE, UNSEEN, *SENTENCES.values(), *sentences()]
    assert guesses(identifier, texts) == [guesses(identifier, [text])[0] for text in texts]


@settings(max_examples=60, deadline=None)
@given(ANY_TEXT)
@example("\ud800 wa ga o")
def test_every_string_has_guesses(text: str):
    for name in NAMES:
        found = opened(name, taught()).identify([text])
        assert found.labels.shape == found.scores.shape
        assert np.isfinite(found.scores).all()
        assert found.scores.sum() <= 1.0001


def test_the_same_files_give_the_same_tables_in_any_order():
    other = taught("ldn_Latn", tuple(" ".join(word[::-1] for word in text.split()) for text in sentences()))
    pairs = [(taught(), other), (other, taught())]
    words = [extended_words(word_table.shipped(), pair) for pair in pairs]
    assert words[0].records == words[1].records
    for column in ("hashes", "labels", "weights"):
        assert np.array_equal(getattr(words[0], column), getattr(words[1], column))
    ngrams = [extended_ngrams(ngram_table.shipped(), ngram_usage.shipped(), pair) for pair in pairs]
    assert ngrams[0].labels == ngrams[1].labels
    for column in ("keys", "starts", "entry_labels", "weights", "documents"):
        assert np.array_equal(getattr(ngrams[0], column), getattr(ngrams[1], column))
    # Each is weighed against the shipped labels alone.
    alone = extended_words(word_table.shipped(), [taught()])
    assert entries_of(alone, TAG) == entries_of(words[0], TAG)


def test_usage_is_that_of_the_shipped_table():
    table, usage = ngram_table.shipped(), ngram_usage.shipped()
    written = [label.rpartition("_")[2] for label in table.labels]
    assert set(usage) == set(written)
    assert {name for name, one in usage.items() if one.alone} == {name for name in written if written.count(name) == 1}
    assert all(len(one.keys) > 200 for one in usage.values())
    latin = usage["Latn"]
    assert len(latin.keys) == len(latin.means) == len(latin.medians)
    assert 0 < latin.rest < latin.means.max() < 1
    # What a label lacks that most have weighs the median, whole: so the table itself says.
    keys = np.repeat(table.keys, np.diff(table.starts))
    own = np.array([label.endswith("_Latn") for label in table.labels])[table.entry_labels]
    least = np.zeros(1 << 26, np.int64)
    np.minimum.at(least, keys[own], table.weights[own])
    usual = latin.medians >= 1
    assert np.abs(latin.medians[usual] + least[latin.keys[usual]]).max() <= 0.55
