"""Write docs/reference/measures.md from the measures in the code and the rule sets in filters/.

Run `.venv/bin/python scripts/write_measures.py` after a change of either; a test says when it is due.
"""

import inspect
from pathlib import Path

from glotmill.text.measures import THEMES, Measure, Need
from glotmill.text.rules import LanguageFile, Rule, RuleSet, read_language, read_rule_set, switched_off

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "measures.md"
# What a measure needs -> the field of a language file that says it.
FIELDS: dict[Need, str] = {
    "stop_words": "`stop_words`",
    "sentence_ends": "`sentence_ends`",
    "scripts": "its tag",
    "length": "`relative_length`",
    "confusable": "`confusable`",
    "known_words": "the shipped table of words",
}
HEAD = """\
# Measures and rule sets

<!-- Written by scripts/write_measures.py; change the code or the rule sets, then run it. -->

A measure is one number per document, computed from the token table of the scan: every text has one, the empty one too.
A `share` lies between 0 and 1, a `ratio`, a `count` and a length in `characters` are not below 0, `points` go up to 10.
A rule puts one bound on one measure and gives one reason. A number in `filters/languages/<tag>.yaml` goes before that of
the rule set; a language can switch a rule off and says why. How these measures differ from datatrove's stands in
[decision 11](../decisions/0011-measures.md).
"""


def cell(text: str) -> str:
    """Return a text as one cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def meaning(measure: Measure) -> str:
    """Return what the measure's docstring says that it counts."""
    said = cell(inspect.getdoc(measure.compute) or "").removeprefix("Return ")
    return said[:1].upper() + said[1:]


def measure_tables() -> str:
    """Return one table per theme."""
    parts = []
    for theme, measures in THEMES.items():
        rows = [
            f"| `{measure.name}` | {measure.unit} | {meaning(measure)} | {cell(measure.cites)} "
            f"| {', '.join(FIELDS[need] for need in sorted(measure.needs))} |"
            for measure in measures
        ]
        head = "| measure | unit | what it is | after | needs of the language |\n|---|---|---|---|---|"
        parts.append("\n".join([f"### {theme}", "", head, *rows, ""]))
    return "\n".join(parts)


def bound(rule: Rule) -> str:
    """Return what a rule drops, in words."""
    number = rule.above if rule.below is None else rule.below
    return f"{rule.side} {'a number per language' if isinstance(number, str) else f'{number:g}'}"


def set_table(rules: RuleSet, languages: list[LanguageFile]) -> str:
    """Return the table of a rule set."""
    off = {language.tag: switched_off(rules, language) for language in languages}
    rows = []
    for rule in rules.rules:
        reason = f"{rules.name}.{rule.reason}"
        without = ", ".join(f"`{tag}`" for tag, found in off.items() if reason in found)
        rows.append(f"| `{reason}` | `{rule.measure}` | {bound(rule)} | {without} |")
    head = "| reason | measure | dropped | not asked of |\n|---|---|---|---|"
    cites = dict.fromkeys([rules.cites, *(rule.cites for rule in rules.rules if rule.cites)])
    sources = "".join(f"- {cell(text)}\n" for text in cites)
    return "\n".join([f"### {rules.name}", "", head, *rows, "", sources])


def page() -> str:
    """Return the whole page."""
    paths = sorted((ROOT / "filters").rglob("*.yaml"))
    files = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    tags = [path.stem for path in paths if path.parent.name == "languages"]
    languages = [language for tag in tags if (language := read_language(tag, files)) is not None]
    names = [path.stem for path in paths if path.parent == ROOT / "filters"]
    sets = "\n".join(set_table(read_rule_set(name, files), languages) for name in names)
    return f"{HEAD}\n## Measures\n\n{measure_tables()}\n## Rule sets\n\n{sets}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
