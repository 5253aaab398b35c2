"""Which codes of Common Crawl's index mean a language, and which languages it cannot find."""

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType

from glotmill.text.tags import describe, members_of


@dataclass(frozen=True, slots=True)
class Code:
    """One code of the column `content_languages`: what CLD2 says, as ISO 639-3.

    Args:
        code: as it stands there.
        named: languages that it names, ISO 639-3.
        among: languages whose pages CLD2 gives this code, too, for want of one of their own.
        pages: that had it first in CC-MAIN-2026-04; None where that crawl has none.
    """

    code: str
    named: tuple[str, ...]
    among: tuple[str, ...]
    pages: int | None


@functools.cache
def codes() -> Mapping[str, Code]:
    """Return the table: code -> what it means."""
    found: dict[str, Code] = {}
    text = resources.files(__package__ or "").joinpath("languages.tsv").read_text(encoding="utf-8")
    for line in text.splitlines():
        if not line.startswith("#"):
            code, named, among, pages = line.split("\t")
            found[code] = Code(code, tuple(named.split()), tuple(among.split()), int(pages) if pages else None)
    return MappingProxyType(found)


def codes_of(tag: str) -> tuple[str, ...]:
    """Return the codes by which the index finds a language, in alphabetical order; none where CLD2 does not know it.

    A macrolanguage without a code of its own is found by those of its members.

    Args:
        tag: canonical, as in `eus_Latn`; the script does not count.

    >>> codes_of("cmn_Hani"), codes_of("hbs_Latn"), codes_of("bam_Latn")
    (('zho',), ('bos', 'hrv', 'srp'), ())
    """
    language = describe(tag).code
    own = sorted(one.code for one in codes().values() if language in one.named)
    members = members_of(language) if not own else frozenset()
    return tuple(own or sorted(one.code for one in codes().values() if members.intersection(one.named)))


def among_of(tag: str) -> tuple[str, ...]:
    """Return the codes among whose pages those of a language are that has none of its own."""
    language = describe(tag).code
    return tuple(sorted(one.code for one in codes().values() if language in one.among)) if not codes_of(tag) else ()


def targets(tags: Iterable[str]) -> frozenset[str]:
    """Return the codes of all languages that CLD2 knows among these."""
    return frozenset(code for tag in tags for code in codes_of(tag))


def blind_spots(tags: Sequence[str]) -> tuple[str, ...]:
    """Return, in words, what a selection by `content_languages` misses of these languages, and what to do instead.

    Args:
        tags: canonical.
    """
    unknown = [tag for tag in tags if not codes_of(tag)]
    words = [_among(tag) for tag in unknown if among_of(tag)]
    rest = [tag for tag in unknown if not among_of(tag)]
    if rest:
        words.append(
            f"CLD2 does not know {', '.join(rest)}, so the index cannot find it by language: name sites in `seeds` "
            "(pseudo-crawl) or top-level domains in `tlds`, with `languages: any`"
        )
    words += [_unusual(tag) for tag in tags if codes_of(tag) and not _usual(tag)]
    return tuple(words)


def _among(tag: str) -> str:
    found = among_of(tag)
    sizes = ", ".join(f"{code} ({codes()[code].pages or 0:,} pages in CC-MAIN-2026-04)" for code in found)
    return (
        f"the index has {tag} only among {sizes}: it is not selected by language; take all of them with "
        f"`codes: [{', '.join(found)}]`, or name sites in `seeds` or top-level domains in `tlds`, with `languages: any`"
    )


def _usual(tag: str) -> bool:
    scripts = describe(tag).scripts
    return not scripts or tag.partition("_")[2] == scripts[0]


def _unusual(tag: str) -> str:
    usual = describe(tag).scripts[0]
    return (
        f"the index knows no scripts: {', '.join(codes_of(tag))} finds {tag} among pages in {usual}, if CLD2 knows "
        "the language in that script at all"
    )
