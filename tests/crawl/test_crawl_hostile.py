"""Hostile sites beside a good one, at the level of a whole crawl: each costs its budget, and the good one nothing."""

import asyncio
import gzip
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from aiohttp import web

from support import archives
from support.manners import by_host, hurries
from support.servers import answering, listening
from support.web import Page, Web, serving

CHILD = Path(__file__).with_name("crawling_child.py")
DELAY = 0.08
BUDGET = 31  # requests that a host may have
GOOD = "ona.example"
# Bytes as by default: 5 MiB of body, 20 MiB of content. A request is over in 3 s, a slow sender after one.
FETCH = {"connect": 2.0, "total": 3.0, "rate": 1000.0, "grace": 1.0}
WORDS = ("azoka", "bidea", "denda", "etxea", "gaina", "herria", "ibaia", "jaia", "kalea", "lana")


def good_site() -> dict[str, Page]:
    paths = [f"/{first}-{second}" for first in WORDS[:3] for second in WORDS]
    site: dict[str, Page] = {path: f"<html><title>{path}</title><p>{path[1:]} orria</p></html>" for path in paths}
    anchors = "".join(f'<a href="{path}">esteka</a>' for path in paths[1:])
    site[paths[0]] = f"<html><title>Etxea</title><p>Kaixo, mundua.</p>{anchors}</html>"
    site["/robots.txt"] = "User-agent: *\nDisallow: /itxita\n"
    return site


def moved(url: str) -> Page:
    return lambda _: web.Response(status=302, headers={"Location": url})


def sending(data: bytes, kind: str, **headers: str) -> Page:
    return lambda _: web.Response(body=data, headers={"Content-Type": kind, **headers})


async def endless(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Type": "text/html"})
    with suppress(ConnectionError):
        await answer.prepare(request)
        while True:
            await answer.write(b"<p>eta gehiago</p>" * 1_000)
    return answer


async def slow(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Type": "text/html"})
    with suppress(ConnectionError):
        await answer.prepare(request)
        while True:
            await answer.write(b"a")
            await asyncio.sleep(1.0)
    return answer


async def short(request: web.Request) -> web.StreamResponse:
    transport = request.transport
    assert transport is not None
    transport.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100000\r\n\r\n<html>labur")
    transport.close()
    return web.Response()


def calendar(request: web.Request) -> web.Response:
    number = int("".join(filter(str.isdigit, request.path)) or 0)
    word = "".join(WORDS[int(digit)] for digit in str(number))  # each page another, or its text would give it away
    links = "".join(f'<a href="/egutegia/{WORDS[step]}-{number + step}">{step}</a>' for step in range(1, 9))
    return web.Response(text=f"<html><p>{word}</p>{links}</html>", content_type="text/html")


def hostile_sites() -> dict[str, dict[str, Page]]:
    """What needs no address; each begins at `/`."""
    bomb = gzip.compress(b"<p>bonba " * 5_000_000, 9)
    many = "".join(f'<a href="/l/{WORDS[n % 10]}{n}">{n}</a>' for n in range(100_000))
    rules = "User-agent: *\n" + "".join(f"Disallow: /*/{WORDS[n % 10]}-{n}*$\n" for n in range(80_000))
    assert len(rules) > 2_000_000
    return {
        "begizta.example": {"/": moved("/bat"), "/bat": moved("/bi"), "/bi": moved("/"), "/robots.txt": ""},
        "luzea.example": {f"/{n or ''}": moved(f"/{n + 1}") for n in range(50)} | {"/robots.txt": ""},
        "robotsbegizta.example": {"/robots.txt": moved("/robots.txt"), "/": "<p>orria</p>"},
        "amaigabea.example": {"/": endless, "/robots.txt": ""},
        "robotsamaigabea.example": {"/": "<p>orria</p>", "/robots.txt": endless},
        "motela.example": {"/": slow, "/robots.txt": ""},
        "robotsmotela.example": {"/": "<p>orria</p>", "/robots.txt": slow},
        "bonba.example": {"/": sending(bomb, "text/html", **{"Content-Encoding": "gzip"}), "/robots.txt": ""},
        "laburra.example": {"/": short, "/robots.txt": ""},
        "estekak.example": {"/": f"<html>{many}</html>", "/robots.txt": "", "*": "<p>bat</p>"},
        "egutegia.example": {"/": calendar, "*": calendar, "/robots.txt": ""},
        "hautsia.example": {
            "/robots.txt": lambda _: web.Response(status=503),
            "/": "<p>inoiz ez</p>",
        },
        "arauak.example": {"/robots.txt": rules, "/": "<p>bat</p>" + '<a href="/azoka">bat</a>', "/azoka": "<p>bi</p>"},
    }


def addressed(served: Web, sites: dict[str, dict[str, Page]], tls_port: int) -> list[str]:
    """Add what has to know where it is, and return seeds beside those of every host's `/`."""
    listed = "".join(
        f"<url><loc>{served.url('mapa.example', f'/m/{WORDS[n % 10]}{n}')}</loc></url>" for n in range(100_000)
    )
    sitemap = f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</urlset>'
    # Small enough on the wire for the bounds of this test.
    packed = sending(gzip.compress(sitemap.encode(), 9), "application/gzip")
    sites["mapa.example"] = {
        "/robots.txt": f"Sitemap: {served.url('mapa.example', '/mapa.xml.gz')}\n",
        "/": "<p>bat</p>",
        "/mapa.xml.gz": packed,
        "*": "<p>bat</p>",
    }
    inside = ("file:///etc/passwd", "http://10.0.0.1/", "http://169.254.169.254/latest/", "gopher://x/", "//[::1]:22/")
    sites["barrura.example"] = {f"/{n}": moved(url) for n, url in enumerate(inside)} | {
        "/": "".join(f'<a href="/{n}">{n}</a>' for n in range(len(inside))),
        "/robots.txt": "",
    }
    sites["birlotu.example"] = {f"/{n or ''}": f'<a href="/{n + 1}">{n}</a>' for n in range(5)} | {"/robots.txt": ""}
    sites["barnekoa.example"] = {"/": "<p>inoiz ez</p>"}
    return [f"https://eus.example.org:{tls_port}/"]


@contextmanager
def broken_tls() -> Iterator[int]:
    """Serve https with a certificate that nobody signed."""
    loop = asyncio.new_event_loop()
    ready, stop, port = threading.Event(), asyncio.Event(), 0

    async def serve() -> None:
        nonlocal port
        async with listening(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), tls=True) as place:
            port = place.port
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


def crawled(folder: Path, seeds: list[str], served: Web, ports: list[int], names: dict[str, list[list[str]]]) -> dict:
    folder.mkdir()
    given = {
        "seeds": seeds,
        "ports": ports,
        "names": {host: [["127.0.0.1"]] for host in served.sites} | names,
        "patience": 1.0,
        "host_budget": BUDGET,
        "fetch": FETCH,
        "polite": {
            "min_delay": DELAY,
            "max_delay": 0.1,
            "address_interval": 0.0,
            "domain_interval": 0.0,
            "backoff": 0.1,
            "max_backoff": 0.5,
        },
    }
    file = folder / "job.json"
    file.write_text(json.dumps(given), encoding="utf-8")
    command = [sys.executable, str(CHILD), str(folder), str(file)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])


def took(served: Web) -> float:
    """Seconds from the first request of the good host to its last."""
    asked = by_host(served.log)[GOOD]
    return asked[-1].ended - asked[0].begun


@pytest.mark.slow
def test_hostile_sites_cost_only_themselves(tmp_path: Path) -> None:
    sites = {GOOD: good_site()}
    start = "/azoka-azoka"
    with serving(sites) as served:
        alone = crawled(tmp_path / "alone", [served.url(GOOD, start)], served, [served.port], {})
        time_alone = took(served)
    assert alone["outcomes"] == {"done": 30}

    sites |= hostile_sites()
    with serving(sites) as served, broken_tls() as tls_port:
        more = addressed(served, sites, tls_port)
        seeds = [served.url(host) for host in sites if host != GOOD] + [served.url(GOOD, start), *more]
        names = {
            "eus.example.org": [["127.0.0.1"]],
            "birlotu.example": [["127.0.0.1"], ["169.254.169.254"]],
            "barnekoa.example": [["169.254.169.254", "fe80::1"]],
        }
        beside = crawled(tmp_path / "beside", seeds, served, [served.port, tls_port], names)
        time_beside = took(served)
        good = {served.url(GOOD, path) for path in sites[GOOD] if path != "/robots.txt"}
        found = archives.captures(tmp_path / "beside")

    assert {one.url for one in found if GOOD in one.url} == good
    assert len([one for one in found if GOOD in one.url]) == 30
    assert {one.address for one in found} == {"127.0.0.1"}
    # What the hostile ones take of the processor, some 8 s of it, is shared with the good one: no more than that.
    assert time_beside < 3 * time_alone + beside["cpu"], f"{time_beside:.1f} s, alone {time_alone:.1f} s"
    assert beside["peak"] - alone["peak"] < 500e6, (beside["peak"], alone["peak"])

    asked = by_host(served.log)
    assert {host: len(one) for host, one in asked.items() if len(one) > BUDGET + 3} == {}  # policies are on top
    assert hurries([one for one in served.log if "amaigabea" not in one.host], DELAY) == []
    assert [one.path for one in asked["hautsia.example"]] == ["/robots.txt"]
    assert [one.path for one in asked["robotsmotela.example"]] == ["/robots.txt"]
    assert len(asked["begizta.example"]) == 2 + 3
    assert len(asked["luzea.example"]) == 2 + 6
    assert "barnekoa.example" not in asked
    assert len(asked["birlotu.example"]) == 2 + 6  # one answer of the resolver holds, and is what is connected to
