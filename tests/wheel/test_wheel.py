"""The built wheel works by itself: from any folder, with the recipes, filters, manifests and pages that it carries."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from glotmill.plan.fingerprint import code_digest


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


def make_environment(folder: Path) -> Path:
    venv.create(folder, with_pip=False)
    return folder / "bin" / "python"


def run_demo(glotmill: Path, folder: Path) -> dict:
    command = [str(glotmill), "demo", "--out", "demo", "--json"]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_wheel_runs_the_demo_from_any_folder_with_the_code_of_the_checkout(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "environment"
    python = make_environment(home)
    site = Path(
        subprocess.check_output([str(python), "-c", "import site; print(site.getsitepackages()[0])"], text=True).strip()
    )
    # The dependencies come from this environment, after the new one's own packages: the wheel's glotmill is found first.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", str(wheel)]
    subprocess.run(install, check=True)
    where = subprocess.check_output(
        [str(python), "-c", "import glotmill; print(glotmill.__file__)"], text=True, cwd=tmp_path
    )
    assert where.startswith(str(site))
    folder = tmp_path / "anywhere"
    folder.mkdir()
    result = run_demo(home / "bin" / "glotmill", folder)
    assert result["read"] == result["kept"] + result["dropped"] + result["quarantined"]
    assert len(result["languages"]) >= 20
    assert sorted(path.name for path in folder.iterdir()) == ["demo"]
    (manifest,) = folder.glob("demo/corpora/demo/*/manifest.json")
    assert json.loads(manifest.read_text(encoding="utf-8"))["code"]["digest"] == code_digest()


@pytest.mark.slow
def test_pip_installs_the_wheel_with_its_dependencies_into_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "environment"
    venv.create(home, with_pip=True)
    subprocess.run([str(home / "bin" / "pip"), "install", "-q", str(wheel)], check=True)
    result = run_demo(home / "bin" / "glotmill", tmp_path)
    assert len(result["languages"]) >= 20
