"""What a worker process of the local executor does: it serves items until its driver closes the connection or dies."""

import ctypes
import os
import signal
import sys
import threading
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from glotmill.executors.envelope import Bench
from glotmill.executors.memory import Wear

READY = b"ready"
WORN, FRESH = b"w", b"f"  # the first byte of an answer: whether this process is to be replaced

_PR_SET_PDEATHSIG = 1
# Out of memory, the kernel shall take a worker, whose item is then reported, and spare the driver.
_OOM_SCORE = "500"


def serve(connection_fd: int, lifeline_fd: int, driver: int, *, tied_to_thread: bool) -> None:
    """Answer each (tag, task, item, limit, recycling) message with an outcome until the connection ends.

    Args:
        connection_fd: this end of the connection to the driver.
        lifeline_fd: a pipe that ends when the driver does.
        driver: the process id of the driver.
        tied_to_thread: let the kernel kill this process when the thread that started it ends (Linux).
    """
    # Ctrl-C reaches the whole process group; the driver alone decides what becomes of the items under way.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    for inherited in (connection_fd, lifeline_fd):
        os.set_inheritable(inherited, False)
    _die_with(driver, lifeline_fd, tied_to_thread=tied_to_thread)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_OOM_SCORE, encoding="ascii")
    bench, wear = Bench(), Wear()
    connection = Connection(connection_fd)
    with suppress(EOFError, ConnectionError):
        connection.send_bytes(READY)
        while True:
            tag, task, item, limit_mb, recycling = connection.recv()
            outcome = bench.work(tag, task, item, limit_mb)
            connection.send_bytes((WORN if wear.worn(recycling) else FRESH) + outcome)


def _die_with(driver: int, lifeline_fd: int, *, tied_to_thread: bool) -> None:
    if sys.platform == "linux" and tied_to_thread:
        # The one way that works while C code holds the interpreter's lock.
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != driver:  # it died before the call above
            os._exit(1)
    threading.Thread(target=_watch, args=(lifeline_fd,), daemon=True).start()


def _watch(lifeline_fd: int) -> None:
    os.read(lifeline_fd, 1)  # nothing is ever written: it returns when the last writer, the driver, is gone
    os._exit(1)
