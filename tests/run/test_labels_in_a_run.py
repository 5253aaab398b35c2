"""Labels from a recipe to the manifest: columns in the corpus, counts per language, proven by verification."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from glotmill.executors.local import LocalExecutor
from glotmill.plan.project import Project
from glotmill.plan.resolve import resolve
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.verify import verify
from glotmill.run.driver import Driver
from glotmill.run.settings import Settings
from glotmill.run.shard import release_steps
from support.corpora import Bench
from support.kinds import ClaimSpec

STEPS = [
    {"name": "claim", "kind": "claim"},
    {"name": "labels", "kind": "label", "labels": ["bible", "user_generated"]},
]
VERSES = "\n".join(f"4:{verse} Eltzegileak lurra hartu zuen ibaitik eta ontzia egin." for verse in range(1, 8))
ROWS = [
    {"text": VERSES, "language": "eus_Latn", "url": "https://ipuinak.example/4"},
    {"text": VERSES, "language": "eus_Latn", "url": "https://ipuinak.blogspot.com/4"},
    {"text": "Gaur euria egin du.", "language": "eus_Latn", "url": "https://ipuinak.example/euria"},
    {"text": "วันนี้ฝนตกทั้งวัน", "language": "tha_Thai", "url": "https://pantip.com/topic/1"},
    {"text": "Leo mvua imenyesha.", "language": "swh_Latn", "url": None},
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    bench = Bench(tmp_path_factory.mktemp("labels"), ROWS, STEPS)
    bench.write_recipe(STEPS, languages=["eus_Latn", "tha_Thai", "swh_Latn"])
    plan = resolve(Project(bench.project), "pipelines/tiny.yaml", extra={"claim": ClaimSpec})
    executor = LocalExecutor(1)
    try:
        return Driver(plan, Settings(str(bench.out), {"stories": str(bench.inputs)}), {}, executor=executor).run()
    finally:
        executor.close()
        release_steps()


def test_labels_stand_beside_the_numbers_that_they_rest_on(folder: RunFolder) -> None:
    rows = {row["url"]: row for row in pq.read_table(folder.join("data")).to_pylist()}
    assert {url: row["labels"] for url, row in rows.items()} == {
        "https://ipuinak.example/4": ["bible"],
        "https://ipuinak.blogspot.com/4": ["bible", "user_generated"],
        "https://ipuinak.example/euria": [],
        "https://pantip.com/topic/1": ["user_generated"],
        None: [],
    }
    assert rows["https://ipuinak.example/4"]["label_bible_share"] > 0.8
    assert rows["https://pantip.com/topic/1"]["label_user_generated"] is True
    assert rows[None]["label_user_generated"] is None


def test_the_manifest_counts_labels_per_language_and_verification_proves_it(folder: RunFolder) -> None:
    manifest = folder.read_json("manifest.json")
    assert manifest["totals"]["labels"] == {
        "eus_Latn": {"bible": 2, "user_generated": 1},
        "swh_Latn": {},
        "tha_Thai": {"user_generated": 1},
    }
    assert manifest["account"]["dropped"] == 0
    assert verify(folder, check_row=lambda row: None).problems == []


def test_a_wrong_count_of_labels_is_found(folder: RunFolder, tmp_path: Path) -> None:
    manifest = folder.read_json("manifest.json")
    [part] = [part for part in manifest["parts"] if "tha_Thai" in part["path"]]
    part["labels"]["tha_Thai"]["user_generated"] = 9
    for name in ("data", "phase-0", "plan.json"):
        (tmp_path / name).symlink_to(folder.join(name))
    other = RunFolder(str(tmp_path))
    other.write_json("manifest.json", manifest)
    problems = verify(other, check_row=lambda row: None).problems
    assert any(problem.startswith(f"{part['path']}: labels ") for problem in problems)
