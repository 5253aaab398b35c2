"""Evidence from pages: shapes in many languages, hostile pages, and never an upgrade."""

import re
import sys

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotmill.core.arrow import column
from glotmill.core.schema import EVIDENCE
from glotmill.licensing.decision import Judge
from glotmill.licensing.detection import Detector
from glotmill.licensing.evidence import Evidence
from support.effort import done_within

sys.path.insert(0, __file__.rpartition("/")[0])
from shapes import CC, SHAPES, article, ld, page


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_page_shape_is_decided_as_its_owner_meant(shape, detector: Detector, judge: Judge):
    evidence = detector.detect(shape.html, shape.headers)
    decision = judge.decide(evidence)
    assert (decision.license, decision.state) == (shape.license, shape.state), evidence
    if shape.license is not None:
        assert decision.port == shape.port


def test_shapes_are_many_and_in_many_languages():
    assert len(SHAPES) >= 100
    assert len({shape.name for shape in SHAPES}) == len(SHAPES)


def test_page_without_a_license_word_is_no_candidate(detector):
    pages = pa.array([page("<p>Ибо так.</p>"), None, page("<p>CC BY 4.0</p>")], pa.large_string())
    assert detector.candidates(pages).tolist() == [False, False, True]


def test_column_screen_finds_every_shape_that_has_evidence_in_its_page(detector):
    for shape in SHAPES:
        if detector.from_page(shape.html):
            assert detector.candidates(pa.array([shape.html], pa.large_string()))[0], shape.name


@pytest.mark.parametrize(
    ("html", "why"),
    [
        ("<div>" * 50_000 + f'<a rel="license" href="{CC}/by/4.0/">x</a>', "deep nesting"),
        (page("<p>x</p>", ld('{"@graph":' * 100_000)), "deep JSON"),
        (page("<p>x</p>", ld('{"@type":"Article","license":"' + "x" * 2_000_000 + '"}')), "huge JSON"),
        (f'<a rel="license" href="{CC}/by/4.0/"' + "".join(f" a{i}=1" for i in range(20_000)) + ">x</a>", "attributes"),
        (f'<a rel="license" href="{CC}/by/4.0/">x</a>' * 20_000, "many links"),
        (page("<p>x</p>", ld('{"@type":"Article","n":' + "9" * 6000 + ',"license":"x"}')), "huge number"),
        (page("<p>x</p>", ld('{"@type":"Article","license":"\\ud800"}')), "lone surrogate in JSON"),
        ("license \ud800\udfff \x00" + article("x", "CC BY 4.0 \ud800"), "lone surrogates"),
        ("CC BY " + "NC-" * 200_000, "long short form"),
        ("creative commons " * 50_000, "repeated name"),
        ("license " + "<a " * 700_000, "tags that never end"),
        ("license " + ("<a " * 99 + ">") * 3_000, "tags in tags"),
        ('license <!-- rdf: <Work rdf:about="">' + "<license " * 2_000 + "</Work> -->", "licenses that never end"),
        (("license <!-- rdf: " + '<Work rdf:about="">' * 900 + " -->") * 300, "works that never end"),
        (page("<p>x</p>", ld("{" + ",".join(f'"{i}":0,"{i}":1' for i in range(20_000)) + "}")), "keys given twice"),
        (page("<p>x</p>", ld("[" + "0," * 200_000 + '{"@type":"Article","license":"x"}]')), "long list"),
        (article("x", '<img alt="CC BY 4.0">' * 50_000), "many badges"),
        (
            page('<div itemscope itemtype="https://schema.org/Article">' + '<i itemprop="license">x</i>' * 50_000),
            "items",
        ),
        (article("x", "foto:" * 50_000 + f'<a href="{CC}/by/4.0/">CC</a>'), "many labels"),
    ],
    ids=lambda value: value if len(value) < 40 else "page",
)
def test_hostile_page_gives_evidence_or_nothing_in_bounded_time(html, why, detector, judge):
    def read() -> list[Evidence]:
        evidence = detector.detect(html, {})
        judge.decide(evidence)
        column([[one.row() for one in evidence]], EVIDENCE)
        return evidence

    evidence = done_within(5, read)
    assert all(len(one.raw) <= 300 for one in evidence)


def test_too_many_attributes_are_refused_before_the_parser_sees_them(detector):
    html = f'<a rel="license" href="{CC}/by/4.0/"' + "".join(f' a{i}=">"' for i in range(20_000)) + ">x</a>"
    assert [one.signal for one in detector.detect(html, {})] == ["unread"]


def test_cut_off_evidence_keeps_port_and_url(detector):
    (one, *_) = detector.detect(article("x", f'<a rel="license" href="{CC}/by/3.0/es/deed.eu">{"a" * 500}</a>'), {})
    assert (one.signal, one.spdx, one.port, one.locus, one.scope) == (
        "rel-license",
        "CC-BY-3.0",
        "es",
        "footer",
        "page",
    )
    assert one.url == f"{CC}/by/3.0/es/deed.eu"
    assert len(one.raw) == 300


_PIECES = st.sampled_from(
    [
        "<footer>", "</footer>", "<p>", "<figure>", "</figure>", "<a href='", "'>", "</a>", "<meta name='dc.rights' content='",
        "<script type='application/ld+json'>", "</script>", '{"@type":"Article","license":"', '"}', " license ", "©",
        "all rights reserved", "Creative Commons", " Attribution", "-NonCommercial", "rel='license' ", "https://example.org/",
        "unless otherwise noted", "&#x1F;", "\x00", "CC", " B", "licencia", "版权所有",
    ]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(_PIECES, st.text(max_size=8)), max_size=40).map("".join))
def test_random_markup_never_raises_and_never_becomes_an_open_license(detector, judge, table, html):
    decision = judge.decide(detector.from_page(html))
    marker = re.search(r"creativecommons|cc[\s-]?(?:by|0|zero)|creative commons|gnu\.org|spdx|opensource", html.lower())
    if not marker:
        assert decision.license_class in ("unknown", "reserved"), html
    if "creativecommons.org" not in html:
        assert decision.state != "declared" or decision.license_class in ("unknown", "reserved"), html


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(["link", "x"]), st.text(max_size=60)))
def test_random_headers_never_raise_and_never_become_a_license(detector, judge, headers):
    assert judge.decide(detector.from_headers(headers)).license is None


def _metas(count: int) -> str:
    return "".join(f'<meta name="dcterms.license" content="{CC}/by/4.0/#{number}">' for number in range(count))


OWN = f'<link rel="license" href="{CC}/by/4.0/">'
LINKS = "".join(f'<p>Irudia: <a href="{CC}/by/4.0/?{number}">{number}</a></p>' for number in range(60))
MARKS = {
    "links, then rights in the footer": (
        page(LINKS + "<footer>© 2026 Eskubide guztiak erreserbatuta</footer>", OWN),
        {},
    ),
    "links, then another license": (
        page(LINKS + f'<footer><a rel="license" href="{CC}/by-nc/4.0/">x</a></footer>', OWN),
        {},
    ),
    "statements, then rights in the footer": (page("<footer>© 2026 Alle Rechte vorbehalten</footer>", _metas(60)), {}),
    "meta elements": (
        page(
            "", OWN + '<meta name="x" content="y">' * 1_000 + f'<meta name="dcterms.license" content="{CC}/by-nc/4.0/">'
        ),
        {},
    ),
    "licenses of one object": (
        page("", ld('{"@type":"Article","license":[' + f'"{CC}/by/4.0/",' * 20 + f'"{CC}/by-nc/4.0/"]}}')),
        {},
    ),
    "objects of one id": (
        page(
            "",
            ld(
                f'[{{"@type":"Article","license":{{"@id":"#l"}}}},{{"@id":"#l","url":"{CC}/by/4.0/"}},{{"@id":"#l","url":"{CC}/by-nc/4.0/"}}]'
            ),
        ),
        {},
    ),
    "paid part": (
        page(
            "",
            OWN
            + ld(
                '{"@type":"Article","hasPart":['
                + '{"isAccessibleForFree":true},' * 100
                + '{"isAccessibleForFree":false}]}'
            ),
        ),
        {},
    ),
    "links in headers": (
        page(""),
        {"link": f'<{CC}/by/4.0/>; rel="license", ' * 40 + f'<{CC}/by-nc/4.0/>; rel="license"'},
    ),
    "long header": (
        page(""),
        {"link": f'<{CC}/by/4.0/>; rel="license", ' + "<x>, " * 5_000 + f'<{CC}/by-nc/4.0/>; rel="license"'},
    ),
    "long address in a header": (
        page(""),
        {"link": f'<{CC}/by/4.0/>; rel="license", <{CC}/by-nc/4.0/?{"a" * 3_000}>; rel="license"'},
    ),
}


@pytest.mark.parametrize("name", sorted(MARKS))
def test_what_stands_beyond_a_limit_lowers_what_stands_before_it(detector, judge, name):
    html, headers = MARKS[name]
    evidence = detector.detect(html, headers)
    assert judge.decide(evidence).state in ("weak", "conflict"), evidence


def test_many_links_to_the_page_s_own_license_say_nothing_against_it(detector, judge):
    decision = judge.decide(detector.detect(page(LINKS, OWN), {}))
    assert (decision.license, decision.state) == ("CC-BY-4.0", "declared")
