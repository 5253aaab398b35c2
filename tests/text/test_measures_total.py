"""Measures are total: any text gives a number within the range of the unit, alone or in a batch."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotmill.text.measures import MEASURES, RANGES, Profile
from glotmill.text.rules import profile
from glotmill.text.scan import scan

PROFILES = (
    profile(()),
    profile(("eta", "da"), (".", "?", "!"), script="Latn", length=1.03, confusable=("lorem", "http")),
    profile(("ที่", "และ"), (), script="Thai", length=0.87),
    profile(("的",), ("。", "！"), script="Hani", length=0.27),
)
# What pages really hold beside letters, so that lines, sentences and repetition are met often.
PARTS = st.sampled_from(
    [
        "eta ",
        "da. ",
        "\n",
        "\r\n",
        "\n\n",
        "।",
        "จะ",
        "的。",
        "……",
        "#",
        "12 ",
        "{",
        "lorem ipsum ",
        "http://",
        "\u200f",
        "\ud800",
        "\0",
    ]
)
TEXTS = st.one_of(st.text(alphabet=st.characters(exclude_categories=())), st.lists(PARTS, max_size=60).map("".join))


def values(texts: list[str], known: Profile) -> dict[str, np.ndarray]:
    table = scan(texts)
    return {name: measure.compute(table, known) for name, measure in MEASURES.items()}


def check(found: dict[str, np.ndarray], documents: int) -> None:
    for name, numbers in found.items():
        least, most = RANGES[MEASURES[name].unit]
        assert numbers.shape == (documents,), name
        assert numbers.dtype == np.float64, name
        assert np.isfinite(numbers).all(), name
        assert (numbers >= least).all(), name
        assert (numbers <= most + 1e-12).all(), name


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=4), st.sampled_from(PROFILES))
def test_every_measure_is_within_its_range_for_every_document(texts: list[str], known: Profile):
    check(values(texts, known), len(texts))


@settings(deadline=None, max_examples=50)
@given(st.lists(TEXTS, min_size=1, max_size=4), st.sampled_from(PROFILES))
def test_a_batch_measures_as_its_documents_do_one_by_one(texts: list[str], known: Profile):
    together = values(texts, known)
    for index, text in enumerate(texts):
        alone = values([text], known)
        assert {name: numbers[index] for name, numbers in together.items()} == {
            name: numbers[0] for name, numbers in alone.items()
        }


HOSTILE = {
    "nothing": "",
    "white space": " \n\t\u3000\n ",
    "one line of a million characters": "Kaixo mundua. " * 75_000,
    "one word of a million characters": "ა" * 1_000_000,
    "lone surrogates": "\ud800abc\udfff" * 100,
    "nulls": "\0" * 1000,
    "bidirectional controls": "\u202eabc\u202c\u2066שלום\u2069" * 100,
    "right to left with Latin islands": "قرأت UNESCO تقرير PDF عن Wi-Fi في المدينة. " * 100,
    "emoji sequences": "👩‍👩‍👧‍👦🏳️‍🌈👍🏽🇪🇺" * 500,
    "letters under stacked marks": "Z" + "\u0310\u0322\u0334" * 5000 + "algo",
    "the wrong script": "Это предложение написано кириллицей. " * 100,
    "private and unassigned": "\ue000\U0010ffff\u0378" * 100,
    "line breaks of every kind": "\n\r\x0b\x0c\x85\u2028\u2029" * 100,
    "line breaks alone": "\n" * 100_000,
    "one character per line": "क\n" * 20_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_gives_numbers_too(text: str):
    for known in PROFILES:
        check(values([text, "Kaixo.", text[:1000]], known), 3)


def test_no_documents_give_no_numbers():
    check(values([], PROFILES[0]), 0)


def test_the_table_of_some_documents_measures_as_those_documents_do():
    texts = ["ha ha ha ha ha ha ha", "Kaixo mundua.\nKaixo mundua.", "", "สวัสดี สวัสดี สวัสดี"]
    table = scan(texts)
    whole = {name: measure.compute(table, PROFILES[1]) for name, measure in MEASURES.items()}
    taken = table.take(np.array([3, 1], np.int64))
    for name, measure in MEASURES.items():
        assert measure.compute(taken, PROFILES[1]).tolist() == whole[name][[3, 1]].tolist(), name
