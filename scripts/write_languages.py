"""Write docs/languages/ from the files in filters/languages/ and the floors of the quality gates.

Run `.venv/bin/python scripts/write_languages.py` after a change of either; a test says when it is due.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from glotmill.text.rules import LanguageFile, bind, read_language, read_rule_set, switched_off

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "languages"
FLOORS = ROOT / "tests" / "gates" / "floors.yaml"
PROSE = ROOT / "manifests" / "prose.yaml"
SETS = ("gopher_quality", "gopher_repetition", "fineweb_quality", "script", "damage")
AIM = 0.9  # of pages of each kind
# How the kinds of wrecked pages (scripts/wrecks.py) are called on a page.
KINDS = {
    "navigation": "real menus and navigation",
    "truncated": "teasers and cut pages",
    "keywords": "lists for search engines",
    "scanned": "columns of a scan, letters mistaken",
    "translated": "translations that stutter or kept words of their source",
    "mojibake": "read in another code page, or letters lost",
}
HEAD = """\
# Languages on file

<!-- Written by scripts/write_languages.py; change filters/languages or the gates, then run it. -->

A language file gives the words that a language is known by, its own bounds, and the evidence for them. It is `unproven`
until a gate shows, on text by third parties that no bound was fitted to, that its bounds keep 0.95 of at least 60 documents of
running prose and drop 0.9 of wrecked pages over all kinds, 0.65 of each kind at least. `check`, `plan` and the manifest of
a corpus say of every language they use whether it is. The gate (`tests/gates`) holds what was reached: the table gives the
documents, the share of them that is kept, its Wilson lower bound at 95 %, and the mean share of wrecked pages that is
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
    dropped = [floor[kind] for kind in KINDS if kind in floor]
    return (
        f"{floor['share']:.2f} of {floor['documents']} kept, at least {floor['kept']:.2f}; "
        f"{sum(dropped) / len(dropped):.2f} dropped"
    )


def row(language: LanguageFile, floor: Mapping[str, Any] | None) -> str:
    """Return a language's line of the table, which leads to its own page where it has one."""
    tag = language.tag
    shown = f"[`{tag}`]({tag}.md)" if language.status == "proven" else f"`{tag}`"
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


def sources(names: list[str], known: Mapping[str, Any]) -> str:
    """Return prose sources as a list, the parts of them that an entry means included."""
    lines = []
    for name in names:
        source, _, part = name.partition("/")
        said = known[source]
        lines.append(f"- {said['what']}{f' ({part})' if part else ''}: {said['genre']}, {said['license']}")
    return "\n".join(lines) or "- none"


def bounds(language: LanguageFile, files: Mapping[str, str]) -> str:
    """Return a table of the rules that judge the language, with their numbers."""
    lines = ["| rule | drops | bound | from |", "|---|---|---|---|"]
    for name in SETS:
        own = language.bounds.get(name, {})
        for rule in bind(read_rule_set(name, files), language):
            whose = "the language" if rule.measure.name in own else "the rule set"
            lines.append(f"| `{rule.reason}` | `{rule.measure.name}` {rule.side} | {rule.bound:g} | {whose} |")
        for reason, why in switched_off(read_rule_set(name, files), language).items():
            lines.append(f"| `{reason}` | | off: {why} | |")
    return "\n".join(lines)


def page(language: LanguageFile, floor: Mapping[str, Any], files: Mapping[str, str], prose: Mapping[str, Any]) -> str:
    """Return the page of a proven language."""
    split = prose["languages"][language.tag]
    weak = [f"{KINDS[kind]} ({floor[kind]:.2f})" for kind in KINDS if floor.get(kind, 1.0) < AIM]
    few = [KINDS[kind] for kind in KINDS if kind not in floor]
    dropped = "\n".join(f"| {words} | {floor[kind]:.2f} |" for kind, words in KINDS.items() if kind in floor)
    parts = [
        f"# {language.name} (`{language.tag}`)",
        "<!-- Written by scripts/write_languages.py; change filters/languages or the gates, then run it. -->",
        (
            f"Proven: of {floor['documents']} documents of running prose, which no bound was fitted to, the rule sets "
            f"{', '.join(f'`{name}`' for name in SETS)} keep {floor['share']:.2f}, at 95 % at least {floor['kept']:.2f} (Wilson)."
        ),
        f"| wrecked pages | dropped |\n|---|---|\n{dropped}",
    ]
    if weak:
        parts.append(f"Below the aim of {AIM:g}: {', '.join(weak)}.")
    if few:
        parts.append(f"Fewer than ten pages, so nothing is held: {', '.join(few)}.")
    if "note" in split:
        parts.append(split["note"])
    parts += [
        (
            f"## Text\n\nTested on:\n\n{sources(split['test'], prose['sources'])}\n\nCalibrated on:\n\n"
            f"{sources(split['calibration'], prose['sources'])}"
        ),
        f"## Words\n\nStop words: {', '.join(language.stop_words)}.",
        f"Marks that close a sentence: {' '.join(f'`{mark}`' for mark in language.sentence_ends) or 'none'}.",
    ]
    if language.confusable:
        listed = "\n".join(f"- `{tag}`: {', '.join(words)}" for tag, words in language.confusable.items())
        parts.append(f"Words of languages that it is mixed with or taken for:\n\n{listed}")
    if language.normalize:
        parts.append(f"Packs of spelling of its own: {', '.join(f'`{name}`' for name in language.normalize)}.")
    evidence = "\n".join(f"- {one.text} Source: {one.source}, {one.license}." for one in language.evidence)
    parts += [f"## Bounds\n\n{bounds(language, files)}", f"## Evidence\n\n{evidence}"]
    return "\n\n".join(parts) + "\n"


def pages() -> dict[str, str]:
    """Return every page that this script writes, by its name in docs/languages."""
    files = {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in (ROOT / "filters").rglob("*.yaml")}
    floors, prose = (yaml.safe_load(path.read_text(encoding="utf-8")) for path in (FLOORS, PROSE))
    proven = [language for language in languages() if language.status == "proven"]
    own = {f"{language.tag}.md": page(language, floors[language.tag], files, prose) for language in proven}
    return {"README.md": table(), **own}


if __name__ == "__main__":
    written = pages()
    for name, text in written.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    for path in FOLDER.glob("*.md"):
        if path.name not in written:
            path.unlink()
    print(f"{len(written)} pages in {FOLDER}")
