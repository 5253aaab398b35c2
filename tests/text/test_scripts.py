"""Scripts: what most letters of a text are written in."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotmill.text import scripts


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Gaur goizean ogia erosi dut.", "Latn"),
        ("आज सुबह मैंने रोटी खरीदी।", "Deva"),
        ("เช้านี้ฉันซื้อขนมปัง", "Thai"),
        ("ព្រឹកនេះខ្ញុំទិញនំប៉័ង", "Khmr"),
        ("اشتريت الخبز هذا الصباح", "Arab"),
        ("今天早上我买了面包。", "Hani"),
        ("今朝、駅前の店でパンを買いました。", "Jpan"),
        ("오늘 아침에 빵을 샀다. 大韓民國", "Hang"),
        ("Сегодня утром я купил хлеб (bread).", "Cyrl"),
        ("ዛሬ ጠዋት ዳቦ ገዛሁ።", "Ethi"),
        ("დღეს დილით პური ვიყიდე.", "Geor"),
        ("這家日本小店叫做「の」，賣的是很好吃的手工麵包。", "Hani"),
        ("12 + 30 = 42 🙂", None),
        ("", None),
        ("\ud800\x00\u200d", None),
    ],
)
def test_the_script_of_most_letters_is_found(text: str, script: str | None):
    assert scripts.dominant_script(text) == script


def test_a_tie_is_decided_the_same_way_whichever_comes_first():
    assert scripts.dominant_script("ab яз") == scripts.dominant_script("яз ab") == "Cyrl"


def test_classes_agree_with_pythons_own_database_where_both_know_the_character():
    kinds = {"L": scripts.LETTER, "M": scripts.MARK, "P": scripts.PUNCTUATION, "S": scripts.SYMBOL}
    points = np.array([point for point in range(0x30000) if not 0xD800 <= point <= 0xDFFF], np.uint32)
    mine = scripts.classes_of(points).tolist()
    wrong = []
    for point, kind in zip(points.tolist(), mine, strict=True):
        category = unicodedata.category(chr(point))
        if category[0] in kinds and kinds[category[0]] != kind:
            wrong.append(hex(point))
    # Between Python 3.11's Unicode 14 and the table's 18, a handful of characters changed their category.
    assert len(wrong) <= 5, wrong


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_any_string_has_a_known_script_or_none(text: str):
    assert scripts.dominant_script(text) in scripts.known_scripts() | {None}
    assert len(scripts.code_points(text)) == len(text)


def test_lines_run_to_the_left_in_the_scripts_whose_letters_do() -> None:
    left = {script for script in scripts.known_scripts() if scripts.direction(script) == "rtl"}
    assert {"Arab", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm", "Rohg", "Mand", "Samr"} <= left
    assert not left & {"Latn", "Cyrl", "Deva", "Thai", "Khmr", "Ethi", "Hani", "Jpan", "Mong", "Tibt"}
    assert scripts.direction("Zzzz") == "ltr"
    assert scripts.direction("no script") == "ltr"
