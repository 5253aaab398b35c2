"""Licenses in words: short forms, names in many languages, and what must stay unread."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotmill.licensing.creativecommons import FAMILIES, spdx_id
from glotmill.licensing.wording import Wording, clause_around, fold


@pytest.fixture(scope="module")
def wording(table) -> Wording:
    return Wording(table)


@pytest.mark.parametrize(
    ("text", "spdx", "port"),
    [
        ("CC BY 4.0", "CC-BY-4.0", None),
        ("cc-by-sa 3.0 de", "CC-BY-SA-3.0", "de"),
        ("CC BY-NC-SA 3.0 IGO.", "CC-BY-NC-SA-3.0", None),
        ("CC BY 4", "CC-BY-4.0", None),
        ("CC BY-SA 4,0", "CC-BY-SA-4.0", None),
        ("(CC BY-ND 4.0)", "CC-BY-ND-4.0", None),
        ("CC BY v3.0", "CC-BY-3.0", None),
        ("CC0.", "CC0-1.0", None),
        ("CC BY-SA", "LicenseRef-CC-BY-SA", None),
        ("CC BY license", "LicenseRef-CC-BY", None),
        ("CC BY 4.0のもとで", "CC-BY-4.0", None),
    ],
)
def test_short_form_is_read(wording, text, spdx, port):
    (named, *rest) = wording.licenses(fold(text))
    assert rest == []
    assert (named.spdx, named.port) == (spdx, port) or (named.spdx == spdx and "igo" in text.lower())


@pytest.mark.parametrize(
    "text",
    ["CC BY-XY 4.0", "CC BY 5.0", "CC BY 4.0-NC", "CC BY non-commercial", "CC BY 4.0 (non-commercial)", "CC NC-ND 4.0", "CC BY ND SA 4.0"],
)  # fmt: skip
def test_short_form_that_goes_on_strangely_is_unreadable(wording, text):
    assert [one.spdx for one in wording.licenses(fold(text))] == [None]


@pytest.mark.parametrize("text", ["ccbyron 4.0", "accby 4.0", "circa 1990", "CC: john@example.org", "Cc Byzanz"])
def test_other_words_are_no_license(wording, text):
    assert wording.licenses(fold(text)) == []


def test_every_name_of_the_table_is_read_as_its_own_family(wording, table):
    for tag, families in table.marks.names.items():
        for family, names in families.items():
            for name in names:
                read = wording.licenses(fold(f"Creative Commons {name} 4.0"))
                assert [one.spdx for one in read] == [spdx_id(family, "4.0")], (tag, name)


def test_longer_name_is_never_read_as_the_freer_shorter_one(wording, table):
    for families in table.marks.names.values():
        for name in families.get("by", ()):
            read = wording.licenses(fold(f"Creative Commons {name} - Qwerty 4.0"))
            assert [one.spdx for one in read] == [None], name


def test_capitals_accents_and_invisible_signs_do_not_hide_reserved_rights(wording):
    for text in [
        "TÜM HAKLARI SAKLIDIR",
        "To\u0302\u0301t. Tous droits re\u0301serve\u0301s",
        "all\u00a0rights\u200b reserved",
        "جَميع الحُقوق محفوظة",
    ]:
        assert list(wording.reserved.find(fold(text))), text


def test_phrase_inside_another_word_does_not_count(wording):
    assert list(wording.reserved.find(fold("small rights reserved"))) == []


def test_reserved_phrases_cover_many_languages_and_find_themselves(wording, table):
    assert len(table.marks.reserved) >= 40
    for tag, phrases in table.marks.reserved.items():
        for phrase in phrases:
            assert list(wording.reserved.find(fold(phrase.replace("...", "این سایت")))), (tag, phrase)


def test_clause_ends_at_the_neighbours():
    folded = fold("Photos by A. Text under CC BY 4.0; icons by B")
    start = folded.index("cc by")
    assert clause_around(folded, start, start + 9) == " text under cc by 4.0"


@given(st.text(max_size=60))
def test_any_text_is_read_without_error_and_only_known_ids_come_out(wording, table, text):
    for one in wording.licenses(fold("cc by" + text)) + wording.licenses(fold("creative commons attribution" + text)):
        assert one.spdx is None or table.get(one.spdx) is not None


def test_all_families_have_ids():
    assert len({spdx_id(family, "4.0") for family in FAMILIES}) == 6
