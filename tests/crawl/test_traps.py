"""Which URLs are traps, and which only look like them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotmill.crawl.traps import HostTraps, TrapLimits, judge_shape
from glotmill.crawl.urls import frontier_url

SITE = "https://eu.example"


@pytest.mark.parametrize(
    ("path", "trap"),
    [
        ("/" + "/".join(map(str, range(21))), "trap.depth"),
        ("/" + "/".join(map(str, range(20))), None),
        ("/a/b/a/b/a/b", "trap.repeated"),
        ("/बाज़ार/x/बाज़ार/y/बाज़ार", "trap.repeated"),
        ("/a/b/a/c", None),
        ("/2026/11/11/11", None),
        ("/?" + "&".join(f"p{n}=1" for n in range(9)), "trap.parameters"),
        ("/?" + "&".join(f"p{n}=1" for n in range(8)), None),
        ("/egutegia/2091/05/", "trap.calendar"),
        ("/2091/05/", "trap.calendar"),
        ("/egutegia/1954/05/", "trap.calendar"),
        ("/calendar?year=2045&month=2", "trap.calendar"),
        ("/?date=1812-03", "trap.calendar"),
        ("/ปฏิทิน/2099-01", "trap.calendar"),
        ("/hemeroteka/1954/05/01/titulua", None),
        ("/2026/11/27/azoka-123", None),
        ("/2028/01/", None),
        ("/4500/99/", None),
        ("/?id=2091", None),
        ("/", None),
    ],
)
def test_shapes(path, trap):
    assert judge_shape(frontier_url(SITE + path), year=2026, limits=TrapLimits()) == trap


def admit(traps, urls):
    """Return the reasons of those that are refused, counting the others."""
    refused = []
    for url in urls:
        reason = traps.judge(url, year=2026)
        if reason is None:
            traps.admitted(url)
        else:
            refused.append(reason)
    return refused


def test_urls_of_one_template_have_an_end_and_slugs_have_none():
    traps = HostTraps(TrapLimits(per_template=50))
    assert admit(traps, [f"{SITE}/p/{n}" for n in range(60)]) == ["trap.template"] * 10
    words = [f"{a}{b}" for a in "abcdefgh" for b in "ijklmnopq"]
    assert admit(traps, [f"{SITE}/p/{word}" for word in words]) == []


def test_combinations_of_parameters_have_an_end_whichever_they_are():
    traps = HostTraps(TrapLimits(combinations=20))
    urls = [f"{SITE}/denda?kolorea={n}&{'neurria' if n % 2 else 'prezioa'}=1" for n in range(25)]
    assert admit(traps, urls) == ["trap.combinations"] * 5
    assert admit(traps, [f"{SITE}/denda", f"{SITE}/denda?orri=2", f"{SITE}/foroa?f=1&t=2"]) == []


def test_pages_that_are_alike_in_a_row_end_their_template():
    traps = HostTraps()
    traps.fetched(f"{SITE}/saio/0", 7)
    for n in range(9):
        traps.fetched(f"{SITE}/saio/{n}", 7)
    assert traps.judge(f"{SITE}/saio/99", year=2026) is None
    traps.fetched(f"{SITE}/saio/10", 8)
    assert traps.judge(f"{SITE}/saio/99", year=2026) is None
    for n in range(10):
        traps.fetched(f"{SITE}/saio/{n}", 7 - 2**64)
    assert traps.judge(f"{SITE}/saio/99", year=2026) == "trap.alike"
    assert traps.judge(f"{SITE}/berriak/99", year=2026) is None


def test_an_endless_calendar_costs_a_bounded_number_of_pages():
    traps, url, asked = HostTraps(), f"{SITE}/egutegia/2026/11/", 0
    year, month = 2026, 11
    while traps.judge(url, year=2026) is None:
        traps.admitted(url)
        asked += 1
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        url = f"{SITE}/egutegia/{year}/{month:02}/"
    assert asked == 26


def test_the_state_is_small_and_comes_back():
    traps = HostTraps(TrapLimits(templates=100, contents=50, alike=2))
    for n in range(5_000):
        word = "".join(chr(97 + int(digit)) for digit in str(n))
        traps.admitted(f"{SITE}/{word}")
        traps.fetched(f"{SITE}/{word}", n)
    for n in range(3):
        traps.admitted(f"{SITE}/saio/{n}")
        traps.fetched(f"{SITE}/saio/{n}", 1)
    note = traps.store()
    assert len(note) < 6_000
    again = HostTraps.restored(note, traps.limits)
    assert again == traps
    assert again.judge(f"{SITE}/saio/9", year=2026) == "trap.alike"
    assert HostTraps.restored(None) == HostTraps()


@given(st.text() | st.text("/0123456789-?&=a%"))
def test_any_url_is_judged(text):
    url = frontier_url(f"{SITE}/{text}")
    if url is not None:
        traps = HostTraps()
        traps.judge(url, year=2026)
        traps.admitted(url)
        traps.fetched(url, hash(text))
        assert HostTraps.restored(traps.store()) == traps
