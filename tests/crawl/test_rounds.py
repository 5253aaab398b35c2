"""Several shards in rounds: who is worked on, and when a crawl ends."""

import time
from pathlib import Path

from aiohttp import web
from test_crawler import job, page

from glotmill.crawl.crawler import ShardCrawl
from glotmill.crawl.entries import Found
from glotmill.crawl.frontier import Frontier
from glotmill.crawl.hunt import Hunt
from glotmill.crawl.job import frontier_folder
from glotmill.crawl.messages import Link
from glotmill.crawl.pages import Reader
from glotmill.crawl.shards import shard_of
from glotmill.crawl.worth import PageVerdict
from glotmill.executors.local import LocalExecutor
from glotmill.run import crawl as rounds
from support.web import serving


def host_in(shard: int, shards: int = 2) -> str:
    return next(name for n in range(99) if shard_of(name := f"h{n}.example", shards) == shard)


def counted(monkeypatch) -> list[int | None]:
    """What the crawl may still ask for at each round; more than 20 of them are an endless loop."""
    seen: list[int | None] = []
    following = rounds.Rounds.next

    def watched(self, allowed):
        seen.append(allowed)
        assert len(seen) <= 20
        return following(self, allowed)

    monkeypatch.setattr(rounds.Rounds, "next", watched)
    return seen


def test_a_crawl_ends_when_one_shard_has_less_to_do_than_the_other(tmp_path: Path, monkeypatch) -> None:
    paths = [f"/{number}" for number in range(7)]
    sites = {host_in(0): {"/": page()}, host_in(1): {"/": page(*paths), **{path: page(text=path) for path in paths}}}
    counted(monkeypatch)
    with serving(sites) as served:
        work = job(served, *(served.url(host) for host in sites), shards=2, max_pages=10)
        done = rounds.crawl(work, str(tmp_path), executor=LocalExecutor(1))
    assert (done.finished, done.pages, done.outcomes) == (True, 9, {"done": 9})


def test_a_crawl_ends_when_fewer_pages_are_left_than_there_are_shards(tmp_path: Path, monkeypatch) -> None:
    sites = {host_in(shard): {"/": page(text=str(shard))} for shard in range(2)}
    counted(monkeypatch)
    with serving(sites) as served:
        work = job(served, *(served.url(host) for host in sites), shards=2, max_pages=3)
        done = rounds.crawl(work, str(tmp_path), executor=LocalExecutor(1))
    assert (done.finished, done.pages) == (True, 2)


def later(folder: Path) -> None:
    """Forget robots.txt and tdmrep.json, as after a day."""
    with Frontier(frontier_folder(folder)) as frontier:
        kinds = ("robots", "tdm")
        frontier.note({(kind, key): None for kind in kinds for key, _ in frontier.all_noted(kind)})


def test_a_site_that_denies_training_and_shuts_its_door_as_well_is_a_denial_too(tmp_path: Path) -> None:
    sites = {"herria.example": {"/robots.txt": "User-agent: *\nAllow: /\n", "/": page()}}
    with serving(sites) as served:
        work = job(served, served.url("herria.example"))
        rounds.crawl(work, str(tmp_path), executor=LocalExecutor(1))
        sites["herria.example"]["/robots.txt"] = "User-agent: *\nContent-Signal: ai-train=no\nDisallow: /\n"
        later(tmp_path)
        done = rounds.crawl(work, str(tmp_path), executor=LocalExecutor(1), revisit_after=0)
    assert done.outcomes == {"done": 1, "skipped: consent.denied": 1}
    assert (tmp_path / "denied.txt").read_text(encoding="utf-8") == f"{served.url('herria.example')}\n"


def test_a_revisit_asks_for_the_pages_that_it_was_granted_for(tmp_path: Path) -> None:
    paths = ["/0", *(f"/eu/{number}" for number in range(6))]
    sites = {"herria.example": {"/": page(*paths), **{path: page(text=path) for path in paths}}}
    with serving(sites) as served:
        work = job(served, served.url("herria.example"), max_pages=3)
        rounds.crawl(work, str(tmp_path), executor=LocalExecutor(1))
        asked = len(served.log)
        done = rounds.crawl(work, str(tmp_path), executor=LocalExecutor(1), revisit_after=0)
    first, second = ({one.path for one in log} for log in (served.log[:asked], served.log[asked:]))
    assert second == first - {"/robots.txt", "/.well-known/tdmrep.json"}
    assert (done.pages, done.finished) == (6, True)


def test_a_page_that_broke_off_is_asked_for_as_a_whole_again(tmp_path: Path) -> None:
    asked: list[str | None] = []

    async def broken(request: web.Request) -> web.StreamResponse:
        asked.append(request.headers.get("If-None-Match"))
        answer = web.StreamResponse(headers={"ETag": '"bat"', "Content-Type": "text/html", "Content-Length": "9999"})
        await answer.prepare(request)
        await answer.write(page().encode())
        request.transport.close()
        return answer

    with serving({"herria.example": {"/": broken}}) as served:
        work = job(served, served.url("herria.example"))
        for _ in range(2):
            rounds.crawl(work, str(tmp_path), executor=LocalExecutor(1), revisit_after=0)
    assert asked == [None, None]


def test_a_reservation_on_a_domain_of_another_shard_names_no_site_to_crawl(tmp_path: Path) -> None:
    sites = {host_in(0): {"/": page()}, host_in(1): {"/": page(), "/tdm.json": "[]"}}
    with serving(sites) as served:
        to = served.url(host_in(1), "/tdm.json")
        sites[host_in(0)]["/.well-known/tdmrep.json"] = lambda _: web.Response(status=302, headers={"Location": to})
        work = job(served, served.url(host_in(0)), shards=2)
        rounds.crawl(work, str(tmp_path), executor=LocalExecutor(1))
    assert {one.host for one in served.log} == {host_in(0)}


def test_what_a_revisit_may_not_ask_for_makes_no_room_for_new_pages(tmp_path: Path) -> None:
    paths = [f"/{number}" for number in range(9)]
    sites = {"herria.example": {"/": page(*paths), **{path: page(text=path) for path in paths}}}
    with serving(sites) as served:
        work = job(served, served.url("herria.example"), max_pages=4)
        rounds.crawl(work, str(tmp_path), executor=LocalExecutor(1))
        sites["herria.example"]["/robots.txt"] = "User-agent: *\nDisallow: /0\nDisallow: /1\n"
        later(tmp_path)
        done = rounds.crawl(work, str(tmp_path), executor=LocalExecutor(1), revisit_after=0)
    assert len({one.path for one in served.log} - {"/robots.txt", "/.well-known/tdmrep.json"}) == 4
    assert (done.pages, done.policies) == (6, 4)


def test_a_robots_txt_that_is_not_asked_for_is_not_counted(tmp_path: Path) -> None:
    sites = {host_in(0): {"/": page()}, host_in(1): {}}
    with serving(sites) as served:
        to = served.url(host_in(1), "/robots.txt")
        sites[host_in(0)]["/robots.txt"] = lambda _: web.Response(status=302, headers={"Location": to})
        report = ShardCrawl(job(served, served.url(host_in(0)), shards=2), tmp_path, 0).run()
    assert report.done.policies == len(served.log) == 1


def test_links_that_another_shard_asks_for_are_widened_one_step_at_a_time(tmp_path: Path, monkeypatch) -> None:
    def nothing(self, response, entry) -> PageVerdict:
        return PageVerdict(response.url, accepted=False, characters=0, size=100, hops=entry.hops, beyond=entry.beyond)

    monkeypatch.setattr(Reader, "_verdict", nothing)
    sites = {host_in(0): {"/": page("/1")}, host_in(1): {}}
    widened: list[bool] = []
    widen = Hunt.widen
    monkeypatch.setattr(Hunt, "widen", lambda self: widened.append(widen(self)) or widened[-1])
    with serving(sites) as served:
        sites[host_in(0)]["/1"] = page(served.url(host_in(1)), text="Bat.")
        ShardCrawl(job(served, served.url(host_in(0)), shards=2), tmp_path, 0).run()
    assert widened == [True]


def test_kills_are_no_failures_of_a_server_and_a_page_has_twenty_of_them(tmp_path: Path) -> None:
    answers = [503, 503]

    def sometimes(_: web.Request) -> web.Response:
        return web.Response(status=answers.pop()) if answers else web.Response(text=page(), content_type="text/html")

    with serving({"herria.example": {"/": sometimes}, "hiltzailea.example": {"/": page()}}) as served:
        for host, kills in (("herria.example", 19), ("hiltzailea.example", 20)):
            with Frontier(frontier_folder(tmp_path)) as frontier:
                frontier.add([Found(Link(served.url(host), "seed"), 1.0)])
                for _ in range(kills):
                    assert len(frontier.claim(time.time() + 60.0, 1)) == 1
                    frontier.recover()
            report = ShardCrawl(job(served, served.url(host)), tmp_path, 0).run()
            if host == "herria.example":
                assert report.outcomes == {"done": 1, "retry: status_503": 2}
    assert report.outcomes == {"failed: interrupted": 1}
    assert {one.host for one in served.log} == {"herria.example"}
