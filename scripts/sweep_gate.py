"""Sweep the constants of the gate on its calibration pages; the benchmark reads others.

Run `.venv/bin/python scripts/sweep_gate.py` after `make real-warc prose`. Read are the Debian handbook and the prose that
manifests/prose.yaml names for calibration. For each setting and for each bound above the logarithm of the page's words it
prints, as means over the languages of the prose: recall on 300 and on 1,000 characters of prose, and on 400 and
1,000 characters within eight times as much Spanish; that recall of five languages that the table covers badly; pages in other
languages that pass, and those of them in close kin; recall and false passes where no word of the target is in the table.
"""

import argparse
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from build_words import prose_of, prose_tags
from fastwarc.warc import ArchiveIterator

from glotmill.text.identification import blocks, word_table
from glotmill.text.scan import Words, scan
from glotmill.text.visible import visible_text

ROOT = Path(__file__).resolve().parent.parent
REAL = ROOT / ".cache" / "real"
WEAK = ("spa_Latn", "glg_Latn", "dan_Latn", "slk_Latn", "ind_Latn")
BOUNDS = (2, 3, 4, 6)
MOST, TIMES = 40, 8
# loss, close, cost at most, gain of an unclaimed word
SETTINGS = (
    (2.0, 0.7, 0.6, 0.4),
    (2.0, 0.7, 0.2, 0.4),
    (1.5, 0.7, 0.2, 0.6),
    (2.0, 0.85, 0.2, 0.6),
    (2.0, 0.85, 0.1, 0.8),
    (1.5, 0.85, 0.2, 0.8),
    (3.0, 0.85, 0.2, 0.8),
)


@dataclass(frozen=True)
class Text:
    """A text of a kind in a language."""

    text: str
    language: str
    kind: str


def handbook() -> Iterator[Text]:
    """Yield the text of the handbook's pages, by the language that they are in."""
    truth = {row["url"]: row for row in map(json.loads, (REAL / "truth.jsonl").read_text("utf-8").splitlines())}
    for file in sorted((REAL / "warc/debian-handbook").glob("*.warc.gz")):
        with file.open("rb") as stream:
            for record in ArchiveIterator(stream, parse_http=True):
                row = truth[record.headers["WARC-Target-URI"]]
                if row["kind"] in {"native", "untranslated", "english"}:
                    text = visible_text(record.reader.read().decode("utf-8", "replace"))
                    yield Text(text, row["language"] if row["kind"] == "native" else "eng_Latn", "page")


def texts() -> list[Text]:
    """Return all texts."""
    draw = random.Random(7)
    pages = list(handbook())
    spanish = [page.text for page in pages if page.language == "spa_Latn" and len(page.text) > 5_000]
    found = draw.sample(pages, 1_500)
    for tag in prose_tags():
        documents = prose_of(tag, "calibration")
        draw.shuffle(documents)
        for size in (300, 1_000, 4_000):
            some = [document[:size] for document in documents if len(document) >= size // 2][:MOST]
            found += [Text(text, tag, f"pure {size}") for text in some]
        for size in (400, 1_000):
            for document in [document for document in documents if len(document) >= size][:MOST]:
                around = "\n".join(draw.sample(spanish, len(spanish)))[: TIMES * size]
                half = around.find("\n", len(around) // 2)
                text = f"{around[:half]}\n{document[:size]}\n{around[half:]}"
                found.append(Text(text, tag, f"mixed {size}"))
    return found


def report(
    found: Sequence[Text], evidence: npt.NDArray[np.float64], finder: blocks.BlockFinder, bound: float
) -> Mapping[str, float]:
    """Return the means at a bound."""
    groups = {record.tag: record.group for record in word_table.shipped().records}
    languages, kinds = np.array([text.language for text in found]), np.array([text.kind for text in found])
    whole = np.isin(kinds, ["page", "pure 1000", "pure 4000"])
    rows: dict[str, list[float]] = {}
    for column, (tag, mode) in enumerate(zip(finder.targets, finder.modes, strict=True)):
        if tag == "eng_Latn":  # English stands on pages in every language
            continue
        passed = evidence[:, column] >= bound
        group = groups.get(tag)
        kin = np.array([bool(group) and groups.get(language) == group for language in languages])
        own = languages == tag
        question = "unclaimed " if mode == "unclaimed" else ""
        for kind in ("pure 300", "pure 1000", "mixed 400", "mixed 1000"):
            if (own & (kinds == kind)).any():
                recall = float(passed[own & (kinds == kind)].mean())
                rows.setdefault(f"{question}{'recall' if question else kind}", []).append(recall)
                if tag in WEAK:
                    rows.setdefault("weak", []).append(recall)
        rows.setdefault(f"{question}false", []).append(float(passed[whole & ~own & ~kin].mean()))
        if kin[~own].any():
            rows.setdefault("kin", []).append(float(passed[whole & ~own & kin].mean()))
    return {name: float(np.mean(values)) for name, values in rows.items()}


def sweep(found: Sequence[Text], words: Words) -> None:
    """Print a line for each setting and bound."""
    for loss, close, cost, unclaimed in SETTINGS:
        blocks._LOSS, blocks._CLOSE, blocks._UNCLAIMED = loss, close, unclaimed  # noqa: SLF001
        blocks._COSTS = (min(0.05, cost), cost)  # noqa: SLF001
        finder = blocks.BlockFinder(prose_tags(), word_table.shipped())
        best = finder.find(words)
        evidence = best.evidence - np.log(np.maximum(best.words, 1))[:, None]
        print(f"loss {loss}, close {close}, cost {cost}, unclaimed {unclaimed}")
        for bound in BOUNDS:
            means = report(found, evidence, finder, bound)
            print(f"  bound {bound}:", ", ".join(f"{name} {value:.4f}" for name, value in means.items()))


def main() -> None:
    """Sweep."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    found = texts()
    print(f"{len(found)} texts in {len({text.language for text in found})} languages")
    sweep(found, scan([text.text for text in found]).words)


if __name__ == "__main__":
    main()
