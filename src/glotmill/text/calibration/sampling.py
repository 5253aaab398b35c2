"""What a calibration keeps of the documents that it reads: a number per measure, and the beginnings of a few."""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from glotmill.core.hashing import content_hash
from glotmill.text.calibration.vocabulary import Vocabulary
from glotmill.text.measures import Measure, Profile, Values
from glotmill.text.scan import Bools, scan

_SNIPPETS = 5000  # documents whose beginning is kept: 1 MB
_SNIPPET = 160  # characters

Batches = Iterable[tuple[Sequence[str], Sequence[str]]]  # texts, and where each comes from or ""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """The measured documents of one collection.

    Args:
        values: measure -> shape (documents,).
        keys: 64 bits of each document's content hash, shape (documents,), all different.
        sources: per document the position of its source in `names`, or -1.
        names: of sources.
        snippets: document -> its beginning in one line, for the documents with the smallest keys.
        too_short: documents left out for having too few words.
        repeated: documents left out for having the text of an earlier one.
    """

    values: Mapping[str, Values]
    keys: npt.NDArray[np.uint64]
    sources: npt.NDArray[np.int64]
    names: tuple[str, ...]
    snippets: Mapping[int, str]
    too_short: int
    repeated: int

    def __len__(self) -> int:
        return len(self.keys)

    def only(self, mask: Bools) -> "Sample":
        """Return the sample of the documents where a mask of shape (documents,) is true."""
        places = np.cumsum(mask) - 1
        snippets = {int(places[index]): text for index, text in self.snippets.items() if mask[index]}
        values = {name: column[mask] for name, column in self.values.items()}
        return replace(self, values=values, keys=self.keys[mask], sources=self.sources[mask], snippets=snippets)


def measured(
    batches: Batches,
    measures: Sequence[Measure],
    profile: Profile,
    *,
    least_words: int,
    vocabulary: Vocabulary | None = None,
) -> Sample:
    """Measure documents batch by batch.

    Args:
        batches: texts, and where each comes from.
        measures: what to measure.
        profile: of the language.
        least_words: documents with fewer are left out.
        vocabulary: what is told of every document that is measured.
    """
    gathered = _Gathered({measure.name: [] for measure in measures})
    for texts, groups in batches:
        table = scan(texts)
        chosen = gathered.choose(texts, table.word_counts >= least_words)
        if not len(chosen):
            continue
        part = table.take(chosen)
        if vocabulary is not None:
            vocabulary.add([texts[index] for index in chosen.tolist()], part)
        for measure in measures:
            gathered.values[measure.name].append(measure.compute(part, profile))
        gathered.place([groups[index] for index in chosen.tolist()])
    return gathered.sample()


@dataclass(slots=True)
class _Gathered:
    """What has been kept so far."""

    values: dict[str, list[Values]]
    keys: list[int] = field(default_factory=list)
    sources: list[int] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    nearest: list[tuple[int, int, str]] = field(default_factory=list)  # (-key, document, beginning), a heap
    too_short: int = 0
    repeated: int = 0

    def choose(self, texts: Sequence[str], long_enough: Bools) -> npt.NDArray[np.int64]:
        """Return the positions of documents to measure, and keep their keys and beginnings."""
        chosen: list[int] = []
        for index, text in enumerate(texts):
            if not long_enough[index]:
                self.too_short += 1
                continue
            key = int(content_hash(text)[:16], 16)
            if key in self.seen:
                self.repeated += 1
                continue
            self.seen.add(key)
            self._keep_beginning(key, text)
            self.keys.append(key)
            chosen.append(index)
        return np.array(chosen, np.int64)

    def _keep_beginning(self, key: int, text: str) -> None:
        if len(self.nearest) == _SNIPPETS and -key <= self.nearest[0][0]:
            return
        one_line = " ".join(text[: 4 * _SNIPPET].split())
        entry = (-key, len(self.keys), one_line if len(one_line) <= _SNIPPET else f"{one_line[:_SNIPPET]} …")
        if len(self.nearest) < _SNIPPETS:
            heapq.heappush(self.nearest, entry)
        else:
            heapq.heapreplace(self.nearest, entry)

    def place(self, groups: Sequence[str]) -> None:
        """Note where the chosen documents come from."""
        self.sources.extend(self.names.setdefault(group, len(self.names)) if group else -1 for group in groups)

    def sample(self) -> Sample:
        """Return all of it."""
        return Sample(
            {name: np.concatenate(parts) if parts else np.empty(0) for name, parts in self.values.items()},
            np.array(self.keys, np.uint64),
            np.array(self.sources, np.int64),
            tuple(self.names),
            {document: beginning for _, document, beginning in sorted(self.nearest, key=lambda entry: entry[1])},
            self.too_short,
            self.repeated,
        )
