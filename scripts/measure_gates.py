"""Measures the quality gates: what share of real running prose the rule sets keep, and of real navigation they drop.

    python scripts/measure_gates.py                  # a table of all languages with test documents
    python scripts/measure_gates.py --write          # and raise the floors in tests/gates/floors.yaml to it, and say in
                                                     # each language's file whether it is proven
    python scripts/measure_gates.py --write --lower  # or lower them, which is a decision to explain in the commit

It reads what `make prose` fetched. Test documents are those of the sources that manifests/prose.yaml names for testing:
bounds may be calibrated on the others and never on these.
"""

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import yaml
from wrecks import KINDS, Wrecker

from glotmill.text.calibration.intervals import LEAST_DOCUMENTS, Share
from glotmill.text.rules import LanguageFile, bind, read_language, read_rule_set
from glotmill.text.scan import scan

ROOT = Path(__file__).resolve().parent.parent
PROSE = ROOT / ".cache/real/prose"
FLOORS = ROOT / "tests/gates/floors.yaml"
SETS = ("gopher_quality", "gopher_repetition", "fineweb_quality", "script", "damage")
FEWEST_WORDS = 100
MOST_WRECKS = 120  # documents of one language that are wrecked in one way, spread over all of them
# What a language must reach to be called proven: prose kept, wrecks dropped over all kinds and of each. The lower bound of
# what is kept is stated and held, too: 0.95 of 60 documents cannot show more than 0.86, of 500 they show 0.93.
KEPT, DROPPED, DROPPED_OF_EACH = 0.95, 0.9, 0.65
HEADER = """\
# What the gates hold each language to, measured and written by scripts/measure_gates.py: documents of running prose, the
# share of them that is kept and its Wilson lower bound (95 %), and the share of real navigation and of each kind of wrecked
# prose (scripts/wrecks.py) that is dropped. Proven is a language of which 0.95 is kept and 0.9 over all kinds is dropped,
# 0.65 of each kind at least; kinds with fewer than ten pages count for nothing.
"""


@dataclass(frozen=True)
class Gate:
    """What was measured of one language.

    Args:
        kept: test documents of at least 100 words that all rules keep.
        dropped: kind of wreck, `navigation` among them -> those dropped of those that it harms.
        reasons: why documents were dropped that should have been kept, most frequent first.
        missed: kind -> how a document of that kind begins that was kept; for people who mend bounds.
    """

    kept: Share
    dropped: Mapping[str, Share]
    reasons: tuple[tuple[str, int], ...]
    missed: Mapping[str, str]

    def floors(self) -> dict[str, int | float]:
        """Return what the gate holds, rounded down to two digits; a kind with too few documents holds nothing."""
        held = {"documents": self.kept.of, "share": _floor(self.kept.value), "kept": _floor(self.kept.low)}
        return held | {kind: _floor(share.value) for kind, share in self.dropped.items() if share.of >= LEAST_WRECKS}

    def proves(self) -> bool:
        """Tell whether the language may be called proven."""
        return proves(self.floors())


LEAST_WRECKS = 10


def proves(held: Mapping[str, int | float]) -> bool:
    """Tell whether what floors.yaml holds of a language proves it."""
    dropped = [share for kind, share in held.items() if kind in ("navigation", *KINDS)]
    return (
        held["documents"] >= LEAST_DOCUMENTS
        and held["share"] >= KEPT
        and sum(dropped) / len(dropped) >= DROPPED
        and min(dropped) >= DROPPED_OF_EACH
    )


def _floor(share: float) -> float:
    return float(np.floor(100 * share + 1e-9) / 100)


def project_files() -> dict[str, str]:
    """Return the files below filters/ by their path in the project."""
    return {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in (ROOT / "filters").rglob("*.yaml")}


def languages() -> dict[str, list[str]]:
    """Return the test sources of each language that has both prose and a language file."""
    split = yaml.safe_load((ROOT / "manifests/prose.yaml").read_text("utf-8"))["languages"]
    return {
        tag: list(found["test"])
        for tag, found in sorted(split.items())
        if (ROOT / f"filters/languages/{tag}.yaml").is_file()
    }


def prose(tag: str, patterns: Sequence[str]) -> list[str]:
    """Return the documents of a language that these entries of manifests/prose.yaml mean: `source` or `source/name*`."""
    wanted = [pattern if "/" in pattern else f"{pattern}/*" for pattern in patterns]
    return [
        row["text"]
        for row in _rows(PROSE / f"{tag}.jsonl")
        if any(fnmatchcase(f"{row['source']}/{row['name']}", pattern) for pattern in wanted)
    ]


def measure(tag: str, sources: Sequence[str], files: Mapping[str, str]) -> Gate | None:
    """Measure one language; None where it has too few test documents to say anything."""
    language = read_language(tag, files)
    if language is None:
        raise SystemExit(f"filters/languages/{tag}.yaml is missing")
    texts = [text for text in prose(tag, sources) if scan([text]).word_counts[0] >= FEWEST_WORDS]
    if len(texts) < LEAST_DOCUMENTS:
        return None
    reasons = reasons_of(language, texts, files)
    dropped: dict[str, Share] = {}
    missed: dict[str, str] = {}
    for kind, wrecked in _wrecked(language, texts).items():
        found = reasons_of(language, wrecked, files)
        dropped[kind] = Share(sum(reason is not None for reason in found), len(found))
        kept = [text[:200] for text, reason in zip(wrecked, found, strict=True) if reason is None]
        missed |= {kind: kept[0]} if kept else {}
    return Gate(Share(reasons.count(None), len(texts)), dropped, _ranked(reasons), missed)


def _ranked(reasons: Sequence[str | None]) -> tuple[tuple[str, int], ...]:
    found = Counter(reason for reason in reasons if reason is not None)
    return tuple(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def _wrecked(language: LanguageFile, texts: Sequence[str]) -> dict[str, list[str]]:
    other = "spa_Latn" if language.tag == "eng_Latn" else "eng_Latn"
    wrecker = Wrecker(language, tuple(row["text"] for row in _rows(PROSE / f"{other}.jsonl"))[:200])
    count = min(len(texts), MOST_WRECKS)
    chosen = [texts[place * len(texts) // count] for place in range(count)]
    found = {"navigation": [row["text"] for row in _rows(PROSE / "navigation" / f"{language.tag}.jsonl")]}
    for kind in KINDS:
        found[kind] = [text for text in (wrecker.wreck(kind, one) for one in chosen) if text is not None]
    return found


def _rows(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.is_file() else []


def reasons_of(language: LanguageFile, texts: Sequence[str], files: Mapping[str, str]) -> list[str | None]:
    """Return for each text the first reason to drop it that a rule of the gates gives, or None."""
    table = scan(texts)
    reasons: list[str | None] = [None] * len(table)
    for rule in (rule for name in SETS for rule in bind(read_rule_set(name, files), language)):
        for row in np.flatnonzero(rule.fails(rule.measure.compute(table, language.profile()))).tolist():
            reasons[row] = reasons[row] or rule.reason
    return reasons


def write_status(floors: Mapping[str, Mapping[str, int | float]]) -> None:
    """Say in every language's file whether its gate proves it."""
    for path in sorted((ROOT / "filters/languages").glob("*.yaml")):
        proven = path.stem in floors and proves(floors[path.stem])
        text = path.read_text("utf-8")
        path.write_text(re.sub(r"(?m)^status: \w+$", f"status: {'proven' if proven else 'unproven'}", text), "utf-8")


def main() -> int:
    """Print the table; return 1 where a floor would have to be lowered and nobody said so."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("languages", nargs="*", help="tags; all where none is given")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--lower", action="store_true")
    parser.add_argument("--missed", action="store_true", help="show a wreck of each kind that was kept")
    arguments = parser.parse_args()
    files = project_files()
    floors = yaml.safe_load(FLOORS.read_text("utf-8")) if FLOORS.is_file() else {}
    lowered = []
    columns = ("navigation", *KINDS)
    print(f"| language | documents | kept | at least | {' | '.join(columns)} | most frequent reasons | |")
    print(f"|{'---|' * (6 + len(columns))}")
    for tag, sources in languages().items():
        gate = measure(tag, sources, files) if not arguments.languages or tag in arguments.languages else None
        if gate is None:
            continue
        why = ", ".join(f"{reason} {count}" for reason, count in gate.reasons[:3])
        cells = [f"{gate.dropped[kind].value:.2f} of {gate.dropped[kind].of}" for kind in columns]
        proven = "proven" if gate.proves() else ""
        print(
            f"| {tag} | {gate.kept.of} | {gate.kept.value:.3f} | {gate.kept.low:.3f} | {' | '.join(cells)} | {why} | {proven} |",
            flush=True,
        )
        for kind, text in gate.missed.items() if arguments.missed else ():
            print(f"{kind}: {text!r}")
        found, known = gate.floors(), floors.get(tag, {})
        if any(found.get(name, 0.0) < floor for name, floor in known.items()) and not arguments.lower:
            lowered.append(tag)
        else:
            floors[tag] = found
    if lowered:
        print(f"below the floor: {', '.join(lowered)}; mend the bounds, or write with --lower", file=sys.stderr)
        return 1
    if arguments.write:
        write_status(floors)
        text = yaml.safe_dump(dict(sorted(floors.items())), default_flow_style=None, width=120, sort_keys=False)
        FLOORS.write_text(HEADER + text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
