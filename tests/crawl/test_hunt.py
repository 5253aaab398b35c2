"""The hunt's values by its formula, its limits, and that it begins again where it was."""

import itertools
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotmill.core.errors import DataError
from glotmill.crawl.hunt import HOST_PARKED, SECTION_PARKED, TOO_FAR, BreadthFirst, Hunt, HuntSpec
from glotmill.crawl.messages import Link
from glotmill.crawl.sections import host_of, section_of
from glotmill.crawl.worth import PageVerdict, Tally

K, REQUEST, SHARE, DENSITY = 131_072, 16_384, 0.05, 0.08


def hunt(*targets: str, **limits: int | None) -> Hunt:
    return HuntSpec(**limits).build(targets or ("eus_Latn",))


def page(url: str, characters: int = 0, size: int = 30_000, **how: float) -> PageVerdict:
    return PageVerdict(url, characters > 0, characters, size, **how)


def link(url: str, source: str = "link", **said: object) -> Link:
    return Link(url, source, **said)


def test_of_a_host_nobody_knows_a_link_that_says_nothing_is_worth_the_guess():
    assert hunt().value(link("https://a.test/x"), None).value == pytest.approx(SHARE * DENSITY)


def test_a_host_is_worth_its_text_per_byte_smoothed_by_that_of_all_hosts_and_a_section_by_that_of_its_host():
    found = hunt()
    found.learn(page("https://a.test/blog/1", 4_000))
    found.learn(page("https://a.test/shop/1"))
    cost = 30_000 + REQUEST
    density = (4_000 + K * DENSITY) / (cost + K)
    host = (4_000 + K * SHARE * density) / (2 * cost + K)
    assert found.expected("a.test/blog", 0) == pytest.approx((4_000 + K * host) / (cost + K))
    assert found.expected("a.test/shop", 0) == pytest.approx(K * host / (cost + K))
    assert found.expected("a.test/new", 0) == pytest.approx(host)
    assert found.expected("b.test/", 0) == pytest.approx(SHARE * density)


def test_what_a_link_says_multiplies_the_odds():
    found = hunt()
    odds = SHARE / (1 - SHARE) * math.exp(3)
    assert found.expected("a.test/", 3) == pytest.approx(DENSITY * odds / (1 + odds))


@pytest.mark.parametrize(
    ("said", "nats"),
    [
        (link("https://a.test/x"), 0),
        (link("https://a.eus/x"), 2),
        (link("https://a.test/eu/x"), 3),
        (link("https://a.eus/eu/?lang=eu"), 6),
        (link("https://a.test/x", "hreflang", language="eus_Latn"), 3),
        (link("https://a.test/x", "hreflang", language="spa_Latn"), -3),
        (link("https://a.test/x", "seed"), 3),
        (link("https://a.test/x", "sitemap", weight=1.0), math.log(1.5)),
    ],
)
def test_hints_of_a_link_in_nats(said: Link, nats: float):
    assert hunt().value(said, None).nats == pytest.approx(nats)


@pytest.mark.parametrize(
    ("tag", "url"),
    [
        ("tha_Thai", "https://a.in.th/x"),
        ("hin_Deva", "https://a.test/hi/कहानी"),
        ("khm_Khmr", "https://a.test/?lang=km"),
    ],
)
def test_hints_are_for_the_targets_alone(tag: str, url: str):
    assert hunt(tag).value(link(url), None).nats > 0
    assert hunt("eus_Latn").value(link(url), None).nats == 0


def test_a_link_is_worth_more_on_an_accepted_page_of_a_host_that_yields_more():
    found = hunt()
    poor = found.learn(page("https://farm.test/", 100, size=60_000)).via
    rich = found.learn(page("https://rich.test/", 9_000)).via
    nothing = found.learn(page("https://none.test/")).via
    assert [poor.standing < 0.1, rich.standing > 0.3, nothing.standing < 0.05] == [True] * 3
    values = [found.value(link("https://new.test/"), via).nats for via in (nothing, poor, rich)]
    assert values == pytest.approx([3 * nothing.standing - 1, 3 * poor.standing, 3 * rich.standing])


def test_links_are_followed_one_hop_beyond_accepted_pages():
    found = hunt()
    accepted = found.learn(page("https://good.test/", 5_000)).via
    first = found.value(link("https://far.test/"), accepted)
    assert (first.reason, first.hops, first.beyond) == (None, 1, 1)
    rejected = found.learn(page("https://far.test/", hops=first.hops, beyond=first.beyond)).via
    second = found.value(link("https://farther.test/"), rejected)
    assert (second.value, second.reason, second.hops, second.beyond) == (None, TOO_FAR, 2, 2)
    # One hop more where the link hints at a target, any number on a host that is accepted.
    assert found.value(link("https://farther.test/eu/"), rejected).reason is None
    assert found.value(link("https://good.test/x"), rejected).reason is None
    assert hunt(tunnel=2).value(link("https://farther.test/"), rejected).reason is None


def test_rejected_pages_of_accepted_hosts_and_seeds_are_where_the_hunt_begins():
    found = hunt()
    found.learn(page("https://good.test/", 5_000))
    assert found.learn(page("https://good.test/es", beyond=1)).via.beyond == 0
    seed = found.learn(page("https://seed.test/")).via
    assert found.value(link("https://far.test/"), seed).reason is None


def test_what_a_sitemap_lists_is_followed_and_leads_on_only_where_it_is_accepted():
    found = hunt()
    listed = found.value(link("https://a.test/1", "sitemap"), None)
    assert (listed.reason, listed.hops, listed.beyond) == (None, 1, 1)
    rejected = found.learn(page("https://a.test/1", hops=listed.hops, beyond=listed.beyond)).via
    assert found.value(link("https://b.test/"), rejected).reason == TOO_FAR
    accepted = found.learn(page("https://a.test/2", 3_000, hops=listed.hops, beyond=listed.beyond)).via
    assert found.value(link("https://b.test/"), accepted).reason is None


def test_the_hunt_widens_when_asked_to_and_no_further_than_it_may():
    found = hunt(widest=2)
    far = page("https://far.test/", beyond=1)
    assert found.value(link("https://farther.test/"), far).reason == TOO_FAR
    assert found.widen()
    assert found.value(link("https://farther.test/"), far).reason is None
    assert not found.widen()
    assert found.value(link("https://farther.test/"), replace(far, beyond=2)).reason == TOO_FAR


def test_a_host_without_an_accepted_page_is_parked_and_opened_by_a_plain_hint_for_a_while():
    found = hunt(budget=3)
    moved = [found.learn(page(f"https://a.test/{n}")).moved for n in range(3)]
    assert moved == [True, True, True]
    assert found.value(link("https://a.test/x"), None).reason == HOST_PARKED
    assert found.value(link("https://a.test/eu/1"), None).reason is None
    for number in range(3):
        found.learn(page(f"https://a.test/eu/{number}"))
    assert found.value(link("https://a.test/eu/9"), None).reason == HOST_PARKED
    assert found.value(link("https://a.test/b/?lang=eu"), None).reason is None
    for number in range(3):
        found.learn(page(f"https://a.test/c{number}/?lang=eu"))
    assert found.value(link("https://a.test/b/?lang=eu"), None).reason == HOST_PARKED


def test_a_section_without_an_accepted_page_is_parked_for_itself():
    found = hunt(budget=3)
    found.learn(page("https://a.test/eu/", 3_000))
    for number in range(3):
        found.learn(page(f"https://a.test/es/{number}"))
    assert found.value(link("https://a.test/es/x"), None).reason == SECTION_PARKED
    assert found.value(link("https://a.test/eu/x"), None).reason is None
    assert found.value(link("https://a.test/fr/x"), None).reason is None


def test_an_accepted_page_lifts_a_parked_host():
    found = hunt(budget=2)
    for number in range(2):
        found.learn(page(f"https://a.test/x/{number}"))
    assert found.value(link("https://a.test/y/"), None).reason == HOST_PARKED
    assert found.learn(page("https://a.test/eu/", 2_000)).moved
    assert found.value(link("https://a.test/y/"), None).reason is None


def test_a_frontier_is_told_when_a_host_has_moved_at_powers_of_two():
    found = hunt(budget=100)
    moved = [found.learn(page(f"https://a.test/{n}", 10)).moved for n in range(16)]
    assert [number for number, one in enumerate(moved, 1) if one] == [1, 2, 4, 8, 16]


def test_one_fetch_of_so_many_explores():
    assert [n for n in range(12) if hunt(explore_every=4).explores(n)] == [3, 7, 11]
    assert not any(hunt(explore_every=None).explores(n) for n in range(100))
    found = hunt()
    assert found.unknown("a.test/")
    found.learn(page("https://a.test/x/1"))
    assert not found.unknown("a.test/")


def test_a_host_with_endless_folders_takes_no_endless_memory():
    found = hunt(budget=1_000)
    for number in range(200):
        found.learn(page(f"https://a.test/{chr(0x4E00 + number)}/1"))
    rows = list(found.rows())
    assert len(rows) == 65
    assert sum(row.fetched for row in rows) == 200
    assert next(row for row in rows if row.section == "a.test/*").fetched == 136


verdicts = st.builds(
    lambda host, folder, characters, size: page(f"https://{host}.test/{folder}/1", characters, size),
    st.sampled_from("abc"), st.sampled_from(["eu", "es", "新聞"]), st.integers(0, 9_000), st.integers(0, 90_000),
)  # fmt: skip
SECTIONS = [f"{host}.test/{folder}" for host, folder in itertools.product("abcd", ["eu", "es", "新聞", ""])]


@given(st.lists(verdicts, max_size=40))
def test_state_survives_a_restart_in_any_order(pages: list[PageVerdict]):
    found = hunt()
    for one in pages:
        found.learn(one)
    again = HuntSpec().build(("eus_Latn",), reversed(list(found.rows())))
    assert list(again.rows()) == list(found.rows())
    assert [again.expected(section, 1) for section in SECTIONS] == [found.expected(section, 1) for section in SECTIONS]


@given(st.lists(verdicts, max_size=20), st.sampled_from(SECTIONS), st.floats(-6, 9), st.floats(0.01, 3))
def test_values_are_positive_and_grow_with_what_a_link_says(
    pages: list[PageVerdict], section: str, nats: float, more: float
):
    found = hunt()
    for one in pages:
        found.learn(one)
    assert 0 < found.expected(section, nats) < found.expected(section, nats + more)


@given(st.lists(verdicts, max_size=20), st.integers(1, 9_000), st.integers(1, 9_000), st.integers(0, 90_000))
def test_a_rejected_page_lowers_its_section_and_more_text_lifts_it(
    pages: list[PageVerdict], characters: int, more: int, size: int
):
    before, rejected, accepted, better = hunts = [hunt() for _ in range(4)]
    for one, found in itertools.product(pages, hunts):
        found.learn(one)
    rejected.learn(page("https://a.test/eu/2", 0, size))
    accepted.learn(page("https://a.test/eu/2", characters, size))
    better.learn(page("https://a.test/eu/2", characters + more, size))
    assert rejected.expected("a.test/eu", 0) < before.expected("a.test/eu", 0)
    assert accepted.expected("a.test/eu", 0) < better.expected("a.test/eu", 0)


def test_rows_that_are_no_tally_are_refused():
    for row in (Tally("a/", fetched=-1), Tally("a/", 1, 10, accepted=2), Tally("a/", 1, 10, 1, accepted_spent=11)):
        with pytest.raises(DataError, match="no tally"):
            HuntSpec().build(("eus_Latn",), [row])


def test_breadth_first_goes_by_hops_alone_and_refuses_nothing():
    order = HuntSpec(order="breadth-first").build(("eus_Latn",))
    assert isinstance(order, BreadthFirst)
    seed = order.value(link("https://a.test/", "seed"), None)
    first = order.value(link("https://a.eus/eu/"), page("https://a.test/"))
    second = order.value(link("https://b.test/"), order.learn(page("https://a.eus/", 9_000, hops=1, beyond=5)).via)
    assert [one.value for one in (seed, first, second)] == [1, 1 / 2, 1 / 3]
    assert order.expected(second.section, second.nats) == second.value
    assert (order.widen(), order.explores(9), list(order.rows())) == (False, False, [])


@pytest.mark.parametrize(
    ("url", "section"),
    [
        ("https://www.adibidea.eus/eu/albisteak/1.html", "www.adibidea.eus/eu"),
        ("https://adibidea.eus/eu", "adibidea.eus/eu"),
        ("https://adibidea.eus/kaixo.html", "adibidea.eus/"),
        ("https://adibidea.eus/?lang=eu", "adibidea.eus/?eu"),
        ("https://adibidea.eus/index.php?id=3&lang=eu", "adibidea.eus/?eu"),
        ("https://hi.example.in/समाचार/2024", "hi.example.in/समाचार"),
        ("https://ข่าว.example.th/2024/05/1", "ข่าว.example.th/#"),
        ("http://a.test:8080/km/", "a.test:8080/km"),
        ("https://a.test:443/", "a.test/"),
        ("https://a.test/*/x", "a.test/"),
        ("https://[::1/x", "/"),
        ("mailto:a@b.test", "/"),
    ],
)
def test_sections_of_urls(url: str, section: str):
    assert section_of(url) == section
    assert host_of(section) in section
