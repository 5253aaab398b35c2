"""Which URLs are one to the frontier, and what is read off them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotmill.crawl.urls import MAX_URL, frontier_url, path_template, query_names
from glotmill.dedup.addresses import canonical_url
from glotmill.licensing.domains import registered_domain

_AMP = "https://el.example/a"


@pytest.mark.parametrize(
    ("url", "form"),
    [
        ("HTTP://El.Example:80/a#b", "http://el.example/a"),
        ("https://el.example/बाज़ार", "https://el.example/%E0%A4%AC%E0%A4%BE%E0%A4%9C%E0%A4%BC%E0%A4%BE%E0%A4%B0"),
        ("https://el.example/ខ្មែរ", "https://el.example/%E1%9E%81%E1%9F%92%E1%9E%98%E1%9F%82%E1%9E%9A"),
        ("https://xn--o3cw4h.example/ข่าว", "https://ไทย.example/%E0%B8%82%E0%B9%88%E0%B8%B2%E0%B8%A7"),
        ("https://موقع.example/خبر?ص=١", "https://موقع.example/%D8%AE%D8%A8%D8%B1?%D8%B5=%D9%A1"),
        ("https://例え。example/", "https://例え.example/"),
        ("https://el.example./", "https://el.example/"),
        ("https://el.example\\a\\b?c=\\", "https://el.example/a/b?c=%5C"),
        (" https://el.example/a b\n", "https://el.example/a%20b"),
        ("https://el.example/a?utm_source=x&fbclid=1&p=2&UTM_Medium=m", f"{_AMP}?p=2"),
        ("https://el.example/a?utm_source=x", _AMP),
        ("https://el.example/a?%75tm_source=x", _AMP),
        ("https://el.example/a;jsessionid=0F3A?x=1", f"{_AMP}?x=1"),
        ("https://el.example/(S(lit3py55t21z5v55vlm25s55))/a", _AMP),
        ("https://el.example/a?PHPSESSID=5&x=1", f"{_AMP}?x=1"),
        ("https://el.example/a?sid=9f86d081884c7d659a2feaa0c55ad015", _AMP),
        ("https://el.example/a?sid=123", f"{_AMP}?sid=123"),
        ("https://el.example/a?source=eu&ref=3", f"{_AMP}?ref=3&source=eu"),
        ("https://el.example/a?b=1&a=2", f"{_AMP}?a=2&b=1"),
        ("https://el.example/a?b=1&b=0", f"{_AMP}?b=1&b=0"),
        ("https://el.example/a?z=1&page/3", f"{_AMP}?z=1&page/3"),
        ("https://el.example/a?z=1&a=1;b=2", f"{_AMP}?z=1&a=1;b=2"),
        ("https://el.example/a?z=1&a=1&sig=5", f"{_AMP}?z=1&a=1&sig=5"),
        ("https://[2001:DB8:0::1]:443/", "https://[2001:db8::1]/"),
    ],
)
def test_the_frontier_knows_one_form(url, form):
    assert frontier_url(url) == form
    assert frontier_url(form) == form


@pytest.mark.parametrize(
    "url",
    [
        *("", "mailto:a@el.example", "javascript:void(0)", "file:///etc/passwd", "ftp://el.example/", "//el.example/"),
        *("https://kim:secret@el.example/", "https://kim@el.example/", "http://[broken", "http://el.example:99999/"),
        *("https:///a", "https://a..b/", "https://a b/", "https://a%20b/", "http://[::zz]/", "https://./"),
        "https://el.example/" + "a" * MAX_URL,
        "https://el.example/?utm_source=" + "a" * 10_000,
    ],
)
def test_what_is_not_to_be_asked_for_has_no_form(url):
    assert frontier_url(url) is None


def test_relative_urls_are_resolved():
    base = "https://hi.example/क/ख/"
    assert frontier_url("../ग?utm_id=1", base) == "https://hi.example/%E0%A4%95/%E0%A4%97"
    assert frontier_url("//ไทย.example/", base) == "https://ไทย.example/"
    assert frontier_url("?p=2", base) == "https://hi.example/%E0%A4%95/%E0%A4%96/?p=2"
    assert frontier_url("#top", "https://hi.example/a?b=1") == "https://hi.example/a?b=1"


_PIECES = st.sampled_from(
    [
        *("https://", "http:", "//", "/", "\\", "?", "#", "&", "=", ";", "%", "%%34", "1", "%2e", "..", ".", ":", "@"),
        *("el.example", "xn--", "ไทย", "٣", "(S(abcdefgh1))", ";jsessionid=", "utm_a=", "a", "sid=", "[", "]", "\x00"),
        *(" ", "\ud800", "。", "\u200d", "ﬀ", "İ", "ß", "xn--o3cw4h"),
    ]
)
_URLS = st.text() | st.builds("".join, st.lists(_PIECES)) | st.builds("https://el.example/{}".format, st.text())


@settings(max_examples=600)
@given(_URLS, st.none() | _URLS)
def test_any_string_has_a_form_that_stays_or_none(url, base):
    form = frontier_url(url, base)
    if form is not None:
        assert frontier_url(form) == form
        assert canonical_url(form) == form
        assert form.startswith(("http://", "https://"))
        assert "#" not in form
        assert path_template(form).startswith("/")
        query_names(form)


@given(_URLS)
def test_any_string_has_a_registered_domain(name):
    domain = registered_domain(name)
    assert registered_domain(domain) == domain or "." not in domain or "/" in name


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("www.el.example", "el.example"),
        ("a.b.co.uk", "b.co.uk"),
        ("www.berria.eus", "berria.eus"),
        ("azoka.github.io", "github.io"),
        ("ข่าว.รัฐบาล.ไทย", "ข่าว.รัฐบาล.ไทย"),
        ("ক.খ.বাংলা", "খ.বাংলা"),
        ("localhost", "localhost"),
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:db8::1"),
        ("co.uk", "co.uk"),
    ],
)
def test_registered_domains(host, domain):
    assert registered_domain(host) == domain


@pytest.mark.parametrize(
    ("url", "template"),
    [
        ("https://el.example/2026/11/27/azoka-123", "/{n}/{n}/{n}/azoka-{n}"),
        ("https://el.example", "/"),
        ("https://el.example/%E0%A5%A8%E0%A5%A6/%E0%A4%96", "/{n}/ख"),
        ("https://el.example/f/9f86d081884c7d65/x", "/f/{h}/x"),
        ("https://el.example/f/3f2504e0-4f89-41d3-9a0c-0305e82c3301", "/f/{h}"),
        ("https://el.example/decade/facade", "/decade/facade"),
    ],
)
def test_path_templates(url, template):
    assert path_template(url) == template


def test_query_names_are_sorted_and_repeated():
    assert query_names("https://el.example/?b=1&a=2&b=3&c") == ("a", "b", "b", "c")
