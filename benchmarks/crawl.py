"""The crawler on loopback: requests per second and core, its memory at a million URLs, its reading of robots.txt, its hunt.

    make bench-crawl
    make bench-crawl BENCH_ARGS="--json"
    make bench-crawl BENCH_ARGS="--only speed --hosts 400 --pages 20"

`requests_per_s_per_core` are the requests of one shard (pages, robots.txt, tdmrep.json) by the seconds of the processor that
the crawling process spends on them, from opening the frontier to the last receipt; the server is another process, and
politeness has no delays. Each request does all that a crawl does except the gate: the rules of robots.txt, the policy on
consent (`strictest`), the frontier, links, traps, the hunt's arithmetic, and WARC records with digests, synced before they
are committed. Pages have 11 KB and 40 links, in Basque and Hindi. `benchmarks/gate.py` says what the gate takes.

`mb_at_1m_urls` is that of benchmarks/crawl_frontier.py, `hunt_recall` and `hunt_fetch_share` are those of benchmarks/crawl_hunt.py (a
simulation). The table of robots counts the cases of tests/crawl/test_robots.py: what RFC 9309 says, and what protego and Google
publish.
"""

import argparse
import asyncio
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from glotmill.crawl.archive import published
from glotmill.crawl.crawler import ShardCrawl
from glotmill.crawl.job import CrawlJob
from glotmill.crawl.limits import Agent
from glotmill.crawl.politeness import Limits
from glotmill.crawl.robots import parse
from glotmill.licensing.agents import AiAgents

HERE = Path(__file__).resolve().parent
PAGE_BYTES = 11_000
_LINKS = 40
_EUS = [
    "gaur",
    "goizean",
    "azokara",
    "joan",
    "gara",
    "ogia",
    "eta",
    "gazta",
    "erosteko",
    "bidean",
    "lagun",
    "zahar",
    "bat",
    "ikusi",
    "dugu",
    "euria",
    "ari",
    "zuen",
    "baina",
]
_HIN = [
    "आज",
    "सुबह",
    "हम",
    "बाज़ार",
    "गए",
    "और",
    "वहाँ",
    "से",
    "रोटी",
    "तथा",
    "पनीर",
    "लिया",
    "रास्ते",
    "में",
    "एक",
    "पुराना",
    "मित्र",
    "मिला",
    "बारिश",
    "हो",
    "रही",
    "थी",
    "लेकिन",
]
_ROBOTS = b"User-agent: *\nDisallow: /itxita/\nDisallow: /*?bilatu=\nContent-Signal: search=yes\n"


def page(host: str, number: int, pages: int) -> bytes:
    """Return a page of a host: prose that no other page has, and links to pages of its host and a few outward."""
    dice = random.Random(f"{host}/{number}")
    words = _EUS if len(host) % 2 else _HIN
    links = [f'<li><a href="/{dice.randrange(pages)}">{dice.choice(words)}</a></li>' for _ in range(_LINKS - 2)]
    links += [f'<li><a href="/{(2 * number + step) % pages}">{dice.choice(words)}</a></li>' for step in (1, 2)]
    head = f"<!doctype html><html><head><title>{host} {number}</title></head><body><ul>{''.join(links)}</ul>"
    body = bytearray(head.encode())
    while len(body) < PAGE_BYTES - 20:
        body += f"<p>{' '.join(dice.choices(words, k=40))}.</p>".encode()
    return bytes(body[:PAGE_BYTES])


class Server(asyncio.Protocol):
    """The cheapest server that speaks HTTP/1.1: any page of any host, made once."""

    made: ClassVar[dict[tuple[str, str], bytes]] = {}
    pages: ClassVar[int] = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
            lines = head.decode("ascii").split("\r\n")
            host = next(line[6:].partition(":")[0] for line in lines if line.lower().startswith("host: "))
            self.transport.write(self.answer(host, lines[0].split(" ")[1]))

    def answer(self, host: str, path: str) -> bytes:
        known = self.made.get((host, path))
        if known is None:
            known = self.made[host, path] = _made(host, path, self.pages)
        return known


def _made(host: str, path: str, pages: int) -> bytes:
    status, kind, body = "200 OK", "text/html; charset=utf-8", b""
    if path == "/robots.txt":
        kind, body = "text/plain", _ROBOTS
    elif path[1:].isdigit():
        body = page(host, int(path[1:]), pages)
    else:
        status, body = "404 Not Found", b"<p>ez dago"
    head = f'HTTP/1.1 {status}\r\nServer: proba\r\nContent-Type: {kind}\r\nETag: "{len(body)}"\r\nContent-Length: {len(body)}\r\n\r\n'
    return head.encode() + body


async def serve(hosts: list[str], pages: int) -> None:
    """Serve until killed; all pages are made before the port is told."""
    Server.pages = pages
    for host in hosts:
        for number in range(pages):
            Server.made[host, f"/{number}"] = _made(host, f"/{number}", pages)
    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


def names_of(count: int) -> list[str]:
    return [f"herri{number}.adibide{number}.example" for number in range(count)]


def speed(hosts: int, pages: int, concurrency: int) -> dict[str, float]:
    """Crawl once and return what it took."""
    names = names_of(hosts)
    command = [sys.executable, __file__, "--serve", "--hosts", str(hosts), "--pages", str(pages)]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            job = CrawlJob(
                name="bench",
                plan="bench",
                seeds=tuple(f"http://{name}:{port}/0" for name in names),
                languages=("eus_Latn", "hin_Deva"),
                agent=Agent("crawl@example.org", "https://example.org/bot"),
                agents=AiAgents(functions={"trenbot": "training"}, training={"trenbot": "Trenbot"}),
                concurrency=concurrency,
                polite=Limits(factor=0.0, min_delay=0.0, address_interval=0.0, domain_interval=0.0),
                ports=frozenset([port]),
                allow_private=True,
                names=dict.fromkeys(names, ("127.0.0.1",)),
                patience=1.0,
            )
            before, begun = time.process_time(), time.perf_counter()
            report = ShardCrawl(job, Path(folder), 0).run()
            cpu, wall = time.process_time() - before, time.perf_counter() - begun
            warc = sum(path.stat().st_size for path in published(Path(folder)))
        finally:
            server.kill()
    assert report.outcomes == {"done": hosts * pages}, report.outcomes
    requests = report.pages + report.done.policies
    return {
        "requests_per_s_per_core": round(requests / cpu, 1),
        "requests_per_s": round(requests / wall, 1),
        "pages_per_s_per_core": round(report.pages / cpu, 1),
        "requests": requests,
        "warc_mb": round(warc / 1e6, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3, 1),
    }


def robots() -> dict[str, tuple[int, int]]:
    """Return, per table of published cases, how many come out as they say, and how many there are."""
    sys.path[:0] = [str(HERE.parent / "tests"), str(HERE.parent / "tests" / "crawl")]
    import test_robots as cases  # noqa: PLC0415  # the tables are those of the tests, not copies

    site = cases.SITE
    found: dict[str, tuple[int, int]] = {}
    for section, table in cases.RFC.items():
        count = [parse(text if isinstance(text, bytes) else text.encode()).allowed(site + path) == allowed
                 for text, paths in table for path, allowed in paths.items()]  # fmt: skip
        found[f"RFC 9309 {section}"] = (sum(count), len(count))
    count = []
    for pattern, matched, others in cases.PUBLISHED:
        rules = parse(f"User-agent: *\nDisallow: {pattern}\n".encode())
        count += [not rules.allowed(site + path) for path in matched]
        count += [rules.allowed(site + path) for path in others]
    found["patterns that Google and protego publish"] = (sum(count), len(count))
    return found


def other(script: str, *more: str) -> Mapping[str, float]:
    """Return the figures of another benchmark, run in a process of its own."""
    done = subprocess.run([sys.executable, str(HERE / script), "--json", *more], capture_output=True, check=True)
    figures: Mapping[str, float] = json.loads(done.stdout)["figures"]
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the crawler on loopback.")
    parser.add_argument("--json", action="store_true", help="print one object")
    parser.add_argument("--only", choices=("speed", "memory", "robots", "hunt"))
    parser.add_argument("--hosts", type=int, default=150)
    parser.add_argument("--pages", type=int, default=60, help="of each host")
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve(names_of(options.hosts), options.pages))
        return
    parts: dict[str, Callable[[], dict[str, float]]] = {
        "speed": lambda: speed(options.hosts, options.pages, options.concurrency),
        "memory": lambda: {"mb_at_1m_urls": other("crawl_frontier.py")["mb_at_1m_urls"]},
        "hunt": lambda: {
            name: value for name, value in other("crawl_hunt.py").items() if name in ("hunt_recall", "hunt_fetch_share")
        },
    }
    figures: dict[str, float] = {}
    for name, part in parts.items():
        if options.only in (None, name):
            figures |= part()
    table = robots() if options.only in (None, "robots") else {}
    if options.json:
        rows = {name: {"passed": passed, "of": count} for name, (passed, count) in table.items()}
        print(json.dumps({"figures": figures, "robots": rows}, ensure_ascii=False))
        return
    for name, value in figures.items():
        print(f"{name:28} {value:>12,}")
    if table:
        print("\n| cases of robots.txt | as published |\n|---|---|")
        for name, (passed, count) in table.items():
            print(f"| {name} | {passed} of {count} |")


if __name__ == "__main__":
    main()
