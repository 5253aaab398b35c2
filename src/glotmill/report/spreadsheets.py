"""CSV that people fill in: cells that no spreadsheet takes for formulas, and rows back from what spreadsheets save."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from glotmill.core.errors import DataError
from glotmill.report.delimited import LONGEST_CELL, delimiter_of, encoding_of

_MOST_BYTES: Final = 64_000_000  # ten thousand texts of four thousand characters of three bytes are half of it


def safe_cell(value: str) -> str:
    """Return a value as a cell that is no formula: pages can say anything."""
    return f" {value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def read_text(path: Path) -> str:
    """Return the text of a small file as spreadsheets save it: UTF-8, with a byte order mark or not, or UTF-16 with one.

    Raises:
        DataError: it cannot be read, is in another encoding, or greater than 64 MB.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise DataError(f"{path} has more than {_MOST_BYTES // 1_000_000} MB: that is no sheet")
        data = path.read_bytes()
        return data.decode(encoding_of(data))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 (byte {error.start}); save it as CSV in UTF-8") from error


def read_rows(
    text: str, *, name: str, needs: Sequence[str], written_by: str
) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield each row as the number of the line it begins on, and its cells by column, stripped; empty rows are left out.

    Cells are parted by commas, semicolons or tabs, whichever the first line has all columns by.

    Args:
        text: the file's.
        name: of the file, for errors.
        needs: columns that have to be there, in any order among others.
        written_by: the command that writes such a sheet, for errors.

    Raises:
        DataError: a column is missing or stands twice, a row has more cells than there are columns, or it is no CSV.
    """
    skipped = 0
    if text.startswith("sep=") and "\n" in text:  # Excel's own first line
        text, skipped = text.partition("\n")[2], 1
    head = text.partition("\n")[0].rstrip("\r")
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(head), strict=True)
    try:
        columns = [cell.strip() for cell in next(reader, [])]
        lacking = [column for column in needs if column not in columns]
        if lacking:
            raise DataError(f"{name} has no column {' and '.join(lacking)}; {written_by} writes one")
        twice = [column for column in needs if columns.count(column) > 1]
        if twice:
            raise DataError(f"{name} has the column {' and '.join(twice)} twice")
        line = reader.line_num + 1
        for cells in reader:
            if len(cells) > len(columns):
                raise DataError(f"{name}, line {line + skipped}: {len(cells)} cells under {len(columns)} columns")
            padded = [*cells, *([""] * (len(columns) - len(cells)))]
            if any(cell.strip() for cell in cells):
                yield line + skipped, {column: cell.strip() for column, cell in zip(columns, padded, strict=True)}
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{name}, line {reader.line_num + skipped}: not readable as CSV: {error}") from error
