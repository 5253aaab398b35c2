"""A real server with OpenAI's chat interface on loopback, which answers, dawdles and fails as a test says."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from aiohttp import web

Behave = Callable[[str, int], Mapping[str, Any]]


class ChatServer:
    """What the server heard.

    Args:
        behave: the last message of a request, and how often that came before -> what to do: `status`, `headers`, `body`
            (bytes), `delay`, `drop` (hang up), and of a proper answer `text`, `reason`, `refusal`, `logprobs`.
    """

    def __init__(self, behave: Behave) -> None:
        self.behave = behave
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.most = self.current = self.port = 0
        self._seen: dict[str, int] = {}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.bodies.append(body)
        self.keys.append(request.headers.get("Authorization"))
        content = body["messages"][-1]["content"]
        count = self._seen.get(content, 0)
        self._seen[content] = count + 1
        doing = self.behave(content, count)
        self.current += 1
        self.most = max(self.most, self.current)
        try:
            await asyncio.sleep(doing.get("delay", 0))
        finally:
            self.current -= 1
        if doing.get("drop") and request.transport is not None:
            request.transport.abort()
        if "body" in doing or doing.get("status", 200) != 200:
            return web.Response(
                status=doing.get("status", 200), headers=doing.get("headers"), body=doing.get("body", b"{}")
            )
        message = {"role": "assistant", "content": doing.get("text"), "refusal": doing.get("refusal")}
        logprobs = {"content": [{"token": "x", "logprob": value} for value in doing.get("logprobs", ())]}
        choice = {"index": 0, "message": message, "finish_reason": doing.get("reason", "stop"), "logprobs": logprobs}
        usage = {"prompt_tokens": len(content.split()), "completion_tokens": len((doing.get("text") or "").split())}
        return web.Response(text=json.dumps({"choices": [choice], "usage": usage}), content_type="application/json")


@contextmanager
def chat_server(behave: Behave) -> Iterator[ChatServer]:
    """Run a server in a thread of its own while the block runs."""
    server = ChatServer(behave)
    loop = asyncio.new_event_loop()
    ready = threading.Event()

    async def start() -> web.AppRunner:
        app = web.Application(client_max_size=1 << 26)
        app.router.add_post("/v1/chat/completions", server.answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        server.port = runner.addresses[0][1]
        return runner

    def serve() -> None:
        asyncio.set_event_loop(loop)
        runner = loop.run_until_complete(start())
        ready.set()
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=serve)
    thread.start()
    assert ready.wait(20)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
