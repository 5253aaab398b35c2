"""`decontaminate` drops, cuts or marks documents that quote benchmark items, and says which."""

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from glotmill.core.errors import RecipeError, SettingsError
from glotmill.core.hashing import content_hash
from glotmill.core.models import MODELS_FILE
from glotmill.core.steps import Batch, Resources, Scope
from glotmill.provenance.contamination import CONTAMINATION, Finding, Tally, count, detail, read_detail
from glotmill.stages.decontaminate import Decontaminate, DecontaminateSpec
from glotmill.text.decontamination.grams import grams_of
from glotmill.text.decontamination.index import About, Question, build_index

BASQUE = "Zein herritako errotariak eraiki zuen ibaiaren gaineko lehen zubi estalia?"
TURKISH = "Nehrin üzerindeki ilk kapalı köprüyü hangi köyün değirmencisi yaptırdı?"
SWAHILI = "Mvuvi gani aliyepata samaki mkubwa kuliko wote katika ziwa mwaka wa mafuriko makubwa?"
SECOND = "Zenbat egun behar izan zituen artzainak ardiak itsasertzera eramateko?"
SCOPE = Scope(("eus_Latn",), ("web",))
ENTRY = "  {name}: {{kind: benchmark, from: {{path: x}}, sha256: '{zeros}', bytes: 1, license: CC0-1.0, cites: own{more}}}\n"


def write_index(folder: Path, name: str, language: str, *questions: str, of: str | None = None) -> Path:
    numbered = [Question(line, text) for line, text in enumerate(questions, 1)]
    about = About(of or name, name, language, "CC0-1.0", "0" * 64, len(questions), 10, {})
    path = folder / f"{name}.ngrams"
    path.write_bytes(build_index(numbered, about, grams_of(language)).dump())
    return path


@pytest.fixture(scope="module")
def resources(tmp_path_factory: pytest.TempPathFactory) -> Resources:
    folder = tmp_path_factory.mktemp("indexes")
    models = {
        "galdera": write_index(folder, "galdera", "eus_Latn", BASQUE, SECOND),
        "galdera-tr": write_index(folder, "galdera-tr", "tur_Latn", TURKISH, of="galdera"),
        "maswali": write_index(folder, "maswali", "swh_Latn", SWAHILI),
    }
    more = {"galdera-tr": ", benchmark: galdera"}
    entries = "".join(ENTRY.format(name=name, zeros="0" * 64, more=more.get(name, "")) for name in models)
    return Resources(SCOPE, {MODELS_FILE: f"models:\n{entries}"}, models)


def spec(**fields: object) -> DecontaminateSpec:
    value = {"name": "exam", "kind": "decontaminate", "benchmarks": ["galdera", "galdera-tr", "maswali"], **fields}
    return DecontaminateSpec.model_validate(value)


def batch(*texts: str | None) -> Batch:
    return Batch(
        pa.record_batch({"text": pa.array(texts, pa.string()), "own": pa.array(range(len(texts)), pa.int64())})
    )


def test_a_document_with_an_item_is_dropped_with_benchmark_and_line(resources):
    step = spec().build(resources)
    outcome = step(
        batch(f"Atzo galdetu zuten: {BASQUE}", "Errotariak zubia konpondu zuen.", f"Soru: {TURKISH}", None, "")
    )
    assert outcome.reasons.to_pylist() == ["decontaminate.galdera", None, "decontaminate.galdera", None, None]
    assert outcome.details.to_pylist() == [
        "galdera 1 share 1.0000 by galdera",
        None,
        "galdera 1 share 1.0000 by galdera-tr",
        None,
        None,
    ]
    assert outcome.batch.rows.schema.names == ["text", "own"]


def test_the_reason_is_the_first_benchmark_and_the_detail_has_all(resources):
    text = f"{SWAHILI} {SECOND} {BASQUE}"
    outcome = spec().build(resources)(batch(text))
    assert outcome.reasons.to_pylist() == ["decontaminate.galdera"]
    assert outcome.details.to_pylist() == ["galdera 1-2 share 1.0000 by galdera; maswali 1 share 1.0000 by maswali"]
    other = spec(benchmarks=["maswali", "galdera"]).build(resources)(batch(text))
    assert other.reasons.to_pylist() == ["decontaminate.maswali"]


def test_a_span_is_cut_in_whole_sentences_and_the_rest_stays(resources):
    text = f"Egun on guztioi. Hona galdera: {BASQUE} Inork ez zekien.\n\nGero etxera joan ginen."
    outcome = spec(action="span").build(resources)(batch(text, "Kaixo.", BASQUE, None))
    left = ["Egun on guztioi. Inork ez zekien.\n\nGero etxera joan ginen.", "Kaixo.", "", None]
    assert outcome.batch.texts() == [text or "" for text in left]
    hashes = [None if text is None else content_hash(text) for text in left]
    assert outcome.batch.column("content_hash").to_pylist() == hashes
    assert outcome.reasons.to_pylist() == [None, None, "decontaminate.galdera", None]
    found = [{"benchmark": "galdera", "item": 1, "share": 1.0, "by": "galdera"}]
    assert outcome.batch.column(CONTAMINATION).to_pylist() == [found, [], found, []]


def test_a_batch_without_items_gets_the_columns_that_the_contract_promises(resources):
    for action in ("span", "annotate"):
        built = spec(action=action)
        outcome = built.build(resources)(batch("Kaixo."))
        promised = set(built.contract(resources).provides.names)
        assert promised <= set(outcome.batch.rows.schema.names)


def test_annotate_writes_what_was_found_and_drops_nothing(resources):
    step = spec(action="annotate")
    outcome = step.build(resources)(batch(TURKISH))
    assert outcome.reasons is None
    assert outcome.batch.texts() == [TURKISH]
    assert outcome.batch.column(CONTAMINATION).to_pylist() == [
        [{"benchmark": "galdera", "item": 1, "share": 1.0, "by": "galdera-tr"}]
    ]
    assert step.contract(resources).reasons == frozenset()
    again = spec(action="annotate", benchmarks=["maswali"]).build(resources)(outcome.batch)
    assert len(again.batch.column(CONTAMINATION).to_pylist()[0]) == 1


def test_the_contract_names_a_reason_per_benchmark_that_is_reported(resources):
    assert spec().contract(resources).reasons == {
        "decontaminate.galdera",
        "decontaminate.maswali",
        "decontaminate.source_document",
    }


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"benchmarks": []}, "at least 1"),
        ({"benchmarks": ["a", "a"]}, "twice"),
        ({"containment": 0}, "greater than 0"),
        ({"containment": 1.01}, "less than or equal to 1"),
        ({"action": "mask"}, "document"),
    ],
)
def test_wrong_fields_are_refused(fields, message):
    with pytest.raises(ValidationError, match=message):
        spec(**fields)


def test_a_name_that_is_not_registered_is_refused_with_near_ones(resources):
    with pytest.raises(RecipeError, match="galdera"):
        spec(benchmarks=["galdea"]).contract(resources)


def test_a_file_that_is_no_index_or_another_ones_is_refused(resources, tmp_path):
    broken = tmp_path / "broken.ngrams"
    broken.write_bytes(b"PAR1")
    with pytest.raises(SettingsError, match=r"broken.ngrams is no index for the benchmark galdera"):
        spec(benchmarks=["galdera"]).build(Resources(SCOPE, resources.files, {"galdera": broken}))
    with pytest.raises(SettingsError, match="benchmark: maswali"):
        spec(benchmarks=["galdera"]).build(Resources(SCOPE, resources.files, {"galdera": resources.models["maswali"]}))


PIECES = st.sampled_from([BASQUE, TURKISH, SWAHILI, "Kaixo.", "น้ำใส", "", "\n\n", "a\u0301"])
TEXTS = st.lists(st.none() | st.lists(PIECES, max_size=4).map(" ".join), max_size=6)


@settings(max_examples=40, deadline=None)
@given(texts=TEXTS, action=st.sampled_from(["document", "span", "annotate"]), cut=st.integers(0, 6))
def test_batches_can_be_cut_anywhere_and_other_columns_stay(resources, texts, action, cut):
    built = spec(action=action)
    step = built.build(resources)
    assert isinstance(step, Decontaminate)
    whole = step(batch(*texts))
    parts = [step(batch(*texts[:cut])), step(batch(*texts[cut:]))]
    for name in set(whole.batch.rows.schema.names) - {"own"}:
        together = [value for part in parts for value in part.batch.column(name).to_pylist()]
        assert whole.batch.column(name).to_pylist() == together
    assert whole.batch.column("own").to_pylist() == list(range(len(texts)))
    reasons = [] if whole.reasons is None else whole.reasons.to_pylist()
    assert reasons == [
        reason for part in parts if part.reasons is not None for reason in part.reasons.to_pylist()
    ] or not any(reasons)
    assert set(reasons) - {None} <= built.contract(resources).reasons
    for field in built.contract(resources).provides:
        assert whole.batch.rows.schema.field(field.name).type == field.type


def test_what_a_detail_says_can_be_read_back():
    findings = [
        Finding("a", 3, 0.8, "a"),
        Finding("a", 1, 1.0, "a-tr"),
        Finding("b-c", 9, 0.75, "b-c"),
        Finding("a", 4, 0.8, "a"),
    ]
    assert sorted(read_detail(detail(findings)), key=str) == sorted(findings, key=str)


def test_a_document_counts_once_per_benchmark_and_an_item_once_per_corpus():
    tallies: dict[str, Tally] = {}
    count(tallies, [Finding("a", 1, 1.0, "a"), Finding("a", 1, 1.0, "a-tr"), Finding("b", 1, 1.0, "b")], removed=True)
    count(tallies, [Finding("a", 2, 1.0, "a"), Finding("a", 1, 0.8, "a")], removed=False)
    assert (tallies["a"].removed, tallies["a"].kept, tallies["a"].distinct) == (1, 1, 2)
    assert (tallies["b"].removed, tallies["b"].kept, tallies["b"].distinct) == (1, 0, 1)
