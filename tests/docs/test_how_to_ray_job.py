"""The how-to's job: a real head with its dashboard, a real `ray job submit`, the same bytes as without Ray."""

import os
import re
import secrets
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from support.pages import blocks, run_page

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ray")]

DEADLINE_S = 120
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


@pytest.fixture
def ports() -> list[int]:
    """Four ports that nobody listens on."""
    doors = [socket.socket() for _ in range(4)]
    for door in doors:
        door.bind(("127.0.0.1", 0))
    found = [door.getsockname()[1] for door in doors]
    for door in doors:
        door.close()
    return found


@pytest.fixture
def environment(dashboard: Path, tmp_path: Path) -> Iterator[dict[str, str]]:
    """A shell's environment for a cluster of its own: its token, its home, its folder for sockets, whose paths have to be short."""
    sockets = tempfile.mkdtemp(prefix="rj-")
    yield {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join([*filter(None, sys.path), str(dashboard)]),
        "HOME": str(tmp_path),
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_TMPDIR": sockets,
        "RAY_USAGE_STATS_ENABLED": "0",
    }
    shutil.rmtree(sockets, ignore_errors=True)


def answering(port: int, head: subprocess.Popen[bytes]) -> None:
    """Wait for the dashboard."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        assert head.poll() is None, "ray start ended"
        with closing(socket.socket()) as door:
            if door.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise AssertionError("the head does not answer")


def test_the_job_of_the_page_runs_on_a_real_head_and_makes_the_same_bytes(
    root: Path, tmp_path: Path, environment: dict[str, str], ports: list[int]
) -> None:
    page = root / PAGE
    run_page(page, tmp_path)
    (job,) = (text for kind, text in blocks(page) if kind == "bash")
    start, *commands, stop = job.splitlines()
    assert stop == "ray stop"  # it would end every Ray of this machine
    gcs, http, client, agent = map(str, ports)
    apart = ["--port", gcs, "--dashboard-port", http, "--ray-client-server-port", client]
    apart += ["--dashboard-agent-listen-port", agent, "--min-worker-port", "0", "--max-worker-port", "0"]
    head = subprocess.Popen([*shlex.split(start), *apart, "--block"], env=environment, stdout=subprocess.DEVNULL)
    try:
        answering(ports[1], head)
        script = "\n".join(commands).replace(":8265", f":{http}")
        ask = f"ray job status --address http://127.0.0.1:{http} "
        ran = bash(script, tmp_path / "hodeia", environment)
        (name,) = set(re.findall(r"raysubmit_\w+", ran))
        assert "2 records read: 2 kept in 2 languages" in ran
        assert f"Job '{name}' succeeded" in bash(ask + name, tmp_path, environment)
        strangers = {**environment, "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        refused = subprocess.run(["bash", "-c", ask + name], env=strangers, capture_output=True, text=True, check=False)
        assert refused.returncode != 0
        assert "AuthenticationError" in refused.stderr
    finally:
        head.terminate()
        head.wait(DEADLINE_S)


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
