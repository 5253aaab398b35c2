"""When two addresses are one, and what the host of an address is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotmill.dedup.addresses import canonical_url, host


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTP://Example.ORG:80", "http://example.org/"),
        ("https://example.org:8443/A?q=Ä#f", "https://example.org:8443/A?q=%C3%84"),
        ("https://Kim@Example.org/", "https://Kim@example.org/"),
        ("https://[2001:DB8::1]:443/x", "https://[2001:db8::1]/x"),
        (" https://example.org/a/ ", "https://example.org/a/"),
        ("http://[broken", "http://[broken"),
        ("http://example.org:99999/", "http://example.org:99999/"),
        ("https://th.example/%e0%b8%81%41%2f", "https://th.example/%E0%B8%81A%2F"),
        ("https://th.example/กA%2F", "https://th.example/%E0%B8%81A%2F"),
        ("http://xn--80abmy0agn7e.example", "http://беларусь.example/"),
        ("http://БЕЛАРУСЬ.example/", "http://беларусь.example/"),
        ("http://xn--.example/", "http://xn--.example/"),
        ("http://h.example/a/./b/../../../c/..", "http://h.example/"),
        ("http://h.example/..a/.b", "http://h.example/..a/.b"),
        ("ingen adresse", "ingen adresse"),
        ("mailto:a@example.org", "mailto:a@example.org"),
    ],
)
def test_canonical_urls(url, canonical):
    assert canonical_url(url) == canonical
    assert canonical_url(canonical) == canonical


@given(st.text(alphabet=st.characters()) | st.text("htps:/[]@#?%.1٣\x00 "))
def test_any_string_has_a_canonical_url(url):
    assert isinstance(canonical_url(url), str)
    assert canonical_url(canonical_url(url)) == canonical_url(url)
    assert isinstance(host(url), str)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://Azoka.EXAMPLE:8080/a", "azoka.example"),
        ("https://kim@xn--80abmy0agn7e.example/", "беларусь.example"),
        ("https://беларусь.example/", "беларусь.example"),
        ("http://[broken", ""),
        ("adres yok", ""),
        (None, ""),
    ],
)
def test_hosts(url, name):
    assert host(url) == name
