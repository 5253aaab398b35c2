"""One request at a time: a judged URL at a judged address, its answer within limits, its failure in words."""

import asyncio
import ssl
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace, TracebackType
from typing import Self

import aiohttp
from yarl import URL

from glotmill.crawl.addresses import PORTS, Destination, destination, refuse_address
from glotmill.crawl.connecting import PinnedConnector
from glotmill.crawl.limits import Agent, Limits
from glotmill.crawl.messages import Failure, Request, Response
from glotmill.crawl.reading import NETWORK_ERRORS, read
from glotmill.crawl.resolving import Resolver, SystemResolver
from glotmill.io.http_message import parse_head

_ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,text/plain;q=0.8,*/*;q=0.1"
_ACCEPT_ENCODING = "gzip, deflate, br, zstd"
_KEEP_ALIVE = 30.0  # seconds: longer than the longest delay between two pages of a host
_BUFFER = 64 << 10  # bytes that aiohttp reads ahead, twice


class Fetcher:
    """Ask servers and keep what they say: bytes as they came, nothing followed, no cookies, no proxies.

    The name is resolved once per request and each of its addresses is judged; connections go to the address that was
    judged, never to a name, so an answer that changes later (DNS rebinding) has nothing to act on. Certificates are
    verified for the name. A connection is used again for the same name at the same address only. How many requests a
    host gets is the caller's business. Used as an asynchronous context manager, within one event loop.

    Args:
        agent: as whom to ask.
        resolver: from names to addresses; the system's where none is given.
        limits: what a request may cost.
        ports: that may be asked.
        allow_private: loopback and private addresses may be asked: for tests and networks of one's own.
        tls: certificates that are trusted; those of the system where none is given.
    """

    def __init__(
        self,
        agent: Agent,
        *,
        resolver: Resolver | None = None,
        limits: Limits | None = None,
        ports: Collection[int] = frozenset(PORTS.values()),
        allow_private: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._agent = agent
        self._resolver: Resolver = resolver or SystemResolver()
        self._limits = limits or Limits()
        self._ports = frozenset(ports)
        self._allow_private = allow_private
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        tls = self._tls
        if tls is None:
            tls = ssl.create_default_context()
            tls.set_alpn_protocols(["http/1.1"])
        limits = self._limits
        self._session = aiohttp.ClientSession(
            connector=PinnedConnector(tls=tls, keep_alive=_KEEP_ALIVE),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            read_bufsize=_BUFFER,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            max_line_size=limits.field,
            max_field_size=limits.field,
            max_headers=limits.fields,
            trace_configs=[_trace()],
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def fetch(self, request: Request) -> Response | Failure:
        """Ask for one URL; whatever a server does is a value, and only cancellation is raised.

        A response whose head came is a `Response`, however its body ended (`truncated` says how).
        """
        clock = asyncio.get_running_loop().time
        started, begun = datetime.now(UTC), clock()
        try:
            return await self._fetch(request, begun)
        except _Failed as failed:
            detail = failed.detail[:300]
            return Failure(request.url, failed.code, detail, failed.address, started, clock() - begun)

    async def _fetch(self, request: Request, begun: float) -> Response:
        where = destination(request.url, ports=self._ports, allow_private=self._allow_private)
        if isinstance(where, str):
            raise _Failed("refused_url", where)
        addresses = await self._addresses(where, begun + self._limits.connect)
        end = begun + self._limits.total
        for left in range(len(addresses), 0, -1):
            note = _Note(addresses[-left])
            try:
                response = await self._head(request, where, note, budget=self._connect_budget(begun, left), end=end)
            except _Failed as failed:
                if left == 1 or failed.code not in ("connect", "timeout"):
                    raise
                continue
            try:
                return await self._read(request, where, note, response, end)
            finally:
                response.close()  # a connection whose response was read to its end has left it by now
        raise _Failed("dns", f"{where.host} has no address")

    async def _addresses(self, where: Destination, end: float) -> Sequence[str]:
        """Return the judged addresses of a host in the resolver's order, at most as many as are tried."""
        if where.address is not None:
            return (where.address,)
        try:
            async with asyncio.timeout_at(end):
                found = await self._resolver.resolve(where.host)
        except TimeoutError as error:
            raise _Failed("dns", f"{where.host}: no answer in {self._limits.connect:g} s") from error
        except (OSError, UnicodeError) as error:
            raise _Failed("dns", f"{where.host}: {error}") from error
        if not found:
            raise _Failed("dns", f"{where.host} has no address")
        reasons = {address: refuse_address(address, allow_private=self._allow_private) for address in found}
        allowed = [address for address, reason in reasons.items() if reason is None]
        if not allowed:
            refused, reason = next(iter(reasons.items()))
            raise _Failed("refused_address", f"{where.host}: {reason}", refused)
        return allowed[: self._limits.tries]

    def _connect_budget(self, begun: float, left: int) -> float:
        spent = asyncio.get_running_loop().time() - begun
        return max(self._limits.connect - spent, 0.001) / left

    async def _head(
        self, request: Request, where: Destination, note: "_Note", *, budget: float, end: float
    ) -> aiohttp.ClientResponse:
        if self._session is None:
            raise RuntimeError("a Fetcher asks within `async with` only")
        host = f"[{note.address}]" if ":" in note.address else note.address
        url = URL(f"{where.scheme}://{host}:{where.port}{where.target}", encoded=True)
        try:
            async with asyncio.timeout_at(end):
                return await self._session.get(
                    url,
                    headers=self._headers(request, where),
                    allow_redirects=False,
                    timeout=aiohttp.ClientTimeout(total=None, sock_connect=budget, ceil_threshold=budget + 1),
                    # Part of the key by which connections are used again, without TLS too.
                    server_hostname=where.host if where.address is None else None,
                    trace_request_ctx=note,
                )
        except NETWORK_ERRORS as error:
            code = _code(error, note)
            raise _Failed(code, str(error) or type(error).__name__, note.address) from error

    def _headers(self, request: Request, where: Destination) -> list[tuple[str, str]]:
        fields = [
            ("Host", where.authority),
            ("User-Agent", self._agent.header),
            ("Accept", _ACCEPT),
            ("Accept-Encoding", _ACCEPT_ENCODING),
        ]
        earlier = (("If-None-Match", request.etag), ("If-Modified-Since", request.last_modified))
        # They came from a server: what cannot stand in a header is not sent back.
        return fields + [(name, value) for name, value in earlier if value and value.isprintable() and value.isascii()]

    async def _read(
        self, request: Request, where: Destination, note: "_Note", response: aiohttp.ClientResponse, end: float
    ) -> Response:
        started, sent = note.started, note.sent
        if started is None or sent is None:
            raise _Failed("protocol", "an answer to nothing", note.address)
        head = _head_bytes(response)
        parsed = parse_head(head)
        if isinstance(parsed, str) or parsed.size != len(head) or len(head) > self._limits.head:
            problem = parsed if isinstance(parsed, str) else f"a head of {len(head)} bytes"
            raise _Failed("protocol", problem, note.address)
        if response.status == 101:
            raise _Failed("protocol", "101 Switching Protocols, which nobody asked for", note.address)
        reading = await read(
            response.content.readany,
            limits=self._limits,
            content_type=parsed.get("content-type"),
            content_encoding=parsed.get("content-encoding"),
            target=where.target,
            end=end,
        )
        return Response(
            url=request.url,
            address=note.address,
            request=note.request(),
            head=head,
            status=parsed.status,
            headers={name: parsed.get(name) or "" for name in dict(parsed.headers)},
            body=reading.body,
            content=reading.content,
            truncated=reading.truncated,
            started=started,
            seconds=asyncio.get_running_loop().time() - sent,
        )


class _Failed(Exception):
    """There will be no response."""

    def __init__(self, code: str, detail: str, address: str | None = None) -> None:
        super().__init__(detail)
        self.code, self.detail, self.address = code, detail, address


@dataclass(slots=True)
class _Note:
    """What happens to one request on its way out; the one value here that is written to, by aiohttp's signals."""

    address: str
    connected: bool = False
    reused: bool = False
    started: datetime | None = None
    sent: float | None = None
    target: str = ""
    fields: tuple[tuple[str, str], ...] = ()

    def request(self) -> bytes:
        lines = [f"GET {self.target} HTTP/1.1", *(f"{name}: {value}" for name, value in self.fields), "", ""]
        return "\r\n".join(lines).encode()


def _trace() -> aiohttp.TraceConfig:
    async def connecting(_: object, context: SimpleNamespace, __: object) -> None:
        note: _Note = context.trace_request_ctx
        # aiohttp asks again where a server hung up. After an idle connection went stale that is right (RFC 9112
        # 9.3.1); otherwise the host would get two requests at once.
        if note.sent is not None and not note.reused:
            raise aiohttp.ServerDisconnectedError
        note.reused = note.connected = False

    async def connected(_: object, context: SimpleNamespace, __: object) -> None:
        context.trace_request_ctx.connected = True

    async def reused(_: object, context: SimpleNamespace, __: object) -> None:
        context.trace_request_ctx.connected = context.trace_request_ctx.reused = True

    async def sending(_: object, context: SimpleNamespace, what: aiohttp.TraceRequestHeadersSentParams) -> None:
        note: _Note = context.trace_request_ctx
        note.started, note.sent = datetime.now(UTC), asyncio.get_running_loop().time()
        note.target, note.fields = what.url.raw_path_qs, tuple(what.headers.items())

    trace = aiohttp.TraceConfig()
    trace.on_connection_create_start.append(connecting)
    trace.on_connection_create_end.append(connected)
    trace.on_connection_reuseconn.append(reused)
    trace.on_request_headers_sent.append(sending)
    return trace


def _head_bytes(response: aiohttp.ClientResponse) -> bytes:
    version = response.version or aiohttp.HttpVersion11
    status = f"HTTP/{version.major}.{version.minor} {response.status} {response.reason or ''}"
    fields = (name + b": " + value for name, value in response.raw_headers)
    return b"\r\n".join([status.encode("utf-8", "surrogateescape"), *fields, b"", b""])


def _code(error: BaseException, note: _Note) -> str:
    if isinstance(error, TimeoutError):
        return "slow" if note.connected else "timeout"
    if isinstance(error, ssl.SSLError | ssl.CertificateError | aiohttp.ClientSSLError):
        return "tls"
    if not note.connected:
        return "connect"
    return "disconnect" if isinstance(error, aiohttp.ClientConnectionError | OSError) else "protocol"
