"""How far a run is: what its receipts say is done, what its event log says is under way, and how to go on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from glotmill.core.errors import SettingsError
from glotmill.io import storage
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.receipts import Receipt, StepCount, add_counts, read_receipt
from glotmill.run.event_log import Attempt, last_attempt

State = Literal["running", "finished", "failed", "interrupted", "dead", "unknown"]
SINK: Final = "sink"


@dataclass(frozen=True, slots=True)
class PhaseStatus:
    """One phase, or one pass of a corpus step.

    Args:
        phase: `phase-0`, `phase-0 reduce`, `sink`.
        done: tasks with a valid receipt of this plan.
        total: tasks; None where the run has not come that far.
        documents: rows that its finished shards were handed; 0 of passes.
        kept: rows that they left.
        seconds: since the attempt that is under way, or was the last, began it; None where it did not.
        documents_per_second: of that attempt; None where nothing can be said yet.
        seconds_left: by the tasks that this attempt did; None where nothing can be said yet or it is over.
    """

    phase: str
    done: int
    total: int | None
    documents: int = 0
    kept: int = 0
    seconds: float | None = None
    documents_per_second: float | None = None
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True)
class StepStatus:
    """One step over the shards that are done.

    Args:
        worked: seconds that workers spent in it; None where no receipt says.
        documents_per_second: per worker.
    """

    step: str
    rows_in: int
    derived: int
    kept: int
    dropped: int
    quarantined: int
    worked: float | None
    documents_per_second: float | None


@dataclass(frozen=True, slots=True)
class Status:
    """How far a run is.

    Args:
        state: `dead`: its driver is gone without a word; `unknown`: there is no event log.
        attempt: `<start>-<id>` of the last attempt.
        begun: when that began, ISO 8601 in UTC.
        last: when it was last heard of.
        error: what ended it.
        missing: what is left to do, in words; empty of a finished run.
        advice: what to do now.
    """

    run: str
    state: State
    attempt: str | None
    begun: str | None
    last: str | None
    error: str
    phases: tuple[PhaseStatus, ...]
    steps: tuple[StepStatus, ...]
    missing: tuple[str, ...]
    advice: str


class Watcher:
    """Looks at one run again and again; a receipt that was read once is not read again.

    Args:
        folder: of the run.
    """

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._read: dict[tuple[str, str], tuple[int, Receipt | None]] = {}

    def look(self) -> Status:
        """Return how far the run is now.

        Raises:
            SettingsError: the folder holds no run.
        """
        folder, now = self._folder, datetime.now(UTC)
        attempt = last_attempt(folder)
        if not storage.exists(folder.join("plan.json")):
            message = f"{folder.address} holds no plan.json: is it the folder of a run (OUT/<name>/<version>)?"
            raise SettingsError(f"{message} One that has just begun is there once its inputs are listed")
        plan = folder.read_json("plan.json")
        finished = storage.exists(folder.join("manifest.json"))
        events = _phases_of(attempt)
        planned = plan["phases"][
            : len(plan["fingerprints"]) - 1
        ]  # behind them stand takedowns; the last print is the sink's
        prints = dict(zip(planned, plan["fingerprints"], strict=False))
        phases: list[PhaseStatus] = []
        steps: list[StepStatus] = []
        for name in plan["phases"]:
            receipts = [one for one in self._receipts(name) if one.plan == prints.get(name) or name not in prints]
            shards = [one for one in receipts if one.task.startswith("shard-")]
            counts = add_counts([one.counts for one in shards])
            total = int(plan["shards"]) if name in prints else len(shards)
            phases.append(_phase(name, len(shards), total, counts, events.get(name), attempt, now))
            phases += [
                _phase(label, int(said[-1].get("done", 0)), int(said[-1].get("total", 0)), (), said, attempt, now)
                for label, said in events.items()
                if label.startswith(f"{name} ")
            ]
            steps += _steps(counts, shards)
        said = events.get(SINK)
        parts = [one for one in self._receipts("phase-sink") if one.task.startswith("part-")]
        total_parts = int(said[-1].get("total", 0)) if said else len(parts) if finished else None
        phases.append(_phase(SINK, len(parts), total_parts, (), said, attempt, now))
        state = _state(attempt, finished=finished, now=now)
        end = None if attempt is None else attempt.end()
        missing = () if finished and state != "running" else tuple(_missing(phases, finished=finished))
        return Status(
            folder.address,
            state,
            None if attempt is None else attempt.name,
            None if attempt is None else attempt.begun,
            None if attempt is None else attempt.last,
            "" if end is None else str(end.get("error", "")),
            tuple(phases),
            tuple(steps),
            missing,
            _advice(state, folder, finished=finished),
        )

    def _receipts(self, phase: str) -> Iterator[Receipt]:
        address = self._folder.join(phase, "receipts")
        for name, size in storage.list_files(address) if storage.exists(address) else ():
            if not name.endswith(".json") or name.startswith("."):
                continue
            known = self._read.get((phase, name))
            if known is None or known[0] != size or known[1] is None:
                receipt = read_receipt(address, name.removesuffix(".json"))
                known = (size, None if receipt is None else _light(receipt))
                self._read[phase, name] = known
            if known[1] is not None:
                yield known[1]


def _light(receipt: Receipt) -> Receipt:
    """Return what a look needs of a receipt: there are as many as shards, and figures of parts alone are tens of kB each."""
    about = {"steps": receipt.about.get("steps", {})}
    return Receipt(receipt.plan, receipt.task, {}, counts=receipt.counts, about=about)


def _phases_of(attempt: Attempt | None) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for event in () if attempt is None else attempt.events:
        if event["kind"] in ("phase", "done") and isinstance(event.get("phase"), str):
            found.setdefault(event["phase"], []).append(event)
    return found


def _phase(
    name: str,
    done: int,
    total: int | None,
    counts: Sequence[StepCount],
    said: Sequence[Mapping[str, Any]] | None,
    attempt: Attempt | None,
    now: datetime,
) -> PhaseStatus:
    documents, kept = (counts[0].rows_in, counts[-1].kept) if counts else (0, 0)
    if not said or attempt is None:
        return PhaseStatus(name, done, total, documents, kept)
    over = total is not None and done >= total
    until = now if attempt.runs(now) and not over else datetime.fromisoformat(said[-1]["at"])
    seconds = max(0.0, (until - datetime.fromisoformat(said[0]["at"])).total_seconds())
    own = [event for event in said if event["kind"] == "done"]
    handed = sum(int(event["steps"][0].get("in", 0)) for event in own if event.get("steps"))
    rate = handed / seconds if handed and seconds else None
    left = None
    if own and seconds and total is not None and not over and attempt.runs(now):
        left = (total - done) * seconds / len(own)
    return PhaseStatus(
        name,
        done,
        total,
        documents,
        kept,
        round(seconds, 1),
        None if rate is None else round(rate, 1),
        None if left is None else round(left, 1),
    )


def _steps(counts: Sequence[StepCount], shards: Sequence[Receipt]) -> list[StepStatus]:
    worked: dict[str, float] = {}
    for receipt in shards:
        for step, seconds in receipt.about.get("steps", {}).items():
            worked[step] = worked.get(step, 0.0) + float(seconds)
    found = []
    for count in counts:
        seconds = worked.get(count.step)
        rate = round(count.rows_in / seconds, 1) if seconds else None
        own = (count.rows_in, count.derived, count.kept, count.dropped, count.quarantined)
        found.append(StepStatus(count.step, *own, None if seconds is None else round(seconds, 3), rate))
    return found


def _state(attempt: Attempt | None, *, finished: bool, now: datetime) -> State:
    if attempt is not None and attempt.runs(now):
        return "running"
    end = None if attempt is None else attempt.end()
    if end is not None and end.get("outcome") == "failed":
        return "failed"
    if end is not None and end.get("outcome") == "interrupted":
        return "interrupted"
    if finished:
        return "finished"
    return "unknown" if attempt is None else "dead"


def _missing(phases: Sequence[PhaseStatus], *, finished: bool) -> Iterator[str]:
    for phase in phases:
        if phase.total is None:
            yield f"{phase.phase}: not begun"
        elif phase.done < phase.total:
            yield f"{phase.phase}: {phase.total - phase.done:,} of {phase.total:,} tasks"
    if not finished:
        yield "manifest.json"


def _advice(state: State, folder: RunFolder, *, finished: bool) -> str:
    match state:
        case "running":
            return "nothing to do: it is at work"
        case "finished":
            return f"it is finished: glotmill verify {folder.address}"
        case "unknown":
            return (
                "no attempt left an event log; if no driver is at work, the command that began the run goes on with it"
            )
        case "failed" | "interrupted" | "dead" if finished:
            return "the corpus is whole; the same `glotmill run` command writes again what is derived from it"
        case _:
            return "the same `glotmill run` command goes on from here: finished tasks are not done again"
