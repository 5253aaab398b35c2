"""Answers of servers as the fetcher would hand them on."""

from datetime import UTC, datetime

from glotmill.crawl.messages import Failure, Response

STARTED = datetime(2026, 11, 27, 12, tzinfo=UTC)


def answered(status=200, body=b"", *, url="https://a.test/robots.txt", truncated=None, **headers):
    return Response(
        url=url,
        address="127.0.0.1",
        request=b"",
        head=b"",
        status=status,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        body=body,
        content=body,
        truncated=truncated,
        started=STARTED,
        seconds=0.1,
    )


def failed(code="timeout", detail="no answer in 60 s", url="https://a.test/robots.txt"):
    return Failure(url=url, code=code, detail=detail, address=None, started=STARTED, seconds=60.0)
