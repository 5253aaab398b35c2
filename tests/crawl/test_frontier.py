"""The queue: which entry comes when, and that a kill loses or doubles nothing."""

import math
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotmill.core.errors import DataError, LedgerError, SettingsError
from glotmill.crawl.entries import Aside, Found, Result, Written
from glotmill.crawl.frontier import Frontier
from glotmill.crawl.messages import Link
from glotmill.crawl.progress import export, progress
from glotmill.crawl.shards import shard_of, shard_path
from glotmill.crawl.urls import frontier_url
from glotmill.crawl.worth import PageVerdict


def found(url, priority=0.5, **more):
    return Found(Link(frontier_url(url) or url, "link"), priority, **more)


def done(next_time, **more):
    return Result("done", at=next_time - 1, next_time=next_time, status=200, **more)


@pytest.fixture
def frontier(tmp_path):
    with Frontier(tmp_path) as one:
        yield one


def urls(entries):
    return [entry.url for entry in entries]


def test_one_entry_of_each_host_and_the_best_first(frontier):
    assert frontier.add([found("https://a.example/1", 0.2), found("https://a.example/2", 0.9)]) == 2
    assert frontier.add([found("https://b.example/1", 0.95), found("https://a.example/1", 0.1)]) == 1
    assert urls(frontier.claim(0.0, 10)) == ["https://b.example/1", "https://a.example/2"]
    assert frontier.claim(0.0, 10) == []


def test_a_host_comes_again_when_its_time_has_come(frontier):
    frontier.add([found(f"https://ไทย.example/{name}") for name in ("ก", "ข")])
    (first,) = frontier.claim(0.0, 10)
    assert frontier.next_time() is None
    frontier.finish(first, done(5.0))
    assert frontier.next_time() == 5.0
    assert frontier.claim(4.9, 10) == []
    assert urls(frontier.claim(5.0, 10)) == ["https://ไทย.example/%E0%B8%82"]


def test_the_limit_leaves_the_rest_ready(frontier):
    frontier.add([found(f"https://h{n}.example/", n / 10) for n in range(5)])
    assert urls(frontier.claim(0.0, 2)) == ["https://h4.example/", "https://h3.example/"]
    assert urls(frontier.claim(0.0, 2)) == ["https://h2.example/", "https://h1.example/"]
    assert urls(frontier.claim(0.0, 2)) == ["https://h0.example/"]


def test_a_greater_priority_found_later_counts(frontier):
    frontier.add([found("https://a.example/1", 0.2), found("https://a.example/2", 0.3)])
    frontier.add([found("https://a.example/1", 0.8, hops=0)])
    assert urls(frontier.claim(0.0, 1)) == ["https://a.example/1"]


def test_shared_limits_hold_hosts_back_and_one_host_of_a_domain_is_taken(frontier):
    frontier.add([found(f"https://{name}.example/") for name in ("a.one", "b.one", "two")])
    earliest = {"one.example": 0.0, "two.example": 7.0}
    taken = frontier.claim(1.0, 10, earliest=lambda host, domain: earliest[domain])
    assert [entry.domain for entry in taken] == ["one.example"]
    assert len(frontier.claim(7.0, 10)) == 2


def test_a_platform_of_many_hosts_hides_no_other_host(frontier):
    frontier.add(
        [found(f"https://h{n}.one.example/", 0.9) for n in range(2_500)] + [found("https://two.example/", 0.1)]
    )
    taken = [entry.host for _ in range(4) for entry in frontier.claim(1.0, 2, earliest=lambda host, domain: 0.0)]
    assert "two.example" in taken
    assert len(frontier.claim(2.0, 9, earliest=lambda host, domain: 0.0)) == 1


def test_a_host_whose_robots_txt_is_in_flight_is_passed_over(frontier):
    frontier.add([found("https://a.example/")])
    assert frontier.claim(1.0, 10, earliest=lambda host, domain: math.inf) == []
    assert len(frontier.claim(1.0, 10, earliest=lambda host, domain: 0.0)) == 1


def test_what_is_known_is_told_apart(frontier):
    frontier.add([found(f"https://a.example/{n}") for n in range(700)])
    frontier.claim(0.0, 1)
    asked = [f"https://a.example/{n}" for n in range(-700, 1_000)]
    assert frontier.known(asked) == {f"https://a.example/{n}" for n in range(700)}


def test_the_log_is_emptied_once_a_long_reader_is_gone(frontier, monkeypatch):
    monkeypatch.setattr("glotmill.crawl.shards.MAX_WAL_BYTES", 500_000)
    log = frontier._file.path.with_name("frontier-00000.sqlite-wal")
    frontier.add([found("https://a.example/")])
    with sqlite3.connect(frontier._file.path, isolation_level=None) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM urls").fetchone()
        for n in range(40):
            frontier.add([found(f"https://h{m}.example/{n}") for m in range(50)])
        assert log.stat().st_size > 500_000
        reader.execute("COMMIT")
    reader.close()
    frontier.add([found("https://a.example/b")])
    assert log.stat().st_size == 0


def test_a_weight_lifts_all_entries_of_a_host_and_a_budget_ends_it(frontier):
    frontier.add([found(f"https://{name}.example/{n}", 0.5) for name in "ab" for n in range(3)])
    frontier.set_host("b.example", weight=1.0)
    a, b = sorted(frontier.claim(0.0, 2), key=lambda entry: entry.host)
    frontier.finish(a, done(1.0, budget=1))
    frontier.finish(b, done(1.0, weight=-1.0))
    assert [entry.host for entry in frontier.claim(1.0, 2)] == ["b.example"]
    assert progress(shard_path(frontier._file.path.parent, 0)).spent == 1
    frontier.set_host("a.example", budget=9)
    assert [entry.host for entry in frontier.claim(1.0, 2)] == ["a.example"]


def test_a_page_is_committed_with_all_that_it_gave(frontier):
    frontier.add([found("https://a.example/")])
    (entry,) = frontier.claim(0.0, 1)
    link = Link("https://b.example/x", "sitemap", "eus_Latn", datetime(2026, 11, 27, tzinfo=UTC), 0.9)
    result = done(3.0, etag='"7"', digest="d", found=[Found(link, 0.7, 1)], notes={("traps", "a.example"): b"{}"})
    frontier.finish(entry, result, Written("a.warc.gz", 100, 500))
    assert frontier.noted("traps", "a.example") == b"{}"
    (next_one,) = frontier.claim(3.0, 1)
    assert (next_one.via, next_one.hops, next_one.language) == ("https://a.example/", 1, "eus_Latn")
    row, _ = export(frontier._file.path)
    assert (row["state"], row["status"], row["file"], row["place"]) == ("done", 200, "a.warc.gz", 100)
    assert frontier.revisit(finished_before=99.0, limit=5, priority=0.1) == 1
    (again,) = frontier.claim(3.0, 9)
    assert (again.url, again.etag, again.digest) == ("https://a.example/", '"7"', "d")


def test_nothing_of_a_batch_is_kept_where_one_entry_is_wrong(frontier):
    frontier.add([found("https://a.example/"), found("https://b.example/")])
    a, b = frontier.claim(0.0, 2)
    frontier.finish(b, done(1.0))
    with pytest.raises(LedgerError, match=r"https://b\.example/ is not in flight"):
        frontier.finish_all([(a, done(1.0, notes={("k", "v"): b"1"}), None), (b, done(1.0), None)])
    assert frontier.noted("k", "v") is None
    frontier.finish(a, done(1.0))


def test_retries_failures_and_skips_have_their_reasons(frontier):
    frontier.add([found(f"https://{name}.example/") for name in "abc"])
    a, b, c = sorted(frontier.claim(0.0, 3), key=lambda entry: entry.url)
    frontier.finish(a, Result("retry", at=1.0, next_time=9.0, reason="timeout", priority=0.1))
    frontier.finish(b, Result("failed", at=1.0, next_time=9.0, reason="dns"))
    frontier.finish(c, Result("skipped", at=1.0, next_time=9.0, reason="robots"))
    now = progress(frontier._file.path)
    assert now.states == {"queued": 1, "in_flight": 0, "done": 0, "failed": 1, "skipped": 1}
    assert now.reasons == {"failed: dns": 1, "skipped: robots": 1}
    (again,) = frontier.claim(9.0, 3)
    assert (again.attempts, again.priority) == (1, 0.1)
    frontier.release(again, 20.0)
    (last,) = frontier.claim(20.0, 3)
    assert last.attempts == 1


def test_a_host_is_remembered_up_to_its_limit(tmp_path):
    with Frontier(tmp_path, host_limit=3) as frontier:
        assert frontier.add([found(f"https://a.example/{n}") for n in range(9)]) == 3
        assert frontier.add([found("https://a.example/99"), found("https://b.example/")]) == 1


def test_links_of_other_shards_wait_until_they_are_delivered(tmp_path):
    names = [f"https://h{n}.example/" for n in range(20)]
    with Frontier(tmp_path, shard=0, shards=2) as here, Frontier(tmp_path, shard=1, shards=2) as there:
        here.add([found(name, 0.25, hops=2, via="https://v.example/") for name in names + names])
        sent = here.outgoing(1, 100)
        assert [one.link.url for _, one in sent] == [n for n in names if shard_of(n[8:-1], 2) == 1]
        assert there.add([one for _, one in sent]) == len(sent)
        assert there.add([one for _, one in here.outgoing(1, 100)]) == 0  # delivered twice after a kill
        here.delivered(1, sent[-1][0])
        assert here.outgoing(1, 100) == []
        assert there.claim(0.0, 1)[0].via == "https://v.example/"


def test_a_shard_belongs_to_one_process(tmp_path):
    code = (
        "import sys; from pathlib import Path; from glotmill.crawl.frontier import Frontier\n"
        "f = Frontier(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout.readline() == b"open\n"
        with pytest.raises(SettingsError, match=f"frontier-00000.sqlite is in use by process {child.pid}"):
            Frontier(tmp_path)
        child.kill()
    Frontier(tmp_path).close()


def test_a_shard_of_another_number_or_schema_is_refused(tmp_path):
    Frontier(tmp_path, shard=1, shards=4).close()
    with pytest.raises(SettingsError, match="shards 4, not 8"):
        Frontier(tmp_path, shard=1, shards=8)
    with Frontier(tmp_path, shard=1, shards=4) as frontier:
        frontier._db.execute("UPDATE meta SET value = '0' WHERE key = 'schema'")
        with pytest.raises(DataError, match="has schema"):
            progress(frontier._file.path)
    with pytest.raises(SettingsError, match="schema 0, not 2"):
        Frontier(tmp_path, shard=1, shards=4)
    with pytest.raises(SettingsError, match="no shard 4 among 4"):
        Frontier(tmp_path, shard=4, shards=4)
    with pytest.raises(DataError, match="no such shard"):
        progress(tmp_path / "x.sqlite")


def test_progress_is_read_beside_a_crawl(frontier):
    frontier.add([found("https://a.example/")])
    frontier.open_file("a.warc.gz")
    frontier.claim(0.0, 1)
    now = progress(frontier._file.path)
    assert (now.states["in_flight"], now.hosts, now.waiting, dict(now.files)) == (1, 1, 0, {"a.warc.gz": 0})


def test_recovery_names_open_files_and_puts_entries_back(tmp_path):
    with Frontier(tmp_path) as frontier:
        frontier.add([found("https://a.example/1"), found("https://a.example/2")])
        for name in ("a", "b", "c"):
            frontier.open_file(name)
        (entry,) = frontier.claim(0.0, 1)
        frontier.finish(entry, done(1.0), Written("a", 0, 10))
        frontier.note({("robots", "https://a.example"): b"r"}, Written("b", 0, 20))
        assert frontier.close_file("a") == 10
        frontier.claim(1.0, 1)
    with Frontier(tmp_path) as frontier:
        recovery = frontier.recover()
        assert (recovery.requeued, recovery.files) == (1, {"b": 20, "c": 0})
        assert frontier.claim(1.0, 1)[0].attempts == 1


_NAMES = st.sampled_from(["a.example", "b.example", "x.c.example", "ไทย.example"])
_STEPS = st.lists(
    st.tuples(st.just("add"), _NAMES, st.integers(0, 5), st.floats(0, 1))
    | st.tuples(st.sampled_from(["done", "retry", "skipped", "release", "recover"]), st.floats(0, 3))
    | st.tuples(st.just("claim"), st.integers(1, 3)),
    max_size=30,
)


@settings(max_examples=60)
@given(steps=_STEPS)
def test_counters_always_agree_with_the_queue(tmp_path_factory, steps):
    now, flying = 0.0, []
    with Frontier(tmp_path_factory.mktemp("f"), budget=6, host_limit=4) as frontier:
        for step, *values in steps:
            now += 0.5
            if step == "add":
                frontier.add([found(f"https://{values[0]}/{values[1]}", values[2])])
            elif step == "claim":
                flying += frontier.claim(now, values[0])
                assert len({entry.host for entry in flying}) == len(flying)
            elif step == "recover":
                assert frontier.recover().requeued == len(flying)
                flying = []
            elif flying and step == "release":
                frontier.release(flying.pop(), now + values[0])
            elif flying:
                frontier.finish(flying.pop(), Result(step, at=now, next_time=now + values[0]))
            wrong = frontier._db.execute(
                "SELECT name FROM hosts h WHERE queued != (SELECT count(*) FROM urls WHERE host = h.id AND state = 0)"
                " OR in_flight != (SELECT count(*) FROM urls WHERE host = h.id AND state = 1)"
                " OR known != (SELECT count(*) FROM urls WHERE host = h.id)"
                " OR (turn > 0) != (queued > 0 AND in_flight = 0 AND asked < budget)"
                " OR (turn > 0 AND rank != weight + (SELECT max(priority) FROM urls WHERE host = h.id AND state = 0))"
            ).fetchall()
            assert wrong == []


def test_ten_kills_lose_and_double_nothing(tmp_path):
    script = Path(__file__).with_name("killed_crawl.py")
    dice = random.Random(6)
    kills = 0
    for _ in range(200):
        with subprocess.Popen([sys.executable, str(script), str(tmp_path)], stdout=subprocess.PIPE) as child:
            assert child.stdout.readline() == b"go\n"
            if kills < 10:
                time.sleep(dice.uniform(0.0, 0.06))
                child.send_signal(signal.SIGKILL)
            if child.wait() == 0:
                break
            kills += 1
    assert kills == 10
    pages = Counter((tmp_path / "pages.warc").read_text().split())
    assert set(pages.values()) == {1}
    assert len(pages) == 400
    with Frontier(tmp_path) as frontier:
        assert frontier.recover().requeued == 0
        assert sum(int(frontier.noted("count", f"h{n}.example")) for n in range(8)) == 400
    for row in export(shard_path(tmp_path, 0)):
        with (tmp_path / "pages.warc").open("rb") as file:
            file.seek(row["place"])
            assert file.readline().decode().strip() == row["url"]


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("SELECT id FROM hosts WHERE turn = 1 AND next_time <= 1.0 ORDER BY next_time LIMIT 9", "waiting"),
        ("SELECT id, name, domain FROM hosts WHERE turn = 2 ORDER BY rank DESC, next_time LIMIT 9", "ready"),
        ("SELECT id FROM urls WHERE host = 1 AND state = 0 ORDER BY priority DESC, id LIMIT 1", "queue"),
        ("SELECT DISTINCT host FROM urls WHERE state = 1", "flying"),
    ],
)
def test_a_claim_reads_heaps_and_sorts_nothing(frontier, query, index):
    plan = " ".join(row[3] for row in frontier._db.execute(f"EXPLAIN QUERY PLAN {query}"))
    assert f"INDEX {index}" in plan
    assert index == "flying" or "B-TREE" not in plan


def test_what_was_skipped_unasked_spends_nothing_of_its_hosts_budget(tmp_path):
    with Frontier(tmp_path, budget=1) as frontier:
        frontier.add([found(f"https://a.example/{page}", 1.0 - page / 10) for page in range(4)])
        for page in range(2):
            (entry,) = frontier.claim(page * 10.0, 1)
            frontier.finish(entry, Result("skipped", page * 10.0, page * 10.0, "robots.disallowed", asked=False))
        (entry,) = frontier.claim(50.0, 1)
        assert entry.url == "https://a.example/2"
        frontier.finish(entry, done(51.0))
        assert frontier.claim(100.0, 1) == []


def test_redirects_and_distance_travel_with_a_link_to_another_shard(tmp_path):
    here = shard_of("a.example", 2)
    other = next(f"h{number}.example" for number in range(50) if shard_of(f"h{number}.example", 2) != here)
    with Frontier(tmp_path, shard=here, shards=2) as frontier:
        frontier.add([found(f"https://{other}/", beyond=2, redirects=4)])
        ((number, sent),) = frontier.outgoing(1 - here, 10)
        with Frontier(tmp_path, shard=1 - here, shards=2) as taker:
            taker.add([sent])
            (entry,) = taker.claim(0.0, 1)
        frontier.delivered(1 - here, number)
    assert (entry.beyond, entry.redirects) == (2, 4)


def test_a_claim_explores_hosts_of_which_nothing_was_asked(frontier):
    frontier.add([found("https://known.example/1", 0.9), found("https://known.example/2", 0.9)])
    (entry,) = frontier.claim(0.0, 1)
    frontier.finish(entry, done(1.0))
    frontier.add([found("https://new.example/1", 0.1), found("https://newer.example/1", 0.2)])
    assert urls(frontier.claim(5.0, 1, explore=1)) == ["https://newer.example/1"]
    assert urls(frontier.claim(5.0, 1)) == ["https://known.example/2"]


def aside(url, beyond, **more):
    return Aside(
        Link(url, "link", "eus_Latn"),
        PageVerdict("https://via.example/", accepted=False, characters=0, size=0, hops=3, beyond=beyond, **more),
    )


def test_links_set_aside_outlast_the_process_and_keep_the_nearest_page_they_stand_on(tmp_path):
    with Frontier(tmp_path) as frontier:
        frontier.add([found("https://a.example/")])
        (entry,) = frontier.claim(0.0, 1)
        far = [aside("https://b.example/1", 2), aside("https://b.example/1", 1), aside("https://b.example/1", 3)]
        frontier.finish(entry, done(1.0, aside=[*far, aside("https://c.example/1", 1), aside("https://a.example/", 1)]))
        assert frontier.next_time() is None
    with Frontier(tmp_path) as frontier:
        kept = frontier.asides()
        assert [(one.link.url, one.link.language, one.via.beyond) for one in kept] == [
            ("https://b.example/1", "eus_Latn", 1),
            ("https://c.example/1", "eus_Latn", 1),
        ]
        assert [one.link.url for one in frontier.asides(host="c.example")] == ["https://c.example/1"]
        assert frontier.take_up([Found(kept[0].link, 0.5, 4, via=kept[0].via.url, beyond=2)]) == 1
        assert [one.link.url for one in frontier.asides()] == ["https://c.example/1"]
        (entry,) = frontier.claim(5.0, 5)
        assert (entry.url, entry.via, entry.beyond) == ("https://b.example/1", "https://via.example/", 2)


def test_one_host_can_set_aside_a_hundred_links(frontier):
    frontier.add([found("https://a.example/")])
    (entry,) = frontier.claim(0.0, 1)
    links = [aside(f"https://b.example/{number}", 1) for number in range(150)]
    frontier.finish(entry, done(1.0, aside=links))
    assert len(frontier.asides()) == 100


def test_pages_queued_again_may_be_asked_for_beside_the_bound(frontier):
    frontier.add([found(f"https://a.example/{page}") for page in range(3)])
    for time_ in (0.0, 10.0):
        (entry,) = frontier.claim(time_, 1)
        frontier.finish(entry, done(time_ + 1))
    assert frontier.revisit(finished_before=100.0, limit=10, priority=0.0) == 2
    assert frontier.totals().granted == 2
