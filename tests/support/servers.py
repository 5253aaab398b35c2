"""Real servers on loopback that behave as a test says, and one request to them."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from glotmill.crawl.fetcher import Fetcher
from glotmill.crawl.limits import Agent, Limits
from glotmill.crawl.messages import Failure, Request, Response

TLS = Path(__file__).parent / "tls"  # a certificate for eus.example.org, signed by itself
HOST = "eus.example.org"
AGENT = Agent(contact="crawl@example.org", url="https://example.org/bot")
# Small enough for tests of what exceeds them.
QUICK = Limits(body=200_000, content=1_500_000, connect=2.0, total=3.0, rate=1000.0, grace=2.0, head=8192, field=4096)

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Names:
    """A resolver that knows the names it is given, and says how often it was asked."""

    def __init__(self, names: Mapping[str, Sequence[Sequence[str]]]) -> None:
        self.names = names
        self.asked: list[str] = []

    async def resolve(self, host: str) -> Sequence[str]:
        """Return the n-th answer at the n-th question, the last one for ever."""
        self.asked.append(host)
        answers = self.names.get(host)
        if not answers:
            raise OSError(f"no such name: {host}")
        return answers[min(self.asked.count(host), len(answers)) - 1]


def answering(*pieces: bytes) -> Serve:
    """Return a server that reads a request's head, writes the pieces and hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
            await writer.drain()

    return serve


class Listening:
    """A server's port, and the heads of the requests that came."""

    def __init__(self) -> None:
        self.port = 0
        self.connections = 0


@asynccontextmanager
async def listening(serve: Serve, *, host: str = "127.0.0.1", tls: bool = False):
    """Run a server while the block runs."""
    place = Listening()
    tasks: set[asyncio.Task[None]] = set()

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        place.connections += 1
        task = asyncio.current_task()
        if task is not None:
            tasks.add(task)
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await serve(reader, writer)
        writer.close()

    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")
    server = await asyncio.start_server(connection, host, 0, ssl=context)
    place.port = server.sockets[0].getsockname()[1]
    try:
        yield place
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def fetched(
    serve: Serve,
    *,
    path: str = "/",
    scheme: str = "http",
    limits: Limits = QUICK,
    request: Request | None = None,
    **more,
) -> Response | Failure:
    """Return what comes of one request to a server that behaves so."""

    async def run() -> Response | Failure:
        async with listening(serve, tls=scheme == "https") as place:
            names = Names({HOST: [["127.0.0.1"]]})
            settings = {"resolver": names, "ports": {place.port}, "allow_private": True} | more
            async with Fetcher(AGENT, limits=limits, **settings) as fetcher:
                url = f"{scheme}://{HOST}:{place.port}{path}"
                asked = request or Request(url)
                return await fetcher.fetch(Request(url, etag=asked.etag, last_modified=asked.last_modified))

    return asyncio.run(run())
