"""Which links of a page are followed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotmill.crawl.links import claimed_language, links_of
from support.effort import done_within

PAGE = "https://eu.example/berriak/"


def links(html, **more):
    return links_of(html, PAGE, agent="Glotmill", **more)


def urls(html, **more):
    return [link.url for link in links(html, **more).links]


def test_links_come_once_resolved_and_in_order():
    html = (
        '<a href="b">bi</a><a href=/a#x>bat</a><map><area href="../z"></map><a href="/a">berriz</a>'
        '<a href="mailto:a@b.example">m</a><a href="#gora">g</a><a href="">h</a><a>i</a><a href="./">hau</a>'
    )
    assert urls(html) == [f"{PAGE}b", "https://eu.example/a", "https://eu.example/z"]


def test_native_links_become_one_form():
    html = '<a href="/बाज़ार">हिन्दी</a><a href="//ไทย.example/ข่าว?utm_source=a">ไทย</a><a href="/ខ្មែរ">ខ្មែរ</a><a href="/خبر">خبر</a>'
    assert urls(html) == [
        "https://eu.example/%E0%A4%AC%E0%A4%BE%E0%A4%9C%E0%A4%BC%E0%A4%BE%E0%A4%B0",
        "https://ไทย.example/%E0%B8%82%E0%B9%88%E0%B8%B2%E0%B8%A7",
        "https://eu.example/%E1%9E%81%E1%9F%92%E1%9E%98%E1%9F%82%E1%9E%9A",
        "https://eu.example/%D8%AE%D8%A8%D8%B1",
    ]


def test_the_first_base_counts():
    html = '<head><base href="/x/"><base href="/y/"></head><a href="a">a</a>'
    assert urls(html) == ["https://eu.example/x/a"]
    assert urls('<base href="javascript:1"><a href="a">a</a>') == [f"{PAGE}a"]


def test_links_of_the_head_have_their_sources():
    html = (
        '<link rel="alternate" hreflang="es" href="/es/"><link rel="alternate" hreflang="x-default" href="/en/">'
        '<link rel="canonical" href="/berri/"><link rel="next" href="?orri=2"><link rel=stylesheet href=/s.css>'
        '<link rel="alternate" type="application/rss+xml" href="/feed"><link rel="icon" href="/i.png">'
        '<meta http-equiv="Refresh" content="5; URL=\'/hurrengoa\'"><a href="/fr/" hreflang="fr-FR">fr</a>'
    )
    page = links(html)
    assert [(link.url[18:], link.source, link.language) for link in page.links] == [
        ("/es/", "hreflang", "spa_Latn"),
        ("/en/", "hreflang", None),
        ("/berri/", "canonical", None),
        ("/berriak/?orri=2", "next", None),
        ("/hurrengoa", "redirect", None),
        ("/fr/", "link", "fra_Latn"),
    ]
    assert page.canonical == "https://eu.example/berri/"
    assert page.feeds == ("https://eu.example/feed",)


def test_frames_are_followed_and_iframes_are_not():
    html = '<frameset><frame src="menu.html"><frame src="/body"></frameset>'
    assert urls(html) == [f"{PAGE}menu.html", "https://eu.example/body"]
    assert urls('<iframe src="/ad"></iframe>') == []


def test_nofollow_is_heeded():
    assert urls('<a rel="ugc NoFollow" href="/a">a</a><a rel=ugc href="/b">b</a>') == ["https://eu.example/b"]
    for name, content in (("robots", "noindex, NOFOLLOW"), ("ROBOTS", "none"), ("glotmill", "nofollow")):
        page = links(f'<a href="/a">a</a><meta name="{name}" content="{content}">')
        assert page.nofollow
        assert page.links == ()
    assert urls('<meta name="otherbot" content="nofollow"><a href="/a">a</a>') == ["https://eu.example/a"]


@pytest.mark.parametrize(
    ("header", "nofollow"),
    [
        ("nofollow", True),
        ("noindex, none", True),
        ("otherbot: nofollow", False),
        ("otherbot: noindex, nofollow", False),
        ("otherbot: noindex, Glotmill: nofollow", True),
        ("max-snippet: 5, nofollow", True),
        ("noindex", False),
    ],
)
def test_the_header_is_heeded(header, nofollow):
    assert links('<a href="/a">a</a>', robots_header=header).nofollow is nofollow


def test_a_page_of_100_000_links_is_bounded():
    html = "".join(f'<a href="/{n}">{n}</a>' for n in range(100_000))
    page = done_within(5, lambda: links(html))
    assert len(page.links) == 2_000
    assert page.cut
    same = links("".join(f'<a href="/?utm_a={n}">{n}</a>' for n in range(100_000)))
    assert len(same.links) == 1
    assert same.cut


@pytest.mark.parametrize(
    "html", ["", "<a href=", "\x00", "<a href='http://[x'>", "<base href='http://[x'><a href=a>", "\ud800"]
)
def test_broken_pages_do_no_harm(html):
    assert len(links(html).links) <= 1


@given(st.text(alphabet="<>a href='/\"=linkrebsmtx&;#?\x00") | st.text())
def test_any_page_has_links(html):
    links(html, robots_header=html)


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("eu", "eus_Latn"),
        ("eu-ES", "eus_Latn"),
        ("sr_Latn", "srp_Latn"),
        ("zh-Hant-TW", "cmn_Hani"),
        *(("x-default", None), ("", None), ("basque", None), ("qq", None), ("eu-Zzzzz", "eus_Latn")),
    ],
)
def test_claimed_languages(name, tag):
    assert claimed_language(name) == tag
