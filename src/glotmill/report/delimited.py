"""Tables with delimiters as spreadsheets of any country write them: which encoding, which delimiter."""

import codecs

DELIMITERS = ",;\t"
LONGEST_CELL = 131_072  # characters, of sheets that people fill in; for `csv.field_size_limit`, which is the process's


def encoding_of(beginning: bytes) -> str:
    """Return the encoding that a file's first bytes tell: UTF-16 by its byte order mark, else UTF-8, with or without one.

    Excel writes "Unicode text" as UTF-16 with tabs, and "CSV UTF-8" with a mark (Unicode Standard, section 23.8).
    """
    return "utf-16" if beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"


def delimiter_of(heading: str) -> str:
    """Return what separates the columns of a heading line: the commonest of comma, semicolon and tab.

    A spreadsheet of a country that writes 1,5 separates by semicolons.

    >>> delimiter_of("host;verdict;license")
    ';'
    """
    return max(DELIMITERS, key=heading.count)
