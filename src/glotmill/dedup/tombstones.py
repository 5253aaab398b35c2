"""What must not come back: salted hashes of documents, addresses, sites and texts that were taken down."""

import functools
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Self, get_args

import pyarrow as pa
import pyarrow.compute as pc

from glotmill.core.arrow import optional_texts, strings
from glotmill.core.errors import RecipeError
from glotmill.core.hashing import content_hash
from glotmill.core.steps import Outcome
from glotmill.dedup.addresses import canonical_url, host
from glotmill.io import storage

Kind = Literal["document", "url", "domain", "text"]
Value = tuple[Kind, str]

FILE: Final = "tombstones.txt"  # in the folder of a run
PROJECT_FILE: Final = f"manifests/{FILE}"
PREFIX: Final = "tombstones."
REASONS: Final = frozenset(f"{PREFIX}{kind}" for kind in get_args(Kind))

_HEAD: Final = (
    "# Salted hashes of what was taken down. Only `glotmill takedown` adds to it; see docs/how-to/take-down.md."
)
_SALT = re.compile(r"salt ((?:[0-9a-f]{2}){16,64})")
_LINE = re.compile(r"(document|url|domain|text) ([0-9a-f]{32})")
_SCHEME = re.compile(r"\Ahttps?:", re.IGNORECASE)
_MOST_LABELS = 16  # of a host that are looked at, from the right: a name has at most 127


@dataclass(frozen=True, slots=True)
class Tombstones:
    """Hashes by the salt that they were made with, in the order of the file.

    A hash is BLAKE2b (RFC 7693) of 128 bits over kind and value, keyed with the salt. It names nothing to a reader, nor can
    two projects' lists be joined; who guesses an address can still ask whether it is there.

    Args:
        sections: salt, hexadecimal, and the lines under it, `kind hash`.
    """

    sections: tuple[tuple[str, frozenset[str]], ...] = ()
    _kinds: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        kinds = {one.partition(" ")[0] for _, lines in self.sections for one in lines}
        object.__setattr__(self, "_kinds", frozenset(kinds))

    @classmethod
    def parse(cls, text: str, file: str = PROJECT_FILE) -> Self:
        """Return what a file holds: lines `salt <hex>`, each followed by lines `<kind> <hash>`; `#` begins a comment.

        Files joined one behind the other are one file again.

        Raises:
            RecipeError: a line is none of these; nothing is skipped, since what is skipped would come back.
        """
        sections: dict[str, set[str]] = {}
        salt = ""
        for number, line in enumerate(text.splitlines(), 1):
            entry = line.partition("#")[0].strip()
            if not entry:
                continue
            if (found := _SALT.fullmatch(entry)) is not None:
                salt = found[1]
                sections.setdefault(salt, set())
            elif _LINE.fullmatch(entry) is not None and salt:
                sections[salt].add(entry)
            else:
                message = f"line {number} is no tombstone: {entry[:80]!r}"
                raise RecipeError(message, file=file, remedy="Take the file back as `glotmill takedown` wrote it.")
        return cls(tuple((name, frozenset(lines)) for name, lines in sections.items()))

    def __bool__(self) -> bool:
        return any(lines for _, lines in self.sections)

    @property
    def salt(self) -> str | None:
        """The salt that further lines are made with; None where there is none yet."""
        return self.sections[-1][0] if self.sections else None

    def has(self, kind: Kind, value: str) -> bool:
        """Tell whether a value was taken down."""
        return kind in self._kinds and any(line(salt, kind, value) in lines for salt, lines in self.sections)

    def covers(self, other: "Tombstones") -> bool:
        """Tell whether everything that another list holds is in this one, by lines under the same salts."""
        mine = dict(self.sections)
        return all(lines <= mine.get(salt, frozenset()) for salt, lines in other.sections)

    def with_lines(self, salt: str, lines: Iterable[str]) -> "Tombstones":
        """Return a list with more lines under a salt."""
        sections = dict(self.sections)
        sections[salt] = sections.get(salt, frozenset()) | frozenset(lines)
        return Tombstones(tuple(sections.items()))

    def plus(self, other: "Tombstones") -> "Tombstones":
        """Return this list and another in one; the salts of this one come last."""
        joined = Tombstones(other.sections)
        for salt, lines in self.sections:
            joined = joined.with_lines(salt, lines)
        return joined

    def text(self) -> str:
        """Return the file: equal lists give equal bytes."""
        lines = [_HEAD]
        for salt, under in self.sections:
            lines += [f"salt {salt}", *sorted(under)]
        return "\n".join(lines) + "\n"

    def address(self, url: str | None) -> Kind | None:
        """Return whether an address was taken down itself (`url`) or with its site (`domain`), or None."""
        if not url:
            return None
        if "domain" in self._kinds and any(self.has("domain", name) for name in sites_of(url)):
            return "domain"
        return "url" if "url" in self._kinds and self.has("url", address_key(url)) else None

    def record(self, doc_id: str | None, url: str | None) -> Kind | None:
        """Return why a record must not come back by its id or address, or None."""
        if doc_id and self.has("document", doc_id):
            return "document"
        return self.address(url)

    def records(self, rows: pa.RecordBatch) -> list[Kind | None]:
        """Return of each row why it must not come back by its id or address, or None."""
        pairs = zip(optional_texts(rows.column("doc_id")), optional_texts(rows.column("url")), strict=True)
        return [self.record(*pair) for pair in pairs]

    def texts(self, rows: pa.RecordBatch) -> list[Kind | None]:
        """Return of each row whether its text must not come back."""
        return ["text" if key is not None and self.has("text", key) else None for key in text_keys(rows)]


@functools.lru_cache(maxsize=8)
def parsed(text: str) -> Tombstones:
    """Return the tombstones of a file's text, read once per process."""
    return Tombstones.parse(text)


def tombstones_at(address: str) -> Tombstones:
    """Return the tombstones of a file; none where there is no file."""
    if not storage.exists(address):
        return Tombstones()
    return Tombstones.parse(storage.read_bytes(address).decode("utf-8", "replace"), address)


def line(salt: str, kind: Kind, value: str) -> str:
    """Return the line of a value under a salt."""
    return f"{kind} {_hash(salt, kind, value)}"


def lines_of(salt: str, values: Iterable[Value]) -> list[str]:
    """Return the lines of values under a salt, sorted, each once."""
    return sorted({line(salt, kind, value) for kind, value in values})


def address_key(url: str) -> str:
    """Return the form under which an address counts as taken down: canonical, http and https as one.

    >>> address_key("HTTP://Azoka.example:80/egun%61")
    '//azoka.example/eguna'
    """
    return _SCHEME.sub("", canonical_url(url))


def site_key(name: str) -> str:
    """Return the form under which a site counts as taken down, from a domain or a URL; empty where it is none."""
    return host(name if "://" in name else f"http://{name.strip()}").strip(".")


def sites_of(url: str) -> Sequence[str]:
    """Return the host of a URL and every domain above it that has a dot: `www.el.example`, `el.example`."""
    return _above(host(url).strip("."))


@functools.lru_cache(maxsize=4_096)
def _above(name: str) -> Sequence[str]:
    labels = name.split(".")[-_MOST_LABELS:]
    return tuple(".".join(labels[start:]) for start in range(max(1, len(labels) - 1))) if name else ()


def text_keys(rows: pa.RecordBatch) -> list[str | None]:
    """Return of each row the hash of its text as it stands; None where there is none, or it is blank."""
    return [
        content_hash(text) if text is not None and text.strip() else None
        for text in optional_texts(rows.column("text"))
    ]


def first(*verdicts: Sequence[Kind | None]) -> list[Kind | None]:
    """Return per row the first verdict of several that is one."""
    return [next((one for one in row if one is not None), None) for row in zip(*verdicts, strict=True)]


def refused(outcome: Outcome, verdicts: Sequence[Kind | None]) -> Outcome:
    """Return an outcome in which rows that must not come back go, whatever else was said of them.

    Args:
        outcome: of a source or a step.
        verdicts: per row, as `Tombstones.records` and `texts` give them.
    """
    if not any(verdicts):
        return outcome
    count = len(verdicts)
    hit = pa.array([one is not None for one in verdicts], pa.bool_())
    none = pa.nulls(count, pa.string())
    said = strings(None if one is None else f"{PREFIX}{one}" for one in verdicts)
    flags = pa.array([False] * count, pa.bool_()) if outcome.quarantined is None else outcome.quarantined
    return Outcome(
        outcome.batch,
        reasons=pc.coalesce(said, none if outcome.reasons is None else outcome.reasons),
        details=pc.if_else(hit, none, none if outcome.details is None else outcome.details),
        related=pc.if_else(hit, none, none if outcome.related is None else outcome.related),
        quarantined=pc.and_(flags, pc.invert(hit)),
    )


def hidden(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Return ledger rows without address, detail and sample where the reason is a tombstone."""
    hit = pc.starts_with(rows.column("reason"), PREFIX)
    if not pc.any(hit).as_py():
        return rows
    none = pa.nulls(rows.num_rows, pa.string())
    arrays = [
        pc.if_else(hit, none, rows.column(name)) if name in ("url", "detail", "sample") else rows.column(name)
        for name in rows.schema.names
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=rows.schema)


def _hash(salt: str, kind: Kind, value: str) -> str:
    data = f"{kind}\x1f{value}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, key=bytes.fromhex(salt)[:64], digest_size=16).hexdigest()
