"""PDF with a text layer: read in the sandbox, hyphens as they were printed; what is no PDF is a reason."""

import base64
import json
from pathlib import Path

import pytest

from glotmill.books import pdf_text
from glotmill.text.joining import join_lines
from support.shelves import rows

pytest.importorskip("pypdfium2", reason="the extra `pdf`")


def pdf(pages: list[list[str] | None], title: str, *, trailer: bytes = b"", kids: list[bytes] | None = None) -> bytes:
    """A PDF of lines of Latin text in a standard font, without compression; None is a page that is no page."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    kids = [] if kids is None else kids
    for lines in pages:
        if lines is None:
            objects.append(b"(no page)")
            kids.append(b"%d 0 R" % len(objects))
            continue
        shown = "".join(f"({line}) Tj T*\n" for line in lines)
        stream = f"BT /F1 12 Tf 72 720 Td 14 TL\n{shown}ET".encode("cp1252")
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(kids))
    objects.append(b"<< /Title (%s) /Author (Maddi E.) /CreationDate (D:19870304) >>" % title.encode("cp1252"))
    out = b"%PDF-1.4\n"
    places = []
    for number, one in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    tail = b"trailer << /Size %d /Root 1 0 R /Info %d 0 R %s >>\nstartxref\n%d\n%%%%EOF\n"
    return out + head + table + tail % (len(objects) + 1, len(objects), trailer, len(out))


def test_pages_of_a_pdf_are_documents_whose_words_come_together(tmp_path: Path) -> None:
    data = pdf(
        [
            [
                "Amona eta aitona mendiko etxean bizi dira, eta hegoal-",
                "deko leihotik Donostia-",
                "Bilbo trena ikusten dute.",
            ],
            ["Bukaera."],
        ],
        "Mendiko etxea",
    )
    first, second = rows(tmp_path, data, "etxea.pdf", format="pdf", documents="page")
    joined = join_lines(str(first["text"]), "eus_Latn", ends="blank_line").text
    assert (
        joined
        == "Amona eta aitona mendiko etxean bizi dira, eta hegoaldeko leihotik Donostia-Bilbo trena ikusten dute."
    )
    assert (first["title"], first["author"], first["date"]) == ("Mendiko etxea", "Maddi E.", "1987-03-04")
    assert (second["text"], second["book_label"]) == ("Bukaera.", "2")


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"%PDF-1.4\nnothing of the kind", "bad_pdf"), (pdf([["x"]], "t")[:300], "bad_pdf"), (pdf([[]], "t"), "no_text")],
)
def test_what_is_no_pdf_or_has_no_text_layer_is_a_reason(tmp_path: Path, data: bytes, reason: str) -> None:
    assert [row["reason"] for row in rows(tmp_path, data, "scan.pdf", format="pdf")] == [f"books.{reason}"]


LOCKED = b"/ID [<00> <00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <%s> /U <%s> >>" % (b"5a" * 32, b"a5" * 32)


def test_a_broken_page_costs_itself_alone_and_is_named(tmp_path: Path) -> None:
    data = pdf([["Lehena."], None, None, ["Laugarrena."], None, ["Azkena."]], "Liburua")
    whole, lost = rows(tmp_path, data, "liburua.pdf", format="pdf")
    assert (whole["text"], whole["reason"]) == ("Lehena.\n\nLaugarrena.\n\nAzkena.", None)
    assert (lost["text"], lost["reason"], lost["title"]) == (None, "books.bad_page", "Liburua")
    assert lost["detail"] == "liburua.pdf: PDFium cannot read 3 of 6 pages: 2-3, 5"
    paged = rows(tmp_path, data, "liburua.pdf", format="pdf", documents="page")
    assert [(row["book_label"], row["text"] or row["reason"]) for row in paged] == [
        ("1", "Lehena."), ("2-3", "books.bad_page"), ("4", "Laugarrena."), ("5", "books.bad_page"), ("6", "Azkena."),
    ]  # fmt: skip
    assert paged[1]["detail"] == "liburua.pdf: PDFium cannot read page 2-3"


@pytest.mark.parametrize("documents", ["file", "page"])
@pytest.mark.parametrize(
    ("data", "reason", "detail"),
    [
        (pdf([None, None], "t"), "bad_pdf", "PDFium reads none of its 2 pages"),
        (pdf([["Bat."]] * 4, "t"), "too_many_pages", "4 pages > 3"),
        (pdf([["Bat."]], "t", trailer=LOCKED), "encrypted", "it opens with a password alone"),
        (pdf([["Bat. " * 9] * 9], "t"), "too_long", "412 characters > 200"),
    ],
)
def test_a_file_beyond_its_bounds_is_one_row_with_a_reason(
    tmp_path: Path, documents: str, data: bytes, reason: str, detail: str
) -> None:
    bounds = {"max_pages": 3, "max_characters": 200}
    (row,) = rows(tmp_path, data, "x.pdf", format="pdf", documents=documents, **bounds)
    assert (row["text"], row["reason"], row["detail"]) == (None, f"books.{reason}", f"x.pdf: {detail}")


def test_more_text_than_one_answer_holds_ends_the_file_and_keeps_the_pages_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = pdf([["Lehena."], ["Bigarrena, luzeagoa."], ["Hirugarrena."]], "t")
    monkeypatch.setattr(pdf_text, "_MOST_CHARACTERS", 25)
    answer = json.loads(pdf_text.pdf_pages({"max_pages": 9})(base64.b64encode(data).decode(), {}) or "")
    assert answer["pages"] == ["Lehena."]
    assert answer["refused"] == ["too_long", "more than 25 characters; page 2 and what follows is not read"]


@pytest.mark.parametrize(
    "kids",
    [
        [b"2 0 R"],  # the tree of pages holds itself
        [b"999 0 R"] * 50,  # pages that do not exist
    ],
)
def test_a_tree_of_pages_that_leads_nowhere_still_gives_what_it_has(tmp_path: Path, kids: list[bytes]) -> None:
    found = rows(tmp_path, pdf([["Bat."]], "t", kids=kids), "x.pdf", format="pdf", documents="page")
    assert "Bat." in [row["text"] for row in found]
    assert {row["reason"] for row in found} <= {None, "books.bad_page"}
    assert len(found) <= 3


def test_a_pdf_that_takes_too_long_is_a_reason(tmp_path: Path) -> None:
    data = pdf([["Orri luze bat da hau."] * 60] * 1500, "luze")
    (row,) = rows(tmp_path, data, "luze.pdf", format="pdf", seconds=0.01)
    assert row["reason"] == "books.timeout"
