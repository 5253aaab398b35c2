"""Documents: their commands run as they stand, one after the other, and print what the page says."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from support.forked_glotmill import folder_with_glotmill

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_MARK = "----- the next block -----\n"


def blocks(page: Path) -> list[tuple[str, str]]:
    """Return kind and content of each block of code of a page, in order."""
    return BLOCK.findall(page.read_text(encoding="utf-8"))


def run_page(page: Path, folder: Path) -> str:
    """Run the commands of a page in a folder, as its reader would, and return what they print; any failure fails the test."""
    found = [text for kind, text in blocks(page) if kind == "sh"]
    assert found, f"{page} has no commands"
    return _run("\n".join(found), folder)


def run_and_compare(page: Path, folder: Path, change: Callable[[str], str] | None = None) -> None:
    """Run the commands of a page; what a block of `text` behind a block of commands says must be what these print.

    Args:
        page: with blocks `sh` and `text`; in a `text`, `...` stands for lines and `…` for characters that are left out.
        folder: empty, where the commands run.
        change: of the commands, as a reader makes it; the outputs are then not compared.
    """
    found = blocks(page)
    commands = [text for kind, text in found if kind == "sh"]
    ran = [change(text) if change else text for text in commands]
    said = _run(f"\nprintf '%s' '{_MARK}'\n".join(ran), folder).split(_MARK)
    at = -1
    for kind, text in found:
        at += kind == "sh"
        if kind == "text" and change is None:
            shown = "".join(f"{line.rstrip()}\n" for line in said[at].splitlines())
            assert re.fullmatch(_pattern(text), shown), f"the page says\n{text}\nand the commands print\n{shown}"


def _pattern(text: str) -> str:
    """Return a pattern of the lines that a page shows."""
    lines = (re.escape(line).replace("…", r"[^\n]*") + r"\n" for line in text.splitlines())
    return "".join(r"(?:[^\n]*\n)*" if line == r"\.\.\.\n" else line for line in lines)


def _run(script: str, folder: Path) -> str:
    folders = [str(folder_with_glotmill()), str(Path(sys.executable).parent), os.environ["PATH"]]
    environment = {**os.environ, "PATH": os.pathsep.join(folders)}
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout
