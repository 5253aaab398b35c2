"""No block of code stands in the documents unaccounted for: it is run, read by a loader, tested, or says why not.

Whatever becomes of it, its commands, options, targets, files, extras and imports exist.
"""

import ast
import importlib
import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from glotmill.core.errors import RecipeError
from glotmill.core.yamlfile import parse
from glotmill.crawl.sites import load_sites
from glotmill.mt.engines import Engines
from glotmill.plan.recipe import parse_recipe, parse_sources, parse_steps
from glotmill.text.rules import LanguageFile
from support.code_blocks import RUN, Block, blocks_of, pages, runners, spans_of
from support.shell_lines import commands, glotmill_words, misunderstood, unknown

# Folders whose files the documents name; a project of a reader's own has the first three, too.
OURS = re.compile(r"(?:scripts|benchmarks|tests|src|docs)/[\w./*-]+(?:/|\.py|\.md)")


@pytest.fixture(scope="module")
def blocks() -> list[Block]:
    return [block for page in pages() for block in blocks_of(page)]


def fate(block: Block, before: list[Block], ran_by: dict[str, str], root: Path) -> str | None:
    """Return what becomes of a block, or None if nothing does."""
    if block.tested_by is not None:
        path, _, name = block.tested_by.partition("::")
        source = (root / path).read_text(encoding="utf-8")
        tests = {node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)}
        return "tested" if name in tests and Path(block.page).name in source else None
    if block.not_run is not None:
        return "not run" if block.kind in {"sh", "python", "text"} and len(block.not_run) > 10 else None
    if block.kind in RUN:
        return ran_by.get(block.page)
    if block.kind == "text":
        commanded = any(other.kind in RUN and other.not_run is other.tested_by is None for other in before)
        return "compared" if commanded and block.page in ran_by else None
    return "read" if block.kind == "yaml" else None


def test_every_block_of_code_is_run_read_tested_or_says_why_not(blocks: list[Block], root: Path) -> None:
    ran_by = {page: "run, slow" if runner.slow else "run" for page, runner in runners().items()}
    fates = {}
    for at, block in enumerate(blocks):
        before = [other for other in blocks[:at] if other.page == block.page]
        fates[str(block)] = fate(block, before, ran_by, root)
    assert [name for name, found in fates.items() if found is None] == [], "see tests/support/code_blocks.py"
    assert fates["docs/tutorial.md:15 (sh)"] == "run"
    assert fates["docs/tutorial.md:20 (text)"] == "compared"


@pytest.mark.parametrize(
    "block",
    [
        Block("docs/how-to/new.md", 3, "sh", "glotmill check\n", None, None),
        Block("docs/tutorial.md", 3, None, "glotmill check\n", None, None),
        Block("docs/tutorial.md", 3, "text", "said before any command\n", None, None),
        Block("docs/tutorial.md", 3, "json", "{}\n", None, None),
        Block("docs/tutorial.md", 3, "yaml", "a: b\n", "yaml is always read", None),
        Block("docs/tutorial.md", 3, "sh", "glotmill check\n", "why?", None),
        Block("docs/tutorial.md", 3, "sh", "true\n", None, "tests/docs/test_tutorial.py::test_of_another_name"),
        Block("docs/why.md", 3, "sh", "true\n", None, "tests/docs/test_tutorial.py::test_the_tutorial_prints_what_it_says"),
    ],
)  # fmt: skip
def test_a_block_that_nothing_is_done_with_is_found(block: Block, root: Path) -> None:
    assert fate(block, [], {"docs/tutorial.md": "run"}, root) is None


def test_every_block_of_yaml_is_read_by_the_loader_of_such_files(blocks: list[Block], root: Path) -> None:
    read = [as_what(block.text, str(block), root) for block in blocks if block.kind == "yaml"]
    assert set(read) == {"recipe", "source and steps", "source", "steps", "sites", "engines", "language"}


def as_what(text: str, name: str, root: Path) -> str:
    """Read what stands in YAML as that which its fields say it is, and return which that was; RecipeError if it is wrong."""
    value = yaml.safe_load(text)
    if not isinstance(value, list):
        if "engines" in value:
            parse(text, Engines, file=name)
            return "engines"
        if "sites" in value:
            load_sites(text, name)
            return "sites"
        if "tag" in value:
            parse(text, LanguageFile, file=name)
            return "language"
        if "name" in value and "steps" in value:
            parse_recipe(text, file=name)
            return "recipe"
    steps = value if isinstance(value, list) else value.get("steps")
    source = value.get("source") if isinstance(value, dict) else None
    known = {"source", "steps"} if isinstance(value, dict) else set()
    if isinstance(value, dict) and set(value) - known:
        raise RecipeError(f"no loader is known for a file of {', '.join(value)}", file=name)
    if source is not None:
        parse_sources(source if isinstance(source, list) else [source], prefix="source.{}", file=name)
    for step in steps or ():
        missing = [one for one in step.get("filters", ()) if not (root / f"filters/{one}.yaml").is_file()]
        assert missing == [], name
    if steps is not None:
        parse_steps(steps, file=name, extra={})
    return " and ".join(word for word, found in (("source", source), ("steps", steps)) if found is not None)


def test_every_script_is_one_that_bash_can_read(blocks: list[Block]) -> None:
    scripts = [block for block in blocks if block.kind == "sh"]
    wrong = {}
    for page in {block.page for block in scripts}:
        text = "\n".join(block.text for block in scripts if block.page == page)
        read = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
        if read.returncode:
            wrong[page] = read.stderr
    assert wrong == {}


def test_the_command_line_understands_every_command_of_the_documents(blocks: list[Block]) -> None:
    found = [
        (str(block), words)
        for block in blocks
        if block.kind == "sh"
        for command in commands(block.text)
        if (words := glotmill_words(command)) is not None
    ]
    assert len(found) > 100
    assert [(name, words, wrong) for name, words in found if (wrong := misunderstood(words))] == []


def test_commands_options_targets_and_files_that_prose_names_exist(root: Path) -> None:
    targets = set(re.findall(r"^([\w-]+):", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    wrong = []
    for page in (page for page in pages() if page.parent.name != "decisions"):  # they tell what was
        for span in spans_of(page):
            words = shlex.split(span) if span.startswith(("glotmill ", "make ")) else []
            absent: list[str] = []
            if words[:1] == ["glotmill"]:
                absent = unknown(words[1:])
            elif words[:1] == ["make"]:
                absent = [word for word in words[1:] if "=" not in word and word not in targets]
            elif OURS.fullmatch(span):
                absent = [] if list(root.glob(span)) else [span]
            wrong += [f"{page.relative_to(root)}: `{span}`: no {word}" for word in absent]
    assert wrong == []


def test_targets_files_options_and_extras_of_commands_exist(blocks: list[Block], root: Path) -> None:
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))
    extras = set(
        tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    )
    wrong = []
    for block in (block for block in blocks if block.kind == "sh"):
        for words in commands(block.text):
            named: list[str] = []
            if words[0] == "make":
                named = [word for word in words[1:] if "=" not in word]
                wrong += [f"{block}: no target {word}" for word in named if word not in targets]
                script = script_of(named[0], makefile)
                options = [word for one in words if one.startswith("BENCH_ARGS=") for word in one[11:].split()]
            else:
                script = next((word for word in words if re.fullmatch(r"(?:scripts|benchmarks)/\w+\.py", word)), None)
                options = words
            if script is not None:
                text = (root / script).read_text(encoding="utf-8") if (root / script).is_file() else ""
                asked = [word for word in options if word.startswith("--")]
                wrong += [f"{block}: {script} takes no {word}" for word in asked if f'"{word}"' not in text]
            if block.not_run is not None:
                wrong += [
                    f"{block}: no {word}" for word in words if OURS.fullmatch(word) and not (root / word).exists()
                ]
            asked = re.findall(r"glotmill\[([\w,-]+)\]", " ".join(words))
            wrong += [f"{block}: no extra {one}" for names in asked for one in names.split(",") if one not in extras]
    assert wrong == []


def script_of(target: str, makefile: str) -> str | None:
    """Return the script to which a target of the Makefile hands BENCH_ARGS."""
    rule = re.search(rf"^{re.escape(target)}:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    script = re.search(r"(\S+\.py).*\$\(BENCH_ARGS\)", rule[1]) if rule else None
    return script[1] if script else None


def test_every_block_of_python_parses_and_imports_what_exists(blocks: list[Block]) -> None:
    wrong = []
    for block in (block for block in blocks if block.kind == "python"):
        for node in ast.walk(ast.parse(block.text, str(block))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] == "glotmill":
                module = importlib.import_module(node.module)
                wrong += [
                    f"{block}: {node.module} has no {one.name}" for one in node.names if not hasattr(module, one.name)
                ]
    assert wrong == []
