"""What holds of a site after each outcome of asking for its robots.txt (RFC 9309, 2.3 and 2.4)."""

import sqlite3

import pytest
from answers import answered, failed
from hypothesis import given
from hypothesis import strategies as st

from glotmill.crawl.robots import MAX_BYTES
from glotmill.crawl.robots_cache import COLUMNS, HOPELESS_AFTER, KEEP_PARSED, LIFE, Entry, RobotsCache, origin_of

PAGE = "https://a.test/orria"
ROBOTS = "https://a.test/robots.txt"
NOW = 1_795_000_000.0
HOUR = 3600.0
CLOSED = b"User-agent: *\nDisallow: /"
HALF = b"User-agent: *\nDisallow: /itxia"


def after(*answers, now=NOW):
    cache = RobotsCache()
    for answer in answers:
        cache.take(PAGE, answer, now)
    return cache


def state(cache, url=PAGE, now=NOW):
    verdict = cache.verdict(url, now)
    return verdict.kind, verdict.reason


def test_nothing_is_known_before_the_first_answer():
    cache = RobotsCache()
    assert cache.needs(PAGE, NOW) == ROBOTS
    assert state(cache) == ("unknown_yet", "robots.not_asked")
    assert cache.robots(PAGE) is None


@pytest.mark.parametrize("status", [200, 203, 204, 206])
def test_2xx_is_parsed(status):
    cache = after(answered(status, HALF))
    assert state(cache) == ("allowed", "robots.allowed")
    assert state(cache, "https://a.test/itxia/1") == ("disallowed", "robots.disallowed")
    assert cache.needs(PAGE, NOW) is None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418, 451])
def test_4xx_allows_everything(status):
    assert state(after(answered(status, CLOSED))) == ("allowed", "robots.unavailable")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 599, 100, 304, 300, 700])
def test_429_5xx_and_answers_that_are_none_close_the_site(status):
    assert state(after(answered(status, b""))) == ("disallowed", "robots.unreachable")


@pytest.mark.parametrize("code", ["dns", "refused_address", "connect", "timeout", "slow", "tls", "protocol", "disconnect"])  # fmt: skip
def test_no_answer_closes_the_site(code):
    cache = after(failed(code))
    assert state(cache) == ("disallowed", "robots.unreachable")
    assert code in cache.verdict(PAGE, NOW).detail


def test_file_that_broke_off_closes_the_site_unless_what_came_is_all_that_counts():
    assert state(after(answered(200, HALF, truncated="disconnect"))) == ("disallowed", "robots.unreachable")
    long = HALF + b"\n#" + b"x" * MAX_BYTES
    assert state(after(answered(200, long, truncated="length"))) == ("allowed", "robots.allowed")


def test_life_is_a_day():
    cache = after(answered(200, CLOSED))
    assert state(cache, now=NOW + LIFE - 1) == ("disallowed", "robots.disallowed")
    assert cache.needs(PAGE, NOW + LIFE - 1) is None
    assert state(cache, now=NOW + LIFE) == ("unknown_yet", "robots.not_asked")
    assert cache.needs(PAGE, NOW + LIFE) == ROBOTS


@pytest.mark.parametrize(
    ("control", "life"),
    [
        ("max-age=7200", 2 * HOUR),
        ("public, MAX-AGE=7200", 2 * HOUR),
        ("max-age=604800", LIFE),
        ("max-age=99999999999999", LIFE),
        ("max-age=0", HOUR),
        ("no-store", HOUR),
        ("no-cache, max-age=7200", HOUR),
        ("s-maxage=7200", LIFE),
        ("max-age=-1", LIFE),
        ("private", LIFE),
    ],
)
@pytest.mark.parametrize("status", [200, 404])
def test_cache_control_shortens_life_to_an_hour_at_least_and_never_prolongs_it(control, life, status):
    cache = after(answered(status, HALF, cache_control=control))
    assert (cache.needs(PAGE, NOW + life - 1), cache.needs(PAGE, NOW + life)) == (None, ROBOTS)


def test_failures_are_retried_ever_later_and_an_answer_ends_them():
    cache = RobotsCache()
    now, waits = NOW, []
    for _ in range(12):
        until = cache.take(PAGE, failed(), now).until
        waits.append(until - now)
        assert cache.needs(PAGE, until - 1) is None
        assert cache.needs(PAGE, until) == ROBOTS
        assert state(cache, now=until) == ("disallowed", "robots.unreachable")
        now = until
    assert waits[:3] == [300.0, 600.0, 1200.0]
    assert waits[-1] == 86_400.0
    cache.take(PAGE, answered(200, HALF), now)
    assert state(cache, now=now) == ("allowed", "robots.allowed")
    assert cache.take(PAGE, failed(), now).failures == 1


@pytest.mark.parametrize(
    ("status", "value", "wait"),
    [
        (503, "7200", 7200.0),
        (429, "1", 300.0),
        (429, "99999999", 7 * 86_400.0),
        (503, "Fri, 31 Dec 1999 23:59:59 GMT", 300.0),
        (503, "bihar", 300.0),
        (503, "", 300.0),
    ],
)
def test_retry_after_may_only_put_the_next_try_off(status, value, wait):
    entry = RobotsCache().take(PAGE, answered(status, retry_after=value), NOW)
    assert entry.until - NOW == wait


def test_retry_after_may_be_a_date():
    entry = RobotsCache().take(PAGE, answered(503, retry_after="Wed, 18 Nov 2026 17:46:40 GMT"), 1_795_000_000.0)
    assert entry.until == 1_795_024_000.0


def test_older_copy_does_not_hold_while_the_site_fails():
    cache = after(answered(200, b"User-agent: *\nAllow: /"))
    cache.take(PAGE, answered(500), NOW + LIFE)
    assert state(cache, now=NOW + LIFE) == ("disallowed", "robots.unreachable")


def test_thirty_days_of_failure_open_nothing_and_are_called_hopeless():
    cache = after(failed())
    assert not cache.verdict(PAGE, NOW + HOPELESS_AFTER - 1).hopeless
    cache.take(PAGE, failed(), NOW + HOPELESS_AFTER)
    verdict = cache.verdict(PAGE, NOW + HOPELESS_AFTER)
    assert (verdict.kind, verdict.hopeless) == ("disallowed", True)
    assert "2 times in 720 h" in verdict.detail


def redirect(location, status=301, url=ROBOTS):
    return answered(status, b"", url=url, location=location)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_to_other_sites_and_rules_hold_for_the_first(status):
    cache = after(redirect("http://www.b.test/r.txt", status))
    assert cache.needs(PAGE, NOW) == "http://www.b.test/r.txt"
    assert state(cache) == ("unknown_yet", "robots.not_asked")
    cache.take(PAGE, redirect("../robots.txt#zatia", url="http://www.b.test/x/r.txt"), NOW)
    assert cache.needs(PAGE, NOW) == "http://www.b.test/robots.txt"
    cache.take(PAGE, answered(200, CLOSED, url="http://www.b.test/robots.txt"), NOW)
    assert state(cache) == ("disallowed", "robots.disallowed")
    assert state(cache, "http://www.b.test/") == ("unknown_yet", "robots.not_asked")


def test_five_redirects_are_followed_and_the_sixth_is_as_none():
    hops = [redirect(f"/{number}") for number in range(5)]
    assert state(after(*hops, answered(200, CLOSED))) == ("disallowed", "robots.disallowed")
    cache = after(*hops, redirect("/6"))
    assert state(cache) == ("allowed", "robots.unavailable")
    assert cache.needs(PAGE, NOW) is None


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://a.test/robots.txt", "http://[x", "http://", "javascript:1"])  # fmt: skip
def test_redirect_that_leads_nowhere_closes_the_site(location):
    cache = after(redirect(location))
    assert state(cache) == ("disallowed", "robots.unreachable")
    assert cache.needs(PAGE, NOW) is None


def test_redirect_without_a_place_closes_the_site():
    assert state(after(answered(301))) == ("disallowed", "robots.unreachable")


def test_failure_behind_a_redirect_starts_again_at_the_beginning():
    cache = after(redirect("/1"), failed())
    assert cache.needs(PAGE, NOW + 300) == ROBOTS
    assert cache._entries["https://a.test"].hops == 0


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://A.test:443/x", "https://a.test"),
        ("http://a.test:80", "http://a.test"),
        ("http://a.test:443/", "http://a.test:443"),
        ("https://user:secret@a.test/", "https://a.test"),
        ("http://[2001:DB8::1]:8080/", "http://[2001:db8::1]:8080"),
        ("http://बाज़ार.test/", "http://बाज़ार.test"),
        ("ftp://a.test/", None),
        ("http:///x", None),
        ("http://a.test:port/", None),
        ("http://[x", None),
        ("", None),
    ],
)
def test_sites_are_told_apart_by_scheme_host_and_port(url, origin):
    assert origin_of(url) == origin


def test_each_scheme_and_port_has_its_own_file():
    cache = after(answered(200, CLOSED))
    for other in ("http://a.test/", "https://a.test:8443/", "https://b.a.test/"):
        assert state(cache, other) == ("unknown_yet", "robots.not_asked")


def test_urls_of_no_site_are_refused_and_need_nothing():
    cache = RobotsCache()
    assert cache.needs("mailto:a@b.test", NOW) is None
    assert state(cache, "mailto:a@b.test") == ("disallowed", "robots.refused_url")
    with pytest.raises(ValueError, match="mailto"):
        cache.take("mailto:a@b.test", failed(), NOW)


def test_killed_crawl_knows_everything_again_from_its_rows():
    cache = RobotsCache()
    said = {
        "https://a.test/x": [answered(200, HALF)],
        "https://b.test/x": [answered(404)],
        "https://c.test/x": [failed(), failed()],
        "https://d.test/x": [redirect("https://d.test/1"), redirect("/2", url="https://d.test/1")],
        "https://e.test/x": [],
    }
    connection = sqlite3.connect(":memory:")
    connection.execute(f"CREATE TABLE robots ({', '.join(COLUMNS)}, PRIMARY KEY (origin))")
    for url, answers in said.items():
        for answer in answers:
            entry = cache.take(url, answer, NOW)
            marks = ",".join("?" * len(COLUMNS))
            connection.execute(f"INSERT OR REPLACE INTO robots VALUES ({marks})", entry.to_row())
    again = RobotsCache(Entry.from_row(row) for row in connection.execute("SELECT * FROM robots"))
    for url in [*said, "https://a.test/itxia"]:
        for now in (NOW, NOW + 1000, NOW + LIFE):
            assert again.verdict(url, now) == cache.verdict(url, now)
            assert again.needs(url, now) == cache.needs(url, now)
    assert again.needs("https://d.test/x", NOW) == "https://d.test/2"


def test_forgotten_site_is_known_again_when_restored():
    cache = RobotsCache()
    entry = cache.take(PAGE, answered(200, CLOSED), NOW)
    cache.forget(PAGE)
    assert state(cache) == ("unknown_yet", "robots.not_asked")
    cache.restore(entry)
    assert state(cache) == ("disallowed", "robots.disallowed")


def test_new_rules_take_the_place_of_old_ones_at_once():
    cache = after(answered(200, CLOSED))
    assert state(cache) == ("disallowed", "robots.disallowed")
    cache.take(PAGE, answered(200, HALF), NOW)
    assert state(cache) == ("allowed", "robots.allowed")


def test_what_stays_parsed_is_bounded():
    cache = RobotsCache()
    body = CLOSED + b"\n#" + b"x" * (MAX_BYTES - 100)
    for number in range(12):
        url = f"https://{number}.test/"
        cache.take(url, answered(200, body), NOW)
        assert state(cache, url) == ("disallowed", "robots.disallowed")
    assert cache._parsed_bytes <= KEEP_PARSED
    assert len(cache._parsed) < 12
    assert state(cache, "https://0.test/") == ("disallowed", "robots.disallowed")


ANSWERS = st.one_of(
    st.builds(failed, st.sampled_from(["dns", "timeout"])),
    st.builds(
        answered,
        st.integers(100, 600),
        st.binary(max_size=50),
        truncated=st.sampled_from([None, "time"]),
        cache_control=st.text(max_size=20),
        retry_after=st.text(max_size=20),
        location=st.text(max_size=20),
    ),
)


@given(st.lists(st.tuples(ANSWERS, st.floats(0, 1e6)), max_size=8), st.text(max_size=30))
def test_no_answer_and_no_url_makes_it_raise(answers, path):
    cache, now = RobotsCache(), NOW
    for answer, later in answers:
        now += later
        entry = cache.take(PAGE, answer, now)
        assert Entry.from_row(entry.to_row()) == entry
        assert entry.until <= now + 7 * 86_400
        assert cache.verdict(f"https://a.test/{path}", now).kind in ("allowed", "disallowed", "unknown_yet")
        cache.verdict(path, now)
        cache.needs(path, now)
