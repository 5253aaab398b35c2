"""A sites.yaml says which URLs belong to whom, what is fetched, and what stands where; its mistakes are named."""

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from glotmill.core.errors import RecipeError
from glotmill.crawl.site_pages import MAX_DEPTH, MAX_NODES, extract_by_rules
from glotmill.crawl.sites import Extraction, Selector, Sites, load_sites
from glotmill.licensing.table import LicenseTable, load_table
from support.effort import done_within


@pytest.fixture(scope="module")
def table(root: Path) -> LicenseTable:
    return load_table((root / "manifests" / "licenses.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def example(root: Path) -> str:
    """The file that the reference page shows."""
    page = (root / "docs" / "reference" / "sites.md").read_text(encoding="utf-8")
    return re.search(r"```yaml\n(.*?)```", page, re.DOTALL).group(1)


@pytest.fixture(scope="module")
def sites(example: str, table: LicenseTable) -> Sites:
    return load_sites(example, "sites.yaml", table)


def test_the_reference_names_every_field_of_a_site(root: Path, sites: Sites):
    page = (root / "docs" / "reference" / "sites.md").read_text(encoding="utf-8")
    fields = {*type(sites).model_fields, *type(sites.sites[0]).model_fields} - {"sites", "name"}
    assert [field for field in sorted(fields) if f"`{field}`" not in page] == []


@pytest.mark.parametrize(
    ("url", "site", "wanted"),
    [
        ("https://hiri-berriak.example/2026/11/azoka", "hiri-berriak", True),
        ("https://www.hiri-berriak.example/artxiboa", "hiri-berriak", True),
        ("https://HIRI-berriak.example/2026/11", "hiri-berriak", False),  # patterns are about canonical URLs
        ("https://hiri-berriak.example/", "hiri-berriak", True),  # a seed
        ("https://hiri-berriak.example/denda", "hiri-berriak", False),
        ("https://hiri-berriak.example/2026/azoka?print=1", "hiri-berriak", False),
        ("https://hiri-berriakxexample/2026/azoka", None, False),
        ("https://bestea.example/https://hiri-berriak.example/2026/azoka", None, False),
        ("https://hiri-berriak.example@bestea.example/2026/", None, False),
        ("https://ane:pasahitza@hiri-berriak.example/2026/", None, False),
        ("ftp://hiri-berriak.example/2026/", None, False),
        ("https://herri-aldizkaria.example/edozer?a=1", "herri-aldizkaria", True),
        ("https://herri-aldizkaria.example/" + "a" * 3000, "herri-aldizkaria", False),
        ("https://[::1", None, False),
    ],
)
def test_urls_find_their_site(sites, url, site, wanted):
    found = sites.site_of(url)
    assert (found and found.name, sites.wanted(url)) == (site, wanted)


@given(st.lists(st.text(max_size=30).map(lambda tail: "https://hiri-berriak.example/" + tail), max_size=5))
@settings(max_examples=50)
def test_many_urls_are_judged_as_each_one_alone(sites: Sites, urls: list[str]):
    assert sites.sites[0].wanted_all(urls) == [sites.wanted(url) for url in urls]


def test_no_pattern_makes_a_url_expensive(sites: Sites):
    site = sites.sites[1].model_copy(update={"include": (r".*(a+)+.*(a*)*.*(a|a)+b",)})
    urls = ["https://herri-aldizkaria.example/" + "a" * 2000] * 50
    assert done_within(2, lambda: site.wanted_all(urls)) == [False] * 50


def changed(text: str, path: str, value: object) -> str:
    """The file with the value at a dotted path replaced."""
    data = yaml.safe_load(text)
    *parents, last = path.split(".")
    here = data
    for part in parents:
        here = here[int(part)] if part.isdigit() else here[part]
    here[int(last) if last.isdigit() else last] = value
    return yaml.safe_dump(data)


@pytest.mark.parametrize(
    ("path", "value", "field", "words"),
    [
        ("publish", "open", "publish", "Did you mean open-only"),
        ("sites.0.seeds", ["hiri-berriak.example"], "sites.0.seeds", "http or https"),
        ("sites.0.seeds", ["https://ane:1@hiri-berriak.example/"], "sites.0.seeds", "without user"),
        ("sites.0.hosts", ["WWW.hiri-berriak.example"], "sites.0.hosts", "lower case"),
        ("sites.1.hosts", ["hiri-berriak.example"], "", "belongs to hiri-berriak and to herri-aldizkaria"),
        ("sites.1.name", "hiri-berriak", "", "two sites are called hiri-berriak"),
        ("sites.0.include", ["(?!a)b"], "sites.0.include", "invalid perl operator"),
        ("sites.0.include", ["a)|(b"], "sites.0.include", "unexpected )"),
        ("sites.0.exclude", [r"(a)\1"], "sites.0.exclude", "no back-references"),
        ("sites.0.languages", ["eus_Latn", "baskq"], "sites.0.languages.1", "no such language"),
        ("sites.0.license.expression", "CC-BY-SA-9.0", "sites.0.license.expression", "Did you mean"),
        ("sites.0.license.expression", "CC-BY-NC-4.0", "sites.0.license.expression", "publish: all"),
        ("sites.0.license.verified_on", 20261103, "sites.0.license.verified_on", "2026-11-01"),
        ("sites.0.license.verified_by", True, "sites.0.license.verified_by", "quotes"),
        ("sites.0.license.evidence", "footer", "sites.0.license.evidence", "20 characters"),
        ("sites.0.extract.title.css", "h1[[", "sites.0.extract.title.css", "no CSS selector"),
        ("sites.0.extract.license.xpath", "//a[", "sites.0.extract.license.xpath", "no XPath"),
        ("sites.0.extract.license.xpath", "re:test(., 'a')", "sites.0.extract.license.xpath", "no XPath"),
        ("sites.0.extract.license.xpath", "nothing()", "sites.0.extract.license.xpath", "no XPath"),
        ("sites.0.extract.license.xpath", "count(a)", "sites.0.extract.license.xpath", "not a number"),
        ("sites.0.extract.license", {"css": "a", "xpath": "//a"}, "sites.0.extract.license", "either css or xpath"),
        (
            "sites.0.extract.license",
            {"xpath": "//a", "attribute": "href"},
            "sites.0.extract.license",
            "//time/@datetime",
        ),
        ("sites.1.extract.date.format", "%d %B %Y", "sites.1.extract.date.format", "names of months"),
        ("sites.0.extract.texto", {"css": "p"}, "sites.0.extract.texto", "Did you mean text"),
        ("sites.0.limits.delay_s", 1, "sites.0.limits.delay_s", "greater than or equal to 3"),
        ("sites.0.limits.max_pages", True, "sites.0.limits.max_pages", "integer"),
    ],
)
def test_mistakes_are_named_with_file_field_and_remedy(example, table, path, value, field, words):
    with pytest.raises(RecipeError) as caught:
        load_sites(changed(example, path, value), "nire/sites.yaml", table)
    assert (caught.value.file, caught.value.field or "") == ("nire/sites.yaml", field)
    assert words in str(caught.value)


def test_a_license_that_is_not_open_may_be_crawled_where_all_is_published(example, table):
    text = changed(changed(example, "sites.0.license.expression", "CC-BY-NC-4.0"), "publish", "all")
    assert load_sites(text, "sites.yaml", table).sites[0].license.expression == "CC-BY-NC-4.0"


def test_what_a_person_verified_is_evidence_for_each_page(sites, table):
    evidence = sites.sites[0].evidence(table)
    assert (evidence.spdx, evidence.state, evidence.scope) == ("CC-BY-SA-4.0", "verified", "site")
    assert evidence.raw.startswith("Ane Etxeberria, Bilketa, 2026-11-03: The footer of every page")
    assert sites.sites[1].evidence(table) is None


PAGE = """<!doctype html><html lang=eu><head><title>Hiri berriak</title></head><body><nav><p>Hasiera</nav>
<h1 class=izenburua>Azoka <i>berria</i></h1><time datetime="2026-11-02T09:30+01:00">atzo</time>
<div class=edukia><p>Gaur goizean <b>azokara</b> joan gara.<h2>Ogia</h2><ul><li>Ogia eta <ul><li>gazta</ul></ul>
<script>p()</script><aside><p>Irakurri ere</aside></div>
<footer><a href="https://creativecommons.org/licenses/by-sa/4.0/deed.eu">CC BY-SA</a></footer>"""


def test_a_page_is_read_where_its_site_says(sites):
    found = extract_by_rules(PAGE, sites.sites[0].extract)
    assert found.title == "Azoka berria"
    assert found.text == "Gaur goizean azokara joan gara.\nOgia\nOgia eta\ngazta"
    assert found.date == "2026-11-02T09:30+01:00"
    assert found.license == ("https://creativecommons.org/licenses/by-sa/4.0/deed.eu",)
    assert found.fault is None


def test_xpath_reads_elements_and_text_and_dates_by_their_format(sites):
    page = "<article><span class=data> 3/11/2026 </span><div class=testua><p>สวัสดี<p>ตลาด<div class=testua>ก</div></div></article>"
    found = extract_by_rules(page, sites.sites[1].extract)
    assert (found.text, found.date, found.title, found.license) == ("สวัสดี\nตลาด\nก", "2026-11-03", None, ())


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        ("", "no_text"),
        ("<div class=edukia></div>", "no_text"),
        ("<b>" * (MAX_DEPTH + 1), "too_large"),
        ("<br>" * (MAX_NODES + 1), "too_large"),
    ],
    ids=["empty", "no-match", "deep", "many"],
)
def test_a_page_without_text_says_why(sites, page, fault):
    for site in sites.sites:
        found = extract_by_rules(page, site.extract)
        assert (found.text, found.fault) == (None, fault)


def test_dates_that_are_none_are_left_out(sites):
    for value in ("2026-13-45", "atzo", ""):
        page = f"<time datetime='{value}'>x</time><div class=edukia><p>Gaur.</div>"
        assert extract_by_rules(page, sites.sites[0].extract).date is None


@given(st.text(st.sampled_from("<>/='\" \n\x00\ud800pdiv@&;ñ!-"), max_size=200))
@settings(max_examples=60)
def test_any_page_gives_an_answer(sites, noise):
    found = extract_by_rules(f"<div class=edukia><p>Gaur {noise}", sites.sites[0].extract)
    assert found.text is not None or found.fault
    extract_by_rules(f"<article><div class=testua>{noise}", sites.sites[1].extract)


@pytest.mark.parametrize(
    "rule",
    [
        {"css": "div.b div.b div.b p.z"},
        {"css": "div.b p, p, div"},
        {"xpath": "//p[ancestor::div[@class='z']]"},
        {"xpath": "//div[p]/div/p/text()"},
        {"xpath": "//div[contains(., 'https://a//b | c/..')]/@class"},
    ],
    ids=str,
)
def test_hostile_nesting_costs_a_bounded_time(sites, rule):
    page = ("<div class=b>" * 190 + "<p>a</p>" * 50 + "</div>" * 190) * 200
    text = Selector.model_validate(rule)
    site = sites.sites[0].model_copy(update={"extract": Extraction(text=text)})
    assert done_within(3, lambda: extract_by_rules(page, site.extract)).fault != "too_large"


@pytest.mark.parametrize(
    "expression",
    [
        "//div//p",
        "//div[.//p]",
        "//p[//a]",
        "//p[/html/body/p]",
        "//p[count( /html/body/p) > 1]",
        "/html/descendant::p",
        "//p/following-sibling::p",
        "//p[preceding::p]",
        "//p/..",
        "//p/parent::div",
        "//p/ancestor::div",
        "//p[ancestor::div/p]",
        "//p[ancestor::*[ancestor::*[@z]]]",
        "//p | //a",
    ],
)
def test_an_xpath_that_a_page_could_make_slow_is_refused(expression):
    with pytest.raises(ValueError, match="too slow an XPath"):
        Selector(xpath=expression)


@pytest.mark.parametrize(
    "expression", ["//h1", "/html/body/div[2]/p", "//a[ancestor::footer]/@href", "//p[@class='a//b']/b/text()", " //h1"]
)
def test_an_xpath_of_children_and_conditions_is_taken(expression):
    assert Selector(xpath=expression).xpath == expression.strip()
