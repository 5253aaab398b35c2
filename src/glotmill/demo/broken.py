"""Captures that are not what they say: wrong charsets, cut records, empty and enormous bodies, other media types."""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import cycle

from glotmill.demo.captures import LEGACY_CHARSETS, capture, dress_of
from glotmill.demo.pages import Folder, Page, richest
from glotmill.demo.render import Dress, render
from glotmill.demo.warc import Capture

HOST = "broken.example"
# Anything above this is refused before it is parsed; the page below is larger.
BIG_BODY = 6_000_000


def broken_pages(folders: Sequence[Folder]) -> list[Capture]:
    """Return one capture for each way a record can be broken; those before and after the cut one are whole."""
    whole = [_archived(folder) for folder in folders if not folder.site.mirrors and folder.articles][:6]
    cut = replace(whole[2], url=f"https://{HOST}/cut.html", kind="broken_truncated_member", keep=0.6)
    return [*whole[:2], cut, *whole[3:], *_bodies(richest(folders)), *_charsets(folders)]


def _archived(folder: Folder) -> Capture:
    """Return an article of a language once more, from its archive."""
    number, stem, page = folder.articles[-1]
    dress = dress_of(folder, stem, number)
    moved = Dress(dress.site, f"archive.{dress.host}", dress.path, dress.lang, dress.layout, others=dress.others)
    return capture(folder, page, moved, kind="same_text", of=dress.url)


def _bodies(folder: Folder) -> Iterator[Capture]:
    page = folder.articles[0][2]
    site = folder.site

    def dress(name: str) -> Dress:
        return Dress(site, HOST, f"/{name}.html", site.lang, 0)

    yield Capture(f"https://{HOST}/empty.html", b"", kind="broken_empty_body")
    big = page.model_copy(update={"paragraphs": _endless(folder, BIG_BODY)})
    yield capture(folder, big, dress("big"), kind="broken_big_body")
    missing = page.model_copy(update={"paragraphs": (site.footer,), "license": "none"})
    yield replace(capture(folder, missing, dress("missing"), kind="broken_404"), status=404)
    pdf = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    yield Capture(
        f"https://{HOST}/report.pdf",
        pdf + b"trailer<</Root 1 0 R>>\n%%EOF\n",
        kind="broken_pdf",
        content_type="application/pdf",
    )
    # Deflated text looks like noise, and is the same noise everywhere and always; the odd bytes are no UTF-8.
    noise = zlib.compress(render(page, dress("noise")).encode("utf-8"), 9)
    yield Capture(f"https://{HOST}/noise.html", b"\x89\x00\xff\xfe\xc3(" + noise, kind="broken_binary")
    yield Capture(
        f"https://{HOST}/untyped",
        render(page, dress("untyped")).encode("utf-8")[:40],
        kind="broken_stub",
        content_type=None,
    )


def _endless(folder: Folder, size: int) -> tuple[str, ...]:
    texts: list[str] = []
    total = 0
    for text in cycle([text for _, page in folder.pages for text in page.paragraphs]):
        if total > size:
            return tuple(texts)
        line = f"{len(texts)}. {text}"
        texts.append(line)
        total += len(line.encode("utf-8"))
    return tuple(texts)


def _charsets(folders: Sequence[Folder]) -> Iterator[Capture]:
    for folder in folders:
        charset = LEGACY_CHARSETS.get(folder.tag)
        if charset is None or not folder.articles:
            continue
        _, stem, page = folder.articles[0]
        dress = Dress(folder.site, f"charset.{folder.site.host}", f"/{stem}.html", folder.site.lang, 0, charset=None)
        text = render(_plain(page), dress)
        original = capture(folder, _plain(page), dress, kind="broken_says_utf8")
        yield replace(original, body=text.encode(charset, "xmlcharrefreplace"))
        yield replace(
            original,
            url=f"https://{dress.host}/vice-versa/{stem}.html",
            kind="broken_is_utf8",
            content_type=f"text/html; charset={charset}",
        )


def _plain(page: Page) -> Page:
    """The mistake under test is the charset alone, so the license mark is the plainest one."""
    return page.model_copy(update={"license": "by-rel"})
