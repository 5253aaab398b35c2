"""The how-to page on clusters: its commands run as they stand, and its files are what they say."""

import shlex
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from glotmill.cli.app import app
from support.pages import run_page


@pytest.mark.xdist_group("ray")
def test_the_commands_of_the_page_run_in_order(root: Path, tmp_path: Path) -> None:
    said = run_page(root / "docs" / "how-to" / "run-on-a-cluster.md", tmp_path)
    assert said.count("2 records read: 2 kept in 2 languages") == 2


def test_the_job_for_kubernetes_names_this_ray_and_options_that_exist(root: Path) -> None:
    job = yaml.safe_load((root / "docs/how-to/cluster/rayjob.yaml").read_text(encoding="utf-8"))
    spec = job["spec"]
    assert spec["rayClusterSpec"]["rayVersion"] == version("ray")
    words = shlex.split(spec["entrypoint"])
    helped = CliRunner().invoke(app, ["run", "--help"], env={"COLUMNS": "200", "TERM": "dumb"}).output
    assert words[:2] == ["glotmill", "run"]
    assert [word for word in words if word.startswith("--") and word not in helped] == []
    groups = [spec["rayClusterSpec"]["headGroupSpec"], *spec["rayClusterSpec"]["workerGroupSpecs"]]
    images = {one["template"]["spec"]["containers"][0]["image"] for one in groups}
    assert len(images) == 1


def test_the_job_for_slurm_is_a_script_that_bash_can_read(root: Path) -> None:
    script = root / "docs/how-to/cluster/glotmill.sbatch"
    subprocess.run(["bash", "-n", str(script)], check=True)
    text = script.read_text(encoding="utf-8")
    assert all(line.startswith("#SBATCH --") for line in text.splitlines() if line.startswith("#SBATCH"))
