"""The permit step: rows in, licenses, evidence and reasons out."""

import json

import pyarrow as pa
import pytest
from pydantic import ValidationError

from glotmill.core.errors import RecipeError
from glotmill.core.schema import DOCUMENT_SCHEMA, EVIDENCE
from glotmill.core.steps import Batch, Resources, Scope
from glotmill.licensing.evidence import statement
from glotmill.licensing.lattice import Incompatible, derive
from glotmill.licensing.table import load_table
from glotmill.stages.permit import PermitSpec

CC = "https://creativecommons.org/licenses"
SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("html", pa.large_string()),
        ("http_headers", pa.string()),
        ("license", pa.string()),
        ("consent", pa.string()),
    ]
)
MANIFEST = """\
name: x
license:
  expression: {expression}
  {rest}
  evidence: A. Tester read the imprint on 2 May 2026.
terms: none
contact: x@example.org
"""


def resources(root, **sources) -> Resources:
    files = {"manifests/licenses.yaml": (root / "manifests" / "licenses.yaml").read_text(encoding="utf-8")}
    for of, (expression, rest) in sources.items():
        files[f"manifests/sources/{of}.yaml"] = MANIFEST.format(expression=expression, rest=rest)
    return Resources(Scope(("eus_Latn",), tuple(sources)), files)


SOURCES = {
    "web": ("per-page", "overrides_pages: false"),
    "open": ("CC-BY-4.0", "state: verified"),
    "book": (
        "GPL-2.0-or-later OR CC-BY-SA-3.0",
        "state: verified\n  overrides_pages: true\n  overrides_evidence: A. Tester compared the pages in May 2026.",
    ),
}


def run(root, rows, allow="open-definition", consent="strictest", **sources):
    spec = PermitSpec(name="rights", kind="permit", allow=allow, consent=consent)
    step = spec.build(resources(root, **(sources or SOURCES)))
    columns = [pa.array([row.get(field.name) for row in rows], field.type) for field in SCHEMA]
    return step(Batch(pa.RecordBatch.from_arrays(columns, schema=SCHEMA)))


def reasons(outcome):
    return outcome.reasons.to_pylist()


def test_licensed_page_passes_with_license_state_class_port_and_evidence(root):
    outcome = run(root, [{"source": "web", "html": f'<p>Kaixo.</p><a rel="license" href="{CC}/by-sa/3.0/es/">CC</a>'}])
    row = outcome.batch.rows.to_pylist()[0]
    assert reasons(outcome) == [None]
    assert (row["license"], row["license_state"], row["license_class"]) == ("CC-BY-SA-3.0", "declared", "sharealike")
    assert (row["license_port"], row["consent"]) == ("es", "train-ai=unknown")
    assert row["license_evidence"] == [
        {"signal": "rel-license", "raw": "Kaixo.CC", "url": f"{CC}/by-sa/3.0/es/", "spdx": "CC-BY-SA-3.0", "port": "es",
         "locus": "body", "scope": "page"}
    ]  # fmt: skip


def test_every_kind_of_refusal_has_its_reason(root):
    pages = [
        "<p>Testu bat.</p>",
        f'<p>x</p><footer>© All rights reserved <a rel="license" href="{CC}/by/4.0/">CC</a></footer>',
        f'<a rel="license" href="{CC}/by-nc/4.0/">CC</a>',
        "<footer>Testua: CC BY 4.0</footer>",
        f'<meta name="robots" content="noai"><a rel="license" href="{CC}/by/4.0/">CC</a>',
    ]
    outcome = run(root, [{"source": "web", "html": html} for html in pages])
    assert reasons(outcome) == [
        "permit.no_license",
        "permit.conflict",
        "permit.not_allowed",
        "permit.state_too_weak",
        "permit.consent_denied",
    ]
    spec = PermitSpec(name="rights", kind="permit", allow="pd", consent="strictest")
    assert set(reasons(outcome)) == spec.contract(resources(root, **SOURCES)).reasons
    assert outcome.details.to_pylist()[4] == "train-ai denied by meta robots: noai"
    assert outcome.details.to_pylist()[3].startswith("license CC-BY-4.0, state weak, first signal footer-text")


def test_row_without_page_lives_by_its_source(root):
    outcome = run(root, [{"source": "open"}, {"source": "web"}, {"source": "book"}])
    assert reasons(outcome) == [None, "permit.no_license", None]
    assert outcome.batch.column("license").to_pylist() == ["CC-BY-4.0", None, "GPL-2.0-or-later OR CC-BY-SA-3.0"]
    assert outcome.batch.column("license_state").to_pylist() == ["verified", "none", "verified"]
    assert outcome.batch.column("license_evidence").to_pylist()[0][0]["signal"] == "source"


def test_row_claim_counts_and_contradicts(root):
    rows = [
        {"source": "web", "license": "cc-by-4.0"},
        {"source": "open", "license": "CC-BY-NC-4.0"},
        {"source": "open", "license": "ask us"},
        {"source": "web", "license": " "},
    ]
    outcome = run(root, rows)
    assert reasons(outcome) == [None, "permit.conflict", "permit.state_too_weak", "permit.no_license"]
    assert outcome.batch.column("license").to_pylist()[0] == "CC-BY-4.0"


def test_reserved_page_contradicts_its_open_source_unless_the_manifest_overrides_pages(root):
    html = "<p>x</p><footer>© 2020 Alle Rechte vorbehalten</footer>"
    outcome = run(root, [{"source": "open", "html": html}, {"source": "book", "html": html}])
    assert reasons(outcome) == ["permit.conflict", None]
    signals = [one["signal"] for one in outcome.batch.column("license_evidence").to_pylist()[1]]
    assert signals == ["reserved", "source"]


def test_policy_any_keeps_everything_and_still_writes_down(root):
    rows = [{"source": "web", "html": "<p>x</p>"}, {"source": "web", "html": "<footer>All rights reserved</footer>"}]
    outcome = run(root, rows, allow="any")
    assert reasons(outcome) == [None, None]
    assert outcome.batch.column("license_class").to_pylist() == ["unknown", "reserved"]


@pytest.mark.parametrize(("consent", "reason"), [("as-of-fetch", "permit.consent_denied"), ("record-only", None)])
def test_denied_training_drops_unless_it_is_only_recorded(root, consent, reason):
    headers = json.dumps({"tdm-reservation": "1"})
    outcome = run(root, [{"source": "open", "http_headers": headers}], consent=consent)
    assert reasons(outcome) == [reason]
    assert outcome.batch.column("consent").to_pylist() == ["train-ai=denied by tdmrep"]


def test_headers_mark_a_page_whose_html_is_gone(root):
    headers = json.dumps({"link": f'<{CC}/by/4.0/>; rel="license"'})
    assert reasons(run(root, [{"source": "web", "http_headers": headers}])) == [None]


def test_what_an_earlier_step_knows_of_the_site_is_weighed_with_the_page(root):
    site = statement("site", "A. Tester, 2026-11-03: the imprint", spdx="CC-BY-4.0", locus="manifest", scope="site")
    foreign = statement("row", "cc0", spdx="CC0-1.0", locus="row")
    pages = ["<p>x</p>", f'<p>x</p><a rel="license" href="{CC}/by-nc/4.0/">CC</a>', "<p>x</p>", "<p>x</p>"]
    rows = [{"source": "web", "html": html} for html in pages]
    evidence = [[site.row()], [site.row()], [foreign.row()], None]
    spec = PermitSpec(name="rights", kind="permit", allow="open-definition", consent="strictest")
    columns = [pa.array([row.get(field.name) for row in rows], field.type) for field in SCHEMA]
    batch = Batch(pa.RecordBatch.from_arrays(columns, schema=SCHEMA))
    outcome = spec.build(resources(root, **SOURCES))(
        batch.with_columns({"license_evidence": pa.array(evidence, EVIDENCE)})
    )
    assert reasons(outcome) == [None, "permit.conflict", "permit.no_license", "permit.no_license"]
    assert outcome.batch.column("license_state").to_pylist() == ["verified", "conflict", "none", "none"]
    assert outcome.batch.column("license_evidence").to_pylist()[0] == [site.row()]
    again = PermitSpec(name="again", kind="permit", allow="any", consent="record-only").build(
        resources(root, **SOURCES)
    )(outcome.batch)
    signals = [one["signal"] for one in again.batch.column("license_evidence").to_pylist()[1]]
    assert sorted(signals) == ["rel-license", "site"]  # nothing is weighed twice


@pytest.mark.parametrize("headers", ["", "{", "[]", '{"link": 7}', "[" * 100_000])
def test_unreadable_headers_say_nothing(root, headers):
    assert reasons(run(root, [{"source": "open", "http_headers": headers}])) == [None]


def test_same_rows_in_batches_of_one_and_all_give_the_same_columns(root):
    rows = [
        {"source": "web", "html": f'<a rel="license" href="{CC}/by/4.0/">CC</a>'},
        {"source": "open"},
        {"source": "web", "html": "<footer>© 2020 All rights reserved</footer>"},
        {"source": "web", "license": "CC0"},
    ]
    whole = run(root, rows).batch.rows.to_pylist()
    assert whole == [run(root, [row]).batch.rows.to_pylist()[0] for row in rows]


def test_empty_batch_has_the_promised_columns(root):
    spec = PermitSpec(name="rights", kind="permit", allow="any", consent="record-only")
    outcome = run(root, [], allow="any")
    for field in spec.contract(resources(root, **SOURCES)).provides:
        assert outcome.batch.column(field.name).type == DOCUMENT_SCHEMA.field(field.name).type == field.type


def test_misspelled_policy_names_field_and_near_matches(root):
    spec = PermitSpec(name="rights", kind="permit", allow="open-defintion", consent="strictest")
    with pytest.raises(RecipeError, match=r"steps\.rights\.allow.*\n.*open-definition"):
        spec.contract(resources(root, **SOURCES))


def test_source_without_manifest_is_refused_with_a_template(root):
    spec = PermitSpec(name="rights", kind="permit", allow="any", consent="strictest")
    given = resources(root, **SOURCES)
    with pytest.raises(RecipeError, match=r"manifests/sources/town\.yaml"):
        spec.contract(Resources(Scope((), ("town",)), given.files))


def test_spec_names_the_table_and_one_manifest_per_source():
    spec = PermitSpec(name="rights", kind="permit", allow="pd", consent="strictest")
    assert spec.files(Scope((), ("a", "b", "a"))) == (
        "manifests/licenses.yaml",
        "manifests/sources/a.yaml",
        "manifests/sources/b.yaml",
        "manifests/site_licenses.yaml?",
    )
    with pytest.raises(ValidationError):
        PermitSpec(name="rights", kind="permit", allow="pd", consent="whatever")


DECIDED = """\
decisions:
  - {host: irekia.example, verdict: verified, license: CC-BY-SA-4.0, decided_by: Ane, decided_on: 2026-11-27, evidence: The footer of every page names it.}
  - {host: itxia.example, verdict: rejected, decided_by: Ane, decided_on: 2026-11-27, evidence: The photographs alone are licensed.}
"""


def test_decisions_on_hosts_verify_and_reject_rows(root):
    footer = "<p>Testua.</p><footer>Testua: CC BY-SA 4.0</footer>"
    reserved = "<p>Testua.</p><footer>CC BY-SA 4.0. Eskubide guztiak gordeta.</footer>"
    rows = [
        ("https://www.irekia.example/1", footer),
        ("https://irekia.example/2", "<p>Testua.</p>"),
        ("https://irekia.example/3", reserved),
        ("https://itxia.example/1", f'<a rel="license" href="{CC}/by/4.0/">CC</a>'),
        ("https://beste.example/1", footer),
        (None, footer),
    ]
    given = resources(root, **SOURCES)
    given = Resources(given.scope, {**given.files, "manifests/site_licenses.yaml": DECIDED})
    spec = PermitSpec(name="rights", kind="permit", allow="open-definition", consent="strictest")
    assert "url" in spec.contract(given).requires.names
    schema = pa.schema([*SCHEMA, ("url", pa.string())])
    values = [{"source": "web", "url": url, "html": html} for url, html in rows]
    outcome = spec.build(given)(Batch(pa.RecordBatch.from_pylist(values, schema=schema)))
    assert outcome.batch.column("license_state").to_pylist() == [
        "verified",
        "none",
        "conflict",
        "conflict",
        "weak",
        "weak",
    ]
    assert reasons(outcome) == [
        None,
        "permit.no_license",
        "permit.conflict",
        "permit.conflict",
        "permit.state_too_weak",
        "permit.state_too_weak",
    ]
    signals = [[one["signal"] for one in of] for of in outcome.batch.column("license_evidence").to_pylist()]
    assert signals[0] == ["footer-text", "site-review"]
    assert signals[3] == ["rel-license", "site-rejected"]


def test_permit_without_decisions_asks_for_no_url(root):
    spec = PermitSpec(name="rights", kind="permit", allow="open-definition", consent="strictest")
    assert "url" not in spec.contract(resources(root, **SOURCES)).requires.names


def test_marks_without_version_are_declared_where_the_manifest_says_why_and_weak_elsewhere(root):
    evidence = "unversioned_evidence: A. Tester asked the publisher, who leaves versions open."
    linked = f'<p>Kaixo.</p><a rel="license" href="{CC}/by-nc/">CC BY-NC</a>'
    footer = "<p>Kaixo.</p><footer>Testua: CC BY-NC.</footer>"
    noted = f'{linked}<footer>Unless otherwise noted, <a rel="license" href="{CC}/by-nc/">CC BY-NC</a>.</footer>'
    other = f'{linked}<a rel="license" href="{CC}/by/">CC BY</a>'
    rows = [{"source": of, "html": html} for of in ("asked", "web") for html in (linked, footer, noted, other)]
    outcome = run(root, rows, "nc-research", asked=("per-page", evidence), web=SOURCES["web"])
    found = [(row["license"], row["license_state"]) for row in outcome.batch.rows.to_pylist()]
    vague = "LicenseRef-CC-BY-NC"
    assert found[:4] == [(vague, "declared"), (vague, "weak"), (vague, "weak"), (None, "conflict")]
    assert found[4:] == [(vague, "weak"), (vague, "weak"), (vague, "weak"), (None, "conflict")]
    assert reasons(outcome)[0] is None
    assert set(reasons(outcome)[1:]) == {"permit.state_too_weak", "permit.conflict"}


def test_only_pages_can_leave_versions_open(root):
    evidence = "state: verified\n  unversioned_evidence: A. Tester asked the publisher, who leaves versions open."
    with pytest.raises(RecipeError, match="unversioned_evidence is about the marks of per-page sources alone"):
        run(root, [], web=("CC-BY-4.0", evidence))


DATABASES = (
    "ODC-By-1.0",
    "ODC-By",
    "odc-by",
    "https://opendatacommons.org/licenses/by/1-0/",
    "ODbL-1.0",
    "ODC-By-1.0 OR ODbL-1.0",
)


@pytest.mark.parametrize("claim", DATABASES)
@pytest.mark.parametrize("allow", ["pd", "attribution", "open-definition", "nc-research", "any"])
def test_a_license_for_databases_never_becomes_that_of_a_row_or_of_its_translation(root, claim, allow):
    page = f'<p>Egun on.</p><a rel="license" href="https://opendatacommons.org/licenses/by/1-0/">{claim}</a>'
    rows = [
        {"source": "web", "license": claim, "html": "<p>Kaixo.</p>"},
        {"source": "web", "license": claim, "html": page},
        {"source": "table", "html": "<p>Kaixo.</p>"},
        {"source": "table", "license": claim},
    ]
    outcome = run(root, rows, allow, table=("ODC-By-1.0", "state: verified"), web=SOURCES["web"])
    for row, reason in zip(outcome.batch.rows.to_pylist(), reasons(outcome), strict=True):
        assert (row["license"], row["license_class"], row["license_state"]) == (None, "unknown", "weak")
        assert reason == (None if allow == "any" else "permit.no_license")
        assert row["license_evidence"]  # that the collection is under it stays on record
    table = load_table((root / "manifests" / "licenses.yaml").read_text(encoding="utf-8"))
    assert isinstance(derive(["CC-BY-4.0", "ODC-By-1.0"], table), Incompatible)


def test_of_a_choice_with_a_license_for_databases_the_other_is_the_row_s(root):
    outcome = run(root, [{"source": "web", "license": "ODC-By-1.0 OR CC-BY-NC-4.0"}], "attribution")
    (row,) = outcome.batch.rows.to_pylist()
    assert (row["license"], row["license_class"]) == ("CC-BY-NC-4.0", "noncommercial")
    assert reasons(outcome) == ["permit.not_allowed"]


@pytest.mark.real
def test_real_manual_has_its_license_on_title_pages_alone(root):
    folder = root / ".cache" / "real" / "debian-handbook"
    pages = sorted(folder.rglob("*.html"))[:400] if folder.exists() else []
    if not pages:
        pytest.skip("no .cache/real/debian-handbook: run `make real-data`")
    rows = [{"source": "web", "html": page.read_text(encoding="utf-8", errors="replace")} for page in pages]
    decided = run(root, rows).batch.rows.to_pylist()
    found = {page: (row["license"], row["license_state"]) for page, row in zip(pages, decided, strict=True)}
    titles = {page: pair for page, pair in found.items() if page.name == "index.html"}
    assert set(titles.values()) <= {("CC-BY-SA-3.0", "declared"), ("CC-BY-SA-3.0", "weak")}
    assert titles
    assert {pair for page, pair in found.items() if page not in titles} <= {(None, "none"), (None, "mention")}


@pytest.mark.parametrize(
    "headers",
    [
        '{"X-Robots-Tag": "noai", "x-robots-tag": "all"}',
        '{"x-robots-tag": "noai", "x-robots-tag": "all"}',
        '{"x-robots-tag": ["noai", "all"]}',
    ],
)
def test_a_header_that_stands_twice_is_read_both_times(root, headers):
    assert reasons(run(root, [{"source": "open", "http_headers": headers}])) == ["permit.consent_denied"]
