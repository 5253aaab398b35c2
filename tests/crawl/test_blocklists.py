"""Which URLs a list blocks."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotmill.core.errors import RecipeError
from glotmill.crawl.blocklists import Blocklist
from glotmill.crawl.urls import frontier_url


@pytest.fixture
def listed(tmp_path):
    def write(text):
        path = tmp_path / "blocked.txt"
        path.write_text(text, encoding="utf-8")
        return Blocklist.of([path])

    return write


@pytest.mark.parametrize(
    ("entry", "url", "blocked"),
    [
        ("spam.example", "https://spam.example/a", True),
        ("spam.example", "http://a.b.spam.example:81/", True),
        ("spam.example # why", "https://spam.example/", True),
        ("spam.example", "https://notspam.example/", False),
        ("a.spam.example", "https://spam.example/", False),
        ("Xn--o3cw4h.example", "https://ไทย.example/", True),
        ("http://h.example/a/b", "https://h.example/a/b", True),
        ("h.example/a/b/", "https://h.example/a/b?c=1", True),
        ("h.example/a/b", "https://www.h.example/a/b/c", True),
        ("h.example/a/b", "https://h.example/a/bc", False),
        ("h.example/बाज़ार", "https://h.example/बाज़ार/x", True),
        ("/*/print$", "https://h.example/a/print", True),
        ("/*/print$", "https://h.example/print/a/print", True),
        ("/*/print$", "https://h.example/a/print?x", False),
        ("/cgi-bin/", "https://h.example/cgi-bin/x", True),
        ("/*erantzun=*&x", "https://h.example/a?erantzun=1&x", True),
        ("/*a*b*c", "https://h.example/xaxbxc", True),
        ("/*a*b*c", "https://h.example/xaxcxb", False),
        ("/खोज", "https://h.example/खोज?क", True),
    ],
)
def test_entries(listed, entry, url, blocked):
    assert listed(f"# a list\n\n{entry}\n").blocks(frontier_url(url)) is blocked


def test_an_empty_list_blocks_nothing(listed):
    assert not listed("").blocks("https://h.example/")


@pytest.mark.parametrize("text", ["*.h.example", "a b*", "x" * 9_000, "?", "/*\n" * 1_001])
def test_lists_that_are_none_are_refused(listed, text):
    with pytest.raises(RecipeError, match=r"blocked\.txt"):
        listed(text)


def test_a_missing_list_is_named(tmp_path):
    with pytest.raises(RecipeError, match=r"nowhere\.txt: cannot be read"):
        Blocklist.of([tmp_path / "nowhere.txt"])


def test_many_entries_take_little_memory(listed):
    text = "".join(f"h{n}.example\n" for n in range(100_000))
    tracemalloc.start()
    blocked = listed(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert blocked.hashes.nbytes == 800_000
    assert peak < 12_000_000
    assert blocked.blocks("https://www.h99999.example/")
    assert not blocked.blocks("https://h100000.example/")


def test_no_pattern_takes_long(listed):
    assert not listed("/" + "*a" * 200 + "b$\n").blocks("https://h.example/" + "a" * 1_900)


@given(st.text() | st.text("a/.:?#htps"))
def test_any_url_is_blocked_or_not(tmp_path_factory, url):
    path = tmp_path_factory.mktemp("b") / "b.txt"
    path.write_text("h.example/a/b\n/*x*y$\n")
    assert Blocklist.of([path]).blocks(url) in (True, False)
