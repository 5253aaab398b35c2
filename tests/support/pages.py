"""Documents: their commands run as they stand, one after the other, and print what the page says."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from support.code_blocks import RUN, Block, blocks_of
from support.forked_glotmill import folder_with_glotmill

_MARK = "----- the next block -----\n"


def run_page(page: Path, folder: Path, change: Callable[[str], str] | None = None) -> str:
    """Run the blocks `sh` and `python` of a page in a folder, in one shell and in order, as its reader would.

    A block of `text` behind them must be what they print: `...` in it stands for lines and `…` for characters that are
    left out. Blocks that the page says are not run, or tested by another test, are left alone.

    Args:
        page: of the documents.
        folder: empty, where the commands run.
        change: of the commands, as a reader makes it; the outputs are then not compared.

    Returns:
        What the blocks print. Any failure fails the test.
    """
    found = [block for block in blocks_of(page) if block.not_run is None and block.tested_by is None]
    ran = [_command(block) for block in found if block.kind in RUN]
    assert ran, f"{page} has no commands"
    said = _run(f"\nprintf '%s' '{_MARK}'\n".join(change(text) if change else text for text in ran), folder).split(
        _MARK
    )
    at = -1
    for block in found:
        at += block.kind in RUN
        if block.kind == "text" and change is None:
            shown = "".join(f"{line.rstrip()}\n" for line in said[at].splitlines())
            assert re.fullmatch(_pattern(block.text), shown), (
                f"{block} says\n{block.text}\nand the commands print\n{shown}"
            )
    return "".join(said)


def _command(block: Block) -> str:
    return block.text if block.kind == "sh" else f"python - <<'END_OF_BLOCK'\n{block.text}END_OF_BLOCK\n"


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
