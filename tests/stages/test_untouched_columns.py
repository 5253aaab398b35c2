"""Metadata survives every step: what a step does not declare comes out as it went in, row by row, type by type."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glotmill.core.arrow import merge_schemas
from glotmill.core.schema import DOCUMENT_SCHEMA, SOURCE_SCHEMA
from glotmill.core.steps import Batch, Contract, CorpusSpec, MapStep, Outcome, Resources, Scope, Spec
from glotmill.plan.kinds import PROVIDERS, STEP_KINDS, step_class
from support.passes import regrouped

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("pes_Arab", "hin_Deva", "tha_Thai", "tur_Latn", "khm_Khmr", "zul_Latn")  # Zulu has no file
SOURCES = {
    "web": "name: w\nlicense: {expression: per-page, overrides_pages: false, evidence: Every page says it of itself.}\n"
    "terms: none\ncontact: w@example.org\n",
    "book": "name: b\nlicense: {expression: CC0-1.0, state: verified, evidence: The tests of Glotmill wrote every page.}\n"
    "terms: none\ncontact: b@example.org\n",
}
SITES_FILE = "manifests/sites/x.yaml"
SITES = """\
publish: all
sites:
  - name: a
    seeds: ["https://a.example/"]
    languages: [tha_Thai]
    license: {expression: CC-BY-4.0, evidence: The imprint names the license., verified_by: W, verified_on: 2026-11-01}
    extract: {text: {css: p}, title: {xpath: //title}, license: {css: footer}}
"""
JUDGE = {"kind": "judge", "filters": ["gopher_quality", "gopher_repetition", "c4"], "without_bounds": "keep"}
STEPS = {
    "normalize": {"kind": "normalize"},
    "normalize by script": {"kind": "normalize", "packs": "script"},
    "normalize by language": {"kind": "normalize", "packs": "language"},
    "identify": {"kind": "identify", "identifier": ["words", "ngrams"], "level": "line", "max_mixed": 0.5},
    "judge": JUDGE,
    "judge and annotate": {**JUDGE, "mode": "annotate"},
    "permit": {"kind": "permit", "allow": "open-definition", "consent": "strictest"},
    "permit and record": {"kind": "permit", "allow": "open-definition", "consent": "record-only"},
    "redact": {"kind": "redact", "find": ["email", "ip"]},
    "label": {"kind": "label", "labels": ["bible", "bot_wiki", "user_generated"]},
    "count_tokens": {"kind": "count_tokens", "tokenizer": "utf8-bytes"},
    "metadata": {"kind": "metadata"},
    "extract": {"kind": "extract", "engine": "resiliparse"},
    "extract with trafilatura": {"kind": "extract", "engine": "trafilatura"},
    "extract_sites": {"kind": "extract_sites", "sites": SITES_FILE, "engine": "resiliparse"},
    "a formatter of datatrove": {
        "kind": "datatrove",
        "filter": "SymbolLinesFormatter",
        "language": "th",
        "options": {"symbols_to_remove": ["|"]},
    },
    "suspect_translation": {"kind": "suspect_translation", "drop": ["plugin"]},
    "exact_dedup": {"kind": "exact_dedup"},
    "gate": {"kind": "gate"},
    "exact_dedup by address": {"kind": "exact_dedup", "by": "url"},
    "line_dedup": {"kind": "line_dedup", "min_documents": 2, "min_hosts": 1, "min_letters": 1, "leave": "one"},
    "line_dedup by site": {"kind": "line_dedup", "min_documents": None, "min_documents_of_site": 2},
    "line_dedup and annotate": {"kind": "line_dedup", "unit": "paragraph", "mode": "annotate"},
    "minhash_dedup": {"kind": "minhash_dedup", "bands": 4, "rows": 2},
    "classify": {"kind": "classify", "model": "surface"},
    "cap_translations": {"kind": "cap_translations", "max_mt_token_fraction": 0.4},
    "rehydrate": {"kind": "rehydrate", "exponent": 0.5},
}
# They derive rows, or need indexes: their own tests see to it.
ELSEWHERE = {"split_languages", "translate", "decontaminate"}
TEXTS = st.sampled_from(
    [
        "นํ้าใสเเละเย็น มากกกก |\n|\n",
        "می\u200c\u200cخواهم به خانۀ پدربزرگ بروم، كتاب بخوانم.",
        "अाज सुबह बडी\u093c दादी ने रोटी खिलाई। seva@example.org 8.8.8.8",
        "i\u0307stanbul’da cafe\u0301 ve lâ€™Ã©tÃ©",
        "\u200b\x00 \n",
        "",
    ]
)
PAGES = st.sampled_from(
    [
        "<html><head><title>หน้าแรก</title></head><body><p>วันนี้น้ำในแม่น้ำใสมาก</p></body></html>",
        '<p>Merhaba dünya.</p><a rel="license" href="https://creativecommons.org/licenses/by/4.0/">CC</a>',
        '<meta name="robots" content="noai"><footer>© حقوق محفوظ</footer>',
        "<",
    ]
)
# A column of a source's own, nested as those are whose steps nobody here knows.
OWN = pa.field("shelf", pa.struct([("row", pa.int16()), ("notes", pa.list_(pa.string()))]))
SCHEMA = merge_schemas(merge_schemas(SOURCE_SCHEMA, DOCUMENT_SCHEMA), pa.schema([OWN]))
KNOWN = {
    "text": TEXTS,
    "html": PAGES,
    "source": st.sampled_from(list(SOURCES)),
    "track": st.sampled_from(["curated", "web"]),
    "origin": st.sampled_from(["native", "mt"]),
    "language": st.sampled_from([*LANGUAGES, "deu_Latn"]),
    "url": st.sampled_from(["https://a.example/ก", "https://a.example/%E0%B8%81", "http://b.example/"]),
    "http_headers": st.sampled_from(["{}", '{"content-type": "text/html", "x-robots-tag": "noai"}', "not JSON"]),
}


def values_of(kind: pa.DataType) -> st.SearchStrategy[object]:
    """Values of an Arrow type, null among them."""
    return st.none() | present(kind)


def present(kind: pa.DataType) -> st.SearchStrategy[object]:
    if pa.types.is_struct(kind):
        return st.fixed_dictionaries({field.name: values_of(field.type) for field in kind})
    if pa.types.is_list(kind):
        return st.lists(values_of(kind.value_type), max_size=2)
    if pa.types.is_timestamp(kind):
        return st.integers(0, 2_000_000_000_000_000)
    if pa.types.is_floating(kind):
        return st.floats(0, 1)
    if pa.types.is_boolean(kind):
        return st.booleans()
    if pa.types.is_integer(kind):
        return st.integers(-5, 500)
    return st.text(st.characters(exclude_categories=["Cs"]), max_size=6)


def values_of_field(field: pa.Field) -> st.SearchStrategy[object]:
    one = KNOWN.get(field.name, present(field.type))
    return st.none() | one if field.nullable else one


# Made once: to make them costs more than to draw from them.
ROW = st.fixed_dictionaries({field.name: values_of_field(field) for field in SCHEMA if field.name != "doc_id"})


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """Up to four rows with every column that a source or step of the product knows, and one that none does."""
    rows = [{**draw(ROW), "doc_id": f"{place:032x}"} for place in range(draw(st.integers(0, 4)))]
    return Batch(pa.RecordBatch.from_pylist(rows, schema=SCHEMA))


def read(spec: Spec) -> Resources:
    """The files that the spec names, from the repository; a name that ends in ? may be missing."""
    scope = Scope(LANGUAGES, tuple(SOURCES))
    files = {SITES_FILE: SITES, **{f"manifests/sources/{of}.yaml": text for of, text in SOURCES.items()}}
    for name in spec.files(scope):
        path = ROOT / name.removesuffix("?")
        if name not in files and (path.is_file() or not name.endswith("?")):
            files[name.removesuffix("?")] = path.read_text(encoding="utf-8")
    return Resources(scope, files)


def spec_of(name: str) -> Spec:
    """The spec of a step of the list above."""
    value = {"name": "step", **STEPS[name]}
    return step_class(str(value["kind"]), file="x", field="x", extra={}).model_validate(value)


def alone(spec: CorpusSpec, resources: Resources) -> MapStep:
    """A corpus step as one that sees each batch as a corpus of its own."""
    step = spec.build(resources)

    def work(batch: Batch) -> Outcome:
        tables = {name: pa.Table.from_batches([rows]) for name, rows in step.emit(batch).items()}
        reduced = [step.reduce(lambda name: tables[name])]
        if spec.gathers is not None:
            reduced = regrouped(lambda: step, reduced, [tables[spec.gathers]])
        return step.apply(batch, step.resolve(reduced, lambda name: iter([tables[name]])))

    return work


@pytest.fixture(scope="module", params=list(STEPS))
def built(request: pytest.FixtureRequest) -> Iterator[tuple[MapStep, Contract]]:
    spec = spec_of(request.param)
    resources = read(spec)
    step = alone(spec, resources) if isinstance(spec, CorpusSpec) else spec.build(resources)
    yield step, spec.contract(resources)
    if hasattr(step, "close"):
        step.close()


def test_every_kind_that_needs_no_model_is_here() -> None:
    assert {str(step["kind"]) for step in STEPS.values()} == set(STEP_KINDS) - ELSEWHERE


def test_the_kinds_that_are_named_for_a_missing_column_provide_it() -> None:
    kinds = {str(step["kind"]): spec_of(name) for name, step in STEPS.items()}
    provided = {kind: spec.contract(read(spec)).provides.names for kind, spec in kinds.items()}
    assert [(name, kind) for name, known in PROVIDERS.items() for kind in known if name not in provided[kind]] == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(batch=batches())
def test_columns_that_a_step_does_not_declare_come_out_as_they_went_in(
    built: tuple[MapStep, Contract], batch: Batch
) -> None:
    step, contract = built
    before = batch.rows
    outcome = step(batch)
    after = outcome.batch.rows
    declared = set(contract.provides.names)
    for name in before.schema.names:
        if name not in declared:
            assert after.column(name).equals(before.column(name)), name
            assert after.schema.field(name).equals(before.schema.field(name)), name
    assert set(after.schema.names) - set(before.schema.names) <= declared
    assert after.num_rows == before.num_rows
    for verdicts in (outcome.reasons, outcome.details, outcome.related, outcome.quarantined):
        assert verdicts is None or len(verdicts) == before.num_rows
    given = set() if outcome.reasons is None else set(outcome.reasons.to_pylist()) - {None}
    assert given <= contract.reasons
