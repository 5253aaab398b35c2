"""The demo's recipe on the demo web: each kind of page meets the fate it was made for."""

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from glotmill.provenance.folder import RunFolder
from support.command import glotmill

TARGETS_OUT = {"eng_Latn", "nld_Latn", "pol_Latn", "ind_Latn", "hun_Latn"}  # written, and not asked for
DUPLICATE = {"exact_dedup.same_text", "minhash_dedup.near_duplicate"}
FOREIGN = {"gate.no_target_language", "identify.other_language", "identify.low_score"}
RIGHTS = {"permit.no_license", "permit.not_allowed", "permit.conflict"}

# What may become of a page of each kind in a target language. `kept` where it may stay.
FATES = {
    "native": {"kept", *DUPLICATE},
    "exact_duplicate": {"kept", *DUPLICATE},
    "near_duplicate": {"kept", *DUPLICATE},
    "same_text": {"kept", *DUPLICATE},
    "short": {"gopher_quality.too_few_words"},
    "mixed_boilerplate": {"kept"},
    "broken_truncated_member": {"warc.truncated"},
    "broken_empty_body": {"warc.empty_body"},
    "broken_big_body": {"warc.body_too_large"},
    "broken_404": {"warc.http_status"},
    "broken_pdf": {"warc.not_html"},
    "broken_binary": {"warc.undecodable"},
    "broken_says_utf8": {"kept", *DUPLICATE},
    "broken_is_utf8": {"kept", *DUPLICATE},
    "hostile_jsonld": {"kept", *DUPLICATE},
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("demo")
    command = [
        sys.executable,
        "-m",
        "glotmill.cli.app",
        "demo",
        "--out",
        str(out),
        "--json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verified"] is True
    return out


@pytest.fixture(scope="module")
def folder(demo: Path) -> RunFolder:
    (run,) = (demo / "corpora" / "demo").iterdir()
    return RunFolder(str(run))


@pytest.fixture(scope="module")
def truth(demo: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (demo / "demo-truth.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def kept(folder: RunFolder) -> dict[str, dict[str, Any]]:
    return {row["url"]: row for row in pq.read_table(folder.join("data")).to_pylist()}


@pytest.fixture(scope="module")
def gone(folder: RunFolder) -> dict[str, dict[str, Any]]:
    return {row["url"]: row for batch in folder.ledger() for row in batch.to_pylist()}


def test_the_session_of_the_readme_is_what_the_commands_print(root: Path, demo: Path, folder: RunFolder) -> None:
    readme = (root / "README.md").read_text(encoding="utf-8")
    made, *asked = readme.partition("```console\n")[2].partition("```\n")[0].split("\n$ .venv/bin/glotmill ")
    for one in asked:
        command, *shown = one.splitlines()
        name, run, *more = command.split()
        said = glotmill(name, folder.address, *more, cwd=demo).replace(folder.address, run).splitlines()
        lines = {line.rstrip() for line in said}
        # Which limit a hostile page meets first depends on how busy the machine is.
        assert [line for line in shown if line not in lines and line != "..." and "  extract." not in line] == []
    account = json.loads(Path(folder.join("manifest.json")).read_text(encoding="utf-8"))["account"]
    gone = f"{account['dropped']:,} dropped, {account['quarantined']:,} quarantined"
    assert re.search(rf"\n{account['read']:,} records read: {account['kept']:,} kept in \d+ languages, {gone} ", made)


def test_every_page_of_the_web_is_kept_or_gone_with_a_reason_once(truth, kept, gone) -> None:
    urls = [page["url"] for page in truth]
    assert len(urls) == len(set(urls))
    assert set(kept) | set(gone) == set(urls)
    assert not set(kept) & set(gone)


def test_each_kind_of_page_meets_its_fate(truth, kept, gone) -> None:
    wrong = defaultdict(list)
    for page in truth:
        fate = "kept" if page["url"] in kept else gone[page["url"]]["reason"]
        if page["language"] in TARGETS_OUT and not page["kind"].startswith(("broken", "hostile")):
            allowed = FOREIGN | RIGHTS
        elif page["kind"] in ("native", "short", "same_text") and not page["open"]:
            allowed = RIGHTS | FATES[page["kind"]] - {"kept"} if page["kind"] == "short" else RIGHTS
        else:
            allowed = FATES.get(page["kind"], {fate})
        if page["language"] in TARGETS_OUT:
            allowed = allowed | FOREIGN
        if fate not in allowed:
            wrong[page["kind"]].append((page["url"], fate))
    assert not dict(wrong)


def test_hostile_pages_are_quarantined_or_stopped_by_a_limit(truth, gone) -> None:
    fates = {
        page["kind"]: gone[page["url"]] for page in truth if page["kind"].startswith("hostile") and page["url"] in gone
    }
    assert fates["hostile_hang"]["fate"] == "quarantined"
    assert fates["hostile_hang"]["reason"] == "extract.timeout"
    assert fates["hostile_memory"]["fate"] == "quarantined"
    # Which limit it meets first depends on how fast the machine fills memory.
    assert re.search("memory|CPU time", fates["hostile_memory"]["detail"])
    assert fates["hostile_deep"]["reason"] == "extract.too_deep"
    assert fates["hostile_nodes"]["reason"] == "extract.too_many_nodes"


def test_no_page_without_an_open_license_is_kept_and_licenses_are_the_pages_own(truth, kept) -> None:
    of = {page["url"]: page for page in truth}
    assert all(of[url]["open"] for url in kept)
    assert {url: row["license"] for url, row in kept.items()} == {url: of[url]["license"] for url in kept}
    assert all(row["license_evidence"] for row in kept.values())


def test_languages_are_those_of_the_pages(truth, kept) -> None:
    of = {page["url"]: page for page in truth}
    mixed = {url for url in kept if of[url]["kind"] == "mixed_languages"}
    assert {url: row["language"] for url, row in kept.items() if url not in mixed} == {
        url: of[url]["language"] for url in kept if url not in mixed
    }
    assert len({row["language"] for row in kept.values()}) >= 20
    assert len({row["language"].partition("_")[2] for row in kept.values()}) >= 10


def test_every_open_article_of_a_target_language_survives_itself_or_in_a_copy(truth, kept, gone) -> None:
    lost = [
        page["url"]
        for page in truth
        if page["kind"] == "native"
        and page["open"]
        and page["language"] not in TARGETS_OUT
        and page["url"] not in kept
        and gone[page["url"]]["related"] is None
    ]
    assert lost == []


def test_duplicates_name_a_document_of_the_same_language(truth, kept, gone) -> None:
    of = {page["url"]: page["language"] for page in truth}
    ids = {row["doc_id"]: url for url, row in {**gone, **kept}.items()}
    duplicates = [row for row in gone.values() if row["reason"] in DUPLICATE]
    assert len(duplicates) >= 50
    for row in (row for row in duplicates if of[row["url"]] is not None):
        assert of[ids[row["related"]]] == of[row["url"]]


def test_mails_are_redacted(kept) -> None:
    assert not any(
        "@" in (row["text"] or "") and ".example" in row["text"].partition("@")[2][:40] for row in kept.values()
    )
