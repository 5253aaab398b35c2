"""The commands of a shell script, word by word, and whether `glotmill` and `make` would understand them."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from glotmill.cli.app import app

_HERE = re.compile(r"<<-?\s*(['\"]?)(\w+)\1")
_OPENS = {"if", "then", "else", "elif", "while", "until", "do", "!", "{", "exec", "time"}
_ASSIGNED = re.compile(r"\w+=.*", re.DOTALL)


def commands(script: str) -> list[list[str]]:
    """Return the simple commands of a script; what here-documents hold and redirections are left out."""
    found: list[list[str]] = [[]]
    lexer = shlex.shlex(_without_here_documents(script), posix=True, punctuation_chars="();<>|&\n")
    lexer.whitespace, lexer.whitespace_split = " \t", True
    lexer.commenters = ""
    words = iter(_with_comments_cut(lexer))
    for word in words:
        if set(word) <= set("();|&\n"):
            found.append([])
        elif set(word) <= set("<>&"):
            if found[-1] and found[-1][-1].isdigit():
                found[-1].pop()
            next(words, None)
        elif not found[-1] and (word in _OPENS or _ASSIGNED.fullmatch(word)):
            continue
        else:
            found[-1].append(word)
    return [words for words in found if words]


def _with_comments_cut(lexer: Iterator[str]) -> Iterator[str]:
    comment = False
    for word in lexer:
        comment = (comment or word.startswith("#")) and "\n" not in word
        if not comment:
            yield word


def _without_here_documents(script: str) -> str:
    kept: list[str] = []
    awaited: list[str] = []
    for line in script.replace("\\\n", " ").split("\n"):
        if awaited:
            if line.strip() == awaited[0]:
                awaited.pop(0)
            continue
        awaited = [found[2] for found in _HERE.finditer(line)]
        kept.append(_HERE.sub("", line))
    return "\n".join(kept)


def glotmill_words(words: list[str]) -> list[str] | None:
    """Return what a command hands to `glotmill`, be it called by its path or behind `--` of another; None if nothing."""
    for at, word in enumerate(words):
        if Path(word).name == "glotmill" and (at == 0 or words[at - 1] in {"--", "srun", "env"}):
            return words[at + 1 :]
    return None


@cache
def _program() -> TyperGroup:
    program = typer.main.get_command(app)
    assert isinstance(program, TyperGroup)
    return program


def misunderstood(words: list[str]) -> str | None:
    """Return what the command line's own parser says against arguments, or None where it takes them; no command runs."""
    command = _program()
    words = ["1" if word.startswith("$") else word for word in words]
    try:
        context = command.make_context("glotmill", words)
        while isinstance(command, TyperGroup):
            name, command, words = command.resolve_command(context, [*context._protected_args, *context.args])
            context = command.make_context(name, words, parent=context)
    except TyperException as error:
        return str(error)
    return None


def unknown(words: list[str]) -> list[str]:
    """Return what of a command that prose names does not exist: the command itself, or options; other words are not read."""
    command = _program()
    rest = list(words)
    while isinstance(command, TyperGroup):
        if not rest or rest[0] not in command.commands:
            return [] if rest in ([], ["--version"], ["--help"], ["..."]) else rest[:1]
        command = command.commands[rest.pop(0)]
    known = {"--help", "-h"} | {option for param in command.params for option in (*param.opts, *param.secondary_opts)}
    given = [word.partition("=")[0].rstrip(",;:") for word in rest if word.startswith("-") and word != "-"]
    return [option for option in given if option not in known]
