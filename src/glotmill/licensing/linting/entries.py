"""What one line of a license table says, whatever its columns are called."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

# Names of columns and keys, in lower case and with `_` between words.
LICENSE: Final = ("license", "licence", "licenses", "licences", "license_id", "license_expression", "spdx", "spdx_id")
LICENSE_NAME: Final = ("license_name", "licence_name")
LICENSE_LINK: Final = ("license_link", "license_url", "licence_link", "licence_url")
NAME: Final = (
    "data_set",
    "dataset",
    "dataset_name",
    "dataset_id",
    "corpus",
    "source_dataset",
    "repo_id",
    "name",
    "id",
    "title",
    "pretty_name",
)
REVISION: Final = ("revision", "commit", "sha", "version", "snapshot")
CONFIG: Final = ("config", "subset", "language", "lang", "split", "task")
SOURCES: Final = (
    *LICENSE_LINK,
    *("url", "link", "homepage", "source", "sources", "source_url", "evidence", "license_evidence", "reference"),
    *("paper", "repository", "where", "checked", "verified_by"),
)
PARTS: Final = ("source_datasets", "parts", "components", "composed_of", "mixture", "includes")
LABELS: Final = (
    "category",
    "group",
    "section",
    "access",
    "openness",
    "class",
    "license_class",
    "license_type",
    "tier",
    "rights",
)

# What Glotmill's own cards give as `license_name`: the license stands in each row.
EACH_ITS_OWN: Final = "each-document-its-own"
COUNTS: Final = frozenset({"documents", "rows", "tokens", "count", "records", "pages", "examples"})

_OPEN = frozenset({"open", "openly", "permissive", "permissively", "public", "opensource", "libre"})
_CLOSED = frozenset({"closed", "restricted", "proprietary", "nonopen", "nonpermissive", "noncommercial"})
_NOT = frozenset({"not", "non", "no", "semi", "partly", "unknown", "un"})
# "open" and "public" that speak of something else.
_ELSE = re.compile(
    r"\bopen[\s_-]*(?:ended|domain|book|vocabulary|subtitles|class|set|question)|\bpublic[\s_-]*(?:health|administration|speak|speech|opinion|transport)"
)
_TRUE = frozenset({"true", "yes", "y", "1", "x", "✓", "✔", "✅"})


@dataclass(frozen=True, slots=True)
class Claim:
    """A value and where it stands."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A data set, or a part of one, and what is said of its license.

    Args:
        row: as `Finding.row`.
        licenses: what stands in the license column; several where it holds a list.
        field: the license column.
        name: of the data set; None where nothing names it.
        revision: of the data set, where stated.
        config: language, subset or split, where stated: rows of one data set that need not have one license.
        license_name: beside `license: other`.
        link: address of the license.
        sources: by what the claim could be checked.
        opens: headings, columns and values that call the entry open.
        parts: names of data sets that it was made from.
        number: of the entry in its file, for `within`.
        within: number of the entry that it is a part of.
        holds: whether other entries may be parts of it.
        is_card: a publisher's own card: the claim needs no other source than its text.
        pointers: addresses in columns of sources, of which one may be a license's.
        is_count: the row says how much is under a license, and names no data set: there is nothing to check.
    """

    row: int
    licenses: tuple[str, ...]
    field: str = "license"
    name: str | None = None
    revision: str | None = None
    config: str | None = None
    license_name: str | None = None
    link: Claim | None = None
    sources: tuple[str, ...] = ()
    opens: tuple[Claim, ...] = ()
    parts: tuple[str, ...] = ()
    number: int = 0
    within: int | None = None
    holds: bool = False
    is_card: bool = False
    pointers: tuple[Claim, ...] = ()
    is_count: bool = False


def folded(name: str) -> str:
    """Return a column's name as the names above are written: `License URL` is `license_url`, `sourceUrl` `source_url`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name[:100])
    return re.sub(r"[\s_.-]+", "_", spaced.strip().strip("*`").lower())


def says_open(words: str) -> bool | None:
    """Return whether a heading or value calls what is under it open, permissive or public; None where it says neither."""
    found = re.findall(r"[^\W\d_]+", _ELSE.sub(" ", words[:300].lower()))
    if not _CLOSED.isdisjoint(found):
        return False
    return None if _OPEN.isdisjoint(found) else _NOT.isdisjoint(found)


def entry(
    row: int,
    values: Mapping[str, str],
    *,
    licenses: tuple[str, ...],
    field: str,
    headings: Sequence[Claim] = (),
    number: int = 0,
) -> Entry:
    """Return what a row of named values says.

    Args:
        row: as `Finding.row`.
        values: column -> text; the license column may be among them.
        licenses: what stands in the license column.
        field: the license column.
        headings: what stands over the row, the nearest last; the nearest that calls it open or closed counts.
        number: as `Entry.number`.
    """
    by_name = {
        folded(name): (name, value) for name, value in reversed(list(values.items())) if value.strip() and name != field
    }

    def first(names: Iterable[str]) -> str | None:
        return next((by_name[name][1].strip() for name in names if name in by_name), None)

    link = next((Claim(*by_name[name]) for name in LICENSE_LINK if name in by_name), None)
    own_name = field.rpartition(".")[2]
    opens = [Claim(field, own_name)] if says_open(own_name) else []
    for name, (column, value) in by_name.items():
        own = says_open(name)
        if (own and value.strip().lower() in _TRUE) or (name in LABELS and says_open(value)):
            opens.append(Claim(column, value))
    opinions = ((one, says_open(one.value)) for one in reversed(headings))
    over, verdict = next(((one, open_) for one, open_ in opinions if open_ is not None), (None, None))
    if over is not None and verdict:
        opens.append(over)
    return Entry(
        row=row,
        licenses=licenses,
        field=field,
        name=first(NAME),
        revision=first(REVISION),
        config=first(CONFIG),
        license_name=first(LICENSE_NAME),
        link=link,
        pointers=tuple(
            Claim(column, value.strip())
            for name, (column, value) in by_name.items()
            if name in SOURCES and name not in LICENSE_LINK and value.strip().startswith(("https://", "http://"))
        ),
        is_count=first(NAME) is None and not COUNTS.isdisjoint(by_name),
        sources=tuple(value for name in SOURCES if name in by_name and (value := by_name[name][1].strip())),
        opens=tuple(opens),
        parts=tuple(part.strip() for part in re.split(r"[,;|]", first(PARTS) or "") if part.strip()),
        number=number,
    )
