"""`suspect_translation`: marks of machine translation on pages that have them, and none on pages that merely offer it."""

import json

import pyarrow as pa
import pytest

from glotmill.core.steps import Batch, Resources, Scope
from glotmill.plan.kinds import step_class
from glotmill.stages.suspect_translation import SuspectTranslationSpec
from glotmill.stages.translation_marks import marks
from support.effort import effort

BODY = {
    "eus": "<p>Azokan sagarrak eta gazta saltzen dituzte larunbat goizetan.</p>",
    "deu": "<p>Der Imker öffnet den Bienenstock am frühen Morgen.</p>",
    "hin": "<p>गाँव की नदी पर नया पुल बनकर तैयार हो गया है।</p>",
    "tha": "<p>ชาวบ้านช่วยกันซ่อมสะพานไม้ก่อนฤดูฝนจะมาถึง</p>",
    "khm": "<p>ភូមិនេះមានផ្សារតូចមួយដែលលក់បន្លែស្រស់ៗ</p>",
    "arb": "<p>افتتحت المكتبة أبوابها للأطفال بعد الظهر.</p>",
    "cmn": "<p>村里的面包师每天清晨四点开始工作。</p>",
    "swh": "<p>Watoto walipanda miti kando ya shule yao mpya.</p>",
    "tur": "<p>Kasabanın pazarı her salı günü meydanda kurulur.</p>",
}
CODES = ["en", "fr", "de", "es", "iw", "jw", "zh-CN", "eu", *(f"a{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")]
WEGLOT = {
    "originalCanonicalUrl": "https://a.example/page",
    "allLanguageUrls": {"en": "https://a.example/page", "sw": "https://a.example/sw/page"},
}


def page(body: str, *, lang: str = "sw", attributes: str = "", head: str = "") -> str:
    return f'<!doctype html><html lang="{lang}" {attributes}><head>{head}</head><body>{body}</body></html>'


def fonts(text: str, count: int) -> str:
    font = '<font style="vertical-align: inherit;">'
    return f"<p>{font}{font}{text}</font></font></p>" * count


def alternates(template: str, codes: list[str] = CODES, default: str = "en") -> str:
    return "".join(
        f'<link rel="alternate" hreflang="{code}" href="{template.replace("/CODE", "" if code == default else f"/{code}")}">'
        for code in codes
    )


def gtranslate(structure: str) -> str:
    settings = f'{{"default_language":"en","url_structure":"{structure}","languages":["en","sw"]}}'
    return f"<script>window.gtranslateSettings = {settings};</script>"


def trp(original: str, current: str) -> str:
    return (
        f'<script>var trp_data = {{"trp_original_language":"{original}","trp_current_language":"{current}"}};</script>'
    )


URL = "https://a.example/sw/page"
MARKED = [
    (page(BODY["eus"], lang="eu-x-mtfrom-es"), URL, "marked", "lang eu-x-mtfrom-es"),
    (page(BODY["deu"], attributes='class="js translated-ltr"'), URL, "marked", "class translated-ltr"),
    (page(BODY["arb"], attributes='class="translated-rtl"'), URL, "marked", "class translated-rtl"),
    (
        page(BODY["hin"], head='<META http-equiv="X-Translated-By" content="Google">'),
        URL,
        "marked",
        "meta X-Translated-By Google",
    ),
    (
        page(BODY["tha"], head='<meta name="translated-by" content="DeepL Pro">'),
        URL,
        "marked",
        "meta translated-by DeepL Pro",
    ),
    (page(fonts("ភូមិ", 4)), URL, "marked", "font vertical-align inherit, 4 pairs"),
    (
        page(BODY["cmn"]),
        "https://a-example.translate.goog/x?_x_tr_sl=en",
        "marked",
        "address on a-example.translate.goog",
    ),
    (page(BODY["swh"], attributes='data-wg-translated="sw"'), URL, "plugin", "Weglot, translated into sw"),
    (
        page(BODY["swh"], head=f'<script type="application/json" id="weglot-data">{json.dumps(WEGLOT)}</script>'),
        URL,
        "plugin",
        "Weglot, original at https://a.example/page",
    ),
    (page(BODY["tur"] + trp("en_US", "tr_TR"), lang="tr-TR"), URL, "plugin", "TranslatePress, from en_US into tr_TR"),
    (page(BODY["swh"] + gtranslate("sub_directory")), URL, "plugin", "GTranslate, from en into sw"),
    (
        page(BODY["swh"], head=alternates("https://a.example/CODE/page", [*CODES, "sw"])),
        URL,
        "set",
        "hreflang, 35 languages at one address, iw and jw among them",
    ),
]


@pytest.mark.parametrize(("html", "url", "suspicion", "evidence"), MARKED)
def test_each_mark_is_found_with_what_stood_there(html, url, suspicion, evidence):
    assert [(mark.suspicion, mark.evidence) for mark in marks(html, url) or ()] == [(suspicion, evidence)]


@pytest.mark.parametrize(
    ("html", "url"),
    [
        (page(BODY["swh"] + '<div id="google_translate_element"></div><select class="goog-te-combo"></select>'), URL),
        (
            page(
                BODY["eus"],
                attributes='class="notranslate" translate="no"',
                head='<meta name="google" content="notranslate">',
            ),
            URL,
        ),
        (page(BODY["swh"] + '<div class="gtranslate_wrapper"></div>' + gtranslate("none")), URL),
        (page("<p>The bridge.</p>" + gtranslate("sub_domain"), lang="en-GB"), "https://a.example/page"),
        (page(BODY["deu"], head='<meta name="generator" content="WPML ver:4.6.9 stt:1,4,3;">'), URL),
        (page("<p>The bridge.</p>" + trp("en_US", "en_GB"), lang="en-GB"), URL),
        (
            page("<p>x</p>", head=f'<script type="application/json" id="weglot-data">{json.dumps(WEGLOT)}</script>'),
            "https://a.example/page",
        ),
        (page("<p>x</p>", head='<script type="application/json" id="weglot-data">[{"a":</script>'), URL),
        (page(BODY["tha"], head='<meta name="translated-by" content="สมชาย ใจดี">'), URL),
        (page(fonts("村里", 1)), URL),
        (page("<p>x</p>", lang="en", head=alternates("https://www.a.example/CODE/page")), "https://www.a.example/page"),
        (page(BODY["swh"], head=alternates("https://a.example/CODE/page", ["en", "sw", "iw", "jw"])), URL),
        (page(BODY["swh"], head=alternates("https://a.example/CODE/page", ["sw", *CODES[6:]])), URL),
        (page(BODY["hin"], head=alternates("https://a.example/CODE/", [*CODES, "sw"])), URL),
        ("", None),
        ("translated-ltr", "http://[bad"),
    ],
)
def test_what_offers_translation_or_is_the_original_has_no_mark(html, url):
    assert marks(html, url) == []


def step(**fields: object):
    spec = SuspectTranslationSpec.model_validate({"name": "mt", "kind": "suspect_translation", **fields})
    assert step_class("suspect_translation", file="", field="", extra={}) is SuspectTranslationSpec
    resources = Resources(Scope(("swh_Latn",), ("web",)))
    return spec.build(resources), spec.contract(resources)


def batch(*rows: tuple[str | None, str | None]) -> Batch:
    pages, urls = (list(column) for column in zip(*rows, strict=True))
    return Batch(pa.record_batch({"html": pa.array(pages, pa.large_string()), "url": pa.array(urls, pa.string())}))


def test_the_column_says_the_surest_and_the_evidence_says_all():
    both = page(BODY["swh"] + trp("en_US", "sw_KE"), attributes='class="translated-ltr"')
    run, contract = step()
    outcome = run(batch((both, URL), (page(BODY["eus"]), URL), (None, URL), MARKED[-1][:2]))
    assert outcome.batch.column("mt_suspected").to_pylist() == ["marked", "none", None, "set"]
    assert outcome.batch.column("mt_evidence").to_pylist()[:3] == [
        ["class translated-ltr", "TranslatePress, from en_US into sw_KE"],
        [],
        None,
    ]
    assert outcome.reasons.null_count == 4
    assert contract.reasons == frozenset()


def test_what_the_recipe_names_is_dropped_with_its_evidence():
    run, contract = step(drop=["marked", "set"])
    outcome = run(batch(*(one[:2] for one in MARKED)))
    assert outcome.reasons.to_pylist() == [
        None if one[2] == "plugin" else f"suspect_translation.{one[2]}" for one in MARKED
    ]
    assert outcome.details.to_pylist()[0] == "lang eu-x-mtfrom-es"
    assert contract.reasons == {"suspect_translation.marked", "suspect_translation.set"}


def test_a_page_that_cannot_be_parsed_is_not_called_clean():
    bomb = f"<html class='translated-ltr'><p {' '.join(f'a{number}=1' for number in range(4000))}>" + " " * 30_000
    assert marks(bomb, URL) is None
    assert marks(bomb, "https://a.translate.goog/") is not None


def test_time_grows_with_the_page():
    def seconds(html: str) -> float:
        return effort(lambda: marks(html, URL))

    for unit in (
        "gtranslateSettings ",
        '"trp_original_language":"',
        fonts("a", 1),
        "<a hreflang='iw' ",
        "default_language:",
    ):
        hint = "<p>translated-ltr gtranslateSettings trp_original_language</p>"
        small, large = hint + unit * 2_000, hint + unit * 16_000
        assert seconds(large) < 16 * seconds(small) + 0.1
