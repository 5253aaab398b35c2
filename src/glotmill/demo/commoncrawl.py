"""The pages of the demo web as a tiny Common Crawl: two crawls with archives, extracted text and a columnar index.

Paths and schema are those of github.com/commoncrawl/cc-index-table (`cc-index-schema-flat.json`, November 2026): what works
here works against `https://data.commoncrawl.org/`, which only is larger.
"""

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from glotmill.demo.captures import native_pages
from glotmill.demo.pages import Folder, Page, load_web
from glotmill.demo.warc import Capture, captured, members, payload_digest

CRAWLS = ("CC-MAIN-2026-40", "CC-MAIN-2026-44")
TABLE = "cc-index/table/cc-main/warc"
SCHEMA = pa.schema(
    [
        pa.field("url_surtkey", pa.string(), nullable=False),
        pa.field("url", pa.string(), nullable=False),
        pa.field("url_host_name", pa.string(), nullable=False),
        pa.field("url_host_tld", pa.string()),
        pa.field("url_host_registered_domain", pa.string()),
        pa.field("url_protocol", pa.string(), nullable=False),
        pa.field("url_path", pa.string(), nullable=False),
        pa.field("fetch_time", pa.timestamp("ms"), nullable=False),
        pa.field("fetch_status", pa.int16(), nullable=False),
        pa.field("content_digest", pa.string()),
        pa.field("content_mime_type", pa.string()),
        pa.field("content_mime_detected", pa.string()),
        pa.field("content_charset", pa.string()),
        pa.field("content_languages", pa.string()),
        pa.field("warc_filename", pa.string(), nullable=False),
        pa.field("warc_record_offset", pa.int32(), nullable=False),
        pa.field("warc_record_length", pa.int32(), nullable=False),
        pa.field("warc_segment", pa.string(), nullable=False),
    ]
)
# Codes of content_languages that are not those of our tags: macrolanguages.
_CODES = {"cmn": "zho", "arb": "ara", "pes": "fas", "swh": "swa"}
_DENYING = ("tur_Latn",)  # whose robots.txt keeps those away who train
_SEGMENTS = 2
_LATER = 2_000_000  # seconds between the two crawls
_ROBOTS = 100_000  # number of the first robots.txt
_GROUP_ROWS = 16


@dataclass(frozen=True, slots=True)
class _File:
    """One archive of a crawl: its path and segment, what is in it, and the number of the first capture."""

    path: str
    segment: str
    captures: Sequence[Capture]
    first: int


def build(pages_dir: Path, out_dir: Path) -> None:
    """Write both crawls below `out_dir`; equal page files give equal bytes.

    The second crawl has every third page of the first once more.

    Args:
        pages_dir: the folder that holds one folder per language (`pipelines/demo_web`).
        out_dir: what a base URL would name; made where it is missing.

    Raises:
        RecipeError: a page file is missing or wrong.
    """
    folders = [folder for folder in load_web(pages_dir) if not folder.site.mirrors]
    pages = native_pages(folders)
    texts = {one.url: page for one, (_, page) in zip(pages, _page_files(folders), strict=True)}
    robots = [_robots(folder) for folder in folders]
    for number, crawl in enumerate(CRAWLS):
        captures = pages if number == 0 else pages[::3]
        _write_crawl(out_dir, crawl, captures, robots, texts, first=number * _LATER)


def _page_files(folders: Sequence[Folder]) -> Iterator[tuple[str, Page]]:
    for folder in folders:
        yield from folder.pages


def _robots(folder: Folder) -> Capture:
    refusal = "User-agent: GPTBot\nDisallow: /\n\n" if folder.tag in _DENYING else ""
    body = f"{refusal}User-agent: *\nDisallow: /admin/\n".encode()
    url = f"https://{folder.site.host}/robots.txt"
    return Capture(url, body, "robots", content_type="text/plain")


def _write_crawl(
    out: Path, crawl: str, pages: Sequence[Capture], robots: Sequence[Capture], texts: dict[str, Page], *, first: int
) -> None:
    paths: dict[str, list[str]] = {"warc": [], "wet": [], "robotstxt": [], "cc-index-table": []}
    for subset, captures, begin in (("warc", pages, first), ("robotstxt", robots, first + _ROBOTS)):
        files = list(_files(crawl, subset, captures, begin))
        rows = [row for file in files for row in _write_archive(out, file)]
        paths[subset] += [file.path for file in files]
        paths["cc-index-table"] += _write_index(out, crawl, subset, rows)
        if subset == "warc":
            paths["wet"] += [_write_text(out, file, texts) for file in files]
    for name, lines in paths.items():
        data = "".join(f"{line}\n" for line in lines).encode()
        _write(out / "crawl-data" / crawl / f"{name}.paths.gz", gzip.compress(data, mtime=0))


def _files(crawl: str, subset: str, captures: Sequence[Capture], first: int) -> Iterator[_File]:
    for number in range(_SEGMENTS):
        segment = f"17900000{number:05d}.{number}"
        name = f"{crawl}-{number:05d}.warc.gz"
        start = len(captures) * number // _SEGMENTS
        end = len(captures) * (number + 1) // _SEGMENTS
        path = f"crawl-data/{crawl}/segments/{segment}/{subset}/{name}"
        yield _File(path, segment, captures[start:end], first + start)


def _write_archive(out: Path, file: _File) -> Iterator[dict[str, Any]]:
    parts: list[bytes] = []
    offset, number = 0, file.first
    name = file.path.rpartition("/")[2]
    for capture, data in members(name, file.captures, codec="gzip", first=file.first):
        parts.append(data)
        if capture is not None:
            yield _row(file, capture, number, offset, len(data))
            number += 1
        offset += len(data)
    _write(out / file.path, b"".join(parts))


def _row(file: _File, capture: Capture, number: int, offset: int, length: int) -> dict[str, Any]:
    parts = urlsplit(capture.url)
    host = parts.hostname or ""
    labels = host.removeprefix("www.").split(".")
    mime = (capture.content_type or "").partition(";")[0] or None
    return {
        "url_surtkey": f"{','.join(reversed(labels))}){parts.path.lower()}",
        "url": capture.url,
        "url_host_name": host,
        "url_host_tld": labels[-1],
        "url_host_registered_domain": ".".join(labels[-2:]),
        "url_protocol": parts.scheme,
        "url_path": parts.path,
        "fetch_time": captured(number).replace(tzinfo=None),
        "fetch_status": capture.status,
        "content_digest": payload_digest(capture.body).partition(":")[2],
        "content_mime_type": mime,
        "content_mime_detected": mime,
        "content_charset": "UTF-8",
        "content_languages": _languages(capture),
        "warc_filename": file.path,
        "warc_record_offset": offset,
        "warc_record_length": length,
        "warc_segment": file.segment,
    }


def _languages(capture: Capture) -> str | None:
    if capture.language is None:
        return None
    code = capture.language.partition("_")[0]
    code = _CODES.get(code, code)
    return f"{code},spa" if capture.kind == "mixed_boilerplate" else code


def _write_index(out: Path, crawl: str, subset: str, rows: list[dict[str, Any]]) -> list[str]:
    rows = sorted(rows, key=lambda row: row["url_surtkey"])
    paths = []
    for number in range(_SEGMENTS):
        part = rows[len(rows) * number // _SEGMENTS : len(rows) * (number + 1) // _SEGMENTS]
        path = f"{TABLE}/crawl={crawl}/subset={subset}/part-{number:05d}-demo.c000.gz.parquet"
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(part, SCHEMA), out / path, compression="gzip", row_group_size=_GROUP_ROWS)
        paths.append(path)
    return paths


def _write_text(out: Path, file: _File, texts: dict[str, Page]) -> str:
    path = file.path.replace("/warc/", "/wet/").replace(".warc.gz", ".warc.wet.gz")
    parts = []
    for number, capture in enumerate(file.captures, file.first):
        page = texts[capture.url]
        block = "\n".join((page.title, *page.paragraphs, "")).encode()
        fields = (
            ("WARC-Type", "conversion"),
            ("WARC-Target-URI", capture.url),
            ("WARC-Date", captured(number).strftime("%Y-%m-%dT%H:%M:%SZ")),
            ("WARC-Record-ID", f"<urn:demo:{number}>"),
            ("Content-Type", "text/plain"),
            ("Content-Length", str(len(block))),
        )
        head = "WARC/1.0\r\n" + "".join(f"{key}: {value}\r\n" for key, value in fields) + "\r\n"
        parts.append(gzip.compress(head.encode() + block + b"\r\n\r\n", mtime=0))
    _write(out / path, b"".join(parts))
    return path


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
