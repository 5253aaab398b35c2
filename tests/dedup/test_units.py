"""Lines and paragraphs, and which of them count as one."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotmill.dedup.units import find, without
from glotmill.text.hashing import text_hash

BREAKS = "\n\v\f\r\x85\u2028\u2029"
BLANKS = "\t \u00a0\u1680\u2000\u200a\u202f\u205f\u3000"


def counted(line: str) -> str:
    """The counted form, the slow way: NFKC and any white space of the scan as one space; `text_hash` folds case."""
    composed = unicodedata.normalize("NFKC", line)
    return " ".join("".join(" " if sign in BLANKS + BREAKS else sign for sign in composed).split(" ")).strip(" ")


def slowly(text: str) -> list[int]:
    """The hashes of a text's lines by plain Python."""
    for sign in BREAKS:
        text = text.replace(sign, "\n")
    lines = [" ".join(filter(None, counted(line).split(" "))) for line in text.split("\n")]
    return [text_hash(line) for line in lines if line]


def hashes(text: str, **options) -> list[int]:
    return find([text], **{"unit": "line", "digits": "keep", **options}).hashes.tolist()


# The first call loads or compiles the kernels.
@settings(deadline=None)
@given(
    st.text(
        st.sampled_from("aAé\u0301\u0323\u0308ßİıﬁ12٣ " + BREAKS + BLANKS)
        | st.sampled_from(
            "กำ\u0e4d\u0e32น้ํ\u0e48\u0e38वि\u093cकड़\u09c7\u09be가\u1100\u1161\u11a8ＡＢ一㍿…\u200d\u200cأ\u0627\u0654"
        )
        | st.characters(exclude_characters="\x1c\x1d\x1e\x1f", exclude_categories=["Cs"]),
        max_size=30,
    )
)
def test_hashes_are_those_of_the_stated_form(text):
    assert hashes(text) == slowly(text)


@settings(deadline=None)
@given(st.lists(st.text(st.sampled_from("ab \n\r१é\u0301カ") | st.characters(), max_size=12), max_size=6))
def test_the_units_of_a_text_do_not_depend_on_its_neighbors(texts):
    for unit in ("line", "paragraph"):
        units = find(texts, unit=unit, digits="fold")
        for place, text in enumerate(texts):
            own = slice(units.bounds[place], units.bounds[place + 1])
            alone = find([text], unit=unit, digits="fold")
            assert units.hashes[own].tolist() == alone.hashes.tolist()
            assert units.starts[own].tolist() == alone.starts.tolist()
            for start, end in zip(units.starts[own].tolist(), units.ends[own].tolist(), strict=True):
                assert text[start:end].strip(BREAKS + BLANKS) == text[start:end]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Orri nagusia", "  ORRI\u00a0 NAGUSIA\t"),
        ("ＭＥＮＵ　一", "menu 一"),
        ("Giriş yap", "giri\u015f  YAP"),
        ("İLETİŞİM", "iletişim"),
        ("หน้าหลัก น้ำ", "หน้าหลัก  น้\u0e4d\u0e32"),
        ("الصفحة الرئيسية", "ﺍﻟﺼﻔﺤﺔ الرئيسية"),
        ("मुख\u094dय पृष्ठ का ढाँचा", "मुख\u094dय  पृष्ठ का ढ\u093e\u0901चा"),
        ("Straße", "STRASSE"),
        ("ń\u0323 lọ", "ṇ\u0301 lọ"),  # ń joins nothing, but its accent stands behind the dot
    ],
)
def test_what_readers_take_for_the_same_line_is_one(one, other):
    assert hashes(one) == hashes(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("कल मिलेंगे", "काल मिलेंगे"),
        ("ไกล", "ใกล้"),
        ("می‌خواهم", "میخواهم"),
        ("iki bin üç", "iki bin uç"),
        ("第1页", "第2页"),
    ],
)
def test_marks_joiners_and_digits_make_lines_differ(one, other):
    assert hashes(one) != hashes(other)


def test_folded_digits_of_any_script_are_one_zero():
    assert hashes("orria 7 / 12", digits="fold") == hashes("ORRIA 119 / 4", digits="fold")
    assert hashes("صفحة ٣ من ٧", digits="fold") == hashes("صفحة ١٢ من ٩", digits="fold")
    assert hashes("第7页", digits="fold") != hashes("第七页", digits="fold")


def test_a_paragraph_ends_with_a_blank_line_and_not_with_cr_lf():
    text = "Lehen lerroa\r\nbigarrena\r\n \r\nHirugarrena"
    units = find([text], unit="paragraph", digits="keep")
    pieces = [text[start:end] for start, end in zip(units.starts, units.ends, strict=True)]
    assert pieces == ["Lehen lerroa\r\nbigarrena", "Hirugarrena"]
    assert units.hashes.tolist() == [text_hash("lehen lerroa bigarrena"), text_hash("hirugarrena")]


def test_letters_are_those_of_the_counted_form():
    units = find(["12 – Straße\n한국 12\nงาน ๑๒\n…"], unit="line", digits="keep")
    assert units.letters.tolist() == [7, 2, 3, 0]


@pytest.mark.parametrize(
    ("text", "gone", "left"),
    [
        ("Menua\nAita etxean dago.\nHarremana", ["Menua", "Harremana"], "Aita etxean dago."),
        ("菜单\r\n村里下雨了。\r\n版权", ["菜单", "版权"], "村里下雨了。"),
        ("قائمة\n\n\nنص أول\n\nقائمة ثانية\n\n\nنص ثان", ["قائمة", "قائمة ثانية"], "نص أول\n\n\nنص ثان"),
        ("a\n\nb\n\nc", ["b"], "a\n\n\nc"),
        ("  b  \na", ["b"], "a"),
        ("b", ["b"], ""),
    ],
)
def test_what_stays_keeps_its_line_breaks(text, gone, left):
    spans = [(text.index(part), text.index(part) + len(part)) for part in gone]
    assert without(text, [start for start, _ in spans], [end for _, end in spans]) == left
