"""Measures: exact values on native text, finite on anything."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotmill.text.measures import MEASURES
from glotmill.text.rules import profile
from glotmill.text.scan import scan


def value(name: str, text: str, stop_words: tuple[str, ...] = ()) -> float:
    return float(MEASURES[name].compute(scan([text]), profile(stop_words))[0])


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("word_count", "ម្តាយទិញផ្លែឈើ ១២ !!! ->", 4),
        ("mean_word_length", "हिन्दी कल", 2.5),
        ("mean_word_length", "我们去", 1.5),
        ("mean_word_length", "!!!", 0),
        ("hash_ratio", "#samaki #pwani leo jioni", 0.5),
        ("hash_ratio", "###", 3),
        ("ellipsis_ratio", "新闻……体育…", 1),
        ("bullet_line_share", "• दाल\n- चावल\nखाना तैयार है।\n— नहीं", 0.5),
        ("ellipsis_line_share", "خرج الصياد...\nوعاد…\nمساء.", 2 / 3),
        ("alpha_word_share", "Elma 24 | 30", 1 / 4),
        ("alpha_word_share", "", 0),
    ],
)
def test_a_measure_has_its_exact_value(name: str, text: str, expected: float):
    assert value(name, text) == expected


def test_stop_words_count_once_each_whatever_their_case():
    assert value("distinct_stop_words", "ETA gero eta gehiago, baina EZ.", ("eta", "ez", "da")) == 2
    assert value("distinct_stop_words", "ฉันและเธออยู่ที่บ้าน", ("และ", "ที่")) == 2
    assert value("distinct_stop_words", "Kaixo", ()) == 0


def test_turkish_dotted_and_dotless_i_are_different_words():
    assert value("distinct_stop_words", "ılık", ("ilik",)) == 0


def test_vietnamese_measures_the_same_composed_and_decomposed():
    text = "Bà tôi kể chuyện cổ tích bằng tiếng Việt mỗi tối."
    composed, decomposed = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)
    assert composed != decomposed
    assert value("mean_word_length", composed) == value("mean_word_length", decomposed)


@given(
    st.lists(st.text(alphabet=st.characters(exclude_categories=())), max_size=4), st.sampled_from([(), ("eta", "ที่")])
)
def test_every_measure_is_a_finite_number_for_every_document(texts: list[str], stop_words: tuple[str, ...]):
    known = profile(stop_words)
    table = scan(texts)
    for name, measure in MEASURES.items():
        values = measure.compute(table, known)
        assert values.shape == (len(texts),), name
        assert values.dtype == np.float64, name
        assert np.isfinite(values).all(), name
        assert (values >= 0).all(), name


def test_measures_are_registered_under_their_own_names():
    assert all(name == measure.name for name, measure in MEASURES.items())
