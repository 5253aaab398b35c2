"""The command in this process, as people call it: arguments in, exit code checked, what it printed out."""

import contextlib
import io
import sys
from pathlib import Path

import pytest

from glotmill.cli.app import main


def glotmill(*words: str, cwd: Path, code: int = 0) -> str:
    """Run the command in a folder; return what it printed, or its error output where it is to fail."""
    out, err = io.StringIO(), io.StringIO()
    ended: object = 0
    with (
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(sys, "argv", ["glotmill", *words])
        try:
            main()
        except SystemExit as exited:
            ended = exited.code or 0
    assert ended == code, f"{words}: exit {ended}\n{out.getvalue()}\n{err.getvalue()}"
    return out.getvalue() if code == 0 or not err.getvalue() else err.getvalue()
