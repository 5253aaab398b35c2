"""What sitemaps name, and that hostile ones end early."""

import gzip
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotmill.crawl.messages import Link
from glotmill.crawl.sitemaps import MAX_URLS, Sitemap, read_sitemap
from glotmill.crawl.xml import w3c_time

URL = "https://eu.example/sitemap.xml"
NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml"'


def urlset(inside, head=""):
    return f'<?xml version="1.0" encoding="UTF-8"?>{head}<urlset {NS}>{inside}</urlset>'.encode()


def urls(content, **more):
    return [link.url for link in read_sitemap(content, URL, **more).links]


def test_pages_come_with_what_is_said_of_them():
    content = urlset(
        "<url><loc> https://eu.example/бат </loc><lastmod>2026-11-27</lastmod><priority>0.8</priority></url>"
        "<url><loc>/bi?b=1&amp;a=2</loc><lastmod>atzo</lastmod><priority>7</priority></url><url></url>"
        "<url><loc>https://www.eu.example/hiru</loc><image:image xmlns:image='http://www.google.com/schemas/"
        "sitemap-image/1.1'><image:loc>https://eu.example/i.jpg</image:loc></image:image></url>"
    )
    assert read_sitemap(content, URL) == Sitemap(
        (
            Link("https://eu.example/%D0%B1%D0%B0%D1%82", "sitemap", None, datetime(2026, 11, 27, tzinfo=UTC), 0.8),
            Link("https://eu.example/bi?a=2&b=1", "sitemap", None, None, 1.0),
            Link("https://www.eu.example/hiru", "sitemap"),
        )
    )


def test_alternates_say_languages_and_may_be_elsewhere():
    content = urlset(
        "<url><loc>https://eu.example/a</loc>"
        '<xhtml:link rel="alternate" hreflang="eu" href="https://eu.example/a"/>'
        '<xhtml:link rel="alternate" hreflang="km-KH" href="https://ខ្មែរ.example/ក"/></url>'
        '<url><loc>https://eu.example/n</loc><news:news xmlns:news="n"><news:publication><news:language>eu</news:language>'
        "</news:publication></news:news></url>"
    )
    assert [(link.url, link.source, link.language) for link in read_sitemap(content, URL).links] == [
        ("https://eu.example/a", "sitemap", "eus_Latn"),
        ("https://ខ្មែរ.example/%E1%9E%80", "hreflang", "khm_Khmr"),
        ("https://eu.example/n", "sitemap", "eus_Latn"),
    ]


def test_pages_of_other_domains_are_not_its_to_name():
    found = read_sitemap(urlset("<url><loc>https://other.example/</loc></url><url><loc>/a</loc></url>"), URL)
    assert ([link.url for link in found.links], found.foreign) == (["https://eu.example/a"], 1)


def test_an_index_names_sitemaps_down_to_a_depth():
    content = (
        f"<sitemapindex {NS}><sitemap><loc>/a.xml.gz</loc><lastmod>2026</lastmod></sitemap></sitemapindex>".encode()
    )
    found = read_sitemap(content, URL, depth=2)
    assert found.sitemaps == (Link("https://eu.example/a.xml.gz", "sitemap", None, datetime(2026, 1, 1, tzinfo=UTC)),)
    assert read_sitemap(content, URL, depth=3) == Sitemap(cut="depth")


def test_gzip_is_read_in_members_and_when_cut_short():
    whole = urlset("<url><loc>/a</loc></url>")
    content = gzip.compress(whole[:-20]) + gzip.compress(whole[-20:])
    assert urls(content) == ["https://eu.example/a"]
    long = gzip.compress(urlset("".join(f"<url><loc>/{n}{'x' * (n % 50)}</loc></url>" for n in range(30_000))))
    found = read_sitemap(long[: len(long) // 2], URL)
    assert found.cut == "gzip"
    assert len(found.links) > 1_000
    assert read_sitemap(b"\x1f\x8bnot gzip", URL).links == ()


def test_lists_are_read_line_by_line():
    content = "\ufeffhttps://eu.example/бат\r\n\nhttps://eu.example/bi\nhttps://other.example/\n".encode()
    found = read_sitemap(content, URL)
    assert [link.url for link in found.links] == ["https://eu.example/%D0%B1%D0%B0%D1%82", "https://eu.example/bi"]
    assert (found.foreign, found.cut) == (1, None)
    assert read_sitemap(b"Kaixo\nhttps://eu.example/", URL) == Sitemap(cut="kind")
    assert read_sitemap(b"", URL) == Sitemap()


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1"])
def test_other_encodings_are_read(encoding):
    content = f'<?xml version="1.0" encoding="{encoding}"?><urlset {NS}><url><loc>/ñ</loc></url></urlset>'
    assert urls(content.encode(encoding)) == ["https://eu.example/%C3%B1"]


def test_what_is_no_sitemap_is_said_to_be_none():
    assert read_sitemap(b"<html><body><p>404</p></body></html>", URL).cut == "kind"
    assert read_sitemap(b"<rss><channel></channel></rss>", URL).cut == "kind"


def test_of_a_broken_file_what_came_before_is_kept():
    found = read_sitemap(urlset("<url><loc>/a</loc></url><url><loc>/b?x=1&y=2</loc></url>"), URL)
    assert ([link.url for link in found.links], found.cut) == (["https://eu.example/a"], "xml")
    found = read_sitemap(urlset("<url><loc>/a</loc></url>")[:-9], URL)
    assert ([link.url for link in found.links], found.cut) == (["https://eu.example/a"], "xml")


_LAUGHS = (
    '<!DOCTYPE u [<!ENTITY a "ha"><!ENTITY l1 "'
    + "&a;" * 50
    + '">'
    + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 50}">' for n in range(2, 9))
    + "]>"
)


def test_entities_name_nothing():
    before = "<url><loc>/a</loc></url>"
    for bomb in ("<url><loc>/&l8;</loc></url>", '<url><x a="&l8;"/></url>'):
        found = read_sitemap(urlset(before + bomb, _LAUGHS), URL)
        assert [link.url for link in found.links] == ["https://eu.example/a"]
    secret = '<!DOCTYPE u [<!ENTITY x SYSTEM "file:///etc/hostname"><!ENTITY % p SYSTEM "http://127.0.0.1:9/d"> %p;]>'
    found = read_sitemap(urlset(before + "<url><loc>https://eu.example/&x;</loc></url>", secret), URL)
    assert [link.url for link in found.links] == ["https://eu.example/a"]


def test_one_sitemap_names_at_most_50_000_urls():
    found = read_sitemap(urlset("".join(f"<url><loc>/{n}</loc></url>" for n in range(MAX_URLS + 10))), URL)
    assert (len(found.links), found.cut) == (MAX_URLS, "urls")


_HOSTILE = {
    "gzip bomb": 'gzip.compress(b"<urlset><url><loc>/a</loc></url>" + b" " * 100_000_000, 9)',
    "nested gzip": 'gzip.compress(gzip.compress(b"0" * 100_000_000))',
    "one long text": 'b"<urlset><url><loc>/a</loc></url><url><loc>" + b"x" * 12_000_000',
    "empty elements": 'b"<urlset><url><loc>/a</loc></url>" + b"<u/>" * 1_000_000',
    "elements in one": 'b"<urlset><url><loc>/a</loc></url><url>" + b"<u/>" * 1_000_000',
    "deep": 'b"<urlset><url><loc>/a</loc></url>" + b"<u>" * 1_000_000',
    "attributes": 'b"<urlset><url><loc>/a</loc></url><u " + b" ".join(b"a%d=\'\'" % n for n in range(900_000)) + b"/>"',
    "alternates": "b\"<urlset><url><loc>/a</loc></url><url>\" + b\"<link rel='alternate' hreflang='qqq-x' href='/a'/>\" * 400_000",
    "list without lines": 'b"https://eu.example/a\\n" + b"x" * 12_000_000',
}


@pytest.mark.parametrize("content", list(_HOSTILE.values()), ids=list(_HOSTILE))
def test_hostile_files_cost_little(content):
    code = (
        "import gzip, resource, sys, time; from glotmill.crawl.sitemaps import read_sitemap\n"
        f"content = {content}\n"
        "read_sitemap(b'<urlset/>', 'https://eu.example/')\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024\n"
        "del sys.modules['gzip']; before, began = peak(), time.process_time()\n"
        "found = read_sitemap(content, 'https://eu.example/s')\n"
        "print(len(found.links), found.cut, peak() - before, time.process_time() - began)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    links, cut, grown, seconds = done.stdout.split()
    assert int(links) <= 1
    assert cut in ("bytes", "xml", "kind", "elements", "None")
    assert int(grown) < 250  # the parser's own, for 900,000 attributes
    assert float(seconds) < 10


@given(st.binary() | st.text("<>/!&;urlsetoc'\"=[] \n").map(str.encode) | st.text().map(urlset))
def test_any_bytes_are_read(content):
    assert read_sitemap(content, URL).foreign >= 0


@pytest.mark.parametrize(
    ("value", "time_"),
    [
        ("2026", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-11", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-27T10:00+01:00", datetime(2026, 11, 27, 9, tzinfo=UTC)),
        ("2026-11-27T10:00:00.5Z", datetime(2026, 11, 27, 10, 0, 0, 500_000, tzinfo=UTC)),
        *(("2026-13", None), ("0000", None), ("", None), ("٢٠٢٦", datetime(2026, 1, 1, tzinfo=UTC))),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_times(value, time_):
    assert w3c_time(value) == time_
