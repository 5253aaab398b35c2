"""The source of books, minutes and scans: TEI, ALTO, hOCR, plain text and PDF, one document per file, page or section."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Annotated, BinaryIO, ClassVar, Final, Literal, Protocol, Self

import pyarrow as pa
from pydantic import Field, StrictStr, field_validator, model_validator

from glotmill.books.alto import read_alto
from glotmill.books.building import Cut
from glotmill.books.hocr import read_hocr
from glotmill.books.pages import Book, Header, Limits, Part, RefusedError
from glotmill.books.pdf import pdf_sandbox, read_pdf
from glotmill.books.plain_text import read_text
from glotmill.books.tei import Notes, read_tei
from glotmill.core.errors import RecipeError
from glotmill.core.hashing import document_id
from glotmill.core.inputs import InputFile, Slice, SourceSpec
from glotmill.core.schema import DOCUMENT_SCHEMA
from glotmill.core.steps import Outcome
from glotmill.io.rows import Gatherer, Row
from glotmill.io.storage import open_read
from glotmill.text.tags import canonical, from_bcp47

Format = Literal["tei", "alto", "hocr", "text", "pdf"]

_SUFFIXES: Final[dict[str, tuple[str, ...]]] = {
    "tei": (".xml", ".tei", ".xml.gz", ".tei.gz"),
    "alto": (".xml", ".alto", ".xml.gz"),
    "hocr": (".hocr", ".html", ".htm", ".xhtml", ".hocr.gz", ".html.gz"),
    "text": (".txt", ".txt.gz"),
    "pdf": (".pdf",),
}
_SANDBOX: Final = ("crash", "memory", "timeout")
_REASONS: Final[dict[str, tuple[str, ...]]] = {
    "tei": ("bad_xml", "entities", "too_deep", "too_many_nodes", "not_tei"),
    "alto": ("bad_xml", "entities", "too_deep", "too_many_nodes", "too_many_words", "not_alto"),
    "hocr": ("bad_html", "too_deep", "too_many_nodes", "too_many_words", "not_hocr"),
    "text": ("bad_encoding",),
    "pdf": ("bad_page", "bad_pdf", "encrypted", "too_many_pages", *_SANDBOX),
}
_COMMON: Final = ("no_text", "too_large", "too_long", "truncated")
COLUMNS: Final = pa.schema(
    [
        DOCUMENT_SCHEMA.field("date"),
        pa.field("book_file", pa.string()),
        pa.field("book_part", pa.int32()),
        pa.field("book_label", pa.string()),
        pa.field("book_moved_lines", pa.int32()),
    ]
)
_BATCH_ROWS: Final = 64
_LARGEST_PDF: Final = 256 << 20  # bytes; it goes to the sandbox whole


class _Reader(Protocol):
    def __call__(self, stream: BinaryIO, book: Book, cut: Cut, limits: Limits) -> Iterator[Part]: ...


class BooksSource(SourceSpec):
    """Books, minutes and scans; what their headers say of title, author, date, language and license comes along.

    A license that a header names is a claim of the row, which `permit` weighs with what the source's own entry says.

    Args:
        format: `tei`; `alto` or `hocr`, what engines of character recognition write; `text`, UTF-8 unless `encoding` says
            otherwise, pages parted by form feeds; `pdf`, those with a text layer (extra `pdf`).
        language: of files whose headers name none; plain text and PDF never do.
        documents: `file`, `page`, or for TEI `section`: the divisions right below the text, what lies between them one, too.
        footnotes: of TEI, with all other notes, left out of the text or kept as paragraphs where they stand.
        encoding: of plain text, as Python calls it.
        max_bytes: of a file, decompressed; of a PDF, 256 MiB at most.
        max_nodes: elements of a file.
        max_depth: elements within elements.
        max_characters: of one document.
        max_pages: of a PDF.
        seconds: for one PDF; once more and four times as long, alone, for one that needs more.
        memory_mb: for one PDF.
    """

    kind: Literal["books"]
    format: Format
    language: StrictStr | None = None
    documents: Cut = "file"
    footnotes: Notes = "drop"
    encoding: StrictStr | None = None
    max_bytes: Annotated[int, Field(ge=1, le=1 << 40)] = 1 << 30
    max_nodes: Annotated[int, Field(ge=1)] = 20_000_000
    max_depth: Annotated[int, Field(ge=3, le=1000)] = 200
    max_characters: Annotated[int, Field(ge=1, le=500_000_000)] = 8_000_000
    max_pages: Annotated[int, Field(ge=1, le=1_000_000)] = 100_000
    seconds: Annotated[float, Field(gt=0, le=3600)] = 60.0
    memory_mb: Annotated[int, Field(ge=64)] = 1024

    suffixes: ClassVar[tuple[str, ...]] = tuple(sorted({name for names in _SUFFIXES.values() for name in names}))

    @field_validator("language")
    @classmethod
    def _tag(cls, language: str | None) -> str | None:
        try:
            return None if language is None else canonical(language)
        except RecipeError as error:
            raise ValueError(f"{error.message} {error.remedy or ''}".strip()) from error

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, name: str | None) -> str | None:
        if name is None:
            return None
        try:
            "".encode(name)  # refuses codecs that are none of text: hex, zip
        except (LookupError, ValueError) as error:
            raise ValueError(f"Python knows no text encoding {name!r}") from error
        return name

    @model_validator(mode="after")
    def _fields_of_the_format(self) -> Self:
        if self.documents == "section" and self.format != "tei":
            raise ValueError(f"`documents: section` is for TEI; {self.format} marks no sections")
        if self.encoding is not None and self.format != "text":
            raise ValueError(f"`encoding` is for plain text; {self.format} says its own")
        if self.footnotes != "drop" and self.format != "tei":
            raise ValueError(f"`footnotes` is for TEI; {self.format} marks no notes")
        return self

    def chosen(self, names: Sequence[str]) -> list[str]:
        return [name for name in names if name.lower().endswith(_SUFFIXES[self.format])]

    def read(self, part: Slice) -> Iterator[Outcome]:
        gatherer = Gatherer(_BATCH_ROWS, more=COLUMNS)
        book = Book()
        with open_read(part.file.url) as stream:
            for number, one in enumerate(self._parts(stream, book), 1):
                yield from gatherer.add(self._row(part.file, number, one))
        yield from gatherer.flush()

    def reasons(self) -> frozenset[str]:
        return frozenset(f"books.{code}" for code in (*_REASONS[self.format], *_COMMON))

    def provides(self) -> pa.Schema:
        return COLUMNS

    def _parts(self, stream: BinaryIO, book: Book) -> Iterator[Part]:
        """Yield the parts of a file; where it cannot be read on, the last says why."""
        count = 0
        try:
            for one in self._reader()(stream, book, self.documents, self._limits()):
                count += 1
                yield one
        except RefusedError as error:
            whole = book.take()
            yield from whole
            count += len(whole)
            detail = f"{error.detail}; {count} parts before" if count else error.detail
            yield Part((), book.header, None, error.code, detail)

    def _limits(self) -> Limits:
        most = min(self.max_bytes, _LARGEST_PDF) if self.format == "pdf" else self.max_bytes
        return Limits(most, self.max_nodes, self.max_depth, self.max_characters)

    def _reader(self) -> _Reader:
        match self.format:
            case "tei":
                return partial(read_tei, notes=self.footnotes)
            case "alto":
                return read_alto
            case "hocr":
                return read_hocr
            case "text":
                return partial(read_text, encoding=self.encoding or "utf-8")
            case "pdf":
                return self._pdf

    def _pdf(self, stream: BinaryIO, book: Book, cut: Cut, limits: Limits) -> Iterator[Part]:
        with pdf_sandbox(seconds=self.seconds, memory_mb=self.memory_mb, max_pages=self.max_pages) as sandbox:
            yield from read_pdf(stream, book, cut, limits, sandbox=sandbox)

    def _language(self, header: Header) -> str | None:
        if header.language is None:
            return self.language
        return from_bcp47(header.language) or header.language

    def _row(self, file: InputFile, number: int, part: Part) -> Row:
        header = part.header
        detail = f"{file.name}: {part.detail}" if part.fault else None
        return Row(
            doc_id=document_id(self.of, file.identity, number),
            source=self.of,
            track=self.track,
            text=None if part.fault else part.text,
            title=header.title,
            author=header.author,
            language=self._language(header),
            license=header.license,
            reason=f"books.{part.fault}" if part.fault else None,
            detail=detail,
            more={
                "date": header.date,
                "book_file": file.name,
                "book_part": number,
                "book_label": part.label,
                "book_moved_lines": part.moved,
            },
        )
