"""Wikitext as it reads: by MediaWiki's rules, equal to the library's reading, in time that stays linear."""

import re
from contextlib import suppress

import mwparserfromhell
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotmill.text.wikitext import inline
from glotmill.text.wikitext.article import Reading, read_article
from glotmill.text.wikitext.blocks import blocks
from glotmill.text.wikitext.inline import TooComplexError
from glotmill.text.wikitext.quotes import without_quotes
from glotmill.text.wikitext.site import Links, Site, redirect_target
from glotmill.text.wikitext.variants import choose_variants
from support.effort import done_within

SITE = Site("https://eu.wikipedia.org/wiki/Azala", "eu", "euwiki", {6: "Fitxategi", 10: "Txantiloi", 14: "Kategoria"})
READING = Reading(Links(SITE), "eu")


def text(wikitext: str, **options: object) -> str:
    return read_article(wikitext, Reading(Links(SITE), "eu", **options)).text


# What a reader sees of each.
READS = {
    "[[zubi]]aren eta [[ibai|ibaiaren]] artean": "zubiaren eta ibaiaren artean",
    "'''Irmakköy''', [[ırmak|ırmağın]] ''sol'' yakasında": "Irmakköy, ırmağın sol yakasında",
    "Izena ({{ebakera|x}}; ) eta (''ez'') {{y}}, bai": "Izena eta (ez), bai",
    "गाँव<ref>पृ. [[४]] {{स्रोत}}</ref> की नदी<ref name=x /> चौड़ी है।": "गाँव की नदी चौड़ी है।",
    "ទន្លេ<!-- ពិនិត្យ\n\nមើល -->ធំ": "ទន្លេធំ",
    "القرية&nbsp;صغيرة &amp; جميلة&#33;": "القرية\u00a0صغيرة & جميلة!",
    "<nowiki>''[[a]]'' {{b}}</nowiki> da": "''[[a]]'' {{b}} da",
    "H<sub>2</sub>O eta <span style='color:red'>gorria</span>": "H2O eta gorria",
    "lerro bat<br />bi<br>hiru": "lerro bat\nbi\nhiru",
    "Ikus [https://a.example/x webgunea] eta [https://b.example].": "Ikus webgunea eta.",
    "Ikus https://a.example/x_(y) orria": "Ikus https://a.example/x_(y) orria",
    "[[Fitxategi:a.jpg|thumb|Zubi [[zahar]] bat {{x}}]]Testua": "Testua",
    "[[Bild:Haus.png|mini|''Das'' [[Haus]]]] Text": "Text",
    "[[:Kategoria:Zubiak]] eta [[:de:Brücke]]": "Kategoria:Zubiak eta de:Brücke",
    "[[Zubi (argipena)|]] dago": "Zubi (argipena) dago",
    "[[Star Wars: A New Hope]] filma": "Star Wars: A New Hope filma",
    "{{a|{{b|{{c}}}}|[[d]]}}Hemen {{{1|ez}}} dago": "Hemen dago",
    "__KEIN_INHALTSVERZEICHNIS__ Text __ไม่มีสารบัญ__": "Text",
    "5 < 6 eta 7 > 6, [sic] {bai}": "5 < 6 eta 7 > 6, [sic] {bai}",
    "* bat\n** bi\n# hiru\n: lau\n; bost": "- bat\n- bi\n- hiru\nlau\nbost",
    "== Hutsa ==\n== Historia ==\n=== Aro berria ===\nTestua.\n== Azkena ==": "Historia\nAro berria\nTestua.",
    "Lerro bat\nberean darrai.\n\nBeste bat.": "Lerro bat berean darrai.\nBeste bat.",
    "村民种植水稻，\n也养鱼。": "村民种植水稻，也养鱼。",
    "Testua {{itxi gabe [[zubi]]\n\nBestea": "Testua {{itxi gabe zubi\nBestea",
    "[[itxi gabe\n\nBestea ]]": "[[itxi gabe\nBestea ]]",
    "<gallery>\nA.jpg|bat\n</gallery>\n<math>x</math>\nTestua": "Testua",
    "{|\n| a\n{|\n| b\n|}\n|}\nAtzetik": "Atzetik",
    "{|\n| inoiz itxi gabe {{x}}\n== Historia ==\nTestua": "Historia\nTestua",
    "<table>\n<tr><td>a</td>\n</table>\nAtzetik</td>": "Atzetik",
    "{{taula|\n{|\n| a\n|}\n}}Testua": "Testua",
    "": "",
}


@pytest.mark.parametrize("wikitext", READS)
def test_wikitext_reads_as_in_a_browser(wikitext):
    assert text(wikitext) == READS[wikitext]


def test_links_categories_and_editions_are_kept_beside_the_text():
    article = read_article(
        "[[ibai|Ibaia]] eta [[zubi#Egurrezkoak|zubia]] eta [[zubi]] [[Kategoria:Zubiak|a]] [[category:Ibaiak]] [[hi:पुल]]\n"
        "[[wikt:zubi]] [[Irudi:x.png]] <math>a</math> {{x}} {{y|{{z}}}}\n== Historia ==\n=== Gaur ===\nBai.",
        READING,
    )
    assert article.links == ("ibai", "zubi")
    assert article.categories == ("Zubiak", "Ibaiak")
    assert article.languages == (("hi", "पुल"),)
    assert [(one.level, one.title) for one in article.sections] == [(2, "Historia"), (3, "Gaur")]
    assert article.left_out == {"formula": 1, "media": 1, "template": 2}


def test_tables_are_rows_of_markdown_where_they_are_asked_for():
    table = (
        "{| class=\"wikitable\"\n|+ Biztanleak\n! Urtea !! ''Jende''a\n|-\n| 1900 || [[bat|3.000]]<ref>x</ref>\n"
        "|-\n| 1950\n| {{formatnum:4}} a|b\n|}"
    )
    assert text(f"Aurretik\n{table}\nAtzetik", tables="markdown") == (
        "Aurretik\nBiztanleak\n| Urtea | Jendea |\n| --- | --- |\n| 1900 | 3.000 |\n| 1950 | b |\nAtzetik"
    )
    assert text(f"Aurretik\n{table}\nAtzetik") == "Aurretik\nAtzetik"


def test_a_template_that_the_recipe_names_shows_its_parameter():
    shown = {"lang": "2", "nowrap": "1", "sic": "testu"}
    wikitext = "{{Lang|de|''Brücke''}} eta {{ nowrap |{{lang|ja|橋}} bat}} {{sic|testu=oker}} {{beste|bat}}."
    assert text(wikitext, shown=shown) == "Brücke eta 橋 bat oker."


def test_skipped_sections_go_with_all_below_them():
    wikitext = "A.\n== Kanpo estekak ==\n* x\n=== Barruan ===\ny\n== Historia ==\nB."
    assert text(wikitext, skipped=frozenset({"kanpo estekak"})) == "A.\nHistoria\nB."


@pytest.mark.parametrize(
    ("wikitext", "variant", "reads"),
    [
        ("一台-{zh-hans:计算机;zh-hant:電腦}-。", "zh-hant", "一台電腦。"),
        ("一台-{zh-hans:计算机;zh-hant:電腦}-。", None, "一台计算机。"),
        ("-{A|zh-cn:桥;zh-tw:橋}-长", "zh-tw", "橋长"),
        ("-{H|zh-cn:桥;zh-tw:橋}-长-{T|zh:x}-", None, "长"),
        ("-{R|原文}--{专名}-", None, "原文专名"),
        ("-{zh-hans:甲-{zh-hans:乙}-;zh-hant:丙}-", None, "甲乙"),
        ("пише -{ijekavski}- и -{{{шаблон}}}-", None, "пише ijekavski и -{{{шаблон}}}-"),
        ("-{zh-hans:没有结尾", None, "-{zh-hans:没有结尾"),
    ],
)
def test_of_spellings_side_by_side_one_is_chosen(wikitext, variant, reads):
    assert choose_variants(wikitext, variant) == reads


@pytest.mark.parametrize(
    "wikitext",
    ["#REDIRECT [[Zubi]]", "#BIRZUZENDU [[Zubi]]", "#WEITERLEITUNG: [[Zubi]]", "#पुनर्प्रेषित [[Zubi]]", "#เปลี่ยนทาง[[Zubi]]",
     "#تحويل [[Zubi|x]]", "#重定向 [[Zubi]]", "#YÖNLENDİRME [[Zubi]]", "\n# redirect [[Zubi]]"],
)  # fmt: skip
def test_a_page_that_leads_elsewhere_says_so_in_its_own_language(wikitext):
    assert redirect_target(wikitext) == "Zubi"


def test_a_numbered_list_leads_nowhere():
    assert redirect_target("#Lehena [[Zubi]]") is None


@pytest.mark.parametrize(
    ("line", "reads"),
    [("''a'' '''b''' '''''c'''''", "a b c"), ("''''d''''", "'d'"), ("''''''e", "'e"), ("l'''a'' '''b'''", "l'a b"),
     ("l'''Amour'' et '''l'Air'''", "l'Amour et l'Air"), ("'''bukatu gabe", "bukatu gabe")],
)  # fmt: skip
def test_runs_of_apostrophes_are_marks_by_mediawikis_rules(line, reads):
    assert without_quotes(line) == reads


# --- The library as the judge -------------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    ["zubi", "Brücke", "पुल", "สะพาน", "ស្ពាន", "جسر", "桥梁", "daraja", "köprü", "5", "l'aigua", "a-b", "(x)", "🐑", "—"]
)
PLAIN = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)


def _inside(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        PLAIN.map("[[{}]]".format),
        st.tuples(PLAIN, inner.filter(lambda one: "[" not in one)).map(lambda pair: f"[[{pair[0]}|{pair[1]}]]"),
        inner.filter(lambda one: "'" not in one).map("''{}''".format),
        inner.filter(lambda one: "'" not in one).map("'''{}'''".format),
        st.tuples(PLAIN, inner).map(lambda pair: f"{{{{{pair[0]}|{pair[1]}|a={pair[1]}}}}}"),
        inner.filter(lambda one: "<ref" not in one).map("<ref name=x>{}</ref>".format),
        PLAIN.map(lambda one: f'<ref name="{one}" />'),
        PLAIN.map("<!-- {} -->".format),
        PLAIN.map("<math>{}</math>".format),
        PLAIN.filter(lambda one: "'" not in one).map("<nowiki>''{}'' [[x]]</nowiki>".format),
        inner.filter(lambda one: "<s" not in one).map("<small class=a>{}</small>".format),
        PLAIN.map("[https://a.example/b {}]".format),
        st.sampled_from(["&nbsp;", "&amp;", "&#8211;", "&lt;"]),
        PLAIN,
    )


LINES = st.lists(st.recursive(PLAIN, _inside, max_leaves=6), min_size=1, max_size=5).map(" ".join)
DROPPED = {"ref", "math"}


def by_library(code: object) -> str:
    """What a line shows by the library's tree of the whole of it, without any rule of ours."""
    return "".join(_shows(node) for node in code.nodes)  # type: ignore[attr-defined]


def _shows(node: object) -> str:
    match type(node).__name__:
        case "Text":
            return str(node.value)  # type: ignore[attr-defined]
        case "HTMLEntity":
            return node.normalize()  # type: ignore[attr-defined]
        case "Wikilink":
            return by_library(node.text or node.title)  # type: ignore[attr-defined]
        case "ExternalLink":
            return by_library(node.title) if node.title else ""  # type: ignore[attr-defined]
        case "Tag" if str(node.tag) not in DROPPED:  # type: ignore[attr-defined]
            return str(node.contents) if str(node.tag) == "nowiki" else by_library(node.contents)  # type: ignore[attr-defined]
        case _:
            return ""


def squeezed(shown: str) -> str:
    return re.sub(r"\s+", " ", shown).strip()


@settings(max_examples=300)
@given(LINES)
def test_plain_constructs_read_as_the_library_reads_them(line):
    assert squeezed(text(line)) == squeezed(by_library(mwparserfromhell.parse(line)))


MARKUP = st.lists(
    st.sampled_from([*"[]{}|<>/=*#:;'\n -&!x字", "{{", "}}", "[[", "]]", "{|", "|}", "''", "<ref>", "</ref>", "<!--", "-->",
                     "\n|-\n", "\n\n", "<nowiki>", "</nowiki>", "<br>", "-{", "}-", "==", "__X__", "&amp;", "\x02", "\x03"]),
    max_size=60,
).map("".join)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(MARKUP).map("".join), st.sampled_from(["eu", "zh"]), st.sampled_from(["drop", "markdown"]))
def test_any_markup_gives_a_text_without_marks_of_ours(wikitext, language, tables):
    reading = Reading(Links(SITE), language, tables, {"x": "1"})
    article = read_article(wikitext, reading)
    assert not re.search("[\x00-\x08]", article.text)
    assert article == read_article(wikitext, reading)


@settings(max_examples=200)
@given(st.lists(MARKUP).map("".join))
def test_blocks_and_the_newlines_between_them_are_the_page(wikitext):
    found = list(blocks(wikitext))
    assert "\n".join(wikitext[one.start : one.end] for one in found) == wikitext
    for one in found:
        assert all(one.start <= cut.start < cut.end <= one.end for cut in one.cuts)


def test_a_line_of_nothing_but_opened_brackets_is_refused_with_their_number():
    with pytest.raises(TooComplexError, match="60000 opened brackets and tags in one piece of 60000 characters"):
        text("[[" * 20_000 + "{{" * 10_000)


def test_many_lines_of_opened_brackets_are_refused_together(monkeypatch):
    monkeypatch.setattr("glotmill.text.wikitext.inline._MOST_WORK_OF_PAGE", 5_000_000)
    line = "[http://a " * 300  # 1.05 million units of work: 3,000 characters times 300 brackets and 50
    assert text("\n\n".join([line] * 4)) != ""
    with pytest.raises(TooComplexError, match="brackets and tags in all pieces together than 5,000,000 allow"):
        text("\n\n".join([line] * 5))
    table = "{|\n| [[ibai]]\n|}\n"
    left = read_article("\n\n".join([*[line] * 3, table, "Amaia."]), Reading(Links(SITE), "eu", "markdown"))
    assert (left.left_out["table"], left.text[-6:]) == (1, "Amaia.")


# The slowest that repeated random marks gave; to work on a page of them took up to 53 s when all openers counted alike.
SLOW = ["<x a=", "<td ", "[//</ref><pre>", "{{a|", "<x y='", "<x/><x>"]


def longest(unit: str) -> str:
    """As much of one unit as one piece may hold."""
    most = 1
    while inline._work(unit * 2 * most) <= inline._MOST_WORK:
        most *= 2
    return unit * most


def refused(piece: str, allowed: str) -> None:
    with pytest.raises(TooComplexError, match=f"in all pieces together than {allowed} allow"):
        text("\n\n".join([piece] * 20))


@pytest.mark.parametrize("unit", SLOW)
def test_a_page_of_the_slowest_markup_is_given_up_by_the_work_it_takes(unit, monkeypatch):
    monkeypatch.setattr("glotmill.text.wikitext.inline._MOST_WORK", 4_000_000)
    monkeypatch.setattr("glotmill.text.wikitext.inline._MOST_WORK_OF_PAGE", 8_000_000)
    done_within(0.5, lambda: refused(longest(unit), "8,000,000"))  # 0.02 to 0.1 s on a quiet core


@pytest.mark.slow
@pytest.mark.parametrize("unit", SLOW)
def test_a_page_of_the_slowest_markup_takes_seconds(unit):
    done_within(8, lambda: refused(longest(unit), "200,000,000"))  # 0.7 to 2.5 s on a quiet core


@pytest.mark.parametrize("link", ["[//a", "[http://a", "[mailto:a"])
def test_an_address_that_nobody_closed_is_read_once_whatever_spaces_follow(link):
    assert done_within(1, lambda: text(link + " " * 150_000 + "b")) == f"{link} b"


@pytest.mark.parametrize("target", [":" * 50_000 + "Zubi", ": " * 50_000 + "Zubi", ":" * 50_000])
def test_a_link_of_many_colons_is_a_link(target):
    assert text(f"Ikus [[{target}|zubia]] hemen") == "Ikus zubia hemen"


@pytest.mark.parametrize(
    ("wikitext", "shown"),
    [
        ("__NOTOC__ __notoc__Bai__Kein_Inhaltsverzeichnis__", "Bai"),
        ("__БЕЗ_ОГЛАВЛЕНИЯ__Да __لافهرس__نعم __विषय_सूची_हीन__ हाँ __İÇİNDEKİLERYOK__", "Да نعم हाँ"),
        ("__ไม่มีสารบัญ__ใช่ __强显目录__是 __NODISAMBIG__ __DISAMBIG__", "ใช่ 是 __NODISAMBIG__"),
        ("Klaseak __init__ eta __str__ ditu, C-k __FILE__, eta lerro bat: ____", "Klaseak __init__ eta __str__ ditu, C-k __FILE__, eta lerro bat: ____"),
        ("__index__ metodo bat da, __INDEX__ ez", "__index__ metodo bat da, ez"),
    ],
)  # fmt: skip
def test_switches_are_left_out_and_other_words_between_underscores_stay(wikitext, shown):
    assert text(wikitext) == shown


def test_a_reference_of_any_number_of_digits_is_one_character():
    assert text(f"ენა &#4304;&#{'9' * 5000}; და &#x{'F' * 5000}; &#{'0' * 5000}4304;") == "ენა ა� და � ა"
    assert text(f"<nowiki>&#{'1' * 100_000};</nowiki>[[&#{'1' * 5000};|a]]") == "�a"


N = 20_000
HOSTILE = [
    "{{" * N, "[[" * N, "{|\n" * N, "<div>" * N, "''" * N, "{{a|" * N + "}}" * N, "<ref>" * N, "[[a|" * N, "{{{" * N,
    "[http://a " * N, "-{" * N, "== a\n" * N, "<b>" * N + "</b>" * N, "*#" * N, "&" * N, "<x>" * N, "[[a|" * N + "]]" * N,
    "\n|}" * N + "{|\n" * N, "[[" * N + "\n|}" * N, "<!--" * N, "<nowiki>" * N, "{{{" * N + "}}}" * N, "__" * N, "=\n" * N,
    "<" * N, "\n" * N, "字\n" * N, "<ref " * N, "__a" * N, "\x02" * N, " " * N, "&#x110000;" * N, "'" * N, "{|\n|a\n" * N,
    "-{" + " " * 9 * N + "}-", "-{zh:a;" + " " * 9 * N + "}-", "<br" + " " * 9 * N,
    "{{a}}" * N, "[[File:a.jpg|" * N + "]]" * N, "]]" * N + "[[" * N, "<small " * N, "l'''a'' " * N, "''a\n" * N,
]  # fmt: skip


@pytest.mark.parametrize("wikitext", HOSTILE, ids=lambda one: repr(one[:8]))
def test_hostile_markup_takes_no_more_time_than_its_length(wikitext):
    def read() -> None:
        with suppress(TooComplexError):
            read_article(wikitext, Reading(Links(SITE), "zh", "markdown", {"a": "1"}))

    done_within(3, read)  # the library alone takes minutes for some
