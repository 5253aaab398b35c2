"""Files in an S3 server: what fails is asked for again, what is cut off is never taken for whole, secrets stay out."""

import gc
import sys
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

pytest.importorskip("moto")
pytest.importorskip("s3fs")

from glotmill.core.errors import DataError, SettingsError, StoreError
from glotmill.io import objects, storage

pytest_plugins = ["support.stores"]

TEXT = "ወንዙ ሞልቶ ገበሬዎች ድልድዩን ጠገኑ። ".encode() * 20_000  # 1.2 MB, read in several pieces


def first(times, fault, method="GET", holds=""):
    """A fault for the first requests of a method."""
    left = [times]

    def chosen(request):
        if left[0] and request.method == method and holds in request.path_qs:
            left[0] -= 1
            return fault
        return None

    return chosen


def test_what_is_written_is_read_listed_and_deleted(store):
    url = "s3://corpora/a/ñ/b.bin"
    storage.write_bytes(url, b"egun on")
    assert storage.read_bytes(url) == b"egun on"
    assert storage.read_range(url, 5, 10) == b"on"
    assert storage.list_files("s3://corpora/a") == [("ñ/b.bin", 7)]
    assert (storage.exists("s3://corpora/a"), storage.is_file("s3://corpora/a"), storage.is_file(url)) == (
        True,
        False,
        True,
    )
    assert storage.digest(url).startswith("etag:")
    storage.delete(url)
    assert not storage.exists(url)
    assert storage.list_below("s3://corpora/a") == []
    with pytest.raises(DataError, match=r"b\.bin: no such file"):
        storage.read_bytes(url)


@pytest.mark.parametrize("fault", ["503", "429", "reset", "cut", "short"])
def test_an_answer_that_fails_is_asked_for_again(store, fault):
    url = "s3://corpora/read.bin"
    storage.write_bytes(url, TEXT)
    store.fault = first(3, fault)
    assert storage.read_bytes(url) == TEXT
    store.fault = first(2, fault)
    with storage.open_read(url) as stream:
        stream.seek(-1000, 2)
        assert stream.read() == TEXT[-1000:]
        stream.seek(0)
        assert stream.read() == TEXT
    assert store.failed[fault] == 5


@pytest.mark.parametrize("fault", ["503", "429", "reset", "slow"])
def test_a_put_that_fails_is_put_again(store, fault):
    store.fault = first(2, fault, "PUT")
    storage.write_bytes("s3://corpora/put.bin", TEXT)
    assert storage.read_bytes("s3://corpora/put.bin") == TEXT
    assert store.failed[fault] == 2 or fault == "slow"


def test_tries_end_and_the_error_names_address_step_and_remedy(store):
    store.fault = lambda request: "503"
    begun = time.monotonic()
    with pytest.raises(StoreError, match=r"s3://corpora/x\.bin: writing: .*6 tries.*same command goes on") as caught:
        storage.write_bytes("s3://corpora/x.bin", b"a")
    assert time.monotonic() - begun < 20
    assert "Secret" not in str(caught.value)
    with pytest.raises(StoreError, match="asking for it"):
        storage.exists("s3://corpora/x.bin")  # a store that does not answer is no missing file


def test_a_block_that_ends_in_an_error_puts_nothing(store):
    with pytest.raises(TypeError), storage.open_write("s3://corpora/half.bin") as stream:
        stream.writelines([TEXT, None])
    stream = storage.open_write("s3://corpora/half.bin")
    stream.write(TEXT)
    del stream
    assert not storage.exists("s3://corpora/half.bin")
    assert store.asked["PUT"] == 0


@pytest.mark.slow
def test_a_failed_multipart_upload_is_aborted_and_the_file_put_anew(store):
    import s3fs

    data = TEXT * 110  # over 100 MB, which s3fs uploads in parts
    store.fault = first(1, "reset", "PUT", "partNumber=2")
    with storage.open_write("s3://corpora/large.bin") as stream:
        for start in range(0, len(data), 1 << 20):
            stream.write(data[start : start + (1 << 20)])
    assert storage.size("s3://corpora/large.bin") == len(data)
    assert storage.sha256("s3://corpora/large.bin")[1] == len(data)
    store.fault = lambda request: "503" if "partNumber=2" in request.path_qs else None
    with pytest.raises(StoreError, match="writing"), storage.open_write("s3://corpora/never.bin") as stream:
        stream.write(data)
    store.quiet()
    assert s3fs.S3FileSystem().list_multipart_uploads("corpora") == []
    assert not storage.exists("s3://corpora/never.bin")


def test_uploads_of_the_dead_are_aborted_and_those_of_others_left(store):
    import s3fs

    filesystem = s3fs.S3FileSystem()
    for key in ("run/v1/data/a", "run/v10/data/a"):
        filesystem.call_s3("create_multipart_upload", Bucket="corpora", Key=key)
    assert objects.abort_uploads("s3://corpora/run/v1", older_than=timedelta(days=365 * 1000)) == 0
    assert storage.abort_uploads("s3://corpora/run/v1") == 1  # moto's uploads began in 2010
    assert [upload["Key"] for upload in filesystem.list_multipart_uploads("corpora")] == ["run/v10/data/a"]
    assert storage.abort_uploads("s3://corpora/run/v10") == 1


def test_uploads_that_a_store_lists_in_pieces_are_all_aborted_also_where_an_answer_was_lost(store):
    import s3fs

    filesystem = s3fs.S3FileSystem()
    for key in ("a", "a", "a", "ñ", "ភាសា", "z"):
        filesystem.call_s3("create_multipart_upload", Bucket="corpora", Key=f"run/v1/data/{key}")
    lost = first(1, "lost", "DELETE")
    store.fault = lambda request: lost(request) or "paged"
    assert storage.abort_uploads("s3://corpora/run/v1") == 6
    assert filesystem.list_multipart_uploads("corpora") == []
    assert (store.failed["lost"], store.asked["DELETE"]) == (1, 7)


def test_a_file_that_no_listing_shows_is_read_and_deleted_by_its_name(store):
    store.fault = lambda request: "stale"
    storage.write_bytes("s3://corpora/new.json", b"{}")
    assert storage.list_files("s3://corpora") == []
    assert storage.read_bytes("s3://corpora/new.json") == b"{}"
    storage.delete("s3://corpora/new.json")
    assert not storage.exists("s3://corpora/new.json")


def test_a_missing_bucket_is_named(store):
    with pytest.raises(StoreError, match="make the bucket first"):
        storage.write_bytes("s3://nowhere-at-all/a", b"a")


def test_a_cut_file_is_never_taken_for_damage_of_a_document(store):
    """Readers turn damage into reasons; a store that stops answering must not lose documents that way."""
    from glotmill.core.inputs import InputFile, Slice
    from glotmill.io.jsonl import JsonlSource

    rows = b"".join(b'{"text": "Larunbatean azoka dago.", "url": "https://a.example/%d"}\n' % n for n in range(30_000))
    storage.write_bytes("s3://corpora/pages.jsonl", rows)
    source = JsonlSource.model_validate({"kind": "jsonl", "of": "pages"})
    part = Slice(InputFile("pages", "pages.jsonl", "s3://corpora/pages.jsonl", len(rows), ""), 0, len(rows))
    left = [2]

    def fault(request):
        left[0] -= request.method == "GET"
        return "cut" if left[0] < 0 and request.method == "GET" else None

    store.fault = fault
    with pytest.raises(StoreError, match=r"pages\.jsonl: reading"):
        list(source.read(part))


class WholeFiles(BaseHTTPRequestHandler):
    """A server that knows no ranges."""

    sent = 0

    def do_HEAD(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(TEXT)))
        self.end_headers()

    def do_GET(self):
        type(self).sent += 1
        self.do_HEAD()
        self.wfile.write(TEXT)

    def log_message(self, *_):
        pass


def test_a_server_that_knows_no_ranges_is_an_error_and_never_other_bytes():
    with ThreadingHTTPServer(("127.0.0.1", 0), WholeFiles) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/pages.warc"
        with pytest.raises(StoreError, match=r"pages\.warc: reading: .*knows no ranges.*copy it"):
            storage.read_range(url, 5, 10)
        sent = WholeFiles.sent
        with storage.open_read(url) as stream, pytest.raises(StoreError, match="knows no ranges"):
            stream.read(100)
        assert WholeFiles.sent == sent + 1  # each answer is the whole file: it is not asked for six times
        assert storage.read_bytes(url) == TEXT
        server.shutdown()


SECRETS = [
    "s3://AKIAEXAMPLE:hunter2@bucket/x",
    "s3://AKIAEXAMPLE@bucket/x",
    "https://store.example/x.warc.gz?X-Amz-Credential=hunter2&X-Amz-Signature=hunter2",
    "https://account.blob.core.windows.net/c/x?sv=2024&sig=hunter2",
    "https://user:hunter2@store.example/x",
    "s3://bucket/x%3FX-Amz-Security-Token%3Dhunter2",
    "simplecache::s3://key:hunter2@bucket/x",
    "abfs://container:hunter2@account.dfs.core.windows.net/x",
]


@pytest.mark.parametrize("address", SECRETS)
def test_an_address_with_a_secret_is_refused_without_showing_it(address):
    with pytest.raises(SettingsError, match="credentials") as caught:
        storage.read_bytes(address)
    assert "hunter2" not in str(caught.value)
    assert "AKIA" not in str(caught.value)


def test_a_writer_that_was_refused_its_address_leaves_nothing_to_complain_of(monkeypatch):
    complaints = []
    monkeypatch.setattr(sys, "unraisablehook", complaints.append)
    with pytest.raises(SettingsError, match="credentials"):
        objects.Writer("s3://AKIAEXAMPLE:hunter2@bucket/x")
    gc.collect()
    assert complaints == []


@pytest.mark.parametrize(
    "address",
    [
        "s3://bucket/lang=eu/part-?.parquet",
        "abfs://container@account.dfs.core.windows.net/x",
        "hf://datasets/name/corpus@main/data",
        "s3://bucket/ភាសាខ្មែរ/៣.jsonl",
        "sftp://editor@host/x",
        "./a@b/c?d",
    ],
)
def test_addresses_without_a_secret_are_not_refused(address):
    objects.refuse_secrets(address)
