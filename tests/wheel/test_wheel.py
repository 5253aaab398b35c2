"""The built wheel works by itself: from any folder, with the recipes, filters, manifests and pages that it carries."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from glotmill.demo.web import build
from glotmill.plan.checking import check_project
from glotmill.plan.fingerprint import code_digest
from glotmill.plan.project import Project

# What the installed package says of itself: where it is, which code it has, and the demo's pages as archives.
LOOK = """
from pathlib import Path
import glotmill
from glotmill.demo.web import build
from glotmill.plan.fingerprint import code_digest
from glotmill.plan.project import carried
build(carried() / "pipelines" / "demo_web", Path("web"))
print(glotmill.__file__, code_digest())
"""


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(out),
        str(root),
    ]
    subprocess.run(command, check=True)
    return next(out.glob("glotmill-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with the wheel, its dependencies borrowed from this environment."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    # They come after the new one's own packages: the wheel's glotmill is found first.
    (site_of(python) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", str(wheel)]
    subprocess.run(install, check=True)
    return home / "bin"


def site_of(python: Path) -> Path:
    return Path(said_by(str(python), "-c", "import site; print(site.getsitepackages()[0])", cwd=python.parent).strip())


def said_by(*command: str, cwd: Path) -> str:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_demo(glotmill: Path, folder: Path) -> dict:
    return json.loads(said_by(str(glotmill), "demo", "--out", "demo", "--json", cwd=folder))


def test_the_wheel_has_the_code_and_the_pages_of_the_checkout(installed: Path, tmp_path: Path, root: Path) -> None:
    file, digest = said_by(str(installed / "python"), "-c", LOOK, cwd=tmp_path).split()
    assert file.startswith(str(site_of(installed / "python")))
    assert digest == code_digest()
    ours = build(root / "pipelines" / "demo_web", tmp_path / "ours")
    assert len(ours) >= 10
    assert {path.name: path.read_bytes() for path in (tmp_path / "web").iterdir()} == {
        path.name: path.read_bytes() for path in (tmp_path / "ours").iterdir()
    }


def test_the_wheel_reads_its_recipes_and_all_that_they_name_in_any_folder(
    installed: Path, tmp_path: Path, root: Path
) -> None:
    found = json.loads(said_by(str(installed / "glotmill"), "check", "--json", cwd=tmp_path))
    assert found["problems"] == {}
    assert found["files"] == list(check_project(Project(root), {}).files)
    assert "pipelines/demo.yaml" in found["recipes"]


@pytest.mark.slow
def test_the_wheel_runs_the_demo_from_any_folder_with_the_code_of_the_checkout(installed: Path, tmp_path: Path) -> None:
    result = run_demo(installed / "glotmill", tmp_path)
    assert result["read"] == result["kept"] + result["dropped"] + result["quarantined"]
    assert len(result["languages"]) >= 20
    assert sorted(path.name for path in tmp_path.iterdir()) == ["demo"]
    (manifest,) = tmp_path.glob("demo/corpora/demo/*/manifest.json")
    assert json.loads(manifest.read_text(encoding="utf-8"))["code"]["digest"] == code_digest()


@pytest.mark.slow
def test_pip_installs_the_wheel_with_its_dependencies_into_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "environment"
    venv.create(home, with_pip=True)
    subprocess.run([str(home / "bin" / "pip"), "install", "-q", str(wheel)], check=True)
    result = run_demo(home / "bin" / "glotmill", tmp_path)
    assert len(result["languages"]) >= 20
