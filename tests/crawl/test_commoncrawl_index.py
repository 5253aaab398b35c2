"""Which rows of the index a selection takes, what it leaves unread, and how a list comes of them."""

from pathlib import Path

import idna
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from glotmill.core.errors import DataError, RecipeError
from glotmill.crawl.commoncrawl.base import open_base
from glotmill.crawl.commoncrawl.finding import index_files
from glotmill.crawl.commoncrawl.index import Selection, Tally, dictionaries, select
from glotmill.crawl.commoncrawl.listing import IndexFile, Listing
from glotmill.crawl.commoncrawl.pace import Pace
from glotmill.crawl.commoncrawl.seeds import parse_seeds
from glotmill.dedup.tombstones import Tombstones, lines_of
from glotmill.demo.commoncrawl import CRAWLS, SCHEMA
from support.commoncrawl import job

PACE = Pace(float("inf"))


def row(url: str, **fields) -> dict:
    """A row of the index, of a Basque page unless told otherwise."""
    host, _, path = url.partition("://")[2].partition("/")
    labels = host.removeprefix("www.").split(".")
    return {
        "url_surtkey": f"{','.join(reversed(labels))})/{path}".lower(),
        "url": url,
        "url_host_name": host,
        "url_host_tld": labels[-1],
        "url_host_registered_domain": ".".join(labels[-2:]),
        "url_protocol": "https",
        "url_path": f"/{path}",
        "fetch_time": pa.scalar(1_790_000_000_000, pa.timestamp("ms")).as_py(),
        "fetch_status": 200,
        "content_digest": "A" * 32,
        "content_mime_detected": "text/html",
        "content_languages": "eus",
        "warc_filename": "crawl-data/CC-MAIN-2026-40/segments/1.0/warc/a.warc.gz",
        "warc_record_offset": 0,
        "warc_record_length": 100,
        "warc_segment": "1.0",
        **fields,
    }


def table(folder: Path, rows: list[dict], *, group: int = 100, name: str = "index.parquet") -> Path:
    path = folder / name
    schema = pa.schema([field.with_nullable(True) for field in SCHEMA])
    pq.write_table(pa.Table.from_pylist(rows, schema), path, row_group_size=group)
    return path


def taken(path: Path, wanted: Selection) -> tuple[list[str], Tally]:
    tally = Tally()
    schema = pq.read_schema(path)
    file = pq.ParquetFile(path, read_dictionary=dictionaries(schema))
    return [url for batch in select(file, wanted, tally, name="proba") for url in batch["url"].to_pylist()], tally


def test_a_page_is_taken_by_any_or_by_the_first_of_its_languages(tmp_path: Path) -> None:
    languages = {"a": "eus", "b": "spa,eus", "c": "eus,fra,spa", "d": "spa", "e": None, "f": "eusx", "g": "fra,spa,eus"}
    rows = [row(f"https://adibidea.example/{name}", content_languages=code) for name, code in languages.items()]
    path = table(tmp_path, rows)
    found, tally = taken(path, Selection(codes=frozenset({"eus"})))
    assert [url[-1] for url in found] == ["a", "b", "c", "g"]
    assert (tally.rows, tally.wanted, tally.unread) == (7, 4, 0)
    found, _ = taken(path, Selection(codes=frozenset({"eus"}), first=True))
    assert [url[-1] for url in found] == ["a", "c"]


def test_all_that_is_named_has_to_be_met(tmp_path: Path) -> None:
    rows = [
        row("https://adibidea.eus/on"),
        row("https://adibidea.eus/pdf", content_mime_detected="application/pdf"),
        row("https://adibidea.eus/falta", fetch_status=404),
        row("https://adibidea.example/beste"),
        row("https://adibidea.eus/ez", content_languages="spa"),
        row("https://adibidea.eus/mota", content_mime_detected=None),
    ]
    wanted = Selection(codes=frozenset({"eus"}), tlds=("eus",), mimes=("text/html",), statuses=(200,))
    found, tally = taken(table(tmp_path, rows), wanted)
    assert found == ["https://adibidea.eus/on"]
    assert tally.rows == 6


def test_row_groups_that_cannot_hold_a_site_are_not_read(tmp_path: Path) -> None:
    rows = sorted((row(f"https://h{n:03}.{'eus' if n % 10 == 0 else 'com'}/x") for n in range(400)),
                  key=lambda one: one["url_surtkey"])  # fmt: skip
    path = table(tmp_path, rows, group=20)
    found, tally = taken(path, Selection(tlds=("eus",)))
    assert (len(found), tally.rows, tally.unread) == (40, 400, 360)
    _, tally = taken(path, Selection(domains=("h111.com",)))
    assert tally.rows - tally.unread <= 40  # its own row group, and one of .eus whose domains lie around it
    assert tally.wanted == 1
    seeds = parse_seeds("h111.com\n", file="seeds.txt")
    found, tally = taken(path, Selection(seeds=seeds))
    assert found == ["https://h111.com/x"]
    assert tally.rows - tally.unread <= 20


def test_a_site_that_fills_a_row_group_is_found_although_its_name_is_no_bound(tmp_path: Path) -> None:
    rows = [row(f"https://adibidea.org/{n:03}") for n in range(60)]
    found, tally = taken(table(tmp_path, rows, group=20), Selection(seeds=parse_seeds("adibidea.org", file="s")))
    assert (len(found), tally.unread) == (60, 0)


def test_seeds_are_domains_hosts_and_folders() -> None:
    seeds = parse_seeds(
        "# Bambara\nmali.example   # all below it\nhttps://www.yo.news.example/\nbi.example/bm/\nbi.example/dyu\n",
        file="s",
    )
    assert seeds.covers("https://mali.example/a")
    assert seeds.covers("http://www.kibaru.mali.example/b?c=1")
    assert not seeds.covers("https://notmali.example/")
    assert not seeds.covers("https://mali.example.com/")
    assert seeds.covers("https://yo.news.example/x")
    assert not seeds.covers("https://news.example/x")
    assert seeds.covers("https://bi.example/bm/kibaru")
    assert seeds.covers("https://www.bi.example/DYU")
    assert not seeds.covers("https://bi.example/fr/")
    assert not seeds.covers("https://other.bi.example/bm/")
    assert seeds.names("other.bi.example")


@pytest.mark.parametrize("name", ["उदाहरण.भारत", "ตัวอย่าง.ไทย", "مثال.إختبار", "例子.测试", "bücher.example"])
def test_seeds_in_any_script_are_the_names_that_the_index_has(tmp_path: Path, name: str) -> None:
    ascii_name = idna.encode(name, uts46=True).decode()
    seeds = parse_seeds(f"{name}\n", file="seeds.txt")
    found, _ = taken(table(tmp_path, [row(f"https://www.{ascii_name}/a"), row("https://beste.example/")]),
                     Selection(seeds=seeds))  # fmt: skip
    assert found == [f"https://www.{ascii_name}/a"]


@pytest.mark.parametrize("line", ["ml", "two words.example", "https:///x", "."])
def test_a_line_that_names_no_site_is_refused_by_its_number(line: str) -> None:
    with pytest.raises(RecipeError, match="line 2 names no site"):
        parse_seeds(f"mali.example\n{line}\n", file="seeds.txt")


def test_times_are_utc_in_whatever_form_a_writer_has_them(tmp_path: Path) -> None:
    rows = pa.Table.from_pylist([row("https://adibidea.example/")], SCHEMA)
    for name, options in (
        ("spark", {"use_deprecated_int96_timestamps": True}),
        ("micro", {"coerce_timestamps": "us"}),
        ("old", {"version": "1.0"}),
    ):
        pq.write_table(rows, tmp_path / name, **options)
        file = pq.ParquetFile(tmp_path / name, read_dictionary=dictionaries(SCHEMA))
        (batch,) = select(file, Selection(statuses=(200,)), Tally(), name=name)
        assert batch.column("fetch_time")[0].as_py().isoformat() == "2026-09-21T14:13:20+00:00", name


def test_a_crawl_without_the_column_of_languages_is_an_error_that_says_so(tmp_path: Path) -> None:
    path = tmp_path / "old.parquet"
    rows = pa.Table.from_pylist([row("https://adibidea.example/")], SCHEMA).drop_columns(["content_languages"])
    pq.write_table(rows, path)
    with pytest.raises(DataError, match="has no column content_languages: crawls before CC-MAIN-2018-39"):
        taken(path, Selection(codes=frozenset({"eus"})))
    found, _ = taken(path, Selection(tlds=("example",)))
    assert found == ["https://adibidea.example/"]


def listed(folder: Path, files: list[list[dict]], *, captures="newest", most=None, gone=None, identify="page"):
    made = Listing(folder, "pages", plan="plan", identify=identify, longest=1_000_000)
    base = open_base(str(folder), PACE)
    receipts = []
    for number, rows in enumerate(files):
        crawl = CRAWLS[number % 2]
        path = table(folder, rows, name=f"{number}.parquet")
        receipts.append(made.gather(number, IndexFile(crawl, path.name), Selection(statuses=(200,)), base, PACE))
    counts = made.merge(receipts, captures=captures, most=most, gone=gone or Tombstones())
    assert counts.balanced()
    return counts, list(made.rows())


def test_of_several_captures_of_a_page_the_newest_or_the_oldest_is_taken(tmp_path: Path) -> None:
    def at(day: int, offset: int, url: str = "https://adibidea.example/a") -> dict:
        time = pa.scalar(day * 86_400_000, pa.timestamp("ms")).as_py()
        return row(url, fetch_time=time, warc_record_offset=offset)

    files = [
        [at(3, 10), at(1, 11), at(1, 15, "https://adibidea.example/b")],
        [at(2, 12), at(5, 13, "http://www.Adibidea.example/a"), row("https://adibidea.example/a", fetch_status=404)],
    ]
    for captures, offsets, duplicate in (("newest", {13, 15}, 3), ("oldest", {11, 15}, 3), ("all", None, 0)):
        folder = tmp_path / captures
        folder.mkdir()
        identify = "record" if captures == "all" else "page"
        counts, rows = listed(folder, files, captures=captures, identify=identify)
        assert (counts.rows, counts.unwanted, counts.duplicate) == (6, 1, duplicate)
        assert {wanted.offset for _, wanted in rows} == (offsets or {10, 11, 12, 13, 15})


def test_a_smaller_list_is_the_beginning_of_a_larger_one(tmp_path: Path) -> None:
    rows = [row(f"https://adibidea.example/{n}", warc_record_offset=n) for n in range(50)]
    for most in (10, 20):
        (tmp_path / str(most)).mkdir()
    counts, ten = listed(tmp_path / "10", [rows], most=10)
    _, twenty = listed(tmp_path / "20", [rows[::-1]], most=20)
    assert (counts.listed, counts.beyond_limit) == (10, 40)
    assert ten == twenty[:10]
    assert [number for number, _ in twenty] == list(range(20))


def test_rows_can_be_read_from_any_number_on(tmp_path: Path) -> None:
    _, rows = listed(tmp_path, [[row(f"https://adibidea.example/{n}") for n in range(30)]])
    made = Listing(tmp_path, "pages", plan="plan", identify="page", longest=1_000_000)
    assert [list(made.rows(start)) for start in (0, 7, 29, 30)] == [rows, rows[7:], rows[29:], []]


def test_what_was_taken_down_is_not_listed(tmp_path: Path) -> None:
    salt = "ab" * 16
    gone = Tombstones().with_lines(salt, lines_of(salt, [("domain", "kendua.example")]))
    rows = [row("https://kendua.example/a"), row("https://www.kendua.example/b"), row("https://adibidea.example/c")]
    counts, left = listed(tmp_path, [rows], gone=gone)
    assert (counts.taken_down, counts.listed) == (2, 1)
    assert left[0][1].url == "https://adibidea.example/c"


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"warc_filename": "../../etc/passwd"}, "no path below the base"),
        ({"warc_filename": "https://evil.example/x"}, "no path below the base"),
        ({"warc_filename": "/etc/passwd"}, "no path below the base"),
        ({"warc_filename": "crawl-data//x"}, "no path below the base"),
        ({"warc_filename": None}, "no path below the base"),
        ({"warc_record_offset": -1}, "the offset -1"),
        ({"warc_record_length": 0}, "a record of 0 bytes"),
        ({"warc_record_length": 2_000_000_000}, "a record of 2000000000 bytes"),
        ({"url": None}, "no URL"),
    ],
)
def test_a_row_that_cannot_be_asked_for_is_listed_with_what_is_wrong(tmp_path: Path, fields: dict, word: str) -> None:
    counts, rows = listed(tmp_path, [[{**row("https://adibidea.example/"), **fields}]])
    assert counts.listed == 1
    assert counts.bytes == 0
    assert word in rows[0][1].detail
    assert rows[0][1].reason == "bad_index_row"


def test_the_index_is_found_by_its_list_of_paths_or_by_its_folders(common_crawl: Path, tmp_path: Path) -> None:
    by_list = index_files(open_base(str(common_crawl), PACE), PACE, CRAWLS[0], "warc")
    assert len(by_list) == 2
    (tmp_path / "cc-index").symlink_to(common_crawl / "cc-index")
    assert index_files(open_base(str(tmp_path), PACE), PACE, CRAWLS[0], "warc") == by_list


def test_a_selection_of_languages_that_the_index_does_not_know_is_refused() -> None:
    with pytest.raises(RecipeError, match="has no code for bam_Latn") as raised:
        job("bam_Latn")
    assert "`seeds`" in str(raised.value)
    assert job("bam_Latn", codes=["fra"]).wanted.codes == {"fra"}
    assert job("bam_Latn", languages="any", tlds=["ml"]).wanted.codes is None


@pytest.mark.parametrize(
    "fields",
    [
        {"crawls": []},
        {"crawls": ["../x"]},
        {"crawls": ["CC-MAIN-2026-40", "CC-MAIN-2026-40"]},
        {"languages": "any"},
        {"codes": ["qqq"]},
        {"tlds": [".eus"]},
        {"max_pages": 0},
    ],
)
def test_a_source_that_means_nothing_is_refused(fields: dict) -> None:
    with pytest.raises(ValueError):
        job(**fields)
