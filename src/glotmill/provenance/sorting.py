"""Lines in order, however many there are: sorted in memory, run by run, and merged from disk."""

import heapq
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

_RUN_CHARACTERS: Final = 16_000_000  # 16 to 64 MB in memory
_MOST_RUNS: Final = 64  # files open at once


class SortedLines:
    """Collects lines and gives them back in the order of their code points.

    Args:
        folder: where runs are written; local, empty, and its owner's to delete.
        run_characters: kept in memory at a time.
    """

    def __init__(self, folder: Path, *, run_characters: int = _RUN_CHARACTERS) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._most = folder, run_characters
        self._lines: list[str] = []
        self._characters = self._files = 0
        self._runs: list[Path] = []

    def add(self, line: str) -> None:
        """Add a line without its end; line feeds must not be in it."""
        self._lines.append(line)
        self._characters += len(line)
        if self._characters >= self._most:
            self._spill()

    def __iter__(self) -> Iterator[str]:
        """Yield all lines, sorted; none may be added afterwards."""
        self._lines.sort()
        if not self._runs:
            yield from self._lines
            return
        yield from _merged(self._runs, self._lines)

    def _spill(self) -> None:
        self._lines.sort()
        self._write(iter(self._lines))
        self._lines, self._characters = [], 0
        if len(self._runs) >= _MOST_RUNS:
            runs, self._runs = self._runs, []
            self._write(_merged(runs, []))
            for run in runs:
                run.unlink()

    def _write(self, lines: Iterator[str]) -> None:
        path = self._folder / f"run-{self._files}"
        self._files += 1
        with path.open("w", encoding="utf-8", newline="\n") as stream:
            stream.writelines(f"{line}\n" for line in lines)
        self._runs.append(path)


def _merged(runs: list[Path], lines: list[str]) -> Iterator[str]:
    with ExitStack() as open_files:
        # Ends are cut before lines are compared: a line feed sorts behind a tab.
        streams = [_lines(open_files.enter_context(run.open(encoding="utf-8", newline="\n"))) for run in runs]
        yield from heapq.merge(*streams, lines)


def _lines(stream: Iterator[str]) -> Iterator[str]:
    return (line[:-1] for line in stream)
