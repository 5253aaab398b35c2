"""Many sites on loopback, one server: what stands on them is a mapping, and what was asked for is a log."""

import asyncio
import inspect
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiohttp import web

Answer = web.StreamResponse | Awaitable[web.StreamResponse]
Page = str | bytes | web.Response | Callable[[web.Request], Answer]


@dataclass
class Asked:
    """One request as the server saw it."""

    host: str
    path: str
    begun: float
    ended: float = 0.0
    agent: str = ""


@dataclass
class Web:
    """Sites by host: path -> page. Text is HTML; a function answers by itself; what is missing is `*`, or a 404."""

    sites: Mapping[str, Mapping[str, Page]]
    port: int = 0
    log: list[Asked] = field(default_factory=list)

    def url(self, host: str, path: str = "/") -> str:
        """Return the address of a page."""
        return f"http://{host}:{self.port}{path}"

    @property
    def names(self) -> dict[str, tuple[str, ...]]:
        """What a resolver says of these hosts."""
        return dict.fromkeys(self.sites, ("127.0.0.1",))

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one request and log it."""
        host = request.host.partition(":")[0]
        asked = Asked(host, request.path_qs, time.time(), agent=request.headers.get("User-Agent", ""))
        self.log.append(asked)
        site = self.sites.get(host, {})
        page = site.get(request.path_qs, site.get("*"))
        try:
            if page is None:
                return web.Response(status=404, text="not here", content_type="text/html")
            if callable(page):
                answer = page(request)
                return await answer if inspect.isawaitable(answer) else answer
            if isinstance(page, web.Response):
                return page
            if isinstance(page, bytes):
                return web.Response(body=page, content_type="text/html")
            kind = "text/plain" if request.path == "/robots.txt" else "text/html"
            kind = "application/xml" if page.startswith("<?xml") else kind
            return web.Response(text=page, content_type=kind, charset="utf-8")
        finally:
            asked.ended = time.time()


@contextmanager
def serving(sites: Mapping[str, Mapping[str, Page]]):
    """Serve sites while the block runs, in a thread of its own."""
    served = Web(sites)
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    stop = asyncio.Event()

    async def serve() -> None:
        application = web.Application()
        application.router.add_route("*", "/{tail:.*}", served.answer)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        served.port = runner.addresses[0][1]
        ready.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield served
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
