"""A site's TDM reservation file: which of its paths are kept from text and data mining.

`/.well-known/tdmrep.json` by the TDM Reservation Protocol (W3C Community Group final report of 10 May 2024, sections
"TDM File on the Origin Server" and "Use of regular expressions").
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from glotmill.licensing.patterns import PathPattern, normalized, path_of
from glotmill.licensing.signals import MAX_RAW, Signal, reservation

PATH = "/.well-known/tdmrep.json"
MAX_BYTES = 512_000  # as for robots.txt; real files have under 2 kB
MAX_RULES = 5_000

_GIVEN = {"1": "1", "0": "0", "true": "1"}  # `true` can only be meant as a reservation; `false` is no protocol value


@dataclass(frozen=True, slots=True)
class TdmRule:
    """One entry: where, whether mining is reserved ("1", "0" or, after a protocol error, None), under which policy."""

    location: str
    pattern: PathPattern
    reserved: str | None
    policy: str


@dataclass(frozen=True, slots=True)
class TdmRules:
    """What a tdmrep.json says.

    Args:
        rules: in the order of the file.
        problem: why nothing or not everything could be read, in words; empty where all could.
    """

    rules: tuple[TdmRule, ...]
    problem: str

    def signals(self, url: str) -> tuple[Signal, ...]:
        """Return what the file says of one URL of its site.

        The report calls the first matching entry the most specific one. Where the longest says otherwise the file is
        ambiguous, and the one that reserves counts.
        """
        path = normalized(path_of(url))
        matching = [rule for rule in self.rules if rule.pattern.matches(path)]
        if not matching:
            return ()
        first, longest = matching[0], max(matching, key=lambda rule: rule.pattern.length)
        rule = longest if longest.reserved == "1" else first
        locus = f"tdmrep.json location {rule.location}"[:MAX_RAW]
        return tuple(reservation(rule.reserved or "", rule.policy, locus))


def parse_tdmrep(body: bytes) -> TdmRules:
    """Return the rules of a file; whatever is no JSON of the right shape gives none. Never raises.

    Args:
        body: the file as it came, without content codings.
    """
    if len(body) > MAX_BYTES:
        return TdmRules((), f"more than {MAX_BYTES} bytes")
    try:
        value = json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError) as error:
        return TdmRules((), f"not JSON: {error}"[:MAX_RAW])
    entries = value if isinstance(value, list) else [value]
    rules = tuple(_rules(entries[:MAX_RULES]))
    if len(entries) > MAX_RULES:
        return TdmRules(rules, f"more than {MAX_RULES} entries")
    return TdmRules(
        rules, "" if len(rules) == len(entries) else f"{len(entries) - len(rules)} entries without location"
    )


def _rules(entries: list[object]) -> Iterator[TdmRule]:
    for entry in entries:
        if not isinstance(entry, Mapping) or not isinstance(location := entry.get("location"), str):
            continue
        policy = entry.get("tdm-policy")
        yield TdmRule(
            location,
            PathPattern.of(location),
            _GIVEN.get(str(entry.get("tdm-reservation")).strip().lower()),
            policy if isinstance(policy, str) else "",
        )
