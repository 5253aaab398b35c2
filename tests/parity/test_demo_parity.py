"""Law 10 for the whole chain: the demo's own recipe, models, child processes and hostile pages included."""

import subprocess
import sys
from pathlib import Path

import pytest

from glotmill.demo.web import build
from glotmill.provenance.folder import RunFolder
from support.corpora import digests


@pytest.mark.slow
def test_the_demo_is_the_same_bytes_on_one_process_two_and_ray(root: Path, tmp_path: Path, models_dir: Path) -> None:
    build(root / "pipelines" / "demo_web", tmp_path / "web")
    found = []
    for words in (("--workers", "1"), ("--workers", "2"), ("--on", "ray", "--workers", "2")):
        out = tmp_path / "-".join(words).strip("-")
        command = [sys.executable, "-m", "glotmill.cli.app", "run", "demo", "--project", str(root), "--out", str(out)]
        command += ["--bind", f"demo-web={tmp_path / 'web'}", "--models", str(models_dir), "--json", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        found.append(digests(RunFolder(str(out / "demo" / "1.0.0"))))
    assert found[0] == found[1]
    assert found[0] == found[2]
    assert len(found[0]) > 50
