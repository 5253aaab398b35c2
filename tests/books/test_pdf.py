"""PDF with a text layer: read in the sandbox, hyphens as they were printed; what is no PDF is a reason."""

from pathlib import Path

import pytest

from glotmill.text.joining import join_lines
from support.shelves import rows

pytest.importorskip("pypdfium2", reason="the extra `pdf`")


def pdf(pages: list[list[str]], title: str) -> bytes:
    """A PDF of lines of Latin text in a standard font, without compression."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    kids = []
    for lines in pages:
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
    tail = b"trailer << /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return out + head + table + tail % (len(objects) + 1, len(objects), len(out))


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


def test_a_pdf_that_takes_too_long_is_a_reason(tmp_path: Path) -> None:
    data = pdf([["Orri luze bat da hau."] * 60] * 1500, "luze")
    (row,) = rows(tmp_path, data, "luze.pdf", format="pdf", seconds=0.01)
    assert row["reason"] == "books.timeout"
