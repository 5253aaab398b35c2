"""A list of sites by hand, as ROOTS had it for its pseudo-crawl: domains, hosts and folders of sites, one a line.

The method: Laurençon et al., "The BigScience ROOTS Corpus", 2022, section 2.2: all pages of known domains out of Common Crawl.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import idna

from glotmill.core.errors import RecipeError
from glotmill.crawl import cdxj

_MOST = 1_000_000  # lines of a file


@dataclass(frozen=True, slots=True)
class Seeds:
    """What a list names.

    Args:
        prefixes: host, in lower case -> prefixes of SURT paths below it (`/yo/`); none where the whole host, with all hosts
            below it, counts.
    """

    prefixes: Mapping[str, tuple[str, ...]]

    def names(self, name: str) -> bool:
        """Tell whether a host may have pages that the list names."""
        return any(part in self.prefixes for part in _upward(name))

    def covers(self, url: str) -> bool:
        """Tell whether the list names a page."""
        name = _name(url)
        path = ""
        for part in _upward(name):
            prefixes = self.prefixes.get(part)
            if prefixes == ():
                return True
            if prefixes and part == name.removeprefix("www."):
                path = path or cdxj.sort_key(url).partition(")")[2]
                if path.startswith(prefixes):
                    return True
        return False

    def surts(self) -> tuple[str, ...]:
        """Return what the SURT keys of its pages begin with, sorted, none of them the beginning of another."""
        kept: list[str] = []
        for one in sorted(cdxj.sort_key(f"http://{name}").partition(")")[0] for name in self.prefixes):
            if not kept or not one.startswith(kept[-1]):
                kept.append(one)
        return tuple(kept)

    def whole(self) -> "Seeds":
        """Return the same hosts without their folders: whose robots.txt is asked for."""
        return Seeds(dict.fromkeys(self.prefixes, ()))


def _name(url: str) -> str:
    """Return the host of a URL as the index has it: in lower case, letters beyond ASCII in Punycode (RFC 5891); else ""."""
    try:
        name = (urlsplit(url).hostname or "").rstrip(".")
        return name if name.isascii() else idna.encode(name, uts46=True).decode("ascii")
    except (ValueError, UnicodeError):  # of idna's errors, too
        return ""


def _upward(name: str) -> tuple[str, ...]:
    labels = name.removeprefix("www.").split(".")
    return tuple(".".join(labels[start:]) for start in range(len(labels)))


def parse_seeds(text: str, *, file: str) -> Seeds:
    """Return what a file lists: `example.org` is a domain or host with all below it, `example.org/yo/` a folder of that host.

    `#` begins a comment, a scheme and `www.` do not count.

    Raises:
        RecipeError: a line is neither, or a top-level domain, which belongs into `tlds`; or there are none.
    """
    found: dict[str, set[str]] = {}
    lines = text.splitlines()
    if len(lines) > _MOST:
        raise RecipeError(f"more than {_MOST:,} lines", file=file)
    for number, line in enumerate(lines, 1):
        entry = line.partition("#")[0].strip()
        if not entry:
            continue
        url = entry if "://" in entry else f"http://{entry}"
        name = _name(url).removeprefix("www.")
        if "." not in name or " " in entry or not name.strip("."):
            remedy = "Write a domain (example.org), a host (yo.example.org) or a folder (example.org/yo/)."
            raise RecipeError(f"line {number} names no site: {entry[:80]!r}", file=file, remedy=remedy)
        path = cdxj.sort_key(url).partition(")")[2]
        below = "" if path in ("", "/") else path + ("/" if url.endswith("/") else "")
        found.setdefault(name, set()).add(below)
    if not found:
        raise RecipeError("no sites", file=file, remedy="Write one a line: example.org")
    return Seeds({name: () if "" in paths else tuple(sorted(paths)) for name, paths in sorted(found.items())})
