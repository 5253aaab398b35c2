"""Whether those who train on pages are asked not to: one verdict, and what a crawler does with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from glotmill.licensing.signals import Signal, from_headers, from_page, merged

USE: Literal["train-ai"] = "train-ai"
ConsentPolicy = Literal["strictest", "as-of-fetch", "record-only"]


@dataclass(frozen=True, slots=True)
class Consent:
    """The verdict for the use train-ai.

    Args:
        verdict: `denied` where any signal denies, else `allowed` where any allows, else `unknown`.
        decided_by: the signal that decided, in words; empty where nothing was said.
    """

    verdict: Literal["denied", "allowed", "unknown"]
    decided_by: str

    def column(self) -> str:
        """Return the value of the `consent` column."""
        return f"{USE}={self.verdict}"


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


def consent_of(signals: Iterable[Signal]) -> Consent:
    """Return the verdict for training of all signals together; `denied` wins, silence is `unknown`."""
    verdict, by = merged(signals, USE)
    return Consent(verdict, "" if by is None else _words(by))


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
