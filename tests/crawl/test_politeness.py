"""When a host may be asked."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotmill.crawl.politeness import DAY, Limits, Politeness, parse_retry_after

HOST = ("azoka.example", "azoka.example", "192.0.2.1")


def asked(polite, now, *, seconds=0.1, status=200, retry_after=None, place=HOST):
    assert polite.may_start(*place, now)
    polite.started(*place, now)
    return polite.finished(place[0], now + seconds, seconds=seconds, status=status, retry_after=retry_after)


@pytest.mark.parametrize(("seconds", "wait"), [(0.1, 3.0), (0.6, 3.0), (2.0, 10.0), (6.0, 30.0), (50.0, 30.0)])
def test_the_delay_is_five_times_the_response_within_3_and_30_seconds(seconds, wait):
    assert asked(Politeness(), 100.0, seconds=seconds) == 100.0 + seconds + wait


def test_one_request_of_a_host_is_in_flight():
    polite = Politeness()
    polite.started(*HOST, 100.0)
    assert polite.next_time(*HOST) == math.inf
    assert not polite.may_start(*HOST, 1e9)
    polite.finished(HOST[0], 101.0, seconds=1.0, status=200)
    assert not polite.may_start(*HOST, 105.9)
    assert polite.may_start(*HOST, 106.0)


def test_a_crawl_delay_counts_where_it_is_larger():
    polite = Politeness()
    polite.set_crawl_delay(HOST[0], 2.0)
    assert asked(polite, 100.0) == 103.1
    polite.set_crawl_delay(HOST[0], 20.0)
    assert asked(polite, 200.0) == 220.1
    assert not polite.is_slow(HOST[0])
    polite.set_crawl_delay(HOST[0], 61.0)
    assert polite.is_slow(HOST[0])
    polite.set_crawl_delay(HOST[0], 1e9)
    assert polite.state(HOST[0]).crawl_delay == DAY


def test_a_crawl_delay_holds_from_the_robots_txt_that_says_it():
    polite = Politeness()
    assert asked(polite, 100.0) == 103.1
    polite.set_crawl_delay(HOST[0], 10.0)
    assert polite.next_time(*HOST) == pytest.approx(110.1)


@pytest.mark.parametrize("delay", [0.0, -5.0, math.nan, None])
def test_a_crawl_delay_that_is_none_changes_nothing(delay):
    polite = Politeness()
    polite.set_crawl_delay(HOST[0], delay)
    assert asked(polite, 100.0) == 103.1


def test_hosts_of_one_address_and_of_one_domain_share_a_rate():
    polite = Politeness(Limits(address_interval=2.0, domain_interval=1.0))
    polite.started("a.one.example", "one.example", "192.0.2.1", 100.0)
    assert polite.next_time("b.two.example", "two.example", "192.0.2.1") == 102.0
    assert polite.next_time("b.one.example", "one.example", "192.0.2.2") == 101.0
    assert polite.next_time("b.two.example", "two.example", None) == 0.0


def test_retry_after_is_heeded_and_bounded():
    polite = Politeness()
    assert asked(polite, 100.0, status=429, retry_after="120") == 220.1
    assert asked(polite, 300.0, status=503, retry_after="Thu, 01 Jan 1970 00:10:00 GMT") == 600.0
    assert asked(polite, 700.0, status=503, retry_after="99999999999") == 700.1 + DAY
    assert asked(Politeness(), 700.0, status=503, retry_after="0") == 703.1


def test_failures_double_the_wait_and_then_park_the_host():
    polite = Politeness(Limits(park_after=4))
    now, waits = 0.0, []
    for _ in range(5):
        end = asked(polite, now, status=None)
        waits.append(round(end - now - 0.1))
        now = end
    assert waits == [30, 60, 120, DAY, DAY]
    assert polite.is_parked(HOST[0], now - 1)
    assert not polite.is_parked(HOST[0], now)
    assert asked(polite, now, status=404) == pytest.approx(now + 3.1)
    assert polite.state(HOST[0]).failures == 0


def test_a_429_without_a_time_backs_off():
    assert asked(Politeness(), 100.0, status=429) == 130.1
    assert asked(Politeness(), 100.0, status=500, retry_after="5") == 130.1


def test_state_outlives_the_process_but_not_its_requests():
    polite = Politeness()
    polite.set_crawl_delay(HOST[0], 40.0)
    asked(polite, 100.0, status=500)
    polite.started(HOST[0], HOST[1], HOST[2], 200.0)
    other = Politeness()
    other.restore(HOST[0], polite.store(HOST[0]))
    other.restore("new.example", None)
    state = other.state(HOST[0])
    assert (state.in_flight, state.failures, state.crawl_delay, state.next_time) == (False, 1, 40.0, 140.1)
    polite.forget(HOST[0])
    assert polite.state(HOST[0]).in_flight


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d+ \d+:\d+:\d+ (GMT|[+-]\d+)"))
def test_any_retry_after_is_a_wait_or_none(value):
    seconds = parse_retry_after(value, 1e9)
    assert seconds is None or seconds >= 0.0


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"),
            st.sampled_from([None, 200, 404, 429, 500, 503]),
            st.floats(0, 100),
            st.sampled_from([None, "", "7", "x", "1e9"]),
        )
    )
)
def test_no_sequence_breaks_a_limit(steps):
    polite, now, ends = Politeness(), 0.0, {}
    starts: list[float] = []
    for name, status, seconds, retry_after in steps:
        place = (name, "d.example", "192.0.2.1")
        now = max(now, polite.next_time(*place))
        assert now - ends.get(name, -math.inf) >= 3.0 - 1e-6
        assert not starts or now - starts[-1] >= 1.0 - 1e-6
        polite.started(*place, now)
        starts.append(now)
        ends[name] = now + seconds
        polite.finished(name, ends[name], seconds=seconds, status=status, retry_after=retry_after)
