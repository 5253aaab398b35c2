"""The extraction of main content: what the engines of the step `extract` find on gold pages, and what they cost.

    make bench-extract
    make bench-extract BENCH_ARGS="--json"

Gold pages are made by scripts/extraction: topics of the GNOME help and documents of running prose, in 24 languages,
put into twelve templates with menus, banners, teasers, comments and footers in the same language; and pages of Debian's handbook and
installation guide as they are, of which the element that holds the text is known. F1 is over shingles of four words,
and over runs of eight letters (scripts/extraction/score.py), averaged over pages; joiners and marks of direction count for nothing.

Bounds of the cascade were chosen on the part `seen`: half of the languages in half of the templates, and the handbook in
these languages. Of the part `unseen` they saw neither language nor template, nor the installation guide.

Engines run as steps of a recipe run them, in their sandbox. Time is that of all processes on the processor without
the start, in the same turn, the best of the turns. `trafilatura, own defaults` is the library called without the step.
"""

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import pyarrow as pa
import trafilatura

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from extraction import score  # noqa: E402
from extraction.gold import Gold, everything  # noqa: E402

from glotmill.core.steps import Batch, Resources, Scope  # noqa: E402
from glotmill.stages.extract import ExtractSpec  # noqa: E402

REAL = ROOT / ".cache/real"
OURS, PEER, DEFAULTS, FAST = "cascade", "trafilatura", "trafilatura, own defaults", "resiliparse"
ENGINES = (OURS, PEER, FAST)
SIDES = (OURS, PEER, DEFAULTS, FAST)
PARTS = ("all", "seen", "half", "unseen")
BATCH = 256


@dataclass(frozen=True)
class Measured:
    """What an engine found, and the best of its times."""

    texts: list[str]
    by: list[str]
    seconds: float


def processor_seconds() -> float:
    """Return the processor time of this process and of children that have ended."""
    kinds = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in kinds)


def batch(pages: Sequence[Gold]) -> Batch:
    return Batch(pa.record_batch({"html": pa.array([page.html for page in pages], pa.large_string())}))


def by_step(engine: str, pages: Sequence[Gold]) -> tuple[list[str], list[str], float]:
    """Return texts, who found each, and processor seconds of a step over pages."""
    start = processor_seconds()
    tags = tuple(sorted({page.language for page in pages}))
    step = ExtractSpec(name="extract", kind="extract", engine=engine).build(Resources(Scope(tags, ("web",))))
    texts: list[str] = []
    by: list[str] = []
    for at in range(0, len(pages), BATCH):
        rows = step(batch(pages[at : at + BATCH])).batch
        texts += [text or "" for text in rows.column("text").to_pylist()]
        names = rows.column("extractor").to_pylist() if "extractor" in rows.rows.schema.names else [engine] * len(rows)
        by += [name or "nobody" for name in names]
    step.close()
    return texts, by, processor_seconds() - start


def by_defaults(pages: Sequence[Gold]) -> tuple[list[str], list[str], float]:
    """Return the same of trafilatura as its own documentation calls it, without comments."""
    start = time.process_time()
    texts = [trafilatura.extract(page.html, include_comments=False) or "" for page in pages]
    return texts, [DEFAULTS] * len(pages), time.process_time() - start


def measured(pages: Sequence[Gold], *, repeat: int) -> dict[str, Measured]:
    """Return what each side finds, the sides taking turns."""
    calls: dict[str, Callable[[], tuple[list[str], list[str], float]]] = {
        engine: lambda engine=engine: by_step(engine, pages) for engine in ENGINES
    }
    calls[DEFAULTS] = lambda: by_defaults(pages)
    idle = {engine: min(by_step(engine, pages[:1])[2] for _ in range(2)) for engine in ENGINES}
    found: dict[str, Measured] = {}
    for _ in range(repeat):
        for side in SIDES:
            texts, by, seconds = calls[side]()
            seconds -= idle.get(side, 0.0)
            best = min(seconds, found[side].seconds) if side in found else seconds
            found[side] = Measured(texts, by, best)
            print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return found


def means(rows: Sequence[int], words: Sequence[score.Score], characters: Sequence[score.Score]) -> dict[str, float]:
    """Return the means of some pages' scores."""
    return {
        "words": round(fmean(words[row].f1 for row in rows), 4),
        "characters": round(fmean(characters[row].f1 for row in rows), 4),
        "precision": round(fmean(words[row].precision for row in rows), 4),
        "recall": round(fmean(words[row].recall for row in rows), 4),
    }


def grouped(pages: Sequence[Gold], part: str, key: Callable[[Gold], str]) -> dict[str, list[int]]:
    """Return the places of a part's pages by some property."""
    found: dict[str, list[int]] = {}
    for place, page in enumerate(pages):
        if part in ("all", page.seen):
            found.setdefault(key(page), []).append(place)
    return dict(sorted(found.items()))


def scored(pages: Sequence[Gold], found: Mapping[str, Measured]) -> dict[str, Any]:
    """Return F1 of each side by part, script and source."""
    gold = [page.text for page in pages]
    keys: dict[str, Callable[[Gold], str]] = {
        "total": lambda _: "all pages", "script": lambda page: page.script, "source": lambda page: page.source,
    }  # fmt: skip
    result: dict[str, Any] = {part: {name: {} for name in keys} for part in PARTS}
    for side, of in found.items():
        words, characters = score.by_words(of.texts, gold), score.by_characters(of.texts, gold)
        for part in PARTS:
            for name, key in keys.items():
                for value, rows in grouped(pages, part, key).items():
                    row = result[part][name].setdefault(value, {"pages": len(rows)})
                    row[side] = means(rows, words, characters)
    return result


def measure(pages: Sequence[Gold], *, repeat: int) -> dict[str, Any]:
    """Return everything that is printed."""
    found = measured(pages, repeat=repeat)
    result = scored(pages, found)
    speeds = {side: round(len(pages) / of.seconds, 1) for side, of in found.items()}
    by_script = result["all"]["script"]
    worst = min(by_script, key=lambda script: (by_script[script][OURS]["words"], script))
    by = found[OURS].by
    return {
        "pages": len(pages),
        "languages": len({page.language for page in pages}),
        "scores": result,
        "pages_per_s": speeds,
        "found_by": {engine: by.count(engine) for engine in sorted(set(by))},
        "figures": {
            "f1_min_script": by_script[worst][OURS]["words"],
            "f1_trafilatura_same_script": by_script[worst][PEER]["words"],
            "pages_per_s": speeds[OURS],
            "pages_per_s_trafilatura": speeds[PEER],
        },
    }


def write_floors(found: Mapping[str, Any], file: Path) -> None:
    """Write what the gates hold each script to: the F1 of words that was measured, less 0.01, on all gold pages."""
    lines = [
        "# What the gates hold the extraction of each script to: mean F1 of words of the engine `cascade` on the gold pages",
        '# (scripts/extraction), a hundredth less than `make bench-extract BENCH_ARGS="--floors FILE"` measured, and what',
        "# trafilatura had on them, below which no script may fall.",
    ]
    for script, row in found["scores"]["all"]["script"].items():
        floor = int(100 * row[OURS]["words"]) / 100 - 0.01
        lines.append(f"{script}: {{floor: {floor:.2f}, trafilatura: {row[PEER]['words']:.3f}, pages: {row['pages']}}}")
    file.write_text("\n".join([*lines, ""]), "utf-8")


def show(found: Mapping[str, Any]) -> None:
    """Print tables."""
    print(
        f"{found['pages']} pages in {found['languages']} languages; of the cascade {', '.join(f'{engine} {count:,}' for engine, count in found['found_by'].items())}\n"
    )
    head = " | ".join(SIDES)
    for part, name in (("all", "script"), ("unseen", "script"), ("all", "source")):
        print(f"| {name}, {part}: F1 of words / of characters | pages | {head} |\n|---|---|{'---|' * len(SIDES)}")
        for value, row in found["scores"][part][name].items():
            cells = (f"{row[side]['words']:.3f} / {row[side]['characters']:.3f}" for side in SIDES)
            print(f"| {value} | {row['pages']} | {' | '.join(cells)} |")
        print()
    print(f"| part: F1 of words, precision, recall | pages | {head} |\n|---|---|{'---|' * len(SIDES)}")
    for part in PARTS:
        (row,) = found["scores"][part]["total"].values()
        cells = (" ".join(f"{row[side][what]:.3f}" for what in ("words", "precision", "recall")) for side in SIDES)
        print(f"| {part} | {row['pages']} | {' | '.join(cells)} |")
    speeds = " | ".join(f"{found['pages_per_s'][side]:,.0f}" for side in SIDES)
    print(f"| pages/s of one core | {found['pages']} | {speeds} |")
    print("\nfigures:", json.dumps(found["figures"]))


def main() -> None:
    """Print the tables, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--floors", type=Path, help="write tests/gates/extraction_floors.yaml as well")
    parser.add_argument("--real", type=Path, default=REAL, help="the cache of `make real-data` and `make prose`")
    arguments = parser.parse_args()
    found = measure(everything(arguments.real), repeat=arguments.repeat)
    if arguments.floors is not None:
        write_floors(found, arguments.floors)
    print(json.dumps(found)) if arguments.json else show(found)


if __name__ == "__main__":
    main()
