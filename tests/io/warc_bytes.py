"""WARC records as bytes, built with fastwarc's writer, for the tests of this folder."""

from io import BytesIO

from fastwarc.stream_io import GzipWriter, ZstdWriter
from fastwarc.warc import WarcRecord, WarcRecordType

from glotmill.core.inputs import InputFile, Slice
from glotmill.io.warc import WarcSource

PAGE = (
    "<!doctype html><html lang=eu><title>Azoka</title><p>Gaur goizean azokara joan gara, ogia eta gazta erostera.</p>"
)
DATE = "2026-11-01T08:30:00Z"


def http(body: bytes, *, status: str = "200 OK", content_type: str | None = "text/html; charset=utf-8", extra=()):
    head = [f"HTTP/1.1 {status}"]
    if content_type is not None:
        head.append(f"Content-Type: {content_type}")
    head += [f"{name}: {value}" for name, value in extra]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + body


def record(
    content: bytes, *, url="https://adibidea.eus/azoka", kind="response", content_type=None, date=DATE, extra=()
):
    """Return one record, not compressed; url None leaves the header out."""
    made = WarcRecord()
    made.init_headers(getattr(WarcRecordType, kind), b"<urn:uuid:00000000-0000-4000-8000-000000000001>")
    if url is not None:
        made.headers["WARC-Target-URI"] = url
    made.headers["WARC-Date"] = date
    for name, value in extra:
        made.headers[name] = value
    if kind == "response" and content_type is None:
        made.is_http = True
    elif content_type:
        made.headers["Content-Type"] = content_type
    made.set_bytes_content(content)
    out = BytesIO()
    made.write(out)
    return out.getvalue()


def page(number: int, body: str = PAGE) -> bytes:
    return record(http(f"{body}<p>{number}".encode()), url=f"https://adibidea.eus/{number}")


def gz(data: bytes) -> bytes:
    out = BytesIO()
    writer = GzipWriter(out)
    writer.write(data)
    writer.finish()
    return out.getvalue()


def zst(data: bytes, dictionary: bytes | None = None) -> bytes:
    out = BytesIO()
    writer = ZstdWriter(out, dictionary=dictionary)
    writer.write(data)
    writer.finish()
    writer.flush()  # finish() alone leaves the frame in the writer's buffer
    return out.getvalue()


def source(**options) -> WarcSource:
    return WarcSource(kind="warc", of="azoka", **options)


def saved(folder, data: bytes, name: str = "azoka.warc.gz") -> InputFile:
    path = folder / name
    path.write_bytes(data)
    return InputFile("azoka", name, str(path), len(data), "xxh3:0")


def rows(spec, file, start=0, end=None) -> list[dict]:
    """Return every row with its reason and detail."""
    found = []
    for outcome in spec.read(Slice(file, start, file.size if end is None else end)):
        count = len(outcome.batch)
        reasons = outcome.reasons.to_pylist() if outcome.reasons else [None] * count
        details = outcome.details.to_pylist() if outcome.details else [None] * count
        for row, reason, detail in zip(outcome.batch.rows.to_pylist(), reasons, details, strict=True):
            found.append({**row, "reason": reason, "detail": detail})
    return found


def read(folder, data: bytes, name: str = "azoka.warc.gz", **options) -> list[dict]:
    return rows(source(**options), saved(folder, data, name))


def only(folder, content: bytes, **about) -> dict:
    """Return the one row that a record with this HTTP message gives."""
    (row,) = read(folder, gz(record(content, **about)))
    return row
