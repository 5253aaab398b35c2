"""Compile the kernels that most tests call, by a small run; `make test`, beside mypy.

In a fresh clone each test process would otherwise compile them for itself, often two at the same time.
"""

import contextlib
import sys
import tempfile
from pathlib import Path

from glotmill.cli.app import main

MODELS = Path(__file__).resolve().parent.parent / ".cache" / "models"


def glotmill(*words: str) -> None:
    """Run the command in this process; end with its exit code where it fails."""
    sys.argv = ["glotmill", *words]
    try:
        main()
    except SystemExit as ended:
        if ended.code:
            raise


with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
    with contextlib.redirect_stdout(None):
        glotmill("init", "kernels", "--language", "swh_Latn")
    with contextlib.chdir("kernels"):
        glotmill("run", "swh-web", "--bind", "swh-pages=input", "--out", "out", "--models", str(MODELS), "--json")
