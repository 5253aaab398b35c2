"""The entries of a feed: RSS 2.0 (and 0.9x), RSS 1.0 and Atom (RFC 4287)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin

from glotmill.crawl.links import claimed_language
from glotmill.crawl.messages import Link
from glotmill.crawl.urls import frontier_url
from glotmill.crawl.xml import Elements, Unpacked, text, w3c_time

MAX_ENTRIES = 1_000  # feeds have 10 to 100; archives by RFC 5005 come in pages, linked by `next`
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_RDF_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed names.

    Args:
        links: its entries, each once, in order, with source `feed`, date and the language that entry or feed claims.
        next: URL of the page of older entries (RFC 5005), or None.
        cut: why it ended early, or None: `bytes`, `gzip`, `xml`, `elements`, `entries`, `kind` (it is no feed).
    """

    links: tuple[Link, ...] = ()
    next: str | None = None
    cut: str | None = None


@dataclass(slots=True)
class _Entry:
    link: str | None = None
    guid: str | None = None
    modified: datetime | None = None
    language: str | None = None


class _Reader:
    def __init__(self, url: str) -> None:
        self.url = url
        self.entry = _Entry()
        self.language: str | None = None  # of the feed
        self.next: str | None = None
        self.found: dict[str, tuple[datetime | None, str | None]] = {}

    def resolved(self, written: str, element: Any) -> str | None:
        """Resolve against xml:base, which Atom has and RSS may."""
        try:
            base = urljoin(self.url, element.base or "")
        except ValueError:
            base = self.url
        return frontier_url(written, base) if written else None

    def take(self, path: tuple[str, ...], element: Any) -> None:
        """Read an element of a feed; those of entries end before their entry does."""
        name = path[-1]
        if name in ("item", "entry") and len(path) <= 3:
            self.close(element)
        elif len(path) >= 3 and path[-2] in ("item", "entry"):
            self.take_part(name, element)
        elif name == "language" and path[-2:-1] == ("channel",):
            self.language = claimed_language(text(element))
        elif name == "link" and element.get("rel", "") == "next":
            self.next = self.next or self.resolved(element.get("href", ""), element)

    def take_part(self, name: str, element: Any) -> None:
        entry = self.entry
        if name == "link":
            href = element.get("href")
            if href is None:
                entry.link = entry.link or self.resolved(text(element), element)
            elif element.get("rel", "alternate") == "alternate" and entry.link is None:
                entry.link = self.resolved(href, element)
                entry.language = claimed_language(element.get("hreflang", ""))
        elif name == "guid" and element.get("isPermaLink", "true").strip().lower() == "true":
            entry.guid = self.resolved(text(element), element)
        elif name in ("pubdate", "date", "updated", "published", "modified", "issued"):
            time = _date(text(element))
            if time is not None and (entry.modified is None or time > entry.modified):
                entry.modified = time

    def close(self, element: Any) -> None:
        entry, self.entry = self.entry, _Entry()
        url = entry.link or entry.guid or self.resolved(element.get(_RDF_ABOUT, ""), element)
        if url is not None and url not in self.found:
            self.found[url] = (entry.modified, entry.language or claimed_language(_lang(element)))


def read_feed(content: bytes, url: str) -> Feed:
    """Return what a feed names, of a broken one what came before.

    Reads at most 10,000,000 bytes (gzip by its first bytes) and 1,000 entries; no entity, DTD or network. Relative
    links are resolved by xml:base and the feed's URL; the latest date of an entry counts. Never raises.

    Args:
        content: body without content codings.
        url: of the feed, in the frontier's form.
    """
    reader = _Reader(url)
    elements = Elements(Unpacked(content))
    cut: str | None = None
    for path, element in elements:
        if path[0] not in ("rss", "rdf", "feed"):
            cut = "kind"
            break
        reader.take(path, element)
        if len(reader.found) >= MAX_ENTRIES:
            cut = "entries"
            break
    links = tuple(Link(u, "feed", lang or reader.language, date) for u, (date, lang) in reader.found.items())
    return Feed(links, reader.next, cut or elements.cut)


def _lang(element: Any) -> str:
    """Return the nearest xml:lang; an entry stands two or three deep."""
    here = element
    while here is not None:
        value = here.get(_LANG)
        if value is not None:
            return str(value)
        here = here.getparent()
    return ""


def _date(value: str) -> datetime | None:
    time = w3c_time(value)
    if time is not None:
        return time
    try:
        found = parsedate_to_datetime(value[:60])
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
