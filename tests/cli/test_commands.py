"""The commands as people call them: in processes of their own, from another folder, with their exit codes."""

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = ("init", "check", "plan", "dry-run", "run", "funnel", "why", "verify", "clean", "models", "demo")


@pytest.fixture(scope="module")
def model(models_dir: Path) -> Path:
    if not (models_dir / "lid176" / "lid.176.ftz").is_file():
        pytest.skip("lid176 is not fetched; `make` fetches it")
    return models_dir


def glotmill(*words: str, cwd: Path, code: int = 0) -> str:
    """Run the command; return its standard output, or its error output where it is to fail."""
    done = subprocess.run(
        [sys.executable, "-m", "glotmill.cli.app", *words], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, f"{words}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout if code == 0 or not done.stderr else done.stderr


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Path:
    """A project as `init` makes it, with one finished run."""
    folder = tmp_path_factory.mktemp("init")
    glotmill("init", "kiswahili", "--language", "swh_Latn", cwd=folder)
    home = folder / "kiswahili"
    run = ("run", "swh-web", "--bind", "swh-pages=input", "--out", "out", "--models", str(model), "--workers", "2")
    glotmill(*run, cwd=home)
    return home


RUN = "out/swh-web/0.1.0"


def test_a_new_project_runs_as_it_stands_and_keeps_its_language(project: Path) -> None:
    manifest = json.loads((project / RUN / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["totals"]["histograms"]["language"]) == {"swh_Latn"}
    assert manifest["account"]["kept"] >= 3


def test_check_passes_for_a_new_project_and_for_the_repository(project: Path, root: Path) -> None:
    assert json.loads(glotmill("check", "--json", cwd=project))["problems"] == {}
    assert json.loads(glotmill("check", "--json", cwd=root))["problems"] == {}


def test_verify_holds_and_names_the_row_that_somebody_changed(project: Path, tmp_path: Path) -> None:
    import shutil

    import pyarrow as pa
    import pyarrow.parquet as pq

    assert json.loads(glotmill("verify", RUN, "--json", cwd=project))["holds"] is True
    copy = tmp_path / "copy"
    shutil.copytree(project / RUN, copy)
    part = next((copy / "data").rglob("*.parquet"))
    table = pq.read_table(part)
    rows = table.to_pylist()
    rows[0]["license"] = "CC-BY-NC-4.0"
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), part)
    problems = json.loads(glotmill("verify", str(copy), "--json", cwd=tmp_path, code=1))["problems"]
    assert any("sha256" in problem for problem in problems)
    assert any("row 1" in problem and "CC-BY-NC-4.0" in problem for problem in problems)


def test_verify_misses_a_document_that_somebody_took_out(project: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(project / RUN, copy)
    next((copy / "data").rglob("*.parquet")).unlink()
    problems = json.loads(glotmill("verify", str(copy), "--json", cwd=tmp_path, code=1))["problems"]
    assert any("missing" in problem for problem in problems)


def test_why_names_step_rule_and_value_or_the_part_that_holds_the_document(project: Path) -> None:
    import pyarrow.parquet as pq

    kept = pq.read_table(project / RUN / "data", columns=["url"]).column("url")[0].as_py()
    assert "kept in data/swh_Latn" in glotmill("why", RUN, kept, cwd=project)
    fates = json.loads(glotmill("why", RUN, "https://hostile.example/nodes.html", "--json", cwd=project))["fates"]
    assert [fate["row"]["reason"] for fate in fates] == ["gate.no_target_language"]
    assert fates[0]["row"]["detail"].startswith("eus_Latn; no word of a target")


def test_why_says_so_when_a_document_was_never_read(project: Path) -> None:
    assert "neither" in glotmill("why", RUN, "https://nowhere.example/", cwd=project, code=1)


def test_funnel_adds_up(project: Path) -> None:
    steps = [
        row for row in json.loads(glotmill("funnel", RUN, "--json", cwd=project))["steps"] if row["reason"] is None
    ]
    for step, following in itertools.pairwise(steps):
        assert step["rows_in"] == step["kept"] + step["dropped"] + step["quarantined"]
        assert following["rows_in"] == step["kept"]


def test_dry_run_shows_dropped_examples_in_their_own_script(tmp_path: Path, model: Path, root: Path) -> None:
    glotmill("init", "thai", "--language", "tha_Thai", cwd=tmp_path)
    words = ("dry-run", "tha-web", "--bind", "tha-pages=input", "--docs", "400", "--models", str(model))
    shown = glotmill(*words, cwd=tmp_path / "thai")
    assert any("\u0e00" <= character <= "\u0e7f" for character in shown)
    report = json.loads(glotmill(*words, "--json", cwd=tmp_path / "thai"))
    assert report["account"]["read"] == 400
    assert set(report["languages"]) <= {"tha_Thai"}
    assert not (tmp_path / "thai" / "out").exists()


def test_plan_states_phases_reasons_and_disk_without_reading(project: Path) -> None:
    plan = json.loads(glotmill("plan", "swh-web", "--bind", "swh-pages=input", "--json", cwd=project))
    assert {step["phase"] for step in plan["steps"]} == {"phase-0", "phase-1", "phase-2"}
    assert "extract.timeout" in next(step for step in plan["steps"] if step["kind"] == "extract")["reasons"]
    assert plan["partition_by"] == ["language", "license_class"]
    assert plan["estimate"]["shards"] >= 1
    assert plan["estimate"]["intermediate_bytes"] > 0
    assert plan["estimate"]["requests"]["writes"] > 50


def test_clean_frees_intermediate_data_and_the_run_stays_verified_and_finished(
    project: Path, tmp_path: Path, model: Path
) -> None:
    import shutil

    home = tmp_path / "home"
    shutil.copytree(project, home)
    freed = json.loads(glotmill("clean", RUN, "--json", cwd=home))
    assert freed["bytes"] > 0
    assert json.loads(glotmill("verify", RUN, "--json", cwd=home))["holds"] is True
    before = (home / RUN / "manifest.json").read_bytes()
    glotmill("run", "swh-web", "--bind", "swh-pages=input", "--out", "out", "--models", str(model), cwd=home)
    assert (home / RUN / "manifest.json").read_bytes() == before
    assert not (home / RUN / "phase-0" / "data").exists()


def test_a_model_that_is_not_there_is_named_with_the_command_that_fetches_it(project: Path) -> None:
    recipe = (project / "pipelines" / "swh-web.yaml").read_text(encoding="utf-8")
    other = recipe.replace("name: swh-web", "name: swh-model").replace("[words, ngrams]", "lid176")
    (project / "pipelines" / "swh-model.yaml").write_text(other, encoding="utf-8")
    run = ("run", "swh-model", "--out", "x", "--bind", "swh-pages=input", "--models", "nowhere")
    assert "glotmill models fetch lid176" in glotmill(*run, cwd=project, code=2)
    (project / "pipelines" / "swh-model.yaml").unlink()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("run", "swh-web", "--out", "x"), "--bind swh-pages=LOCATION"),
        (("run", "swh-web", "--out", "x", "--bind", "swh-page=input"), "swh-pages"),
        (("run", "swh-wep", "--out", "x"), "swh-web"),
        (("verify", "nowhere"), "OUT/<name>/<version>"),
        (("init", ".", "--language", "swh_Latn"), "not an empty folder"),
        (("init", "new", "--language", "xyzzy"), "no such language"),
        (("models", "fetch", "lid177"), "lid176"),
    ],
)
def test_a_mistake_ends_with_exit_code_2_and_says_what_would_be_right(
    project: Path, words: tuple[str, ...], message: str
) -> None:
    assert message in glotmill(*words, cwd=project, code=2)


def test_an_input_that_is_no_archive_ends_with_exit_code_1_and_its_name(
    project: Path, tmp_path: Path, model: Path
) -> None:
    (tmp_path / "fake.warc.gz").write_bytes(b"this is no archive\n" * 50)
    words = (
        "run",
        "swh-web",
        "--out",
        str(tmp_path / "out"),
        "--bind",
        f"swh-pages={tmp_path}",
        "--models",
        str(model),
    )
    assert "fake.warc.gz" in glotmill(*words, cwd=project, code=1)


def test_an_empty_place_ends_with_exit_code_1_and_the_suffixes_looked_for(
    project: Path, tmp_path: Path, model: Path
) -> None:
    words = (
        "run",
        "swh-web",
        "--out",
        str(tmp_path / "out"),
        "--bind",
        f"swh-pages={tmp_path}",
        "--models",
        str(model),
    )
    assert ".warc.gz" in glotmill(*words, cwd=project, code=1)


def test_every_command_has_help_with_an_example_and_a_section_in_the_docs(root: Path) -> None:
    reference = (root / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    listed = glotmill("--help", cwd=root)
    for command in COMMANDS:
        assert command in listed
        assert f"`glotmill {command}" in reference
        if command != "models":
            shown = " ".join(glotmill(command, "--help", cwd=root).split())
            assert f"Example: glotmill {command}" in shown
            assert "--json" in shown


def test_help_imports_nothing_heavy(root: Path) -> None:
    code = (
        "import sys; from glotmill.cli import app; "
        "heavy = {'ray', 'trafilatura', 'fasttext', 'datatrove', 'pandas', 'torch', 'icu4py', 'rich', 'pyarrow.parquet'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "[]"
