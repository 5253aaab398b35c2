"""A response read to its end or to a limit, whichever comes first."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from io import BytesIO

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from glotmill.crawl.decoding import Decoder
from glotmill.crawl.kinds import not_text
from glotmill.crawl.limits import Limits
from glotmill.io.sniff import SNIFF

# All that aiohttp lets out of a connection that fails; AssertionError and RuntimeError come of states that a
# hostile server can bring about (`Connection closed.` while a body is read).
NETWORK_ERRORS = (aiohttp.ClientError, HttpProcessingError, OSError, ValueError, RuntimeError, AssertionError)

ReadAny = Callable[[], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read.

    Args:
        body: as it came, at most the limit.
        content: the body without its content codings.
        truncated: why they end early, one of the words of `messages.Response`, or None.
    """

    body: bytes
    content: bytes
    truncated: str | None


async def read(
    more: ReadAny, *, limits: Limits, content_type: str | None, content_encoding: str | None, target: str, end: float
) -> Reading:
    """Read a body while it keeps within the limits and looks like text.

    Args:
        more: waits for bytes and returns them; empty at the end; raises one of `NETWORK_ERRORS`.
        limits: of bytes and of the rate.
        content_type: header, or None.
        content_encoding: header, or None.
        target: path and query of the URL.
        end: time of the event loop at which nothing is waited for any longer.
    """
    decoder = Decoder(content_encoding, limit=limits.content, ratio=limits.ratio)
    body = BytesIO()
    truncated = await _pump(more, body, decoder, limits=limits, end=end, kind=(content_type, target))
    if truncated is None and decoder.close() is not None:
        truncated = "decoding"
    raw = body.getvalue()
    return Reading(raw, decoder.content if decoder.codings or decoder.fault else raw, truncated)


async def _pump(
    more: ReadAny, body: BytesIO, decoder: Decoder, *, limits: Limits, end: float, kind: tuple[str | None, str]
) -> str | None:
    clock = asyncio.get_running_loop().time
    begun = clock()
    judged = False
    while True:
        chunk = await _next(more, min(end, begun + max(limits.grace, body.tell() / limits.rate)))
        if isinstance(chunk, str):
            return chunk
        fits = chunk[: limits.body - body.tell()]
        body.write(fits)
        decoder.feed(fits)
        ended = not chunk or decoder.fault is not None
        if not judged and (decoder.size >= SNIFF or ended) and decoder.size:
            judged = True
            if not_text(kind[0], decoder.content[:SNIFF], kind[1]):
                # Where nothing is missing, nothing was cut.
                return "type" if chunk else None
        if decoder.fault is not None:
            return "length" if decoder.fault in ("too_large", "ratio") else "decoding"
        if len(fits) < len(chunk):
            return "length"
        if not chunk:
            return None


async def _next(more: ReadAny, until: float) -> bytes | str:
    # A sender that is always faster than this reader never lets the timer run.
    if asyncio.get_running_loop().time() >= until:
        return "time"
    try:
        async with asyncio.timeout_at(until):
            return await more()
    except TimeoutError:
        return "time"
    except NETWORK_ERRORS:
        return "disconnect"
