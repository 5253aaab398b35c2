"""The how-to's job: a real head with its dashboard, a real `ray job submit`, the same bytes as without Ray."""

import re
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from support.code_blocks import blocks_of
from support.heads import apart, free_ports, started
from support.pages import run_page

pytestmark = pytest.mark.xdist_group("ray")

PAGE = "docs/how-to/run-on-a-cluster.md"


def locked(file: Path) -> dict[str, str]:
    """Return the entries of a lock file, hashes included, by package and version."""
    entries = re.split(r"^(?=[a-z0-9])", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {entry.split(maxsplit=1)[0]: entry for entry in entries if "==" in entry}


@pytest.fixture(scope="module")
def dashboard(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what `ray[default]` has beyond `ray`, at the versions of the image."""
    ours = locked(root / "requirements.lock")
    more = {name: entry for name, entry in locked(root / "requirements-image.lock").items() if name not in ours}
    assert any(name.startswith("opencensus==") for name in more)
    folder = tmp_path_factory.mktemp("dashboard")
    (folder / "more.lock").write_text("".join(more.values()), encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--require-hashes", "--target", str(folder)]
    subprocess.run([*pip, "-r", str(folder / "more.lock")], check=True)
    return folder


@pytest.mark.slow
def test_the_job_of_the_page_runs_on_a_real_head_and_makes_the_same_bytes(
    root: Path, tmp_path: Path, dashboard: Path
) -> None:
    page = root / PAGE
    run_page(page, tmp_path)
    (job,) = (block for block in blocks_of(page) if block.tested_by is not None)
    start, *commands, stop = job.text.splitlines()
    assert stop == "ray stop"  # it would end every Ray of this machine
    client, agent, http = "--ray-client-server-port", "--dashboard-agent-listen-port", "--dashboard-port"
    ports = free_ports("--port", client, agent, http)
    with apart(tmp_path, dashboard) as environment, started(start, environment, ports):
        ran = bash("\n".join(commands).replace(":8265", f":{ports[http]}"), tmp_path / "hodeia", environment)
        (name,) = set(re.findall(r"raysubmit_\w+", ran))
        assert "2 records read: 2 kept in 2 languages" in ran
        ask = f"ray job status --address http://127.0.0.1:{ports[http]} {name}"
        assert f"Job '{name}' succeeded" in bash(ask, tmp_path, environment)
        stranger = {**environment, "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        refused = subprocess.run(["bash", "-c", ask], env=stranger, capture_output=True, text=True, check=False)
        assert refused.returncode != 0
        assert "AuthenticationError" in refused.stderr


def bash(script: str, folder: Path, environment: dict[str, str]) -> str:
    """Run commands and return all that they print."""
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    return ran.stdout
