"""`glotmill fetch`, and what `plan` and `run` make of sources from Common Crawl."""

import json
from pathlib import Path

import pytest

from glotmill.demo.commoncrawl import build
from support.command import glotmill


@pytest.fixture(scope="module")
def base(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    build(root / "pipelines" / "demo_web", folder)
    return folder


def project(folder: Path, *languages: str, **fields: object) -> Path:
    value = {
        "name": "proba",
        "version": "1.0.0",
        "languages": languages,
        "source": {"kind": "commoncrawl", "of": "commoncrawl", "crawls": ["CC-MAIN-2026-40"], **fields},
        "steps": [
            {"name": "rights", "kind": "permit", "allow": "any", "consent": "record-only"},
            {"name": "clean", "kind": "normalize"},
        ],
        "sink": {"kind": "parquet", "partition_by": ["license_class"]},
    }
    (folder / "pipelines").mkdir(exist_ok=True)
    (folder / "pipelines" / "proba.yaml").write_text(json.dumps(value), encoding="utf-8")
    return folder


def asked(folder: Path, *words: str, code: int = 0):
    said = glotmill(*words, "--json", cwd=folder, code=code)
    return json.loads(said) if code == 0 else said


def test_a_plan_says_what_is_to_be_fetched_and_then_that_it_is(base: Path, tmp_path: Path) -> None:
    project(tmp_path, "khm_Khmr", "hin_Deva")
    words = ("fetch", "proba", "--bind", "commoncrawl=cc", "--from", str(base))
    before = asked(tmp_path, "plan", "proba")["fetch"]["commoncrawl"]
    assert (before["pages"], before["expected_pages"]) == (None, 261_138 + 5_214_443)
    listed = asked(tmp_path, *words, "--list-only")
    assert listed["finished"] is False
    assert listed["requests"] == listed["pages"]["left"] + listed["robots"]["left"] > 5
    planned = asked(tmp_path, "plan", "proba", "--bind", "commoncrawl=cc")
    assert planned["fetch"]["commoncrawl"]["requests"] == listed["requests"]
    assert planned["fetch"]["commoncrawl"]["bytes"] == listed["bytes"] > 1_000
    assert planned["estimate"] is None
    assert "not finished" in asked(tmp_path, "dry-run", "proba", "--bind", "commoncrawl=cc", code=1)
    done = asked(tmp_path, *words)
    assert done["finished"]
    assert done["pages"]["fetched"] == listed["pages"]["left"]
    assert done["requests"] == 0
    planned = asked(tmp_path, "plan", "proba", "--bind", "commoncrawl=cc")
    assert planned["fetch"]["commoncrawl"]["finished"]
    assert planned["estimate"]["files"] == 1
    assert asked(tmp_path, *words) == done


def test_another_recipe_does_not_read_the_folder(base: Path, tmp_path: Path) -> None:
    project(tmp_path, "khm_Khmr")
    asked(tmp_path, "fetch", "proba", "--bind", "commoncrawl=cc", "--from", str(base))
    project(tmp_path, "khm_Khmr", tlds=["kh"])
    for words in (("fetch", "proba"), ("plan", "proba"), ("dry-run", "proba"), ("run", "proba", "--out", "out")):
        assert "holds another fetch (proba@1.0.0/commoncrawl): selection differ" in asked(
            tmp_path, *words, "--bind", "commoncrawl=cc", code=2
        )


def test_a_plan_warns_of_languages_that_the_index_does_not_know(tmp_path: Path) -> None:
    project(tmp_path, "eus_Latn", "bam_Latn")
    said = glotmill("plan", "proba", cwd=tmp_path)
    assert "CLD2 does not know bam_Latn" in said
    assert "`seeds`" in said
    project(tmp_path, "bam_Latn", languages="any", tlds=["ml"])
    assert asked(tmp_path, "plan", "proba")["fetch"]["commoncrawl"]["notes"] == []
    project(tmp_path, "bam_Latn")
    assert "no code for bam_Latn" in asked(tmp_path, "fetch", "proba", "--bind", "commoncrawl=cc", code=2)


def test_wrong_usage_is_2_and_a_base_without_an_index_1(base: Path, tmp_path: Path) -> None:
    project(tmp_path, "eus_Latn")
    assert "--bind commoncrawl=LOCATION" in asked(tmp_path, "fetch", "proba", code=2)
    assert "has no source of kind commoncrawl" in asked(tmp_path, "fetch", "demo", code=2)
    (tmp_path / "empty").mkdir()
    assert "no index of CC-MAIN-2026-40" in asked(
        tmp_path, "fetch", "proba", "--bind", "commoncrawl=cc", "--from", "empty", code=1
    )
    project(tmp_path, "eus_Latn", seeds="manifests/seeds/none.txt")
    assert "manifests/seeds/none.txt is missing" in asked(tmp_path, "fetch", "proba", code=2)


def test_a_tiny_common_crawl_is_written_into_an_empty_folder_alone(tmp_path: Path) -> None:
    assert asked(tmp_path, "demo", "--common-crawl", "cc") == {
        "directory": "cc",
        "crawls": ["CC-MAIN-2026-40", "CC-MAIN-2026-44"],
    }
    assert "not an empty folder" in asked(tmp_path, "demo", "--common-crawl", "cc", code=2)
