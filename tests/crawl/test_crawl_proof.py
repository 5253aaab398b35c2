"""A thousand real pages on twenty hosts: nothing unwelcome is asked for, nothing in haste, and nothing is lost."""

import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import lxml.html
import pytest
from aiohttp import web

from glotmill.crawl.crawler import ShardCrawl
from glotmill.crawl.frontier import Frontier
from glotmill.crawl.job import CrawlJob, frontier_folder
from glotmill.crawl.limits import Agent
from glotmill.crawl.politeness import Limits as PoliteLimits
from glotmill.licensing.agents import AiAgents
from support import archives
from support.manners import by_host, hurries
from support.web import Page, Web, serving

DELAY = 0.05
CHILD = Path(__file__).with_name("crawling_child.py")
GUIDES = ("en", "ca", "cs", "da", "de", "el", "es", "fr", "id", "it", "ja", "ko", "ru")
HANDBOOKS = ("fa-IR", "ar-MA", "zh-CN", "pl-PL", "tr-TR", "vi-VN", "hr-HR")
# By number of the host; paths that begin so are closed. The ten chapters of the handbook lie flat beside its sections.
CLOSED = {
    "guide": ("/ap", "/ch03", "/ch04", "/ch05", "/ch07"),
    "handbook": ("/sect.c", "/sect.d", "/sect.h", "/sect.p", "/sect.s", "/sect.w"),
}
CRAWL_DELAYS = {1: 0.3, 4: 0.2, 15: 0.25}


@dataclass(frozen=True)
class Sites:
    """Real editions, each on a host of its own."""

    pages: Mapping[str, Mapping[str, Page]]
    closed: Mapping[str, tuple[str, ...]]
    delays: Mapping[str, float]

    def reachable(self, seeds: tuple[str, ...]) -> set[str]:
        """Paths of pages, `//host/path`, that links from the seeds lead to over pages that are not closed."""
        found, queue = set(), list(seeds)
        while queue:
            url = queue.pop()
            parts = urlsplit(url)
            path = unquote(parts.path)
            closed = any(path.startswith(start) for start in self.closed.get(parts.hostname or "", ()))
            page = self.pages.get(parts.hostname or "", {}).get(path)
            if url in found or closed or not isinstance(page, bytes):
                continue
            found.add(url)
            links = lxml.html.document_fromstring(page).xpath("//a/@href | //link/@href")
            queue += [urljoin(url, link).partition("#")[0] for link in links]
        return found


def real_sites(root: Path) -> Sites:
    real = root / ".cache" / "real"
    editions = [("guide", real / "installation-guide" / "pages" / name) for name in GUIDES]
    editions += [("handbook", real / "debian-handbook" / "pages" / name) for name in HANDBOOKS]
    missing = next((folder for _, folder in editions if not folder.is_dir()), None)
    if missing is not None:
        pytest.skip(f"no {missing}: run `make real-data`")
    pages: dict[str, dict[str, Page]] = {}
    closed: dict[str, tuple[str, ...]] = {}
    delays: dict[str, float] = {}
    for number, (kind, folder) in enumerate(editions):
        host = f"{folder.name.lower().replace('_', '-')}.{kind}-{number}.example"
        site: dict[str, Page] = {f"/{file.name}": file.read_bytes() for file in sorted(folder.glob("*.html"))}
        closed[host] = CLOSED[kind]
        rules = [f"Disallow: {path}" for path in closed[host]]
        if number in CRAWL_DELAYS:
            delays[host] = CRAWL_DELAYS[number]
            rules.append(f"Crawl-delay: {CRAWL_DELAYS[number]}")
        site["/robots.txt"] = "\n".join(["User-agent: *", *rules, ""])
        pages[host] = site
    return Sites(pages, closed, delays)


def moved(url: str) -> Page:
    return lambda _: web.Response(status=302, headers={"Location": url})


def joined(sites: Sites, served: Web) -> str:
    """Let the first host's index lead to all others, some of them by a redirect, one robots.txt by another host's."""
    first, *others = sites.pages
    index = sites.pages[first]["/index.html"]
    assert isinstance(index, bytes)
    links = []
    for number, host in enumerate(others):
        start = f"//{host}:{served.port}/index.html"
        if number % 3 == 0:
            sites.pages[first][f"/bidean-{number}"] = moved(f"http:{start}")
            start = f"/bidean-{number}"
        links.append(f'<p><a href="{start}">{host}</a></p>')
    sites.pages[first]["/index.html"] = index.replace(b"</body>", "".join(links).encode() + b"</body>")
    elsewhere, lender = others[0], others[5]
    sites.pages[lender]["/rules.txt"] = web_text(sites.pages[elsewhere]["/robots.txt"])
    sites.pages[elsewhere]["/robots.txt"] = moved(served.url(lender, "/rules.txt"))
    return served.url(first, "/index.html")


def web_text(text: Page) -> Page:
    return lambda _: web.Response(text=str(text), content_type="text/plain")


def expected(sites: Sites, served: Web) -> set[str]:
    seeds = tuple(served.url(host, "/index.html") for host in sites.pages)
    return sites.reachable(seeds)


@pytest.mark.slow
@pytest.mark.real
def test_a_thousand_real_pages_are_asked_for_politely_and_kept_once(root: Path, tmp_path: Path) -> None:
    sites = real_sites(root)
    assert len(sites.pages) == 20
    with serving(sites.pages) as served:
        seed = joined(sites, served)
        wanted = expected(sites, served)
        assert 800 <= len(wanted) <= 1_000
        job = CrawlJob(
            name="proba",
            plan="plan",
            seeds=(seed,),
            languages=("eus_Latn",),
            agent=Agent("crawl@example.org", "https://example.org/bot"),
            agents=AiAgents(functions={}, training={}),
            polite=PoliteLimits(min_delay=DELAY, max_delay=0.2, address_interval=0.0, domain_interval=0.0),
            ports=frozenset([served.port]),
            allow_private=True,
            names=served.names,
            patience=2.0,
            warc_bytes=1_000_000,
        )
        report = ShardCrawl(job, tmp_path, 0).run()
    assert report.idle

    unwelcome = [
        (one.host, one.path)
        for one in served.log
        if any(one.path.startswith(start) for start in sites.closed.get(one.host, ()))
    ]
    assert unwelcome == []
    for host, asked in by_host(served.log).items():
        assert asked[0].path in ("/robots.txt", "/rules.txt"), host
    assert hurries(served.log, DELAY, sites.delays) == []

    pages = Counter(one.url for one in archives.captures(tmp_path) if one.status == 200)
    assert set(pages) == wanted
    assert set(pages.values()) == {1}
    copies = {one.url for one in archives.captures(tmp_path) if one.kind == "revisit"}
    assert archives.documents(tmp_path) == Counter(wanted - copies)
    assert wanted <= {url for url, _ in archives.places(tmp_path)}
    assert all(url == target for url, target in archives.places(tmp_path))


def child_job(served: Web, seeds: list[str], **more: object) -> str:
    return json.dumps(
        {
            "seeds": seeds,
            "ports": [served.port],
            "names": {host: [list(addresses)] for host, addresses in served.names.items()},
            "patience": 2.0,
            "polite": {"min_delay": DELAY, "max_delay": 0.2, "address_interval": 0.0, "domain_interval": 0.0},
            **more,
        }
    )


def killed(folder: Path, job: str, kills: int, dice: random.Random, longest: float) -> dict[str, object]:
    """Run a crawl, kill it so often, finish it, and return what the last process reported."""
    file = folder / "job.json"
    file.write_text(job, encoding="utf-8")
    command = [sys.executable, str(CHILD), str(folder), str(file)]
    for _ in range(kills):
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert child.stdout is not None
        assert child.stdout.readline() == b"begun\n"
        try:
            child.wait(dice.uniform(0.05, longest))
        except subprocess.TimeoutExpired:
            child.kill()
        child.communicate()
    last = subprocess.run(command, capture_output=True, check=True, text=True)
    return json.loads(last.stdout.splitlines()[-1])


def judge_killed(folder: Path, wanted: set[str]) -> None:
    found = archives.captures(folder)
    assert Counter(one.url for one in found if one.status == 200) == Counter(wanted)
    pairs = list(archives.places(folder))
    assert {url for url, _ in pairs} >= wanted
    assert [(url, target) for url, target in pairs if url != target] == []
    copies = {one.url for one in found if one.kind == "revisit"}
    assert archives.documents(folder) == Counter(wanted - copies)
    with Frontier(frontier_folder(folder)) as frontier:
        counted = frontier.totals()
    assert (counted.pages, counted.outcomes["done"]) == (len(found), len(found))


def small_sites() -> dict[str, dict[str, Page]]:
    """Six hosts of ten pages; each page leads to two of its host and one of the next."""
    return {f"h{host}.example": {f"/{page}": "" for page in range(10)} for host in range(6)}


def test_three_kills_lose_no_page_and_double_none(tmp_path: Path) -> None:
    sites = small_sites()
    with serving(sites) as served:
        hosts = list(sites)
        for number, host in enumerate(hosts):
            following = hosts[(number + 1) % len(hosts)]
            for page in range(10):
                links = [f"/{(2 * page + 1) % 10}", f"/{(2 * page + 2) % 10}", served.url(following, f"/{page}")]
                anchors = "".join(f'<a href="{link}">esteka</a>' for link in links)
                sites[host][f"/{page}"] = f"<html><title>{host}</title><p>{page}. orria</p>{anchors}</html>"
            sites[host]["/robots.txt"] = "User-agent: *\nDisallow: /itxita\n"
        job = child_job(served, [served.url("h0.example", "/0")], warc_bytes=4_000)
        report = killed(tmp_path, job, 3, random.Random(6), 0.6)
        wanted = {served.url(host, f"/{page}") for host in hosts for page in range(10)}
    assert report["idle"]
    judge_killed(tmp_path, wanted)
    assert len(served.log) < 2 * 72  # a kill costs what was not committed, not the crawl
    assert hurries(served.log, DELAY) == []


@pytest.mark.slow
@pytest.mark.real
def test_ten_kills_of_a_real_crawl_lose_no_page_and_double_none(root: Path, tmp_path: Path) -> None:
    sites = real_sites(root)
    with serving(sites.pages) as served:
        seed = joined(sites, served)
        wanted = expected(sites, served)
        report = killed(tmp_path, child_job(served, [seed], warc_bytes=500_000), 10, random.Random(27), 3.0)
    assert report["idle"]
    judge_killed(tmp_path, wanted)
    assert hurries(served.log, DELAY, sites.delays) == []
