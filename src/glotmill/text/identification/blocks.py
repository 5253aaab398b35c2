"""The best block of a text for each of some target languages: how loudly some part of it speaks for one."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from glotmill.text import scripts
from glotmill.text.identification import word_table
from glotmill.text.identification.word_table import Label, WordTable
from glotmill.text.scan import Words

Mode = Literal["words", "script", "unclaimed"]

# Written in one mixture of scripts: each has the family of the first.
_FAMILIES: Final = (("Hani", "Hira", "Kana", "Bopo"), ("Hang", "Jamo"))
_DICTIONARIES: Final = frozenset({"Thai", "Laoo", "Khmr", "Mymr", "Hani", "Jpan"})
_OWN_SCRIPTS: Final = {"Jpan": ("Hira", "Kana"), "Hang": ("Hang",)}
_SYLLABLES: Final = ("Hani", "Hira", "Kana")
_KANA: Final = ("Hira", "Kana")
# A target that has this share of its script's documents is meant by the script alone, as Thai is.
_SCRIPT_SHARE: Final = 0.9
# Below this share of words of its own in a text, or this many words in all where nobody measured, a target is known by
# what no other language claims.
_LEAST_COVERAGE, _LEAST_WORDS = 3.0, 150
_UNMEASURED_COVERAGE: Final = 15.0
# Swept on the pages for calibration, docs/decisions/0018-gate.md. In nats.
_GAIN: Final = 3.5  # per unit of weight of a word of the target
_LOSS: Final = 1.5  # per unit of weight of a word that other languages claim
_CLOSE: Final = 0.7  # of which languages easily taken for the target are spared this share
_COSTS: Final = (0.05, 0.2)  # of a word that nobody claims, at least and at most
_UNCLAIMED: Final = 0.6  # what such a word gains where the target has hardly a word in the table
_LETTER: Final = 0.4  # per letter of a script of the target's own
_CHARACTER: Final = 0.5  # per Han character or kana
_FOREIGN_KANA: Final = 2.0  # per kana, against Chinese
_LONGEST: Final = 6.0  # of a word by its script: a run without spaces is no better than a sentence


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """The best block of each text for each target.

    Args:
        evidence: log-likelihood ratio of the block in nats, 0 where no word speaks for the target, shape (texts, targets).
        starts: offset of its first word in the text, in code points, -1 where there is none, shape (texts, targets).
        ends: offset behind its last word, shape (texts, targets).
        labels: the label that most of the text speaks for, a position in the table's records, -1 for none, shape
            (texts,).
        words: words with letters, shape (texts,).
    """

    evidence: npt.NDArray[np.float64]
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int32]
    words: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)


class BlockFinder:
    """Finds blocks that speak for one of many target languages.

    Each word has a log-likelihood ratio for each target against the rest of the web, by the table of words: a word of
    the target's own speaks for it, one that other languages claim against it, one that nobody claims a little against it,
    the more the larger the part of its texts that the table covers. The block is the contiguous stretch of words with the
    largest sum (Kadane; Bentley 1984, doi:10.1145/358234.381162): a paragraph is found in whatever surrounds it.

    There are three modes. `words` is as above. `script`: the target has nine tenths or more of what is written in its
    script, and each letter of the script speaks for it. `unclaimed`: the table has hardly a word of the target, so that
    all that shows it is words of its script that nobody claims; such a block is a question, not an answer. All targets of
    this mode and one script have the same block.

    Args:
        targets: canonical tags.
        table: the words; `word_table.shipped()` are those that come with Glotmill.
    """

    def __init__(self, targets: Sequence[str], table: WordTable) -> None:
        self.targets: tuple[str, ...] = tuple(targets)
        self.records: tuple[Label, ...] = table.records
        by_tag = {record.tag: record for record in table.records}
        defaults = _defaults(table.records)
        self.modes: tuple[Mode, ...] = tuple(_mode(tag, by_tag.get(tag), defaults) for tag in self.targets)
        written_in = [tag.partition("_")[2] for tag in self.targets]
        self._columns = _columns(self.modes, written_in)
        self.independent: int = int(self._columns.max(initial=-1)) + 1
        needs = zip(self.modes, written_in, strict=True)
        self.by_script: bool = not any(mode != "script" and script in _DICTIONARIES for mode, script in needs)
        self._families = _families()
        self._entries = _entries(table)
        self._of_labels = self._label_links(table.records, by_tag)
        self._of_scripts = self._script_links()
        place = {name: number for number, name in enumerate(scripts.names())}
        costs = np.zeros(self.independent, np.float32)
        unclaimed = np.zeros(self.independent, np.bool_)
        of_track = np.zeros(self.independent, np.uint8)
        for column, mode, tag, script in zip(self._columns, self.modes, self.targets, written_in, strict=True):
            unclaimed[column] = mode == "unclaimed"
            costs[column] = _UNCLAIMED if mode == "unclaimed" else 1.0 if mode == "script" else _cost(by_tag[tag])
            of_track[column] = self._families[place["Hani" if script == "Jpan" else script]]
        self._of_targets = (costs, unclaimed, of_track)

    def find(self, words: Words) -> Blocks:
        """Return the best blocks of texts, in order; their texts should be in NFC.

        Args:
            words: of the texts, cut by the dictionaries or, where `by_script` says that it is enough, by script.
        """
        from glotmill.text.identification import blocks_kernel  # noqa: PLC0415  # brings numba

        evidence, first, last, labels, spoken = blocks_kernel.best_blocks(
            words.bounds,
            (words.hashes, words.alphabetic, words.scripts, words.bases),
            self._entries,
            self._of_labels,
            self._of_scripts,
            self._families,
            self._of_targets,
            (_GAIN, _LOSS, _LONGEST),
        )
        found = first >= 0
        starts, ends = np.full(first.shape, -1, np.int64), np.full(first.shape, -1, np.int64)
        starts[found] = words.starts[first[found]]
        ends[found] = words.starts[last[found]] + words.lengths[last[found]]
        columns = self._columns
        return Blocks(evidence[:, columns], starts[:, columns], ends[:, columns], labels, spoken)

    def _label_links(
        self, records: Sequence[Label], by_tag: dict[str, Label]
    ) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        place = {name: number for number, name in enumerate(scripts.names())}
        families = np.array(
            [self._families[place["Hani" if r.script == "Jpan" else r.script]] for r in records], np.uint8
        )
        links: list[list[tuple[int, float]]] = [[] for _ in records]
        groups: dict[tuple[str, str], list[int]] = {}
        for position, record in enumerate(records):
            if record.group:
                groups.setdefault((record.group, record.script), []).append(position)
        position_of = {record.tag: position for position, record in enumerate(records)}
        for column, mode, tag in zip(self._columns.tolist(), self.modes, self.targets, strict=True):
            if mode == "script":
                continue
            own = position_of.get(tag)
            if own is not None:
                links[own].append((column, 1.0))
                record = by_tag[tag]
                mates = groups.get((record.group, record.script), []) if record.group else []
                for mate in mates:
                    if mate != own:
                        links[mate].append((column, _CLOSE))
        # Targets of one column that are mates of each other are both the column's own.
        best = [dict(sorted(of_label, key=lambda link: link[1])) for of_label in links]
        starts = np.concatenate([[0], np.cumsum([len(of_label) for of_label in best])]).astype(np.int32)
        targets = np.array([column for of_label in best for column in of_label], np.int32)
        shares = np.array([share for of_label in best for share in of_label.values()], np.float32)
        return families, starts, targets, shares

    def _script_links(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        names = scripts.names()
        links: list[list[tuple[int, float]]] = [[] for _ in names]
        for column, mode, tag in zip(self._columns.tolist(), self.modes, self.targets, strict=True):
            if mode != "script":
                continue
            script = tag.partition("_")[2]
            for name in _OWN_SCRIPTS.get(script, (script,)):
                links[names.index(name)].append((column, _CHARACTER if name in _SYLLABLES else _LETTER))
            if script in {"Jpan", "Hang"}:
                links[names.index("Hani")].append((column, 0.0))
            if script == "Hani":
                for name in _KANA:
                    links[names.index(name)].append((column, -_FOREIGN_KANA))
        starts = np.concatenate([[0], np.cumsum([len(of_script) for of_script in links])]).astype(np.int32)
        pairs = [pair for of_script in links for pair in of_script]
        return (
            starts,
            np.array([pair[0] for pair in pairs], np.int32),
            np.array([pair[1] for pair in pairs], np.float32),
        )


def _entries(table: WordTable) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint64]]:
    from glotmill.text.identification.blocks_kernel import packed  # noqa: PLC0415  # brings numba

    rows = packed(table)
    edges = np.arange((1 << 32 - word_table.BUCKET_SHIFT) + 1, dtype=np.uint64) << np.uint64(word_table.BUCKET_SHIFT)
    return np.searchsorted(rows >> np.uint64(32), edges).astype(np.int32), rows


def _defaults(records: Sequence[Label]) -> dict[str, str]:
    """Return the tag that has nine tenths or more of a script's documents, by script."""
    totals: dict[str, int] = {}
    for record in records:
        totals[record.script] = totals.get(record.script, 0) + record.documents
    return {
        record.script: record.tag
        for record in records
        if record.documents and record.documents >= _SCRIPT_SHARE * totals[record.script]
    }


def _mode(tag: str, record: Label | None, defaults: dict[str, str]) -> Mode:
    if defaults.get(tag.partition("_")[2], "") == tag:
        return "script"
    if record is None or record.state == "unsupported":
        return "unclaimed"
    known = record.words >= _LEAST_WORDS if record.coverage is None else record.coverage >= _LEAST_COVERAGE
    return "words" if known else "unclaimed"


def _columns(modes: Sequence[Mode], written_in: Sequence[str]) -> npt.NDArray[np.int64]:
    columns: dict[tuple[str, object], int] = {}
    found = []
    for number, (mode, script) in enumerate(zip(modes, written_in, strict=True)):
        key = (mode, script if mode == "unclaimed" else number)
        found.append(columns.setdefault(key, len(columns)))
    return np.array(found, np.int64)


def _families() -> npt.NDArray[np.uint8]:
    names = scripts.names()
    families = np.arange(len(names), dtype=np.uint8)
    for family in _FAMILIES:
        for name in family:
            if name in names:
                families[names.index(name)] = names.index(family[0])
    return families


def _cost(record: Label) -> float:
    coverage = _UNMEASURED_COVERAGE if record.coverage is None else record.coverage + (record.shared_coverage or 0.0)
    return min(max(-math.log(1 - min(coverage, 99.0) / 100), _COSTS[0]), _COSTS[1])
