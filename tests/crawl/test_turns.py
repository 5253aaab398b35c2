"""Whose turn a host is: when another host's robots.txt points to it, after a kill, and on an address of many hosts."""

import asyncio
import json
from pathlib import Path

from aiohttp import web
from fastwarc.warc import ArchiveIterator, WarcRecordType
from test_crawler import QUICK, crawl, job, page

from glotmill.crawl.archive import published
from glotmill.crawl.fetcher import Fetcher
from glotmill.crawl.frontier import Frontier
from glotmill.crawl.job import frontier_folder
from glotmill.crawl.state import SiteState
from support.manners import hurries
from support.web import serving


def test_a_robots_txt_that_stands_elsewhere_waits_for_that_host(tmp_path: Path) -> None:
    lender = {f"/{n}": page(f"/{n + 1}", text=f"Orria {chr(97 + n)}") for n in range(20)}
    lender["/robots.txt"] = "User-agent: *\nDisallow: /itxita\n"
    sites = {"mailegaria.example": lender}
    sites |= {f"b{n}.example": {"/": page()} for n in range(12)}
    with serving(sites) as served:
        there = served.url("mailegaria.example", "/robots.txt")
        for host in list(sites)[1:]:
            sites[host]["/robots.txt"] = lambda _: web.Response(status=301, headers={"Location": there})
        seeds = [served.url("mailegaria.example", "/0"), *(served.url(host) for host in list(sites)[1:])]
        report = crawl(job(served, *seeds), tmp_path)
    assert report.outcomes == {"done": 21 + 12}
    assert hurries(served.log, QUICK.min_delay) == []


def test_a_host_has_one_pace_however_redirects_spell_it(tmp_path: Path) -> None:
    async def slowly(request: web.Request) -> web.Response:
        await asyncio.sleep(0.1)
        return web.Response(text=page(text=request.path), content_type="text/html")

    lender = {"/robots.txt": "", "/": page("/bat", "/bi", "/hiru"), "*": slowly}
    sites = {"mailegaria.example": lender, "mailegaria.example.": lender}
    sites |= {f"b{n}.example": {"/": page()} for n in range(6)}
    with serving(sites) as served:
        for n in range(6):
            there = served.url("mailegaria.example.", f"/r{n}")
            sites[f"b{n}.example"]["/robots.txt"] = lambda _, to=there: web.Response(
                status=301, headers={"Location": to}
            )
        crawl(job(served, *(served.url(host) for host in sites)), tmp_path)
    for asked in served.log:
        asked.host = asked.host.rstrip(".")
    assert hurries(served.log, QUICK.min_delay) == []


def test_many_hosts_on_one_address_are_asked_one_after_the_other_from_the_first_request_on(tmp_path: Path) -> None:
    sites = {f"h{n}.example{n}.org": {"/": page()} for n in range(5)}
    with serving(sites) as served:
        polite = type(QUICK)(min_delay=0.05, max_delay=0.2, address_interval=0.1, domain_interval=0.0)
        crawl(job(served, *(served.url(host) for host in sites), polite=polite), tmp_path)
    begun = sorted(one.begun for one in served.log)
    assert len(begun) == 15
    assert begun[4] - begun[0] >= 0.3  # 0.4 as the crawler keeps it; the server, in a thread beside it, may see less


def test_no_more_pages_are_asked_for_than_a_call_may(tmp_path: Path) -> None:
    sites = {f"h{n}.example": {"/": page(*(f"/{n}" for n in range(5)))} for n in range(8)}
    with serving(sites) as served:
        work = job(served, *(served.url(host) for host in sites))
        reports = [crawl(work, tmp_path, pages=pages) for pages in (8, 5)]
    assert [report.pages for report in reports] == [8, 5]


def test_a_menu_that_stands_on_every_page_counts_once(tmp_path: Path) -> None:
    paths = [f"/saila/{n}" for n in range(6)]
    sites = {"herria.example": {path: page(*paths) for path in paths}}
    with serving(sites) as served:
        work = job(served, served.url("herria.example", "/saila/0"))
        crawl(work, tmp_path)
        with Frontier(frontier_folder(tmp_path)) as frontier:
            traps = SiteState(frontier, work, 0).traps("herria.example")
    assert [urls for urls, _, _ in json.loads(traps.store())["templates"].values()] == [6]


def test_what_is_counted_of_a_host_that_was_not_asked_yet_outlasts_a_call(tmp_path: Path) -> None:
    sites = {"herria.example": {}, "bestea.example": {}}
    with serving(sites) as served:
        sites["herria.example"]["/"] = page(*(served.url("bestea.example", f"/{n}") for n in range(9)))
        work = job(served, served.url("herria.example"))
        crawl(work, tmp_path, pages=1)
        with Frontier(frontier_folder(tmp_path)) as frontier:
            traps = SiteState(frontier, work, 0).traps("bestea.example")
    assert [urls for urls, _, _ in json.loads(traps.store())["templates"].values()] == [9]


def test_the_months_of_an_empty_calendar_are_one_page(tmp_path: Path) -> None:
    def month(request: web.Request) -> web.Response:
        number = int(request.path.rpartition("/")[2])
        text = page(f"/hilabetea/{number + 1}", text=f"{number}. hilabetea: ez dago ekitaldirik")
        return web.Response(text=text, content_type="text/html")

    sites = {"herria.example": {"/robots.txt": "", "/": page("/hilabetea/1"), "*": month}}
    with serving(sites) as served:
        report = crawl(job(served, served.url("herria.example")), tmp_path)
    assert report.idle
    assert report.outcomes["done"] == 1 + 11


def test_what_may_never_be_asked_is_given_up_at_once(tmp_path: Path) -> None:
    sites = {"herria.example": {"/": page("http://10.1.2.3/", "http://bestea.example:25/", "http://169.254.169.254/")}}
    with serving(sites) as served:
        work = job(served, served.url("herria.example"))
        report = crawl(work, tmp_path)
    assert report.outcomes == {"done": 1, "failed: refused_url": 3}


def test_a_rehearsal_asks_this_machine_alone(tmp_path: Path) -> None:
    away = ("http://10.9.8.7/", "http://93.184.216.34/", "http://[2606:2800:220:1::1]/")
    sites = {"herria.example": {"/": page(*away)}, "auzoa.example": {"/": page()}}
    with serving(sites) as served:
        to = f"{away[1]}robots.txt"
        sites["auzoa.example"]["/robots.txt"] = lambda _: web.Response(status=302, headers={"Location": to})
        ports = frozenset(range(1, 65_536))
        seeds = [served.url(host) for host in sites]
        report = crawl(job(served, *seeds, loopback=True, ports=ports), tmp_path, seconds=3)
    assert report.outcomes == {"done": 1, "failed: refused_url": 3, "skipped: robots.unreachable": 1}


def test_a_fault_of_ours_in_a_request_of_another_host_leaves_that_host_free(tmp_path: Path, monkeypatch) -> None:
    fetch = Fetcher.fetch

    async def faulty(self, request):
        if request.url.endswith("/maileguan.txt"):
            raise KeyError(request.url)
        return await fetch(self, request)

    monkeypatch.setattr(Fetcher, "fetch", faulty)
    sites = {"a.example": {"/": page()}, "mailegaria.example": {"/": page("/bat"), "/bat": page(text="Bat.")}}
    with serving(sites) as served:
        there = served.url("mailegaria.example", "/maileguan.txt")
        sites["a.example"]["/robots.txt"] = lambda _: web.Response(status=302, headers={"Location": there})
        report = crawl(job(served, *(served.url(host) for host in sites)), tmp_path, seconds=5)
    assert report.outcomes == {"done": 2, "failed: error.KeyError": 1}


def test_what_a_redirect_says_of_its_use_is_recorded(tmp_path: Path) -> None:
    headers = {"Location": "/bi", "X-Robots-Tag": "noai"}
    site = {"/": lambda _: web.Response(status=302, headers=headers), "/bi": page()}
    with serving({"herria.example": site}) as served:
        crawl(job(served, served.url("herria.example")), tmp_path)
        url = served.url("herria.example")
    told = [
        one.reader.read().decode()
        for path in published(tmp_path)
        for one in ArchiveIterator(path.open("rb"), record_types=WarcRecordType.metadata)
        if one.headers["WARC-Target-URI"] == url
    ]
    assert len(told) == 1
    assert '"kind": "noai"' in told[0]
