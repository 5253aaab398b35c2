"""What is wrong with a table of licenses, line by line and between its lines."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from glotmill.core.hashing import content_hash
from glotmill.licensing.expressions import Licensing
from glotmill.licensing.lattice import collect
from glotmill.licensing.linting.entries import EACH_ITS_OWN, Claim, Entry
from glotmill.licensing.linting.findings import Finding, finding
from glotmill.licensing.linting.values import Fault, Judged, Values
from glotmill.licensing.table import CLASSES, LicenseTable

MAX_FINDINGS = 500  # that are listed; all are counted
MAX_LATE = 100
MAX_NAMES = 200_000  # data sets that are compared with one another
MAX_DIFFERENT = 5_000  # different licenses; a column with more holds something else
_OWN_TERMS = Fault(
    "warning",
    "not_spdx",
    "has terms of its own that only their text explains",
    "Read them at the address beside the name before you rely on them.",
)
_RESTRICTED = frozenset({"noncommercial", "noderivatives", "reserved"})


@dataclass(slots=True)
class TableFindings:
    """What a table was found to have wrong.

    Args:
        entries: how many lines with a license, or a place for one, were looked at.
        counts: findings by severity, those beyond the listed ones included.
        codes: findings by code, likewise.
        findings: the first 500, and 100 each of those that show only when all lines are known; by their rows.
    """

    entries: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    def add(self, found: Iterable[Finding], *, most: int = MAX_FINDINGS) -> None:
        """Count findings, and list them while there are fewer than `most` in the list."""
        for one in found:
            self.count(one.severity, one.code)
            if len(self.findings) < most:
                self.findings.append(one)

    def add_late(self, found: Iterable[Finding]) -> None:
        """Count findings and list 100 of them, however many are listed already."""
        self.add(found, most=len(self.findings) + MAX_LATE)

    def count(self, severity: str, code: str, number: int = 1) -> None:
        """Count findings that are not listed."""
        self.counts[severity] += number
        self.codes[code] += number


@dataclass(frozen=True, slots=True)
class _Seen:
    row: int
    revision: str | None
    config: str | None
    license: str | None


def lint_table(entries: Iterable[Entry], table: LicenseTable) -> TableFindings:
    """Return what is wrong with the entries of one table.

    Memory is bounded: 200,000 data sets are compared with one another, 500 findings listed. Past 5,000 different
    licenses the rest is not read.
    """
    found = TableFindings()
    linter = _Linter(table)
    for one in entries:
        found.entries += 1
        found.add(linter.entry(one))
        if linter.values.different > MAX_DIFFERENT:
            found.add_late(
                [_cut(one.row, one.field, f"more than {MAX_DIFFERENT} different licenses: this column holds none")]
            )
            return found
    found.add_late(linter.afterwards())
    if linter.unlisted:
        found.count("error", "no_source", linter.unlisted)
    found.findings.sort(key=lambda one: one.row)
    return found


class _Linter:
    def __init__(self, table: LicenseTable) -> None:
        self.values = Values(table)
        self._table = table
        self._licensing = Licensing(table)
        self._seen: dict[str, _Seen] = {}
        self._wholes: list[tuple[Entry, str]] = []
        self._inner: dict[int, set[str]] = {}
        self._full_at: int | None = None
        self._any_source = False
        self._unsourced = 0
        self._without: list[Entry] = []

    @property
    def unlisted(self) -> int:
        """How many lines without a source `afterwards` does not name."""
        return self._unsourced - len(self._without) if self._any_source else 0

    def entry(self, one: Entry) -> Iterator[Finding]:
        judged = self._licenses(one)
        expressions = [each.expression for _, each in judged if each.expression is not None]
        for claim, each in judged:
            for fault in each.faults:
                yield finding(fault.severity, fault.code, one.row, claim.field, value=claim.value, message=fault.message, remedy=fault.remedy)  # fmt: skip
        if len(judged) > 1:
            yield finding(
                "warning",
                "list",
                one.row,
                one.field,
                value=", ".join(one.licenses),
                message="a list does not say whether all of them apply or any may be chosen",
                remedy=f"Write an expression: {' AND '.join(dict.fromkeys(expressions)) or 'A AND B'}, or with OR.",
            )
        whole = collect(expressions) if expressions and len(expressions) == len(judged) else None
        yield from self._link(one, expressions)
        yield from self._open(one, judged)
        if one.sources:
            self._any_source = True
        elif not (one.is_card or one.is_count):
            self._unsourced += 1
            if len(self._without) < MAX_FINDINGS:
                self._without.append(one)
        yield from self._remember(one, whole)

    def _licenses(self, one: Entry) -> list[tuple[Claim, Judged]]:
        given = one.licenses or ("",)
        # As Hugging Face wants licenses written that its list lacks: other, with name and link.
        if [value.strip().lower() for value in given] == ["other"] and one.license_name and one.link:
            if one.license_name.strip() == EACH_ITS_OWN:
                return [(Claim("license_name", one.license_name), Judged(None, "unknown", ()))]
            named = self.values.judge(one.license_name)
            if named.expression is None:
                linked = self.values.judge(one.link.value)
                if linked.expression is not None:
                    return [(one.link, Judged(linked.expression, linked.license_class, ()))]
                if "://" in one.link.value:
                    return [(Claim("license_name", one.license_name), Judged(None, "unknown", (_OWN_TERMS,)))]
            return [(Claim("license_name", one.license_name), named)]
        return [(Claim(one.field, value), self.values.judge(value)) for value in given]

    def _link(self, one: Entry, expressions: list[str]) -> Iterator[Finding]:
        if len(expressions) != 1:
            return
        for link in (one.link, *one.pointers):
            linked = None if link is None else self._licensing.read(link.value).expression
            if link is not None and linked is not None and not self._agree(expressions[0], linked):
                yield finding(
                    "error",
                    "link_differs",
                    one.row,
                    link.field,
                    value=link.value,
                    message=f"leads to {linked}, and the license is given as {expressions[0]}",
                    remedy="Find out which of the two the owner means.",
                )

    def _agree(self, given: str, linked: str) -> bool:
        if linked == given or linked in given.split():
            return True
        if _text_id(linked) == _text_id(given):
            return True
        first, second = (self._licensing.class_of(name) for name in (given, linked))
        vague = {name.removeprefix("LicenseRef-") for name in (linked, given) if name.startswith("LicenseRef-CC-")}
        return first == second and any(name.startswith(stem) for stem in vague for name in (linked, given))

    def _open(self, one: Entry, judged: list[tuple[Claim, Judged]]) -> Iterator[Finding]:
        closed = next((pair for pair in judged if pair[1].license_class in _RESTRICTED), None)
        if closed is None or not one.opens:
            return
        claim, each = closed
        place = one.opens[0]
        said = place.value if place.value.strip() else place.field
        yield finding(
            "error",
            "not_open",
            one.row,
            claim.field,
            value=claim.value,
            message=f"{each.expression} is {each.license_class}, and {place.field} {said!r:.60} calls it open",
            remedy="Take it out of there: it forbids commercial use or adaptations, and the Open Definition refuses both.",
        )

    def _remember(self, one: Entry, whole: str | None) -> Iterator[Finding]:
        if whole is not None and (one.parts or one.holds) and len(self._wholes) < MAX_NAMES:
            self._wholes.append((one, whole))
        if one.within is not None and whole is not None:
            self._inner.setdefault(one.within, set()).add(whole)
        if one.name is None or one.is_card:
            return
        key = content_hash(_name_key(one.name))
        known = self._seen.get(key)
        if known is None:
            if len(self._seen) < MAX_NAMES:
                self._seen[key] = _Seen(one.row, one.revision, one.config, whole)
            elif self._full_at is None:
                self._full_at = one.row
            return
        apart = known.revision != one.revision and None not in (known.revision, one.revision)
        if known.config != one.config:
            return
        if known.license == whole:
            if not apart:
                yield finding("warning", "repeated", one.row, "name", value=one.name, message=f"stands in row {known.row} as well", remedy="Keep one of the two.")  # fmt: skip
            return
        yield finding(
            "warning" if apart else "error",
            "duplicate",
            one.row,
            one.field,
            value=one.name,
            message=f"{_shown(whole)} here and {_shown(known.license)} in row {known.row}"
            + (
                f", in revisions {one.revision} and {known.revision}" if apart else ", and no revision tells them apart"
            ),
            remedy="Say which revision was used, and keep the license of that one.",
        )

    def afterwards(self) -> Iterator[Finding]:
        """Compare wholes with their parts, and say who names no source, once all are known."""
        # A table without such a column is one mistake and not one in each of its lines.
        for one in self._without if self._any_source else self._without[:1]:
            whole = "" if self._any_source or self._unsourced == 1 else f" in any of {self._unsourced} entries"
            yield finding(
                "error",
                "no_source",
                one.row,
                one.field,
                value=one.name or "",
                message=f"nothing says where this license was found{whole}",
                remedy="Give the address of the page or file that states it, in a column `url` or `evidence`.",
            )
        if self._full_at is not None:
            yield _cut(self._full_at, "name", f"only the first {MAX_NAMES} data sets were compared with one another")
        for one, whole in self._wholes:
            parts = set(self._inner.get(one.number, ()))
            for part in one.parts[:1000]:
                known = self._seen.get(content_hash(_name_key(part)))
                if known is not None and known.license is not None and known.row != one.row:
                    parts.add(known.license)
            yield from self._freer(one, whole, sorted(parts))

    def _freer(self, one: Entry, whole: str, parts: list[str]) -> Iterator[Finding]:
        texts = self._licensing.for_texts(whole)
        if texts is None:  # a license for databases: said already, and no statement about the parts
            return
        stricter = [part for part in parts if self._is_freer(texts, part)]
        if stricter:
            yield finding(
                "error",
                "freer_than_parts",
                one.row,
                one.field,
                value=whole,
                message=f"the whole is freer than a part under {stricter[0]}",
                remedy=f"A collection keeps the license of each part: {collect([whole, *parts])[:200]}.",
            )

    def _is_freer(self, whole: str, part: str) -> bool:
        """Tell whether a whole grants what a part is known to refuse."""
        first, second = (self._licensing.class_of(name) for name in (whole, part))
        if "unknown" in (first, second):
            return False
        changes = [self._licensing.satisfies(name, lambda one: one.grants.derivatives) for name in (whole, part)]
        return CLASSES.index(first) < CLASSES.index(second) or changes == [True, False]


def _text_id(name: str) -> str:
    """Return an id without what a notice adds to one and the same text: GFDL-1.3-only and -or-later."""
    return name.removesuffix("-only").removesuffix("-or-later")


def _name_key(name: str) -> str:
    key = " ".join(name.casefold().split()).removesuffix("/")
    return key.removeprefix("https://huggingface.co/datasets/").removeprefix("extended|")


def _shown(license_: str | None) -> str:
    return license_ if license_ is not None else "no known license"


def _cut(row: int, field_: str, message: str) -> Finding:
    return finding(
        "error",
        "cut",
        row,
        field_,
        value="",
        message=message,
        remedy="Name the column with --column, or split the file.",
    )
