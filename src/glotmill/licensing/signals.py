"""What owners say of training, AI input and search, wherever they say it: one row per statement, and their sum.

Sources, as read in November 2026: AIPREF vocabulary (draft-ietf-aipref-vocab, sections 4 to 6) and attachment
(draft-ietf-aipref-attach, sections 2 and 3); Content Signals (contentsignals.org; draft-romm-aipref-contentsignals);
TDM Reservation Protocol (W3C Community Group final report of 10 May 2024); Really Simple Licensing 1.0
(rslstandard.org/rsl); `noai` and `noimageai` (DeviantArt, 2022), which no standard defines.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from glotmill.licensing.page import Page, attribute, parse_page

Use = Literal["train-ai", "ai-input", "search"]
Verdict = Literal["allowed", "denied", "recorded"]
USES: tuple[Use, ...] = ("train-ai", "ai-input", "search")
MAX_VALUE = 10_000  # characters read of one header, meta element or robots.txt line
MAX_RAW = 500  # characters of it that are written down
MAX_ELEMENTS = 1_000  # meta, link and script elements looked at per page; real pages have under 200

# A cheap sign that a page's elements may say something; most pages stop here. Substrings of the lowered page take
# 20 microseconds, a pattern over the same words 1 ms.
_SIGNS = ("noai", "noimageai", "tdm-", "content-usage", "content-signal", "rsl+xml")

# Names by which drafts and vendors call the same use: AIPREF says train-ai and ai-use, Content Signals ai-train and
# ai-input; train-genai, genai and ai-output stood in earlier AIPREF drafts.
_LABELS: Mapping[str, Use] = {
    **dict.fromkeys(("train-ai", "ai-train", "train-genai", "trainai", "genai"), "train-ai"),
    **dict.fromkeys(("ai-input", "ai-use", "ai-output"), "ai-input"),
    "search": "search",
}
# Wider categories of earlier drafts. Who forbids the whole forbids the part; who allows "bots" has not said that
# the part is welcome, so these only deny.
_WIDER: Mapping[str, tuple[Use, ...]] = {"ai": ("train-ai",), "tdm": ("train-ai",), "bots": USES, "all": USES}
_NO = frozenset({"n", "no", "0", "false", "?0"})
_YES = frozenset({"y", "yes", "1", "true", "?1"})
_PREFERENCE = re.compile(r"([a-z-]+)\s*=\s*\"?(\??[a-z0-9]+)\"?", re.IGNORECASE)
_WORDS = re.compile(r"[\s,:;]+")
_LINK = re.compile(r"<([^<>]*)>([^<>]*)")
_REL_LICENSE = re.compile(r";\s*rel\s*=\s*(?:\"[^\"]*\blicense\b[^\"]*\"|license\b)", re.IGNORECASE)
_RSL = "application/rsl+xml"
# Whom a meta element may speak to: all robots, or one by name. `<meta name="keywords" content="noai">` is no signal.
_ROBOT_NAME = re.compile(r"robots|glotmill|[\w-]*bot", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Signal:
    """One statement about one use.

    Args:
        use: `train-ai`, `ai-input` or `search`.
        verdict: `denied`, `allowed`, or `recorded` for what has to be read by a person or a program that we do not
            have (license terms, statements about images): neither yes nor no, and never an open license.
        signal: what kind of statement: `content-usage`, `content-signal`, `tdmrep`, `noai`, `noimageai`, `rsl`,
            `ai-agents`.
        raw: what stood there, at most 500 characters.
        locus: where, in words: `header X-Robots-Tag`, `robots.txt line 12`, `meta tdm-reservation`.
        url: of the resource that it stood in, or None where the caller knows.
        time: when that was fetched, UTC, or None where the caller knows.
    """

    use: Use
    verdict: Verdict
    signal: str
    raw: str
    locus: str
    url: str | None = None
    time: datetime | None = None

    def row(self) -> dict[str, str | None]:
        """Return the statement as a flat row; the time as ISO 8601."""
        time = None if self.time is None else self.time.isoformat()
        return {
            **{name: getattr(self, name) for name in ("use", "verdict", "signal", "raw", "locus", "url")},
            "time": time,
        }


@dataclass(frozen=True, slots=True)
class SiteLine:
    """A line of a robots.txt that speaks of use and holds for the path at hand.

    Args:
        field: `content-usage`, `content-signal` or `license`.
        value: what stands behind the colon and the path.
        line: number, from 1.
        agent: None where the line is for us or for everybody, else the AI agent that trains and that it was told.
    """

    field: str
    value: str
    line: int
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class RefusedAgent:
    """An AI agent that a robots.txt names and keeps from the path at hand."""

    name: str
    line: int


def at(signals: Iterable[Signal], url: str, time: datetime) -> tuple[Signal, ...]:
    """Return the signals with the URL of their resource and the time at which it was fetched."""
    return tuple(replace(signal, url=url, time=time) for signal in signals)


def merged(signals: Iterable[Signal], use: Use) -> tuple[Literal["denied", "allowed", "unknown"], Signal | None]:
    """Return the verdict for one use and the signal that decided.

    `denied` wins over `allowed` (as AIPREF combines statements; stricter than TDMRep, whose page may overrule its
    site), `recorded` decides nothing, and silence is `unknown`, never `allowed`.
    """
    about = [signal for signal in signals if signal.use == use]
    denied = next((signal for signal in about if signal.verdict == "denied"), None)
    if denied is not None:
        return "denied", denied
    allowed = next((signal for signal in about if signal.verdict == "allowed"), None)
    return ("allowed", allowed) if allowed is not None else ("unknown", None)


def preferences(value: str, signal: str, locus: str) -> Iterator[Signal]:
    """Yield what a Content-Usage or Content-Signal value says, one signal per use.

    Read more leniently than a Structured Fields dictionary (RFC 9651): labels in any case, quotes, any separator, yes for y, and
    of two statements about one use both count, where the draft takes the last. What one can make out of a refusal is
    one. Unknown labels and values say nothing.

    >>> [(one.use, one.verdict) for one in preferences("search=y, train-ai=n", "content-usage", "header")]
    [('search', 'allowed'), ('train-ai', 'denied')]
    """
    raw = value[:MAX_RAW]
    for match in _PREFERENCE.finditer(value[:MAX_VALUE]):
        label, answer = match[1].lower(), match[2].lower()
        verdict: Verdict | None = "denied" if answer in _NO else "allowed" if answer in _YES else None
        uses = (_LABELS[label],) if label in _LABELS else _WIDER.get(label, ()) if verdict == "denied" else ()
        if verdict is not None:
            yield from (Signal(use, verdict, signal, raw, locus) for use in uses)


def reservation(value: str, policy: str, locus: str) -> Iterator[Signal]:
    """Yield what TDMRep's two properties say; a value other than 0 and 1 is as good as none.

    A policy without a reservation is recorded: it tells how to ask, and somebody would have to read it.
    """
    given = {part.strip() for part in value[:MAX_VALUE].split(",")}
    raw = f"tdm-reservation={value}" + (f" tdm-policy={policy}" if policy else "")
    if given & {"1", '"1"'}:
        yield Signal("train-ai", "denied", "tdmrep", raw[:MAX_RAW], locus)
    elif "0" in given:
        yield Signal("train-ai", "allowed", "tdmrep", raw[:MAX_RAW], locus)
    elif policy:
        yield Signal("train-ai", "recorded", "tdmrep", f"tdm-policy={policy}"[:MAX_RAW], locus)


def from_headers(headers: Mapping[str, str]) -> Iterator[Signal]:
    """Yield what response headers say; names in lower case, repeats joined by ", "."""
    yield from _robots_words(headers.get("x-robots-tag", ""), "header X-Robots-Tag")
    yield from reservation(headers.get("tdm-reservation", ""), headers.get("tdm-policy", ""), "header tdm-reservation")
    for name in ("content-usage", "content-signal"):
        yield from preferences(headers.get(name, ""), name, f"header {name}")
    for match in _LINK.finditer(headers.get("link", "")[:MAX_VALUE]):
        if _RSL in match[2].lower() and _REL_LICENSE.search(match[2]):
            yield from _terms(match[1], "header Link")


def from_page(html: str) -> Iterator[Signal]:
    """Yield what the meta, link and script elements of a decoded page say."""
    lowered = html.lower()
    if not any(sign in lowered for sign in _SIGNS):
        return
    page = parse_page(html)
    if page is None:
        return
    yield from _from_meta(page)
    for link in page.select("link[href][type]")[:MAX_ELEMENTS]:
        if "license" in attribute(link, "rel").lower().split() and _RSL in attribute(link, "type").lower():
            yield from _terms(attribute(link, "href"), "link rel=license")
    for script in page.select("script[type]")[:MAX_ELEMENTS]:
        if _RSL in attribute(script, "type").lower():
            yield from _terms(script.text_content or "", "script rsl+xml")


def from_robots(lines: Iterable[SiteLine], refused: Iterable[RefusedAgent]) -> Iterator[Signal]:
    """Yield what a robots.txt says of the use of one path.

    Args:
        lines: its lines about use that hold for the path. What an AI agent that trains was told counts where it is
            a refusal; a welcome to somebody else is none to us.
        refused: AI agents that train and may not fetch the path, by name. Who shuts the door on those wants no
            training; who shuts it on everybody has not spoken of training at all.
    """
    agents = sorted({(one.line, one.name) for one in refused})
    if agents:
        numbers = sorted({line for line, _ in agents})
        shown = ", ".join(str(number) for number in numbers[:10]) + (" ..." if len(numbers) > 10 else "")
        raw = ", ".join(name for _, name in agents)
        yield Signal("train-ai", "denied", "ai-agents", raw[:MAX_RAW], f"robots.txt line {shown}")
    for one in lines:
        locus = f"robots.txt line {one.line}" + (f" for {one.agent}" if one.agent else "")
        if one.field == "license":
            yield from _terms(one.value, locus)
        else:
            said = preferences(one.value, one.field, locus)
            yield from (signal for signal in said if one.agent is None or signal.verdict == "denied")


def _from_meta(page: Page) -> Iterator[Signal]:
    named: dict[str, list[str]] = {}
    for meta in page.select("meta[content]")[:MAX_ELEMENTS]:
        name = (attribute(meta, "name") or attribute(meta, "http-equiv")).lower().strip()
        content = attribute(meta, "content")[:MAX_VALUE]
        if _ROBOT_NAME.fullmatch(name):
            yield from _robots_words(content, f"meta {name}")
        elif name in ("tdm-reservation", "tdm-policy"):
            named.setdefault(name, []).append(content)
        elif name in ("content-usage", "content-signal"):
            yield from preferences(content, name, f"meta {name}")
    if named:
        policy = (named.get("tdm-policy") or [""])[0]
        yield from reservation(", ".join(named.get("tdm-reservation", [])), policy, "meta tdm-reservation")


def _robots_words(value: str, locus: str) -> Iterator[Signal]:
    # `otherbot: noai` is meant for one crawler; whoever says it to any would hardly mean to exempt the next.
    words = _WORDS.split(value[:MAX_VALUE].lower())
    if "noai" in words:
        yield Signal("train-ai", "denied", "noai", value[:MAX_RAW], f"{locus}: noai")
    if "noimageai" in words:
        yield Signal("train-ai", "recorded", "noimageai", value[:MAX_RAW], f"{locus}: noimageai")


def _terms(raw: str, locus: str) -> Iterator[Signal]:
    yield from (Signal(use, "recorded", "rsl", raw.strip()[:MAX_RAW], locus) for use in USES)
