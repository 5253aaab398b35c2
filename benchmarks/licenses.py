"""License detection against trafilatura's on the same page shapes, and its speed on real pages.

    make bench-licenses
    make bench-licenses BENCH_ARGS="--json"

The shapes are those of tests/gates/license_shapes: written for this project after how real sites mark licenses, so the
figures are conformance to a specification of our own, not precision on the web.

* `conformance`: license, state, port and (where a shape names it) signal are right; `license alone` asks for the license only.
* `upgrades`: shapes on which a freer license or a stronger state comes out than is right.
* `conformance_trafilatura`: the license that trafilatura names, read by our table, is the right one, or it names none where none is
  right. It states no certainty, so this is to be compared with our `license alone`; `claims` are licenses it names where the page
  gives none, `freer` those that grant more than the right one.

Time is this process's own on real pages of 10 to 12 KB in 19 languages in batches of 256, the fastest of three passes, for screen,
evidence and decision: as they are, and with a license line in the footer of every page, which no screen can spare.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from trafilatura.metadata import extract_metadata
from trafilatura.utils import load_html

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "benchmarks")]

from gate import records, timed_pages  # noqa: E402
from license_shapes import Shape, difference, is_upgrade, read_shapes  # noqa: E402

from glotmill.licensing.decision import Judge  # noqa: E402
from glotmill.licensing.detection import Detector  # noqa: E402
from glotmill.licensing.expressions import Licensing  # noqa: E402
from glotmill.licensing.table import CLASSES, RESERVED, LicenseTable, load_table  # noqa: E402

PEER = "trafilatura"
LINE = (
    '<footer><a rel="license" href="https://creativecommons.org/licenses/by-sa/4.0/">CC BY-SA 4.0</a></footer></body>'
)
MEGABYTE = 1_000_000  # characters; larger shapes are attacks on time, which the peer is not asked to withstand
BATCH = 256


def by_trafilatura(shape: Shape, licensing: Licensing) -> tuple[str | None, str | None]:
    """Return what trafilatura names and how our table reads it; words that name no license we know count as none."""
    tree = load_html(shape.html)
    if tree is None:
        return None, None
    named = extract_metadata(tree).license
    return named, None if named is None else licensing.read(named).expression


def conformance(table: LicenseTable, shapes: Sequence[Shape]) -> dict[str, Any]:
    """Return for each group of shapes how many both sides read as they are meant."""
    detector, judge, licensing = Detector(table), Judge(table), Licensing(table)
    groups: dict[str, dict[str, int]] = {}
    wrong: list[str] = []
    upgrades = 0
    for shape in shapes:
        group = groups.setdefault(
            shape.group, dict.fromkeys(("shapes", "right", "license alone", PEER, "claims", "freer"), 0)
        )
        group["shapes"] += 1
        decision = judge.decide(detector.detect(shape.html, shape.headers))
        right_class = "unknown" if shape.license is None else licensing.class_of(shape.license)
        problem = difference(shape, decision)
        wrong += [] if problem is None else [problem]
        upgrades += is_upgrade(shape, decision, right_class)
        group["right"] += problem is None
        group["license alone"] += decision.license == shape.license
        if len(shape.html) > MEGABYTE:
            group[PEER] += shape.license is None
            continue
        expected = None if shape.license == RESERVED else shape.license
        _, read = by_trafilatura(shape, licensing)
        group[PEER] += read == expected
        group["claims"] += expected is None and read is not None
        freer = expected is not None and read is not None
        group["freer"] += freer and CLASSES.index(licensing.class_of(str(read))) < CLASSES.index(right_class)
    return {"groups": groups, "wrong": wrong, "upgrades": upgrades}


def speed(table: LicenseTable, *, repeat: int) -> dict[str, float]:
    """Return pages per second, with and without a license line in every page."""
    guide = [*records("installation-guide"), *records("installation-guide", ("english", "untranslated"))]
    pages = timed_pages(guide, 10_000, 12_000, 1_000)
    marked = [page.replace("</body>", LINE, 1) if "</body>" in page else page + LINE for page in pages]
    return {
        "pages": len(pages),
        "screened": float(Detector(table).candidates(pa.array(pages, pa.large_string())).mean()),
        "as they are": timing(table, pages, repeat),
        "all with a license": timing(table, marked, repeat),
    }


def timing(table: LicenseTable, pages: Sequence[str], repeat: int) -> float:
    """Return pages per second of process time, the fastest of some passes."""
    detector, judge = Detector(table), Judge(table)
    best = float("inf")
    for _ in range(repeat):
        started = time.process_time()
        for at in range(0, len(pages), BATCH):
            some = pages[at : at + BATCH]
            passed = detector.candidates(pa.array(some, pa.large_string()))
            for page, is_candidate in zip(some, passed, strict=True):
                judge.decide(detector.from_page(page) if is_candidate else [])
        best = min(best, time.process_time() - started)
    return len(pages) / best


def measure(*, repeat: int) -> dict[str, Any]:
    """Return everything that is printed."""
    table = load_table((ROOT / "manifests/licenses.yaml").read_text(encoding="utf-8"))
    shapes = read_shapes()
    found = conformance(table, shapes)
    total = {
        name: sum(group[name] for group in found["groups"].values()) for name in next(iter(found["groups"].values()))
    }
    speeds = speed(table, repeat=repeat)
    figures = {
        "conformance": round(total["right"] / total["shapes"], 4),
        "upgrades": found["upgrades"],
        "conformance_trafilatura": round(total[PEER] / total["shapes"], 4),
        "pages_per_s": round(speeds["as they are"]),
        "pages_per_s_all_licensed": round(speeds["all with a license"]),
        "conformance_license_alone": round(total["license alone"] / total["shapes"], 4),
        "claims_trafilatura": total["claims"],
    }
    languages = len({shape.language for shape in shapes})
    return {**found, "total": total, "languages": languages, "speeds": speeds, "figures": figures}


def show(found: dict[str, Any]) -> None:
    """Print tables."""
    print(f"{found['total']['shapes']} shapes in {found['languages']} languages\n")
    print("| shapes | of | right | license alone | trafilatura | claims where none is right | freer than right |")
    print("|---|---|---|---|---|---|---|")
    for name, row in [*found["groups"].items(), ("all", found["total"])]:
        cells = [row["shapes"], row["right"], row["license alone"], row[PEER], row["claims"], row["freer"]]
        print(f"| {name} | {' | '.join(map(str, cells))} |")
    for line in found["wrong"]:
        print(line)
    speeds = found["speeds"]
    print(f"\n| pages/s on {speeds['pages']} pages of 11 KB, {speeds['screened']:.0%} pass the screen | |\n|---|---|")
    for name in ("as they are", "all with a license"):
        print(f"| {name} | {speeds[name]:,.0f} |")
    print("\nfigures:", json.dumps(found["figures"]))


def main() -> None:
    """Print the tables, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    found = measure(repeat=arguments.repeat)
    print(json.dumps(found)) if arguments.json else show(found)


if __name__ == "__main__":
    main()
