"""Input lists and shards depend on the files alone."""

import os

import pytest
from warc_bytes import gz, page

from glotmill.core.errors import DataError
from glotmill.core.inputs import InputFile, Slice
from glotmill.io import storage
from glotmill.io.jsonl import JsonlSource
from glotmill.io.sharding import Stat, freeze_inputs, make_shards, plan_shards
from glotmill.io.warc import WarcSource

SPEC = WarcSource(kind="warc", of="azoka")


@pytest.fixture
def folder(tmp_path):
    for name in ("b.warc.gz", "a/2.warc", "a/10.warc.zst", "notes.txt", ".hidden.warc", ".git/x.warc"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


def names(frozen):
    return [file.name for file in frozen.files]


def test_a_folder_gives_the_files_of_its_suffixes_by_name(folder):
    frozen = freeze_inputs(SPEC, str(folder))
    assert names(frozen) == ["a/10.warc.zst", "a/2.warc", "b.warc.gz"]
    first = frozen.files[0]
    assert (first.source, first.size, first.url) == ("azoka", 13, str(folder / "a/10.warc.zst"))
    assert first.digest == storage.digest(first.url)


def test_a_file_a_pattern_and_an_address_are_locations(folder, monkeypatch):
    assert names(freeze_inputs(SPEC, str(folder / "notes.txt"))) == ["notes.txt"]
    assert names(freeze_inputs(SPEC, str(folder / "a" / "*.warc*"))) == ["10.warc.zst", "2.warc"]
    assert names(freeze_inputs(SPEC, str(folder / "**" / "*.warc"))) == ["a/2.warc"]
    assert names(freeze_inputs(SPEC, folder.as_uri())) == ["a/10.warc.zst", "a/2.warc", "b.warc.gz"]
    monkeypatch.chdir(folder)
    assert freeze_inputs(SPEC, "a").files == freeze_inputs(SPEC, str(folder / "a")).files


def test_an_object_store_is_a_location(folder):
    base = f"memory://{folder.name}"
    for name in ("x/1.warc.gz", "x/2.warc.gz", "y.txt"):
        storage.write_bytes(storage.join(base, name), gz(page(1)))
    assert names(freeze_inputs(SPEC, base)) == ["x/1.warc.gz", "x/2.warc.gz"]
    assert names(freeze_inputs(SPEC, f"{base}/x/*.gz")) == ["1.warc.gz", "2.warc.gz"]
    (only,) = freeze_inputs(SPEC, f"{base}/x/2.warc.gz").files
    assert storage.read_bytes(only.url) == gz(page(1))
    storage.delete(base)


def test_nothing_to_read_says_what_was_looked_for_and_what_is_there(folder):
    with pytest.raises(DataError, match=r"azoka.*\.jsonl, .*there is: \.git/x\.warc, \.hidden\.warc, a/10\.warc\.zst"):
        freeze_inputs(JsonlSource(kind="jsonl", of="azoka"), str(folder))
    with pytest.raises(DataError, match="there is: nothing"):
        freeze_inputs(SPEC, str(folder / "*.gone"))
    with pytest.raises(DataError, match="no such file or folder"):
        freeze_inputs(SPEC, str(folder / "gone"))


def test_unchanged_files_are_not_hashed_again(folder):
    first = freeze_inputs(SPEC, str(folder))
    url = str(folder / "b.warc.gz")
    known = first.stats[url]
    planted = {**first.stats, url: Stat(known.size, known.mtime_ns, "xxh3:planted")}
    assert freeze_inputs(SPEC, str(folder), planted).files[2].digest == "xxh3:planted"
    os.utime(url, ns=(known.mtime_ns, known.mtime_ns + 1))
    assert freeze_inputs(SPEC, str(folder), planted).files == first.files


def part(source, name, start=0, end=1):
    return Slice(InputFile(source, name, name, 100, "xxh3:0"), start, end)


def test_small_slices_of_one_source_share_a_shard():
    slices = [
        (part("s", "a"), 40),
        (part("s", "b"), 60),
        (part("s", "c"), 1),
        (part("t", "d"), 1),
        (part("t", "e"), 500),
    ]
    shards = make_shards(slices, 100)
    assert [[one.file.name for one in shard.slices] for shard in shards] == [["a", "b"], ["c"], ["d"], ["e"]]
    assert [shard.index for shard in shards] == [0, 1, 2, 3]
    assert make_shards([], 100) == ()


def test_a_plan_of_shards_follows_recipe_order_and_file_names():
    other = WarcSource(kind="warc", of="zaharra")
    files = [InputFile("azoka", name, name, 250, "xxh3:0") for name in ("2.warc.gz", "1.warc.gz")]
    old = [InputFile("zaharra", "0.warc", "0.warc", 30, "xxh3:0")]
    shards = plan_shards([(other, old), (SPEC, files)], 100)
    assert [[(one.file.name, one.start, one.end) for one in shard.slices] for shard in shards] == [
        [("0.warc", 0, 30)],
        [("1.warc.gz", 0, 83)],
        [("1.warc.gz", 83, 166)],
        [("1.warc.gz", 166, 250)],
        [("2.warc.gz", 0, 83)],
        [("2.warc.gz", 83, 166)],
        [("2.warc.gz", 166, 250)],
    ]
    assert plan_shards([(other, old), (SPEC, files[::-1])], 100) == shards
