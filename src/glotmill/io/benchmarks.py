"""Items of a benchmark out of a file of JSON lines."""

from dataclasses import dataclass

from glotmill.core.errors import DataError
from glotmill.io.jsonl import reach, read_objects
from glotmill.io.storage import open_read, sha256
from glotmill.text.decontamination.index import Question


@dataclass(frozen=True, slots=True)
class Items:
    """The questions of a file.

    Args:
        questions: in the order of their lines, those that are null or blank left out.
        items: lines with an item.
        empty: items whose question is null or blank.
        sha256: of the file as it lies there, hexadecimal.
    """

    questions: tuple[Question, ...]
    items: int
    empty: int
    sha256: str


def read_items(location: str, column: str) -> Items:
    """Read the questions of a benchmark: JSON lines in UTF-8, plain, gzip or zstd, of at most 16 MiB a line.

    Args:
        location: a path or fsspec URL.
        column: the field that holds the question, dotted where it is nested.

    Raises:
        DataError: a line is no JSON object in UTF-8, or holds no text there; names file and line.
    """
    questions: list[Question] = []
    items = empty = 0
    with open_read(location) as stream:
        for number, value in read_objects(stream):
            if isinstance(value, str):
                raise DataError(f"{location}: line {number}: {value}")
            question = reach(value, column)
            if question is None and column not in value and column.partition(".")[0] not in value:
                fields = ", ".join(sorted(map(str, value))) or "none"
                raise DataError(f"{location}: line {number}: no field {column!r}; its fields: {fields}")
            if question is not None and not isinstance(question, str):
                kind = type(question).__name__
                raise DataError(f"{location}: line {number}: {column!r} holds {kind}, where text was expected")
            items += 1
            if question is None or not question.strip():
                empty += 1
            else:
                questions.append(Question(number, question))
    return Items(tuple(questions), items, empty, sha256(location)[0])
