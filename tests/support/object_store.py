"""An S3 server process on loopback, and before it a proxy that fails as a test says and counts what is asked."""

import asyncio
import contextlib
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from glotmill.io import storage

ACCESS, SECRET, BUCKET = "AKIAKALEAFRESKOA", "wJalr+ibaiertz/zubiberria", "corpora"
SLOW_DOWN = (
    b'<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>'
)
_HOP = {"connection", "transfer-encoding", "keep-alive", "content-encoding", "host", "content-length", "date", "server"}
PAGE = 2
Fault = Callable[[web.Request], str | None]


@contextlib.contextmanager
def s3_server() -> Iterator[str]:
    """Run moto's S3 in a process of its own and yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                urllib.request.urlopen(f"{address}/moto-api/", timeout=5).read()
                break
            assert process.poll() is None, "moto's server ended"
            time.sleep(0.1)
        yield address
    finally:
        process.kill()
        process.wait()


@dataclass
class Proxy:
    """What the proxy does to requests, and what came.

    Args:
        fault: asked for each request; names what happens to it: `503`, `429`, `reset`, `slow`, `cut` (the connection ends
            within the body), `short` (a whole answer of half the bytes), `stale` (a listing that knows nothing of `hidden`),
            `paged` (a listing of uploads comes `PAGE` at a time, as S3's comes 1,000), `lost` (it is done, and the
            connection ends before the answer), or None.
        hidden: pattern of keys that stale listings do not show.
        asked: requests by method and, for GET, whether it is a listing.
        moved: bytes of bodies, by method.
        failed: faults by name.
    """

    fault: Fault = lambda request: None
    hidden: str = ".*"
    asked: Counter[str] = field(default_factory=Counter)
    moved: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    address: str = ""

    def quiet(self) -> None:
        """Do nothing more to requests, and forget what came."""
        self.fault, self.hidden = lambda request: None, ".*"
        for counter in (self.asked, self.moved, self.failed):
            counter.clear()


@contextlib.contextmanager
def proxied(upstream: str) -> Iterator[Proxy]:
    """Run a proxy before a server while the block runs."""
    proxy = Proxy()
    started: threading.Event = threading.Event()
    loop = asyncio.new_event_loop()
    ended = asyncio.Event()

    async def serve() -> None:
        async with aiohttp.ClientSession(auto_decompress=False) as session:

            async def handle(request: web.Request) -> web.StreamResponse:
                return await _handled(proxy, upstream, session, request)

            app = web.Application(client_max_size=1 << 30)
            app.router.add_route("*", "/{path:.*}", handle)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            proxy.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
            started.set()
            await ended.wait()
            await runner.cleanup()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert started.wait(30)
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()


def kind_of(request: web.Request) -> str:
    """What a request is billed as."""
    listing = request.method == "GET" and ("list-type" in request.query or "uploads" in request.query)
    return "LIST" if listing else request.method


async def _handled(
    proxy: Proxy, upstream: str, session: aiohttp.ClientSession, request: web.Request
) -> web.StreamResponse:
    body = await request.read()
    kind = kind_of(request)
    proxy.asked[kind] += 1
    fault = proxy.fault(request)
    if fault:
        proxy.failed[fault] += 1
    if fault in ("503", "429"):
        return web.Response(status=int(fault), body=SLOW_DOWN if request.method != "HEAD" else b"")
    if fault == "reset":
        return _reset(request)
    if fault == "slow":
        await asyncio.sleep(1.0)
    headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP}
    async with session.request(
        request.method, upstream + request.raw_path, headers=headers, data=body or None, allow_redirects=False
    ) as answer:
        data = await answer.read()
        proxy.moved[kind] += len(body) + len(data)
        if fault == "lost":
            return _reset(request)
        if kind == "LIST":
            data = _listing(proxy, fault, request, data)
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP}
        if request.method == "HEAD":
            kept["Content-Length"] = answer.headers.get("Content-Length", "0")
        if fault == "short":
            data = data[: len(data) // 2]
        if fault == "cut" and data:
            response = web.StreamResponse(status=answer.status, headers={**kept, "Content-Length": str(len(data))})
            await response.prepare(request)
            await response.write(data[: len(data) // 2])
            assert request.transport is not None
            request.transport.abort()
            return response
        return web.Response(status=answer.status, headers=kept, body=data)


def _reset(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


def _listing(proxy: Proxy, fault: str | None, request: web.Request, data: bytes) -> bytes:
    if fault == "stale":
        return _stale(data, proxy.hidden)
    if fault == "paged" and "uploads" in request.query:
        return _page(data, request.query.get("key-marker", ""), request.query.get("upload-id-marker", ""))
    return data


def _stale(listing: bytes, hidden: str) -> bytes:
    """Return a listing of objects without those whose keys match."""

    def shown(match: re.Match[bytes]) -> bytes:
        return b"" if re.search(hidden, _key(match[0])) else match[0]

    listing = re.sub(rb"<Contents>.*?</Contents>", shown, listing, flags=re.DOTALL)
    left = listing.count(b"<Contents>") + listing.count(b"<CommonPrefixes>")
    return re.sub(rb"<KeyCount>\d+", b"<KeyCount>%d" % left, listing)


def _page(listing: bytes, key_marker: str, upload_marker: str) -> bytes:
    """Return the piece of a listing of uploads that comes after the markers; moto gives all at once."""
    found = sorted(
        (
            re.search(rb"<Key>(.*?)</Key>", one)[1].decode(),
            re.search(rb"<UploadId>(.*?)</UploadId>", one)[1].decode(),
            one,
        )
        for one in re.findall(rb"<Upload>.*?</Upload>", listing, re.DOTALL)
    )
    after = [one for one in found if one[:2] > (key_marker, upload_marker)]
    piece, more = after[:PAGE], len(after) > PAGE
    words = "".join(
        f"<{name}>{value}</{name}>"
        for name, value in {
            "NextKeyMarker": piece[-1][0] if more else "",
            "NextUploadIdMarker": piece[-1][1] if more else "",
            "IsTruncated": str(more).lower(),
        }.items()
    )
    inside = b"".join(one for *_, one in piece) + words.encode()
    return (
        b'<ListMultipartUploadsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">%s</ListMultipartUploadsResult>'
        % inside
    )


def _key(contents: bytes) -> str:
    found = re.search(rb"<Key>(.*?)</Key>", contents)
    return found[1].decode() if found else ""


@contextlib.contextmanager
def at_hand(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Point this process and its children to the proxy, with a bucket there, and leave trying again to Glotmill alone."""
    import s3fs

    for name, value in {
        "AWS_ENDPOINT_URL": proxy.address,
        "AWS_ACCESS_KEY_ID": ACCESS,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)
    proxy.quiet()
    s3fs.S3FileSystem.clear_instance_cache()
    filesystem = s3fs.S3FileSystem()
    if not filesystem.exists(BUCKET):
        filesystem.mkdir(BUCKET)
    proxy.quiet()
    try:
        yield
    finally:
        proxy.quiet()
        s3fs.S3FileSystem.clear_instance_cache()


def fetched(url: str, folder: Path) -> Path:
    """Copy everything below an address into a folder of this machine."""
    for name, _ in storage.list_files(url):
        storage.write_bytes(str(folder / name), storage.read_bytes(storage.join(url, name)))
    return folder
