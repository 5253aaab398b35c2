"""Registered domains of addresses: who answers for a page, whatever the address looks like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotmill.licensing.domains import domain_of


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://www.baserria.example/azoka?id=3", "baserria.example"),
        ("http://BAT.bi.co.uk:8080/x", "bi.co.uk"),
        ("https://izena:hitza@www.etxea.eus/", "etxea.eus"),
        ("http://ገበያ.et/", "xn--0zd2zzc.et"),
        ("http://xn--0zd2zzc.et/", "xn--0zd2zzc.et"),
        ("http://192.0.2.7:81/", "192.0.2.7"),
        ("http://[2001:db8::1]/", "2001:db8::1"),
        ("http://[bad", None),
        ("http://a b|c/", None),
        ("urn:isbn:9788400000000", None),
        ("ตลาด", None),
        ("", None),
        (None, None),
    ],
)
def test_domains_of_addresses(url, domain):
    assert domain_of(url) == domain


@given(st.text())
def test_any_text_has_a_plain_domain_or_none(text):
    for url in (text, f"http://{text}/", f"https://www.{text}"):
        domain = domain_of(url)
        assert domain is None or (domain.isascii() and not set(domain) & set("\t\n |<>/"))
