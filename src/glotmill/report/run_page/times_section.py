"""The section on times and cost: what workers spent on each step. It alone differs between two runs of one plan."""

from typing import Final

from glotmill.report.run_page import markup
from glotmill.report.run_page.facts import Facts
from glotmill.report.run_page.markup import Cell, Section
from glotmill.report.translations import work

BEGIN: Final = "<!-- times begin: what is in here differs between two runs of one plan -->"
END: Final = "<!-- times end -->"
_HOUR: Final = 3600


def section(facts: Facts) -> Section:
    """Return the section, between the marks that say where it begins and ends."""
    steps: dict[str, float] = {}
    phases: dict[str, tuple[int, float]] = {}
    ended = ""
    for phase in (*facts.folder.phases(), "phase-sink"):
        for receipt in facts.folder.receipts(phase, ""):
            kind = receipt.task.partition("-")[0]
            name = phase if kind == "shard" else f"{phase} {kind}"
            tasks, seconds = phases.get(name, (0, 0.0))
            phases[name] = (tasks + 1, seconds + float(receipt.about.get("seconds", 0.0)))
            for step, own in receipt.about.get("steps", {}).items():
                steps[step] = steps.get(step, 0.0) + float(own)
            ended = max(ended, str(receipt.about.get("finished", "")))
    price = facts.options.worker_hour
    order = {count.step: place for place, count in enumerate(facts.counts)}
    handed = {count.step: count.rows_in for count in facts.counts}
    rows: list[tuple[Cell, ...]] = [
        (
            step,
            round(seconds, 1),
            handed.get(step),
            round(1000 * seconds / handed[step], 2) if handed.get(step) else None,
            _cost(seconds, price),
        )
        for step, seconds in sorted(steps.items(), key=lambda item: order.get(item[0], len(order)))
    ]
    body = [
        BEGIN,
        markup.paragraph(f"The last shard was finished {ended or 'at a time that nobody wrote down'}."),
        markup.table(("step", "seconds of workers", "documents in", "ms each", "cost"), rows, caption="Time by step"),
        markup.table(
            ("phase or pass", "tasks", "seconds of workers", "cost"),
            [(name, tasks, round(seconds, 1), _cost(seconds, price)) for name, (tasks, seconds) in phases.items()],
            caption="Time by phase",
        ),
    ]
    if price is None:
        body.append(markup.paragraph("Cost needs a price: glotmill report RUN --worker-hour 0.05."))
    body += [*_translations(facts), END]
    return Section("times", "Time and cost", "\n".join(body))


def _cost(seconds: float, price: float | None) -> float | None:
    return None if price is None else round(seconds / _HOUR * price, 4)


def _translations(facts: Facts) -> list[str]:
    found = work(facts.folder)
    if not found:
        return []
    columns = (
        "step", "engine", "from", "to", "documents", "words", "words/s of the engine", "requests", "answered from what was kept",
        "tokens in", "tokens out", "cost",
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (
            one.step,
            one.engine,
            one.source,
            one.target,
            one.documents,
            one.words,
            one.words_per_second,
            one.requests,
            one.cached,
            one.tokens_in,
            one.tokens_out,
            one.cost,
        )
        for one in found
    ]
    return [markup.table(columns, rows, caption="What translations took")]
