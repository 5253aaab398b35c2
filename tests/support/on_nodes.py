"""Runs on several nodes, as tests ask for them: `support.nodes` in a process of its own, since a process has one Ray."""

import json
import subprocess
import sys
from pathlib import Path

from support.corpora import Bench


def on_nodes(how: str, bench: Bench, out: object, *words: object) -> dict[str, int]:
    """Run `support.nodes` and return what it says."""
    command = [sys.executable, "-m", "support.nodes", how, bench.project, bench.inputs, out, *words]
    ran = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=1800, check=False)
    assert ran.returncode == 0, ran.stderr[-4000:]
    (said,) = (line.removeprefix("say ") for line in ran.stdout.splitlines() if line.startswith("say "))
    return json.loads(said)


def slow(folder: Path) -> tuple[dict[str, object], Path, Path]:
    """A step that waits at its documents until the gate is there."""
    gate, seen = folder / "gate", folder / "seen"
    seen.mkdir()
    return {"name": "slow", "kind": "slow", "gate": str(gate), "seen": str(seen)}, gate, seen
