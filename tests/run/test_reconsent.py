"""Consent asked again: what later robots.txt, tdmrep.json and headers cost, and that nothing happens before somebody says so."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from glotmill.core.errors import DataError, SettingsError
from glotmill.demo.warc import Capture, write_warc
from glotmill.provenance.folder import RunFolder
from support.command import glotmill
from support.takedowns import everything, holding

# Written for this test: one page each in nine languages, on sites whose owners say different things later.
PAGES = {
    "eus_Latn": "Herriko azokan sagarrak eta gazta saldu zituzten, eta umeek taloa jan zuten plazan.",
    "deu_Latn": "Die Imkerin öffnete am frühen Morgen vorsichtig den Bienenstock hinter der Scheune.",
    "hin_Deva": "गाँव की नदी पर नया पुल बनकर तैयार हो गया और बच्चे उस पर दौड़ने लगे।",
    "tha_Thai": "ชาวบ้านช่วยกันซ่อมสะพานไม้หน้าวัดก่อนฤดูฝนจะมาถึง",
    "khm_Khmr": "សិស្សសាលាភូមិបានដាំដើមឈើជុំវិញទីធ្លាសាលា",
    "arb_Arab": "افتتحت المكتبة أبوابها للأطفال بعد الظهر وقرأ لهم المعلم قصة.",
    "cmn_Hani": "村里的面包师每天清晨四点开始工作，炉火照亮了小巷。",
    "swh_Latn": "Watoto walipanda miembe kando ya shule na kila mmoja alimwagilia mti wake.",
    "tur_Latn": "Kasabanın pazarı her salı günü meydanda kurulur ve öğlene kadar sürer.",
}
RECIPE = {
    "name": "orriak",
    "version": "1.0.0",
    "languages": list(PAGES),
    "source": {"kind": "jsonl", "of": "orriak"},
    "steps": [
        {"name": "rights", "kind": "permit", "allow": "open-definition", "consent": "strictest"},
        {"name": "same", "kind": "exact_dedup"},
        {"name": "tokens", "kind": "count_tokens", "tokenizer": "utf8-bytes"},
    ],
    "sink": {"kind": "parquet", "partition_by": ["license_class"], "part_mb": 0.001, "row_group_rows": 2},
}
SOURCE = "name: o\nlicense: {expression: per-page, evidence: every row names its license}\nterms: none\ncontact: a@example.org\n"
RUN = "out/orriak/1.0.0"


def url(tag: str, number: int = 1) -> str:
    return f"http://{tag[:3]}.example/{number}"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "manifests/sources").mkdir(parents=True)
    (tmp_path / "manifests/sources/orriak.yaml").write_text(SOURCE, encoding="utf-8")
    write_recipe(tmp_path, "strictest")
    (tmp_path / "pages").mkdir()
    rows = [
        {"text": f"{text} {n}", "language": tag, "url": url(tag, n), "license": "CC-BY-4.0"}
        for tag, text in PAGES.items()
        for n in (1, 2, 3)
    ]
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (tmp_path / "pages/pages.jsonl").write_text(text, encoding="utf-8")
    return tmp_path


def write_recipe(home: Path, consent: str) -> None:
    steps = [{**RECIPE["steps"][0], "consent": consent}, *RECIPE["steps"][1:]]
    (home / "pipelines/orriak.yaml").write_text(json.dumps({**RECIPE, "steps": steps}), encoding="utf-8")


def build(home: Path) -> RunFolder:
    glotmill("run", "orriak", "--bind", "orriak=pages", "--out", "out", cwd=home)
    return RunFolder(str(home / RUN))


def rows_of(run: RunFolder) -> dict[str, dict[str, object]]:
    return {row["url"]: row for part in run.parts() for row in pq.ParquetFile(run.join(part)).read().to_pylist()}


def said(home: Path, *rows: dict[str, object], name: str = "later.jsonl") -> str:
    time = {"time": "2027-02-01T00:00:00Z"}
    text = "".join(json.dumps({**time, **row}, ensure_ascii=False) + "\n" for row in rows)
    (home / name).write_text(text, encoding="utf-8")
    return name


LATER = (
    {"url": "https://eus.example/", "robots_txt": "User-agent: GPTBot\nDisallow: /2\n\nUser-agent: *\nAllow: /\n"},
    {"url": "http://deu.example/", "tdmrep": [{"location": "/*", "tdm-reservation": 1}]},
    {"url": url("hin_Deva", 3), "headers": {"X-Robots-Tag": "noai"}},
    {"url": url("tha_Thai", 1), "html": '<html><head><meta name="tdm-reservation" content="1"></head></html>'},
    {"url": "http://khm.example/", "robots_txt": "User-agent: *\nContent-Usage: train-ai=y, search=n\nAllow: /\n"},
    {"url": "http://arb.example/", "robots_txt": "User-agent: *\nDisallow: /\n"},
    {"url": "http://nobody.example/", "robots_txt": "User-agent: CCBot\nDisallow: /\n"},
)
LOST = {"eus_Latn": 1, "deu_Latn": 3, "hin_Deva": 1, "tha_Thai": 1}


def test_the_cost_is_told_by_language_and_nothing_is_changed(home: Path) -> None:
    build(home)
    assert {row["consent"] for row in rows_of(RunFolder(str(home / RUN))).values()} == {"train-ai=unknown"}
    said(home, *LATER)
    before = everything(home)
    value = json.loads(glotmill("reconsent", RUN, "--signals", "later.jsonl", "--json", cwd=home))
    assert everything(home) == before
    assert value["policy"] == "strictest"
    assert {tag: loss["lost"] for tag, loss in value["languages"].items() if loss["lost"]} == LOST
    assert {loss["documents"] for loss in value["languages"].values()} == {3}
    thai = [len(f"{PAGES['tha_Thai']} {number}".encode()) for number in (1, 2, 3)]
    assert (value["languages"]["tha_Thai"]["lost_tokens"], value["languages"]["tha_Thai"]["tokens"]) == (
        thai[0],
        sum(thai),
    )
    assert value["rules"] == {"tdmrep": 4, "ai-agents": 1, "noai": 1}
    assert value["languages"]["khm_Khmr"]["changed"] == 3
    table = glotmill("reconsent", RUN, "--signals", "later.jsonl", cwd=home)
    assert "policy strictest" in table
    assert everything(home) == before


def test_apply_takes_out_what_is_denied_and_writes_down_what_is_said(home: Path) -> None:
    run = build(home)
    said(home, *LATER)
    texts = {address: row["text"] for address, row in rows_of(run).items()}
    glotmill("reconsent", RUN, "--signals", "later.jsonl", "--apply", "--by", "2027 crawl", cwd=home)
    left = rows_of(run)
    gone = set(texts) - set(left)
    assert len(gone) == sum(LOST.values())
    assert {"http://eus.example/2", "http://hin.example/3", "http://tha.example/1"} < gone
    assert (
        left["http://khm.example/1"]["consent"] == "train-ai=allowed by content-usage; search=denied by content-usage"
    )
    assert left["http://tur.example/1"]["consent"] == "train-ai=unknown"
    assert "0 problems" in glotmill("verify", RUN, cwd=home)
    assert all(holding(home / "out", str(texts[address])) == [] for address in gone)
    manifest = run.read_json("manifest.json")
    assert manifest["takedowns"][0]["why"] == "reconsent"
    reasons = {row["reason"] for batch in run.ledger() for row in batch.to_pylist()}
    assert reasons == {"takedown.consent"}
    assert "nothing to do" in glotmill("reconsent", RUN, "--signals", "later.jsonl", "--apply", cwd=home)
    again = json.loads(glotmill("run", "orriak", "--bind", "orriak=pages", "--out", "again", "--json", cwd=home))
    assert again["kept"] == len(left)


@pytest.mark.parametrize("policy", ["as-of-fetch", "record-only"])
def test_other_policies_take_nothing_out(home: Path, policy: str) -> None:
    write_recipe(home, policy)
    run = build(home)
    said(home, *LATER)
    value = json.loads(glotmill("reconsent", RUN, "--signals", "later.jsonl", "--json", cwd=home))
    assert (value["policy"], value["lost"]) == (policy, 0)
    assert sum(loss["denied"] for loss in value["languages"].values()) == sum(LOST.values())
    glotmill("reconsent", RUN, "--signals", "later.jsonl", "--apply", cwd=home)
    rows = rows_of(run)
    assert len(rows) == 27
    recorded = rows["http://deu.example/1"]["consent"]
    assert recorded == ("train-ai=unknown" if policy == "as-of-fetch" else "train-ai=denied by tdmrep")
    assert "0 problems" in glotmill("verify", RUN, cwd=home)
    stricter = json.loads(
        glotmill("reconsent", RUN, "--signals", "later.jsonl", "--policy", "strictest", "--json", cwd=home)
    )
    assert stricter["lost"] == sum(LOST.values())


def test_signals_come_out_of_archives_with_their_redirects(home: Path) -> None:
    build(home)
    robots = "User-agent: *\nContent-Signal: ai-train=no\nAllow: /\n"
    page = '<html><head><meta name="robots" content="noai"></head><body>x</body></html>'
    captures = [
        capture("http://tur.example/robots.txt", "", "text/plain", status=301, location="https://tur.example/r.txt"),
        capture("https://tur.example/r.txt", robots, "text/plain"),
        capture("https://swh.example/2", page, "text/html"),
        capture("http://swh.example/3", page, "text/html", status=404),
        capture(
            "http://cmn.example/.well-known/tdmrep.json",
            '[{"location": "/1", "tdm-reservation": 1}]',
            "application/json",
        ),
        capture("http://khm.example/robots.txt", "User-agent: GPTBot\nDisallow: /\n", "text/plain", status=404),
    ]
    (home / "later").mkdir()
    (home / "later" / "a.warc.gz").write_bytes(write_warc("a.warc.gz", captures, codec="gzip"))
    value = json.loads(glotmill("reconsent", RUN, "--signals", "later", "--json", cwd=home))
    assert {tag: loss["lost"] for tag, loss in value["languages"].items() if loss["lost"]} == {
        "tur_Latn": 3,
        "swh_Latn": 1,
        "cmn_Hani": 1,
    }


def capture(address: str, body: str, kind: str, *, status: int = 200, location: str | None = None) -> Capture:
    more = () if location is None else (("Location", location),)
    return Capture(address, body.encode(), "signal", content_type=kind, status=status, headers=more)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"url": "http://eus.example/"}\n', "time"),
        ('{"url": "http://eus.example/", "time": "2027-02-01"}\n', "time"),
        ('{"url": "eus.example", "time": "2027-02-01T00:00:00Z"}\n', "url"),
        ('{"url": "http://eus.example/", "time": "2027-02-01T00:00:00Z", "robots": ""}\n', "robots"),
        ("{\n", "line 1"),
    ],
)
def test_a_line_that_cannot_be_read_could_be_one_that_denies(home: Path, text: str, message: str) -> None:
    from glotmill.crawl.replay import Snapshots
    from glotmill.licensing.agents import AiAgents

    (home / "later.jsonl").write_text(text, encoding="utf-8")
    snapshots = Snapshots(AiAgents({}, {}), lambda key: True, frozenset({"eus.example"}))
    with pytest.raises(DataError, match=message):
        snapshots.read(str(home / "later.jsonl"))
    with pytest.raises(DataError, match="neither WARC files nor JSON Lines"):
        snapshots.read(str(home / "pipelines"))


def test_a_corpus_without_a_policy_needs_one(tmp_path: Path) -> None:
    from glotmill.run.reconsent import policy_of
    from support.corpora import LABEL, Bench, documents

    run = Bench(tmp_path, documents(3), [LABEL]).run()
    with pytest.raises(SettingsError, match="--policy"):
        policy_of([run], None)
    assert policy_of([run], "record-only") == "record-only"
