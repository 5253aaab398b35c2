"""Repetition: exact values, equal to a plain reading of the definition, at a cost that grows with the text alone."""

import html
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from glotmill.text.measures import MEASURES
from glotmill.text.measures.repetition_kernel import duplicates, word_repetition
from glotmill.text.rules import profile
from glotmill.text.scan import scan
from support.effort import effort

PAGES = Path(__file__).resolve().parents[2] / ".cache" / "real" / "udhr" / "pages"
BLANK = profile(())


def value(name: str, text: str) -> float:
    return float(MEASURES[name].compute(scan([text]), BLANK)[0])


def plain(words: list[str]) -> list[int]:
    """The ten columns of `word_repetition`, read off the definition."""
    found = [len(set(words))]
    for n in (2, 3, 4):
        grams = [" ".join(words[place : place + n]) for place in range(len(words) - n + 1)]
        [(gram, times)] = Counter(grams).most_common(1) or [("", 0)]
        found.append(len(gram) * times if times > 1 else 0)
    for n in range(5, 11):
        met: set[tuple[str, ...]] = set()
        characters, place = 0, 0
        while place + n <= len(words):
            gram = tuple(words[place : place + n])
            if gram in met:
                characters += sum(map(len, gram))
                place += n
            else:
                met.add(gram)
                place += 1
        found.append(characters)
    return found


def measured(documents: list[list[str]]) -> list[list[int]]:
    """What the kernel finds in documents whose words are given."""
    numbers: dict[str, int] = {}
    words = [word for document in documents for word in document]
    rng = np.random.default_rng(7)
    hashes = [numbers.setdefault(word, int(rng.integers(2**63, dtype=np.int64))) for word in words]
    bounds = np.cumsum([0, *map(len, documents)], dtype=np.int64)
    lengths = np.array([len(word) for word in words], np.int64)
    return word_repetition(np.array(hashes, np.uint64), lengths, bounds).tolist()


FEW_WORDS = st.lists(st.sampled_from(["a", "ba", "घर", "हिन्दी"]), max_size=80)
ONE_IN_A_WHILE = st.lists(st.sampled_from([str(number) for number in range(40)]), max_size=120)
COPIED = st.tuples(st.lists(st.sampled_from("abcdefgh"), max_size=15), st.integers(1, 6)).map(lambda it: it[0] * it[1])


@settings(deadline=None)
@given(st.lists(st.one_of(FEW_WORDS, ONE_IN_A_WHILE, COPIED), max_size=4))
@example([["a"] * 100, [], ["a", "b"] * 40])
def test_the_kernel_finds_what_the_definition_says(documents: list[list[str]]):
    assert measured(documents) == [plain(document) for document in documents]


@pytest.mark.real
@pytest.mark.parametrize(
    "page", ["eus", "hin", "arb", "tha", "khm", "cmn_hans", "jpn", "kor", "ell_monotonic", "amh", "kat", "swh"]
)
def test_the_kernel_finds_what_the_definition_says_of_the_declaration(page: str):
    path = PAGES / f"{page}.html"
    if not path.is_file():
        pytest.skip(f"{path} is missing; `make real-data` fetches it")
    text = html.unescape(re.sub(r"<[^>]+>", "\n", path.read_text(encoding="utf-8")))
    table = scan([text, text + text])
    for index, document in enumerate((text, text + text)):
        spans = table.word_spans_of(index).tolist()
        words = [document[start:end].casefold() for start, end in spans]
        assert [len(word) for word in words] == [end - start for start, end in spans]
        found = word_repetition(table.word_hashes, table.word_lengths, table.word_bounds)
        assert found[index].tolist() == plain(words)
        assert found[index, 4:].sum() > 0


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("duplicate_line_share", "Soma zaidi\nMichezo\nSOMA ZAIDI\n\nSoma zaidi ", 2 / 4),
        ("duplicate_line_characters", "的的\n新\n的的", 2 / 7),
        ("duplicate_text_share", "的的\n新\n的的", 2 / 5),
        ("duplicate_line_share", "", 0),
        ("duplicate_paragraph_share", "एक।\nदो।\n\nतीन।\n \nएक।\nदो।", 1 / 3),
        ("duplicate_paragraph_characters", "ab\n\nab\n\n\nab", 4 / 11),
        ("duplicate_paragraph_share", "ab\nab", 0),
        ("distinct_word_share", "Ha ha HA he", 0.5),
        ("distinct_word_share", "", 0),
        ("top_2gram_characters", "kaixo mundu kaixo mundu", 22 / 23),
        ("top_2gram_characters", "eta bai bai eta", 0),
        ("top_2gram_characters", "ha ha ha ha", 1),
        ("top_2gram_characters", "Kaixo mundu", 0),
        ("top_3gram_characters", "a b c. a b c!", 10 / 13),
        ("top_4gram_characters", "a b c d a b c d", 14 / 15),
        ("top_4gram_characters", "ha ha ha ha", 0),
        ("duplicate_5gram_characters", "a b c d e a b c d e", 5 / 19),
        ("duplicate_5gram_characters", "a b c d e a b c d f", 0),
        ("duplicate_10gram_characters", "i u i u i u i u i u i", 0),
        ("duplicate_10gram_characters", "i u i u i u i u i u i u", 10 / 23),
    ],
)
def test_a_measure_of_repetition_has_its_exact_value(name: str, text: str, expected: float):
    assert value(name, text) == pytest.approx(expected, rel=1e-12)


def test_of_ngrams_equally_frequent_the_first_counts():
    assert value("top_2gram_characters", "a b zz zzz a b zz zzz") == pytest.approx(2 * 3 / 21)


def test_a_repetition_across_two_documents_is_none():
    table = scan(["a b c d e f", "a b c d e f"])
    for name in ("top_2gram_characters", "duplicate_5gram_characters", "duplicate_line_share", "distinct_word_share"):
        assert MEASURES[name].compute(table, BLANK).tolist() in ([0, 0], [1, 1]), name


def test_elements_are_repeated_from_their_second_time_on():
    hashes = np.array([5, 5, 7, 5, 5], np.uint64)
    lengths = np.array([2, 2, 3, 2, 2], np.int64)
    assert duplicates(hashes, lengths, np.array([0, 4, 4, 5], np.int64)).tolist() == [[2, 4], [0, 0], [0, 0]]


@pytest.mark.parametrize("period", [1, 2, 7, 1000], ids=lambda period: f"every {period} words")
def test_a_text_that_repeats_itself_costs_as_much_per_word_as_any(period: int):
    def seconds(size: int) -> float:
        hashes = np.resize(np.random.default_rng(1).integers(2**63, size=period).astype(np.uint64), size)
        lengths, bounds = np.ones(size, np.int64), np.array([0, size], np.int64)
        word_repetition(hashes[:100], lengths[:100], np.array([0, 100], np.int64))
        return effort(lambda: word_repetition(hashes, lengths, bounds))

    assert seconds(4_000_000) < 40 * seconds(400_000)  # ten times as long, with room for caches; quadratic would be 100
