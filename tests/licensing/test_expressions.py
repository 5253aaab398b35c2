"""Claims of any kind are read or not read, and never break what reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotmill.licensing.decision import row_claim
from glotmill.licensing.expressions import Licensing, parse_expression

TOKENS = (
    "(",
    ")",
    "AND",
    "or",
    "WITH",
    "MIT",
    "cc-by-4.0",
    "GPL-2.0",
    "+",
    "/",
    ",",
    "\n",
    "ไทย",
    "NOT",
    "&",
    "1",
    "x y",
)


@pytest.mark.parametrize(
    "claim", ["( )", "( ) \n", "( AND MIT", "MIT OR (", "(" * 499 + "MIT" + ")" * 499, "\x00", "AND"]
)
def test_stray_brackets_and_operators_are_no_expression_or_one_in_order(table, claim):
    assert row_claim(claim, table).spdx in (None, "MIT")


@given(st.one_of(st.text(max_size=80), st.lists(st.sampled_from(TOKENS), max_size=12).map(" ".join)))
def test_every_string_is_read_without_an_error_and_what_is_read_reads_the_same_again(table, claim):
    found = Licensing(table).read(claim).expression
    parse_expression(claim)
    if found is not None:
        assert Licensing(table).read(found).expression == found


@pytest.mark.parametrize(
    ("expression", "left"),
    [
        ("CC-BY-4.0", "CC-BY-4.0"),
        ("ODC-By-1.0", None),
        ("MIT OR ODC-By-1.0 OR CC0-1.0", "MIT OR CC0-1.0"),
        ("MIT AND (ODbL-1.0 OR CC0-1.0)", "MIT AND CC0-1.0"),
        ("MIT AND ODbL-1.0", None),
        ("CC0-1.0 OR (MIT AND ODbL-1.0)", "CC0-1.0"),
        ("((", None),
    ],
)
def test_of_choices_those_for_databases_fall_away(table, expression, left):
    assert Licensing(table).for_texts(expression) == left


def test_classes_of_ever_other_expressions_are_not_all_remembered(table):
    licensing = Licensing(table)
    assert {licensing.class_of(f"LicenseRef-{number}") for number in range(25_000)} == {"unknown"}
    assert licensing.class_of("CC0-1.0 OR CC-BY-4.0") == "public-domain"
    assert len(licensing._classes) <= 10_000
