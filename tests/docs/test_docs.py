"""What the documents say is what the product does: their commands run, their lists are complete."""

import re
from pathlib import Path

from glotmill.plan.kinds import SOURCE_KINDS, STEP_KINDS
from support.pages import run_page


def test_the_commands_of_the_readme_run_as_they_stand(root: Path, tmp_path: Path) -> None:
    said = run_page(root / "README.md", tmp_path)
    assert "out/swh-web/0.1.0: verified" in said
    assert said.rstrip().endswith("['CC-BY-4.0', 'CC0-1.0', 'CC-BY-SA-4.0']")


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
