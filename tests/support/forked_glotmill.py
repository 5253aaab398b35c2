"""A `glotmill` whose process begins with everything imported: each call is a fork of one process that did nothing else.

Pages call the command ten times in a row, and a third of their time went into the same imports. A call is a process of
its own still, with the arguments, folder, environment and open files of its caller, and its exit code is the caller's.
"""

import array
import atexit
import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

_READY = b"ready\n"
# What the shell calls: it hands its own standard streams over and ends as the fork ends. Without `site`, it starts in 10 ms.
_CLIENT = """\
#!{python} -SE
import array, json, os, socket, sys
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
told = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
server.sendmsg([len(told).to_bytes(8, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))])
server.sendall(told)
sys.exit(int(server.makefile().read() or 70))
"""


@cache
def folder_with_glotmill() -> Path:
    """Start the process that is forked, once per session, and return a folder for PATH with a `glotmill` that asks it."""
    folder = tempfile.TemporaryDirectory()
    address = str(Path(folder.name) / "socket")
    server = subprocess.Popen([sys.executable, __file__, address], stdout=subprocess.PIPE)
    assert server.stdout is not None
    assert server.stdout.readline() == _READY

    def end() -> None:
        server.kill()
        server.wait()
        folder.cleanup()

    atexit.register(end)
    program = Path(folder.name) / "bin" / "glotmill"
    program.parent.mkdir()
    program.write_text(_CLIENT.format(python=sys.executable, address=address), encoding="utf-8")
    program.chmod(0o755)
    return program.parent


def serve(address: str) -> None:
    """Import the package but for Ray, then fork for each caller, until killed."""
    import glotmill
    from glotmill.text.identification import ngram_table

    for module in pkgutil.walk_packages(glotmill.__path__, "glotmill."):
        if module.name not in {"glotmill.executors.ray", "glotmill.stages.sandbox_child"}:
            importlib.import_module(module.name)
    ngram_table.shipped()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(address)
    listening.listen()
    os.write(1, _READY)
    while True:
        caller, _ = listening.accept()
        # The one in between reports the exit code and goes with it, so that callers may overlap.
        if os.fork() == 0:
            listening.close()
            _answer(caller)
        caller.close()
        _reap()


def _reap() -> None:
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                return
        except ChildProcessError:
            return


def _answer(caller: socket.socket) -> None:
    head, descriptors = _received(caller)
    told = caller.makefile("rb").read(int.from_bytes(head, "big"))
    arguments, folder, environment = json.loads(told)
    child = os.fork()
    if child == 0:
        caller.close()
        _run(arguments, folder, environment, descriptors)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    caller.sendall(str(code if code >= 0 else 128 - code).encode())
    os._exit(0)


def _received(caller: socket.socket) -> tuple[bytes, list[int]]:
    descriptors = array.array("i")
    head, ancillary, _, _ = caller.recvmsg(8, socket.CMSG_SPACE(3 * descriptors.itemsize))
    for _, _, data in ancillary:
        descriptors.frombytes(data)
    return head, descriptors.tolist()


def _run(arguments: list[str], folder: str, environment: dict[str, str], descriptors: list[int]) -> None:
    from glotmill.cli.app import main

    for place, descriptor in enumerate(descriptors):
        os.dup2(descriptor, place)
        os.close(descriptor)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:0] = [one for one in environment.get("PYTHONPATH", "").split(os.pathsep) if one and one not in sys.path]
    sys.argv = ["glotmill", *arguments]
    code: object = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    serve(sys.argv[1])
