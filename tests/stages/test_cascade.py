"""The cascade of extractors: what it finds, in which form, who found it, and what it leaves out."""

import json
import random
import sys
from pathlib import Path

import hostile_pages
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from glotmill.core.steps import Batch, Outcome, Resources, Scope
from glotmill.stages.cascade import page_function
from glotmill.stages.extract import ExtractSpec
from support.effort import effort

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from extraction.blocks import Article, Block, Run  # noqa: E402
from extraction.gold import wordings  # noqa: E402
from extraction.templates import TEMPLATES, Page  # noqa: E402

PROSE = {
    "eus_Latn": ("Amonaren baratza", "Amonaren baratzean tomateak heldu dira, eta goizero bost saski betetzen ditugu auzokoentzat."),
    "deu_Latn": ("Das Mühlrad", "Am Bach hinter dem Dorf dreht sich wieder das Mühlrad, das der Schreiner im Winter ausgebessert hat."),
    "hin_Deva": ("गाँव का कुआँ", "गाँव के पुराने कुएँ की सफ़ाई हुई, और अब सुबह-शाम वहाँ फिर से पानी भरने वालों की भीड़ रहती है।"),
    "tha_Thai": ("สวนของยาย", "ยายปลูกมะม่วงไว้หลังบ้านตั้งแต่แม่ยังเด็ก ทุกหน้าร้อนพวกเราจะช่วยกันเก็บผลไปแบ่งเพื่อนบ้าน"),
    "khm_Khmr": ("ស្រែរបស់តា", "តារបស់ខ្ញុំភ្ជួរស្រែពីព្រលឹម ហើយកូនចៅយកបាយទៅជូនគាត់នៅពេលថ្ងៃត្រង់ក្រោមដើមស្វាយ។"),
    "arb_Arab": ("بستان الجد", "زرع جدي أشجار الزيتون خلف البيت قبل ستين عاما، وما زلنا نجمع ثمارها معا كل خريف."),
    "cmn_Hani": ("外婆的院子", "外婆的院子里种着两棵枣树，每到秋天，我们都会搬出梯子，把红枣打下来分给邻居们。"),
    "swh_Latn": ("Shamba la babu", "Babu hulima mihogo na mahindi karibu na mto, na kila jioni hutusimulia hadithi za zamani kando ya moto."),
    "tur_Latn": ("Dedemin bahçesi", "Dedem bahçesindeki kiraz ağaçlarını kendi elleriyle aşıladı ve her yaz meyvesini komşularla paylaşır."),
}  # fmt: skip


def article(tag: str) -> Article:
    title, sentence = PROSE[tag]
    numbered = (Block("paragraph", (Run(f"{sentence} ({number})"),)) for number in range(1, 6))
    return Article(tag, (Block("title", (Run(title),)), *numbered))


def spec(**options: object) -> ExtractSpec:
    return ExtractSpec(name="extract", kind="extract", engine="cascade", **options)


def outcome(spec: ExtractSpec, *pages: str | None, languages: tuple[str, ...] = tuple(PROSE)) -> Outcome:
    step = spec.build(Resources(Scope(languages, ("web",))))
    found = step(Batch(pa.record_batch({"html": pa.array(pages, pa.large_string())})))
    step.close()
    return found


def texts(found: Outcome) -> list[str | None]:
    return found.batch.column("text").to_pylist()


def engines(found: Outcome) -> list[str | None]:
    return found.batch.column("extractor").to_pylist()


def child(html: str, **options: object) -> str | None:
    """Return what the child's function finds, without a child."""
    return json.loads(page_function({"tables": True, "keep": [], **options})(html, {}))["text"]


def body(inside: str, title: str = "สวนของยาย") -> str:
    return f"<html><head><title>{title}</title></head><body>{inside}</body></html>"


def test_articles_in_nine_languages_and_six_templates_come_out_whole_and_alone():
    words = wordings()
    wanted, pages = [], []
    for tag in PROSE:
        for name in list(TEMPLATES)[:6]:
            page = Page(article(tag), words.get(tag, words["tha_Thai"]), tag, (), random.Random(name))
            pages.append(TEMPLATES[name](page))
            wanted.append(article(tag).text())
    found = outcome(spec(), *pages)
    lines = [[line for line in (text or "").split("\n") if line] for text in texts(found)]
    assert lines == [text.split("\n") for text in wanted]
    assert set(engines(found)) == {"blocks"}


def test_marks_of_direction_and_joiners_stay_where_they_are():
    persian = "می‌خواهم نان گرم بخرم\u200f (2024)\u200f و به خانه‌ی مادربزرگ بروم، چون مهمان‌ها امشب از راه می‌رسند."
    hebrew = "הספר \u2067'सूरज'\u2069 נמצא על המדף ליד החלון, וסבתא קוראת ממנו לנכדים בכל ערב לפני השינה."
    pages = [body(f"<h1>خانه</h1><p dir=rtl>{text}</p><p dir=rtl>{text}!</p>", "خانه") for text in (persian, hebrew)]
    found = outcome(spec(), *pages, languages=("pes_Arab", "heb_Hebr"))
    assert [text.split("\n")[1] for text in texts(found)] == [persian, hebrew]


def test_vertical_text_is_read_in_order_and_without_its_readings():
    page = body(
        "<h1>雨の日</h1><div style='writing-mode: vertical-rl'><p><ruby>漢字<rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby>の本を読む午後、"
        "雨が降っていた。<p><span style='text-combine-upright: all'>12</span>月の庭には椿が咲き、猫が縁側で眠っている。</div>",
        "雨の日",
    )
    for wanted in ({}, {"engine": "trafilatura"}, {"engine": "resiliparse"}):
        text = json.loads(page_function({"tables": True, "keep": []})(page, wanted))["text"]
        assert text.replace("\n", "").endswith(
            "漢字の本を読む午後、雨が降っていた。12月の庭には椿が咲き、猫が縁側で眠っている。"
        )


TABLE = "<table><thead><tr><th>ผลไม้<th>ราคา</thead><tr><td>มะม่วง|สุก<td>60 บาท<tr><td>ส้ม<td><p>40<p>บาท</table>"
LISTS = "<ol><li>ล้างข้าว<li><p>หุงข้าว</p><ul><li>ไฟอ่อน<li>ไฟแรง</ul><li></ol>"


def test_tables_and_lists_become_markdown_where_they_are_to_be_kept():
    page = body(f"<h1>สวนของยาย</h1><p>{PROSE['tha_Thai'][1]}</p>{TABLE}{LISTS}")
    plain = child(page).split("\n")[2:]
    kept = child(page, keep=["lists", "tables"]).split("\n")[2:]
    assert plain == ["ผลไม้ ราคา", "มะม่วง|สุก 60 บาท", "ส้ม 40 บาท", "ล้างข้าว", "หุงข้าว", "ไฟอ่อน", "ไฟแรง"]
    assert kept == [
        "| ผลไม้ | ราคา |", "| --- | --- |", r"| มะม่วง\|สุก | 60 บาท |", "| ส้ม | 40 บาท |",
        "1. ล้างข้าว", "2. หุงข้าว", "   - ไฟอ่อน", "   - ไฟแรง",
    ]  # fmt: skip
    assert child(page, tables=False).split("\n")[2:] == ["ล้างข้าว", "หุงข้าว", "ไฟอ่อน", "ไฟแรง"]


def test_trafilaturas_tables_and_lists_take_the_same_form():
    story = f"<p>{PROSE['tha_Thai'][1]}</p>" * 4
    page = body(f"<article><h1>สวนของยาย</h1>{story}{TABLE}{LISTS}</article>")
    function = page_function({"tables": True, "keep": ["lists", "tables"]})
    text = json.loads(function(page, {"engine": "trafilatura"}))["text"]
    assert "| ผลไม้ | ราคา |\n| --- | --- |\n| มะม่วง\\|สุก | 60 บาท |" in text
    assert "1. ล้างข้าว" in text


def test_a_headline_that_leads_to_its_own_page_and_a_box_among_paragraphs_are_text():
    title, sentence = PROSE["deu_Latn"]
    paragraphs = f"<p>{sentence} 1</p><p>{sentence} 2</p>"
    box = "<div class=sidebar><p>Der Schreiner lernte sein Handwerk bei seinem Onkel.</p></div>"
    beside = "<div class=sidebar><h3>Mehr</h3><ul><li><a href=/1>Der Bach</a><li><a href=/2>Das Dorf</a></ul></div>"
    page = body(f"<div><h1><a href=/>{title}</a></h1>{paragraphs}{box}<p>{sentence} 3</p></div>{beside}", title)
    assert child(page).split("\n") == [
        *(title, f"{sentence} 1", f"{sentence} 2"),
        *("Der Schreiner lernte sein Handwerk bei seinem Onkel.", f"{sentence} 3"),
    ]


def test_a_page_in_doubt_is_asked_of_all_and_the_two_that_agree_have_it():
    menu = "".join(f"<li><a href='/{number}'>{PROSE['swh_Latn'][0]} {number}</a>" for number in range(9))
    story = "".join(f"<p>{PROSE['swh_Latn'][1]} ({number})</p>" for number in range(4))
    untitled = f"<html><body><ul>{menu}</ul><div>{story}</div></body></html>"
    found = outcome(spec(), untitled)
    assert engines(found)[0] in ("blocks", "trafilatura", "resiliparse")
    lines = [line for line in texts(found)[0].split("\n") if line]
    assert lines == [f"{PROSE['swh_Latn'][1]} ({number})" for number in range(4)]


SPANISH = "<p>Esta mañana hemos ido con la abuela al mercado del pueblo y hemos comprado manzanas, queso y pan para la cena.</p>"


def test_a_result_in_no_language_of_the_recipe_gives_way_to_another_engines():
    basque = f"<div class=x><p>{PROSE['eus_Latn'][1]}</p><p>{PROSE['eus_Latn'][1]}</p></div>"
    mixed = body(f"<article><h1>Mercado</h1>{SPANISH * 4}</article>{basque}", "Mercado")
    foreign = body(f"<article><h1>Mercado</h1>{SPANISH * 4}</article>", "Mercado")
    found = outcome(spec(), mixed, foreign, languages=("eus_Latn",))
    assert PROSE["eus_Latn"][1] in texts(found)[0]
    assert engines(found)[0] != "blocks"
    assert engines(found)[1] == "blocks"
    spanish = outcome(spec(), mixed, languages=("spa_Latn",))
    assert PROSE["eus_Latn"][1] not in texts(spanish)[0]


def test_what_nobody_finds_is_empty_and_says_who_looked():
    empty = "<html><body><nav><a href='/'></a></nav></body></html>"
    # What is in a language of the recipe is asked of everybody; here none takes a menu for main content.
    menu = "<html><body><nav><select>" + f"<option>{PROSE['tha_Thai'][1]}" * 3 + "</select></nav></body></html>"
    found = outcome(spec(), None, "", empty, "<", menu)
    assert found.reasons.to_pylist() == ["extract.no_html", *["extract.empty"] * 4]
    assert engines(found) == [None] * 5
    assert found.details.to_pylist()[2] == f"nothing found in {len(empty)} characters"
    assert found.details.to_pylist()[4].endswith("characters, by blocks, trafilatura, resiliparse")


def test_pages_that_no_parser_reads_whole_have_the_reasons_of_the_other_engines():
    found = outcome(spec(), "<div>" * 300, "<p>" + "\U0001f600" * 2_600_000, body("<i>" * 250 + PROSE["tha_Thai"][1]))
    assert found.reasons.to_pylist() == ["extract.too_deep", "extract.parse_error", None]
    assert texts(found)[2] == PROSE["tha_Thai"][1]


def test_blocks_are_found_in_time_linear_in_hostile_pages():
    asked = page_function({"tables": True, "keep": ["tables", "lists"]})

    def seconds(html: str) -> float:
        return effort(lambda: asked(html, {"engine": "blocks"}))

    pages = {
        "teasers": lambda size: body("<div class=a><a href=b>ก</a></div>" * size),
        "boxes": lambda size: body("<div class=sidebar><p>ก</div>" * size),
        "title": lambda size: body("<p>ก</p>" * size, "ก" * 10 * size),
        "cells": lambda size: body(f"<table>{'<tr><td>ก' * size}</table>"),
        "nested": lambda size: body("<ul><li>" * 120 + "<p>ก" * size),
        "hanging": hostile_pages.hanging_page,
    }
    for name, make in pages.items():
        small, large = (seconds(make(size)) for size in (1_500, 15_000))
        assert large < 40 * max(small, 0.02), name


def test_the_same_pages_give_the_same_texts_in_any_order():
    pages = [body(f"<h1>{title}</h1>" + f"<p>{text}</p>" * 3, title) for title, text in PROSE.values()]
    one, other = outcome(spec(), *pages), outcome(spec(), *reversed(pages))
    assert texts(one) == list(reversed(texts(other)))
    assert engines(one) == list(reversed(engines(other)))


def test_the_contract_has_the_column_of_the_cascade_alone():
    scope = Resources(Scope(("tha_Thai",), ("web",)))
    assert spec().contract(scope).provides.names == ["text", "extractor"]
    assert ExtractSpec(name="e", kind="extract", engine="resiliparse").contract(scope).provides.names == ["text"]


def test_forms_are_the_cascades_and_must_not_contradict_each_other():
    with pytest.raises(ValidationError, match="option of the engine `cascade`"):
        ExtractSpec(name="e", kind="extract", engine="trafilatura", keep=["lists"])
    with pytest.raises(ValidationError, match="leaves them out"):
        spec(tables=False, keep=["tables"])


_PIECES = ["<", ">", "&#0;", "<p>", "</p>", "<br>", "<pre>", "<a href=x>", "</a>", "<table>", "<tr>", "<td>", "</table>", "<ul>",
           "<li>", "</ul>", "<h1>", "<div class=nav>", "<div hidden>", "</div>", "<title>", "</title>", "<ruby>", "<rt>", "ก", " x ",
           "\n", "<!--", "-->", "<script>", "|"]  # fmt: skip
_ASKED = page_function({"tables": True, "keep": ["lists", "tables"]})


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=40))
def test_the_block_extractor_is_total(pieces):
    html = "".join(pieces)
    found = json.loads(_ASKED(html, {"engine": "blocks"}))
    assert found["text"] is None or found["text"].strip() == found["text"]
    assert (found["engine"] is None) == (found["text"] is None)
