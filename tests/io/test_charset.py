"""Bytes of pages come out as the text their writers wrote, or as nothing at all."""

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotmill.io.blemish_kernel import is_clean
from glotmill.io.charset import _blemishes, decode
from glotmill.io.codepages import labelled

# WHATWG name, a label or codec that pages and Python use, a sentence.
NATIVE = [
    ("windows-874", "tis-620", "วันนี้ฝนตกหนัก เด็กๆ จึงอยู่บ้านอ่านหนังสือและช่วยแม่ทำขนม"),
    ("windows-1256", "windows-1256", "ذهبنا صباح اليوم إلى السوق القديم واشترينا الخبز والزيتون ثم عدنا"),
    ("windows-1256", "windows-1256", "امروز صبح به بازار رفتيم و چند نان تازه و گردو خريديم"),
    ("koi8-r", "koi8-r", "Сегодня утром мы пошли на рынок и купили хлеб, молоко и немного яблок"),
    ("windows-1251", "windows-1251", "Вчера вечером дети долго играли во дворе, а потом пили чай с вареньем"),
    ("shift_jis", "shift_jis", "今日は朝から雨が降っていたので、家で本を読みながらお茶を飲みました。"),
    ("euc-jp", "euc-jp", "今日は朝から雨が降っていたので、家で本を読みながらお茶を飲みました。"),
    ("iso-2022-jp", "iso-2022-jp", "明日は友達と一緒に山へ行くつもりです。"),
    ("gb18030", "gb18030", "今天早上下雨了，所以我们留在家里看书喝茶，下午才去市场买菜。"),
    ("gbk", "gb2312", "今天早上下雨了，所以我们留在家里看书喝茶，下午才去市场买菜。"),
    ("big5", "big5", "今天早上下雨了，所以我們留在家裡看書喝茶，下午才去市場買菜。"),
    ("euc-kr", "euc-kr", "오늘 아침에는 비가 와서 집에서 책을 읽으며 차를 마셨습니다."),
    ("iso-8859-7", "iso-8859-7", "Σήμερα το πρωί πήγαμε στην αγορά και αγοράσαμε ψωμί, ελιές και λίγο τυρί"),
    ("windows-1254", "iso-8859-9", "Bu sabah çarşıya gidip ekmek ve biraz peynir aldık, güneşli bir gündü, ığdır"),
    ("windows-1255", "windows-1255", "הבוקר הלכנו לשוק וקנינו לחם, זיתים וקצת גבינה, ואחר כך חזרנו הביתה"),
    ("windows-1252", "iso-8859-1", "Heute früh waren wir auf dem Markt und kauften Käse und Äpfel, schön süß"),
    ("windows-1257", "windows-1257", "Šį rytą ėjome į turgų ir nusipirkome duonos, sūrio ir obuolių pyragui"),
    ("utf-8", "utf-8", "आज सुबह हम बाज़ार गए और ताज़ी सब्ज़ियाँ, रोटी और थोड़ा दही ख़रीदा।"),
]
HINDI = NATIVE[-1][2]
ARABIC = NATIVE[1][2]


def html(text, head=""):
    return f"<!doctype html><html><head>{head}</head><body><p>{text}</p></body></html>"


@pytest.mark.parametrize(("name", "label", "text"), NATIVE)
def test_the_header_names_the_encoding(name, label, text):
    found = decode(html(text).encode(label), f"text/html; charset={label.upper()}")
    assert (found.text, found.encoding, found.how) == (html(text), name, "header")


@pytest.mark.parametrize(("name", "label", "text"), NATIVE)
def test_the_meta_names_the_encoding(name, label, text):
    for head in (
        f'<meta charset="{label}">',
        f"<META HTTP-EQUIV=Content-Type CONTENT='text/html; charset={label}'>",
        f'<!-- <meta charset="koi8-u"> --><meta name="a" content="charset=cp866"><meta charset={label} />',
    ):
        found = decode(html(text, head).encode(label), "text/html")
        assert (found.text, found.encoding, found.how) == (html(text, head), name, "meta"), head


@pytest.mark.parametrize("header", [None, "text/html; charset=utf-8", "text/html; charset=nonsense"])
@pytest.mark.parametrize(("name", "label", "text"), NATIVE)
def test_a_missing_or_wrong_header_leaves_the_text_readable(name, label, text, header):
    if label == "utf-8" and header and "utf-8" in header:
        return
    found = decode(html(text).encode(label), header)
    assert found.text == html(text)
    assert found.replaced == 0


def test_the_header_goes_before_the_meta():
    body = html(ARABIC, "<meta charset=koi8-r>").encode("windows-1256")
    assert decode(body, "text/html; charset=windows-1256").encoding == "windows-1256"


def test_a_byte_order_mark_goes_before_the_header():
    for encoding, name in (("utf-8-sig", "utf-8"), ("utf-16", "utf-16le")):
        found = decode(html(HINDI).encode(encoding), "text/html; charset=windows-1252")
        assert (found.text, found.encoding, found.how) == (html(HINDI), name, "bom")


def test_a_meta_that_names_utf16_means_utf8_and_user_defined_means_windows_1252():
    head = "<meta charset=utf-16le>"
    assert decode(html(HINDI, head).encode(), None).text == html(HINDI, head)
    found = decode(html("Käse", "<meta charset=x-user-defined>").encode("cp1252"), None)
    assert (found.encoding, found.how) == ("windows-1252", "meta")


def test_a_meta_after_the_first_kilobyte_still_beats_the_detector():
    head = "<script>" + "x" * 3000 + "</script><meta charset=windows-1257>"
    body = html("Šį rytą ėjome į turgų", head)
    found = decode(body.encode("windows-1257"), None)
    assert (found.text, found.encoding) == (body, "windows-1257")


def test_utf8_under_the_latin_default_of_a_server_is_utf8():
    found = decode(html(HINDI).encode(), "text/html; charset=ISO-8859-1")
    assert (found.text, found.encoding, found.how) == (html(HINDI), "utf-8", "utf-8")


def test_utf16_without_a_mark_needs_the_header_and_the_bytes():
    assert decode(html(HINDI).encode("utf-16-be"), "text/html; charset=utf-16be").text == html(HINDI)
    assert decode(html(HINDI).encode(), "text/html; charset=utf-16").text == html(HINDI)


def test_one_broken_byte_in_utf8_costs_one_character():
    body = html(HINDI * 3).encode().replace(b"</p>", b"\xff</p>")
    found = decode(body, "text/html; charset=utf-8")
    assert (found.text, found.replaced) == (html(HINDI * 3).replace("</p>", "\ufffd</p>"), 1)


def test_a_page_cut_inside_its_last_character_keeps_the_rest():
    found = decode("Käse und Brot ö".encode()[:-1], None)
    assert (found.text, found.encoding) == ("Käse und Brot \ufffd", "utf-8")


def test_one_broken_byte_does_not_refute_a_declared_encoding():
    text = html(NATIVE[8][2] * 20)
    body = text.encode("gb18030").replace(b"</p>", b"\xff</p>")
    found = decode(body, "text/html; charset=gb2312")
    assert (found.encoding, found.how, found.replaced) == ("gbk", "header", 1)
    assert NATIVE[8][2] in found.text


def test_japanese_vendor_characters_are_read():
    assert decode("<p>①㈱髙﨑".encode("cp932"), "text/html; charset=shift_jis").text == "<p>①㈱髙﨑"
    euc = "<p>番号".encode("euc_jp") + b"\xad\xa1\xad\xea"
    assert decode(euc, "text/html; charset=euc-jp").text == "<p>番号①㈱"


def test_korean_beyond_the_standard_set_is_read():
    assert decode("<p>똠방각하 펲시콜라".encode("cp949"), "text/html; charset=euc-kr").text == "<p>똠방각하 펲시콜라"


@pytest.mark.parametrize(
    "body",
    [
        gzip.compress(bytes(range(256)) * 40),
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0\0\0\1\0\x08\x06\0\0\0" * 4,
        b"\0" * 1000,
        b"text with " + b"\0\1\2" * 5,
        b"\xff\xfe\xff" * 100,
    ],
)
def test_binary_bytes_are_no_text(body):
    assert decode(body, "text/html; charset=utf-8") is None


def test_a_text_may_hold_one_control_in_a_hundred():
    assert decode(b"a" * 99 + b"\0", None).text == "a" * 99 + "\0"
    assert decode(b"a" * 98 + b"\0", None) is None


def test_labels_of_no_encoding_are_none():
    for label in ("utf-7", "utf-32", "hz-gb-2312", "iso-2022-kr", "", "\0", "unicode_escape", "é"):
        assert labelled(label) is None, label
    assert labelled(' "UTF8" ').name == "utf-8"
    assert labelled("x-mac-cyrillic").codec == "mac_cyrillic"
    assert labelled("us-ascii").name == "windows-1252"


def test_no_bytes_are_an_empty_text():
    assert decode(b"", "text/html; charset=koi8-r").text == ""


LABELS = st.sampled_from(
    [None, *(f"a/b; charset={label}" for _, label, _ in NATIVE), "charset=utf-16", "charset=\udcff"]
)


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=300), LABELS)
def test_decode_is_total_and_gives_no_lone_surrogates(body, header):
    found = decode(body, header)
    if found is not None:
        found.text.encode("utf-8")


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(NATIVE), st.binary(max_size=6), st.integers(0, 400), LABELS)
def test_damaged_pages_never_raise(native, noise, at, header):
    body = html(native[2], f"<meta charset={native[1]}>").encode(native[1])
    found = decode(body[:at] + noise + body[at:], header)
    if found is not None:
        found.text.encode("utf-8")


def blemishes_by_the_character(text: str) -> int:
    return sum(
        (code < 32 and character not in "\t\n\f\r") or 0x80 <= code <= 0x9F or 0xFFFD <= code <= 0xFFFF
        for character in text
        for code in [ord(character)]
    )


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("a \t\n\f\r\v\0\x1f\x7f\x80\x9f\xa0ÿ–ก字ｗ﷏\ufffc\ufffd\ufffe\uffff😀"), max_size=300))
def test_blemishes_are_counted_by_the_character(text):
    body = text.encode()
    assert is_clean(np.frombuffer(body, np.uint8)) == (blemishes_by_the_character(text) == 0)
    assert _blemishes(body) == blemishes_by_the_character(text)


@pytest.mark.parametrize("body", [b"", b"\xc2", b"a\xc2", b"\xef", b"\xef\xbf", b"a\xef\xbf"])
def test_what_is_cut_off_is_looked_at_no_further_than_it_goes(body):
    assert is_clean(np.frombuffer(body, np.uint8))


@pytest.mark.parametrize("language", ["सुबह हम बाज़ार गए", "เช้านี้เราไปตลาด", "Gaur goizean azokara", "ព្រឹកនេះយើងទៅផ្សារ"])
def test_the_utf8_of_a_page_is_its_text_however_it_came(language):
    html = f"<html><p>{language}"
    bodies = [
        (html.encode(), "text/html; charset=utf-8"),
        (html.encode("utf-8-sig"), None),
        (html.encode("utf-16"), None),
        ((html * 20).encode() + b"\xff", None),
    ]
    for body, content_type in bodies:
        decoded = decode(body, content_type)
        assert decoded.utf8(body) == decoded.text.encode()
        assert decoded.text.startswith(html)
