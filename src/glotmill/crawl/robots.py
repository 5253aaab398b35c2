"""What a robots.txt says to Glotmill (RFC 9309), and what it says of how pages may be used.

Lines, groups and product tokens are read here, by section 2.2 of the RFC; whether a path matches the rules of a group
is protego's to say. Lines of other conventions are read where they stand: `Crawl-delay`, `Sitemap` (sitemaps.org),
`Content-Usage` (draft-ietf-aipref-attach, section 3), `Content-Signal` (contentsignals.org), `License` (RSL 1.0).
"""

import codecs
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from protego import Protego

from glotmill.licensing.patterns import PathPattern, normalized, path_of
from glotmill.licensing.signals import MAX_VALUE, RefusedAgent, SiteLine

PRODUCT = "Glotmill"  # our product token (section 2.2.1), unless a crawl has one of its own
MAX_BYTES = 500 * 1024  # section 2.5: at least this much has to be parsed, and nothing beyond it is
MAX_CRAWL_DELAY = 86_400.0  # seconds: one page a day is slow enough for the slow lane; more is a typo or a trap
MAX_SITEMAPS = 1_000
MAX_USE_LINES = 1_000  # lines about use that are kept; real files have under 50

# Fields as written by those who misspell them. protego and the big crawlers are as generous.
_FIELDS = {
    **dict.fromkeys(("user-agent", "useragent", "user agent"), "user-agent"),
    **dict.fromkeys(("disallow", "dissallow", "dissalow", "disalow", "diasllow", "disallaw"), "disallow"),
    "allow": "allow",
    **dict.fromkeys(("crawl-delay", "crawl delay", "crawldelay"), "crawl-delay"),
    **dict.fromkeys(("sitemap", "sitemaps", "site-map"), "sitemap"),
    **dict.fromkeys(("request-rate", "visit-time"), "other rule"),
    **dict.fromkeys(("content-signal", "content-signals"), "content-signal"),
    "content-usage": "content-usage",
    "license": "license",
}
# A rule ends the list of agents that a group is for. Sitemap, License and unknown lines do not: other records must
# not interfere with groups (section 2.2.4).
_RULES = frozenset({"allow", "disallow", "crawl-delay", "other rule", "content-signal", "content-usage"})
_NO_COLON = re.compile(r"(user-agent|disallow|allow)\s+(\S.*)", re.IGNORECASE)
_LINE_END = re.compile(r"\r\n|\r|\n")
_TOKEN = re.compile(r"[\w-]+")
_HTML = re.compile(r"\s*(?:<!doctype\s+html|<html|<head|<\?xml)", re.IGNORECASE)
# What `str.splitlines`, by which protego reads, takes for line ends, and RFC 9309 does not.
_NO_LINE_ENDS = {ord(end): f"%{code}" for end, code in (("\v", "0B"), ("\f", "0C"), ("\x1c", "1C"), ("\x1d", "1D"),
                 ("\x1e", "1E"), ("\x85", "C2%85"), ("\u2028", "E2%80%A8"), ("\u2029", "E2%80%A9"))}  # fmt: skip


@dataclass(frozen=True, slots=True)
class UseLine:
    """A Content-Usage or Content-Signal line, or one with license terms.

    Args:
        field: `content-usage`, `content-signal` or `license`.
        value: what stands behind the colon and the path.
        path: pattern of the paths that it is about; None where it is about all.
        line: number, from 1.
    """

    field: str
    value: str
    path: PathPattern | None
    line: int


@dataclass(slots=True)
class _Group:
    paths: list[str] = field(default_factory=list)  # allow and disallow lines, clean
    delays: list[str] = field(default_factory=list)
    uses: list[UseLine] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Robots:
    """A robots.txt as read.

    Args:
        crawl_delay: seconds between requests that it asks of us, at most a day; None where it asks nothing.
        sitemaps: absolute http and https URLs, in its order, at most 1,000.
        notes: what was odd about it, in words.
    """

    crawl_delay: float | None
    sitemaps: tuple[str, ...]
    notes: tuple[str, ...]
    _groups: tuple[_Group, ...] = field(repr=False)
    _index: Mapping[str, tuple[int, ...]] = field(repr=False)
    _named: Mapping[str, int] = field(repr=False)
    _everywhere: tuple[UseLine, ...] = field(repr=False)
    _ours: tuple[int, ...] = field(repr=False)  # numbers of the groups that are for us
    _matchers: dict[tuple[int, ...], Protego] = field(repr=False, compare=False, default_factory=dict)

    def allowed(self, url: str) -> bool:
        """Return whether we may fetch a URL of this site (section 2.2.2: longest match, allow on a tie). Never raises.

        Args:
            url: absolute; path and query count, the fragment does not. `/robots.txt` itself is always allowed.
        """
        return self._permits(self._ours, path_of(url))

    def refused(self, url: str, agents: Mapping[str, str]) -> tuple[RefusedAgent, ...]:
        """Return which agents a group of their own keeps from a URL.

        Args:
            url: absolute.
            agents: lower-case name -> name, as in `AiAgents.training`. Agents that only the rules for all reach are
                not returned.
        """
        path = path_of(url)
        return tuple(
            RefusedAgent(name, self._named[token])
            for token, name in agents.items()
            if token in self._index and not self._permits(self._index[token], path)
        )

    def use_lines(self, url: str, agents: Mapping[str, str]) -> tuple[SiteLine, ...]:
        """Return the lines about use that hold for a URL: ours, everybody's, and what agents were told.

        Within a group the lines with the longest matching path hold, all of them where they are equally long
        (draft-ietf-aipref-attach, section 3.1); Content-Signal lines are read alike.

        Args:
            url: absolute.
            agents: as for `refused`.
        """
        path = normalized(path_of(url))
        lines = [SiteLine(one.field, one.value, one.line) for one in self._everywhere if _holds(one, path)]
        lines.extend(SiteLine(one.field, one.value, one.line) for one in self._closest(self._ours, path))
        for token, name in agents.items():
            told = self._closest(self._index.get(token, ()), path)
            lines.extend(SiteLine(one.field, one.value, one.line, name) for one in told)
        return tuple(lines)

    def _closest(self, numbers: tuple[int, ...], path: str) -> Iterator[UseLine]:
        for name in ("content-usage", "content-signal"):
            lines = (line for number in numbers for line in self._groups[number].uses if line.field == name)
            matching = [(line.path.length if line.path else 0, line) for line in lines if _holds(line, path)]
            longest = max((length for length, _ in matching), default=0)
            yield from (line for length, line in matching if length == longest)

    def _permits(self, numbers: tuple[int, ...], path: str) -> bool:
        matcher = self._matchers.get(numbers)
        if matcher is None:
            rules = dict.fromkeys(rule for number in numbers for rule in self._groups[number].paths)
            matcher = Protego.parse("\n".join(["User-agent: *", *rules]))
            self._matchers[numbers] = matcher
        # A path that begins with two slashes would pass for an authority, hence one before it.
        return matcher.can_fetch("http://x" + path.encode("utf-8", "replace").decode(), "*")


def parse(body: bytes, url: str | None = None, product: str = PRODUCT) -> Robots:
    """Return what a robots.txt says. Never raises: any bytes give a Robots, those without rules one that allows all.

    Read as UTF-8 up to 500 KiB, less a line that is cut there (half a rule is another rule); byte order marks are
    stripped, one of UTF-16 is believed, broken bytes are replaced, NULs dropped. Lines end with LF, CR or both.

    Args:
        body: as it came, without content codings.
        url: its address; with it relative sitemaps are resolved, without it they are noted and dropped.
        product: token that it names us by.
    """
    reader = _Reader(url, product)
    text = _decoded(body, reader.notes)
    for number, line in enumerate(_LINE_END.split(text), 1):
        read = _read_line(line)
        if read is not None:
            reader.take(number, *read)
    return reader.robots()


@dataclass(slots=True)
class _Reader:
    """What has been read of a file so far."""

    url: str | None
    product: str
    notes: list[str] = field(default_factory=list)
    groups: list[_Group] = field(default_factory=list)
    index: dict[str, list[int]] = field(default_factory=dict)  # token -> numbers of its groups
    named: dict[str, int] = field(default_factory=dict)  # token -> line
    sitemaps: dict[str, None] = field(default_factory=dict)
    everywhere: list[UseLine] = field(default_factory=list)
    uses: int = 0
    closed: bool = True  # whether the next User-agent line begins a group

    def take(self, number: int, name: str, value: str) -> None:
        if name == "user-agent":
            self._agent(number, value)
            return
        self.closed = self.closed or name in _RULES
        if name == "sitemap":
            _add_sitemap(self.sitemaps, value, self.url, self.notes)
        elif name in ("license", "content-usage", "content-signal"):
            self._use(number, name, value[:MAX_VALUE])
        elif self.groups and name in ("allow", "disallow") and value:
            self.groups[-1].paths.append(f"{name}: {value.translate(_NO_LINE_ENDS)}")
        elif self.groups and name == "crawl-delay":
            self.groups[-1].delays.append(value)

    def robots(self) -> Robots:
        if self.uses > MAX_USE_LINES:
            self.notes.append(f"{self.uses} lines about use, the first {MAX_USE_LINES} read")
        index = {token: tuple(numbers) for token, numbers in self.index.items()}
        # Section 2.2.1: all groups that name us count as one; only where there is none, those for everybody.
        ours = index.get(self.product.casefold()) or index.get("*", ())
        delays = (delay for number in ours for delay in self.groups[number].delays)
        return Robots(
            crawl_delay=_longest_delay(delays, self.notes),
            sitemaps=tuple(self.sitemaps),
            notes=tuple(self.notes),
            _groups=tuple(self.groups),
            _index=index,
            _named=self.named,
            _everywhere=tuple(self.everywhere),
            _ours=ours,
        )

    def _agent(self, number: int, value: str) -> None:
        if self.closed:
            self.groups.append(_Group())
        self.closed = False
        here = len(self.groups) - 1
        for token in _tokens(value):
            self.named.setdefault(token, number)
            numbers = self.index.setdefault(token, [])
            if here not in numbers[-1:]:
                numbers.append(here)

    def _use(self, number: int, name: str, value: str) -> None:
        self.uses += 1
        if not value or self.uses > MAX_USE_LINES:
            return
        if name == "license" or not value.startswith("/"):
            use = UseLine(name, value, None, number)
        else:
            path, *rest = value.split(maxsplit=1)
            use = UseLine(name, "".join(rest), PathPattern.of(path), number)
        (self.everywhere if name == "license" or not self.groups else self.groups[-1].uses).append(use)


def _decoded(body: bytes, notes: list[str]) -> str:
    cut = len(body) > MAX_BYTES
    body = body[:MAX_BYTES]
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        notes.append("UTF-16, which RFC 9309 does not allow")
        text = body.decode("utf-16", "replace")
    else:
        text = body.decode("utf-8-sig", "replace")
    text = text.replace("\0", "").lstrip("\ufeff")
    if cut:
        notes.append(f"longer than {MAX_BYTES} bytes; the rest does not count")
        text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1]
    if _HTML.match(text):
        notes.append("looks like HTML or XML")
    return text


def _read_line(line: str) -> tuple[str, str] | None:
    """Return field, in our spelling, and value; None for anything else."""
    line = line.partition("#")[0].strip()
    name, colon, value = line.partition(":")
    known = _FIELDS.get(name.strip().lower()) if colon else None
    if known is not None:
        return known, value.strip()
    if len(line) < 5_000 and (match := _NO_COLON.fullmatch(line)):
        return match[1].lower(), match[2]
    return None


def _tokens(value: str) -> Iterator[str]:
    """Yield by what an agent of a User-agent line is compared: all of it before a version, and its first word."""
    for part in value.casefold().split(","):  # a list is no product token, and what it means is plain
        name = part.strip()
        if name == "*" or name.startswith(("* ", "*\t")):
            yield "*"
            continue
        whole = name.partition("/")[0].strip(" \t*")
        if whole:
            yield whole
        first = _TOKEN.match(name)
        if first and first[0] != whole:
            yield first[0]


def _holds(line: UseLine, path: str) -> bool:
    return line.path is None or line.path.matches(path)


def _add_sitemap(sitemaps: dict[str, None], value: str, base: str | None, notes: list[str]) -> None:
    try:
        absolute = urljoin(base, value) if base else value
        parts = urlsplit(absolute)
        good = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        good = False
    if not good:
        if len(notes) < 20:
            notes.append(f"sitemap is no http or https URL: {value[:100]}")
    elif len(sitemaps) < MAX_SITEMAPS:
        sitemaps[absolute] = None
    elif (
        absolute not in sitemaps
        and (said := f"more than {MAX_SITEMAPS} sitemaps; the rest does not count") not in notes
    ):
        notes.append(said)


def _longest_delay(values: Iterable[str], notes: list[str]) -> float | None:
    """Return the longest of the delays that our groups give: of two wishes the politer is met."""
    longest: float | None = None
    for value in values:
        try:
            seconds = float(value.replace(",", "."))
        except ValueError:
            seconds = math.nan
        if not math.isfinite(seconds) or seconds < 0:
            if len(notes) < 20:
                notes.append(f"crawl-delay is no number of seconds: {value[:50]}")
            continue
        longest = seconds if longest is None else max(longest, seconds)
    if longest is not None and longest > MAX_CRAWL_DELAY:
        notes.append(f"crawl-delay of {longest:g} s taken as {MAX_CRAWL_DELAY:g} s")
        return MAX_CRAWL_DELAY
    return longest
