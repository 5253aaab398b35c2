"""Which pages are one page in several languages, by their own word."""

import pytest

from glotmill.licensing.page import parse_page
from glotmill.stages.alternates import MAX_LINKS, parallel_id

HOME = "https://ipuinak.example"


def link(code, href):
    return f'<link rel="alternate" hreflang="{code}" href="{href}">'


def of(url, *links):
    return parallel_id(parse_page(f"<html><head>{''.join(links)}</head><body>x</body></html>"), url)


def test_pages_that_list_the_same_pages_have_one_id_however_they_write_the_addresses():
    absolute = [link("eu", f"{HOME}/eu/1"), link("sw", f"{HOME}/sw/1"), link("x-default", f"{HOME}/1")]
    relative = [link("sw", "/sw/1#top"), link("EU", "../eu/1"), link("eu", "1")]
    assert of(f"{HOME}/eu/1", *absolute) == of(f"{HOME}/sw/1#kezdete", *absolute) == of(f"{HOME}/eu/1", *relative)
    assert of(f"{HOME}/eu/1", *absolute) != of(f"{HOME}/eu/1", *absolute, link("am", f"{HOME}/am/1"))


@pytest.mark.parametrize(
    ("url", "links"),
    [
        (f"{HOME}/eu/1", []),
        (None, [link("eu", f"{HOME}/eu/1"), link("sw", f"{HOME}/sw/1")]),
        (f"{HOME}/eu/2", [link("eu", f"{HOME}/eu/1"), link("sw", f"{HOME}/sw/1")]),  # a template's front pages
        (f"{HOME}/eu/1", [link("eu", f"{HOME}/eu/1")]),
        (f"{HOME}/eu/1", [link("eu", f"{HOME}/eu/1"), link("eu", f"{HOME}/eu/2")]),
        (f"{HOME}/eu/1", [link("eu", f"{HOME}/eu/1"), link("x-default", f"{HOME}/")]),
        (f"{HOME}/eu/1", [link("eu", "http://[x"), link("sw", f"{HOME}/sw/1")]),
        (f"{HOME}/eu/1", ['<a rel="alternate" hreflang="eu" href="/eu/1"></a>', link("sw", "/sw/1")]),
    ],
)
def test_a_page_that_is_not_on_its_own_list_or_alone_on_it_has_no_id(url, links):
    assert of(url, *links) is None


def test_links_beyond_the_limit_are_not_read():
    many = [link("sw", f"/sw/{number}") for number in range(MAX_LINKS)]
    assert of(f"{HOME}/eu/1", *many, link("eu", "/eu/1")) is None
