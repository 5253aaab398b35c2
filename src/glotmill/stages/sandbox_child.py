"""The child side of the sandbox: one process that imports once, and forks a limited worker per batch of pages.

It is started by file name and imports nothing of Glotmill by itself, so that it holds only what extraction needs; a
function that stands elsewhere is imported by the name that the parent's code gives. The first
process (the nursery) imports the library and forks workers; a worker serves pages until it is retired or dies.
Limits are kept by the kernel: timers whose default action ends the process, which no `except` can swallow.
"""

import ctypes
import gc
import json
import os
import re
import resource
import signal
import struct
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, NoReturn

LENGTH = struct.Struct(">I")
EXIT_MEMORY = 77
TOKEN_BYTES = 16
# A worker may map more than it may use, so that it is the check after a page that finds the breach, not an allocation
# that fails inside a library that hides it: a result that was cut short is then never taken for a whole one.
HEADROOM = 1.5
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024
_WARM_UP = "<html><head><title>t</title></head><body><article><p>" + "word " * 80 + "</p></article></body></html>"


class PageCutShort(Exception):
    """The parser read only the beginning of the page."""


PageFunction = Callable[[str, dict[str, Any]], str | None]


def _trafilatura_text(options: dict[str, Any]) -> PageFunction:
    import trafilatura  # noqa: PLC0415  # only this child pays for it
    from trafilatura.utils import HTML_PARSER  # noqa: PLC0415

    def text(html: str, _about: dict[str, Any]) -> str | None:
        tree = trafilatura.load_html(html)
        if tree is None:
            return None
        # libxml2 ends a page silently where one of its own limits is reached (256 levels, 10 MB in one text).
        if any(HTML_PARSER.error_log.filter_from_fatals()):
            raise PageCutShort
        found: str | None = trafilatura.extract(
            tree,
            fast=options["fast"],
            favor_precision=True,
            include_comments=False,
            include_tables=options["tables"],
            deduplicate=False,  # its memory is process-wide: the result would depend on earlier pages
        )
        return found

    return text


def _resiliparse_text(options: dict[str, Any]) -> PageFunction:
    from resiliparse.extract.html2text import extract_plain_text  # noqa: PLC0415

    skip = None if options["tables"] else ["table"]

    def text(html: str, _about: dict[str, Any]) -> str | None:
        found: str = extract_plain_text(
            html, main_content=True, list_bullets=False, alt_texts=False, comments=False, skip_elements=skip
        )
        return found

    return text


def _trafilatura_metadata(_options: dict[str, Any]) -> PageFunction:
    from trafilatura.metadata import extract_metadata  # noqa: PLC0415

    def metadata(html: str, about: dict[str, Any]) -> str | None:
        # Dates after `latest` are taken for mistakes; the library's own default is today, which no run repeats.
        dates = {"original_date": True, "extensive_search": False, "max_date": about.get("latest", "2100-01-01")}
        found = extract_metadata(html, default_url=about.get("url"), date_config=dates, extensive=False)
        return json.dumps({"title": found.title, "author": found.author, "date": found.date})

    return metadata


FUNCTIONS: dict[str, Callable[[dict[str, Any]], PageFunction]] = {
    "extract trafilatura": _trafilatura_text,
    "extract resiliparse": _resiliparse_text,
    "metadata trafilatura": _trafilatura_metadata,
}


ELSEWHERE = re.compile(r"[a-z_]+(?:\.[a-z_]+)+:[a-z_]+")


def _prepare(name: str, options: dict[str, Any]) -> PageFunction:
    if name in FUNCTIONS:
        return FUNCTIONS[name](options)
    module, _, attribute = name.partition(":")
    found: PageFunction = getattr(import_module(module), attribute)(options)
    return found


def main() -> None:
    """Serve the parent named on the command line until its end of the pipe closes."""
    config = json.loads(sys.argv[1])
    _survive_only_with(config["parent"])
    sys.path[:] = config["sys_path"]
    answers, status = int(config["answers"]), int(config["status"])
    # Whatever a library prints must not reach the terminal of the run.
    silence = os.open(os.devnull, os.O_RDWR)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        import logging  # noqa: PLC0415

        logging.disable(logging.CRITICAL)
        function = _prepare(config["function"], config["options"])
        function(_WARM_UP, {})
    except Exception as error:  # noqa: BLE001  # whatever the import raised is the parent's to report
        _tell(status, {"event": "failed", "error": f"{type(error).__name__}: {error}"})
        return
    gc.collect()
    gc.freeze()
    _tell(status, {"event": "ready"})
    token, nursery = bytes.fromhex(config["token"]), os.getpid()
    while (frame := _read_frame()) is not None:
        pid = os.fork()
        if pid == 0:
            try:
                _work(function, json.loads(frame), answers, nursery)
            except MemoryError:
                os._exit(EXIT_MEMORY)
        _tell(status, {"event": "started", "pid": pid})
        _, wait_status, usage = os.wait4(pid, 0)
        code = os.waitstatus_to_exitcode(wait_status)
        _tell(status, {"event": "ended", "code": code, "peak": usage.ru_maxrss * _MAXRSS_UNIT})
        # A worker that died while it read leaves the rest of its page in the pipe; the token stands behind it.
        unread = b""
        while token not in unread:
            piece = os.read(0, 1 << 16)
            if not piece:
                return
            unread = unread[1 - TOKEN_BYTES :] + piece
        _tell(status, {"event": "clean"})


def _work(function: PageFunction, limits: dict[str, Any], answers: int, nursery: int) -> NoReturn:
    _survive_only_with(nursery)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for number in (signal.SIGALRM, signal.SIGPROF, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    allowed = limits["memory"]
    start = _peak_bytes()
    if sys.platform == "linux":
        with open("/proc/self/statm", encoding="ascii") as stream:  # noqa: PTH123  # pathlib is not worth its import
            mapped = int(stream.read().split()[0]) * resource.getpagesize()
        most = mapped + int(allowed * HEADROOM)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    while frame := _read_frame():
        head = LENGTH.unpack_from(frame)[0] + LENGTH.size
        about = json.loads(frame[LENGTH.size : head])
        html = frame[head:].decode("utf-8", "replace")
        del frame
        signal.setitimer(signal.ITIMER_REAL, limits["seconds"])
        signal.setitimer(signal.ITIMER_PROF, limits["cpu_seconds"])
        answer = _answer(function, html, about)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_PROF, 0)
        if _peak_bytes() - start > allowed:
            os._exit(EXIT_MEMORY)
        _write_all(answers, LENGTH.pack(len(answer)) + answer)
    os._exit(0)


def _answer(function: PageFunction, html: str, about: dict[str, Any]) -> bytes:
    try:
        value = function(html, about)
    except MemoryError:
        raise
    except BaseException as error:  # noqa: BLE001  # libraries raise anything, Rust panics too; the name becomes a reason
        return b"E" + type(error).__name__.encode("utf-8", "replace")
    return b"N" if value is None else b"T" + value.encode("utf-8", "replace")


def _survive_only_with(parent: int) -> None:
    """Ignore Ctrl-C, which is the parent's to handle, and end when the parent ends.

    Linux sends a signal; elsewhere the end of the input pipe, read between two pages, does the same a little later.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(0)


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _MAXRSS_UNIT


def _read_frame() -> bytes | None:
    head = _read_exactly(LENGTH.size)
    return None if head is None else _read_exactly(LENGTH.unpack(head)[0])


def _read_exactly(count: int) -> bytes | None:
    pieces = []
    while count > 0:
        piece = os.read(0, min(count, 1 << 20))
        if not piece:
            return None
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)


def _tell(descriptor: int, event: dict[str, Any]) -> None:
    _write_all(descriptor, json.dumps(event).encode() + b"\n")


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


if __name__ == "__main__":
    main()
