"""Write docs/languages/ from the files in filters/languages/ and the floors of the quality gates.

Run `.venv/bin/python scripts/write_languages.py` after a change of either; a test says when it is due.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from glotmill.text.rules import LanguageFile, read_language

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "languages"
FLOORS = ROOT / "tests" / "gates" / "floors.yaml"
HEAD = """\
# Languages on file

<!-- Written by scripts/write_languages.py; change filters/languages or the gates, then run it. -->

A language file gives the words that a language is known by, its own bounds, and the evidence for them. It is `unproven`
until a gate shows that its bounds keep running prose; `check`, `plan` and the manifest of a corpus say so of every language
they use. The gate holds the share of running prose kept, as the Wilson lower bound at 95 %, and the share of navigation
dropped. For a language that is not here, `glotmill calibrate` drafts a file from running text.
"""


def languages() -> list[LanguageFile]:
    """Return every language file, by tag."""
    paths = sorted((ROOT / "filters" / "languages").glob("*.yaml"))
    files = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    return [language for path in paths if (language := read_language(path.stem, files)) is not None]


def gate(floor: Mapping[str, Any] | None) -> str:
    """Return what the gate holds a language to, nothing where there is none."""
    if floor is None:
        return ""
    documents = f" of {floor['documents']} documents" if "documents" in floor else ""
    return f"{floor['kept']:.2f} kept{documents}, {floor['navigation_dropped']:.2f} dropped"


def row(language: LanguageFile, floor: Mapping[str, Any] | None) -> str:
    """Return a language's line of the table, which leads to its own page where it has one."""
    tag = language.tag
    shown = f"[`{tag}`]({tag}.md)" if (FOLDER / f"{tag}.md").is_file() else f"`{tag}`"
    script = tag.partition("_")[2]
    return f"| {shown} | {language.name} | {script} | {language.status} | {gate(floor)} | {len(language.stop_words)} |"


def table() -> str:
    """Return the page with the table of all languages."""
    known = languages()
    floors = yaml.safe_load(FLOORS.read_text(encoding="utf-8"))
    proven = sum(language.status == "proven" for language in known)
    scripts = len({language.tag.partition("_")[2] for language in known})
    head = "| tag | name | script | status | gate | stop words |\n|---|---|---|---|---|---|"
    rows = [row(language, floors.get(language.tag)) for language in known]
    counts = f"{len(known)} languages in {scripts} scripts, {proven} of them proven."
    return "\n".join([HEAD, counts, "", head, *rows, ""])


def pages() -> dict[str, str]:
    """Return every page that this script writes, by its name in docs/languages."""
    return {"README.md": table()}


if __name__ == "__main__":
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(FOLDER / name)
