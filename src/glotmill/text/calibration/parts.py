"""Which documents of a reference bounds come from, and which are held out to judge them."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from glotmill.core.errors import DataError
from glotmill.text.calibration.sampling import Sample
from glotmill.text.scan import Bools

_FOLDS = 10
_LEAST_PART = 0.25  # of the documents that either part must have for sources to be what is split


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """A reference in two parts.

    Args:
        learned: the documents that bounds come from.
        folds: to which of up to 10 folds each of them belongs, shape (documents,).
        held_out: the documents that judge bounds.
        by: what was kept together: no `source` has documents in both parts, or in two folds; each `document` went its
            own way; or the held-out documents came from a `location` of their own.
        sources: how many sources the reference names.
    """

    learned: Sample
    folds: npt.NDArray[np.int64]
    held_out: Sample
    by: Literal["source", "document", "location"]
    sources: int


def parted(sample: Sample, apart: Sample | None = None) -> Parts:
    """Hold out about half of the documents and fold the others, whole sources where there are several.

    Documents of one source share templates, topics and writers, so what is seen on some of them says too much about the
    others. Sources go, the largest first, to the part that has fewer documents so far; documents without a source go
    by their content hash, as all do where sources would leave a part less than a quarter.

    Args:
        sample: the reference.
        apart: documents to hold out instead; texts that the reference has too are left out.

    Raises:
        DataError: fewer than two documents.
    """
    if len(sample) < 2:
        raise DataError(f"{len(sample)} documents of the reference are long enough: nothing to calibrate on")
    sources = len(sample.names)
    everything = np.ones(len(sample), np.bool_)
    if apart is not None:
        fresh = apart.only(~np.isin(apart.keys, sample.keys))
        return Parts(sample, _folds(sample, everything, several=sources > 1), fresh, "location", sources)
    several = sources > 1
    held_out = _dealt(sample, everything, 2, whole_sources=several) == 1
    if not _LEAST_PART <= held_out.mean() <= 1 - _LEAST_PART:
        several = False
        held_out = _dealt(sample, everything, 2, whole_sources=False) == 1
    folds = _folds(sample, ~held_out, several=several)
    by: Literal["source", "document"] = "source" if several else "document"
    return Parts(sample.only(~held_out), folds, sample.only(held_out), by, sources)


def _folds(sample: Sample, among: Bools, *, several: bool) -> npt.NDArray[np.int64]:
    whole = several and len(np.unique(sample.sources[among])) > 1
    return _dealt(sample, among, _FOLDS, whole_sources=whole)[among]


def _dealt(sample: Sample, among: Bools, hands: int, *, whole_sources: bool) -> npt.NDArray[np.int64]:
    """Return for each document a hand, from 0 to `hands` - 1, such that each has about as many documents `among`."""
    order = np.argsort(sample.keys, kind="stable")
    alone = among & (sample.sources < 0) if whole_sources else among
    dealt = np.zeros(len(sample), np.int64)
    scattered = order[alone[order]]
    dealt[scattered] = np.arange(len(scattered)) % hands
    if not whole_sources:
        return dealt
    filled = np.bincount(dealt[scattered], minlength=hands).tolist()
    sizes = np.bincount(sample.sources[among & ~alone], minlength=len(sample.names)).tolist()
    for source in sorted(range(len(sizes)), key=lambda index: (-sizes[index], sample.names[index])):
        hand = filled.index(min(filled))
        dealt[sample.sources == source] = hand
        filled[hand] += sizes[source]
    return dealt
