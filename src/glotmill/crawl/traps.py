"""Why a URL is not worth asking for: what a site makes without end out of a few pages."""

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote, urlsplit

import xxhash

from glotmill.crawl.urls import path_template, query_names

Trap = Literal[
    "trap.depth",
    "trap.repeated",
    "trap.calendar",
    "trap.parameters",
    "trap.combinations",
    "trap.template",
    "trap.alike",
]
TRAPS: tuple[Trap, ...] = (
    "trap.depth",
    "trap.repeated",
    "trap.calendar",
    "trap.parameters",
    "trap.combinations",
    "trap.template",
    "trap.alike",
)


@dataclass(frozen=True, slots=True)
class TrapLimits:
    """From where on a URL is taken for a trap.

    Where no source is named, the number is a judgment and was not measured: the skipped URLs of the first crawls, which
    keep their reasons, are what to calibrate it on.

    Args:
        segments: of a path. Heritrix's TooManyPathSegmentsDecideRule has 20; deep manuals have 12.
        repeats: times that one segment may stand in a path, in a row or not. Heritrix's PathologicalPathDecideRule
            has 2 repetitions; `/a/b/a` of real sites needs two, so three are a trap.
        calendar_years: that a date in a URL may lie ahead of now, or behind `calendar_from`.
        calendar_from: the earliest year that is a page of its own: archives digitise papers back to it, but on the
            calendars of content systems the walk into the past has no end either.
        parameters: of a query. Faceted search begins at four; forums and catalogs of real pages have up to six.
        combinations: different queries of two and more parameters on one path template and host that are asked for,
            whichever parameters they have: facets combine. One parameter is an identifier and counts as a URL only.
        per_template: URLs of one template and host that are asked for. A local paper of 20 years at 20 pages a day is
            146,000 in `/{n}/{n}/{n}/...`, but each slug is a template of its own; purely numeric ones stay below this.
        alike: pages of one template in a row whose text was seen on that host before. Ten by chance are unlikely
            where a tenth of the pages are copies (10^-10).
        templates: remembered for each host; beyond it the rarest are forgotten, 100 bytes each.
        contents: hashes of texts remembered for each host, 8 bytes each; beyond it the oldest are forgotten.
    """

    segments: int = 20
    repeats: int = 2
    calendar_years: int = 2
    calendar_from: int = 1990
    parameters: int = 8
    combinations: int = 5_000
    per_template: int = 20_000
    alike: int = 10
    templates: int = 1_000
    contents: int = 1_000


# A date in a path or a query, where nothing but dates stands: `/2031/07/`, `?year=2031&month=7`, `date=2031-07`.
_PATH_DATE = re.compile(r"(?<![^/])(\d{4})(?:/|-)(\d{1,2})(?:(?:/|-)\d{1,2})?(?![^/])")
_YEAR_NAMES = frozenset({"year", "yr", "y", "jahr", "ano", "año", "urtea", "annee", "anno", "calendaryear", "cal_year"})
_DATE_NAMES = frozenset(
    {"date", "day", "month", "ym", "mcal", "cal", "calendar", "tribe-bar-date", "start", "from", "week", "datum"}
)
_CALENDAR = re.compile(
    r"calend|kalend|egutegi|agenda|events?(?![a-z])|ekitaldi|takvim|тақвим|календар|تقويم|पंचांग|ปฏิทิน", re.IGNORECASE
)
_YEAR = re.compile(r"(\d{4})(?![0-9])")


@dataclass(slots=True)
class _Template:
    urls: int = 0
    combined: int = 0
    alike: int = 0


@dataclass(slots=True)
class HostTraps:
    """What is counted of one host; a note of at most 200 kB in the frontier, some 1 kB for most hosts.

    Args:
        limits: from where on what is a trap.
    """

    limits: TrapLimits = field(default_factory=TrapLimits)
    _templates: dict[str, _Template] = field(default_factory=dict)
    _contents: dict[int, None] = field(default_factory=dict)

    def judge(self, url: str, *, year: int) -> Trap | None:
        """Return why a URL is a trap, or None; counts nothing.

        Args:
            url: in the frontier's form.
            year: of now; a calendar's pages far from it are empty.
        """
        shape = judge_shape(url, year=year, limits=self.limits)
        if shape is not None:
            return shape
        path = self._templates.get(_key(url, names=()))
        if path is not None and path.combined >= self.limits.combinations and _combines(url):
            return "trap.combinations"
        known = self._templates.get(_key(url, names=query_names(url)))
        if known is None:
            return None
        if known.alike >= self.limits.alike:
            return "trap.alike"
        if known.urls >= self.limits.per_template:
            return "trap.template"
        return None

    def admitted(self, url: str) -> None:
        """Count a URL that goes into the queue for the first time (`Frontier.known` says which do not)."""
        self._known(_key(url, names=query_names(url))).urls += 1
        if _combines(url):
            self._known(_key(url, names=())).combined += 1

    def fetched(self, url: str, content: int) -> None:
        """Count a page that came, by a 64-bit hash of its text (of its main text, where that is at hand).

        A page whose text the host gave before lengthens its template's streak, any other ends it.
        """
        known = self._known(_key(url, names=query_names(url)))
        content &= (1 << 64) - 1
        known.alike = known.alike + 1 if content in self._contents else 0
        self._contents.pop(content, None)
        self._contents[content] = None
        while len(self._contents) > self.limits.contents:
            del self._contents[next(iter(self._contents))]

    def _known(self, key: str) -> _Template:
        if key not in self._templates and len(self._templates) >= self.limits.templates:
            # Those with the fewest URLs are the slugs, of which there will be more than a memory holds; a tenth goes.
            ordered = sorted(self._templates.items(), key=lambda item: (item[1].alike, item[1].urls + item[1].combined))
            for old, _ in ordered[: max(1, self.limits.templates // 10)]:
                del self._templates[old]
        return self._templates.setdefault(key, _Template())

    def store(self) -> bytes:
        """Return the counts as a note for the frontier (JSON)."""
        counts = {key: [one.urls, one.combined, one.alike] for key, one in self._templates.items()}
        return json.dumps({"templates": counts, "contents": list(self._contents)}, separators=(",", ":")).encode(
            "ascii"
        )

    @classmethod
    def restored(cls, note: bytes | None, limits: TrapLimits | None = None) -> "HostTraps":
        """Return what `store` gave, or an empty state for None."""
        state = cls(limits or TrapLimits())
        if note is not None:
            values = json.loads(note)
            state._templates = {key: _Template(*counts) for key, counts in values["templates"].items()}
            state._contents = dict.fromkeys(values["contents"])
        return state


def judge_shape(url: str, *, year: int, limits: TrapLimits) -> Trap | None:
    """Return why a URL alone, whatever else its host has, is a trap, or None.

    `https://el.example/a/b/a/b/a/b` repeats its segments; `https://el.example/calendar/2091/05` is far from now.
    """
    parts = urlsplit(url)
    segments = [segment for segment in parts.path.split("/") if segment]
    if len(segments) > limits.segments:
        return "trap.depth"
    # Numbers repeat honestly: /2026/11/11, /1/1/1.
    words = Counter(segment for segment in segments if not unquote(segment).isdecimal())
    if words and max(words.values()) > limits.repeats:
        return "trap.repeated"
    if len(query_names(url)) > limits.parameters:
        return "trap.parameters"
    if _is_far(unquote(parts.path), parts.query, year=year, limits=limits):
        return "trap.calendar"
    return None


def _is_far(path: str, query: str, *, year: int, limits: TrapLimits) -> bool:
    ahead = year + limits.calendar_years
    found: list[int] = []
    match = _PATH_DATE.search(path)
    calendar = _CALENDAR.search(path) is not None or _CALENDAR.search(unquote(query)) is not None
    if match is not None and 1 <= int(match[2]) <= 12:
        # Without a calendar's name only the future is one: papers digitise their past.
        found.append(int(match[1]) if calendar or int(match[1]) > ahead else year)
    for piece in query.split("&"):
        name, _, value = piece.partition("=")
        name = unquote(name).lower()
        years = _YEAR.match(unquote(value)) if name in _YEAR_NAMES or name in _DATE_NAMES else None
        if years is not None:
            found.append(int(years[1]))
    return any(not limits.calendar_from <= one <= ahead for one in found)


def _combines(url: str) -> bool:
    return len(query_names(url)) > 1


def _key(url: str, *, names: tuple[str, ...]) -> str:
    """Return the hash of path template and names of parameters, in 16 letters: templates can be long and many."""
    shape = path_template(url) + "?" + "&".join(names)
    return xxhash.xxh3_64_hexdigest(shape.encode("utf-8", "surrogatepass"))
