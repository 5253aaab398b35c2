"""Real documents of 3 KB in many languages, as tokens in plain Python, to copy them with so much changed and no more."""

import json
import random
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from glotmill.dedup.folds import UNSPACED, normalize
from glotmill.dedup.minhash import MinhashDedupSpec

PROSE = Path(__file__).resolve().parent.parent / ".cache/real/prose"
SPEC = MinhashDedupSpec(name="near", kind="minhash_dedup")
BYTES = 3_000
# Languages that datatrove's tokenizers in the peers' environment can read, and others that only our side is measured on.
COMPARED = (
    "eus_Latn",
    "deu_Latn",
    "ell_Grek",
    "rus_Cyrl",
    "arb_Arab",
    "hin_Deva",
    "tha_Thai",
    "jpn_Jpan",
    "cmn_Hani",
)
FURTHER = ("swh_Latn", "tur_Latn", "vie_Latn", "heb_Hebr", "hye_Armn", "ben_Beng", "tam_Taml", "kor_Hang", "khm_Khmr")
CHARACTERS = frozenset(("tha_Thai", "jpn_Jpan", "cmn_Hani", "khm_Khmr"))  # languages whose shingles are of characters


@dataclass(frozen=True)
class Token:
    """A word, or a character of a script without spaces, and where it stands in the normalised text."""

    text: str
    start: int
    end: int


@cache
def kind(character: str) -> str:
    """Return `mark`, `base`, `word`, `nothing` or `gap`, as the shingles' documentation defines them."""
    category = unicodedata.category(character)
    if category[0] == "M":
        return "mark"
    if category == "Cf" and character != "\u200b":
        return "nothing"
    if category[0] in "LN" or category in ("Co", "Cn"):
        return "base" if any(first <= ord(character) <= last for first, last in UNSPACED) else "word"
    return "gap"


def tokens_of(text: str) -> list[Token]:
    """Return the tokens of a normalised text; written anew in plain Python, to check the product's by."""
    spans: list[list[int]] = []
    last = "gap"
    for place, character in enumerate(text):
        now = kind(character)
        if now == "nothing":
            continue
        if now == "mark" and last != "gap":
            spans[-1][1] = place + 1
            continue
        if now == "base" or (now in {"word", "mark"} and last != "word"):
            spans.append([place, place + 1])
        elif now == "word":
            spans[-1][1] = place + 1
        last = "word" if now == "mark" else now
    return [Token(text[start:end], start, end) for start, end in spans]


def grams(words: Sequence[str], n: int) -> set[tuple[str, ...]]:
    """Return the n-grams of words."""
    return {tuple(words[start : start + n]) for start in range(max(len(words) - n + 1, 1))}


def similarity(first: set[tuple[str, ...]], second: set[tuple[str, ...]]) -> float:
    """Return the Jaccard similarity."""
    return len(first & second) / len(first | second)


def length(tag: str) -> int:
    """Return how many tokens a shingle of the language has."""
    return SPEC.n_unspaced if tag in CHARACTERS else SPEC.n


def documents_of(tag: str, most: int | None = None) -> list[str]:
    """Return documents of 3 KB, cut between lines, no two of them equal; all or so many."""
    documents: dict[str, None] = {}
    lines: list[str] = []
    size = 0
    for row in (PROSE / f"{tag}.jsonl").read_text("utf-8").splitlines():
        for line in json.loads(row)["text"].split("\n"):
            lines.append(line)
            size += len(line.encode()) + 1
            if size >= BYTES:
                documents["\n".join(lines)] = None
                lines, size = [], 0
    return list(documents)[:most]


@dataclass(frozen=True)
class Copy:
    """An edited document and how similar it is to the original."""

    text: str
    jaccard: float


def copy_of(text: str, tag: str, vocabulary: Sequence[str], *, at_least: float, source: random.Random) -> Copy:
    """Replace as many words as leave the similarity at `at_least` or more."""
    folded = normalize(text)
    tokens = tokens_of(folded)
    words = [token.text for token in tokens]
    original = grams(words, length(tag))
    order = source.sample(range(len(tokens)), len(tokens))
    others = [source.choice(vocabulary) for _ in tokens]

    def edited(edits: int) -> list[str]:
        changed = list(words)
        for place, other in zip(order[:edits], others, strict=False):
            changed[place] = other
        return changed

    low, high = 0, len(tokens)
    while high - low > 1:
        middle = (low + high) // 2
        enough = similarity(original, grams(edited(middle), length(tag))) >= at_least
        low, high = (middle, high) if enough else (low, middle)
    pieces, end = [], 0
    for token, word in zip(tokens, edited(low), strict=True):
        pieces += [folded[end : token.start], word]
        end = token.end
    changed = "".join([*pieces, folded[end:]])
    found = [token.text for token in tokens_of(changed)]
    return Copy(changed, similarity(original, grams(found, length(tag))))
