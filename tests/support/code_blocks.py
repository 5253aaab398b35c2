"""Blocks of code in the documents: where they stand, of which kind they are, and what their page says of them.

A comment in front of a block says what the block itself cannot:

    <!-- not run: REASON -->           the next block only
    <!-- not run below: REASON -->     every block from here on
    <!-- tested by tests/FILE.py::TEST -->   the next block; the test reads it and does with it what a reader would
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[2]
RUN = ("sh", "python")
_COMMENT = re.compile(r"<!--\s*(not run below|not run|tested by):?\s+(.*?)\s*-->", re.DOTALL)
_MARKDOWN = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code.

    Attributes:
        page: path below the root.
        line: of the page, from 1, where its content begins.
        kind: the word behind the fence; None where the block is indented and can say none.
        text: its content.
        not_run: why nobody runs it, or None.
        tested_by: file and name of the test that reads it, or None.
    """

    page: str
    line: int
    kind: str | None
    text: str
    not_run: str | None
    tested_by: str | None

    def __str__(self) -> str:
        return f"{self.page}:{self.line} ({self.kind})"


@dataclass(frozen=True, slots=True)
class Runner:
    """A test that runs the commands of a page."""

    test: str
    slow: bool


def pages() -> list[Path]:
    """Return every document: README, CONTRIBUTING, and what stands below docs/."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks_of(page: Path) -> list[Block]:
    """Return the blocks of code of a page in order, those in lists and quotations, too, as CommonMark has them."""
    found = []
    below: str | None = None
    here: dict[str, str] = {}
    for token in _MARKDOWN.parse(page.read_text(encoding="utf-8")):
        if token.type == "html_block":
            said = dict(_COMMENT.findall(token.content))
            below = said.pop("not run below", below)
            here |= said
        elif token.type in ("fence", "code_block"):
            assert token.map is not None
            kind = token.info.strip() if token.type == "fence" else None
            test = here.get("tested by")
            reason = here.get("not run") or (None if test else below)
            line = token.map[0] + (2 if token.type == "fence" else 1)
            found.append(Block(page.relative_to(ROOT).as_posix(), line, kind, token.content, reason, test))
            here = {}
    assert not here, f"{page}: a comment announces a block, and none follows: {here}"
    return found


def spans_of(page: Path) -> list[str]:
    """Return what stands between backticks in the prose and tables of a page."""
    return [
        inside.content
        for token in _MARKDOWN.parse(page.read_text(encoding="utf-8"))
        for inside in token.children or ()
        if inside.type == "code_inline"
    ]


def runners() -> dict[str, Runner]:
    """Return which test runs the commands of which page, as the calls of `run_page` in tests/docs/ say it."""
    found = {}
    for path in sorted((ROOT / "tests" / "docs").glob("test_*.py")):
        module = ast.parse(path.read_text(encoding="utf-8"))
        named = {
            target.id: node.value
            for node in ast.walk(module)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for function in (node for node in module.body if isinstance(node, ast.FunctionDef)):
            slow = any("mark.slow" in ast.unparse(one) for one in function.decorator_list)
            for page in _pages_run(function, named):
                known = found.get(page)
                if known is None or known.slow:
                    found[page] = Runner(f"{path.relative_to(ROOT).as_posix()}::{function.name}", slow)
    return found


def _pages_run(function: ast.FunctionDef, named: dict[str, ast.expr]) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "run_page":
            yield "/".join(_parts(node.args[0], named))


def _parts(path: ast.expr, named: dict[str, ast.expr]) -> Iterator[str]:
    """Yield the constant parts of an expression such as `root / "docs" / PAGE`."""
    match path:
        case ast.BinOp(left, ast.Div(), right):
            yield from _parts(left, named)
            yield from _parts(right, named)
        case ast.Constant(str(value)):
            yield value
        case ast.Call(ast.Name("Path"), [inside]):
            yield from _parts(inside, named)
        case ast.Name(name) if name in named:
            yield from _parts(named[name], named)
