"""What the archive writes is what three readers find: every kind of record, and nothing twice."""

import json
from datetime import timedelta

import pytest
from fetches import BEGIN, OPERATOR, answer, archive, by_fastwarc, by_source, by_warcio, page, written
from hypothesis import given, settings
from hypothesis import strategies as st

from glotmill.core.errors import DataError
from glotmill.crawl import cdxj
from glotmill.crawl.archive import Mark, published
from glotmill.crawl.messages import Failure
from glotmill.crawl.records import About, Earlier, Signal
from glotmill.provenance.receipts import read_receipt


def test_a_fetch_becomes_response_request_and_metadata_behind_one_warcinfo(tmp_path):
    signal = Signal("content-signal", "train-ai", "denied", "ai-train=no\r\nWARC-Type: x", BEGIN)
    about = About(
        gate="eus_Latn 0.93", signals=(signal,), via="https://adibidea.example/", hops="LM", payload_type="text/html"
    )
    path = written(tmp_path, page(1), about=about)
    info, response, request, metadata = by_fastwarc(path)
    assert [kind for kind, _, _ in (info, response, request, metadata)] == [
        "warcinfo",
        "response",
        "request",
        "metadata",
    ]
    assert [kind for kind, _ in by_warcio(path)] == ["warcinfo", "response", "request", "metadata"]
    assert info[1]["warc-filename"] == "zatia-0-00000.warc.gz"
    assert f"operator: {OPERATOR.contact}\r\n".encode() in info[2]
    assert f"http-header-user-agent: {OPERATOR.agent}\r\n".encode() in info[2]
    assert b"robots: RFC 9309\r\n" in info[2]
    assert response[1]["warc-target-uri"] == "https://adibidea.example/1"
    assert response[1]["warc-date"] == "2026-11-01T08:30:01Z"
    assert response[1]["warc-ip-address"] == "192.0.2.7"
    assert response[1]["warc-identified-payload-type"] == "text/html"
    assert response[2] == page(1).head + page(1).body
    identity = response[1]["warc-record-id"]
    assert request[1]["warc-concurrent-to"] == metadata[1]["warc-concurrent-to"] == identity
    assert request[2] == page(1).request
    lines = metadata[2].decode().split("\r\n")
    assert lines[:4] == [
        "via: https://adibidea.example/",
        "hopsFromSeed: LM",
        "fetchTimeMs: 250",
        "glotmill-gate: eus_Latn 0.93",
    ]
    assert json.loads(lines[4].removeprefix("glotmill-consent: "))["raw"] == signal.raw
    assert lines[5:] == [""]


def test_pages_alone_become_documents(tmp_path):
    soft = answer("https://adibidea.example/robots.txt", page(1).body, second=2)
    with archive(tmp_path) as made:
        made.write(soft, About())  # the page that follows must not become a revisit of it
        made.write(page(1), About())
        made.write(answer("https://adibidea.example/hasiera", page(3).body, second=3), About(), purpose="policy")
        made.write(answer("https://adibidea.example/1", status=304, second=4), About())
        made.write(answer("https://adibidea.example/kopia", page(1).body, second=5), About())
        made.settle(made.end())
    (row,) = by_source(tmp_path / "warc/zatia-0-00000.warc.gz")
    assert (row["url"], row["reason"], row["html"]) == ("https://adibidea.example/1", None, page(1).body.decode())


def test_a_payload_seen_before_is_a_revisit_that_says_where_it_stands(tmp_path):
    copy = answer("https://adibidea.example/kopia", page(1).body, second=9)
    path = written(tmp_path, page(1), copy)
    records = by_fastwarc(path)
    _, fields, block = records[4]
    assert fields["warc-type"] == "revisit"
    assert fields["warc-profile"] == "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
    assert fields["warc-refers-to-target-uri"] == "https://adibidea.example/1"
    assert fields["warc-refers-to-date"] == "2026-11-01T08:30:01Z"
    assert fields["warc-refers-to"] == records[1][1]["warc-record-id"]
    assert fields["warc-payload-digest"] == records[1][1]["warc-payload-digest"]
    assert fields["warc-truncated"] == "length"
    assert block == copy.head
    assert len(by_warcio(path)) == 7


@pytest.mark.parametrize(
    "first",
    [
        answer("https://adibidea.example/a", b"<html>hutsa", status=404),
        answer("https://adibidea.example/a", b"<html>hutsa", truncated="time"),
        answer("https://adibidea.example/a", b""),
    ],
    ids=["not-found", "truncated", "empty"],
)
def test_what_is_no_whole_page_is_never_what_a_page_refers_to(tmp_path, first):
    path = written(tmp_path, first, answer("https://adibidea.example/b", first.body, second=1))
    assert [kind for kind, _, _ in by_fastwarc(path) if kind in ("response", "revisit")] == ["response"] * 2


def test_a_304_is_a_revisit_of_the_capture_it_confirms(tmp_path):
    earlier = Earlier("https://adibidea.example/1", BEGIN - timedelta(days=3, microseconds=1))
    path = written(tmp_path, answer("https://adibidea.example/1", status=304), about=About(earlier=earlier))
    _, fields, _ = by_fastwarc(path)[1]
    assert fields["warc-profile"] == "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
    assert fields["warc-refers-to-date"] == "2026-10-29T08:29:59.999999Z"
    assert "warc-payload-digest" not in fields
    assert "warc-truncated" not in fields


@pytest.mark.parametrize(
    ("reason", "field"),
    [("length", "length"), ("time", "time"), ("disconnect", "disconnect"), ("slow", "unspecified"), ("decoding", None)],
)
def test_truncation_has_the_words_of_the_standard(tmp_path, reason, field):
    path = written(tmp_path, answer("https://adibidea.example/1", b"<html>Gaur goi", truncated=reason))
    records = by_fastwarc(path)
    assert records[1][1].get("warc-truncated") == field
    assert f"glotmill-truncated: {reason}\r\n".encode() in records[3][2]
    assert by_warcio(path)[1][1] == b"<html>Gaur goi"


def test_a_joined_body_is_not_announced_as_chunked(tmp_path):
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nContent-Type: text/html\r\n\r\n"
    body = b"5\r\n<html><p>Gaur azokara joan gara."  # begins like a chunk
    path = written(tmp_path, answer("https://adibidea.example/1", body, head=head))
    assert by_fastwarc(path)[1][2] == head.replace(b"transfer-encoding", b"X-Crawl-Transfer-Encoding") + body
    assert by_source(path)[0]["html"] == body.decode()


def test_a_failure_leaves_a_metadata_record(tmp_path):
    failure = Failure("https://adibidea.example/1", "dns", "no such\r\nname", None, BEGIN, 1.5)
    with archive(tmp_path) as made:
        made.write(failure, About(via="https://adibidea.example/ñ"))
        made.settle(made.end())
    path = tmp_path / "warc/zatia-0-00000.warc.gz"
    kind, fields, block = by_fastwarc(path)[1]
    assert (kind, fields["warc-target-uri"]) == ("metadata", "https://adibidea.example/1")
    assert block == (
        b"via: https://adibidea.example/%C3%B1\r\nfetchTimeMs: 1500\r\n"
        b"glotmill-failure: dns\r\nglotmill-failure-detail: no such name\r\n"
    )
    assert len(by_warcio(path)) == 2


LINES = st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b"")), max_size=5)
BODIES = st.one_of(
    st.binary(max_size=300), st.just(b""), st.sampled_from([b"5\r\nabcde\r\n0\r\n\r\n", b"\r\n\r\nWARC/1.1\r\n"])
)
HEADS = st.one_of(
    LINES.map(lambda lines: b"\r\n".join([b"HTTP/1.1 200 OK", *(line for line in lines if line.strip()), b"", b""])),
    LINES.map(lambda lines: b"\r\n".join([b"HTTP/1.1 404", *lines, b"", b""])),
    st.binary(min_size=1, max_size=80),
)


@settings(max_examples=60)
@given(
    fetches=st.lists(
        st.tuples(HEADS, BODIES, st.sampled_from([200, 304, 404]), st.sampled_from([None, "length", "time", "odd"])),
        min_size=1,
        max_size=4,
    ),
    path=st.text(max_size=20),
)
def test_any_head_and_any_body_come_back_and_index_alike(tmp_path_factory, fetches, path):
    folder = tmp_path_factory.mktemp("any")
    responses = [
        answer(
            f"https://adibidea.example/{path}", body, second=number / 3, status=status, head=head, truncated=truncated
        )
        for number, (head, body, status, truncated) in enumerate(fetches)
    ]
    warc = written(folder, *responses)
    found = [(kind, block) for kind, _, block in by_fastwarc(warc) if kind in ("response", "revisit")]
    assert len(found) == len(responses)
    for response, (kind, block) in zip(responses, found, strict=True):
        rest = block if kind == "response" else block + response.body
        assert rest.lower().replace(b"x-crawl-", b"") == (response.head + response.body).lower().replace(
            b"x-crawl-", b""
        )
    assert [kind for kind, _ in by_warcio(warc)].count("request") == len(responses)
    rebuilt = cdxj.index(cdxj.rebuild(warc))
    assert rebuilt == warc.with_name("zatia-0-00000.cdxj").read_bytes()
    assert len(rebuilt.splitlines()) == len(responses)


def test_equal_fetches_give_equal_bytes(tmp_path):
    first, second = (written(tmp_path / name, page(1), page(2), page(1)) for name in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()
    ids = [fields["warc-record-id"] for _, fields, _ in by_fastwarc(written(tmp_path / "c", page(1), page(2)))]
    assert len(set(ids)) == 7


def test_files_rotate_between_fetches_and_only_settled_ones_are_published(tmp_path):
    with archive(tmp_path, max_bytes=2000) as made:
        marks = []
        for number in range(12):
            place = made.write(page(number), About())
            marks.append(made.flush())
            assert (place.file, place.name) == (marks[-1].file, f"zatia-0-{place.file:05d}.warc.gz")
        assert list(published(tmp_path)) == []
        receipts = made.settle(marks[-1])
    assert marks == sorted(marks)
    assert [receipt.task for receipt in receipts] == [f"warc-zatia-0-{number:05d}" for number in range(marks[-1].file)]
    assert [path.name for path in published(tmp_path)] == [f"zatia-0-{n:05d}.warc.gz" for n in range(marks[-1].file)]
    assert marks[-1].file > 1
    receipt = receipts[0]
    assert receipt == read_receipt(str(tmp_path / "receipts"), receipt.task)
    warc = tmp_path / receipt.files["warc"].name
    assert receipt.files["warc"].bytes == warc.stat().st_size > 2000
    assert receipt.facts["records"] == len(by_warcio(warc)) == 1 + 3 * receipt.facts["captures"]


def test_an_index_leads_to_its_records(tmp_path):
    path = written(
        tmp_path, page(2), answer("https://www.adibidea.example/A?b=2&a=1", b"x", second=5), page(1), page(2)
    )
    lines = path.with_name("zatia-0-00000.cdxj").read_text().splitlines()
    assert lines == sorted(lines)
    assert [line.split(" ", 2)[:2] for line in lines] == [
        ["example,adibidea)/1", "20261101083001"],
        ["example,adibidea)/2", "20261101083002"],
        ["example,adibidea)/2", "20261101083002"],
        ["example,adibidea)/a?a=1&b=2", "20261101083005"],
    ]
    rows = [json.loads(line.split(" ", 2)[2]) for line in lines]
    assert [row["mime"] for row in rows] == ["text/html", "text/html", "warc/revisit", "text/html"]
    data = path.read_bytes()
    for row in rows:
        member = path.with_name("one.warc.gz")
        member.write_bytes(data[int(row["offset"]) : int(row["offset"]) + int(row["length"])])
        ((_, fields, _),) = by_fastwarc(member)
        assert (fields["warc-target-uri"], fields["warc-payload-digest"]) == (row["url"], row["digest"])


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://Adibidea.example:80/Berriak/", "example,adibidea)/berriak"),
        ("https://adibidea.example:8443/#gora", "example,adibidea:8443)/"),
        ("http://192.0.2.7/a", "192.0.2.7)/a"),
        ("http://[2001:db8::1]/a", "2001:db8::1)/a"),
        ("https://www2.adibidea.example", "example,adibidea)/"),
        ("https://adibidea.example:xx/", "https://adibidea.example:xx/"),
    ],
)
def test_sort_keys_are_those_of_the_readers_of_indexes(url, key):
    assert cdxj.sort_key(url) == key


def test_recovery_cuts_what_was_not_committed_and_the_pages_are_written_again(tmp_path):
    whole = tmp_path / "whole"
    with archive(whole, max_bytes=3000) as made:
        for number in range(10):
            made.write(page(number, "<html>bera" if number % 3 == 0 else None), About())
        made.settle(made.end())
    for kept in range(10):
        folder = tmp_path / str(kept)
        made = archive(folder, max_bytes=3000)
        for number in range(kept):
            made.write(page(number, "<html>bera" if number % 3 == 0 else None), About())
        mark = made.flush()
        for number in range(kept, 10):
            made.write(page(number, "<html>bera" if number % 3 == 0 else None), About())
        made.flush()
        made.close()
        with archive(folder, max_bytes=3000) as again:
            again.recover(mark)
            for number in range(kept, 10):
                again.write(page(number, "<html>bera" if number % 3 == 0 else None), About())
            again.settle(again.end())
        for path in published(whole):
            assert (folder / "warc" / path.name).read_bytes() == path.read_bytes()
            task = f"warc-{path.name.removesuffix('.warc.gz')}"
            assert read_receipt(str(folder / "receipts"), task) == read_receipt(str(whole / "receipts"), task)
        assert len(list(published(folder))) == len(list(published(whole)))


def test_recovery_publishes_what_was_committed_and_not_yet_settled(tmp_path):
    made = archive(tmp_path)
    made.write(page(1), About())
    mark = made.end()
    made.close()
    assert mark == Mark(1, 0)
    with archive(tmp_path) as again:
        assert [receipt.task for receipt in again.recover(mark)] == ["warc-zatia-0-00000"]
        assert again.write(page(2), About()).file == 1
        mark = again.flush()
    (path,) = published(tmp_path)
    path.rename(tmp_path / "elsewhere.warc.gz")
    with archive(tmp_path) as later:
        assert later.recover(mark) == ()
        assert later.write(page(3), About()).file == 1


def test_a_mark_that_is_not_this_archives_changes_nothing(tmp_path):
    path = written(tmp_path, page(1))
    before = path.read_bytes()
    for mark, words in [
        (Mark(), "older than the archive"),
        (Mark(0, 99), "older"),
        (Mark(1, 5), "0 bytes"),
        (Mark(3, 0), "missing"),
    ]:
        with archive(tmp_path) as made, pytest.raises(DataError, match=words):
            made.recover(mark)
    with archive(tmp_path) as made, pytest.raises(DataError, match="recover"):
        made.write(page(2), About())
    assert path.read_bytes() == before


def test_a_full_disk_leaves_the_file_whole(tmp_path, monkeypatch):
    import resource
    import signal

    with archive(tmp_path) as made:
        made.write(page(1), About())
        size = made.flush().offset
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, limits[1]))
        try:
            with pytest.raises(OSError, match="too large"):
                made.write(page(2), About())
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            signal.signal(signal.SIGXFSZ, before)
        made.write(page(3), About())
        made.settle(made.end())
    assert [row["url"][-1] for row in by_source(tmp_path / "warc/zatia-0-00000.warc.gz")] == ["1", "3"]
