"""The prose that the gates read is what manifests/prose.yaml says: enough of it, in its script, each document once."""

import json
from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
import yaml

from glotmill.text.scan import scan
from glotmill.text.scripts import dominant_scripts
from glotmill.text.tags import canonical

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = yaml.safe_load((ROOT / "manifests" / "prose.yaml").read_text(encoding="utf-8"))
CACHE = ROOT / ".cache" / "real" / "prose"
SOURCES, LANGUAGES = MANIFEST["sources"], MANIFEST["languages"]


def rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        pytest.skip(f"{path} is not there: `make prose` fetches it")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def meant_by(patterns: list[str], row: dict[str, str]) -> bool:
    name = f"{row['source']}/{row['name']}"
    return any(fnmatchcase(name, pattern if "/" in pattern else f"{pattern}/*") for pattern in patterns)


def test_every_tag_is_canonical_and_every_split_names_sources_that_have_the_language():
    for tag, split in LANGUAGES.items():
        assert canonical(tag) == tag
        having = {name for name, source in SOURCES.items() if tag in source["locales"]}
        told = {name for name in having if SOURCES[name]["genre"] != "scripture"}
        assert {entry.partition("/")[0] for entry in split["calibration"] + split["test"]} == told, tag
    assert set(LANGUAGES) == {tag for source in SOURCES.values() for tag in source["locales"]}


@pytest.mark.real
@pytest.mark.parametrize("tag", sorted(LANGUAGES))
def test_documents_are_long_enough_in_their_script_and_there_once(tag):
    found = rows(CACHE / f"{tag}.jsonl")
    texts = [row["text"] for row in found]
    assert scan(texts).word_counts.min() >= 100
    assert set(dominant_scripts(texts)) == {tag.partition("_")[2]}
    assert len(set(texts)) == len(texts)
    assert len({(row["source"], row["name"]) for row in found}) == len(found)


@pytest.mark.real
@pytest.mark.parametrize("tag", sorted(LANGUAGES))
def test_every_document_is_for_calibration_or_for_the_test_and_none_for_both(tag):
    split = LANGUAGES[tag]
    told = [row for row in rows(CACHE / f"{tag}.jsonl") if SOURCES[row["source"]]["genre"] != "scripture"]
    uses = Counter((meant_by(split["calibration"], row), meant_by(split["test"], row)) for row in told)
    assert set(uses) <= {(True, False), (False, True)}
    for entry in split["calibration"] + split["test"]:
        assert any(meant_by([entry], row) for row in told), f"{tag}: no document for {entry}"
    few = split.get("note", "") == "Too few documents to prove anything."
    assert few == (uses[False, True] < 60), f"{tag}: {uses[False, True]} documents for the test"


@pytest.mark.real
def test_navigation_is_in_its_script_and_there_once():
    for tag in sorted(LANGUAGES):
        path = CACHE / "navigation" / f"{tag}.jsonl"
        texts = [row["text"] for row in rows(path)]
        assert set(dominant_scripts(texts)) == {tag.partition("_")[2]}
        assert len(set(texts)) == len(texts)
