"""What is known of each site's TDM reservation file, which a crawler looks at before it looks at pages.

The TDMRep report (section "Processing priority") has `/.well-known/tdmrep.json` checked before a site is fetched and
kept while it lasts. Asked, taken and stored as robots.txt is; but a file that is missing or fails reserves nothing
and closes nothing: it is noted as not known, and the page's own headers and elements still speak.
"""

import zlib
from collections.abc import Iterable
from dataclasses import replace

from glotmill.crawl.messages import Failure, Response
from glotmill.crawl.robots_cache import Entry, after, origin_of
from glotmill.licensing.tdmrep import PATH, TdmRules, parse_tdmrep


class TdmCache:
    """The tdmrep.json files of many sites; times are seconds since the epoch, handed in."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries: dict[str, Entry] = {}
        self.held = 0  # of the bodies held, compressed
        for entry in entries:
            self._hold(entry)

    def needs(self, url: str, now: float) -> str | None:
        """Return the URL that has to be fetched, now, before a URL of the same site; None where none has."""
        origin = origin_of(url)
        if origin is None:
            return None
        entry = self._entries.get(origin)
        if entry is not None and entry.asking is not None:
            return entry.asking
        return f"{origin}{PATH}" if entry is None or now >= entry.until else None

    def take(self, url: str, answer: Response | Failure, now: float) -> Entry:
        """Take what came of fetching what `needs` returned for a URL, and return what is now known, for storing.

        Raises:
            ValueError: the URL is none of a site.
        """
        origin = origin_of(url)
        if origin is None:
            raise ValueError(f"no http or https URL: {url!r}")
        before = self._entries.get(origin, Entry(origin))
        known = after(before, answer, now)
        if known.state == "unreachable":  # a server that fails takes back no reservation
            known = replace(known, body=before.body)
        self._hold(known)
        return known

    def entry(self, url: str) -> Entry | None:
        """Return what is known of a URL's site, or None."""
        origin = origin_of(url)
        return None if origin is None else self._entries.get(origin)

    def rules(self, url: str) -> TdmRules | None:
        """Return the rules of a URL's site as last read; None where there are none or nobody has asked."""
        entry = self.entry(url)
        return None if entry is None or entry.body is None else parse_tdmrep(zlib.decompress(entry.body))

    def forget(self, url: str) -> None:
        """Drop a site from memory; `restore` its entry before it is asked about again."""
        origin = origin_of(url)
        if origin is not None:
            self.held -= len(self._entries.pop(origin, Entry(origin)).body or b"")

    def restore(self, entry: Entry) -> None:
        """Know again what was stored of a site."""
        self._hold(entry)

    def _hold(self, entry: Entry) -> None:
        before = self._entries.get(entry.origin)
        self.held += len(entry.body or b"") - len((before.body if before else None) or b"")
        self._entries[entry.origin] = entry
