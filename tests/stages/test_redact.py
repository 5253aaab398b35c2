"""`redact` finds addresses in any script around them, and leaves what only looks like one."""

import itertools

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from glotmill.core.hashing import content_hash
from glotmill.core.steps import Batch, Resources, Scope
from glotmill.stages.redact import RedactSpec
from glotmill.text.pii.finding import KINDS, Finder, replaced
from glotmill.text.pii.identity import NUMBERS
from support.effort import done_within

PLACEHOLDERS = {kind: f"<{kind}>" for kind in KINDS}
ADDRESSES = Finder(["email", "ip"])
ALL = Finder(["email", "ip", "iban", "card", "phone", "id"], phone_countries=("TH", "DE"), id_countries=tuple(NUMBERS))
RESOURCES = Resources(Scope(("tha_Thai",), ("web",)))


def redact(text, finder=ADDRESSES):
    return replaced(text, finder(text), PLACEHOLDERS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ติดต่อmali@example.co.thได้ทุกวัน", "ติดต่อ<email>ได้ทุกวัน"),
        ("请写信到wang.li@example.com.cn谢谢", "请写信到<email>谢谢"),
        ("Idatzi ane+lana@posta.example.eus helbidera.", "Idatzi <email> helbidera."),
        ("Écrivez à <jean@courrier.münchen.example>.", "Écrivez à <<email>>."),
        ("info@例子.广告 をご覧ください", "<email> をご覧ください"),
        ("ईमेल: seva@उदाहरण.भारत पर", "ईमेल: <email> पर"),
        ("mailto:a.b@xn--bcher-kva.example?subject=x", "mailto:<email>?subject=x"),
        ("'joe@x.example', (ann@y.example); \"bob@z.example\"", "'<email>', (<email>); \"<email>\""),
        ("a@b.example,c@d.example", "<email>,<email>"),
    ],
)
def test_mail_addresses_are_replaced_in_text_with_and_without_spaces(text, expected):
    assert redact(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "@mali",
        "mali@",
        "a@b",
        "3@1.2",
        "ราคา 5@10.5 บาท",
        "x@-.-",
        ".@x.example",
        "a.@x.example",
        "@@@",
        "user@localhost",
        "a..b@x.example",
    ],
)
def test_what_is_no_mail_address_stays(text):
    assert redact(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("เครื่อง8.8.8.8ล่ม", "เครื่อง<ip>ล่ม"),
        ("8.8.8.8:53, [2606:4700::1111]:443.", "<ip>:53, [<ip>]:443."),
        ("2001:4860:4860::8888.", "<ip>."),
        ("نشانی ۸۵.۱۵.۲۳.۴۴ ثبت شد", "نشانی <ip> ثبت شد"),
        ("ที่อยู่ ๘๕.๑๕.๒๓.๔๔", "ที่อยู่ <ip>"),
        ("::ffff:8.8.4.4 2a00:1450:4001:82a:0:0:0:200e", "<ip> <ip>"),
    ],
)
def test_public_addresses_of_machines_are_replaced(text, expected):
    assert redact(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1 10.1.2.3 192.168.0.1 172.16.9.9 169.254.1.1 192.0.2.7 198.51.100.2",
        "::1 fe80::1 fd00::2 2001:db8::7",
        "v1.2.3.4 Version 4.10.20.30 ver. 8.8.8.8",
        "1.2.3.4.5 300.1.2.3 1.2.3 12:30:45 a::b::c 10.5.2024",
        "std::vector abc:def:12 ::: 1:2",
    ],
)
def test_private_addresses_versions_and_times_stay(text):
    assert redact(text) == text


def test_the_step_counts_rehashes_and_drops_nothing():
    texts = ["เขียนถึงmali@example.co.thหรือ9.9.9.9", "ไม่มีอะไร", None]
    rows = pa.record_batch({"text": pa.array(texts, pa.string())})
    spec = RedactSpec(name="privacy", kind="redact", find=["email", "ip"], replace={"email": "[อีเมล]"})
    outcome = spec.build(RESOURCES)(Batch(rows))
    changed = "เขียนถึง[อีเมล]หรือ<ip>"
    assert outcome.batch.column("text").to_pylist() == [changed, "ไม่มีอะไร", None]
    assert outcome.batch.column("redactions").to_pylist() == [2, 0, 0]
    assert outcome.batch.column("redactions").type == pa.int32()
    assert outcome.batch.column("content_hash").to_pylist() == [content_hash(changed), content_hash("ไม่มีอะไร"), None]
    assert outcome.reasons is None


def test_only_the_kinds_in_find_are_looked_for():
    assert redact("a@b.example 8.8.8.8", Finder(["ip"])) == "a@b.example <ip>"


@pytest.mark.parametrize(
    "wrong",
    [
        {"find": []},
        {"find": ["mail"]},
        {"find": ["email"], "replace": {"ip": "x"}},
        {"find": ["email"], "replace": {"email": "nobody@nowhere.example"}},
        {"find": ["id"]},
        {"find": ["email"], "id_countries": ["DE"]},
        {"find": ["id"], "id_countries": ["US"]},
        {"find": ["id"], "id_countries": ["de"]},
        {"find": ["email"], "phone_countries": ["DE"]},
        {"find": ["card"], "replace": {"card": "4111 1111 1111 1111"}},
    ],
)
def test_a_recipe_that_could_not_work_is_refused(wrong):
    with pytest.raises(ValidationError):
        RedactSpec(name="privacy", kind="redact", **wrong)


@settings(max_examples=500, deadline=None)
@given(st.text(st.sampled_from("aก1é@.:-_[]f <>v")) | st.text())
def test_redacting_twice_finds_nothing_more(text):
    assert [span for span in ADDRESSES(redact(text)) if span.kind == "ip"] == []


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("0123456789๑५ .-/()+:@aDE\n")) | st.text())
def test_spans_are_sorted_apart_and_within_the_text(text):
    spans = ALL(text)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(one.end <= other.start for one, other in itertools.pairwise(spans))


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "@",
        "a@",
        "a@a.",
        "1.",
        "1.1.1.1.",
        ":",
        "a:",
        "::1 ",
        "a.b@c.dd ",
        "ก@ก.",
        "@-",
        "version ",
        "1",
        "1 ",
        "0 ",
        "12-",
        "(0",
        "+4",
        "+ 4",
        "DE12",
        "DE12 ",
        "4111 ",
        "0171 2345678 ",
        "tel 0 ",
        "โทร0",
        "900101-1",
        "๑ ",
    ],
)
def test_a_long_line_of_anything_takes_seconds(piece):
    text = piece * (100_000 // len(piece))
    done_within(20, lambda: (ALL(text), ALL("x@" + text)))


def test_the_place_of_what_was_replaced_is_kept():
    text = "ติดต่อ๐๘๑-๒๓๔-๕๖๗๘ หรือmali@example.co.th บัญชี DE89 3704 0044 0532 0130 00"
    spec = RedactSpec(name="privacy", kind="redact", find=["email", "iban", "phone"], phone_countries=["TH"])
    outcome = spec.build(RESOURCES)(Batch(pa.record_batch({"text": [text, "ว่าง", None]})))
    assert outcome.batch.column("text")[0].as_py() == "ติดต่อ<phone> หรือ<email> บัญชี <iban>"
    found, empty, none = outcome.batch.column("redacted").to_pylist()
    assert [(span["kind"], text[span["start"] : span["end"]]) for span in found] == [
        ("phone", "๐๘๑-๒๓๔-๕๖๗๘"),
        ("email", "mali@example.co.th"),
        ("iban", "DE89 3704 0044 0532 0130 00"),
    ]
    assert (empty, none) == ([], [])
    assert outcome.batch.column("redacted").type == spec.contract(RESOURCES).provides.field("redacted").type
