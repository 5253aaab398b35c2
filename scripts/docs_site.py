"""What a site of these documents needs beyond the documents: navigation from the folders, pages that list others, mended links.

The documents are written for a reader of the repository first: they link to files beside `docs/`, and follow the Markdown of
its viewers. Nothing here knows MkDocs; scripts/docs_hook.py hands it over.
"""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# Pages of the site that stand elsewhere in the repository -> where.
ELSEWHERE = {"contributing.md": "CONTRIBUTING.md"}
# Pages that list the pages of their folder -> title and first paragraph.
LISTS = {
    "how-to/index.md": (
        "How to ...",
        "One task each. The commands on these pages run as they stand; the tests run them.",
    ),
    "decisions/index.md": (
        "Decisions",
        "Why it is as it is, what else was possible, and what was measured, in order of time.",
    ),
}
FENCE = re.compile(r"^ *(```|~~~)")
LINK = re.compile(r"(\]\()([^)\s#]+)(#[^)\s]*)?(\))")
CODE = re.compile(r"(`+[^`]*`+)")
LOADED = re.compile(
    r"<(?:script|link|img|iframe|source|video)\b[^>]*?\b(?:src|href)=[\"']?(?:https?:)?//[^>]*>", re.IGNORECASE
)

Nav = list[Any]


def named(nav: Nav) -> Iterator[str]:
    """Yield the pages and patterns of a navigation, in order."""
    for entry in nav:
        inside = next(iter(entry.values())) if isinstance(entry, dict) else entry
        yield from named(inside) if isinstance(inside, list) else [inside]


def navigation(nav: Nav, pages: list[str]) -> Nav:
    """Return a navigation with `folder/*` replaced by those of the pages in that very folder that nothing in it names.

    Args:
        nav: as MkDocs takes it: pages, {title: page}, {title: list}.
        pages: paths below `docs/`, with `/`.
    """
    taken = set(named(nav))

    def filled(entries: Nav) -> Nav:
        found: Nav = []
        for entry in entries:
            if isinstance(entry, dict):
                title, inside = next(iter(entry.items()))
                inside = filled(inside) if isinstance(inside, list) else inside
                found += [{title: inside}] if inside else []
            elif entry.endswith("*"):
                folder = posixpath.dirname(entry)
                found += sorted(page for page in pages if posixpath.dirname(page) == folder and page not in taken)
            else:
                found.append(entry)
        return found

    return filled(nav)


def prose(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the lines of a document, and of each whether it is text rather than part of a block of code."""
    inside = False
    for line in text.splitlines():
        fence = FENCE.match(line) is not None
        yield line, not (inside or fence)
        inside ^= fence


def opening(text: str) -> tuple[str, str]:
    """Return the title of a document and its first sentence, without links."""
    title = text.partition("# ")[2].partition("\n")[0].strip()
    body = re.sub(r"<!--.*?-->", "", text.partition("# ")[2].partition("\n")[2], flags=re.DOTALL).strip()
    paragraph = " ".join(body.partition("\n\n")[0].split())
    plain = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", "" if re.match(r"#|\||```|[-*] ", paragraph) else paragraph)
    sentence = re.match(r"(?:`[^`]*`|[^`])*?[.?](?= |$)", plain)
    return title, re.sub(r":$", ".", sentence[0] if sentence else plain)


def entry(page: str, folder: str) -> str:
    """Return the line of a list that names a page."""
    title, sentence = opening((ROOT / ELSEWHERE.get(page, f"docs/{page}")).read_text(encoding="utf-8"))
    return f"- [{title}]({posixpath.relpath(page, folder)})" + (f"<br>{sentence}" if sentence else "")


def listing(name: str, nav: Nav) -> str:
    """Return a page that lists its neighbors in the navigation, by the groups that they stand in there."""
    title, text = LISTS[name]
    folder = posixpath.dirname(name)
    section = next(value for part in nav if isinstance(part, dict) for value in part.values() if name in value)
    lines = [f"# {title}", "", text, ""]
    for part in section:
        if isinstance(part, dict):
            group, pages = next(iter(part.items()))
            lines += [f"## {group}", "", *(entry(page, folder) for page in pages), ""]
        elif part != name:
            lines.append(entry(part, folder))
    return "\n".join(lines) + "\n"


def target(link: str, place: str) -> tuple[str, Path | None]:
    """Return where a link leads on the site, and the file that the site must carry for it, if it is no page.

    Args:
        link: relative, without its anchor.
        place: of the page that has it, from the root of the repository.
    """
    path = posixpath.normpath(posixpath.join(posixpath.dirname(place), link))
    pages = {origin: page for page, origin in ELSEWHERE.items()}
    if path in pages:
        return pages[path], None
    if path == "docs" or path.startswith("docs/"):
        inside = posixpath.relpath(path, "docs")
        listed = [f"{inside}/{name}" for name in ("index.md", "README.md")]
        return next((name for name in listed if name in LISTS or (ROOT / "docs" / name).is_file()), inside), None
    return f"files/{path}", ROOT / path


def links(text: str) -> Iterator[str]:
    """Yield the relative links of a document that stand in its text."""
    for line, spoken in prose(text):
        for match in LINK.finditer(CODE.sub("", line)) if spoken else ():
            if "://" not in match[2] and not match[2].startswith("mailto:"):
                yield match[2]


def mended(text: str, page: str) -> str:
    """Return a document with links as the site has them, and blank lines before lists and tables, which Python-Markdown needs."""
    place = ELSEWHERE.get(page, f"docs/{page}")

    def relinked(match: re.Match[str]) -> str:
        if "://" in match[2] or match[2].startswith("mailto:"):
            return match[0]
        leads = posixpath.relpath(target(match[2], place)[0], posixpath.dirname(page) or ".")
        return f"{match[1]}{leads}{match[3] or ''}{match[4]}"

    lines: list[str] = []
    for line, spoken in prose(text):
        before = lines[-1] if lines else ""
        if spoken and before and not before.startswith(" "):
            row, item = line.startswith("|"), re.match(r"([-*]|\d+\.) ", line) is not None
            alike = before.startswith("|") if row else re.match(r"([-*]|\d+\.) ", before) is not None
            if (row or item) and not alike:
                lines.append("")
        parts = CODE.split(line)
        parts[::2] = [LINK.sub(relinked, part) if spoken else part for part in parts[::2]]
        lines.append("".join(parts))
    return "\n".join(lines) + "\n"
