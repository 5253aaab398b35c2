"""How-to pages: their commands run as they stand, one after the other."""

import os
import re
import subprocess
import sys
from pathlib import Path

from support.forked_glotmill import folder_with_glotmill


def run_page(page: Path, folder: Path) -> str:
    """Run the commands of a page in a folder, as its reader would, and return what they print; any failure fails the test."""
    script = "\n".join(re.findall(r"^```sh\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE))
    assert script, f"{page} has no commands"
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
