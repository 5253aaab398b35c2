"""What dumps of wikis give: one row per page, from every container, whatever the cuts and the damage."""

import bz2
import gzip
import re
import tracemalloc
from collections import Counter
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotmill.core.errors import ContractError, DataError
from glotmill.core.inputs import InputFile, Slice
from glotmill.io.mediawiki_xml import parse_fragment
from glotmill.io.sharding import freeze_inputs
from glotmill.io.wikimedia import COLUMNS, WikimediaSource
from glotmill.plan.resolve import source_schema
from support.wikis import ARTICLES, TAIL, Page, export, head, multistream, pages, write_wikis

MANY = [
    Page(
        f"Zubi {number}",
        f"'''Zubi {number}''' bat da. " * (1 + number % 5),
        number,
        redirect="Zubi" if number % 7 == 6 else None,
    )
    for number in range(1, 41)
]


def source(**options: object) -> WikimediaSource:
    return WikimediaSource(kind="wikimedia", of="wikipedia", **{"host": "wikipedia.org", **options})


def rows(
    spec: WikimediaSource,
    data: bytes,
    folder: Path,
    name: str = "euwiki-20261101-pages-articles.xml",
    *,
    parts: int = 1,
):
    path = folder / name
    path.write_bytes(data)
    file = InputFile("wikipedia", name, str(path), len(data), "xxh3:0")
    slices = spec.split(file, -(-len(data) // parts))
    return [row for part in slices for row in _read(spec, part)]


def _read(spec: WikimediaSource, part: Slice):
    found = []
    for outcome in spec.read(part):
        batch = outcome.batch.rows.to_pylist()
        reasons = [None] * len(batch) if outcome.reasons is None else outcome.reasons.to_pylist()
        details = [None] * len(batch) if outcome.details is None else outcome.details.to_pylist()
        found += [{**row, "reason": why, "detail": how} for row, why, how in zip(batch, reasons, details, strict=True)]
    return found


def test_a_page_becomes_a_row_with_what_the_dump_knows(tmp_path):
    name = "euwiki-20261101-pages-articles-multistream.xml.bz2"
    first, second, third = rows(source(), multistream("eu", pages("eu")), tmp_path, name)
    assert first["url"] == "https://eu.wikipedia.org/wiki/Harbide"
    assert (first["title"], first["language"], first["track"]) == ("Harbide", "eus_Latn", "web")
    assert first["crawl_time"] == datetime(2026, 11, 1, tzinfo=UTC)
    assert first["date"] == "2026-09-14T08:30:00Z"
    assert re.fullmatch(rf"{name}:\d+:2", first["warc_ref"])
    assert (first["wiki_page"], first["wiki_revision"], first["wiki_namespace"]) == (1, 1001, 0)
    assert first["wiki_categories"] == ["Mendialdeko herriak"]
    assert first["wiki_languages"] == [{"edition": "de", "title": "Harbide (Dorf)"}]
    assert (first["wiki_templates"], first["wiki_tables"], first["wiki_formulas"]) == (2, 0, 0)
    assert first["text"].startswith("Harbide Mendialdeko herri txiki bat da, ibaiaren ezkerraldean. Herriko plazan")
    assert (second["reason"], second["detail"]) == ("wikimedia.redirect", "to Harbide")
    assert (third["reason"], third["detail"]) == ("wikimedia.namespace", "namespace 1 (Eztabaida)")


def test_articles_in_nine_languages_read_as_prose(tmp_path):
    wikis = write_wikis(tmp_path / "dumps")
    found = {}
    for file in freeze_inputs(source(), str(wikis)).files:
        for row in _read(source(), Slice(file, 0, file.size)):
            found[row["title"]] = row
    kept = {title: row["text"] for title, row in found.items() if row["reason"] is None}
    assert sorted(kept) == sorted(next(iter(articles)) for articles in ARTICLES.values())
    for title, text in kept.items():
        assert not re.search(r"[\[\]{}<>=*]|''|__|-\{", text), title
        assert all(word in text for word in title.split()), title
    assert kept["河边村"].startswith("河边村是一个小村庄，位于河的左岸。村民种植水稻，也养鱼。\n历史\n")
    assert found["नदीपुर का पुल"]["detail"] == "to नदीपुर"
    assert kept["Imkerhaus"].splitlines()[0].endswith("Es hat über dem Meer einen Garten mit alten Bäumen.")


def test_every_container_and_every_cut_gives_the_same_pages(tmp_path):
    data = {
        "a-pages-articles.xml": export("eu", MANY),
        "b-pages-articles.xml.bz2": bz2.compress(export("eu", MANY)),
        "c-pages-articles-multistream.xml.bz2": multistream("eu", MANY),
        "d-pages-articles.xml.gz": gzip.compress(export("eu", MANY)),
    }
    texts = {}
    for name, content in data.items():
        for parts in (1, 2, 3, 7, 50):
            found = rows(source(), content, tmp_path, name, parts=parts)
            assert [row["wiki_page"] for row in found] == list(range(1, 41)), (name, parts)
            texts.setdefault(name, found)
            assert found == texts[name], (name, parts)  # ids and places too
        assert len({row["doc_id"] for row in found}) == 40
    plain = [[row["text"] for row in found] for found in texts.values()]
    assert plain.count(plain[0]) == 4


@settings(max_examples=60)
@given(st.lists(st.integers(1, 5000), max_size=6), st.integers(1, 12))
def test_pages_across_streams_belong_to_the_slice_they_begin_in(tmp_path_factory, cuts, parts):
    whole = export("eu", MANY[:12])
    edges = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    data = b"".join(bz2.compress(whole[first:last]) for first, last in pairwise(edges))
    found = rows(source(), data, tmp_path_factory.mktemp("cut"), "e-pages-articles.xml.bz2", parts=parts)
    assert [row["wiki_page"] for row in found] == list(range(1, 13))


def test_one_revision_that_stands_twice_in_a_file_is_two_rows(tmp_path):
    twice = rows(source(), export("eu", [MANY[0], MANY[0]]), tmp_path)
    assert len({row["doc_id"] for row in twice}) == 2


def test_a_folder_gives_its_dumps_of_articles_each_once(tmp_path):
    names = [
        "eu/euwiki-20261101-pages-articles.xml.bz2", "eu/euwiki-20261101-pages-articles-multistream.xml.bz2",
        "eu/euwiki-20261101-pages-articles-multistream-index.txt.bz2", "eu/euwiki-20261101-pages-meta-history.xml.bz2",
        "de/dewiki-20261101-pages-articles1.xml-p1p297012.bz2", "de/dewiki-20261101-stub-articles.xml.gz", "readme.xml",
    ]  # fmt: skip
    assert source().chosen(names) == [
        "eu/euwiki-20261101-pages-articles-multistream.xml.bz2", "de/dewiki-20261101-pages-articles1.xml-p1p297012.bz2",
    ]  # fmt: skip


# --- What is no document, and why ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "reason", "detail"),
    [
        (Page("A", "#WEITERLEITUNG [[B]]"), "redirect", "to B"),
        (Page("A", "Bai.", redirect="B & C"), "redirect", "to B & C"),
        (Page("A", "return 1", model="Scribunto"), "not_wikitext", "model Scribunto"),
        (Page("A", " \n "), "empty", "3 characters, all blank"),
        (Page("A", "{{a}}<math>x</math>[[Kategoria:B]]"), "no_text", "nothing but 1 formula, 1 template"),
        (Page("A", "[[" * 20_000), "too_complex", "40000 opened brackets and tags in one piece of 40000 characters"),
        (Page("A", "x" * 9_000), "page_too_large", r"page 1 \(A\): \d+ bytes of XML > 5000"),
    ],
)
def test_a_page_that_is_no_document_has_a_reason(tmp_path, page, reason, detail):
    limit = 5_000 if reason == "page_too_large" else 1_000_000
    bad, good = rows(source(max_page_bytes=limit), export("eu", [page, MANY[0]]), tmp_path)
    assert bad["reason"] == f"wikimedia.{reason}"
    assert re.fullmatch(detail, bad["detail"])
    assert (bad["title"], bad["wiki_page"], bad["text"]) == ("A", 1, None)
    assert good["reason"] is None


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        ("<title>A</title><ns>0</ns><id>1</id><revision><id>2</id><text deleted='deleted' /></revision>", "hidden"),
        ("<title>A</title><ns>0</ns><id>1</id><revision><id>2</id><text bytes='9' /></revision>", "hidden"),
        ("<title>A</title><ns>0</ns><id>1</id>", "bad_xml"),
        ("<title>A</title><ns>0</ns><id>1</id><revision><text>a</text></revision>", "bad_xml"),
        ("<title>A</title><id>1</id><revision><id>2</id><text>&lol;</text></revision>", "bad_xml"),
        ("<title>A</title><id>1</id><revision><id>2</id><text>\x01</text></revision>", "bad_xml"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><title>A</title><id>1</id>", "bad_xml"),
        ("<a>" * 100_000, "bad_xml"),
        ("", "bad_xml"),
    ],
)
def test_broken_xml_costs_its_page_alone(tmp_path, inside, reason):
    data = head("eu") + f"<page>{inside}</page>" + MANY[0].xml() + TAIL
    bad, good = rows(source(), data.encode(), tmp_path)
    assert bad["reason"] == f"wikimedia.{reason}"
    assert good["reason"] is None


def test_an_entity_bomb_is_never_opened(tmp_path):
    bomb = "".join(f'<!ENTITY a{n} "{"&a" + str(n - 1) + ";" * 1}{"x" * 50}">' for n in range(1, 200))
    prolog = f'<?xml version="1.0"?><!DOCTYPE mediawiki [<!ENTITY a0 "{"lol" * 1000}">{bomb}]>'
    page = "<page><title>A</title><ns>0</ns><id>1</id><revision><id>2</id><text>&a199;</text></revision></page>"
    bad, good = rows(source(), (prolog + head("eu") + page + MANY[0].xml() + TAIL).encode(), tmp_path)
    assert bad["reason"] == "wikimedia.bad_xml"
    assert "a199" in bad["detail"]
    assert good["reason"] is None


def test_nothing_outside_the_file_is_read(tmp_path):
    (tmp_path / "secret").write_text("sekretua", encoding="utf-8")
    found = parse_fragment(f'<!DOCTYPE a [<!ENTITY b SYSTEM "{(tmp_path / "secret").as_uri()}">]><a>&b;</a>'.encode())
    assert isinstance(found, str) or "sekretua" not in "".join(found.itertext())


def test_a_cut_file_gives_what_stands_before_the_cut(tmp_path):
    data = multistream("eu", MANY, each=5)
    found = rows(source(), data[: len(data) * 2 // 3], tmp_path, "t-pages-articles-multistream.xml.bz2")
    assert [row["wiki_page"] for row in found[:-1]] == list(range(1, len(found)))
    assert len(found) > 10
    assert found[-1]["reason"] == "wikimedia.truncated"
    assert re.fullmatch(r".*the file ends inside the bzip2 stream at byte \d+", found[-1]["detail"])


def test_a_cut_plain_file_names_the_page_it_ends_in(tmp_path):
    data = export("eu", MANY)
    found = rows(source(), data[: data.index(b"Zubi 30</title>") + 200], tmp_path)
    assert (found[-1]["title"], found[-1]["reason"]) == ("Zubi 30", "wikimedia.truncated")
    assert found[-1]["detail"] == "page 30 (Zubi 30): the file ends inside a page"


def test_a_broken_stream_costs_itself_alone(tmp_path):
    data = bytearray(multistream("eu", MANY, each=5))
    starts = [found.start() for found in re.finditer(rb"BZh91AY&SY", bytes(data))]
    data[starts[3] + 40] ^= 0xFF
    found = rows(source(), bytes(data), tmp_path, "b-pages-articles-multistream.xml.bz2", parts=4)
    assert Counter(row["reason"] for row in found if row["wiki_page"] is None) == {"wikimedia.broken_stream": 1}
    assert [row["wiki_page"] for row in found if row["wiki_page"]] == [*range(1, 11), *range(16, 41)]


@pytest.mark.parametrize("at", [4, 40])
def test_a_broken_stream_is_one_row_wherever_the_file_is_cut(tmp_path, at):
    whole = multistream("eu", MANY[:12], each=2)
    starts = [found.start() for found in re.finditer(rb"BZh91AY&SY", whole)]
    data = bytearray(whole)
    data[starts[4] + at] ^= 0xFF
    path = tmp_path / "eu-pages-articles-multistream.xml.bz2"
    path.write_bytes(data)
    file = InputFile("wikipedia", path.name, str(path), len(data), "xxh3:0")
    uncut = _read(source(), Slice(file, 0, len(data)))
    assert [row["warc_ref"] for row in uncut if row["reason"] == "wikimedia.broken_stream"] == [
        f"{path.name}:{starts[4]}:0"
    ]
    for cut in (starts[4] - 1, starts[4], starts[4] + 1, starts[5]):
        assert [*_read(source(), Slice(file, 0, cut)), *_read(source(), Slice(file, cut, len(data)))] == uncut, cut


def test_a_title_of_a_page_that_cannot_be_read_is_as_readers_see_it(tmp_path):
    data = export("eu", [Page("Ur & lur", "a")]).replace(b"</revision>", b"<revision>", 1)
    (row,) = rows(source(), data, tmp_path)
    assert (row["title"], row["url"]) == ("Ur & lur", "https://eu.wikipedia.org/wiki/Ur_%26_lur")


def test_a_page_without_end_is_passed_over_in_bounded_memory(tmp_path):
    path = tmp_path / "big-pages-articles.xml.bz2"
    piece = b"zubia eta ibaia\n" * 65_536
    with bz2.open(path, "wb", compresslevel=1) as stream:
        stream.write(head("eu").encode())
        stream.write(b"<page><title>Handia</title><ns>0</ns><id>9</id><revision><id>2</id><text>")
        for _ in range(24):
            stream.write(piece)
        stream.write(b"</text></revision></page>" + MANY[0].xml().encode() + TAIL.encode())
    file = InputFile("wikipedia", path.name, str(path), path.stat().st_size, "xxh3:0")
    spec = source(max_page_bytes=2_000_000)
    tracemalloc.start()
    bad, good = _read(spec, Slice(file, 0, file.size))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (bad["reason"], bad["title"], bad["wiki_page"]) == ("wikimedia.page_too_large", "Handia", 9)
    assert re.fullmatch(r"page 9 \(Handia\): 251\d{5} bytes of XML > 2000000", bad["detail"])
    assert good["wiki_page"] == 1
    assert peak < 16 << 20


# --- What a recipe says -------------------------------------------------------------------------------------------------


def test_a_dump_of_another_project_is_refused_for_its_license(tmp_path):
    with pytest.raises(DataError, match=r"a dump of eu\.wikinews\.org, where source 'wikipedia' is of wikipedia\.org"):
        rows(source(), export("eu", MANY, host="wikinews.org"), tmp_path)
    with pytest.raises(DataError, match=r"a dump of eu\.notwikipedia\.org"):
        rows(source(), export("eu", MANY, host="notwikipedia.org"), tmp_path)


@pytest.mark.parametrize(
    "data", [b"", b"<html></html>", bz2.compress(b"testua"), b"BZh9", gzip.compress(b"x", mtime=0), b"<mediawiki>" * 9]
)
def test_a_file_that_is_no_dump_is_an_error(tmp_path, data):
    with pytest.raises(DataError, match=r"no <siteinfo> in the first \d+ bytes: no MediaWiki XML export"):
        rows(source(), data, tmp_path)


@pytest.mark.parametrize(
    ("code", "tag"),
    [
        ("eu", "eus_Latn"), ("de", "deu_Latn"), ("hi", "hin_Deva"), ("th", "tha_Thai"), ("km", "khm_Khmr"), ("ar", "arb_Arab"),
        ("zh", "cmn_Hani"), ("sw", "swh_Latn"), ("tr", "tur_Latn"), ("simple", "eng_Latn"), ("als", "gsw_Latn"),
        ("be-x-old", "bel_Cyrl"), ("be-tarask", "bel_Cyrl"), ("no", "nob_Latn"), ("nn", "nno_Latn"), ("zh-min-nan", "nan_Latn"),
        ("zh-yue", "yue_Hani"), ("zh-classical", "lzh_Hani"), ("bat-smg", "sgs_Latn"), ("fiu-vro", "vro_Latn"),
        ("roa-rup", "rup_Latn"), ("map-bms", "jav_Latn"), ("hif", "hif_Latn"), ("crh", "crh_Latn"), ("sr-el", "srp_Latn"),
        ("sq", "als_Latn"), ("nah", "nah_Latn"), ("xx-klingon", "xx-klingon"),
    ],
)  # fmt: skip
def test_an_edition_is_of_a_language_whatever_its_code_is(tmp_path, code, tag):
    data = export("eu", [MANY[0]]).replace(b'xml:lang="eu"', f'xml:lang="{code}"'.encode())
    assert [row["language"] for row in rows(source(), data, tmp_path)] == [tag]


def test_options_say_what_is_read_and_shown(tmp_path):
    spec = source(
        namespaces=(1,),
        tables="markdown",
        show_templates={"Lang": "2"},
        skip_sections=("Weblinks",),
        dump_date=date(2026, 2, 3),
    )
    wikitext = "{{lang|de|Haus}}\n{|\n| a || b\n|}\n== weblinks ==\nx"
    [row, other] = rows(spec, export("eu", [Page("A", wikitext, namespace=1), MANY[0]]), tmp_path)
    assert row["text"] == "Haus\n| a | b |\n| --- | --- |"
    assert row["crawl_time"] == datetime(2026, 2, 3, tzinfo=UTC)
    assert other["reason"] == "wikimedia.namespace"
    with pytest.raises(ValueError, match="a namespace stands twice"):
        source(namespaces=(0, 0))


def test_its_columns_stand_beside_those_of_every_source():
    schema = source_schema([source()], recipe_file="r.yaml")
    assert [name for name in schema.names if name.startswith("wiki_")] == [f for f in COLUMNS.names if f != "date"]


def test_two_sources_cannot_give_one_column_as_two_types():
    class Other(WikimediaSource):
        def provides(self):
            return COLUMNS.set(1, pa.field("wiki_page", pa.string()))

    with pytest.raises(ContractError, match="the column 'wiki_page' is string here and int64 elsewhere"):
        source_schema([source(), Other(kind="wikimedia", of="b", host="b.org")], recipe_file="r.yaml")
