"""The visible text of pages: what a reader sees, in bounded time, whatever the bytes."""

import html

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotmill.text.visible import VisibleText, visible, visible_text
from support.effort import done_within

THAI = "เช้านี้เราไปตลาดกับคุณยาย"
PIECES = ("<", ">", "/", "=", '"', "'", "!", "--", "-", "&", ";", "#", "amp", "<b", "<b>", "</b>", "<p>", "<!--", "-->",
          "<script>", "</script", "</script>", "<td>", "ก", "x", " ", "\n", "\x00", "&#x", "&eacute", "\U0001f98a")  # fmt: skip


def of_bytes(data: bytes) -> str:
    return visible(np.frombuffer(data, np.uint8), np.zeros(1, np.int64), np.array([len(data)])).text_of(0)


def together(*pages: str) -> VisibleText:
    encoded = [page.encode() for page in pages]
    ends = np.cumsum([len(page) for page in encoded])
    return visible(np.frombuffer(b"".join(encoded), np.uint8), np.concatenate([[0], ends[:-1]]), ends)


def test_visible_text_is_what_a_reader_sees():
    page = (
        "<!DOCTYPE html><title>ชื่อ</title><style>p{}</style><script>if(a<b)'<p>x</p>'</script>"
        f"<nav><ul><li>เมนู<li>ติดต่อ</ul></nav><!-- <p>ซ่อน</p> --><p>{THAI}</p>"
        "<table><tr><td>หนึ่ง</td><td>สอง &amp; สาม</td></tr></table><p>ก<b>ข</b>ค<a href='x>y'>ง</a>"
    )
    assert visible_text(page).split("\n") == ["เมนู", "ติดต่อ", THAI, "หนึ่ง สอง & สาม", "กขคง"]


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("a <b>b</b>\n\n  c", "a b c"),
        ("a<br>b<BR/>c", "a\nb\nc"),
        ("1 < 2 &gt; 0 &", "1 < 2 > 0 &"),
        ("<script>x</scripty>y</script >z", "z"),
        ("<SCRIPT>x</script\n>z<style>never closed", "z"),
        ("a<!-->b--> c", "ab--> c"),
        ("a<!-- <p>x</p> --b--->c", "ac"),
        ("a<!doctype html>b<?xml x?>c</ x>d", "abcd"),
        ('<p title="a>b">c<p title=a>b', "c\nb"),
        ('<p title="never closed>c', "c"),
        ("a<p title='x", "a"),
        ("a&nbsp;b&#160;c\xa0d", "a b c d"),
        ("&eacute;&eacute&EACUTE; &notit; &notin;", "éé&EACUTE; ¬it; ∉"),
        ("&#x41;&#66;&#67 &#0;&#xD800;&#x110000;&#99999999999;", "ABC \ufffd\ufffd\ufffd\ufffd"),
        ("&#150;&#x93;&#129;", "–“\x81"),
        ("&NotEqualTilde;&nope;&;&#;&#x;", "≂̸&nope;&;&#;&#x;"),
        ("", ""),
        ("<p>", ""),
    ],
)
def test_markup_is_read_as_the_standard_says(page: str, text: str):
    assert visible_text(page) == text


def test_named_references_are_those_of_the_standard():
    names = [name for name in html.entities.html5 if name.endswith(";")]
    found = together(*(f"x&{name}x" for name in names))
    spaces = str.maketrans("\t\n\xa0", "   ")
    wanted = [html.unescape(f"x&{name}x").translate(spaces) for name in names]
    assert [found.text_of(at) for at in range(len(names))] == wanted


def test_bytes_that_are_no_utf8_become_replacement_characters():
    assert of_bytes(b"a\xffb\xc3") == "a\ufffdb\ufffd"
    assert of_bytes(b"\xe0\xb8<p>x") == "\ufffd\nx"
    assert of_bytes(b"\xed\xa0\x80 \xf5\x80") == "\ufffd \ufffd\ufffd"
    assert of_bytes("🦊 \x00 ಕ".encode()) == "🦊 \x00 ಕ"


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES)))
def test_every_page_has_some_text_alone_and_together(pieces: list[str]):
    page = "".join(pieces)
    both = together(page, "<p>" + THAI, page)
    assert both.text_of(0) == both.text_of(2) == visible_text(page)
    assert both.text_of(1) == THAI


@pytest.mark.parametrize(
    "piece",
    [
        "<div>",
        "<p><font a><font b>",
        "<!-",
        "<!--",
        '<a b="',
        "<a b='",
        "<script>",
        "</script",
        "&",
        "&#",
        "&aaaaaaaaa",
        "<",
        "=",
    ],
)
def test_time_is_linear_on_pages_of_one_piece(piece: str):
    page = piece * (4_000_000 // len(piece))
    done_within(2, lambda: visible_text(page))


def test_of_a_long_text_its_beginning_and_windows_are_read():
    text = together("<p>" + "a" * 90_000 + THAI * 900 + "b" * 90_000, "<p>short").excerpt(12_000)
    assert 11_000 < text.origins[1] <= 12_000
    assert text.text_of(0).startswith("a" * 4_000)
    assert text.text_of(0).endswith("b" * 600)
    assert THAI[5:] in text.text_of(0)
    assert text.text_of(1) == "short"


def test_texts_are_normalized_to_nfc():
    both = together("<p>Tie\u0302\u0301ng Vie\u0323\u0302t", "<p>\u0915\u093c", "<p>ok", "").normalized()
    assert [both.text_of(at) for at in range(4)] == ["Tiếng Việt", "\u0915\u093c", "ok", ""]
