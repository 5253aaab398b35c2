"""The text layer of a PDF, taken out by PDFium in the sandbox's child; a library in C reads what strangers wrote."""

import base64
import binascii
import json
from collections.abc import Callable
from typing import Any

_MOST_CHARACTERS = 64_000_000  # of one answer
_LONGEST_FACT = 10_000  # of title, author and date: what a metadata stream may hold is not bounded otherwise
_WANTS_PASSWORD = 4  # FPDF_ERR_PASSWORD of PDFium's fpdfview.h


def pdf_pages(options: dict[str, Any]) -> Callable[[str, dict[str, Any]], str | None]:
    """Return the function that makes pages of a PDF in Base64.

    Its answer is JSON: `{"title", "author", "date", "pages", "refused"}`, or null for what is no Base64. `pages` are texts, null
    for one that PDFium cannot read; `refused` is null, or a reason and its detail for what stands behind these pages.

    Args:
        options: `max_pages`; of a file that has more, none is read.
    """
    import pypdfium2  # noqa: PLC0415  # only this child pays for it

    most_pages = int(options["max_pages"])

    def pages(document: str, _about: dict[str, Any]) -> str | None:
        try:
            data = base64.b64decode(document, validate=True)
        except (binascii.Error, ValueError):
            return None
        try:
            pdf = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            if error.err_code == _WANTS_PASSWORD:
                return _answer({}, [], ("encrypted", "it opens with a password alone"))
            return _answer({}, [], ("bad_pdf", str(error)))
        said = pdf.get_metadata_dict()
        if len(pdf) > most_pages:
            return _answer(said, [], ("too_many_pages", f"{len(pdf)} pages > {most_pages}"))
        texts: list[str | None] = []
        room = _MOST_CHARACTERS
        for number in range(len(pdf)):
            try:
                page = pdf[number]
                layer = page.get_textpage()
                if layer.count_chars() > room:
                    detail = f"more than {_MOST_CHARACTERS} characters; page {number + 1} and what follows is not read"
                    return _answer(said, texts, ("too_long", detail))
                texts.append(layer.get_text_range())
                room -= len(texts[-1] or "")
                layer.close()
                page.close()
            except pypdfium2.PdfiumError:
                texts.append(None)
        pdf.close()
        return _answer(said, texts, None)

    return pages


def _answer(said: dict[str, str], texts: list[str | None], refused: tuple[str, str] | None) -> str:
    facts = {
        name: said.get(key, "")[:_LONGEST_FACT]
        for name, key in (("title", "Title"), ("author", "Author"), ("date", "CreationDate"))
    }
    return json.dumps({**facts, "pages": texts, "refused": refused}, ensure_ascii=False)
