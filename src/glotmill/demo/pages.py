"""What the demo web's page files say, read into frozen models."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StrictStr

from glotmill.core.errors import RecipeError
from glotmill.core.steps import Frozen
from glotmill.core.yamlfile import near, parse

LicenseKind = Literal[
    "by-rel",
    "by-sa-badge",
    "cc0-jsonld",
    "by-meta",
    "by-sa-header",
    "by-nc",
    "reserved",
    "conflict",
    "caption-only",
    "none",
]
# RFC 2606 reserves .example: nothing here can ever be somebody's site.
Host = Annotated[StrictStr, Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)*\.example$")]
Email = Annotated[StrictStr, Field(pattern=r"^[a-z0-9._-]+@[a-z0-9.-]+\.example$")]
Words = Annotated[StrictStr, Field(min_length=1)]
Tag = Annotated[StrictStr, Field(pattern=r"^[a-z]{3}_[A-Z][a-z]{3}$")]

_FILE_NAME = re.compile(r"[a-z0-9_-]+")


class Labels(Frozen):
    """The small words of a site's furniture, in its language."""

    home: Words
    search: Words
    written_by: Words
    published: Words
    read_more: Words
    related: Words
    latest: Words
    comments: Words
    share: Words


class Cookies(Frozen):
    """The cookie banner of a site."""

    text: Words
    accept: Words
    reject: Words


class Site(Frozen):
    """One `site.yaml`: what all pages of a language share."""

    host: Host
    name: Words
    lang: Words
    direction: Literal["ltr", "rtl"] = "ltr"
    menu: tuple[Words, ...] = Field(min_length=4, max_length=10)
    labels: Labels
    cookies: Cookies
    footer: Words
    rights: Words
    license_phrase: Annotated[StrictStr, Field(pattern=r"\{license\}")]
    contact: Email
    mirrors: tuple[Host, ...] = ()
    keywords: tuple[Words, ...] = Field(min_length=40)


class Comment(Frozen):
    """What a reader wrote below a page."""

    by: Words
    text: Words


class Page(Frozen):
    """One page file: an article and what the builder shall do with it."""

    title: Words
    section: Words | None = None
    author: Words | None = None
    contact: Email | None = None
    date: Annotated[StrictStr, Field(pattern=r"^20\d\d-\d\d-\d\d$")]
    license: LicenseKind
    kind: Literal["article", "short"] = "article"
    summary: Words
    paragraphs: tuple[Words, ...] = Field(min_length=1)
    boilerplate: Tag | None = None
    caption: Words | None = None
    comments: tuple[Comment, ...] = ()
    links: tuple[StrictStr, ...] = ()


@dataclass(frozen=True, slots=True)
class Folder:
    """All that stands in the folder of one language: its site, and its pages by file name, sorted."""

    tag: str
    site: Site
    pages: tuple[tuple[str, Page], ...]

    def page(self, stem: str) -> Page:
        """Return the page whose file is `<stem>.yaml`."""
        return dict(self.pages)[stem]

    @property
    def articles(self) -> tuple[tuple[int, str, Page], ...]:
        """Number, file name and content of the pages that are whole articles in their own site's furniture."""
        return tuple(
            (number, stem, page)
            for number, (stem, page) in enumerate(self.pages)
            if page.kind == "article" and page.boilerplate is None
        )


def richest(folders: Sequence[Folder]) -> Folder:
    """Return the folder of a target language with the most pages: where one page is needed, one of its is taken."""
    return max((folder for folder in folders if not folder.site.mirrors), key=lambda folder: len(folder.pages))


def load_web(pages_dir: Path) -> tuple[Folder, ...]:
    """Return every language folder of `pages_dir`, sorted by tag.

    Raises:
        RecipeError: a file is missing or wrong: which, which field, what would be right.
    """
    folders = tuple(_load_folder(path) for path in sorted(pages_dir.iterdir()) if path.is_dir())
    tags = {folder.tag for folder in folders}
    hosts: dict[str, str] = {}
    for folder in folders:
        for host in (folder.site.host, *folder.site.mirrors):
            if host in hosts:
                raise RecipeError(
                    f"{host} is already the site of {hosts[host]}", file=f"{folder.tag}/site.yaml", field="host"
                )
            hosts[host] = folder.tag
        for stem, page in folder.pages:
            if page.boilerplate is not None and page.boilerplate not in tags:
                raise RecipeError(
                    f"no folder {page.boilerplate}",
                    file=f"{folder.tag}/{stem}.yaml",
                    field="boilerplate",
                    remedy=near(page.boilerplate, tags),
                )
    return folders


def _load_folder(path: Path) -> Folder:
    site_file = path / "site.yaml"
    if not site_file.is_file():
        raise RecipeError("the language has no site.yaml", file=f"{path.name}/site.yaml")
    site = parse(site_file.read_text(encoding="utf-8"), Site, file=f"{path.name}/site.yaml")
    pages = tuple(_load_pages(path))
    stems = {stem for stem, _ in pages}
    for stem, page in pages:
        file = f"{path.name}/{stem}.yaml"
        for link in page.links:
            if link not in stems:
                raise RecipeError(
                    f"no page {link}.yaml in this folder", file=file, field="links", remedy=near(link, stems)
                )
        if page.section is not None and page.section not in site.menu:
            raise RecipeError("not in the menu", file=file, field="section", remedy=near(page.section, site.menu))
        if page.license == "caption-only" and page.caption is None:
            raise RecipeError("license: caption-only needs a caption", file=file, field="caption")
    return Folder(path.name, site, pages)


def _load_pages(path: Path) -> Iterator[tuple[str, Page]]:
    for file in sorted(path.glob("*.yaml")):
        if file.name == "site.yaml":
            continue
        name = f"{path.name}/{file.name}"
        if not _FILE_NAME.fullmatch(file.stem):
            raise RecipeError("a page's file name is [a-z0-9_-]+.yaml", file=name)
        yield file.stem, parse(file.read_text(encoding="utf-8"), Page, file=name)
