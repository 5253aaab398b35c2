"""PDF with a text layer; the extra `pdf` brings PDFium, which runs in a sandbox of its own."""

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import BinaryIO, Final

from glotmill.books.building import Builder, Cut
from glotmill.books.markup import pieces
from glotmill.books.pages import Book, Limits, Part, RefusedError, claim
from glotmill.core.errors import SettingsError
from glotmill.stages.sandbox import Breach, Sandbox
from glotmill.stages.sandbox import Limits as SandboxLimits

FUNCTION: Final = "glotmill.books.pdf_text:pdf_pages"
_HYPHEN: Final = "\ufffe"  # what PDFium writes for a hyphen and the line end behind it
_LINE_END: Final = re.compile("\r\n|\r")
_NAMED: Final = 20  # rows of pages that a detail names
_DATE: Final = re.compile(r"D:(\d{4})(\d{2})?(\d{2})?")  # ISO 32000-1, 7.9.4


def pdf_sandbox(*, seconds: float, memory_mb: int, max_pages: int) -> Sandbox:
    """Return the child process that opens PDFs.

    Raises:
        SettingsError: the extra is not installed.
    """
    if find_spec("pypdfium2") is None:
        raise SettingsError("format: pdf needs PDFium: pip install 'glotmill[pdf]'")
    limits = SandboxLimits(seconds, seconds, memory_mb)
    return Sandbox(FUNCTION, options={"max_pages": max_pages}, limits=limits, recycle_after=100)


def read_pdf(stream: BinaryIO, book: Book, cut: Cut, limits: Limits, *, sandbox: Sandbox) -> Iterator[Part]:
    """Yield the pages of a file, or the whole as one part, in the order in which the file draws its text.

    Pages that PDFium cannot read are a part with the fault `bad_page`: each row of them where it stands, or where the file is one
    document all of them behind it.

    Raises:
        RefusedError: `too_large`, `bad_pdf`, `encrypted`, `too_many_pages`, `too_long`, or a breach of the sandbox's limits:
            `timeout`, `memory`, `crash`.
    """
    data = b"".join(pieces(stream, limits))
    answer = sandbox(base64.b64encode(data).decode("ascii"))
    if isinstance(answer, Breach):
        raise RefusedError(answer.cause, answer.detail)
    if answer.value is None:
        raise RefusedError("bad_pdf", f"PDFium: {answer.error}")
    found = json.loads(answer.value)
    book.header.title = claim(found["title"])
    book.header.author = claim(found["author"])
    dated = _DATE.match(found["date"])
    book.header.date = "-".join(part for part in dated.groups() if part) if dated else None
    texts, refused = found["pages"], found["refused"]
    lost = _rows([number for number, text in enumerate(texts, 1) if text is None])
    if texts and refused is None and all(text is None for text in texts):
        raise RefusedError("bad_pdf", f"PDFium reads none of its {len(texts)} pages")
    if cut == "page":
        yield from _by_page(texts, book, limits, dict(lost))
    elif refused is None:
        builder = Builder(book, limits.max_characters)
        for text in texts:
            builder.add(_plain(text or ""))
        builder.close()
        yield from book.take()
        if lost:
            count = sum(last - first + 1 for first, last in lost)
            named = ", ".join(_label(*row) for row in lost[:_NAMED]) + (", ..." if len(lost) > _NAMED else "")
            yield Part((), book.header, None, "bad_page", f"PDFium cannot read {count} of {len(texts)} pages: {named}")
    if refused is not None:
        raise RefusedError(*refused)


def _by_page(texts: Sequence[str | None], book: Book, limits: Limits, lost: Mapping[int, int]) -> Iterator[Part]:
    builder = Builder(book, limits.max_characters)
    for number, text in enumerate(texts, 1):
        if text is not None:
            builder.add(_plain(text))
            builder.close(str(number))
            yield from book.take()
        elif number in lost:
            label = _label(number, lost[number])
            yield Part((), replace(book.header), label, "bad_page", f"PDFium cannot read page {label}")


def _rows(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Return (first, last) of each row of consecutive numbers."""
    rows: list[tuple[int, int]] = []
    for number in numbers:
        if rows and rows[-1][1] == number - 1:
            rows[-1] = (rows[-1][0], number)
        else:
            rows.append((number, number))
    return rows


def _label(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def _plain(text: str) -> str:
    return _LINE_END.sub("\n", text.replace(_HYPHEN, "-\n"))
