"""Which responses are text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotmill.crawl.kinds import not_text
from glotmill.io.sniff import looks_binary


@pytest.mark.parametrize(
    "kind",
    [
        "text/html; charset=utf-8",
        "text/vnd.x",
        "application/xhtml+xml",
        "APPLICATION/RSS+XML",
        "application/xml",
        "application/ld+json",
    ],
)
def test_declared_text_is_text(kind):
    assert not_text(kind, "ภาษาไทย".encode("tis-620"), "/") is None


@pytest.mark.parametrize(
    ("kind", "beginning", "reason"),
    [
        ("video/mp4", b"\0\0\0\x20ftypmp42", "content-type video/mp4"),
        ("application/zip", b"PK\x03\x04", "content-type application/zip"),
        ("text/html", b"%PDF-1.7", "content-type text/html, but it begins with b'%PDF-'"),
        (None, b"\x00\x01\x02", "no content-type, and bytes that are no text"),
        ("none", b"GIF89a", "no content-type, and bytes that are no text"),
        ("image/svg+xml", b"<svg>", None),
        ("application/pdf", b"<!doctype html><p>Ez dago", None),
        (None, "გამარჯობა".encode(), None),
        ("text/xml", b"\x1f\x8b\x08", "content-type text/xml, but it begins with b'\\x1f\\x8b\\x08'"),
    ],
)
def test_other_kinds_say_why_they_are_not(kind, beginning, reason):
    assert not_text(kind, beginning, "/") == reason


@pytest.mark.parametrize("target", ["/sitemap.xml.gz", "/sitemap-eu.gz?x=1", "/urls.txt.gz"])
def test_a_compressed_site_map_is_text_whatever_it_is_declared_as(target):
    for kind in ("application/gzip", "text/xml", None):
        assert not_text(kind, b"\x1f\x8b\x08", target) is None


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])), st.sampled_from(["utf-8", "utf-16"]))
def test_no_text_looks_binary(text, encoding):
    assert not looks_binary(f"ა {text}".encode(encoding))
