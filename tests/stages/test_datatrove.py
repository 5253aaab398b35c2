"""A class of datatrove runs as a step of ours: its reasons become evidence, its gaps clear errors."""

import importlib.util

import pyarrow as pa
import pytest

from glotmill.core.errors import RecipeError
from glotmill.core.hashing import content_hash
from glotmill.core.steps import Batch, Outcome, Resources, Scope
from glotmill.stages.datatrove import DatatroveSpec

RESOURCES = Resources(Scope(("fin_Latn",), ("web",)))


def spec(name: str, language: str = "fi", **options: object) -> DatatroveSpec:
    return DatatroveSpec(name="peer", kind="datatrove", filter=name, language=language, options=options)


def run(step_spec: DatatroveSpec, *texts: str | None, **columns: list[str]) -> Outcome:
    rows = pa.record_batch({"text": pa.array(texts, pa.string()), **columns})
    return step_spec.build(RESOURCES)(Batch(rows))


def test_a_filter_drops_with_one_reason_and_datatroves_own_as_detail():
    pattern = spec("RegexFilter", regex_exp="mainos")
    outcome = run(pattern, "Mummo leipoi meille pullaa.", "Tämä on mainos.", None)
    assert outcome.reasons.to_pylist() == [None, "datatrove.regex_filter", None]
    assert outcome.details.to_pylist() == [None, "no reason given", None]
    assert pattern.contract(RESOURCES).reasons == {"datatrove.regex_filter", "datatrove.error"}


def test_a_formatter_changes_text_and_hash_and_gives_no_reason():
    formatter = spec("SymbolLinesFormatter", symbols_to_remove=["|"])
    outcome = run(formatter, "Kesä tuli.\n|\nSatoi.", None)
    assert outcome.batch.column("text").to_pylist() == ["Kesä tuli.\nSatoi.", None]
    assert outcome.batch.column("content_hash").to_pylist() == [content_hash("Kesä tuli.\nSatoi."), None]
    assert formatter.contract(RESOURCES).reasons == {"datatrove.error"}


def test_a_class_that_raises_gives_a_reason_and_spares_its_neighbors():
    # FTFY's formatter looks an attribute up that a wrong option leaves unusable.
    broken = spec("FTFYFormatter", normalization="NFX")
    outcome = run(broken, "Kesä", "Ã¤iti")
    assert set(outcome.reasons.to_pylist()) == {"datatrove.error"}
    assert outcome.details.to_pylist() == ["ValueError", "ValueError"]
    assert outcome.batch.column("text").to_pylist() == ["Kesä", "Ã¤iti"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("C4QualityFilter", "datatrove.c4_quality_filter"),
        ("GopherRepetitionFilter", "datatrove.gopher_repetition_filter"),
        ("URLFilter", "datatrove.url_filter"),
        ("FineWebQualityFilter", "datatrove.fine_web_quality_filter"),
    ],
)
def test_the_reason_is_the_class_in_snake_case(name, reason):
    assert spec(name).reason == reason


def test_an_unknown_class_is_answered_with_near_ones():
    with pytest.raises(RecipeError, match="Did you mean GopherQualityFilter"):
        spec("GopherQualtyFilter").contract(RESOURCES)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("SamplerFilter", "order"),
        ("LambdaFilter", "function"),
        ("LanguageFilter", "identify"),
        ("C4BadWordsFilter", "downloads"),
    ],
)
def test_what_would_not_repeat_is_refused(name, why):
    with pytest.raises(RecipeError, match=why):
        spec(name).contract(RESOURCES)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (spec("RegexFilter", regex_ex="a"), "Did you mean regex_exp"),
        (
            DatatroveSpec(
                name="p", kind="datatrove", filter="GopherQualityFilter", language="fi", options={"language": "sv"}
            ),
            "stands in `language`",
        ),
        (spec("RegexFilter", regex_exp="a", exclusion_writer="x"), "no such option"),
        (spec("GopherQualityFilter", language="kielä"), "does not know this language"),
    ],
)
def test_a_wrong_option_is_found_before_any_data_is_read(wrong, message):
    with pytest.raises(RecipeError, match=message):
        wrong.contract(RESOURCES)


def test_a_missing_argument_is_found_when_the_step_is_built():
    with pytest.raises(RecipeError, match="regex_exp"):
        spec("RegexFilter").build(RESOURCES)


@pytest.mark.parametrize(
    ("name", "module", "package"),
    [("GopherQualityFilter", "spacy", "pip install spacy"), ("URLFilter", "ahocorasick", "pyahocorasick")],
)
def test_a_missing_extra_is_named(name, module, package):
    if importlib.util.find_spec(module):
        pytest.skip(f"{module} is installed here")
    with pytest.raises(RecipeError, match=package):
        spec(name).contract(RESOURCES)


def test_the_language_has_no_default():
    with pytest.raises(ValueError, match="language"):
        DatatroveSpec(name="peer", kind="datatrove", filter="RegexFilter")
