"""The gate against the obvious alternative on the same real pages and one core: what it lets pass, and how fast.

    make bench-gate
    make bench-gate BENCH_ARGS="--json"

The alternative takes all text of a page by resiliparse and asks lid.176 for its language; a page passes where the
target has a probability of at least 0.3, or is the likeliest, whichever is easier. The gate runs as a recipe with
one target runs it, for each target anew, once more for all of them at once, and once for the language of all pages that
no list of words covers.

Pages of the gate's calibration (the Debian handbook and the prose that manifests/prose.yaml names for calibration) are not
read here. Recall is over

* `pure`: test documents of manifests/prose.yaml as pages, whole and cut to 300 characters, and the native pages of the
  installation guide;
* `mixed`: a test document of 400 characters or more in the middle of a Spanish page of the installation guide that has eight times as
  much text, at most 60 for each target.

False passes are pages of the installation guide, in 19 languages, and of the Declaration of Human Rights, in several hundred, that are not
in the target or in a language that the table of words takes for its close kin. Bounds are exact ones at 95 % (Clopper and Pearson).
Time is this process's own on real pages of 10 to 12 KB in 19 languages, and on such pages joined to 128 KB, in batches of
256 and of 32, the fastest of three passes.
"""

import argparse
import json
import random
import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml
from fastwarc.warc import ArchiveIterator
from resiliparse.extract.html2text import extract_plain_text

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from measure_gates import prose  # noqa: E402

from glotmill.core.steps import Batch, Resources, Scope  # noqa: E402
from glotmill.stages.gate import Gate, GateSpec  # noqa: E402
from glotmill.text.calibration.intervals import clopper_pearson  # noqa: E402
from glotmill.text.identification import word_table  # noqa: E402
from glotmill.text.identification.fasttext import open_model  # noqa: E402
from glotmill.text.tags import matches  # noqa: E402
from glotmill.text.visible import visible_text  # noqa: E402

REAL = ROOT / ".cache/real"
MODEL = ROOT / ".cache/models/lid176/lid.176.ftz"
# High, middle and low coverage by the table of words; the script alone decides Hebrew, Greek, Thai, Khmer and Chinese.
TARGETS = (
    "eus_Latn", "deu_Latn", "tur_Latn", "cym_Latn", "hau_Latn", "swh_Latn", "glg_Latn", "hin_Deva", "arb_Arab",
    "ukr_Cyrl", "heb_Hebr", "ell_Grek", "tha_Thai", "khm_Khmr", "cmn_Hani",
)  # fmt: skip
UNCOVERED = "hrv_Latn"
SPANISH = "spa_Latn"
MOST, TIMES, SHORT, SHORTEST = 60, 8, 300, 400
LESS = (1, 2, 4)  # times as much Spanish: where the alternative begins to fail
LARGE = 128_000  # bytes
LEAST_PROBABILITY = 0.3
ALPHA = 0.05
SIZES = {"11kb": (10_000, 12_000, 1_000, 256), "128kb": (128_000, 128_000, 128, 32)}
PEER = "resiliparse_lid176"

Passes = Callable[[Sequence[str]], list[bool]]


@dataclass(frozen=True)
class Page:
    """A page of which the language is known."""

    html: str
    language: str


def records(source: str, kinds: Iterable[str] = ("native",)) -> list[Page]:
    """Return real pages in order; those of an untranslated kind are English."""
    truth = {
        row["url"]: row for row in map(json.loads, (REAL / "truth.jsonl").read_text(encoding="utf-8").splitlines())
    }
    found = []
    for file in sorted((REAL / "warc" / source).glob("*.warc.gz")):
        with file.open("rb") as stream:
            for record in ArchiveIterator(stream, parse_http=True):
                row = truth[record.headers["WARC-Target-URI"]]
                if row["kind"] in kinds:
                    body = record.reader.read().decode("utf-8", "replace")
                    found.append(Page(body, row["language"] if row["kind"] == "native" else "eng_Latn"))
    return found


def as_page(text: str) -> str:
    """Return a text as a page of paragraphs."""
    paragraphs = "".join(f"<p>{line}</p>\n" for line in text.split("\n") if line)
    return f"<!DOCTYPE html><html><head><meta charset=utf-8><title>-</title></head><body><main>{paragraphs}</main></body></html>"


def within(html: str, text: str) -> str:
    """Return a page with a text in its middle."""
    ends = [match.end() for match in re.finditer(r"</p>", html)]
    middle = min(ends, key=lambda end: abs(end - len(html) // 2))
    return f"{html[:middle]}<p>{text}</p>{html[middle:]}"


def documents(tag: str) -> list[str]:
    """Return at most so many test documents of a language, evenly spaced."""
    sources = yaml.safe_load((ROOT / "manifests/prose.yaml").read_text("utf-8"))["languages"][tag]["test"]
    texts = [text for text in prose(tag, sources) if len(text) >= SHORTEST]
    return texts[:: max(1, len(texts) // MOST)][:MOST]


def mixed(tag: str, spanish: Sequence[str], times: int = TIMES) -> list[Page]:
    """Return pages with several times as much Spanish as text of the target."""
    found = []
    draw = random.Random(tag)
    texts = documents(tag)
    for number, text in enumerate(texts):
        around = draw.choice(spanish)
        wanted = max(SHORTEST // 2, len(visible_text(around)) // times)
        part = text
        following = number
        while len(part) < wanted:
            following += 1
            part = f"{part}\n{texts[following % len(texts)]}"
        found.append(Page(within(around, part[:wanted].replace("\n", " ")), tag))
    return found


def large(spanish: Sequence[str]) -> list[str]:
    """Return Spanish pages of 128 KB, each of several."""
    draw = random.Random(LARGE)
    found = []
    for _ in range(8):
        page = ""
        while len(page) < LARGE:
            page += draw.choice(spanish)
        found.append(page[:LARGE])
    return found


def pure(tag: str, guide: Sequence[Page]) -> list[Page]:
    """Return pages in nothing but the target."""
    texts = documents(tag)
    own = [page for page in guide if page.language == tag]
    return [Page(as_page(part), tag) for text in texts for part in (text, text[:SHORT])] + own


def gate(targets: Sequence[str]) -> Gate:
    """Return the step as a recipe builds it."""
    return GateSpec(name="gate", kind="gate").build(Resources(Scope(tuple(targets), ("web",))))


def batch(pages: Sequence[str]) -> Batch:
    """Return pages as the engine hands them on."""
    nothing = pa.nulls(len(pages), pa.string())
    columns = {"html": pa.array(pages, pa.large_string()), "url": nothing, "http_headers": nothing}
    return Batch(pa.record_batch(columns))


def by_gate(targets: Sequence[str]) -> Passes:
    """Return what the gate lets pass."""
    step = gate(targets)

    def passes(pages: Sequence[str]) -> list[bool]:
        found: list[bool] = []
        for at in range(0, len(pages), 256):
            found += [reason is None for reason in step(batch(pages[at : at + 256])).reasons.to_pylist()]
        return found

    return passes


def by_peer(targets: Sequence[str]) -> Passes:
    """Return what the alternative lets pass."""
    predict, labels = open_model(MODEL)
    wanted = {label for label in labels if any(matches(label, tag) for tag in targets)}

    def passes(pages: Sequence[str]) -> list[bool]:
        found = []
        for page in pages:
            predictions = predict(extract_plain_text(page).replace("\n", " "))
            best = predictions[0][0] if predictions else ""
            likely = {label for label, probability in predictions if probability >= LEAST_PROBABILITY}
            found.append(bool(wanted & (likely | {best})))
        return found

    return passes


SIDES = {"gate": by_gate, PEER: by_peer}


def share(found: Sequence[bool]) -> dict[str, Any]:
    """Return a share and its exact lower bound."""
    low, _ = clopper_pearson(sum(found), len(found), alpha=ALPHA)
    return {"of": len(found), "share": round(sum(found) / max(1, len(found)), 4), "low": round(low, 4)}


def kin(target: str) -> frozenset[str]:
    """Return the languages that are close kin of a target, itself among them."""
    groups = {record.tag: record.group for record in word_table.shipped().records}
    group = groups.get(target, "")
    return frozenset({target, *(tag for tag, of in groups.items() if group and of == group)})


def timing(passes: Passes, pages: Sequence[str], size: int, *, repeat: int) -> float:
    """Return pages per second of the fastest pass."""
    passes(pages[:size])  # what is compiled or read at first use is not timed
    best = float("inf")
    for _ in range(repeat):
        start = time.process_time()
        for at in range(0, len(pages), size):
            passes(pages[at : at + size])
        best = min(best, time.process_time() - start)
    return round(len(pages) / best, 1)


def timed_pages(guide: Sequence[Page], smallest: int, largest: int, most: int) -> list[str]:
    """Return pages of a size, in all languages; where none is so large, several in one language are joined."""
    fitting = [page.html for page in guide if smallest <= len(page.html.encode()) <= largest]
    if len(fitting) >= most // 4:
        return (fitting * (most // len(fitting) + 1))[:most]
    found: list[str] = []
    for language in sorted({page.language for page in guide}):
        body = "".join(page.html for page in guide if page.language == language).encode()
        found += [body[at : at + largest].decode("utf-8", "ignore") for at in range(0, len(body) - largest, largest)]
    random.Random(1).shuffle(found)
    return found[:most]


def more_and_less(spanish: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the recall on pages with more or less Spanish text around, over all targets."""
    further: dict[str, dict[str, Any]] = {}
    kinds = {f"{times} times": (spanish, times) for times in LESS}
    kinds |= {f"128 KB, {times} times": (large(spanish), times) for times in (TIMES, 8 * TIMES)}
    for name, (around, times) in kinds.items():
        found: dict[str, list[bool]] = {side: [] for side in SIDES}
        for target in TARGETS:
            pages = [page.html for page in mixed(target, around, times)]
            for side, build in SIDES.items():
                found[side] += build((target,))(pages)
        further[name] = {side: share(of) for side, of in found.items()}
    return further


def speed(pages_of_guide: Sequence[Page], *, repeat: int) -> dict[str, dict[str, float]]:
    """Return pages per second by size and side."""
    speeds: dict[str, dict[str, float]] = {}
    for name, (smallest, largest, most, size) in SIZES.items():
        pages = timed_pages(pages_of_guide, smallest, largest, most)
        speeds[name] = {
            "pages": len(pages),
            "gate": timing(by_gate(TARGETS[:1]), pages, size, repeat=repeat),
            "gate, all targets": timing(by_gate(TARGETS), pages, size, repeat=repeat),
            PEER: timing(by_peer(TARGETS[:1]), pages, size, repeat=repeat),
        }
    return speeds


def measure(*, repeat: int) -> dict[str, Any]:
    """Return everything that is printed."""
    guide, declaration = records("installation-guide"), records("udhr")
    english = records("installation-guide", ("english", "untranslated"))
    spanish = [
        page.html for page in guide if page.language == SPANISH and 3_000 <= len(visible_text(page.html)) <= 40_000
    ]
    rows: dict[str, Any] = {}
    totals: dict[str, dict[str, list[bool]]] = {side: {"pure": [], "mixed": [], "false": []} for side in SIDES}
    records_of = {record.tag: record for record in word_table.shipped().records}
    everything: dict[str, list[Page]] = {"pure": [], "mixed": []}
    for target in (*TARGETS, UNCOVERED):
        own = kin(target)
        foreign = [
            page for page in (*guide, *english, *declaration) if page.language not in own and page.language != "und"
        ]
        sets = {"pure": pure(target, guide), "mixed": mixed(target, spanish), "false": foreign}
        rows[target] = {"coverage": records_of[target].coverage}
        for side, build in SIDES.items():
            passes = build((target,))
            rows[target][side] = {}
            for name, pages in sets.items():
                found = passes([page.html for page in pages])
                rows[target][side][name] = share(found)
                if target != UNCOVERED:
                    totals[side][name] += found
        if target != UNCOVERED:
            for name in everything:
                everything[name] += sets[name]
        print(".", end="", file=sys.stderr, flush=True)
    at_once = {
        side: {name: share(build(TARGETS)([page.html for page in pages])) for name, pages in everything.items()}
        for side, build in SIDES.items()
    }
    speeds = speed([*guide, *english], repeat=repeat)
    further = more_and_less(spanish)
    print(file=sys.stderr)
    total = {side: {name: share(found) for name, found in of.items()} for side, of in totals.items()}
    figures = {
        "pages_per_s_11kb": speeds["11kb"]["gate"],
        "pages_per_s_128kb": speeds["128kb"]["gate"],
        "recall": total["gate"]["mixed"]["share"],
        "recall_lower_bound": total["gate"]["mixed"]["low"],
        "false_pass": total["gate"]["false"]["share"],
        "pages_per_s_resiliparse_lid176": speeds["11kb"][PEER],
        "pages_per_s_resiliparse_lid176_128kb": speeds["128kb"][PEER],
        "recall_resiliparse_lid176": total[PEER]["mixed"]["share"],
        "false_pass_resiliparse_lid176": total[PEER]["false"]["share"],
    }
    languages = len({page.language for page in (*guide, *english, *declaration)} - {"und"})
    return {
        "targets": rows,
        "total": total,
        "at_once": at_once,
        "further": further,
        "speeds": speeds,
        "languages": languages,
        "figures": figures,
    }


def show(found: Mapping[str, Any]) -> None:
    """Print tables."""
    print("| target | own words in 100 | side | pure | mixed (at least) | pages | false pass | pages |")
    print("|---|---|---|---|---|---|---|---|")
    lines = [*found["targets"].items(), ("all but the last", {"coverage": None, **found["total"]})]
    for target, row in lines:
        for side in ("gate", PEER):
            of = row[side]
            cells = [f"{of['pure']['share']:.3f}", f"{of['mixed']['share']:.3f} ({of['mixed']['low']:.3f})"]
            cells += [str(of["mixed"]["of"]), f"{of['false']['share']:.4f}", str(of["false"]["of"])]
            coverage = "" if row["coverage"] is None else row["coverage"]
            print(f"| {target} | {coverage} | {side} | {' | '.join(cells)} |")
    print("\n| all targets in one recipe | pure | mixed (at least) |\n|---|---|---|")
    for side, of in found["at_once"].items():
        print(f"| {side} | {of['pure']['share']:.3f} | {of['mixed']['share']:.3f} ({of['mixed']['low']:.3f}) |")
    print("\n| more or less Spanish around | gate (at least) | resiliparse_lid176 (at least) |\n|---|---|---|")
    for name, of in found["further"].items():
        cells = [f"{of[side]['share']:.3f} ({of[side]['low']:.3f})" for side in ("gate", PEER)]
        print(f"| {name} | {' | '.join(cells)} |")
    print("\n| pages/s | 11 KB | 128 KB |\n|---|---|---|")
    for side in ("gate", "gate, all targets", PEER):
        print(f"| {side} | {found['speeds']['11kb'][side]:,.0f} | {found['speeds']['128kb'][side]:,.0f} |")
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
