"""The text layer of a PDF, taken out by PDFium in the sandbox's child; a library in C reads what strangers wrote."""

import base64
import binascii
import json
from collections.abc import Callable
from typing import Any

_MOST_CHARACTERS = 64_000_000  # of one answer


def pdf_pages(_options: dict[str, Any]) -> Callable[[str, dict[str, Any]], str | None]:
    """Return the function that makes pages of a PDF in Base64.

    Its answer is JSON: `{"title", "author", "date", "pages": [text, ...]}`, or null for what is no Base64.
    """
    import pypdfium2  # noqa: PLC0415  # only this child pays for it

    def pages(document: str, about: dict[str, Any]) -> str | None:
        try:
            data = base64.b64decode(document, validate=True)
        except (binascii.Error, ValueError):
            return None
        pdf = pypdfium2.PdfDocument(data)
        said = pdf.get_metadata_dict()
        most = int(about.get("max_pages", 100_000))
        if len(pdf) > most:
            raise TooManyPagesError
        texts = []
        length = 0
        for number in range(len(pdf)):
            page = pdf[number]
            layer = page.get_textpage()
            texts.append(layer.get_text_range())
            length += len(texts[-1])
            if length > _MOST_CHARACTERS:
                raise TooLongError
            layer.close()
            page.close()
        return json.dumps(
            {"title": said["Title"], "author": said["Author"], "date": said["CreationDate"], "pages": texts}
        )

    return pages


class TooManyPagesError(Exception):
    """More pages than any book has."""


class TooLongError(Exception):
    """More text than one answer may hold."""
