"""Pages of tailored sites become a corpus in one run: by their own rules, under licenses that somebody looked up."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from site_project import MADE, PAPER, RECIPE, SITES, TOWN, write_project

from glotmill.provenance.folder import RunFolder
from support.command import glotmill


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_project(tmp_path_factory.mktemp("sites"))
    glotmill("run", "tailored", "--bind", "sites-crawl=crawl.warc.gz", "--out", "out", cwd=folder)
    return folder


@pytest.fixture(scope="module")
def folder(project: Path) -> RunFolder:
    return RunFolder(str(project / "out" / "tailored" / "1.0.0"))


@pytest.fixture(scope="module")
def kept(folder: RunFolder) -> dict[str, dict[str, object]]:
    return {row["url"]: row for row in pq.read_table(folder.join("data")).to_pylist()}


def test_each_page_is_kept_with_its_text_or_gone_with_its_reason(folder, kept):
    gone = {row["url"]: row["reason"] for batch in folder.ledger() for row in batch.to_pylist()}
    assert {url: row["text"] for url, row in kept.items()} == {made.url: made.text for made in MADE if made.text}
    assert gone == {made.url: made.reason for made in MADE if made.reason}


def test_titles_and_dates_are_those_of_the_rules(kept):
    facts = {url: (row["title"], row["date"]) for url, row in kept.items()}
    assert facts[f"{TOWN}/azoka"] == ("Azoka berria", "2026-11-02")
    assert facts[f"{PAPER}/pul"] == ("नया पुल", "2026-11-05")
    assert facts["https://talat.example/naa-raek"] == (None, None)


def test_a_verified_license_names_who_looked_and_when_and_the_others_are_the_pages_own(kept):
    rights = {url: (row["license"], row["license_state"]) for url, row in kept.items()}
    assert rights == {
        f"{TOWN}/azoka": ("CC-BY-SA-4.0", "verified"),
        f"{TOWN}/zubia": ("CC-BY-SA-4.0", "verified"),
        f"{PAPER}/pul": ("CC-BY-4.0", "declared"),
        "https://talat.example/naa-raek": ("CC0-1.0", "verified"),
        "https://sala.example/daem-chheu": ("CC-BY-4.0", "verified"),
        "https://ezezaguna.example/": ("CC-BY-4.0", "declared"),
    }
    (alone,) = kept[f"{TOWN}/azoka"]["license_evidence"]
    assert (alone["signal"], alone["scope"], alone["spdx"]) == ("site", "site", "CC-BY-SA-4.0")
    assert alone["raw"].startswith("Ane Etxeberria, 2026-11-03: The imprint says")
    assert [one["signal"] for one in kept[f"{TOWN}/zubia"]["license_evidence"]] == ["rel-license", "site"]
    assert "site-link" in [one["signal"] for one in kept[f"{PAPER}/pul"]["license_evidence"]]


def test_the_corpus_is_verified_and_its_plan_names_the_reasons(project):
    glotmill("verify", "out/tailored/1.0.0", cwd=project)
    steps = {step["kind"]: step for step in json.loads(glotmill("plan", "tailored", "--json", cwd=project))["steps"]}
    assert {"extract_sites.no_text", "extract_sites.no_rule"} <= set(steps["extract_sites"]["reasons"])


def test_a_wrong_sites_file_is_reported_by_check_with_field_and_remedy(tmp_path):
    closed = SITES.replace("expression: CC0-1.0", "expression: CC-BY-NC-4.0")
    write_project(tmp_path, sites=closed)
    told = glotmill("check", cwd=tmp_path, code=2)
    assert "manifests/sites/proba.yaml: sites.2.license.expression" in told
    assert "CC-BY-NC-4.0 is not open" in told
    assert "publish: all" in told


def test_a_broken_license_table_is_no_mistake_of_the_sites(tmp_path):
    write_project(tmp_path)
    (tmp_path / "manifests" / "licenses.yaml").write_text("licenses: []", encoding="utf-8")
    found = json.loads(glotmill("check", "--json", cwd=tmp_path, code=2))
    assert "manifests/sites/proba.yaml" not in found["problems"]
    assert "manifests/licenses.yaml" in found["problems"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("sites/proba.yaml", "sites/prova.yaml", "manifests/sites/proba.yaml"),
        ("manifests/sites/proba.yaml", "proba.yaml", "steps.1.sites"),
        ("engine: trafilatura}", "engine: boilerpipe}", "steps.1.engine"),
        (", engine: trafilatura}", "}", "steps.1.engine"),
    ],
)
def test_mistakes_in_the_step_are_named_before_any_data_is_read(tmp_path, old, new, words):
    write_project(tmp_path, recipe=RECIPE.replace(old, new))
    assert words in glotmill("plan", "tailored", cwd=tmp_path, code=2)


def test_permit_may_not_decide_before_the_sites_have_spoken(tmp_path):
    lines = RECIPE.splitlines(keepends=True)
    at = next(index for index, line in enumerate(lines) if "kind: permit" in line)
    lines[at - 1], lines[at] = lines[at], lines[at - 1]
    write_project(tmp_path, recipe="".join(lines))
    told = glotmill("plan", "tailored", cwd=tmp_path, code=2)
    assert "steps.2" in told
    assert "Put 'extract' before 'rights'" in told


def test_a_published_license_that_is_not_open_still_meets_the_recipes_policy(tmp_path):
    sites = SITES.replace("publish: open-only", "publish: all").replace(
        "expression: CC0-1.0", "expression: CC-BY-NC-4.0"
    )
    project = write_project(tmp_path, sites=sites)
    glotmill("run", "tailored", "--bind", "sites-crawl=crawl.warc.gz", "--out", "out", cwd=project)
    folder = RunFolder(str(project / "out" / "tailored" / "1.0.0"))
    gone = {row["url"]: row["reason"] for batch in folder.ledger() for row in batch.to_pylist()}
    assert gone["https://talat.example/naa-raek"] == "permit.not_allowed"
