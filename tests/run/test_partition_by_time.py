"""A corpus in folders by time: the folders of the recipe's order, proven by verification, the same bytes everywhere."""

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest

from glotmill.core.errors import PlanConflictError
from glotmill.core.schema import DOCUMENT_SCHEMA
from glotmill.executors.choose import executor_for
from glotmill.executors.local import LocalExecutor
from glotmill.plan.derived import rejudging
from glotmill.plan.project import Project
from glotmill.plan.resolve import Plan, resolve
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.verify import verify
from glotmill.run.driver import Driver
from glotmill.run.settings import Settings
from glotmill.run.shard import release_steps
from support.command import glotmill
from support.corpora import LABEL, Bench, digests
from support.kinds import ClaimSpec

# Time as pages are stamped -> its year, month and day in UTC.
TIMES = {
    "2026-11-27T22:30:00Z": ("2026", "2026-11", "2026-11-27"),
    "2026-11-28T01:30:00+03:00": ("2026", "2026-11", "2026-11-27"),
    "2026-11-28T00:00:00Z": ("2026", "2026-11", "2026-11-28"),
    "2026-12-31T23:30:00-02:00": ("2027", "2027-01", "2027-01-01"),
    "2025-02-28T12:00:00": ("2025", "2025-02", "2025-02-28"),
    "yesterday": ("unknown", "unknown", "unknown"),
    None: ("unknown", "unknown", "unknown"),
}
TEXTS = {
    "amh_Ethi": "ዛሬ ጠዋት ወደ ገበያ ሄድን።",
    "mlt_Latn": "Illum għamlet ix-xita l-ġurnata kollha.",
}
ROWS = [
    {"text": f"{text} {number}", "language": tag, "url": f"https://pages.example/{number}", "crawl_time": time}
    for number, (time, (tag, text)) in enumerate(
        (time, one) for _ in range(3) for time in TIMES for one in TEXTS.items()
    )
]


def sink(*partition_by: str) -> dict[str, object]:
    return {"kind": "parquet", "partition_by": partition_by, "part_mb": 0.01, "row_group_rows": 50}


def bench(folder: Path, *partition_by: str) -> Bench:
    made = Bench(folder, ROWS, [])
    made.write_recipe([LABEL], languages=list(TEXTS), sink=sink(*partition_by))
    return made


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return bench(tmp_path_factory.mktemp("times"), "crawl_year", "language", "crawl_month", "crawl_day").run()


def parts(folder: RunFolder) -> Iterator[tuple[tuple[str, ...], list[dict]]]:
    for part in folder.parts():
        yield tuple(part.split("/")[1:-1]), pq.read_table(folder.join(part), partitioning=None).to_pylist()


def test_every_document_stands_in_the_folder_of_its_time_in_the_order_of_the_recipe(run: RunFolder) -> None:
    found = {(row["url"], folders) for folders, rows in parts(run) for row in rows}
    expected = set()
    for row in ROWS:
        year, month, day = TIMES[row["crawl_time"]]
        expected.add((row["url"], (year, row["language"], month, day)))
    assert found == expected


def test_the_manifest_names_the_partition_and_no_column_of_it(run: RunFolder) -> None:
    manifest = run.read_json("manifest.json")
    assert manifest["recipe"]["sink"]["partition_by"] == ["crawl_year", "language", "crawl_month", "crawl_day"]
    assert [column["name"] for column in manifest["columns"]] == DOCUMENT_SCHEMA.names
    assert "data/2027/mlt_Latn/2027-01/2027-01-01/part-00000.parquet" in {part["path"] for part in manifest["parts"]}
    assert "data/unknown/mlt_Latn/unknown/unknown/part-00000.parquet" in {part["path"] for part in manifest["parts"]}


def test_the_plan_shows_folders_and_columns_apart(tmp_path: Path) -> None:
    made = Bench(tmp_path, ROWS, [])
    rights = {"name": "rights", "kind": "permit", "allow": "open-definition", "consent": "record-only"}
    made.write_recipe([rights], sink=sink("crawl_month", "license_class"))
    shown = glotmill("plan", "tiny", "--project", str(made.project), cwd=tmp_path)
    assert "corpus folders: data/<crawl_month>/<license_class>\n" in shown
    [columns] = [line for line in shown.splitlines() if line.startswith("corpus columns: ")]
    assert "crawl_time" in columns
    assert "crawl_month" not in columns


def test_verification_holds_and_finds_a_part_that_somebody_moved_to_another_day(run: RunFolder, tmp_path: Path) -> None:
    assert verify(run, check_row=lambda row: None).problems == []
    manifest = run.read_json("manifest.json")
    [part] = [part for part in manifest["parts"] if "2025/mlt_Latn" in part["path"]]
    before, part["path"] = part["path"], part["path"].replace("2025-02-28", "2025-02-27")
    (tmp_path / part["path"]).parent.mkdir(parents=True)
    (tmp_path / part["path"]).write_bytes(Path(run.join(before)).read_bytes())
    RunFolder(str(tmp_path)).write_json("manifest.json", {**manifest, "parts": [part]})
    RunFolder(str(tmp_path)).write_json("plan.json", {**run.read_json("plan.json"), "phases": []})
    problems = verify(RunFolder(str(tmp_path)), check_row=lambda row: None).problems
    assert any("'crawl_day': '2025-02-28'} does not belong in 2025/mlt_Latn/2025-02/2025-02-27" in p for p in problems)


def test_the_same_bytes_from_one_process_and_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH", "")])
    )
    made = bench(tmp_path, "crawl_month", "license_class")
    assert len(list(made.inputs.iterdir())) == 2  # two shards, each with rows of all times
    one = digests(made.run())
    executor = executor_for("local", 2, None)
    try:
        two = digests(made.run(executor=executor, out=tmp_path / "two"))
    finally:
        executor.close()
    assert one == two
    assert "data/2026-11/public-domain/part-00000.parquet" in one


def test_another_partition_under_the_same_version_is_another_plan(tmp_path: Path) -> None:
    made = bench(tmp_path, "crawl_month")
    made.run()
    made.write_recipe([LABEL], languages=list(TEXTS), sink=sink("crawl_day"))
    with pytest.raises(PlanConflictError, match=r"recipe\.sink\.partition_by\.0: crawl_month -> crawl_day"):
        made.run()


def test_readers_take_one_month_and_all_of_it(run: RunFolder) -> None:
    import datasets

    month = {row["url"] for row in ROWS if TIMES[row["crawl_time"]][1] == "2026-11"}
    whole = {row["url"] for row in ROWS}
    some, everything = run.join("data/*/*/2026-11/**/*.parquet"), run.join("data/**/*.parquet")
    assert set(pq.read_table(run.join("data")).column("url").to_pylist()) == whole
    assert pq.read_table(run.join("data")).column_names == DOCUMENT_SCHEMA.names
    for pattern, urls in ((some, month), (everything, whole)):
        assert {url for (url,) in duckdb.sql(f"select url from '{pattern}'").fetchall()} == urls
        assert set(pl.read_parquet(pattern)["url"]) == urls
        loaded = datasets.load_dataset("parquet", data_files=pattern, cache_dir=f"{run.address}/cache")["train"]
        assert set(loaded["url"]) == urls


def carry_out(plan: Plan, out: Path, bindings: dict[str, str]) -> RunFolder:
    executor = LocalExecutor(1)
    try:
        return Driver(plan, Settings(str(out), bindings), {}, executor=executor).run()
    finally:
        executor.close()
        release_steps()


def test_a_corpus_that_is_judged_again_keeps_its_folders(tmp_path: Path) -> None:
    made = Bench(tmp_path, ROWS, [])
    steps = [
        {"name": "claim", "kind": "claim"},
        {
            "name": "quality",
            "kind": "judge",
            "filters": ["gopher_quality"],
            "mode": "annotate",
            "without_bounds": "keep",
        },
    ]
    made.write_recipe(steps, languages=list(TEXTS), sink=sink("crawl_month", "judged"))
    plan = resolve(Project(made.project), "pipelines/tiny.yaml", extra={"claim": ClaimSpec})
    first = carry_out(plan, made.out, {"stories": str(made.inputs)})
    again = rejudging(Project(made.project), first, ["gopher_quality"], without_bounds="keep")
    second = carry_out(again, made.out, {again.recipe.name: first.join("data")})
    # Maltese has no bounds and stays; Amharic texts of a line fall to those on length.
    assert {folders[1] for folders, _ in parts(first)} == {"true", "false"}
    kept = {(row["url"], folders) for folders, rows in parts(second) for row in rows}
    assert kept == {
        (row["url"], (TIMES[row["crawl_time"]][1], "false")) for row in ROWS if row["language"] == "mlt_Latn"
    }
    for folder in (first, second):
        assert verify(folder, check_row=lambda row: None).problems == []
