"""What somebody asked to be taken down: addresses, sites, documents."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from glotmill.core.errors import RecipeError, SettingsError
from glotmill.crawl.urls import frontier_url
from glotmill.dedup.addresses import host
from glotmill.dedup.tombstones import Value, address_key, site_key, sites_of
from glotmill.io import storage

Twins = Literal["remove", "keep"]

_DOCUMENT = re.compile(r"[0-9a-f]{32}")
_MOST_BYTES: Final = 256 << 20  # of a list
_MOST_LINE: Final = 8_192


@dataclass(frozen=True, slots=True)
class Request:
    """What is to go.

    Args:
        urls: addresses, in the form of `address_key`; as a page is known under one with tracking parameters and without,
            both forms are here.
        domains: sites, each with all its subdomains.
        documents: ids.
        twins: whether texts that equal or nearly equal one of these go too, wherever they were found (`remove`), or
            stay where they stand at an address of their own (`keep`).
    """

    urls: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    documents: frozenset[str] = frozenset()
    twins: Twins = "remove"

    def __bool__(self) -> bool:
        return bool(self.urls or self.domains or self.documents)

    def has_address(self, url: str | None) -> bool:
        """Tell whether an address is named, itself or with its site."""
        if not url:
            return False
        if self.domains and not self.domains.isdisjoint(sites_of(url)):
            return True
        return bool(self.urls) and not self.urls.isdisjoint(address_keys(url))

    def values(self) -> Iterator[Value]:
        """Yield what must not come back, as named."""
        yield from (("url", url) for url in self.urls)
        yield from (("domain", name) for name in self.domains)
        yield from (("document", name) for name in self.documents)


def request_of(
    *,
    urls: Iterable[str] = (),
    domains: Iterable[str] = (),
    documents: Iterable[str] = (),
    files: Iterable[str] = (),
    twins: Twins = "remove",
) -> Request:
    """Return a request.

    Args:
        urls: absolute, http or https.
        domains: `el.example`, or a URL, of which the host counts.
        documents: ids of 32 hexadecimal digits.
        files: lists, one entry a line: a URL, an id or a domain; `#` begins a comment line.
        twins: see `Request`.

    Raises:
        SettingsError: an entry is none of these, or a domain is a whole public suffix such as `co.uk`.
        RecipeError: a line of a list is none of these; names it.
        DataError: a list is not there.
    """
    found = _Named()
    for url in urls:
        found.urls.update(_url(url))
    found.domains.update(map(_domain, domains))
    found.documents.update(map(_document, documents))
    for file in files:
        for number, entry in _entries(file):
            try:
                found.add(entry)
            except SettingsError as error:
                raise RecipeError(f"line {number}: {error}", file=file) from error
    return Request(frozenset(found.urls), frozenset(found.domains), frozenset(found.documents), twins)


@dataclass(slots=True)
class _Named:
    """What is named so far; sets that grow, since a list may have millions of lines."""

    urls: set[str] = field(default_factory=set)
    domains: set[str] = field(default_factory=set)
    documents: set[str] = field(default_factory=set)

    def add(self, entry: str) -> None:
        """Add a line of a list."""
        if "://" in entry:
            self.urls.update(_url(entry))
        elif _DOCUMENT.fullmatch(entry):
            self.documents.add(entry)
        else:
            self.domains.add(_domain(entry))


def _entries(file: str) -> Iterator[tuple[int, str]]:
    if storage.size(file) > _MOST_BYTES:
        raise SettingsError(f"{file}: more than {_MOST_BYTES >> 20} MB; cut it into several")
    with storage.open_read(file) as stream:
        number = 0
        while raw := stream.readline(_MOST_LINE + 1):
            number += 1
            if len(raw) > _MOST_LINE:
                raise RecipeError(f"line {number} is longer than {_MOST_LINE} bytes", file=file)
            try:
                text = raw.decode("utf-8-sig").strip()
            except UnicodeDecodeError as error:
                raise RecipeError(f"line {number} is not UTF-8", file=file) from error
            if text and not text.startswith("#"):
                yield number, text


def _url(url: str) -> tuple[str, ...]:
    if "://" not in url or not host(url):
        raise SettingsError(f"{url[:200]!r} is no absolute URL; a site is named by --domain")
    return address_keys(url)


def address_keys(url: str) -> tuple[str, ...]:
    """Return the forms under which an address is known: as it is written, and as a crawl would ask for it."""
    asked = frontier_url(url)
    return tuple(dict.fromkeys(address_key(one) for one in (url, asked) if one is not None))


def _domain(name: str) -> str:
    key = site_key(name)
    labels = key.split(".")
    if not key or any(not label or re.search(r"[\s/@?#%*]", label) for label in labels):
        raise SettingsError(f"{name[:200]!r} is no domain, such as el.example")
    if not re.fullmatch(r"[0-9.]+", key) and ":" not in key and _is_suffix(key):
        raise SettingsError(f"{key} is a public suffix: whoever registers below it would be taken down with it")
    return key


def _is_suffix(name: str) -> bool:
    """Tell whether nobody can register a name: it is a public suffix itself (`tld`'s list, ICANN part)."""
    from tld import get_tld  # noqa: PLC0415  # a list of 10,000 rules that only a takedown by domain needs

    if "." not in name:
        return name != "localhost"
    return bool(get_tld(f"http://x.{name}", fail_silently=True, search_private=False) == name)


def _document(name: str) -> str:
    if not _DOCUMENT.fullmatch(name.strip().lower()):
        raise SettingsError(f"{name[:200]!r} is no doc_id: 32 hexadecimal digits, as `glotmill why` shows them")
    return name.strip().lower()
