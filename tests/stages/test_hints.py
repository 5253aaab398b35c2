"""Hints: what a page says of its language without its text."""

import json

import pytest

from glotmill.stages.hints import MOST_NATS, NATS, hints, nats

TARGETS = ("eus_Latn", "srp_Cyrl", "cmn_Hani", "nob_Latn")


@pytest.mark.parametrize(
    ("html", "url", "headers", "found"),
    [
        ("<!doctype html><html class='x' lang=\"eu\">", None, None, {"eus_Latn": ("html-lang",)}),
        ("<HTML XML:LANG = 'zh-Hant-TW'>", None, None, {"cmn_Hani": ("html-lang",)}),
        ("<html lang=no>", None, None, {"nob_Latn": ("html-lang",)}),
        ("<p lang=eu>", None, None, {}),
        ("", "https://example.org/eu/albisteak", None, {"eus_Latn": ("path",)}),
        ("", "https://example.org/web/sr-cyrl/a", None, {"srp_Cyrl": ("path",)}),
        ("", "https://eu.example.org/?hl=sr", None, {"eus_Latn": ("host",), "srp_Cyrl": ("query",)}),
        ("", "https://example.eus/", None, {"eus_Latn": ("tld",)}),
        ("", "https://example.com/a/b/c/eu", None, {}),
        ("", "https://[broken/eu/", None, {}),
        ("<link rel=alternate hreflang='sr' href=/sr/>", None, None, {"srp_Cyrl": ("hreflang",)}),
        ("", None, json.dumps({"content-language": "es-ES, eu-ES"}), {"eus_Latn": ("content-language",)}),
        ("", None, '{"content-language": ["eu"]}', {}),
        ("", None, "content-language: eu", {}),
        ("", None, '{"content-language":' + "[" * 100_000, {}),
    ],
)
def test_a_hint_is_found_where_it_stands(html, url, headers, found):
    assert hints(html, url, headers, TARGETS) == found


def test_hints_add_up_to_a_limit():
    assert nats(()) == 0
    assert nats(("tld", "hreflang")) == NATS["tld"] + NATS["hreflang"]
    assert nats(tuple(NATS)) == MOST_NATS
