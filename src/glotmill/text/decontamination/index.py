"""A benchmark as hashed n-grams of its questions, and as a file that holds nothing else of them."""

import json
import struct
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from glotmill.text.decontamination.folds import NORMALIZATION
from glotmill.text.decontamination.grams import Grams, tokenize
from glotmill.text.groups import grouped

_MAGIC = b"glotmill n-grams 1\n"
_HEAD = struct.Struct("<I")
_LONGEST_HEAD = 1 << 20
_MOST = (1 << 31) - 1  # items, n-grams and postings: numbers of 32 bits
_CHARACTERS = 1_000_000  # of questions cut into units at a time

U64 = npt.NDArray[np.uint64]
U32 = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class About:
    """What an index says of itself.

    Args:
        benchmark: the name it is reported under; that of the original for a translation.
        name: its own name.
        language: of the questions.
        license: of the benchmark, as its publisher states it.
        source_sha256: of the file of items.
        items: lines with an item.
        common: n-grams in more questions than this are left out.
        left_out: items without an n-gram to go by, and n-grams that too many questions have, by why.
    """

    benchmark: str
    name: str
    language: str
    license: str
    source_sha256: str
    items: int
    common: int
    left_out: dict[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """The n-grams of a benchmark's questions.

    Args:
        about: where they come from.
        grams: what an n-gram is.
        numbers: the line of each question, from 1, ascending, shape (questions,).
        units: how many units it has, shape (questions,).
        hashes: distinct n-grams, ascending, shape (n-grams,).
        bounds: where the postings of each begin, shape (n-grams + 1,).
        postings: the positions in `numbers` of the questions that have it, ascending, shape (bounds[-1],).
    """

    about: About
    grams: Grams
    numbers: U32
    units: U32
    hashes: U64
    bounds: U32
    postings: U32

    def dump(self) -> bytes:
        """Return the file: a line that names the format, a head in JSON, and the arrays, little-endian."""
        head = {
            **asdict(self.about),
            **asdict(self.grams),
            "normalization": NORMALIZATION,
            "questions": len(self.numbers),
            "distinct": len(self.hashes),
            "postings": len(self.postings),
        }
        text = json.dumps(head, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
        arrays = (self.numbers, self.units, self.hashes, self.bounds, self.postings)
        whole = [array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes() for array in arrays]
        return b"".join([_MAGIC, _HEAD.pack(len(text)), text, *whole])

    @classmethod
    def load(cls, data: bytes) -> Self:
        """Return the index that a file holds.

        Raises:
            ValueError: it is no such file, is cut off, or is of another version; says which.
        """
        if not data.startswith(_MAGIC):
            raise ValueError("it does not begin as an index of n-grams does")
        place = len(_MAGIC)
        try:
            (length,) = _HEAD.unpack_from(data, place)
            head = json.loads(data[place + _HEAD.size : place + _HEAD.size + min(length, _LONGEST_HEAD)])
            about = About(**{name: head[name] for name in About.__dataclass_fields__})
            grams = Grams(head["unit"], int(head["n"]), int(head["least"]))
            version, counts = head["normalization"], [int(head[name]) for name in ("questions", "distinct", "postings")]
        except (struct.error, ValueError, KeyError, TypeError) as error:
            raise ValueError(f"its head is damaged: {error}") from error
        if version != NORMALIZATION:
            raise ValueError(f"it was made with normalization {version}, and this is {NORMALIZATION}: make it again")
        questions, distinct, postings = counts
        shape: tuple[tuple[str, int], ...] = (
            ("<u4", questions),
            ("<u4", questions),
            ("<u8", distinct),
            ("<u4", distinct + 1),
            ("<u4", postings),
        )
        arrays: list[npt.NDArray[Any]] = []
        place += _HEAD.size + length
        expected = place + sum(np.dtype(kind).itemsize * count for kind, count in shape)
        if min(counts) < 0 or len(data) != expected:
            raise ValueError(f"it has {len(data)} bytes where its head calls for {expected}")
        for kind, count in shape:
            arrays.append(np.frombuffer(data, kind, count, place).astype(kind[1:]))
            place += arrays[-1].nbytes
        return cls(about, grams, *arrays)


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the line that it stands in, from 1."""

    line: int
    text: str


def build_index(questions: Sequence[Question], about: About, grams: Grams) -> Index:
    """Return the index of these questions.

    N-grams that more than `about.common` different questions have are how a benchmark asks ("Which of the following is
    an example of"), and say nothing about an item; they are left out, and so are questions that have no others.

    Args:
        questions: in the order of their lines.
        about: `left_out` is filled in here, beside what it says already.
        grams: what an n-gram is.

    Raises:
        ValueError: there are more than 2^31 of something.
    """
    kept, units, sets, wholes = _hash(questions, grams)
    hashes = np.concatenate(sets) if sets else np.empty(0, np.uint64)
    owners = np.repeat(np.arange(len(sets), dtype=np.int64), [len(found) for found in sets])
    if max(len(questions), len(hashes)) > _MOST:
        raise ValueError(f"{len(questions)} questions with {len(hashes)} n-grams; {_MOST} are the most")
    order = np.argsort(hashes, kind="stable")
    hashes, owners = hashes[order], owners[order]
    distinct, first, counts = np.unique(hashes, return_index=True, return_counts=True)
    # A question that is asked many times over is one question here.
    fresh = np.zeros(len(sets), bool)
    fresh[np.unique(np.array(wholes, np.uint64), return_index=True)[1]] = True
    askers = np.add.reduceat(fresh[owners].astype(np.int64), first) if len(first) else counts
    rare = askers <= about.common
    stays = np.repeat(rare, counts)
    asked = np.zeros(len(sets), bool)
    asked[owners[stays]] = True
    renumbered = np.cumsum(asked) - 1
    left_out = {
        **about.left_out,
        "too short": len(questions) - len(kept),
        "only common n-grams": int((~asked).sum()),
        "common n-grams": int((~rare).sum()),
    }
    return Index(
        About(**{**asdict(about), "left_out": left_out}),
        grams,
        np.array([question.line for question in kept], np.uint32)[asked],
        np.array(units, np.uint32)[asked],
        distinct[rare],
        np.concatenate([np.zeros(1, np.uint32), np.cumsum(counts[rare])]).astype(np.uint32),
        renumbered[owners[stays]].astype(np.uint32),
    )


def _hash(questions: Sequence[Question], grams: Grams) -> tuple[list[Question], list[int], list[U64], list[int]]:
    """Return the questions that are long enough, their units, their distinct n-grams, and a hash of each as a whole."""
    from glotmill.text.decontamination.gram_kernel import window_hashes  # noqa: PLC0415  # numba takes 0.3 s

    kept: list[Question] = []
    units: list[int] = []
    sets: list[U64] = []
    wholes: list[int] = []
    texts = (unicodedata.normalize("NFC", question.text) for question in questions)
    following = iter(questions)
    for group in grouped(texts, _CHARACTERS):
        tokens = tokenize(group, grams.unit)
        for place, question in enumerate(islice(following, len(group))):
            own = tokens.hashes[tokens.bounds[place] : tokens.bounds[place + 1]]
            if len(own) < grams.least:
                continue
            n = grams.n if len(own) >= grams.n else grams.short
            kept.append(question)
            units.append(len(own))
            sets.append(np.unique(window_hashes(own, n)))
            wholes.append(int(window_hashes(own, len(own))[0]))
    return kept, units, sets, wholes
