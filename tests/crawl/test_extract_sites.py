"""What `extract_sites` takes from a page, which reason it gives where it takes nothing, and what it says of licenses."""

import pyarrow as pa
import pytest
import yaml
from pydantic import ValidationError
from site_project import BASQUE, CC, HINDI, KHMER, PAPER, SITES, THAI, TOWN, basque, hindi, khmer, stranger, thai

from glotmill.core.errors import RecipeError
from glotmill.core.schema import EVIDENCE
from glotmill.core.steps import Batch, Resources, Scope
from glotmill.crawl.extract_sites import ExtractSitesSpec
from glotmill.licensing.evidence import statement

FILE = "manifests/sites/proba.yaml"


@pytest.fixture(scope="module")
def table(root):
    return (root / "manifests" / "licenses.yaml").read_text(encoding="utf-8")


def resources(table: str, sites: str = SITES) -> Resources:
    return Resources(Scope(("eus_Latn",), ("web",)), {"manifests/licenses.yaml": table, FILE: sites})


def spec(engine: str = "resiliparse", **options: object) -> ExtractSitesSpec:
    return ExtractSitesSpec(name="extract", kind="extract_sites", sites=FILE, engine=engine, **options)


def rows(*pages: tuple[str | None, str | None], **columns: pa.Array) -> Batch:
    urls, htmls = [url for url, _ in pages], [html for _, html in pages]
    given = {"url": pa.array(urls, pa.string()), "html": pa.array(htmls, pa.large_string())}
    return Batch(pa.record_batch({**given, "title": pa.array([None] * len(pages), pa.string()), **columns}))


def results(table: str, *pages: tuple[str | None, str | None], sites: str = SITES, **options: object) -> list[dict]:
    """Run the step over the pages; return its columns, reasons and fates as rows."""
    step = spec(**options).build(resources(table, sites))
    try:
        outcome = step(rows(*pages))
    finally:
        step.close()
    names = ("text", "title", "date", "license_evidence")
    columns = {name: outcome.batch.column(name).to_pylist() for name in names}
    columns["reason"], columns["detail"] = outcome.reasons.to_pylist(), outcome.details.to_pylist()
    columns["quarantined"] = outcome.quarantined.to_pylist()
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def test_several_sites_in_one_batch_are_each_read_by_their_own_rules(table):
    found = results(
        table,
        (f"{TOWN}/azoka", basque(BASQUE)),
        (f"{PAPER}/pul", hindi(HINDI)),
        ("https://talat.example/naa-raek", thai()),
        ("https://sala.example:8443/daem-chheu", khmer()),
        ("https://ezezaguna.example/", stranger()),
        (None, stranger()),
    )
    assert [one["reason"] for one in found] == [None] * 6
    assert [one["text"].split("\n")[0] for one in found] == [
        *(BASQUE[0], HINDI[0], THAI[0], KHMER[0]),
        *([BASQUE[2]] * 2),
    ]
    assert [(one["title"], one["date"]) for one in found[:2]] == [
        ("Azoka berria", "2026-11-02"),
        ("नया पुल", "2026-11-05"),
    ]


def test_joiners_and_combining_marks_of_hindi_and_khmer_come_through(table):
    ligature = "क्\u200dष और र्\u200dय अलग लिखे गए।"
    cluster = "ស្រុក\u200bខ្មែរ"
    found = results(
        table, (PAPER + "/a", hindi((ligature,))), ("https://sala.example/", khmer().replace(KHMER[0], cluster))
    )
    assert found[0]["text"] == ligature
    assert cluster in found[1]["text"]


def test_pages_without_rules_are_dropped_where_the_recipe_names_no_engine(table):
    found = results(
        table, ("https://talat.example/", thai()), ("https://ezezaguna.example/", stranger()), engine="none"
    )
    assert [(one["text"], one["reason"], one["detail"]) for one in found] == [
        (None, "extract_sites.no_rule", f"the site talat has no rules of {FILE}"),
        (None, "extract_sites.no_rule", f"the page is of no site of {FILE}"),
    ]


def test_each_unusable_page_gets_its_own_reason(table):
    many = "<br>" * 50_001
    attributes = "<p " + "".join(f"a{number}=1 " for number in range(4_000)) + ">x</p>"
    pages = [None, "", "<p>ez dago", "ក" * 5_000_001, many, "<b>" * 201, attributes]
    found = results(table, *((f"{TOWN}/", page) for page in pages), ("https://talat.example/", "<nav></nav>"))
    assert [one["reason"] for one in found] == [
        f"extract_sites.{code}"
        for code in (
            *("no_html", "no_text", "no_text", "too_large", "too_many_nodes", "too_deep", "too_large"),
            "empty",
        )
    ]
    assert [one["text"] for one in found] == [None] * 8
    assert found[2]["detail"] == "the text rule of hiri-berriak finds nothing in 10 characters"
    assert found[3]["detail"] == "characters 5000001 > 5000000"
    assert not any(one["quarantined"] for one in found)


def test_a_page_that_breaks_its_rules_or_the_engine_is_quarantined_and_those_beside_it_are_kept(table):
    # Within all limits; counting siblings from the end takes lexbor a time quadratic in them: two seconds.
    heavy = "<p>ខ" * 49_000
    # trafilatura copies the whole text read so far at each of these.
    pieces = "<svg></svg>Zer egun ederra da gaur. " * 20_000
    hanging = f"<html><body><article><p>{pieces}</p><p>Azken esaldia.</p></article></body></html>"
    sites = SITES.replace('{css: "div.edukia > p"}', '{css: "div.edukia > p, body > p:nth-last-child(2n+1)"}')
    found = results(
        table,
        (f"{TOWN}/azoka", basque(BASQUE)),
        (f"{TOWN}/astuna", heavy),
        ("https://talat.example/", hanging),
        (f"{TOWN}/azoka", basque(BASQUE)),
        sites=sites,
        engine="trafilatura",
        cpu_seconds=0.1,
        seconds=60,
    )
    assert [(one["reason"], one["quarantined"]) for one in found] == [
        (None, False),
        ("extract_sites.timeout", True),
        ("extract_sites.timeout", True),
        (None, False),
    ]
    assert found[3]["text"] == "\n".join(BASQUE)


def test_no_page_says_more_of_a_license_than_stands_there(table):
    marks = {
        f"<a href='{CC}/by-nc/4.0/'>x</a>": ("site-link", "CC-BY-NC-4.0"),
        "<a href='/adhikar.html'>x</a>": ("site-text", None),
        "<a href='https://example.org/license'>x</a>": ("site-link", None),
        "<a href='javascript:alert(1)'>x</a>": ("site-text", None),
    }
    pages = [(f"{PAPER}/{number}", hindi(HINDI, rights=mark)) for number, mark in enumerate(marks)]
    found = results(table, *pages, (f"{PAPER}/bina", hindi(HINDI)))
    assert [[(piece["signal"], piece["spdx"]) for piece in one["license_evidence"] or ()] for one in found] == [
        *([mark] for mark in marks.values()),
        [],
    ]


def test_a_verified_license_is_evidence_for_its_own_site_alone(table):
    other = "http://hiri-berriak.example.bestea.example/"
    found = results(table, (f"{TOWN}/a", basque(BASQUE)), (other, basque(BASQUE)), ("https://talat.example/", thai()))
    assert [[piece["spdx"] for piece in one["license_evidence"] or ()] for one in found] == [
        ["CC-BY-SA-4.0"],
        [],
        ["CC0-1.0"],
    ]


def test_what_another_sites_step_found_is_weighed_too_and_a_rows_own_title_stays(table):
    earlier = statement("site", "Ane, 2026-11-01: the imprint", spdx="CC-BY-NC-4.0", locus="manifest", scope="site")
    step = spec().build(resources(table))
    outcome = step(
        rows(
            ("https://talat.example/", thai()),
            license_evidence=pa.array([[earlier.row()]], EVIDENCE),
            title=pa.array(["ตลาดน้ำ"]),
        )
    )
    step.close()
    (evidence,) = outcome.batch.column("license_evidence").to_pylist()
    assert [piece["spdx"] for piece in evidence] == ["CC-BY-NC-4.0", "CC0-1.0"]
    assert outcome.batch.column("title").to_pylist() == ["ตลาดน้ำ"]


def test_no_rows_have_the_promised_columns_and_start_no_child(table):
    step = spec().build(resources(table))
    outcome = step(rows())
    promised = spec().contract(resources(table)).provides
    assert {field.name: field.type for field in promised}.items() <= {
        field.name: field.type for field in outcome.batch.rows.schema
    }.items()
    step.close()


def test_five_hundred_sites_are_no_more_than_one(table):
    """Rules of so many would not fit on a command line."""
    data = yaml.safe_load(SITES)
    padding = ", ".join(f"div.{'z' * 20}{number}" for number in range(9))
    for number in range(500):
        site = {"name": f"herri-{number}", "seeds": [f"https://herri-{number}.example/"], "languages": ["eus_Latn"]}
        data["sites"].append({**site, "extract": {"text": {"css": f"div.h{number} p, {padding}"}}})
    page = basque(BASQUE).replace("class=edukia", "class=h499")
    (found,) = results(table, ("https://herri-499.example/", page), sites=yaml.safe_dump(data))
    assert found["text"].split("\n")[0] == BASQUE[0]


def test_a_license_that_is_not_open_is_refused_with_file_and_field(table):
    closed = SITES.replace("expression: CC0-1.0", "expression: CC-BY-ND-4.0")
    with pytest.raises(RecipeError) as caught:
        spec().contract(resources(table, closed))
    assert (caught.value.file, caught.value.field) == (FILE, "sites.2.license.expression")


def test_the_contract_names_every_reason_and_what_the_step_stands_before(table):
    contract = spec().contract(resources(table))
    assert contract.reasons == {
        f"extract_sites.{code}"
        for code in (
            *("no_html", "too_large", "too_many_nodes", "too_deep", "no_rule", "no_text", "empty", "parse_error"),
            *("timeout", "memory", "crash"),
        )
    }
    assert contract.precedes == {"license_state"}
    assert spec().files(Scope((), ())) == ("manifests/licenses.yaml", FILE)


def test_the_engine_has_no_default_and_limits_are_no_wider_than_the_rules_bear():
    with pytest.raises(ValidationError, match="engine"):
        ExtractSitesSpec(name="extract", kind="extract_sites", sites=FILE)
    with pytest.raises(ValidationError, match="max_depth"):
        spec(max_depth=256)
