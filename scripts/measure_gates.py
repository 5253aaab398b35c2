"""Measures the quality gates: what share of real running prose the rule sets keep, and of real navigation they drop.

    python scripts/measure_gates.py                  # a table of all languages with test documents
    python scripts/measure_gates.py --write          # and raise the floors in tests/gates/floors.yaml to it
    python scripts/measure_gates.py --write --lower  # or lower them, which is a decision to explain in the commit

It reads what `make prose` fetched. Test documents are those of the sources that manifests/prose.yaml names for testing:
bounds may be calibrated on the others and never on these.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from glotmill.text.calibration.intervals import LEAST_DOCUMENTS, Share
from glotmill.text.rules import bind, read_language, read_rule_set
from glotmill.text.scan import scan

ROOT = Path(__file__).resolve().parent.parent
PROSE = ROOT / ".cache/real/prose"
FLOORS = ROOT / "tests/gates/floors.yaml"
SETS = ("gopher_quality", "gopher_repetition", "fineweb_quality", "script")
FEWEST_WORDS = 100
HEADER = """\
# What the gates hold each language to, measured and written by scripts/measure_gates.py: the Wilson lower bound (95 %) of
# the share of running prose that is kept, and the share of real navigation that is dropped. Aims: 0.95 and 0.9.
"""


@dataclass(frozen=True)
class Gate:
    """What was measured of one language.

    Args:
        documents: test documents of at least 100 words.
        kept: of them.
        menus: texts of navigation.
        dropped: of them.
        reasons: why documents were dropped, most frequent first.
    """

    documents: int
    kept: int
    menus: int
    dropped: int
    reasons: tuple[tuple[str, int], ...]

    @property
    def lower(self) -> float:
        """Return the Wilson lower bound of the share kept, rounded down to two digits."""
        return np.floor(100 * Share(self.kept, self.documents).low) / 100

    @property
    def dropped_share(self) -> float:
        """Return the share of navigation dropped, rounded down to two digits."""
        return np.floor(100 * self.dropped / max(self.menus, 1)) / 100


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


def measure(tag: str, sources: Sequence[str], files: dict[str, str]) -> Gate | None:
    """Measure one language; None where it has too few test documents to say anything."""
    texts = _texts(PROSE / f"{tag}.jsonl", sources)
    reasons, words = _reasons(tag, texts, files)
    judged = [reason for reason, count in zip(reasons, words, strict=True) if count >= FEWEST_WORDS]
    if len(judged) < LEAST_DOCUMENTS:
        return None
    menus, _ = _reasons(tag, _texts(PROSE / "navigation" / f"{tag}.jsonl", None), files)
    dropped = [reason for reason in judged if reason is not None]
    ranked = sorted({(reason, dropped.count(reason)) for reason in dropped}, key=lambda pair: (-pair[1], pair[0]))
    return Gate(len(judged), len(judged) - len(dropped), len(menus), len(menus) - menus.count(None), tuple(ranked))


def _texts(path: Path, sources: Sequence[str] | None) -> list[str]:
    if not path.is_file():
        return []
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [row["text"] for row in rows if sources is None or row["source"] in sources]


def _reasons(tag: str, texts: Sequence[str], files: dict[str, str]) -> tuple[list[str | None], list[int]]:
    language = read_language(tag, files)
    if language is None:
        raise SystemExit(f"filters/languages/{tag}.yaml is missing")
    table = scan(texts)
    reasons: list[str | None] = [None] * len(table)
    for rule in (rule for name in SETS for rule in bind(read_rule_set(name, files), language)):
        for row in np.flatnonzero(rule.fails(rule.measure.compute(table, language.profile()))).tolist():
            reasons[row] = reasons[row] or rule.reason
    return reasons, table.word_counts.tolist()


def main() -> int:
    """Print the table; return 1 where a floor would have to be lowered and nobody said so."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--lower", action="store_true")
    arguments = parser.parse_args()
    files = project_files()
    floors = yaml.safe_load(FLOORS.read_text("utf-8")) if FLOORS.is_file() else {}
    lowered = []
    print("| language | documents | kept | lower bound | navigation dropped | most frequent reasons |")
    print("|---|---|---|---|---|---|")
    for tag, sources in languages().items():
        gate = measure(tag, sources, files)
        if gate is None:
            continue
        why = ", ".join(f"{reason} {count}" for reason, count in gate.reasons[:3])
        print(
            f"| {tag} | {gate.documents} | {gate.kept / gate.documents:.3f} | {gate.lower:.2f} "
            f"| {gate.dropped_share:.2f} of {gate.menus} | {why} |"
        )
        found = {"kept": float(gate.lower), "navigation_dropped": float(gate.dropped_share)}
        known = floors.get(tag, {})
        fallen = any(found[name] < known.get(name, 0.0) for name in found)
        if fallen and not arguments.lower:
            lowered.append(tag)
        else:
            floors[tag] = found
    if lowered:
        print(f"below the floor: {', '.join(lowered)}; mend the bounds, or write with --lower", file=sys.stderr)
        return 1
    if arguments.write:
        text = yaml.safe_dump(dict(sorted(floors.items())), default_flow_style=None)
        FLOORS.write_text(HEADER + text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
