"""Fetches as the crawler's parts hand them to the archive, and what three readers find in a file."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from fastwarc.warc import ArchiveIterator
from warcio.archiveiterator import ArchiveIterator as WarcioIterator

from glotmill.core.inputs import InputFile, Slice
from glotmill.crawl.archive import Archive, Operator
from glotmill.crawl.messages import Response
from glotmill.crawl.records import About
from glotmill.io.warc import WarcSource

BEGIN = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
OPERATOR = Operator("mailto:armiarma@bilketa.example", "Glotmill/0.1 (+https://bilketa.example)", "euskarazko-webgunea")
PAGE = "<!doctype html><html lang=eu><title>Azoka</title><p>Gaur goizean azokara joan gara, ogia eta gazta erostera."


def page(number: int, text: str | None = None) -> Response:
    """The answer to the request number `number`, a second after the one before."""
    body = (f"{PAGE}<p>{number}" if text is None else text).encode()
    return answer(f"https://adibidea.example/{number}", body, second=number)


def answer(url, body=b"", *, second=0.0, status=200, head=None, truncated=None, content_type="text/html") -> Response:
    head = (
        head or f"HTTP/1.1 {status} X\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    )
    host = url.split("/")[2]
    return Response(
        url=url,
        address="192.0.2.7",
        request=f"GET / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: Glotmill\r\n\r\n".encode(),
        head=head,
        status=status,
        headers={"content-type": content_type},
        body=body,
        content=body,
        truncated=truncated,
        started=BEGIN + timedelta(seconds=second),
        seconds=0.25,
    )


def archive(folder: Path, **options) -> Archive:
    return Archive(folder, "zatia-0", operator=OPERATOR, plan="plan", **options)


def written(folder: Path, *responses, about: About | None = None) -> Path:
    """The file of an archive that took these and ended."""
    with archive(folder) as made:
        for response in responses:
            made.write(response, about or About())
        made.settle(made.end())
    return folder / "warc" / "zatia-0-00000.warc.gz"


def by_fastwarc(path: Path) -> list[tuple[str, dict[str, str], bytes]]:
    """(type, fields, block) of every record, digests verified, each in a member of its own."""
    found = []
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream, parse_http=False):
            block = record.reader.read()
            fields = {name.lower(): value for name, value in record.headers.items()}
            found.append((fields["warc-type"], fields, block))
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream, parse_http=False):
            assert record.verify_block_digest()
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream, parse_http=True):
            if record.headers.get("WARC-Type") == "response" and "WARC-Payload-Digest" in record.headers:
                assert record.verify_payload_digest()
    return found


def by_warcio(path: Path) -> list[tuple[str, bytes]]:
    """(type, payload) of every record, digests verified (`raise`), each in a member of its own."""
    with path.open("rb") as stream:
        records = WarcioIterator(stream, check_digests="raise")
        return [(record.rec_type, record.raw_stream.read()) for record in records]


def by_source(path: Path) -> list[dict]:
    file = InputFile("azoka", path.name, str(path), path.stat().st_size, "xxh3:0")
    rows = []
    for outcome in WarcSource(kind="warc", of="azoka").read(Slice(file, 0, file.size)):
        reasons = outcome.reasons.to_pylist() if outcome.reasons is not None else [None] * len(outcome.batch)
        rows += [{**row, "reason": reason} for row, reason in zip(outcome.batch.rows.to_pylist(), reasons, strict=True)]
    return rows
