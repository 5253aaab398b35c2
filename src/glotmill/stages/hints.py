"""What a page says of its language without its text: address, declarations and headers, none of them proof."""

import functools
import json
import re
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from glotmill.text.tags import matches

# In nats: how far a hint lowers what a page's text has to say. Set, not fitted: no collection with honest hints was at hand.
NATS: Final = {
    "html-lang": 3.0,
    "content-language": 3.0,
    "path": 3.0,
    "query": 3.0,
    "host": 3.0,
    "tld": 2.0,
    "hreflang": 1.0,
}
MOST_NATS: Final = 6.0  # of all hints together

_HEAD = 16_384  # characters of a page that are searched for declarations
_HTML_LANG = re.compile(r"<html\b[^>]{0,2000}?\s(?:xml:)?lang\s*=\s*[\"']?\s*([a-zA-Z]{2,3})\b", re.IGNORECASE)
_HREFLANG = re.compile(r"\shreflang\s*=\s*[\"']?\s*([a-zA-Z]{2,3})\b", re.IGNORECASE)
_CODE = re.compile(r"([a-z]{2,3})(?:[-_][a-z]{2,4})?", re.IGNORECASE)
# Of a query, that name a language.
PARAMETERS: Final = frozenset({"lang", "language", "hl", "locale", "lng", "l", "idioma", "hizkuntza", "sprache"})
_MOST_HREFLANGS = 200
_LONGEST_URL = 2_000


def hints(html: str, url: str | None, headers: str | None, targets: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the hints of a page at each target that has any, by name and in the order of `NATS`.

    Args:
        html: the page; its beginning is read.
        url: its address.
        headers: of its HTTP response, a JSON object with lower-case names.
        targets: canonical tags.
    """
    stated = {
        "html-lang": _first(_HTML_LANG, html),
        "content-language": _content_language(headers),
        **_address(url),
        "hreflang": _hreflangs(html),
    }
    found: dict[str, list[str]] = {}
    asked = tuple(targets)
    for name in NATS:
        meant = {target for code in stated.get(name, ()) for target in _meant(code.lower(), name == "tld", asked)}
        for target in meant:
            found.setdefault(target, []).append(name)
    return {target: tuple(found[target]) for target in asked if target in found}


def nats(names: Sequence[str]) -> float:
    """Return by how much hints lower the bound for a page's text."""
    return min(MOST_NATS, sum(NATS[name] for name in names))


def _first(pattern: re.Pattern[str], html: str) -> list[str]:
    match = pattern.search(html, 0, _HEAD)
    return [match[1]] if match else []


def _hreflangs(html: str) -> list[str]:
    if html.find("hreflang", 0, _HEAD) < 0 and html.find("HREFLANG", 0, _HEAD) < 0:  # all but free, and mostly the end
        return []
    found = _HREFLANG.finditer(html, 0, _HEAD)
    return [match[1] for _, match in zip(range(_MOST_HREFLANGS), found, strict=False)]


def _content_language(headers: str | None) -> list[str]:
    if not headers or "content-language" not in headers:
        return []
    try:
        found = json.loads(headers)
    except (ValueError, RecursionError):  # headers nobody can read say nothing
        return []
    stated = found.get("content-language") if isinstance(found, dict) else None
    return [part.strip().partition("-")[0] for part in stated.split(",")] if isinstance(stated, str) else []


def _address(url: str | None) -> dict[str, list[str]]:
    try:
        parts = urlsplit((url or "")[:_LONGEST_URL])
        host = parts.hostname or ""
    except ValueError:
        return {}
    names = host.split(".")
    return {
        "path": list(_codes(parts.path.split("/")[1:3])),
        "query": list(_codes(value for name, value in parse_qsl(parts.query) if name.lower() in PARAMETERS)),
        "host": list(_codes(names[:1])) if len(names) > 2 else [],
        "tld": names[-1:],
    }


def _codes(parts: Sequence[str] | Iterator[str]) -> Iterator[str]:
    for part in parts:
        match = _CODE.fullmatch(part)
        if match:
            yield match[1]


@functools.lru_cache(maxsize=65_536)
def _meant(code: str, domain: bool, targets: tuple[str, ...]) -> tuple[str, ...]:  # noqa: FBT001
    """Return the targets that a code, or a top-level domain, speaks for."""
    if domain:
        return tuple(tag for tag in targets if code in _domains().get(tag.partition("_")[0], frozenset()))
    return tuple(tag for tag in targets if matches(code, tag))


@functools.cache
def _domains() -> dict[str, frozenset[str]]:
    text = resources.files("glotmill.text").joinpath("domains.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return {code: frozenset(names.split()) for code, names in rows}
