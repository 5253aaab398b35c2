"""Whether those who train on pages are asked not to: one verdict, and what a crawler does with it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

from glotmill.licensing.signals import USES, Signal, Use, from_headers, from_page, merged, preferences

USE: Literal["train-ai"] = "train-ai"
ConsentPolicy = Literal["strictest", "as-of-fetch", "record-only"]
Answer = Literal["denied", "allowed", "unknown"]

_RANK: Mapping[str, int] = {"unknown": 0, "allowed": 1, "denied": 2}
_SAID = re.compile(r"(train-ai|ai-input|search)=(denied|allowed)(?: by ([a-z-]+).*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Ruling:
    """The verdict for one use, and the kind of signal that decided (`Signal.signal`); empty where nobody knows."""

    verdict: Answer
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Consent:
    """The verdict for the use train-ai, and those for all uses.

    Args:
        verdict: `denied` where any signal denies, else `allowed` where any allows, else `unknown`.
        decided_by: the signal that decided, in words; empty where nothing was said.
        rulings: by use, of which something was said.
    """

    verdict: Answer
    decided_by: str
    rulings: Mapping[Use, Ruling] = field(default_factory=dict)

    def column(self) -> str:
        """Return the value of the `consent` column."""
        return consent_column(self.rulings)


def consent_column(rulings: Mapping[Use, Ruling]) -> str:
    """Return what the column `consent` says: each use of which something was said, with the rule that decided.

    Training is always there. Few different values come of it, so that a manifest can count them.

    >>> consent_column({"train-ai": Ruling("denied", "tdmrep"), "search": Ruling("allowed", "content-usage")})
    'train-ai=denied by tdmrep; search=allowed by content-usage'
    >>> consent_column({})
    'train-ai=unknown'
    """
    said = []
    for use in USES:
        ruling = rulings.get(use, Ruling("unknown"))
        if ruling.verdict != "unknown":
            said.append(f"{use}={ruling.verdict}" + (f" by {ruling.rule}" if ruling.rule else ""))
        elif use == USE:
            said.append(f"{use}=unknown")
    return "; ".join(said)


def read_column(value: str | None) -> dict[Use, Ruling]:
    """Return what a value of the column `consent` says; what is not there, or not readable, is unknown.

    Sources of rows take the column from whoever published them, so that a use may be named twice, where the stricter
    counts, and in words of others, of which the refusals count.

    >>> read_column("train-ai=denied by tdmrep; train-ai=allowed")
    {'train-ai': Ruling(verdict='denied', rule='tdmrep')}
    >>> read_column("ai-train=n, search=y")
    {'train-ai': Ruling(verdict='denied', rule='row')}
    """
    found: dict[Use, Ruling] = {}
    for said in (value or "").casefold().split(";"):
        match = _SAID.fullmatch(said.strip())
        if match is not None:
            ruling = Ruling(cast(Answer, match[2]), match[3] or "")
            found = stricter(found, {cast(Use, match[1]): ruling})
        elif said.strip() == "denied":
            found = stricter(found, {USE: Ruling("denied", "row")})
        elif said:
            refused = (one for one in preferences(said, "row", "column consent") if one.verdict == "denied")
            found = stricter(found, rulings_of(refused))
    return found


def rulings_of(signals: Iterable[Signal]) -> dict[Use, Ruling]:
    """Return the verdict of all signals together for each use of which they say something."""
    known = tuple(signals)
    found = {use: merged(known, use) for use in USES}
    return {use: Ruling(verdict, by.signal) for use, (verdict, by) in found.items() if by is not None}


def stricter(first: Mapping[Use, Ruling], second: Mapping[Use, Ruling]) -> dict[Use, Ruling]:
    """Return for each use the ruling that denies, else the one that allows; of equal ones the first."""
    rulings = dict(first)
    for use, ruling in second.items():
        if use not in rulings or _RANK[ruling.verdict] > _RANK[rulings[use].verdict]:
            rulings[use] = ruling
    return rulings


@dataclass(frozen=True, slots=True)
class Act:
    """What the crawler does with a page, and why.

    Args:
        action: before a fetch `fetch` or `skip`, after it `keep` or `skip`.
        reason: `consent.denied`, `consent.not_denied`, `consent.asked_at_fetch` or `consent.recorded_only`.
        detail: in words.
    """

    action: Literal["fetch", "keep", "skip"]
    reason: str
    detail: str


def read_consent(html: str | None, headers: Mapping[str, str]) -> Consent:
    """Return what a page and its headers say about training; silence is `unknown`, never `allowed`.

    Args:
        html: the decoded page, or None.
        headers: HTTP headers with lower-case names.
    """
    return consent_of((*from_headers(headers), *(from_page(html) if html else ())))


def with_earlier(consent: Consent, earlier: str | None) -> Consent:
    """Return a page's consent joined with what its archive or row had in the column `consent`: the stricter of both.

    >>> with_earlier(read_consent(None, {}), "train-ai=denied by tdmrep").column()
    'train-ai=denied by tdmrep'
    """
    known = read_column(earlier)
    rulings = stricter(consent.rulings, known)
    ruling = rulings.get(USE, Ruling("unknown"))
    if ruling.verdict == consent.verdict:
        return Consent(consent.verdict, consent.decided_by, rulings)
    return Consent(ruling.verdict, f"{ruling.rule or 'the archive'} of the site", rulings)


def consent_of(signals: Iterable[Signal]) -> Consent:
    """Return the verdict for training of all signals together; `denied` wins, silence is `unknown`."""
    known = tuple(signals)
    verdict, by = merged(known, USE)
    return Consent(verdict, "" if by is None else _words(by), rulings_of(known))


def before_fetch(policy: ConsentPolicy, known: Iterable[Signal]) -> Act:
    """Return whether a page is asked for, by what its site has said already (robots.txt, tdmrep.json, earlier fetches).

    `strictest` does not fetch what may not be used. `as-of-fetch` binds to what is said with the page, so it has to
    ask. `record-only` asks for everything and writes down what it hears.
    """
    consent = consent_of(known)
    if policy == "record-only":
        return Act("fetch", "consent.recorded_only", _detail(consent))
    if consent.verdict != "denied":
        return Act("fetch", "consent.not_denied", _detail(consent))
    if policy == "as-of-fetch":
        return Act("fetch", "consent.asked_at_fetch", f"{_detail(consent)}; what holds is said with the page")
    return Act("skip", "consent.denied", _detail(consent))


def after_fetch(policy: ConsentPolicy, fetched: Iterable[Signal], other: Iterable[Signal] = ()) -> Act:
    """Return whether a fetched page is kept.

    Args:
        policy: of the recipe.
        fetched: signals that held when the page was fetched: its own, and its site's of that time.
        other: signals of other times (earlier fetches, later ones); `strictest` counts them too.
    """
    signals = [*fetched, *(other if policy == "strictest" else ())]
    consent = consent_of(signals)
    if policy == "record-only":
        return Act("keep", "consent.recorded_only", _detail(consent))
    if consent.verdict == "denied":
        return Act("skip", "consent.denied", _detail(consent))
    return Act("keep", "consent.not_denied", _detail(consent))


def _detail(consent: Consent) -> str:
    return f"{USE} {consent.verdict}" + (f" by {consent.decided_by}" if consent.decided_by else "")


def _words(signal: Signal) -> str:
    if signal.signal in ("noai", "noimageai"):
        return signal.locus
    return f"{signal.locus}: {signal.raw}"
