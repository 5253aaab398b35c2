"""Identifiers of languages on the same real texts: right how often, wrong on large languages how often, how fast.

    make bench-identify                           # fetches the texts, then runs this
    make bench-identify BENCH_ARGS="--json"
    make bench-identify BENCH_ARGS="--fasttext glotlid=/models/glotlid.bin"

The texts are those that manifests/identification.yaml names for benchmarks: paragraphs of the Declaration of Human Rights,
stories, pages of an installation guide, and text in the ten largest languages of the web, on which another answer than
these ten is a false positive. Each is read whole and cut to its first 30, 60 and 120 characters. Languages are merged as
the manifest states, and scripts are not asked for: the text shows them. Speed is that of the fastest of three passes over
paragraphs of at most 120 characters, in batches of 1,000 in this process. An identifier that is not installed is left out,
and its figures are null.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from identification import measures, texts  # noqa: E402
from identification.identifiers import Judge, judge, open_all  # noqa: E402
from identification.split import Manifest, read_manifest  # noqa: E402
from identification.texts import Piece  # noqa: E402

LENGTHS: Mapping[str, int | None] = {"30": 30, "60": 60, "120": 120, "whole": None}
BATCH, SENTENCE = 1000, 120
HALF = 0.5  # from here on a language counts as found, and what is found as worth cleaning


def judged(asked: Judge, pieces: Sequence[Piece]) -> list[str]:
    """Return the answers for texts, asked in batches."""
    found: list[str] = []
    for start in range(0, len(pieces), BATCH):
        found += asked.judge([piece.text for piece in pieces[start : start + BATCH]])
    return found


def corpus(truth: Sequence[str], found: Sequence[str], own: Collection[str]) -> dict[str, float | int]:
    """Return how often an identifier is right on texts.

    Args:
        truth: the languages of the texts.
        found: its answers.
        own: languages that it knows.
    """
    known = [(right, label) for right, label in zip(truth, found, strict=True) if right in own]
    recalled = measures.recalls(truth, found)
    return {
        "accuracy": round(measures.accuracy(truth, found), 4),
        "macro_f1": round(measures.macro_f1(truth, found), 4),
        "accuracy_of_known": round(measures.accuracy(*zip(*known, strict=True)), 4) if known else 0.0,
        "languages_known": len(own & set(truth)),
        "languages_recalled": sum(recall >= HALF for recall in recalled.values()),
    }


def precision(
    recalled: Mapping[str, float], truth: Sequence[str], found: Sequence[str], shares: Mapping[str, float]
) -> dict[str, Any]:
    """Return what the mistakes on large languages leave of small ones.

    Args:
        recalled: of each language.
        truth: the languages of texts in large ones.
        found: the answers for them.
        shares: of the web.
    """
    smaller = {language: recall for language, recall in recalled.items() if language not in set(truth)}
    mistaken = measures.mistaken_for(truth, found)
    precisions = measures.predicted_precisions(smaller, mistaken, shares, texts=len(truth))
    seen, promised = (sorted(pair[side] for pair in precisions.values()) for side in (0, 1))
    return {
        "languages": len(precisions),
        "median": round(statistics.median(seen), 4) if seen else None,
        "at_least_half": sum(value >= HALF for value in seen),
        "at_least_half_promised": sum(value >= HALF for value in promised),
        "basque": [round(value, 4) for value in precisions["eus"]],
        "basque_false_positives": mistaken["eus"].count if "eus" in mistaken else 0,
    }


def speed(asked: Judge, pieces: Sequence[Piece], *, repeat: int) -> float:
    """Return texts per second of the fastest pass."""
    best = float("inf")
    asked.judge([piece.text for piece in pieces[:BATCH]])  # what is compiled or read at first use is not timed
    for _ in range(repeat):
        start = time.perf_counter()
        judged(asked, pieces)
        best = min(best, time.perf_counter() - start)
    return round(len(pieces) / best, 1)


def measure(manifest: Manifest, models: Mapping[str, Path], *, repeat: int) -> dict[str, Any]:
    """Return everything that is printed."""
    identifiers, missing = open_all(models)
    corpora = {"udhr": texts.udhr(manifest), "stories": texts.stories(manifest), "guide": texts.guide(manifest)}
    corpora = {name: pieces for name, pieces in corpora.items() if pieces} | {"largest": texts.largest(manifest)}
    truths = {name: [piece.language for piece in pieces] for name, pieces in corpora.items()}
    shares = texts.web_shares(manifest)
    rows: dict[str, Any] = {}
    for name, identifier in identifiers.items():
        asked = judge(identifier, manifest)
        rows[name] = {"labels": len(identifier.labels), "lengths": {}}
        for length, characters in LENGTHS.items():
            found = {at: judged(asked, texts.cut(pieces, characters)) for at, pieces in corpora.items()}
            recalled = measures.recalls(truths["udhr"], found["udhr"])
            rows[name]["lengths"][length] = {
                **{at: corpus(truths[at], answers, set(asked.languages)) for at, answers in found.items()},
                "false_positive_rate": round(measures.false_positive_rate(found["largest"], set(truths["largest"])), 5),
                "precision": precision(recalled, truths["largest"], found["largest"], shares),
            }
        rows[name]["sentences_per_s"] = speed(asked, texts.cut(corpora["udhr"], SENTENCE), repeat=repeat)
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    sizes = {at: [len(truth), len(set(truth))] for at, truth in truths.items()}
    return {"texts": sizes, "identifiers": rows, "missing": missing, "figures": figures(rows)}


def figures(rows: Mapping[str, Any]) -> dict[str, float | None]:
    """Return the figures: of whole paragraphs of the Declaration; the false positives are those of the ensemble."""

    def of(name: str, *path: str) -> float | None:
        found: Any = rows.get(name)
        for key in path:
            found = None if found is None else found[key]
        return found

    names = ("words", "ngrams", "ensemble", "lid176", "cld2")
    return {f"accuracy_{name}": of(name, "lengths", "whole", "udhr", "accuracy") for name in names} | {
        "false_positive_rate": of("ensemble", "lengths", "whole", "false_positive_rate"),
        "words_sentences_per_s": of("words", "sentences_per_s"),
    }


def show(found: Mapping[str, Any]) -> None:
    """Print tables."""
    for at, (count, languages) in found["texts"].items():
        print(f"{at}: {count:,} texts in {languages} languages")
    for name, why in found["missing"].items():
        print(f"left out: {name}: {why}")
    for at in found["texts"]:
        print(f"\n| {at} | accuracy: 30 | 60 | 120 | whole | macro F1 | languages known | recall of half |")
        print("|---|---|---|---|---|---|---|---|")
        for name, row in found["identifiers"].items():
            cells = [f"{row['lengths'][length][at]['accuracy']:.3f}" for length in LENGTHS]
            whole = row["lengths"]["whole"][at]
            cells += [f"{whole['macro_f1']:.3f}", str(whole["languages_known"]), str(whole["languages_recalled"])]
            print(f"| {name} | {' | '.join(cells)} |")
    print("\n| false positives | 30 | 60 | 120 | whole | precision of half | promised | Basque | sentences/s |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, row in found["identifiers"].items():
        cells = [f"{row['lengths'][length]['false_positive_rate']:.4f}" for length in LENGTHS]
        whole = row["lengths"]["whole"]["precision"]
        cells += [f"{whole['at_least_half']} of {whole['languages']}", str(whole["at_least_half_promised"])]
        cells += ["{} (at least {})".format(*whole["basque"]), f"{row['sentences_per_s']:,.0f}"]
        print(f"| {name} | {' | '.join(cells)} |")
    print("\nfigures:", json.dumps(found["figures"]))


def main() -> None:
    """Print the tables, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument(
        "--fasttext", action="append", default=[], metavar="NAME=PATH", help="another fastText model; may be repeated"
    )
    arguments = parser.parse_args()
    models = {name: Path(path) for name, _, path in (given.partition("=") for given in arguments.fasttext)}
    found = measure(read_manifest(ROOT / "manifests/identification.yaml"), models, repeat=arguments.repeat)
    print(json.dumps(found)) if arguments.json else show(found)


if __name__ == "__main__":
    main()
