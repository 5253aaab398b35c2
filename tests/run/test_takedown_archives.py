"""Records taken out of WARC files: gone for every reader, and every other record where it was."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator
from warcio.archiveiterator import ArchiveIterator as WarcioIterator

from glotmill.core.errors import DataError, SettingsError
from glotmill.core.inputs import InputFile, Slice
from glotmill.crawl import cdxj
from glotmill.crawl.archive import Archive, Operator, published
from glotmill.crawl.messages import Response
from glotmill.crawl.records import About, member
from glotmill.io.warc import WarcSource
from glotmill.run.takedown.archives import _filler, plan_archives, rewrite_archive
from glotmill.run.takedown.request import Request, request_of
from support.takedowns import everything

GONE = "หม้อดินเผาใบสีฟ้ายังคงแตกอยู่ข้างบ่อน้ำ"
STAYS = "Kasabanın pazarı her salı günü meydanda kurulur."
NONE: frozenset[str] = frozenset()


def answer(url: str, text: str, second: int) -> Response:
    body = f"<html><body><p>{text * 40}</p></body></html>".encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    return Response(
        url=url,
        started=datetime(2026, 11, 27, 8, 0, second, tzinfo=UTC),
        seconds=0.1,
        truncated=None,
        status=200,
        head=head,
        headers={"content-type": "text/html; charset=utf-8"},
        body=body,
        content=body,
        request=f"GET / HTTP/1.1\r\nHost: {url.split('/')[2]}\r\n\r\n".encode(),
        address="192.0.2.7",
    )


def crawled(folder: Path) -> Path:
    """An archive with a page, its copy elsewhere (a revisit), and three pages of others."""
    pages = [
        ("https://a.example/1", STAYS + "1"),
        ("https://gone.example/giltza", GONE),
        ("https://a.example/2", STAYS + "2"),
        ("https://mirror.example/giltza", GONE),
        ("https://a.example/3", STAYS + "3"),
    ]
    operator = Operator("test@example.org", "Glotmill", "proba")
    with Archive(folder, "crawl-00000", operator=operator, plan="p") as archive:
        for second, (url, text) in enumerate(pages):
            archive.write(answer(url, text, second), About(via="https://a.example/"))
        archive.settle(archive.end())
    return next(published(folder))


def documents(path: Path) -> list[tuple[str, str, str]]:
    file = InputFile("proba", path.name, str(path), path.stat().st_size, "xxh3:0")
    source = WarcSource(kind="warc", of="proba")
    rows = [row for outcome in source.read(Slice(file, 0, file.size)) for row in outcome.batch.rows.to_pylist()]
    return [(row["url"], row["warc_ref"], row["doc_id"]) for row in rows]


def take_out(folder: Path, request: Request) -> int:
    changes = plan_archives(str(folder), request, NONE)
    for change in changes:
        rewrite_archive(change, "0123456789abcdef")
    return sum(change.records for change in changes)


def test_records_are_gone_for_all_readers_and_the_others_stay_where_they_were(tmp_path: Path) -> None:
    path = crawled(tmp_path)
    before = documents(path)
    index = cdxj.rebuild(path)
    size = path.stat().st_size
    assert take_out(tmp_path, request_of(domains=["gone.example"])) == 4  # response, request, metadata, and the revisit
    assert path.stat().st_size == size
    assert GONE not in gzip.decompress(path.read_bytes()).decode("utf-8", "ignore")
    assert "gone.example" not in gzip.decompress(path.read_bytes()).decode("utf-8", "ignore")
    assert documents(path) == [row for row in before if "gone.example" not in row[0]]
    left = [line for line in index if "giltza" not in line]
    assert cdxj.rebuild(path) == left
    assert path.with_name("crawl-00000-00000.cdxj").read_bytes() == cdxj.index(left)
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream, parse_http=False):
            assert record.verify_block_digest() or "WARC-Block-Digest" not in record.headers
    with path.open("rb") as stream:
        kinds = [
            (record.rec_type, record.raw_stream.read()) for record in WarcioIterator(stream, check_digests="raise")
        ]
    assert sum(b"glotmill-takedown: 0123456789abcdef" in block for _, block in kinds) == 2
    assert [one.name for one in published(tmp_path)] == [path.name]
    done = everything(tmp_path)
    assert take_out(tmp_path, request_of(domains=["gone.example"])) == 0
    assert everything(tmp_path) == done


def test_no_later_capture_is_a_revisit_of_what_is_gone(tmp_path: Path) -> None:
    crawled(tmp_path)
    take_out(tmp_path, request_of(urls=["https://gone.example/giltza"]))
    operator = Operator("test@example.org", "Glotmill", "proba")
    from glotmill.crawl.archive import Mark

    with Archive(tmp_path, "crawl-00000", operator=operator, plan="p") as archive:
        archive.recover(Mark(1, 0))
        archive.write(answer("https://new.example/", GONE, 30), About())
        archive.settle(archive.end())
    rows = documents(tmp_path / "warc" / "crawl-00000-00001.warc.gz")
    assert [url for url, _, _ in rows] == ["https://new.example/"]


def test_records_without_an_address_go_with_the_page_that_they_are_about(tmp_path: Path) -> None:
    page = member("response", fields=[("Content-Type", "application/http")], block=b"HTTP/1.1 200 OK\r\n\r\nx" * 30,
                  date=datetime(2026, 11, 27, tzinfo=UTC), url="https://gone.example/giltza")  # fmt: skip
    records = [page.data]
    for about in (page.identity, "<urn:uuid:0>"):
        fields = [("WARC-Concurrent-To", about), ("Content-Type", "application/warc-fields")]
        block = f"outlink: https://x.example/ {GONE if about == page.identity else STAYS}\r\n".encode() * 20
        records.append(member("metadata", fields=fields, block=block, date=datetime(2026, 11, 27, tzinfo=UTC)).data)
    path = tmp_path / "of-others.warc.gz"
    path.write_bytes(b"".join(records))
    assert take_out(tmp_path, request_of(domains=["gone.example"])) == 2
    left = gzip.decompress(path.read_bytes()).decode("utf-8", "ignore")
    assert GONE not in left
    assert STAYS in left


def test_plain_files_keep_their_offsets_too(tmp_path: Path) -> None:
    path = crawled(tmp_path / "crawl")
    plain = tmp_path / "plain.warc"
    plain.write_bytes(gzip.decompress(path.read_bytes()))
    before = documents(plain)
    take_out(tmp_path, request_of(urls=["https://gone.example/giltza"]))
    assert documents(plain) == [row for row in before if "gone.example" not in row[0]]


def test_a_file_of_one_member_and_one_that_is_being_written_are_refused(tmp_path: Path) -> None:
    path = crawled(tmp_path / "crawl")
    one = tmp_path / "other" / "one.warc.gz"
    one.parent.mkdir()
    one.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())))
    with pytest.raises(DataError, match="several records in the gzip member"):
        plan_archives(str(one.parent), request_of(urls=["https://gone.example/giltza"]), NONE)
    (tmp_path / "crawl" / "crawl.json").write_text("{}", encoding="utf-8")
    next((tmp_path / "crawl" / "receipts").iterdir()).unlink()
    with pytest.raises(SettingsError, match="still being written"):
        plan_archives(str(tmp_path / "crawl"), request_of(urls=["https://gone.example/giltza"]), NONE)
    with pytest.raises(SettingsError, match="a folder on a local disk"):
        plan_archives(str(one), request_of(urls=["https://gone.example/giltza"]), NONE)


def test_a_filler_has_any_length_and_every_reader_steps_over_it(tmp_path: Path) -> None:
    first, last = crawled_records()
    for length in (*range(90, 420, 3), 65_500, *range(65_530, 65_800, 7), 131_060, 131_300, 1_000_003):
        path = tmp_path / "x.warc.gz"
        path.write_bytes(first + _filler(path, len(first), length, "0123456789abcdef") + last)
        assert path.stat().st_size == len(first) + length + len(last)
        assert len(documents(path)) == 2, length
        with path.open("rb") as stream:
            assert [record.rec_type for record in WarcioIterator(stream)] == ["response", "metadata", "response"], (
                length
            )
        with path.open("rb") as stream:
            urls = [record.headers.get("WARC-Target-URI") for record in ArchiveIterator(stream)]
            assert urls == ["https://a.example/1", None, "https://a.example/2"], length
    with pytest.raises(DataError, match="too few"):
        _filler(tmp_path / "x.warc.gz", 0, 40, "0123456789abcdef")


def crawled_records() -> tuple[bytes, bytes]:
    from glotmill.crawl.records import payload_digest, response_record

    made = []
    for second, url in enumerate(("https://a.example/1", "https://a.example/2")):
        response = answer(url, STAYS, second)
        made.append(response_record(response, About(), payload_digest(response), purpose=None).data)
    return made[0], made[1]
