"""A head of a Ray cluster as `ray start` makes it: real, on this machine, apart from every other Ray here."""

import os
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

DEADLINE_S = 120


@contextmanager
def apart(home: Path, *paths: object) -> Iterator[dict[str, str]]:
    """Yield a shell's environment for a cluster of its own: its token, its home, its folder for sockets, whose paths have to be short."""
    with tempfile.TemporaryDirectory(prefix="rj-", ignore_cleanup_errors=True) as sockets:
        yield {
            **os.environ,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "PYTHONPATH": os.pathsep.join([*filter(None, sys.path), *map(str, paths)]),
            "HOME": str(home),
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": secrets.token_hex(32),
            "RAY_TMPDIR": sockets,
            "RAY_USAGE_STATS_ENABLED": "0",
        }


def free_ports(*options: str) -> dict[str, int]:
    """Return, for each option, a port that nobody listens on."""
    doors = {option: socket.socket() for option in options}
    for door in doors.values():
        door.bind(("127.0.0.1", 0))
    found = {option: door.getsockname()[1] for option, door in doors.items()}
    for door in doors.values():
        door.close()
    return found


@contextmanager
def started(start: str, environment: dict[str, str], ports: Mapping[str, int]) -> Iterator[None]:
    """Run a `ray start --head ...` until the block ends; `ray stop` would end every Ray of this machine.

    Args:
        start: the command.
        environment: of the head.
        ports: by option of the command; the block begins once the last of them answers.
    """
    words = [word for name, port in ports.items() for word in (name, str(port))]
    command = [*shlex.split(start), *words, "--min-worker-port", "0", "--max-worker-port", "0", "--block"]
    head = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        _answering(list(ports.values())[-1], head)
        yield
    finally:
        head.terminate()
        with suppress(subprocess.TimeoutExpired):
            head.wait(DEADLINE_S)
        with suppress(ProcessLookupError):  # what it left, which is in its session
            os.killpg(head.pid, signal.SIGKILL)
        head.wait()


def _answering(port: int, head: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        assert head.poll() is None, "ray start failed: what it said is above"
        with closing(socket.socket()) as door:
            if door.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise AssertionError(f"nobody answers at port {port}")
