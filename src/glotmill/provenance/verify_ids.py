"""Verification of ids over all parts and the ledger: each stands once, readings follow one another, parents are there.

What is read is one line each, sorted on disk by id (an external merge sort), and looked at id by id: memory does not
grow with the documents, time by their number and its logarithm.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from glotmill.licensing.table import CLASSES
from glotmill.provenance.sorting import SortedLines
from glotmill.provenance.verdict import Verdict

_KEPT, _REMOVED, _CHILD = "012"  # in this order behind one another where they are of one id
_LOWEST: Final = 2**31  # of a 32-bit reading, to sort as text
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row of the corpus stands.

    Args:
        part: number of its part in the manifest, from 0.
        row: number of the row in it, from 1.
        license_class: the row's; None where it has none.
    """

    part: int
    row: int
    license_class: str | None

    def fields(self) -> str:
        return f"{self.part:08d}\t{self.row:010d}\t{(self.license_class or '').translate(_ESCAPES)}"


class Ids:
    """Ids of rows, of the ledger and of parents, to be compared once all of them are known.

    Args:
        lines: empty; where they are sorted.
        paths: of the parts, by their numbers.
    """

    def __init__(self, lines: SortedLines, paths: Sequence[str]) -> None:
        self._lines, self._paths = lines, paths

    def kept(self, doc_id: str, reading: int, place: Place) -> None:
        """Add a row; `reading` is 0, but in a mix that has it several times."""
        self._lines.add(f"{_word(doc_id)}\t{_KEPT}\t{reading + _LOWEST:010d}\t{place.fields()}")

    def removed(self, doc_id: str) -> None:
        """Add a row of the ledger."""
        self._lines.add(f"{_word(doc_id)}\t{_REMOVED}")

    def child(self, doc_id: str, parent: str, place: Place) -> None:
        """Add a row that is derived from another document."""
        self._lines.add(f"{_word(parent)}\t{_CHILD}\t{place.fields()}\t{_word(doc_id)}")

    def compare(self, verdict: Verdict, *, mix: bool, inherited: bool) -> None:
        """Note ids that stand twice, readings without the one before, parents that are nowhere or less free.

        Args:
            verdict: what to note it in.
            mix: a mix has copies of a document, numbered from 0, and loses all of them when it is taken down.
            inherited: the corpus was derived from another, whose ledger may hold the parents.
        """
        elsewhere = 0
        for doc_id, lines in groupby((line.split("\t") for line in self._lines), key=lambda fields: fields[0]):
            elsewhere += _OneId(doc_id, self._paths, verdict, mix=mix, inherited=inherited).look_at(lines)
        if elsewhere and inherited:
            verdict.remarks.append(f"{elsewhere} parents stand in ledgers of earlier corpora, which are not read here")


class _OneId:
    """All lines of one id: rows by their reading, then the ledger's, then those that name it as their parent."""

    def __init__(self, doc_id: str, paths: Sequence[str], verdict: Verdict, *, mix: bool, inherited: bool) -> None:
        self._id, self._paths, self._verdict, self._mix, self._inherited = doc_id, paths, verdict, mix, inherited
        self._before: int | None = None  # the reading of the row before, and the part where it was first found
        self._first = ""
        self._whole = ""  # the part that holds reading 0
        self._bound = ""  # the strictest license class of reading 0
        self._gone = False

    def look_at(self, lines: Iterator[list[str]]) -> int:
        """Note what is wrong, and return how many children name it while it is nowhere."""
        elsewhere = 0
        for _, kind, *fields in lines:
            if kind == _KEPT:
                self._row(int(fields[0]) - _LOWEST, int(fields[1]), int(fields[2]), fields[3])
            elif kind == _REMOVED:
                self._removal()
            elif not self._child(int(fields[0]), int(fields[1]), fields[2], fields[3]):
                elsewhere += 1
        return elsewhere

    def _row(self, reading: int, part: int, row: int, license_class: str) -> None:
        path = self._paths[part]
        if reading == self._before:
            self._verdict.note(f"{path}: row {row} ({self._id}): the id stands in {self._first} too")
        else:
            if reading < 0:
                self._verdict.note(f"{path}: {self._id} has a reading {reading}")
            elif self._mix and reading and self._before != reading - 1:
                self._verdict.note(f"{path}: {self._id} has reading {reading} and lacks the one before")
            self._before, self._first = reading, path
        if reading == 0:
            self._whole = self._whole or path
            self._bound = max(self._bound, license_class, key=_rank)

    def _removal(self) -> None:
        if self._whole or (self._gone and not self._mix):
            other = self._whole or "the ledger"
            self._verdict.note(f"ledger: {self._id} is removed there and stands in {other} too")
        self._gone = True

    def _child(self, part: int, row: int, license_class: str, doc_id: str) -> bool:
        """Note what is wrong with a derived row of this id; False where the id is nowhere."""
        where = f"{self._paths[part]}: row {row} ({doc_id})"
        if doc_id == self._id:
            self._verdict.note(f"{where}: names itself as its parent")
        elif self._whole:
            if license_class and _rank(license_class) < _rank(self._bound):
                above = f"class {self._bound} of its parent {self._id}"
                self._verdict.note(f"{where}: class {license_class} is freer than {above}")
        elif not self._gone:
            if not self._inherited:
                self._verdict.note(f"{where}: its parent {self._id} is in neither the corpus nor the ledger")
            return False
        return True


def _rank(license_class: str) -> int:
    """Return the place of a class among all, the strictest last; none (a row without a license) is before them."""
    if license_class in CLASSES:
        return CLASSES.index(license_class)
    return len(CLASSES) if license_class else -1


def _word(doc_id: str) -> str:
    return str(doc_id).translate(_ESCAPES)
