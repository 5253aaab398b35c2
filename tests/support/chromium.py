"""A headless Chromium that does what people do: opens a file, presses keys, goes away and comes back."""

import asyncio
import contextlib
import json
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions",
            "--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0")  # fmt: skip


class Tab:
    """One page, spoken to by the DevTools protocol."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, session: str) -> None:
        self._socket, self._session, self._number = socket, session, 0
        self.events: list[dict[str, Any]] = []

    async def send(self, method: str, **values: object) -> dict[str, Any]:
        """Send a command and return its result; what the page reports meanwhile goes into `events`."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": values}
        await self._socket.send_json({**message, "sessionId": self._session} if self._session else message)
        while True:
            got = json.loads((await asyncio.wait_for(self._socket.receive(), 30)).data)
            if got.get("id") == self._number:
                assert "error" not in got, got
                return got["result"]
            self.events.append(got)

    async def open(self, address: str) -> None:
        """Open a page, or the open one anew, and wait until its scripts have run."""
        self.events.clear()
        await self.send("Page.navigate", url=address)
        await self.until("Page.loadEventFired")

    async def until(self, event: str, **values: object) -> None:
        """Wait for an event with these values among its own."""
        while not any(one.get("method") == event and values.items() <= one["params"].items() for one in self.events):
            self.events.append(json.loads((await asyncio.wait_for(self._socket.receive(), 30)).data))

    async def evaluate(self, expression: str) -> Any:
        """Return the value of an expression in the page."""
        found = await self.send("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    async def press(self, *keys: str) -> None:
        """Press keys one after the other, as a keyboard does."""
        for key in keys:
            text = {"text": key} if len(key) == 1 else {}
            await self.send("Input.dispatchKeyEvent", type="keyDown", key=key, **text)
            await self.send("Input.dispatchKeyEvent", type="keyUp", key=key)

    async def write(self, text: str) -> None:
        """Write into the field that has the focus, as an input method does."""
        await self.send("Input.insertText", text=text)


@contextlib.asynccontextmanager
async def chromium(profile: Path, downloads: Path) -> AsyncIterator[Tab]:
    """Start Chromium with a profile of its own, and yield an empty page; files that it saves go to `downloads`."""
    assert CHROMIUM is not None
    process = await asyncio.create_subprocess_exec(
        CHROMIUM,
        *_OPTIONS,
        f"--user-data-dir={profile}",
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stderr is not None
        found = None
        async for line in process.stderr:
            found = re.search(r"ws://\S+", line.decode())
            if found is not None:
                break
        assert found is not None, f"{CHROMIUM} did not start"
        async with aiohttp.ClientSession() as http, http.ws_connect(found[0], max_msg_size=0) as socket:
            browser = Tab(socket, "")
            await browser.send(
                "Browser.setDownloadBehavior", behavior="allow", downloadPath=str(downloads), eventsEnabled=True
            )
            target = (await browser.send("Target.createTarget", url="about:blank"))["targetId"]
            attached = await browser.send("Target.attachToTarget", targetId=target, flatten=True)
            tab = Tab(socket, attached["sessionId"])
            for domain in ("Page", "Runtime", "Network", "Log"):
                await tab.send(f"{domain}.enable")
            yield tab
            await browser.send("Browser.close")
            await asyncio.wait_for(process.wait(), 30)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
