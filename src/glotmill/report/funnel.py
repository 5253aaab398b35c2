"""The funnel: how many documents each step was handed, kept, dropped and why, in all and per language."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow.parquet as pq

from glotmill.core.arrow import optional_texts
from glotmill.io import storage
from glotmill.licensing.sources import load_source, source_file
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.receipts import StepCount

By = Literal["source", "domain"]
NO_DOMAIN = "-"


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


@dataclass(frozen=True, slots=True)
class Gone:
    """How many documents of a group one step removed for one reason."""

    step: str
    reason: str
    documents: int


@dataclass(frozen=True, slots=True)
class Group:
    """What became of the documents of one source, or of all sources of one domain.

    Args:
        name: of the source or domain; `-` for sources whose manifest names no domain.
        documents: read and derived.
        kept: in the corpus, takedowns aside.
        gone: by step, in the order of the recipe, most frequent reason first.
    """

    name: str
    documents: int
    kept: int
    gone: tuple[Gone, ...]


def by_group(folder: RunFolder, by: By) -> tuple[Group, ...]:
    """Return what became of a finished run's documents by source or domain, sorted by name.

    It reads the ledger, and of the corpus one column. Memory is that of the distinct sources, steps and reasons.

    Raises:
        SettingsError: the folder holds no finished run.
    """
    kept: Counter[str] = Counter()
    for part in folder.parts():
        with storage.open_read(folder.join(part)) as stream:
            for batch in pq.ParquetFile(stream).iter_batches(columns=["source"]):
                kept.update(value or "" for value in optional_texts(batch.column(0)))
    gone: Counter[tuple[str, str, str]] = Counter()
    for batch in folder.ledger():
        columns = (optional_texts(batch.column(name)) for name in ("source", "step", "reason"))
        gone.update((source or "", step or "", reason or "") for source, step, reason in zip(*columns, strict=True))
    sources = {*kept, *(source for source, _, _ in gone)}
    names = {source: source for source in sources} if by == "source" else _domains(folder, sources)
    order = {count.step: place for place, count in enumerate(folder.counts())}
    return tuple(
        _group(name, [source for source in sources if names[source] == name], kept, gone, order)
        for name in sorted(set(names.values()))
    )


def _group(
    name: str,
    sources: Sequence[str],
    kept: Mapping[str, int],
    gone: Mapping[tuple[str, str, str], int],
    order: Mapping[str, int],
) -> Group:
    reasons: Counter[tuple[str, str]] = Counter()
    for (source, step, reason), number in gone.items():
        if source in sources:
            reasons[step, reason] += number
    ordered = sorted(reasons.items(), key=lambda item: (order.get(item[0][0], -1), -item[1], item[0]))
    stay = sum(kept.get(source, 0) for source in sources)
    rows = tuple(Gone(step, reason, number) for (step, reason), number in ordered)
    return Group(name, stay + sum(row.documents for row in rows), stay, rows)


def _domains(folder: RunFolder, sources: set[str]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for source in sources:
        file = source_file(source)
        address = folder.join("project", file)
        text = storage.read_bytes(address).decode() if storage.exists(address) else None
        found[source] = (load_source(text, file).domain if text is not None else None) or NO_DOMAIN
    return found
