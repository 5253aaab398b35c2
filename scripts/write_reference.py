"""Write docs/reference/options.md from the command line and docs/reference/schemas/*.md from the models that read files.

Run `make schemas` after a change of either; a test says when it is due.
"""

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import typer

from glotmill.cli.app import app
from glotmill.plan.schemas import schemas

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"
NOTE = "<!-- Written by scripts/write_reference.py; change the code, then run `make schemas`. -->"
# What is said in these files, and where they stand.
FILES = {
    "ablation": "`pipelines/<name>.yaml` of `glotmill ablate`: two settings to compare",
    "ai_agents": "`manifests/ai_agents.yaml`: crawlers for training, and what their names mean in robots.txt",
    "engines": "`manifests/engines.yaml`: engines that translate",
    "identification": "`filters/identification/<tag>.yaml`: words by which identifiers know a language of your own",
    "label": "`filters/labels/<name>.yaml`: rules that label documents",
    "language": "`filters/languages/<tag>.yaml`: a language",
    "licenses": "`manifests/licenses.yaml`: licenses and policies",
    "lines": "`filters/lines/<name>.yaml`: lines of boilerplate, by language",
    "manifest": "`manifest.json`: what a corpus says of itself",
    "model_card": "the card of a model of quality",
    "models": "`manifests/models.yaml`: models, by digest",
    "recipe": "`pipelines/<name>.yaml`: a recipe",
    "rules": "`filters/<name>.yaml`: a rule set",
    "site_licenses": "`manifests/site_licenses.yaml`: what a person found out about hosts",
    "sites": "`manifests/sites/<name>.yaml`: the sites of a tailored crawl",
    "source": "`manifests/sources/<name>.yaml`: a source, its license and its terms",
    "training": "`pipelines/quality/<name>.yaml`: what a model learns from",
    "translation_rules": "`filters/translation/<name>.yaml`: rules on translations",
}
# Fields that kinds of sources and steps inherit.
INHERITED = {
    "kind": "which kind of source or step this is",
    "name": "of its own in the recipe; reports and reasons use it",
    "of": "name that `--bind NAME=LOCATION` binds and `manifests/sources/<of>.yaml` describes",
    "track": "to which of the two tracks its documents belong; steps can be for one track only",
    "tracks": "of the sources whose documents the step sees; all, where none is named",
    "optional": "whether a run goes on without it where it is not bound",
    "columns": "of Glotmill -> path of the field in a row; `$` is the row as JSON",
    "key": "field by which a row is known; by default its place in the file",
    "partitions": "ranges of keys that are reduced one by one",
    "max_body_bytes": "bytes of a page's body that are read at most",
}
HEADED = ("step", "source")


def cell(text: str) -> str:
    """Return a text as one cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def plain(text: str) -> str:
    """Return prose in which nothing is taken for a tag of HTML."""
    return "".join(
        part if at % 2 else part.replace("<", "&lt;") for at, part in enumerate(re.split(r"(`[^`]*`)", text))
    )


def split_docstring(text: str) -> tuple[str, dict[str, str]]:
    """Return a docstring without its sections, and what its section `Args` says of each field."""
    body, _, section = inspect.cleandoc(text).partition("\nArgs:\n")
    found: dict[str, str] = {}
    name = ""
    for line in section.splitlines():
        if begins := re.match(r" {4}(\w+): (.*)", line):
            name = begins[1]
            found[name] = begins[2]
        elif name and line.startswith(" " * 8):
            found[name] += " " + line.strip()
        else:
            name = ""
    return re.split(r"\n(?:Raises|Returns|Yields):\n", body)[0].strip(), found


# The command line.


def commands(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield the commands that do something, by their words, in the order of the help."""
    inside = getattr(command, "commands", None)
    if inside is None:
        yield words, command
        return
    for name, sub in inside.items():
        yield from commands(sub, (*words, name))


def command_section(words: tuple[str, ...], command: click.Command) -> str:
    """Return what the help of a command says, as Markdown."""
    name = " ".join(("glotmill", *words))
    text, _, example = inspect.cleandoc(command.help or "").partition("Example:")
    context = command.context_class(command, info_name=name, terminal_width=10_000, max_content_width=10_000)
    rows = [record for param in command.get_params(context) if (record := row(param, context))]
    lines = [f"## {name}", "", plain(" ".join(text.split()))]
    if example:
        shown, _, rest = inspect.cleandoc(example).partition("\n\n")
        examples = [" ".join(one.split()) for one in shown.split("Example:")]
        lines += ["", "```sh", *examples, "```"]
        lines += ["", plain(" ".join(rest.split()))] if rest.strip() else []
    lines += ["", "| | |", "|---|---|"]
    lines += [f"| `{cell(left)}` | {cell(plain(right))} |" for left, right in rows]
    return "\n".join(lines) + "\n"


def row(param: click.Parameter, context: click.Context) -> tuple[str, str] | None:
    """Return an argument or option as its help has it, but for those that every command has."""
    if param.name in ("json", "as_json", "help"):
        return None
    return param.get_help_record(context)


def options_page() -> str:
    """Return the page of all commands with their options."""
    sections = "\n".join(command_section(*found) for found in commands(typer.main.get_command(app)))
    return f"""\
# Commands, option by option

{NOTE}

As `--help` says it. What the commands are for stands in [Commands](cli.md). Every command also has `--help` and `--json`,
which prints one JSON object instead of tables.

<!-- not run below: examples of names that are not here; each is held against the command's options -->

{sections}"""


# Files.


def shape(schema: dict[str, Any], link: dict[str, str]) -> str:
    """Return in words which values a schema allows.

    Args:
        schema: of one value.
        link: name of a definition -> where it is described.
    """
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{spoken(name)}]({link[name]})" if name in link else "anything"
    for key in ("anyOf", "oneOf"):
        if key in schema:
            kinds = [shape(part, link) for part in schema[key] if part.get("type") != "null"]
            return " or ".join(dict.fromkeys(kinds))
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    kind = schema.get("type", "anything")
    if kind == "array":
        inside = schema.get("items", {})
        return f"list of {shape(inside, link)}" if inside else "list"
    if kind == "object":
        inside = schema.get("additionalProperties") or next(iter(schema.get("patternProperties", {}).values()), None)
        return f"map of {shape(inside, link)}" if isinstance(inside, dict) else "map"
    words = {"string": schema.get("format", "text"), "integer": "whole number", "boolean": "true or false"}
    return " ".join([words.get(kind, kind), *limits(schema)])


def limits(schema: dict[str, Any]) -> list[str]:
    """Return the bounds of a number and the pattern of a text, in words."""
    words = {
        "exclusiveMinimum": "above",
        "minimum": "from",
        "exclusiveMaximum": "below",
        "maximum": "to",
    }
    found = [f"{word} {schema[key]:,g}" for key, word in words.items() if key in schema]
    return [*found, *([f"like `{schema['pattern']}`"] if "pattern" in schema else [])]


def spoken(name: str) -> str:
    """Return the name of a definition for a heading: `step_line_dedup` is that of the kind `line_dedup`."""
    first, _, rest = name.partition("_")
    return f"{first} {rest}" if first in HEADED and rest else name


def anchor(name: str) -> str:
    """Return the anchor of a heading."""
    return spoken(name).lower().replace(" ", "-")


def default(schema: dict[str, Any], *, required: bool) -> str:
    """Return what a field is where the file does not say."""
    if required or "const" in schema:
        return "required" if required else ""
    value = schema.get("default")
    return "" if value is None or value in ("", [], {}) else f"`{json.dumps(value, ensure_ascii=False)}`"


def definition(schema: dict[str, Any], link: dict[str, str], inherited: dict[str, str]) -> str:
    """Return text and table of one object of a file.

    Args:
        schema: of the object.
        link: name of a definition -> where it is described.
        inherited: what is said of fields that the object does not describe itself.
    """
    text, meanings = split_docstring(schema.get("description", ""))
    lines = [plain(text), ""]
    rows = []
    for name, field in schema.get("properties", {}).items():
        meaning = field.get("description") or meanings.get(name) or inherited.get(name, "")
        required = name in schema.get("required", [])
        rows.append(
            f"| `{name}` | {cell(shape(field, link))} | {cell(default(field, required=required))} | {cell(plain(meaning))} |"
        )
    if rows:
        lines += ["| field | value | default | meaning |", "|---|---|---|---|", *rows, ""]
    return "\n".join(lines)


def schema_page(name: str, schema: dict[str, Any], recipe: dict[str, Any]) -> str:
    """Return the page of one kind of file; what it has in common with recipes is described in theirs.

    Args:
        name: of the schema.
        schema: the JSON Schema.
        recipe: definitions of the schema of recipes.
    """
    inside = schema.get("$defs", {})
    shared = {key for key, value in inside.items() if name != "recipe" and recipe.get(key) == value}
    own = {key: value for key, value in inside.items() if key not in shared and value.get("properties")}
    link = {key: f"#{anchor(key)}" for key in own}
    link |= {key: f"recipe.md#{anchor(key)}" for key in shared if recipe[key].get("properties")}
    parts = [
        f"## {spoken(key)}\n\n{definition(value, link, INHERITED if key.startswith(HEADED) else {})}"
        for key, value in own.items()
    ]
    body = "\n".join([definition(schema, link, {}), *parts])
    return f"""\
# {name}: field by field

{NOTE}

{FILES.get(name, name)}. The schema for editors and programs is
[manifests/schema/{name}.json](../../../manifests/schema/{name}.json).

{body}"""


def pages() -> dict[Path, str]:
    """Return path -> text of every page that is written here."""
    read = {Path(name).stem: json.loads(text) for name, text in schemas().items()}
    recipe = read["recipe"].get("$defs", {})
    found = {FOLDER / "schemas" / f"{name}.md": schema_page(name, schema, recipe) for name, schema in read.items()}
    found[FOLDER / "options.md"] = options_page()
    return {path: text.rstrip() + "\n" for path, text in found.items()}


if __name__ == "__main__":
    written = pages()
    (FOLDER / "schemas").mkdir(exist_ok=True)
    for path, text in written.items():
        path.write_text(text, encoding="utf-8")
        print(path)
    for path in (FOLDER / "schemas").glob("*.md"):
        if path not in written:
            path.unlink()
