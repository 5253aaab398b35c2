"""The step `join_lines`: whose rules a row gets, and what is counted."""

import pyarrow as pa
import pytest

from glotmill.core.steps import Batch, Resources, Scope
from glotmill.stages.join_lines import JoinLinesSpec

# German alone broke ck as k-k until 1996.
TEXT = "Die Kinder naschten heimlich Zuk-\nker aus der Dose."
JOINED = "Die Kinder naschten heimlich Zucker aus der Dose."
BY_NO_RULES = "Die Kinder naschten heimlich Zukker aus der Dose."


def texts_of(languages, *claims, text=TEXT):
    spec = JoinLinesSpec(name="join", kind="join_lines", paragraphs="blank_line")
    rows = pa.record_batch(
        {"text": pa.array([text] * len(claims), pa.string()), "language": pa.array(claims, pa.string())}
    )
    return spec.build(Resources(Scope(languages, ("scans",))))(Batch(rows)).batch


@pytest.mark.parametrize("claim", ["deu_Latn", "de", "deu_frak", None, ""])
def test_a_row_gets_the_rules_of_the_language_that_it_claims_or_of_the_recipes_only_one(claim):
    found = texts_of(("deu_Latn",), claim)
    assert found.column("text").to_pylist() == [JOINED]
    counts = [found.column(name).to_pylist() for name in ("joined_lines", "joined_words", "kept_hyphens")]
    assert counts == [[1], [1], [0]]


def test_a_claim_of_no_language_that_we_know_brings_no_languages_rules():
    found = texts_of(("deu_Latn",), "mul", "xx-unknown", "deu_Latn").column("text").to_pylist()
    assert found == [BY_NO_RULES, BY_NO_RULES, JOINED]
    assert texts_of(("deu_Latn", "eus_Latn"), None).column("text").to_pylist() == [BY_NO_RULES]  # no default language


def test_a_row_without_text_stays_one():
    found = texts_of(("deu_Latn",), "deu_Latn", text=None)
    assert found.column("text").to_pylist() == [None]
    assert found.column("joined_lines").to_pylist() == [None]
