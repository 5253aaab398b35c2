"""What the documents say is what the product does: their commands run, their lists are complete."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

from glotmill.plan.kinds import SOURCE_KINDS, STEP_KINDS


def commands(text: str, heading: str) -> list[list[str]]:
    """The indented shell lines of one section."""
    section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line.strip().partition("#")[0] for line in section.splitlines() if line.startswith("    ")]
    return [words for line in lines if (words := shlex.split(line)) and words[0] in ("glotmill", "cd")]


def test_the_commands_of_the_readme_run_as_they_stand(root: Path, tmp_path: Path) -> None:
    here = tmp_path
    done: list[str] = []
    for words in commands((root / "README.md").read_text(encoding="utf-8"), "Your own corpus"):
        if words[0] == "cd":
            here = here / words[1]
            continue
        ran = subprocess.run(
            [sys.executable, "-m", "glotmill.cli.app", *words[1:]],
            cwd=here,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, f"{words}\n{ran.stdout}\n{ran.stderr}"
        done.append(words[1])
    assert done == ["init", "dry-run", "run", "verify"]


def test_every_step_and_source_kind_stands_in_the_reference(root: Path) -> None:
    text = (root / "docs" / "reference" / "recipe.md").read_text(encoding="utf-8")
    missing = [kind for kind in (*STEP_KINDS, *SOURCE_KINDS) if f"\n| {kind} |" not in text]
    assert missing == []


def test_links_between_documents_lead_somewhere(root: Path) -> None:
    broken = [
        f"{page.name}: {target}"
        for page in [root / "README.md", root / "CONTRIBUTING.md", *(root / "docs").rglob("*.md")]
        for target in re.findall(r"\]\(([^)#]+)\)", re.sub(r"`[^`]*`", "", page.read_text(encoding="utf-8")))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []
