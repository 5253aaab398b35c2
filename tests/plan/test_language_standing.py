"""Languages without proven bounds are named wherever a recipe uses them: check, plan, manifest."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from glotmill.cli.app import app
from glotmill.core.hashing import canonical_json, sha256_text
from glotmill.core.yamlfile import load
from glotmill.plan.languages import standing, without_proof
from glotmill.plan.project import Project, carried
from glotmill.plan.resolve import resolve
from support.corpora import LABEL, Bench
from support.kinds import ClaimSpec

JUDGE = {"name": "quality", "kind": "judge", "filters": ["gopher_quality"], "without_bounds": "keep"}
LANGUAGES = ["eus_Latn", "tha_Thai", "gsw_Latn"]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A recipe in Basque, whose file calls it proven, Thai, unproven, and Swiss German, without a file."""
    bench = Bench(tmp_path, [], [])
    bench.write_recipe([{"name": "claim", "kind": "claim"}, JUDGE], languages=LANGUAGES)
    (bench.project / "filters/languages").mkdir(parents=True)
    for tag, status in (("eus_Latn", "proven"), ("tha_Thai", "unproven")):
        name = f"filters/languages/{tag}.yaml"
        text = (carried() / name).read_text(encoding="utf-8")
        for old in ("status: proven", "status: unproven"):
            text = text.replace(old, "status: STATUS")
        (bench.project / name).write_text(text.replace("STATUS", status), encoding="utf-8")
    return bench


def plan(bench: Bench):
    return resolve(Project(bench.project), "pipelines/tiny.yaml", extra={"claim": ClaimSpec})


def test_standing_is_the_files_status_with_a_digest_of_its_evidence(bench: Bench) -> None:
    found = standing(plan(bench))
    assert [(tag, one.status) for tag, one in found.items()] == [
        ("eus_Latn", "proven"),
        ("tha_Thai", "unproven"),
        ("gsw_Latn", "none"),
    ]
    text = (bench.project / "filters/languages/tha_Thai.yaml").read_text(encoding="utf-8")
    value = load(text, file="tha_Thai")
    assert found["tha_Thai"].evidence == sha256_text(canonical_json(value["evidence"]))
    assert found["gsw_Latn"].evidence is None


def test_a_recipe_that_asks_no_language_file_judges_nothing_without_proof(bench: Bench) -> None:
    assert without_proof(plan(bench)) == {"tha_Thai": "unproven", "gsw_Latn": "none"}
    bench.write_recipe([{"name": "claim", "kind": "claim"}], languages=LANGUAGES)
    assert without_proof(plan(bench)) == {}


def test_a_recipe_that_reads_packs_of_spelling_judges_nothing_by_that(bench: Bench) -> None:
    packs = {"name": "clean", "kind": "normalize", "packs": "language"}
    bench.write_recipe([{"name": "claim", "kind": "claim"}, packs], languages=LANGUAGES)
    assert without_proof(plan(bench)) == {}


def test_the_manifest_says_of_each_language_how_it_stands(bench: Bench) -> None:
    bench.write_inputs([{"text": "วันนี้ฝนตก", "language": "tha_Thai"}])
    bench.write_recipe([LABEL, JUDGE], languages=LANGUAGES)
    manifest = bench.run().read_json("manifest.json")
    assert {tag: found["status"] for tag, found in manifest["languages"].items()} == {
        "eus_Latn": "proven",
        "tha_Thai": "unproven",
        "gsw_Latn": "none",
    }
    assert len(manifest["languages"]["tha_Thai"]["evidence"]) == 64


def command(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(words))
    return done.exit_code, done.stdout


STEPS = [
    {"name": "language", "kind": "identify", "identifier": "lid176"},
    {"name": "rights", "kind": "permit", "allow": "open-definition", "consent": "strictest"},
    {"name": "labels", "kind": "label", "labels": ["toxic"], "lists": ["cuss"]},
]


def test_check_names_per_recipe_what_is_not_proven_and_lists_that_are_not_here(bench: Bench, tmp_path: Path) -> None:
    bench.write_recipe(STEPS, languages=["eus_Latn", "tha_Thai"])
    folder = bench.project / "filters/labels"
    folder.mkdir()
    (folder / "places.yaml").write_text("name: places\nabout: x\nlimits: y\nrules:\n- measure: hosts\n", "utf-8")
    code, text = command("check", "--project", str(bench.project), "--models", str(tmp_path / "nowhere"), "--json")
    found = json.loads(text)
    assert code == 2
    assert "no such measure: 'hosts'" in found["problems"]["filters/labels/places.yaml"]
    assert found["recipes"]["pipelines/tiny.yaml"]["without_proof"] == {"tha_Thai": "unproven"}
    assert "tha_Thai" in found["unproven"]
    assert "eus_Latn" not in found["unproven"]
    assert "glotmill models fetch cuss" in found["missing_models"]["cuss"]


def test_plan_names_what_is_not_proven(bench: Bench) -> None:
    bench.write_recipe([*STEPS, JUDGE], languages=["eus_Latn", "tha_Thai", "bre_Latn"])
    code, text = command("plan", "tiny", "--project", str(bench.project))
    assert code == 0
    assert text.splitlines()[1:3] == [
        "judged by bounds that are not proven: tha_Thai",
        "not judged, there is no language file: bre_Latn",
    ]
