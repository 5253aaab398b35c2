"""Fetches over loopback: what comes, what fails and why, and the same bytes whatever happens on the way."""

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

import fsspec
import pytest
from fastwarc.warc import ArchiveIterator
from warcio.archiveiterator import ArchiveIterator as WarcioIterator

from glotmill.core.errors import DataError, PlanConflictError, SettingsError
from glotmill.crawl import cdxj
from glotmill.crawl.archive import published
from glotmill.demo.commoncrawl import CRAWLS, TABLE
from glotmill.run.commoncrawl import Access, Outlook, carry_out, outlook
from support.commoncrawl import archives, job, rows, served, source

FAST = 1_000.0


def fetched(where: str | Path, folder: Path, *languages: str, rate: float = FAST, job_=None, **options) -> Outlook:
    options.setdefault("patience", 900.0)
    access = Access(str(where), rate=rate, connections=4, patience=options.pop("patience"))
    return carry_out(job_ or job(*languages), str(folder), access, **options)


@pytest.fixture(scope="module")
def clean(common_crawl: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fetch of the Basque pages from the folder itself, without any fault."""
    folder = tmp_path_factory.mktemp("clean")
    assert fetched(common_crawl, folder).finished
    return folder


def warc_ranges(place) -> list[tuple[str, int]]:
    return [(path, start) for path, start in place.asked if "/warc/CC-MAIN" in path and "/cc-index" not in path]


def test_every_row_of_the_index_is_accounted_for(clean: Path) -> None:
    found = outlook(str(clean))
    pages, robots = found.pages, found.robots
    assert pages.counts.balanced()
    assert robots.counts.balanced()
    assert (pages.counts.rows, pages.counts.unwanted, pages.counts.duplicate, pages.counts.listed) == (186, 166, 5, 15)
    assert (pages.fetched, pages.failed, pages.left) == (15, {}, 0)
    assert (robots.counts.listed, robots.fetched) == (2, 2)
    assert (clean / "failed-pages.jsonl").read_bytes() == b""


def test_archives_hold_the_records_of_common_crawl_byte_by_byte_and_every_reader_reads_them(
    clean: Path, common_crawl: Path
) -> None:
    for path in published(clean):
        with path.open("rb") as stream:
            kinds = [record.headers["WARC-Type"] for record in ArchiveIterator(stream, parse_http=False)]
        with path.open("rb") as stream:
            for record in WarcioIterator(stream, check_digests="raise"):
                record.raw_stream.read()
        assert kinds[0] == "warcinfo"
        assert kinds[1:] == ["response", "metadata"] * (len(kinds) // 2)
        index = path.with_name(path.name.replace(".warc.gz", ".cdxj")).read_bytes()
        assert cdxj.index(cdxj.rebuild(path)) == index
    whole = (clean / "warc" / "pages-00000.warc.gz").read_bytes()
    for row in rows(clean):
        name, _, offset = row["warc_ref"].rpartition(":")
        original = (common_crawl / name).read_bytes()[int(offset) :]
        assert original[:200] in whole


def test_columns_point_to_common_crawls_own_file(clean: Path, common_crawl: Path) -> None:
    found = rows(clean)
    assert len(found) == 15
    for row in found:
        name, _, offset = row["warc_ref"].rpartition(":")
        with (common_crawl / name).open("rb") as stream:
            stream.seek(int(offset))
            record = next(iter(ArchiveIterator(stream, parse_http=False)))
        assert record.headers["WARC-Target-URI"] == row["url"]
        assert record.headers["WARC-Date"] == row["crawl_time"].strftime("%Y-%m-%dT%H:%M:%SZ")
        assert row["consent"] == "train-ai=unknown"
    newer = [row for row in found if CRAWLS[1] in row["warc_ref"]]
    assert len(newer) == 5
    assert len({row["doc_id"] for row in found}) == 15


def test_slices_of_any_size_read_the_same(clean: Path) -> None:
    whole = rows(clean)
    for target in (700, 5_000, 20_000):
        assert rows(clean, target=target) == whole


def test_what_robots_txt_said_of_training_is_the_consent_and_silence_is_unknown(
    common_crawl: Path, tmp_path: Path
) -> None:
    targets = ("eus_Latn", "tur_Latn")
    assert fetched(common_crawl, tmp_path / "joined", *targets).finished
    by_host: dict[str, set[str]] = {}
    for row in rows(tmp_path / "joined"):
        by_host.setdefault(row["url"].split("/")[2], set()).add(row["consent"])
    assert sorted(value for values in by_host.values() for value in values) == [
        "train-ai=denied by ai-agents",
        "train-ai=unknown",
    ]
    alone = job(*targets, robots="none")
    found = fetched(common_crawl, tmp_path / "alone", job_=alone)
    assert found.robots is None
    assert {row["consent"] for row in rows(tmp_path / "alone", source(robots="none"))} == {"train-ai=unknown"}


def test_pages_of_a_site_whose_robots_txt_failed_are_not_taken_until_it_is_read(
    common_crawl: Path, tmp_path: Path
) -> None:
    with served(common_crawl) as place:
        place.fault = lambda path, start, attempt: "404" if "/robotstxt/CC" in path and start is not None else None
        found = fetched(place.url, tmp_path, "eus_Latn", "tur_Latn")
    assert found.robots.failed == {"not_found": found.robots.counts.listed}
    assert found.pages.fetched == 0
    assert set(found.pages.failed) == {"robots_unread"}
    again = fetched(common_crawl, tmp_path, "eus_Latn", "tur_Latn", again=True)
    assert (again.robots.failed, again.pages.failed, again.pages.left) == ({}, {}, 0)
    said = {row["url"].split("/")[2]: row["consent"] for row in rows(tmp_path)}
    assert sorted(said.values()) == ["train-ai=denied by ai-agents", "train-ai=unknown"]


def test_a_robots_txt_whose_row_in_the_index_is_broken_bars_its_site_too(common_crawl: Path, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    broken = tmp_path / "broken"
    shutil.copytree(common_crawl, broken)
    for path in broken.rglob("*subset=robotstxt*/*.parquet"):
        table = pq.ParquetFile(path).read()
        place = table.schema.get_field_index("warc_record_length")
        none = pa.array([0] * len(table), table.schema.field(place).type)
        pq.write_table(table.set_column(place, table.schema.field(place), none), path)
    found = fetched(broken, tmp_path / "out", "eus_Latn", "tur_Latn")
    assert found.robots.failed == {"bad_index_row": found.robots.counts.listed}
    assert found.robots.counts.listed > 0
    assert found.pages.fetched == 0
    assert set(found.pages.failed) == {"robots_unread"}


def test_over_http_the_same_bytes_come_whatever_goes_wrong_on_the_way(
    clean: Path, common_crawl: Path, tmp_path: Path
) -> None:
    with served(common_crawl) as place:
        # Every range fails at first, in turns; without Retry-After the next try waits for a second, so few do.
        kinds = ["cut", "close", "500", *["429 after 0", "503 after 0"] * 10]

        def fault(path: str, start: int | None, attempt: int) -> str | None:
            return kinds.pop(0) if attempt == 1 and start is not None and "/warc/CC" in path else None

        place.fault = fault
        found = fetched(place.url, tmp_path)
    assert found.finished
    assert found.pages.failed == {}
    assert len(kinds) == 23 - 15
    assert archives(tmp_path) == archives(clean)


def test_a_call_that_ends_at_any_moment_is_gone_on_with_to_the_same_bytes(
    clean: Path, common_crawl: Path, tmp_path: Path
) -> None:
    """A kill leaves what is written: so the folder is copied while ranges come in, and each copy is gone on with."""
    work = tmp_path / "work"
    copies: list[Path] = []
    with served(common_crawl) as place:

        def fault(path: str, start: int | None, attempt: int) -> str | None:
            if (
                start is not None
                and (len(place.asked) % 3 == 0 or "/warc/CC" in path)
                and len(copies) < 8
                and work.exists()
            ):
                copies.append(tmp_path / f"copy-{len(copies)}")
                shutil.copytree(work, copies[-1])
            return None

        place.fault = fault
        fetched(place.url, work, most=4)
        fetched(place.url, work)
    assert archives(work) == archives(clean)
    assert len(copies) == 8
    for copy in copies:
        assert fetched(common_crawl, copy).finished
        assert archives(copy) == archives(clean), copy.name


@pytest.mark.slow
def test_ten_kills_at_any_moment_change_no_byte(common_crawl: Path, tmp_path: Path) -> None:
    wanted = job("eus_Latn", "deu_Latn", "tha_Thai")
    fetched(common_crawl, tmp_path / "whole", job_=wanted)
    draw, killed = random.Random(10), 0
    with served(common_crawl) as place:
        words = [sys.executable, str(Path(__file__).with_name("killed_fetch.py")), place.url, str(tmp_path / "killed")]
        tests = str(Path(__file__).parents[1])
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([tests, os.environ.get("PYTHONPATH", "")])}
        for _ in range(30):
            before = len(place.asked)
            child = subprocess.Popen(words, env=environment, stderr=subprocess.PIPE)
            end = time.monotonic() + 60
            while child.poll() is None and len(place.asked) == before and time.monotonic() < end:
                time.sleep(0.01)
            if killed < 10:
                time.sleep(draw.uniform(0, 0.3))
                killed += child.poll() is None
                child.kill()
            _, said = child.communicate()
            if child.returncode == 0:
                break
            assert child.returncode == -9, said.decode()
    assert killed == 10
    assert archives(tmp_path / "killed") == archives(tmp_path / "whole")


def test_one_process_at_a_time_works_on_a_folder(common_crawl: Path, tmp_path: Path) -> None:
    with served(common_crawl) as place:
        said: list[str] = []

        def fault(path: str, start: int | None, attempt: int) -> str | None:
            if not said:
                with pytest.raises(SettingsError) as raised:
                    fetched(common_crawl, tmp_path)
                said.append(str(raised.value))
            return None

        place.fault = fault
        assert fetched(place.url, tmp_path).finished
    assert "in use by process" in said[0]


def test_an_object_store_is_read_by_ranges(clean: Path, common_crawl: Path, tmp_path: Path) -> None:
    store = fsspec.filesystem("memory")
    store.put(f"{common_crawl}/", "/commoncrawl/", recursive=True)
    try:
        assert fetched("memory://commoncrawl", tmp_path).finished
    finally:
        store.rm("/commoncrawl", recursive=True)
    assert archives(tmp_path) == archives(clean)


def test_half_a_commit_is_cut_off(clean: Path, common_crawl: Path, tmp_path: Path) -> None:
    assert not fetched(common_crawl, tmp_path, most=6).finished
    with (tmp_path / "warc" / "pages-00000.warc.gz").open("ab") as stream:
        stream.write(b"\x1f\x8b\x08 half a member")
    with (tmp_path / "state" / "pages.jsonl").open("ab") as stream:
        stream.write(b'{"row":6,"reason":"not_found","detail":"lost"}\n{"tour":0,"done":7,')
    assert fetched(common_crawl, tmp_path).finished
    assert archives(tmp_path) == archives(clean)


def test_each_failure_has_its_reason_and_none_is_silent(common_crawl: Path, tmp_path: Path) -> None:
    base = tmp_path / "base"
    shutil.copytree(common_crawl, base)
    listed = fetched(base, tmp_path / "list", list_only=True)
    assert not listed.finished
    ranges = _ranges(tmp_path / "list")
    first, second = sorted({path for path, _, _ in ranges})[:2]
    mine = [(offset, length) for path, offset, length in ranges if path == first]
    data = bytearray((base / first).read_bytes())
    (changed, changed_length), (moved, moved_length), (broken, _) = mine[0], mine[1], mine[2]
    data[moved : moved + moved_length] = b"x" * moved_length
    data[broken + 40 : broken + 60] = bytes(20)
    other = [(path, offset, length) for path, offset, length in ranges if path == second and length == changed_length]
    assert not other
    # A record of the same page whose payload has changed since the index was made.
    data[changed : changed + changed_length] = _repacked(bytes(data[changed : changed + changed_length]))
    (base / first).write_bytes(data)
    cut, cut_length = max((offset, length) for path, offset, length in ranges if path == second)
    (base / second).write_bytes((base / second).read_bytes()[: cut + cut_length // 2])
    gone, wrong = mine[3][0], mine[4][0]

    with served(base) as place:
        answers = {
            (first, gone): "404",
            (first, wrong): "other",
            (first, mine[5][0]): "403",
            (first, mine[6][0]): "whole",
        }
        place.fault = lambda path, start, attempt: answers.get((path, start))
        found = fetched(place.url, tmp_path / "out")
        assert place.sent < 10_000_000, "a server that ignores ranges must not be read to its end"
    assert found.finished
    assert found.pages.failed == {
        "bad_member": 1,
        "beyond_end": 1,
        "digest_mismatch": 1,
        "forbidden": 1,
        "not_found": 1,
        "not_gzip": 1,
        "range_ignored": 1,
        "wrong_range": 1,
    }
    assert found.pages.fetched + 8 == found.pages.counts.listed == 15
    lines = [json.loads(line) for line in (tmp_path / "out" / "failed-pages.jsonl").read_text().splitlines()]
    assert len(lines) == 8
    assert all(line["url"] and line["from"] and line["detail"] for line in lines)
    by_reason = {line["reason"]: line for line in lines}
    assert by_reason["not_gzip"]["from"] == f"{first}:{moved}+{moved_length}"
    assert {row["url"] for row in rows(tmp_path / "out")}.isdisjoint(line["url"] for line in lines)

    # What failed is asked for once more, where the base is whole again, and goes behind what was there.
    again = fetched(common_crawl, tmp_path / "out", again=True)
    assert again.finished
    assert (again.pages.fetched, again.pages.failed) == (15, {})
    assert {row["url"] for row in rows(tmp_path / "out")} == {url for url, _ in _wanted(tmp_path / "list")}


def _wanted(folder: Path) -> list[tuple[str, str]]:
    import pyarrow.parquet as pq

    return [(row["url"], row["path"]) for row in pq.read_table(folder / "list" / "pages-00000.parquet").to_pylist()]


def _ranges(folder: Path) -> list[tuple[str, int, int]]:
    import pyarrow.parquet as pq

    found = pq.read_table(folder / "list" / "pages-00000.parquet").to_pylist()
    return sorted((row["path"], row["offset"], row["length"]) for row in found)


def _repacked(member: bytes) -> bytes:
    """The same record with another payload, as a gzip member of the same length."""
    import zlib

    plain = bytearray(zlib.decompress(member, 31))
    at = plain.index(b"<p>") + 3
    plain[at : at + 300] = b" " * 300
    packed = zlib.compress(bytes(plain), 9, 31)
    # A gzip header may carry a comment: so both members end at the same byte.
    room = len(member) - len(packed)
    assert room > 0
    return packed[:3] + b"\x10" + packed[4:10] + b"c" * (room - 1) + b"\0" + packed[10:]


def test_a_server_that_is_gone_stops_the_fetch_and_nothing_is_written_off(
    clean: Path, common_crawl: Path, tmp_path: Path
) -> None:
    with served(common_crawl) as place:
        fetched(place.url, tmp_path, list_only=True)
        place.fault = lambda path, start, attempt: "403" if "/segments/" in path or "paths.gz" in path else None
        with pytest.raises(DataError, match=r"ranges in a row without an answer, the last: .* status 403"):
            fetched(place.url, tmp_path)
        assert outlook(str(tmp_path)).finished is False
        place.fault = lambda path, start, attempt: None
        assert fetched(place.url, tmp_path).finished
    assert archives(tmp_path) == archives(clean)


def test_a_row_that_never_gets_an_answer_fails_where_others_do(common_crawl: Path, tmp_path: Path) -> None:
    with served(common_crawl) as place:
        fetched(place.url, tmp_path, list_only=True)
        path, offset, _ = _ranges(tmp_path)[-1]
        place.fault = lambda asked, start, attempt: "503 after 0" if (asked, start) == (path, offset) else None
        found = fetched(place.url, tmp_path)
        assert place.tries[path, offset] == 5
    assert found.finished
    assert found.pages.failed == {"unavailable": 1}


def test_a_file_that_is_closed_for_good_does_not_end_the_fetch_of_the_others(
    common_crawl: Path, tmp_path: Path
) -> None:
    wanted = job(languages="any", tlds=["example"], crawls=[CRAWLS[0]], robots="none")
    with served(common_crawl) as place:
        place.fault = lambda path, start, attempt: (
            "403" if path.endswith("warc/CC-MAIN-2026-40-00001.warc.gz") else None
        )
        found = fetched(place.url, tmp_path, job_=wanted)
        assert found.finished
        closed = found.pages.failed["forbidden"]
        assert closed > 60
        # Here none of them is answered, and the server is there all the same.
        found = fetched(place.url, tmp_path, job_=wanted, again=True)
        assert (found.finished, found.pages.failed) == (True, {"forbidden": closed})


def test_all_requests_keep_one_rate_and_wait_when_they_are_told_to(common_crawl: Path, tmp_path: Path) -> None:
    with served(common_crawl) as place:
        fetched(place.url, tmp_path, list_only=True)
        begun, before = time.monotonic(), len(place.asked)
        fetched(place.url, tmp_path, rate=40.0)
        spent, asked = time.monotonic() - begun, len(place.asked) - before
    assert asked >= 17
    assert spent >= (asked - 1) / 40.0

    with served(common_crawl) as place:
        times: list[float] = []

        def fault(path: str, start: int | None, attempt: int) -> str | None:
            times.append(time.monotonic())
            return "503 after 1" if len(times) == 5 else None

        place.fault = fault
        fetched(place.url, tmp_path / "held", most=1)
    # Four connections may have begun requests at the moment when it says so; then it is left alone for a second.
    assert max(later - earlier for earlier, later in pairwise(times[4:])) >= 0.9


def test_a_pause_longer_than_the_patience_ends_the_call(common_crawl: Path, tmp_path: Path) -> None:
    with served(common_crawl) as place:
        place.fault = lambda path, start, attempt: "503 after 3600" if "/warc/CC-MAIN" in path else None
        with pytest.raises(DataError, match=r"asks to be left alone for 3,[56]"):
            fetched(place.url, tmp_path, patience=5.0)


def test_the_index_over_http_is_read_by_ranges(common_crawl: Path, tmp_path: Path) -> None:
    with served(common_crawl) as place:
        fetched(place.url, tmp_path, job_=job(tlds=["nowhere"]), list_only=True)
    read = Counter(path for path, _ in place.asked if path.startswith(TABLE) and "subset=warc" in path)
    assert len(read) == 4
    assert set(read.values()) <= {2, 3}, "the size and the footer: no column of a row group that is ruled out"
    assert outlook(str(tmp_path)).pages.counts.unread == 186


def test_a_folder_of_another_fetch_is_refused_by_what_differs(clean: Path, common_crawl: Path) -> None:
    with pytest.raises(PlanConflictError, match="selection differ"):
        fetched(common_crawl, clean, job_=job(tlds=["eus"]))
    with pytest.raises(PlanConflictError, match="languages differ"):
        outlook(str(clean), job("tur_Latn"))


def test_a_run_does_not_read_a_fetch_that_is_not_finished(common_crawl: Path, tmp_path: Path) -> None:
    assert not fetched(common_crawl, tmp_path, most=3).finished
    with pytest.raises(DataError, match="not finished: `glotmill fetch` goes on"):
        rows(tmp_path)


def test_an_index_that_is_missing_is_an_error_that_names_it(common_crawl: Path, tmp_path: Path) -> None:
    with served(common_crawl) as place, pytest.raises(DataError, match="no list of the index of CC-MAIN-2099-01"):
        fetched(place.url, tmp_path, job_=job(crawls=["CC-MAIN-2099-01"]))
    with pytest.raises(DataError, match="no index of CC-MAIN-2099-01"):
        fetched(common_crawl, tmp_path / "local", job_=job(crawls=[CRAWLS[0], "CC-MAIN-2099-01"]))


@pytest.mark.parametrize("location", ["http://", "https://user@example.org/", "http://127.0.0.1/?x=1"])
def test_a_base_that_is_none_is_refused(location: str, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="a base is a URL such as"):
        fetched(location, tmp_path)


def test_texts_of_wet_files_come_without_any_license(common_crawl: Path, tmp_path: Path) -> None:
    with served(common_crawl) as place:
        found = fetched(place.url, tmp_path, job_=job(format="wet", wet_files=1))
    assert found.finished
    assert found.wet["files"] == 2
    spec = source(format="wet", wet_files=1)
    texts = rows(tmp_path, spec)
    assert len(texts) == found.wet["records"]
    for row in texts:
        assert row["text"]
        assert row["html"] is row["license"] is row["http_headers"] is None
        assert row["consent"] == "train-ai=unknown"
        assert row["warc_ref"].startswith("crawl-data/CC-MAIN-2026-4")
        assert ".warc.wet.gz:" in row["warc_ref"]
    for row in texts:
        assert row["reason"] is None
    larger = fetched(common_crawl, tmp_path / "more", job_=job(format="wet", wet_files=2))
    assert larger.wet["files"] == 4


def test_a_wet_file_that_was_cut_off_is_gone_on_with_and_a_broken_one_has_a_reason(
    common_crawl: Path, tmp_path: Path
) -> None:
    base = tmp_path / "base"
    shutil.copytree(common_crawl, base)
    (path,) = sorted((base / "crawl-data" / CRAWLS[1]).rglob("*-00000.warc.wet.gz"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-30])
    wanted = job(format="wet", wet_files=2, crawls=[CRAWLS[1]])
    name = path.relative_to(base)
    (tmp_path / "out" / "wet" / name).parent.mkdir(parents=True)
    (tmp_path / "out" / "wet" / name).write_bytes(b"half of what was written before a kill")
    with served(base) as place:
        assert fetched(place.url, tmp_path / "out", job_=wanted).finished
    assert (tmp_path / "out" / "wet" / name).read_bytes() == whole[:-30]
    read = rows(tmp_path / "out", source(format="wet", wet_files=2, crawls=[CRAWLS[1]]))
    assert Counter(row["reason"] for row in read) == {None: len(read) - 1, "wet.truncated": 1}
