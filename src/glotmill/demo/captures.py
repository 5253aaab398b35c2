"""The captures of the demo web that a browser would show without complaint: pages, copies, near copies, ballast."""

import re
from collections.abc import Iterator, Sequence

from glotmill.demo.marks import MARKS
from glotmill.demo.pages import Folder, Page
from glotmill.demo.render import LAYOUTS, Dress, http_headers, render, render_index, render_keywords
from glotmill.demo.warc import Capture

# Old servers still send these; the first page of the language that fits is sent with the charset in the header,
# the second with the charset in <meta> only.
LEGACY_CHARSETS = {
    "arb_Arab": "windows-1256",
    "deu_Latn": "windows-1252",
    "ell_Grek": "iso-8859-7",
    "heb_Hebr": "windows-1255",
    "jpn_Jpan": "shift_jis",
    "kor_Hang": "euc-kr",
    "pol_Latn": "iso-8859-2",
    "rus_Cyrl": "windows-1251",
    "tha_Thai": "tis-620",
    "tur_Latn": "windows-1254",
    "ukr_Cyrl": "koi8-u",
}
_SENTENCE_END = re.compile(r"(?<=[.!?。！？؟।։።៕])\s*")


def native_pages(folders: Sequence[Folder]) -> list[Capture]:
    """Return one capture for each page file, in a legacy charset where the language has one, in UTF-8 otherwise."""
    sites = {folder.tag: folder.site for folder in folders}
    captures: list[Capture] = []
    for folder in folders:
        if folder.site.mirrors:
            continue
        charset = LEGACY_CHARSETS.get(folder.tag)
        legacy = [stem for _, stem, page in folder.articles if charset and _encodable(page, charset)][:2]
        for number, (stem, page) in enumerate(folder.pages):
            kind = "native"
            if page.boilerplate is not None:
                kind = "mixed_boilerplate"
            elif page.kind == "short":
                kind = "short"
            site = sites[page.boilerplate] if page.boilerplate else folder.site
            dress = dress_of(folder, stem, number)
            dress = Dress(site, dress.host, dress.path, dress.lang, dress.layout, others=dress.others)
            if charset and stem in legacy:
                captures.append(in_charset(folder, page, dress, charset, in_header=stem == legacy[0], kind=kind))
            else:
                captures.append(capture(folder, page, dress, kind=kind))
    return captures


def dress_of(folder: Folder, stem: str, number: int) -> Dress:
    """Return how the page `stem`, the `number`-th of its folder, is served at its own site."""
    layout = (number + sum(map(ord, folder.tag))) % LAYOUTS
    page = folder.page(stem)
    path = _path(stem, page, layout)
    linked = [other for other in page.links if other != stem]
    rest = [other for other, _ in folder.pages if other != stem and other not in linked]
    # Neighbours first, so that not every page of a site carries the same teasers.
    turned = rest[number:] + rest[:number]
    others = tuple(
        (folder.page(other).title, folder.page(other).summary, _path(other, folder.page(other), layout))
        for other in [*linked, *turned][:4]
    )
    return Dress(folder.site, folder.site.host, path, folder.site.lang, layout, others=others)


def _path(stem: str, page: Page, layout: int) -> str:
    return (f"/{page.date[:4]}/{page.date[5:7]}/{stem}", f"/{stem}.html", f"/{page.date.replace('-', '/')}/{stem}/")[
        layout
    ]


def capture(folder: Folder, page: Page, dress: Dress, *, kind: str, of: str | None = None) -> Capture:
    """Return a page served in UTF-8."""
    mark = MARKS[page.license]
    return Capture(
        url=dress.url,
        body=render(page, dress).encode("utf-8"),
        kind=kind,
        language=folder.tag,
        license=mark.expression,
        is_open=mark.is_open,
        headers=http_headers(page),
        of=of,
    )


def in_charset(folder: Folder, page: Page, dress: Dress, charset: str, *, in_header: bool, kind: str) -> Capture:
    """Return a page served in a legacy charset, declared in the header, or in `<meta>` alone.

    Furniture that the charset lacks becomes character references, as content management systems do.
    """
    told = Dress(dress.site, dress.host, dress.path, dress.lang, dress.layout, charset, dress.others)
    mark = MARKS[page.license]
    return Capture(
        url=dress.url,
        body=render(page, told).encode(charset, "xmlcharrefreplace"),
        kind=kind,
        language=folder.tag,
        license=mark.expression,
        is_open=mark.is_open,
        content_type=f"text/html; charset={charset}" if in_header else "text/html",
        headers=http_headers(page),
    )


def _encodable(page: Page, charset: str) -> bool:
    try:
        "".join([page.title, page.summary, *page.paragraphs]).encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def copies(folders: Sequence[Folder]) -> list[Capture]:
    """Return exact and near duplicates of open articles: five per language, where it has enough articles.

    The same page under a tracking address and on a mirror; another without its last sentence; another with its
    summary as an additional paragraph; a third one in another layout.
    """
    captures: list[Capture] = []
    for folder in folders:
        articles = [entry for entry in folder.articles if MARKS[entry[2].license].is_open]
        if folder.site.mirrors or not articles:
            continue
        picked = [articles[at % len(articles)] for at in range(3)]
        captures.extend(_copies_of(folder, *picked))
    return captures


def _copies_of(
    folder: Folder, first: tuple[int, str, Page], second: tuple[int, str, Page], third: tuple[int, str, Page]
) -> Iterator[Capture]:
    number, stem, page = first
    dress = dress_of(folder, stem, number)
    whole = capture(folder, page, dress, kind="exact_duplicate", of=dress.url)
    yield _moved(whole, f"{dress.url}?utm_source=newsletter&utm_medium=email")
    yield _moved(whole, f"https://mirror.{dress.host}{dress.path}")

    number, stem, page = second
    dress = dress_of(folder, stem, number)
    cut = page.model_copy(update={"paragraphs": without_last_sentence(page.paragraphs)})
    yield _moved(
        capture(folder, cut, dress, kind="near_duplicate", of=dress.url), f"https://old.{dress.host}{dress.path}"
    )

    number, stem, page = third
    dress = dress_of(folder, stem, number)
    longer = page.model_copy(update={"paragraphs": (*page.paragraphs, page.summary)})
    update = capture(folder, longer, dress, kind="near_duplicate", of=dress.url)
    yield _moved(update, f"https://{dress.host}/update{dress.path}")
    other = Dress(dress.site, dress.host, f"/print{dress.path}", dress.lang, (dress.layout + 1) % LAYOUTS)
    yield capture(folder, page, other, kind="same_text", of=dress.url)


def _moved(original: Capture, url: str) -> Capture:
    return Capture(
        url=url,
        body=original.body,
        kind=original.kind,
        language=original.language,
        license=original.license,
        is_open=original.is_open,
        headers=original.headers,
        of=original.of,
    )


def without_last_sentence(paragraphs: Sequence[str]) -> tuple[str, ...]:
    """Return the paragraphs without the last sentence of the last one.

    Thai and others have no mark at a sentence's end: there the last phrase between spaces goes. A last paragraph
    of one sentence goes whole.
    """
    *before, last = paragraphs
    sentences = [part for part in _SENTENCE_END.split(last) if part]
    if len(sentences) > 1:
        return (*before, last[: last.rindex(sentences[-1])].rstrip())
    phrases = last.split(" ")
    if len(phrases) > 1 and last[-1] not in ".!?。！？؟।։።៕":
        return (*before, " ".join(phrases[:-1]))
    return tuple(before) or (last,)


def front_pages(folders: Sequence[Folder]) -> list[Capture]:
    """Return, for each site, its front page (navigation alone) and a page of search words."""
    captures: list[Capture] = []
    for folder in folders:
        site = folder.site
        others = tuple((page.title, page.summary, _path(stem, page, 0)) for stem, page in folder.pages[:8])
        front = Dress(site, site.host, "/", site.lang, 0, others=others)
        words = Dress(site, f"top.{site.host}", "/list.html", site.lang, 1)
        captures.append(Capture(front.url, render_index(front).encode("utf-8"), kind="navigation", language=folder.tag))
        captures.append(
            Capture(
                words.url,
                render_keywords(words, rounds=4).encode("utf-8"),
                kind="keywords",
                language=folder.tag,
                license="CC-BY-4.0",
                is_open=True,
            )
        )
    return captures


def mixed_pages(folders: Sequence[Folder]) -> list[Capture]:
    """Return pages whose paragraphs alternate between two languages, one for each page with foreign furniture."""
    by_tag = {folder.tag: folder for folder in folders}
    captures: list[Capture] = []
    for folder in folders:
        for number, (stem, page) in enumerate(folder.pages):
            if page.boilerplate is None:
                continue
            foreign = by_tag[page.boilerplate].pages
            guest = foreign[number % len(foreign)][1]
            longest = max(len(page.paragraphs), len(guest.paragraphs))
            both = [
                texts[at] for at in range(longest) for texts in (page.paragraphs, guest.paragraphs) if at < len(texts)
            ]
            dress = dress_of(folder, stem, number)
            dress = Dress(dress.site, dress.host, f"/bi{dress.path}", dress.lang, dress.layout, others=dress.others)
            captures.append(
                capture(folder, page.model_copy(update={"paragraphs": tuple(both)}), dress, kind="mixed_languages")
            )
    return captures


def ballast(folders: Sequence[Folder]) -> list[Capture]:
    """Return the pages of sites with mirrors, on each mirror in three versions that differ in paragraphs and layout."""
    captures: list[Capture] = []
    for folder in folders:
        for turn, host in enumerate((folder.site.host, *folder.site.mirrors) if folder.site.mirrors else ()):
            for number, (stem, page) in enumerate(folder.pages):
                for version in range(3):
                    texts = page.paragraphs[version:] + page.paragraphs[: max(0, version - 1)]
                    layout = (turn + number + version) % LAYOUTS
                    own = dress_of(folder, stem, number)
                    path = own.path if version == 0 else f"/{version}{own.path}"
                    dress = Dress(folder.site, host, path, own.lang, layout, others=own.others)
                    shown = page.model_copy(update={"paragraphs": texts or page.paragraphs})
                    captures.append(capture(folder, shown, dress, kind="ballast"))
    return captures
