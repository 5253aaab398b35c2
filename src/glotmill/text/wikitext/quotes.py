"""The apostrophes that wikitext marks bold and italic with, and those that are apostrophes."""

import re

_RUN = re.compile("''+")


def without_quotes(line: str) -> str:
    """Return a line as it reads without marks of bold and italic.

    Runs of two, three and five are marks; of four, one is an apostrophe, of more than five all but five. Where both bold and
    italic are left open, one mark of bold is an apostrophe before italic: the first behind a word of one letter, else behind
    a longer word, else behind a space. Source: MediaWiki's `Parser::doQuotes`.

    >>> without_quotes("l'''Aigua'' ... '''ur''' gazia")
    "l'Aigua ... ur gazia"
    """
    if "''" not in line:
        return line
    runs = list(_RUN.finditer(line))
    keep = [_spare(len(run.group())) for run in runs]
    marks = [min(len(run.group()), 5) if len(run.group()) != 4 else 3 for run in runs]
    bold = sum(mark in (3, 5) for mark in marks)
    italic = sum(mark in (2, 5) for mark in marks)
    if bold % 2 and italic % 2 and (chosen := _apostrophe(line, runs, marks)) is not None:
        keep[chosen] += 1
    counts = iter(keep)
    return _RUN.sub(lambda _: "'" * next(counts), line)


def _spare(length: int) -> int:
    return 1 if length == 4 else max(0, length - 5)


def _apostrophe(line: str, runs: list[re.Match[str]], marks: list[int]) -> int | None:
    first: dict[str, int] = {}
    for index, (run, mark) in enumerate(zip(runs, marks, strict=True)):
        if mark != 3:
            continue
        before = line[max(0, run.start() - 2) : run.start()]
        if before[-1:] in ("", " "):
            kind = "space"
        elif before[:-1] in ("", " "):
            kind = "letter"
        else:
            kind = "word"
        first.setdefault(kind, index)
    return next((first[kind] for kind in ("letter", "word", "space") if kind in first), None)
