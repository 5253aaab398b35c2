"""What feeds name."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotmill.crawl.feeds import MAX_ENTRIES, Feed, read_feed
from glotmill.crawl.messages import Link

URL = "https://eu.example/feed/"


def test_rss_2():
    content = """<?xml version="1.0"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>
    <title>Azoka</title><link>https://eu.example/</link><atom:link href="/feed/" rel="self"/>
    <item><title>Bat</title><link>https://eu.example/bat?utm_source=rss</link><pubDate>Fri, 27 Nov 2026 10:00:00 +0100</pubDate>
    <guid isPermaLink="false">17</guid><media:content xmlns:media="m" url="/i.jpg"/></item>
    <item><guid>https://eu.example/bi</guid></item><item><link>/bat</link></item>
    <item><guid isPermaLink="false">https://eu.example/no</guid></item>
    <language>eu-es</language></channel></rss>"""
    assert read_feed(content.encode(), URL) == Feed(
        (
            Link("https://eu.example/bat", "feed", "eus_Latn", datetime(2026, 11, 27, 9, tzinfo=UTC)),
            Link("https://eu.example/bi", "feed", "eus_Latn"),
        )
    )


def test_rss_1():
    content = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
    xmlns:dc="http://purl.org/dc/elements/1.1/" xml:lang="hi"><channel rdf:about="https://hi.example/"><link>/</link></channel>
    <item rdf:about="https://hi.example/क"><link>https://hi.example/क</link><dc:date>2026-11-27</dc:date></item>
    <item rdf:about="https://hi.example/ख"/></rdf:RDF>"""
    when = datetime(2026, 11, 27, tzinfo=UTC)
    assert read_feed(content.encode(), "https://hi.example/rdf").links == (
        Link("https://hi.example/%E0%A4%95", "feed", "hin_Deva", when),
        Link("https://hi.example/%E0%A4%96", "feed", "hin_Deva"),
    )


def test_atom():
    content = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="th" xml:base="https://ไทย.example/ข่าว/">
    <link rel="self" href="/atom"/><link rel="next" href="?page=2"/>
    <entry><link rel="enclosure" href="/a.mp3"/><link rel="alternate" href="ก" hreflang="th"/><published>2026-11-01T00:00:00Z</published>
    <updated>2026-11-27T10:00:00Z</updated><content type="xhtml"><div><a href="/x">x</a></div></content></entry>
    <entry xml:lang="km" xml:base="/km/"><link href="ខ"/><source><link href="https://other.example/"/></source></entry></feed>"""
    assert read_feed(content.encode(), "https://ไทย.example/atom") == Feed(
        (
            Link(
                "https://ไทย.example/%E0%B8%82%E0%B9%88%E0%B8%B2%E0%B8%A7/%E0%B8%81",
                "feed",
                "tha_Thai",
                datetime(2026, 11, 27, 10, tzinfo=UTC),
            ),
            Link("https://ไทย.example/km/%E1%9E%81", "feed", "khm_Khmr"),
        ),
        next="https://ไทย.example/%E0%B8%82%E0%B9%88%E0%B8%B2%E0%B8%A7/?page=2",
    )


@pytest.mark.parametrize("content", [b"<html><p>x</p></html>", b"<urlset><url><loc>/a</loc></url></urlset>"])
def test_what_is_no_feed_is_said_to_be_none(content):
    assert read_feed(content, URL) == Feed(cut="kind")


def test_broken_and_endless_feeds_give_what_came_before():
    item = b"<item><link>/%d</link></item>"
    found = read_feed(b"<rss><channel>" + item % 1 + b"<item><link>/&nbsp;</link>", URL)
    assert (found.links, found.cut) == ((Link("https://eu.example/1", "feed"),), "xml")
    found = read_feed(b"<rss><channel>" + b"".join(item % n for n in range(MAX_ENTRIES + 9)), URL)
    assert (len(found.links), found.cut) == (MAX_ENTRIES, "entries")
    bomb = b'<!DOCTYPE r [<!ENTITY a "/x">]><rss><channel><item><link>&a;</link></item></channel></rss>'
    assert read_feed(bomb, URL).links == ()


@given(st.binary() | st.text("<>/!&;rsitemchanl'\"=[] \n").map(lambda t: f"<rss><channel>{t}".encode()))
def test_any_bytes_are_read(content):
    read_feed(content, URL)
