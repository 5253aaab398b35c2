"""One shard at work on real sites on loopback: what it asks for, keeps, leaves alone, and does after a kill."""

import asyncio
import itertools
import json
import sqlite3
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web
from fastwarc.warc import ArchiveIterator, WarcRecordType

from glotmill.crawl import crawler, names, state
from glotmill.crawl.archive import Archive, Operator, published
from glotmill.crawl.blocklists import Blocklist
from glotmill.crawl.crawler import ShardCrawl
from glotmill.crawl.entries import Found
from glotmill.crawl.frontier import Frontier
from glotmill.crawl.hunt import HuntSpec
from glotmill.crawl.job import CrawlJob, frontier_folder
from glotmill.crawl.limits import Agent, Limits
from glotmill.crawl.messages import Link, Response
from glotmill.crawl.pages import Reader
from glotmill.crawl.politeness import Limits as PoliteLimits
from glotmill.crawl.shards import ShardFile, shard_of, shard_path
from glotmill.crawl.state import TALLY, SiteState
from glotmill.crawl.worth import PageVerdict
from glotmill.licensing.agents import AiAgents
from support.web import Web, serving

AGENT = Agent("crawl@example.org", "https://example.org/bot")
QUICK = PoliteLimits(
    min_delay=0.05, max_delay=0.2, address_interval=0.0, domain_interval=0.0, backoff=0.05, max_backoff=0.1
)


def page(*links: str, text: str = "Kaixo, mundua.") -> str:
    anchors = "".join(f'<a href="{link}">esteka</a> ' for link in links)
    return f"<html><head><title>Orria</title></head><body><p>{text}</p>{anchors}</body></html>"


def job(served: Web, *seeds: str, **more) -> CrawlJob:
    settings = {
        "name": "proba",
        "plan": "plan",
        "languages": ("eus_Latn",),
        "agent": AGENT,
        "agents": AI_AGENTS,
        "polite": QUICK,
        "ports": frozenset([served.port]),
        "allow_private": True,
        "names": served.names,
        "patience": 2.0,
    }
    return CrawlJob(seeds=seeds, **{**settings, **more})


AI_AGENTS = AiAgents(functions={"trenbot": "training"}, training={"trenbot": "Trenbot"})


def crawl(work: CrawlJob, folder: Path, **bounds):
    return ShardCrawl(work, folder, 0).run(**bounds)


def archived(folder: Path) -> dict[str, int]:
    """URLs of response records in published WARCs, and how often each stands there."""
    found: dict[str, int] = {}
    for path in published(folder):
        with path.open("rb") as stream:
            for record in ArchiveIterator(stream, record_types=WarcRecordType.response):
                url = record.headers["WARC-Target-URI"]
                found[url] = found.get(url, 0) + 1
    return found


def test_links_are_followed_and_each_page_is_archived_once(tmp_path: Path) -> None:
    sites = {
        "herria.example": {"/": page("/bat", "/bi", "http://auzoa.example/"), "/bat": page("/"), "/bi": page("/bat")},
    }
    with serving(sites) as served:
        other = served.url("herria.example", "/bi")
        sites["herria.example"]["/bat"] = page("/", other)
        report = crawl(job(served, served.url("herria.example")), tmp_path)
    pages = {url: count for url, count in archived(tmp_path).items() if "robots" not in url and "tdmrep" not in url}
    assert pages == {served.url("herria.example", path): 1 for path in ("/", "/bat", "/bi")}
    assert report.outcomes["done"] == 3
    assert report.idle
    assert {asked.agent for asked in served.log} == {AGENT.header}


def test_robots_are_asked_for_first_and_heeded(tmp_path: Path) -> None:
    sites = {
        "herria.example": {
            "/robots.txt": "User-agent: Glotmill\nDisallow: /itxita\nSitemap: http://herria.example:{port}/mapa.xml\n",
            "/": page("/itxita/orria", "/irekia"),
            "/irekia": page(),
            "/itxita/orria": page(),
            "/mapatik": page(),
        },
    }
    with serving(sites) as served:
        site = sites["herria.example"]
        site["/robots.txt"] = site["/robots.txt"].replace("{port}", str(served.port))
        site["/mapa.xml"] = (
            '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>'
            f"{served.url('herria.example', '/mapatik')}</loc></url></urlset>"
        )
        report = crawl(job(served, served.url("herria.example")), tmp_path)
    asked = [one.path for one in served.log]
    assert asked[0] == "/robots.txt"
    assert asked.count("/robots.txt") == 1
    assert "/itxita/orria" not in asked
    assert {"/", "/irekia", "/mapatik", "/mapa.xml"} <= set(asked)
    assert report.outcomes["skipped: robots.disallowed"] == 1


def test_a_robots_txt_names_a_crawl_by_the_product_of_its_agent(tmp_path: Path) -> None:
    text = "User-agent: Glotmill\nAllow: /\n\nUser-agent: Miatzailea\nDisallow: /itxita\nCrawl-delay: 0.1\n"
    sites = {"herria.example": {"/robots.txt": text, "/": page("/itxita", "/irekia"), "/irekia": page(text="Bai.")}}
    with serving(sites) as served:
        agent = replace(AGENT, product="Miatzailea")
        report = crawl(job(served, served.url("herria.example"), agent=agent), tmp_path)
    assert "/itxita" not in [one.path for one in served.log]
    assert report.outcomes == {"done": 2, "skipped: robots.disallowed": 1}


def test_a_host_has_one_request_in_flight_and_its_delay_between_two(tmp_path: Path) -> None:
    sites = {
        f"h{number}.example": {"/": page(*(f"/{n}" for n in range(5))), **{f"/{n}": page() for n in range(5)}}
        for number in range(6)
    }
    with serving(sites) as served:
        crawl(job(served, *(served.url(host) for host in sites)), tmp_path)
    for host in sites:
        own = sorted((one for one in served.log if one.host == host), key=lambda one: one.begun)
        assert len(own) == 8
        gaps = [later.begun - earlier.ended for earlier, later in itertools.pairwise(own)]
        assert min(gaps) >= QUICK.min_delay - 0.005


def test_what_denies_training_is_neither_fetched_nor_kept(tmp_path: Path) -> None:
    denied = web.Response(text=page(), content_type="text/html", headers={"X-Robots-Tag": "noai"})
    sites = {
        "ezetz.example": {"/robots.txt": "User-agent: *\nContent-Signal: ai-train=no\nAllow: /\n", "/": page()},
        "orrian.example": {"/": page("/ezetz"), "/ezetz": lambda _: denied},
    }
    with serving(sites) as served:
        report = crawl(job(served, *(served.url(host) for host in sites)), tmp_path)
    assert "/" not in [one.path for one in served.log if one.host == "ezetz.example"]
    assert report.outcomes["skipped: consent.denied"] == 2
    assert served.url("orrian.example", "/ezetz") not in archived(tmp_path)
    assert served.url("orrian.example", "/") in archived(tmp_path)


def test_redirects_are_followed_under_the_rules_of_where_they_point_and_loops_end(tmp_path: Path) -> None:
    def moved(to: str):
        return lambda request: web.Response(status=302, headers={"Location": to})

    sites = {
        "zaharra.example": {"/": moved("http://berria.example:{port}/"), "/b": moved("/b")},
        "berria.example": {"/robots.txt": "User-agent: *\nDisallow: /\n", "/": page()},
        "biraka.example": {f"/{n}": moved(f"/{n + 1}") for n in range(12)},
    }
    with serving(sites) as served:
        sites["zaharra.example"]["/"] = moved(served.url("berria.example"))
        seeds = [served.url("zaharra.example"), served.url("biraka.example", "/0")]
        report = crawl(job(served, *seeds), tmp_path)
    assert [one.path for one in served.log if one.host == "berria.example"] == ["/robots.txt"]
    assert report.outcomes["skipped: robots.disallowed"] == 1
    assert report.outcomes["failed: too_many_redirects"] == 1
    assert "/7" not in [one.path for one in served.log if one.host == "biraka.example"]


def test_a_crawl_in_pieces_is_one_crawl(tmp_path: Path) -> None:
    paths = [f"/{number}" for number in range(12)]
    sites = {"herria.example": {"/": page(*paths), **{path: page(text=f"Orria {path}") for path in paths}}}
    with serving(sites) as served:
        work = job(served, served.url("herria.example"))
        reports = [crawl(work, tmp_path, pages=4) for _ in range(4)]
    assert [report.pages for report in reports] == [4, 4, 4, 1]
    assert [report.idle for report in reports] == [False, False, False, True]
    assert [one.path for one in served.log].count("/robots.txt") == 1
    pages = {url: count for url, count in archived(tmp_path).items() if url.rpartition("/")[2].isdigit()}
    assert pages == {served.url("herria.example", path): 1 for path in paths}


def test_what_a_blocklist_names_is_never_asked_for(tmp_path: Path) -> None:
    sites = {
        "herria.example": {"/": page("/bat", "/inprimatu/bat", "http://iragarkiak.example/"), "/bat": page(text="Bat.")}
    }
    with serving(sites) as served:
        blocked = Blocklist.read({"filters/txarrak.txt": "iragarkiak.example  # ads\n/inprimatu/\n"})
        report = crawl(job(served, served.url("herria.example"), blocked=blocked), tmp_path)
    assert "/inprimatu/bat" not in [one.path for one in served.log]
    assert report.outcomes == {"done": 2}


def test_a_link_that_no_database_holds_and_a_redirect_that_nobody_resolves_end_nothing(tmp_path: Path) -> None:
    long = f"http://{'a' * 70}.example/robots.txt"
    sites = {
        "herria.example": {"/": page("http://xn--a-rc4g.example/", "/bat"), "/bat": page(text="Bat.")},
        "luzea.example": {"/robots.txt": lambda _: web.Response(status=302, headers={"Location": long}), "/": page()},
    }
    with serving(sites) as served:
        report = crawl(job(served, *(served.url(host) for host in sites)), tmp_path)
    assert report.outcomes["done"] == 2
    assert served.url("herria.example", "/bat") in archived(tmp_path)


def test_what_may_be_asked_for_only_later_is_not_the_end(tmp_path: Path) -> None:
    busy = [True]

    def sometimes(_: web.Request) -> web.Response:
        if busy.pop() if busy else False:
            return web.Response(status=503, headers={"Retry-After": "4"})
        return web.Response(text=page(text="Orain bai."), content_type="text/html")

    with serving({"herria.example": {"/": sometimes}}) as served:
        work = job(served, served.url("herria.example"))
        first = crawl(work, tmp_path)
        assert (first.idle, first.waiting) == (False, True)
        second = crawl(replace(work, patience=10.0), tmp_path)
    assert (second.idle, second.outcomes) == (True, {"done": 1})


def test_a_page_that_denies_training_counts_as_asked_for(tmp_path: Path) -> None:
    denied = {"X-Robots-Tag": "noai"}
    paths = [f"/{number}" for number in range(9)]

    def no(_: web.Request) -> web.Response:
        return web.Response(text=page(), content_type="text/html", headers=denied)

    with serving({"herria.example": {"/": page(*paths), **dict.fromkeys(paths, no)}}) as served:
        crawl(job(served, served.url("herria.example")), tmp_path, pages=3)
    assert len([one for one in served.log if "robots" not in one.path and "tdm" not in one.path]) == 3


def test_a_reservation_that_lies_elsewhere_is_read_under_the_rules_of_where_it_lies(tmp_path: Path) -> None:
    def moved(to: str):
        return lambda _: web.Response(status=302, headers={"Location": to})

    reserved = web.json_response([{"location": "/", "tdm-reservation": 1}])
    sites = {
        "herria.example": {"/": page()},
        "auzoa.example": {"/": page()},
        "arauak.example": {"/tdm.json": lambda _: reserved},
        "itxia.example": {"/robots.txt": "User-agent: *\nDisallow: /\n", "/tdm.json": lambda _: reserved},
    }
    with serving(sites) as served:
        sites["herria.example"]["/.well-known/tdmrep.json"] = moved(served.url("arauak.example", "/tdm.json"))
        sites["auzoa.example"]["/.well-known/tdmrep.json"] = moved(served.url("itxia.example", "/tdm.json"))
        report = crawl(job(served, served.url("herria.example"), served.url("auzoa.example")), tmp_path)
    asked = {host: [one.path for one in served.log if one.host == host] for host in sites}
    assert asked["arauak.example"] == ["/robots.txt", "/tdm.json"]
    assert asked["itxia.example"] == ["/robots.txt"]
    assert report.outcomes == {"done": 1, "skipped: consent.denied": 1}
    assert "/" not in asked["herria.example"]


@pytest.mark.parametrize("spelled", ["txarra.example", "Txarra.Example", "txarra.example.", "xn--txarra-.example"])
def test_a_robots_txt_does_not_lead_to_a_blocked_host(tmp_path: Path, spelled: str) -> None:
    sites = {"herria.example": {"/": page()}, spelled: {"/robots.txt": "User-agent: *\nAllow: /\n"}}
    with serving(sites) as served:
        away = served.url(spelled, "/robots.txt")
        sites["herria.example"]["/robots.txt"] = lambda _: web.Response(status=302, headers={"Location": away})
        blocked = Blocklist.read({"filters/txarrak.txt": "txarra.example\n"})
        report = crawl(job(served, served.url("herria.example"), blocked=blocked), tmp_path)
    assert {one.host for one in served.log} == {"herria.example"}
    assert "/" not in [one.path for one in served.log]
    assert report.waiting  # its own robots.txt is tried again later


def test_a_robots_txt_that_leads_to_a_domain_of_another_shard_closes_its_site_and_names_the_new_one(tmp_path) -> None:
    old = "zaharra.example"
    here = shard_of(old, 2)
    new = next(f"berria{number}.example" for number in range(50) if shard_of(f"berria{number}.example", 2) != here)
    sites = {old: {"/": page()}, new: {"/robots.txt": "User-agent: *\nAllow: /\n", "/": page()}}
    with serving(sites) as served:
        away = served.url(new, "/robots.txt")
        sites[old]["/robots.txt"] = lambda _: web.Response(status=302, headers={"Location": away})
        work = job(served, served.url(old), shards=2)
        assert ShardCrawl(work, tmp_path, here).run().waiting
        with Frontier(frontier_folder(tmp_path), shard=here, shards=2) as frontier:
            handed = [found.link.url for _, found in frontier.outgoing(1 - here, 10)]
    assert {(one.host, one.path) for one in served.log} == {(old, "/robots.txt")}
    assert handed == [served.url(new)]


def test_hosts_that_left_the_memory_are_known_again(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(state, "_KEPT_HOSTS", 2)
    monkeypatch.setattr(state, "_KEPT_TRAPS", 1)
    hosts = [f"h{number}.example" for number in range(6)]
    sites = {
        host: {"/robots.txt": "User-agent: *\nDisallow: /itxita\nCrawl-delay: 0.15\n", "/": page("/1", "/2", "/itxita")}
        for host in hosts
    }
    for site in sites.values():
        site |= {"/1": page(text="Bat."), "/2": page(text="Bi."), "/itxita": page()}
    with serving(sites) as served:
        report = crawl(job(served, *(served.url(host) for host in hosts)), tmp_path)
    assert report.outcomes == {"done": 18, "skipped: robots.disallowed": 6}
    for host in hosts:
        own = sorted((one for one in served.log if one.host == host), key=lambda one: one.begun)
        assert [one.path for one in own].count("/robots.txt") == 1
        gaps = [later.begun - earlier.ended for earlier, later in itertools.pairwise(own[1:])]
        assert min(gaps) >= 0.145


def test_hosts_that_are_all_busy_stay_in_memory(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(state, "_KEPT_HOSTS", 1)
    with serving({}) as served, Frontier(frontier_folder(tmp_path)) as frontier:
        kept = state.SiteState(frontier, job(served), 0)
        for host in ("a.example", "b.example", "c.example"):
            kept.meet_host(host)
        for host in ("a.example", "b.example"):
            kept.politeness.started(host, host, "", 0.0)
        assert {name for _, name in kept.leave()} == {"c.example"}
        assert kept.leave(["a.example"]) == {}


def test_hosts_stay_in_memory_while_a_page_of_them_is_read(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(state, "_KEPT_HOSTS", 1)
    read = Reader.read

    async def slowly(self, response, entry):
        await asyncio.sleep(0.15)
        return await read(self, response, entry)

    monkeypatch.setattr(Reader, "read", slowly)
    hosts = [f"h{number}.example" for number in range(6)]
    delay = "User-agent: *\nCrawl-delay: 0.4\n"
    sites = {host: {"/robots.txt": delay, "/": page("/1", "/2"), "/1": page(), "/2": page()} for host in hosts}
    with serving(sites) as served:
        crawl(job(served, *(served.url(host) for host in hosts)), tmp_path)
    for host in hosts:
        own = sorted((one for one in served.log if one.host == host), key=lambda one: one.begun)
        assert len(own) == 5
        assert min(later.begun - earlier.ended for earlier, later in itertools.pairwise(own[1:])) >= 0.395


def test_a_name_that_nobody_resolves_holds_no_longer_than_a_connection_may_take(tmp_path: Path, monkeypatch) -> None:
    async def never(self, host: str) -> tuple[str, ...]:
        await asyncio.sleep(20)
        return ("127.0.0.1",)

    monkeypatch.setattr(names._Table, "resolve", never)
    begun = time.monotonic()
    with serving({"herria.example": {"/": page()}}) as served:
        work = job(served, served.url("herria.example"), fetch=Limits(connect=0.2))
        crawl(work, tmp_path, seconds=0.5)
    assert time.monotonic() - begun < 5
    assert served.log == []


def test_a_file_is_published_by_a_commit_that_outlasts_a_power_cut(tmp_path: Path, monkeypatch) -> None:
    done: list[str] = []

    def watched(owner: type, name: str) -> None:
        before = getattr(owner, name)

        def call(self, *given):
            done.append(name)
            return before(self, *given)

        monkeypatch.setattr(owner, name, call)

    watched(ShardFile, "durable_transaction")
    watched(Archive, "_publish")
    paths = [f"/{number}" for number in range(5)]
    with serving({"herria.example": {"/": page(*paths), **{path: page(text=path) for path in paths}}}) as served:
        crawl(job(served, served.url("herria.example"), warc_bytes=3_000), tmp_path)
    assert done.count("_publish") >= 2
    assert done[::2] == ["durable_transaction"] * (len(done) // 2)


def test_what_waits_for_a_commit_is_bounded_in_bytes(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(crawler, "_COMMIT_BYTES", 100_000)
    monkeypatch.setattr(crawler, "_COMMIT_S", 60.0)
    seen: list[int] = []
    commit = crawler._Work.commit

    def watched(self, mark) -> None:
        seen.append(self._held)
        commit(self, mark)

    monkeypatch.setattr(crawler._Work, "commit", watched)
    hosts = [f"h{number}.example" for number in range(12)]
    sites = {host: {"/": page(text=f"{host} " * 3_000)} for host in hosts}
    with serving(sites) as served:
        slow = replace(QUICK, min_delay=1.0)
        crawl(job(served, *(served.url(host) for host in hosts), polite=slow, patience=3.0), tmp_path)
    size = len(sites[hosts[0]]["/"])
    assert max(seen) < 100_000 + 2 * size
    assert sum(held >= 100_000 for held in seen) >= 3


def test_pages_of_a_site_that_fails_do_not_hold_those_of_the_hosts_other_site(tmp_path: Path) -> None:
    site = {"/": page("/1", text="Hasiera."), "/1": page(text="Bat.")}
    with serving({"herria.example": site}) as served, serving({}) as other:
        dead = other.port
    with serving({"herria.example": site}) as served:
        seeds = (f"http://herria.example:{dead}/", f"http://herria.example:{dead}/2", served.url("herria.example"))
        report = crawl(job(served, *seeds, ports=frozenset([served.port, dead])), tmp_path)
    assert report.outcomes == {"done": 2}
    assert report.waiting


def test_a_parked_host_is_asked_for_what_hints_at_a_target_alone(frontier_of_parked) -> None:
    kept, given_up = frontier_of_parked
    assert kept == ["/eu/a"]
    assert given_up == {"/en/a", "/en/b"}


@pytest.fixture
def frontier_of_parked(tmp_path: Path):
    work = CrawlJob(
        name="proba",
        plan="plan",
        languages=("eus_Latn",),
        agent=AGENT,
        agents=AI_AGENTS,
        seeds=(),
        hunt=HuntSpec(budget=2),
    )
    names = ("/en/a", "/en/b", "/eu/a")
    with (
        Frontier(tmp_path / "frontier") as frontier,
        Archive(tmp_path, "proba", operator=Operator("a", "b", "c"), plan="plan") as archive,
    ):
        frontier.add([Found(Link(f"https://h.example{name}", "link"), 0.5) for name in names])
        crawling = crawler._Work(work, frontier, archive, 0)
        for number in range(2):
            verdict = PageVerdict(f"https://h.example/{number}", accepted=False, characters=0, size=50_000)
            crawling.state.hunt.learn(verdict)
        crawling._leave("h.example")
        left = [link.url.removeprefix("https://h.example") for _, link in frontier.queued("h.example")]
    return left, set(names) - set(left)


def test_a_crawl_delay_that_is_taken_back_holds_no_longer(tmp_path: Path) -> None:
    delays = ["Crawl-delay: 30\n", ""]
    sites = {"herria.example": {"/": page("/1"), "/1": page(text="Bat.")}}

    def robots(_: web.Request) -> web.Response:
        said = delays.pop(0) if delays else ""
        return web.Response(text=f"User-agent: *\n{said}Allow: /\n", content_type="text/plain")

    sites["herria.example"]["/robots.txt"] = robots
    with serving(sites) as served:
        work = job(served, served.url("herria.example"))
        assert crawl(work, tmp_path).waiting
        with Frontier(frontier_folder(tmp_path)) as frontier:
            known = SiteState(frontier, work, 0)
            known.meet(served.url("herria.example"))
            assert known.crawl_delays("herria.example") == [30.0]
            answer = replace(ANSWER, url=served.url("herria.example", "/robots.txt"))
            known.robots.take(served.url("herria.example"), answer, 0.0)
            assert known.crawl_delays("herria.example") == []


ANSWER = Response(
    "http://a.example/robots.txt",
    "127.0.0.1",
    b"",
    b"HTTP/1.1 200 OK\r\n\r\n",
    200,
    {},
    b"User-agent: *\nAllow: /\n",
    b"User-agent: *\nAllow: /\n",
    None,
    datetime(2026, 11, 1, tzinfo=UTC),
    0.1,
)


def test_pages_that_are_not_kept_make_their_host_worth_nothing(tmp_path: Path) -> None:
    denied = {"X-Robots-Tag": "noai"}

    def no(_: web.Request) -> web.Response:
        return web.Response(text=page(), content_type="text/html", headers=denied)

    with serving({"herria.example": {"/": no}}) as served:
        crawl(job(served, served.url("herria.example")), tmp_path)
        with Frontier(frontier_folder(tmp_path)) as frontier:
            tallies = [json.loads(note) for _, note in frontier.all_noted(TALLY)]
    assert [tally[3] for tally in tallies] == [0]


def test_a_slow_host_gives_few_of_its_pages(tmp_path: Path) -> None:
    sites = {"herria.example": {"/robots.txt": "User-agent: *\nCrawl-delay: 61\n", "/": page()}}
    with serving(sites) as served:
        crawl(job(served, served.url("herria.example")), tmp_path)
    with sqlite3.connect(shard_path(frontier_folder(tmp_path), 0)) as db:
        assert db.execute("SELECT budget FROM hosts").fetchall() == [(100,)]
