"""What `extract` keeps, and the one reason it gives for each page it cannot use."""

import hostile_pages
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from glotmill.core.steps import Batch, Resources, Scope
from glotmill.stages.extract import ExtractSpec
from glotmill.stages.markup import Shape, shape, title_of

RESOURCES = Resources(Scope(("tha_Thai",), ("web",)))
THAI = "วันนี้อากาศดีมาก เราจึงเดินเล่นริมทะเลด้วยกันทั้งครอบครัว แล้วกินข้าวที่ร้านเล็กๆ ใกล้บ้านยาย"
ARABIC = "خرجنا اليوم إلى البحر مع الجيران، وأكلنا السمك في مطعم صغير قرب بيت الجدة، ثم عدنا مساءً."


def page(*paragraphs: str) -> str:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f"<!DOCTYPE html><html><head><title>หน้าแรก</title></head><body><article>{body}</article></body></html>"


def batch(*pages: str | None) -> Batch:
    return Batch(pa.record_batch({"html": pa.array(pages, pa.large_string())}))


def fates(spec: ExtractSpec, *pages: str | None) -> list[tuple[str | None, str | None, bool]]:
    """Return text, reason and quarantine of each page."""
    step = spec.build(RESOURCES)
    outcome = step(batch(*pages))
    step.close()
    texts = outcome.batch.column("text").to_pylist()
    return list(zip(texts, outcome.reasons.to_pylist(), outcome.quarantined.to_pylist(), strict=True))


def spec(engine: str = "trafilatura", **options: object) -> ExtractSpec:
    return ExtractSpec(name="extract", kind="extract", engine=engine, **options)


@pytest.mark.parametrize("engine", ["trafilatura", "resiliparse"])
def test_paragraphs_in_thai_and_arabic_come_out_as_lines(engine):
    ((text, reason, _),) = fates(spec(engine), page(THAI, ARABIC))
    assert [line for line in text.split("\n") if line] == [THAI, ARABIC]
    assert reason is None


@pytest.mark.parametrize("engine", ["trafilatura", "resiliparse"])
def test_tables_are_text_unless_the_recipe_says_no(engine):
    rows = "".join(f"<tr><td>ข้าวเหนียวมะม่วง</td><td>{price} บาท</td></tr>" for price in (60, 70, 80))
    with_table = page(THAI, ARABIC, THAI + ARABIC).replace("</article>", f"<table>{rows}</table></article>")
    ((kept, _, _),) = fates(spec(engine), with_table)
    ((left_out, _, _),) = fates(spec(engine, tables=False), with_table)
    assert "70 บาท" in kept
    assert "70 บาท" not in left_out
    assert THAI in left_out


def test_the_same_page_gives_the_same_text_however_often_it_was_seen():
    step = spec().build(RESOURCES)
    same = page(*[f"{THAI} {number % 3}" for number in range(12)])
    texts = step(batch(*[same] * 8)).batch.column("text").to_pylist()
    step.close()
    assert len(set(texts)) == 1
    assert texts[0].count(THAI) == 12


def test_each_unusable_page_gets_its_own_reason():
    huge_text = page("\U0001f600" * 2_600_000)  # more than the 10 MB that libxml2 reads of one text
    found = fates(
        spec(),
        None,
        "",
        "<html><body><nav><a href='/'></a></nav></body></html>",
        huge_text,
        page("ก" * 5_000_000),
        page("<i>ก</i>" * 200_000),
        page("<div>" * 300 + THAI),
        page(THAI),
    )
    assert found == [
        (None, "extract.no_html", False),
        (None, "extract.empty", False),
        (None, "extract.empty", False),
        (None, "extract.parse_error", False),
        (None, "extract.too_large", False),
        (None, "extract.too_many_nodes", False),
        (None, "extract.too_deep", False),
        (THAI, None, False),
    ]


def test_a_reason_carries_the_value_and_the_bound():
    step = spec(max_bytes=100, max_nodes=3, max_depth=5).build(RESOURCES)
    outcome = step(batch("ก" * 101, "<p>" * 4, "<b>" * 4, "<br>" * 3))
    step.close()
    assert outcome.details.to_pylist() == [
        "characters 101 > 100",
        "nodes > 3",
        "nodes > 3",
        "nothing found in 12 characters",
    ]


def test_a_page_as_deep_as_the_limit_is_read_to_its_end():
    # html, body and 254 more: libxml2 itself ends a page at 256 levels, without a word.
    deepest = f"<html><body>{'<div>' * 253}<p>{THAI}</p>{'</div>' * 253}<p>{ARABIC}</p></body></html>"
    deeper = f"<html><body>{'<div>' * 254}<p>{THAI}</p>{'</div>' * 254}<p>{ARABIC}</p></body></html>"
    (text, reason, _), (_, too_deep, _) = fates(spec(), deepest, deeper)
    assert (text, reason) == (f"{THAI}\n{ARABIC}", None)
    assert too_deep == "extract.too_deep"


def test_breaches_are_quarantined_and_pages_beside_them_are_kept():
    small = spec(cpu_seconds=0.4, seconds=60, memory_mb=16)
    hungry = hostile_pages.memory_page(depth=200, characters=250_000)
    found = fates(small, page(THAI), hostile_pages.hanging_page(20_000), hungry, page(ARABIC))
    assert found[1:3] == [(None, "extract.timeout", True), (None, "extract.memory", True)]
    assert [found[0], found[3]] == [(THAI, None, False), (ARABIC, None, False)]


def test_the_hostile_pages_keep_every_deterministic_limit():
    limits = ExtractSpec.model_fields
    for html in (hostile_pages.hanging_page(), hostile_pages.memory_page()):
        assert len(html) <= limits["max_bytes"].default
        size = shape(html, max_nodes=limits["max_nodes"].default, max_depth=limits["max_depth"].default)
        assert size.nodes <= limits["max_nodes"].default
        assert size.depth <= limits["max_depth"].default


def test_the_contract_lists_every_reason():
    contract = spec().contract(RESOURCES)
    assert contract.reasons == {
        f"extract.{what}"
        for what in [
            "no_html",
            "too_large",
            "too_many_nodes",
            "too_deep",
            "empty",
            "parse_error",
            "timeout",
            "memory",
            "crash",
        ]
    }
    assert (contract.requires.names, contract.provides.names) == (["html"], ["text"])


def test_the_engine_has_no_default_and_fast_is_trafilaturas():
    with pytest.raises(ValidationError, match="engine"):
        ExtractSpec(name="extract", kind="extract")
    with pytest.raises(ValidationError, match="option of trafilatura"):
        spec("resiliparse", fast=True)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("", Shape(0, 2)),
        ("<html><head></head><body></body></html>", Shape(3, 2)),
        ("<p>a<p>b<p>c", Shape(3, 3)),
        ("<ul><li>a<li>b<ul><li>c</ul><li>d</ul>", Shape(6, 6)),
        ("<table><tr><td>a<td>b<tr><td>c</table><p>d", Shape(7, 5)),
        ("<br><img><hr><svg/><p/>", Shape(5, 3)),
        ("<p><b>a<p><b>b", Shape(4, 6)),
        ("<b><div></b><b><div></b>", Shape(6, 6)),
        ("</b></i>", Shape(2, 2)),
        ("<!-- <b><b><b> --><script>'<b><b>'</script>", Shape(1, 3)),
        ("<a title='<b><b>' href=\"<b>\">x</a>", Shape(1, 3)),
        ("<B><I></B><DIV>", Shape(3, 4)),
        ("<div", Shape(0, 2)),
        ("a < b <3 </ x", Shape(0, 2)),
    ],
)
def test_the_shape_of_a_page_follows_the_stated_rule(html, expected):
    assert shape(html, max_nodes=100, max_depth=100) == expected


def test_the_title_is_the_first_one_of_the_head():
    assert title_of("<html><head><title>\n ตลาดน้ำ &amp; วัด </title></head><body><svg><title>x</title>") == "ตลาดน้ำ & วัด"
    assert title_of("<body><svg><title>x</title></svg></body>") is None
    assert title_of(f"<title>ገጽ &#{'1' * 5000};</title>") == "ገጽ �"


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "<",
                ">",
                "/",
                "=",
                '"',
                "'",
                "!",
                "--",
                "<b",
                "<b>",
                "</b>",
                "<p>",
                "<!--",
                "-->",
                "<script>",
                "</script>",
                "<td>",
                "ก",
                "x",
            ]
        )
    )
)
def test_the_scan_is_total(pieces):
    html = "".join(pieces)
    found = shape(html, max_nodes=50, max_depth=20)
    assert 0 <= found.nodes <= 51
    assert 2 <= found.depth <= 21
    assert title_of(html) is None
