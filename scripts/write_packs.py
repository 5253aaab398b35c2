"""Write docs/reference/packs.md from the packs of spelling in the code and the files in filters/ that name them.

Run `.venv/bin/python scripts/write_packs.py` after a change of either; a test says when it is due.
"""

from pathlib import Path

from glotmill.text.rules import read_language
from glotmill.text.spelling import arabic, han, hangul, hebrew, indic, khmer, latin, thai
from glotmill.text.spelling.files import SCRIPTS_FILE, read_script_packs
from glotmill.text.spelling.pack import Pack
from glotmill.text.spelling.packs import PACKS

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "packs.md"
HEAD = """\
# Packs of spelling

<!-- Written by scripts/write_packs.py; change the code or the files in filters/, then run it. -->

A pack says which sequences of characters are one and the same written text in one script or language, and writes them
in one way. `normalize` with `packs: script` runs those that are right for every language of a script, on every document;
with `packs: language` also those that the language's own file names under `normalize`, on that language's documents.
Every pack leaves the characters of other scripts alone and does at once what it does at all. Why these, and
why no others, stands in [decision 13](../decisions/0013-spelling-packs.md).
"""
THEMES = {
    "Arabic script": arabic,
    "Hebrew": hebrew,
    "South Asia": indic,
    "Thai and Lao": thai,
    "Khmer": khmer,
    "Hangul": hangul,
    "Chinese characters": han,
    "Latin script": latin,
}


def cell(text: str) -> str:
    """Return a text as one cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def used_in(pack: Pack, named: dict[str, list[str]]) -> str:
    """Return where a pack runs: scripts, then languages whose files name it."""
    languages = [f"`{tag}`" for tag, names in named.items() if pack.name in names]
    return ", ".join([*pack.scripts, *languages]) or "by no file yet: for a language file of your own"


def page() -> str:
    """Return the whole page."""
    paths = sorted((ROOT / "filters").rglob("*.yaml"))
    files = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    tags = [path.stem for path in paths if path.parent.name == "languages"]
    named = {tag: list(found.normalize) for tag in tags if (found := read_language(tag, files)) is not None}
    order = ", ".join(f"`{pack.name}`" for pack in read_script_packs(files))
    parts = [HEAD]
    for theme, module in THEMES.items():
        rows = [
            f"| `{pack.name}` | {cell(pack.about)} | {cell(pack.source)} | {used_in(pack, named)} |"
            for pack in PACKS.values()
            if pack in vars(module).values()
        ]
        head = "| pack | what it does, and what it leaves | after | used in |\n|---|---|---|---|"
        parts.append("\n".join([f"## {theme}", "", head, *rows, ""]))
    parts.append(f"## Order\n\n`packs: script` runs, as `{SCRIPTS_FILE}` names them: {order}.\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
