"""Documents outside a run: what a file or folder gives, where each comes from, and what is refused and why."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from glotmill.core.errors import DataError
from glotmill.io.documents import Collection, Texts, find_documents, read_documents

KHMER = "ព្រឹកនេះ យាយទៅផ្សារទិញត្រី និងបន្លែ។"
BASQUE = "Gaur goizean azokara joan gara, ogia eta gazta erostera."
AMHARIC = "ዛሬ ጠዋት ወደ ገበያ ሄደን ቡና እና ማር ገዛን።"


def lines(*rows: object) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def saved(folder: Path, **files: bytes) -> Path:
    for name, data in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def read(location: Path, column: str = "text") -> Texts:
    """All documents of a location, as one."""
    found = list(read_documents(find_documents(str(location), column=column)))
    refused: dict[str, int] = {}
    for part in found:
        for reason, count in part.refused.items():
            refused[reason] = refused.get(reason, 0) + count
    return Texts(
        tuple(text for part in found for text in part.texts),
        tuple(source for part in found for source in part.sources),
        refused,
    )


def test_a_document_comes_from_its_source_or_else_from_the_host_of_its_address(tmp_path: Path):
    rows = [
        {"text": KHMER, "source": "magazine", "url": "https://tosanabdei.example/1"},
        {"text": BASQUE, "url": "https://AZOKA.example:8080/egunkaria?x=1"},
        {"text": AMHARIC, "url": "http://[broken"},
        {"text": "Bat."},
    ]
    found = read(saved(tmp_path, a_jsonl=lines(*rows)) / "a.jsonl")
    assert found.texts == (KHMER, BASQUE, AMHARIC, "Bat.")
    assert found.sources == ("magazine", "azoka.example", "", "")
    assert found.refused == {}


def test_a_parquet_file_is_read_with_and_without_a_column_of_sources(tmp_path: Path):
    pq.write_table(pa.table({"text": [KHMER, None], "source": ["magazine", "magazine"]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"text": [BASQUE], "url": ["https://azoka.example/1"]}), tmp_path / "b.parquet")
    found = read(tmp_path)
    assert found.texts == (KHMER, BASQUE)
    assert found.sources == ("magazine", "azoka.example")
    assert found.refused == {"parquet.empty_text": 1}


def test_the_text_may_stand_in_another_column(tmp_path: Path):
    pq.write_table(pa.table({"edukia": [BASQUE]}), tmp_path / "a.parquet")
    saved(tmp_path, b_jsonl=lines({"edukia": KHMER, "text": "not this"}))
    assert read(tmp_path, "edukia").texts == (BASQUE, KHMER)


def test_a_folder_of_all_kinds_is_read_in_the_order_of_names_and_other_files_are_passed_over(tmp_path: Path):
    pq.write_table(pa.table({"text": [BASQUE]}), tmp_path / "b.parquet")
    saved(tmp_path, a_txt=AMHARIC.encode(), c__d_jsonl_gz=gzip.compress(lines({"text": KHMER})), notes_md=b"# Notes")
    collection = find_documents(str(tmp_path))
    assert [file.name for _, file in collection.files] == ["a.txt", "b.parquet", "c/d.jsonl.gz"]
    assert read(tmp_path).texts == (AMHARIC, BASQUE, KHMER)


def test_a_text_file_is_one_document_without_its_byte_order_mark(tmp_path: Path):
    found = read(saved(tmp_path, a_txt=b"\xef\xbb\xbf" + KHMER.encode() + b"\n\n" + KHMER.encode()))
    assert found.texts == (f"{KHMER}\n\n{KHMER}",)


def test_what_is_no_text_is_refused_with_a_reason_and_hides_nothing_else(tmp_path: Path):
    saved(
        tmp_path,
        a_txt="Español".encode("latin-1"),
        b_txt=b"",
        c_txt=BASQUE.encode(),
        d_jsonl=b'{"text": "Bat."}\n{"text": \n\xff\xfe\n' + lines({"text": ""}, {"text": 7}, ["Bat."], {"other": 1}),
    )
    found = read(tmp_path)
    assert found.texts == (BASQUE, "Bat.")
    assert found.refused == {
        "text.not_utf8": 1,
        "text.empty_text": 1,
        "jsonl.bad_json": 3,
        "jsonl.empty_text": 2,
        "jsonl.not_text": 1,
    }


def test_a_text_file_larger_than_any_document_is_refused_unread(tmp_path: Path):
    with (tmp_path / "a.txt").open("wb") as sparse:
        sparse.truncate((64 << 20) + 1)
    assert read(tmp_path) == Texts((), (), {"text.too_large": 1})


def test_half_a_surrogate_pair_does_not_stop_the_others(tmp_path: Path):
    found = read(saved(tmp_path, a_jsonl=b'{"text": "Bat \\ud83d bi."}\n' + lines({"text": BASQUE})))
    assert found.texts[-1] == BASQUE
    for text in found.texts:
        text.encode("utf-8")


def test_a_column_that_a_parquet_file_lacks_is_named_with_what_is_there(tmp_path: Path):
    pq.write_table(pa.table({"content": [BASQUE]}), tmp_path / "a.parquet")
    with pytest.raises(DataError, match="content"):
        read(tmp_path)


def test_a_file_that_is_not_what_its_name_says_is_an_error(tmp_path: Path):
    with pytest.raises(DataError, match=r"a\.parquet"):
        read(saved(tmp_path, a_parquet=BASQUE.encode()))


def test_batches_are_bounded_by_documents_and_by_characters(tmp_path: Path):
    saved(tmp_path, a_jsonl=lines(*({"text": f"{BASQUE} {number}"} for number in range(600))))
    assert [len(part.texts) for part in read_documents(find_documents(str(tmp_path)))] == [256, 256, 88]
    long = tmp_path / "long"
    saved(long, a_txt=b"a" * 5_000_000, b_txt=b"b" * 5_000_000, c_txt=b"c")
    assert [len(part.texts) for part in read_documents(find_documents(str(long)))] == [2, 1]


@pytest.mark.parametrize("name", ["nowhere", "empty", "notes.md"])
def test_a_place_without_documents_is_an_error_that_says_what_they_end_in(tmp_path: Path, name: str):
    (tmp_path / "empty").mkdir()
    saved(tmp_path, notes_md=b"# Notes")
    with pytest.raises(DataError, match=name):
        find_documents(str(tmp_path / name))


def test_a_collection_is_named_by_the_last_part_and_known_by_all_its_bytes(tmp_path: Path):
    def found() -> Collection:
        return find_documents(f"{tmp_path}/prose/")

    saved(tmp_path, prose__a_txt=BASQUE.encode(), prose__b_txt=KHMER.encode())
    before = found()
    assert (before.name, before.digest) == ("prose", found().digest)
    saved(tmp_path, prose__b_txt=AMHARIC.encode())
    assert found().digest != before.digest
    alone = find_documents(str(tmp_path / "prose" / "a.txt"))
    assert alone.digest == alone.files[0][1].digest
