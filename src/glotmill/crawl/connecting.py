"""aiohttp's connections, without name resolution and without its two ways to lose what a server said."""

import ssl
from functools import partial
from typing import cast

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler


class PinnedConnector(aiohttp.TCPConnector):
    """Connects to IP addresses and never to names.

    Args:
        tls: how certificates are verified.
        keep_alive: seconds that an idle connection is kept.
    """

    def __init__(self, *, tls: ssl.SSLContext, keep_alive: float) -> None:
        super().__init__(ssl=tls, resolver=_NoNames(), use_dns_cache=False, limit=0, keepalive_timeout=keep_alive)
        self._factory = cast("partial[ResponseHandler]", partial(_Handler, loop=self._loop))


class _NoNames(AbstractResolver):
    """What the connector gets for a resolver: it is only ever handed addresses."""

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        raise OSError(f"{host} was not resolved beforehand")

    async def close(self) -> None:
        pass


class _Handler(ResponseHandler):
    """Parses a head by itself, and tells the body's reader of an error among the chunks.

    Read in aiohttp 3.14, whose `data_received` forgets what it parsed of a piece that ends in garbage (a page longer
    than its Content-Length, or a 204 with a body, would be lost when it comes in one packet), and leaves the reader
    of a body waiting when a chunk's size is garbage.
    """

    def data_received(self, data: bytes) -> None:
        head, end, rest = data.partition(b"\r\n\r\n")
        super().data_received(head + end)
        if rest:
            super().data_received(rest)
        error, payload = self.exception(), self._payload
        if error is not None and payload is not None and not payload.is_eof():
            # Soon, not now: the reader takes what came before it first.
            self._loop.call_soon(payload.set_exception, error)
