"""Books: how many broken words come together right, and how well damage by scanners is told from prose, per language.

    make bench-books
    make bench-books BENCH_ARGS="--json --languages eus_Latn,khm_Khmr"

Prose is that of .cache/real/prose, documents for the test alone where manifests/prose.yaml names some, the first 3,000
characters of each.

Printing breaks its paragraphs into lines of 56 characters and its words between syllables (a consonant begins one if a vowel
follows), at hyphens of their own, or, in scripts that part no words, anywhere between two characters that a reader sees as
such; the spelling changes at the break where the language says so. What is printed with hyphens in Latin, Cyrillic, Greek and
Armenian is printed at spaces alone in other scripts that have some. Counted are words that a hyphen broke, right if the text
has as many of them again; hyphens of a word's own, kept; and all words, of those of the text before. A baseline takes every
hyphen at a line's end away and puts a space between lines.

A scanner mistakes a share of the letters: Latin, Cyrillic and Greek ones for those that look like them (scripts/wrecks.py),
others for letters of the same text; half of the marks that it mistakes are lost. AUC is the chance that a damaged document
has more of a measure than a sound one.
"""

import argparse
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from wrecks import misread  # noqa: E402

from glotmill.text.joining import join_lines  # noqa: E402
from glotmill.text.known_words import Vocabulary  # noqa: E402
from glotmill.text.measures import MEASURES  # noqa: E402
from glotmill.text.rules import profile  # noqa: E402
from glotmill.text.scan import scan  # noqa: E402
from glotmill.text.segment import words  # noqa: E402

PROSE = ROOT / ".cache/real/prose"
LANGUAGES = "eus_Latn,deu_Latn,hin_Deva,tha_Thai,khm_Khmr,arb_Arab,cmn_Hani,swh_Latn,tur_Latn"
DOCUMENTS, CHARACTERS, WIDTH = 120, 3000, 56
HYPHENATED = frozenset({"Latn", "Cyrl", "Grek", "Armn"})
UNSPACED = frozenset({"Thai", "Laoo", "Khmr", "Mymr", "Hani", "Jpan"})
VOWELS = frozenset("aeiouyàáâãäåæèéêëìíîïòóôõöøœùúûüýąęěıőűůаеёиоуыэюяіїєαεηιουωάέήίόύώ")
RATES = (0.02, 0.05, 0.1)
SHOWN = ("odd_word_share", "mixed_word_share", "single_letter_share", "intruder_ratio")


@dataclass
class Broken:
    """What printing did to words.

    Args:
        words: that a hyphen of the printer's broke.
        compounds: that were broken at a hyphen of their own.
    """

    words: Counter[str] = field(default_factory=Counter)
    compounds: Counter[str] = field(default_factory=Counter)


def documents(tag: str) -> list[str]:
    """Return test documents of a language, the same on every machine."""
    manifest = yaml.safe_load((ROOT / "manifests/prose.yaml").read_text("utf-8"))
    wanted = {name.partition("/")[0] for name in manifest["languages"].get(tag, {}).get("test", [])}
    rows = [json.loads(line) for line in (PROSE / f"{tag}.jsonl").read_text("utf-8").splitlines()]
    texts = [row["text"] for row in rows if row["source"] in wanted or not wanted]
    random.Random(tag).shuffle(texts)
    return [text[:CHARACTERS].rpartition(" ")[0] or text[:CHARACTERS] for text in texts[:DOCUMENTS]]


def syllables(word: str) -> Iterator[int]:
    """Yield where a word may be broken: before a consonant that a vowel follows, two letters or more on either side."""
    low = word.casefold()
    for place in range(2, len(word) - 1):
        opens = low[place].isalpha() and low[place] not in VOWELS and low[place + 1] in VOWELS
        if opens and low[:place].isalpha() and any(sign in VOWELS for sign in low[:place]):
            yield place


def hyphenated(tag: str, word: str, room: int, broken: Broken) -> tuple[str, str] | None:
    """Return both parts of a word as they are printed, the first no longer than the room, or None."""
    core = word.strip(".,;:!?()\"'»«„“”‚‘’…")
    own = [place + 1 for place, sign in enumerate(word[:-1]) if sign == "-" and 0 < place < room]
    if own and word[own[-1]].isalnum():
        broken.compounds[core] += 1
        return word[: own[-1]], word[own[-1] :]
    if tag.partition("_")[2] not in HYPHENATED:
        return None
    places = [place for place in syllables(word) if place < room]
    if not places:
        return None
    broken.words[core] += 1
    first, second = word[: places[-1]], word[places[-1] :]
    if tag == "hun_Latn" and second[:2] in ("sz", "gy", "ny", "cs", "ly", "ty", "zs") and first[-1:] == second[:1]:
        first += second[1]
    return f"{first}-", second


def printed(tag: str, text: str, broken: Broken) -> str:
    """Return a text as a narrow column prints it."""
    return "\n\n".join("\n".join(column(tag, block, broken)) for block in text.split("\n") if block.strip())


def column(tag: str, block: str, broken: Broken) -> Iterator[str]:
    """Yield the lines of a paragraph."""
    if tag.partition("_")[2] in UNSPACED:
        yield from characters(block)
        return
    line = ""
    for word in block.split():
        room = WIDTH - len(line)
        rest = word
        if len(word) > room:
            parts = hyphenated(tag, word, room - 1, broken)
            first, rest = parts or ("", word)
            yield f"{line}{first}".rstrip()
            line = ""
        line += f"{rest} "
    if line.strip():
        yield line.rstrip()


def characters(block: str) -> Iterator[str]:
    """Yield a paragraph of a script without spaces, cut between words that the segmenter knows or do not reach so far."""
    start = 0
    ends = [end for _, end in words(block)] + [len(block)]
    while start < len(block):
        fitting = [end for end in ends if start < end <= start + WIDTH]
        end = fitting[-1] if fitting else start + WIDTH
        yield block[start:end].strip()
        start = end


def tokens(tag: str, text: str) -> Counter[str]:
    """Return the words of a text, hyphens and all; of scripts without spaces those of the segmenter."""
    if tag.partition("_")[2] in UNSPACED:
        return Counter(text[start:end] for start, end in words(text))
    return Counter(word.strip(".,;:!?()\"'»«„“”‚‘’…") for word in text.split())


def restored(wanted: Counter[str], before: Counter[str], after: Counter[str]) -> int:
    """Return how many of these words the text has again."""
    return sum(max(0, count - max(0, before[word] - after[word])) for word, count in wanted.items())


def joining(tag: str, texts: Sequence[str]) -> dict[str, float]:
    """Return what comes right of the words of a language."""
    known = Vocabulary(tag)
    totals: Counter[str] = Counter()
    seconds = 0.0
    for text in texts:
        broken = Broken()
        damaged = printed(tag, text, broken)
        begun = time.process_time()
        joined = join_lines(damaged, tag, known=known, ends="blank_line").text
        seconds += time.process_time() - begun
        simple = re.sub(r"(?<!\n)\n(?!\n)", " ", re.sub(r"-\n(?!\n)", "", damaged))
        before = tokens(tag, text)
        for name, found in (("printed", damaged), ("joined", joined), ("simple", simple)):
            after = tokens(tag, found)
            totals[f"{name}_words"] += (before & after).total()
            totals[f"{name}_broken"] += restored(broken.words, before, after)
            totals[f"{name}_compounds"] += restored(broken.compounds, before, after)
        totals["words"] += before.total()
        totals["broken"] += broken.words.total()
        totals["compounds"] += broken.compounds.total()
        totals["characters"] += len(damaged)
    shares = {
        f"{name}_{what}": totals[f"{name}_{what}"] / totals[what]
        for name in ("printed", "joined", "simple")
        for what in ("words", "broken", "compounds")
        if totals[what]
    }
    return shares | {
        "broken": totals["broken"],
        "compounds": totals["compounds"],
        "mchar_per_s": totals["characters"] / 1e6 / max(seconds, 1e-9),
    }


def area(sound: Sequence[float], damaged: Sequence[float]) -> float:
    """Return the chance that a damaged document has the greater value; equal ones count half."""
    ordered = np.sort(np.asarray(sound))
    below = np.searchsorted(ordered, damaged, side="left")
    level = np.searchsorted(ordered, damaged, side="right") - below
    return float((below + level / 2).mean() / len(ordered))


def recognition(tag: str, texts: Sequence[str]) -> dict[str, float]:
    """Return the AUC of measures at each rate of mistaken letters."""
    own = profile((), language=tag)
    chance = random.Random(tag)
    sound = scan(list(texts))
    found = {}
    for rate in RATES:
        damaged = scan([misread(text, rate, chance) for text in texts])
        for name in SHOWN:
            compute = MEASURES[name].compute
            found[f"auc_{name}_{rate:g}"] = area(compute(sound, own).tolist(), compute(damaged, own).tolist())
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--languages", default=LANGUAGES)
    arguments = parser.parse_args()
    measured = {}
    for tag in arguments.languages.split(","):
        texts = documents(tag)
        measured[tag] = {"documents": len(texts), **joining(tag, texts), **recognition(tag, texts)}
        if not arguments.json:
            print(tag, " ".join(f"{name} {value:.3g}" for name, value in measured[tag].items()), flush=True)
    figures = {
        "words_right_min": min(one["joined_words"] for one in measured.values()),
        "auc_odd_words_min": min(one["auc_odd_word_share_0.05"] for one in measured.values()),
    }
    for tag, one in measured.items():
        figures |= {f"words_right_{tag}": one["joined_words"], f"auc_odd_words_{tag}": one["auc_odd_word_share_0.05"]}
    if arguments.json:
        print(json.dumps({"languages": measured, "figures": figures}, indent=1, sort_keys=True))


if __name__ == "__main__":
    main()
