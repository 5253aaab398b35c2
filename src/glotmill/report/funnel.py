"""The funnel: how many documents each step was handed, kept, dropped and why, in all and per language."""

from collections.abc import Sequence
from dataclasses import dataclass

from glotmill.provenance.receipts import StepCount


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """One step of a funnel, or one reason of a step where `reason` is given."""

    step: str
    reason: str | None
    rows_in: int | None
    kept: int | None
    dropped: int
    quarantined: int


def funnel(counts: Sequence[StepCount], *, language: str | None = None) -> list[FunnelRow]:
    """Return a row per step, each followed by a row per reason, most frequent first.

    Args:
        counts: a run's account.
        language: only rows of this language, as it was known when the step saw them; steps before language
            identification know none, so for them a language's funnel is empty.
    """
    rows: list[FunnelRow] = []
    for count in counts:
        reasons: dict[str, int] = {}
        for tag, row in count.reasons.items():
            if language is None or tag == language:
                for reason, number in row.items():
                    reasons[reason] = reasons.get(reason, 0) + number
        if language is None:
            rows.append(FunnelRow(count.step, None, count.rows_in, count.kept, count.dropped, count.quarantined))
        else:
            kept = count.kept_by_language.get(language, 0)
            gone = sum(reasons.values())
            if not kept and not gone:
                continue
            rows.append(FunnelRow(count.step, None, kept + gone, kept, gone, 0))
        ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
        rows.extend(FunnelRow(count.step, reason, None, None, number, 0) for reason, number in ordered)
    return rows


def languages(counts: Sequence[StepCount]) -> dict[str, int]:
    """Return the documents that the last step kept, per language, most first."""
    if not counts:
        return {}
    return dict(sorted(counts[-1].kept_by_language.items(), key=lambda item: (-item[1], item[0])))
