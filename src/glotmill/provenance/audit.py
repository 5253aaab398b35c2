"""What an audit of the gate shows: how many pages in each language it lost, at most, and what recall that leaves."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from glotmill.provenance.receipts import StepCount
from glotmill.text.calibration.intervals import clopper_pearson

ALPHA: Final = 0.05
STRATA: Final = {"plain": "", "hinted": "_hinted"}
MISSED: Final = "gate.audit_missed_"  # and the language
_REJECTED, _CONFIRMED, _BREACH = "gate.no_target_language", "gate.audit_confirmed", "gate.audit_breach"


def audited_reasons(languages: Sequence[str]) -> frozenset[str]:
    """Return the reasons of rejects that were audited and judged, those that broke the extractor left out."""
    plain = (_CONFIRMED, *(f"{MISSED}{tag}" for tag in languages))
    return frozenset(f"{reason}{suffix}" for reason in plain for suffix in STRATA.values())


def audits(
    counts: Sequence[StepCount], steps: Sequence[Mapping[str, Any]], languages: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Return the findings of each audited gate, by the name of its step.

    Of each language: pages that the audit found rejected, by stratum; the pages lost that they stand for, sum over strata
    of rejects * missed / audited; a bound that those exceed with a chance of at most 5 % for one language, sum of rejects times the upper
    Clopper-Pearson bound at 0.05 / strata (Bonferroni), where a page that broke the extractor counts as missed;
    pages found, those that the first `identify` kept; and the recall that both leave. Where steps between the gate and
    `identify` drop pages for what is not their language, `permit` say, fewer are found than the gate let pass, and the recall is stated
    too low. A bound is stated even where it says nothing, as without a single audited page.

    Args:
        counts: of all steps of a run.
        steps: of its recipe, as JSON values.
        languages: of its recipe.
    """
    by_step = {count.step: count for count in counts}
    identifies = [step["name"] for step in steps if step["kind"] == "identify" and step["name"] in by_step]
    found = by_step[identifies[0]].kept_by_language if identifies else {}
    return {
        step["name"]: _audit(by_step[step["name"]], step["audit"], languages, found)
        for step in steps
        if step["kind"] == "gate" and step.get("audit") and step["name"] in by_step
    }


def _audit(
    count: StepCount, settings: Mapping[str, Any], languages: Sequence[str], found: Mapping[str, int]
) -> dict[str, Any]:
    strata = {}
    for name, suffix in STRATA.items():
        kinds = (_CONFIRMED, _BREACH, *(f"{MISSED}{tag}" for tag in languages))
        audited = sum(_total(count, f"{reason}{suffix}") for reason in kinds)
        strata[name] = {
            "rejected": audited + _total(count, f"{_REJECTED}{suffix}"),
            "audited": audited,
            "breaches": _total(count, f"{_BREACH}{suffix}"),
        }
    return {
        "share": settings["share"],
        "judge": settings["model"],
        "confidence": 1 - ALPHA,
        "strata": strata,
        "languages": {tag: _language(count, tag, strata, found.get(tag, 0)) for tag in languages},
    }


def _total(count: StepCount, reason: str) -> int:
    return sum(reasons.get(reason, 0) for reasons in count.reasons.values())


def _language(count: StepCount, tag: str, strata: Mapping[str, Mapping[str, int]], found: int) -> dict[str, Any]:
    missed = {name: _total(count, f"{MISSED}{tag}{suffix}") for name, suffix in STRATA.items()}
    lost = most = 0.0
    for name, of in strata.items():
        if not of["rejected"]:
            continue
        if of["audited"] == of["rejected"]:  # all are known
            lost, most = lost + missed[name], most + missed[name] + of["breaches"]
            continue
        lost += of["rejected"] * missed[name] / of["audited"] if of["audited"] else 0.0
        _, share = clopper_pearson(missed[name] + of["breaches"], of["audited"], alpha=ALPHA / len(strata))
        most += of["rejected"] * share
    return {
        "found": found,
        "missed_in_audit": missed,
        "lost": round(lost, 1),
        "lost_at_most": round(most, 1),
        "recall": round(found / (found + lost), 4) if found + lost else None,
        "recall_at_least": round(found / (found + most), 4) if found + most else None,
    }
