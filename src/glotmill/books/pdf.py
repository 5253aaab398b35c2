"""PDF with a text layer; the extra `pdf` brings PDFium, which runs in a sandbox of its own."""

import base64
import json
import re
from collections.abc import Iterator
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
_DATE: Final = re.compile(r"D:(\d{4})(\d{2})?(\d{2})?")  # ISO 32000-1, 7.9.4


def pdf_sandbox(*, seconds: float, memory_mb: int) -> Sandbox:
    """Return the child process that opens PDFs.

    Raises:
        SettingsError: the extra is not installed.
    """
    if find_spec("pypdfium2") is None:
        raise SettingsError("format: pdf needs PDFium: pip install 'glotmill[pdf]'")
    return Sandbox(FUNCTION, limits=SandboxLimits(seconds, seconds, memory_mb), recycle_after=100)


def read_pdf(stream: BinaryIO, book: Book, cut: Cut, limits: Limits, *, sandbox: Sandbox) -> Iterator[Part]:
    """Yield the pages of a file, or the whole as one part, in the order in which the file draws its text.

    Raises:
        RefusedError: `too_large`, `bad_pdf`, or a breach of the sandbox's limits: `timeout`, `memory`, `crash`.
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
    builder = Builder(book, limits.max_characters)
    for number, text in enumerate(found["pages"], 1):
        builder.add(_LINE_END.sub("\n", text.replace(_HYPHEN, "-\n")))
        if cut == "page":
            builder.close(str(number))
            yield from book.take()
    if cut != "page":
        builder.close()
    yield from book.take()
