"""Books as they come: TEI, ALTO, hOCR, plain text, in nine languages; what is broken or hostile is a reason."""

import gzip
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest

from glotmill.books.markup import feed_html, feed_xml
from glotmill.books.pages import Limits
from glotmill.books.source import BooksSource
from glotmill.core.inputs import InputFile, Slice
from support.shelves import rows

TEI = """<?xml version="1.0" encoding="UTF-8"?>
<TEI xmlns="http://www.tei-c.org/ns/1.0">
 <teiHeader><fileDesc>
  <titleStmt><title>Itsasoko gutunak</title><author>Maddi Etxeberri</author><author>Peru Soto</author></titleStmt>
  <publicationStmt><date when="2019">2019</date>
   <availability><licence target="https://creativecommons.org/licenses/by/4.0/">Lan hau erabil dezakezu.</licence></availability>
  </publicationStmt>
  <sourceDesc><bibl><title>Beste bat</title><date when="1911-05-02"/></bibl></sourceDesc>
 </fileDesc><profileDesc><langUsage><language ident="eu">Euskara</language></langUsage></profileDesc></teiHeader>
 <text><body>
  <pb n="7"/>
  <div><head>Lehen gutuna</head>
   <fw>ITSASOKO GUTUNAK</fw>
   <p>Aita, itsasoa hotz <lb/>dago eta ar<lb break="no"/>rainak urrun-<lb break="no"/>du dira.<note>Orri-oharra.</note></p>
   <lg><l>Haizea dator,</l><l>ekaitza dator.</l></lg></div>
  <pb n="8"/>
  <div><head>Bigarren gutuna</head><p>Bihar <choice><sic>itzulko</sic><corr>itzuliko</corr></choice> naiz.</p></div>
 </body></text>
</TEI>"""


def test_tei_is_read_with_its_header_verse_and_corrections(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, TEI, "gutunak.xml", format="tei")
    assert row["text"] == (
        "Lehen gutuna\n\nAita, itsasoa hotz\ndago eta arrainak urrundu dira.\n\nHaizea dator,\u2028ekaitza dator.\n\n"
        "Bigarren gutuna\n\nBihar itzuliko naiz."
    )
    assert (row["title"], row["author"], row["date"]) == (
        "Itsasoko gutunak",
        "Maddi Etxeberri; Peru Soto",
        "1911-05-02",
    )
    assert (row["language"], row["license"]) == ("eus_Latn", "https://creativecommons.org/licenses/by/4.0/")


@pytest.mark.parametrize(("cut", "labels"), [("page", ["7", "8"]), ("section", ["Lehen gutuna", "Bigarren gutuna"])])
def test_tei_is_cut_by_pages_or_sections_with_ids_that_stay(tmp_path: Path, cut: str, labels: list[str]) -> None:
    found = rows(tmp_path, TEI, "gutunak.xml", format="tei", documents=cut, footnotes="keep")
    assert [row["book_label"] for row in found] == labels
    assert "Orri-oharra." in str(found[0]["text"])
    assert str(found[1]["text"]).startswith("Bigarren gutuna")
    assert [row["doc_id"] for row in found] == [
        row["doc_id"] for row in rows(tmp_path, TEI, "gutunak.xml", format="tei", documents=cut)
    ]
    assert len({row["doc_id"] for row in found}) == 2


def test_minutes_in_tei_are_read_speech_by_speech_and_token_by_token(tmp_path: Path) -> None:
    tei = """<TEI xmlns="http://www.tei-c.org/ns/1.0" xml:lang="tr"><teiHeader/><text><body><div>
      <note type="speaker">Ayşe Kaya:</note>
      <u who="#a"><seg><s><w>Sayın</w> <w join="right">üyeler</w> <pc>,</pc> <w join="right">başlıyoruz</w> <pc>.</pc></s></seg>
      <seg>Gündemde iki madde var.</seg></u></div></body></text></TEI>"""
    (row,) = rows(tmp_path, tei, "tutanak.xml", format="tei")
    assert row["text"] == "Sayın üyeler, başlıyoruz.\n\nGündemde iki madde var."
    assert row["language"] == "tur_Latn"


def test_pages_have_the_language_of_their_own_text_whatever_the_next_one_says(tmp_path: Path) -> None:
    texts = "".join(
        f'<TEI xml:lang="{tag}"><text xml:lang="{tag}"><body><pb/><p>{text}</p></body></text></TEI>'
        for tag, text in (("eu", "Udazkena heldu da."), ("hi", "पतझड़ आ गया।"), ("sw", "Masika yamefika."))
    )
    found = rows(tmp_path, f"<teiCorpus>{texts}</teiCorpus>", "hiru.xml", format="tei", documents="page")
    assert [row["language"] for row in found] == ["eus_Latn", "hin_Deva", "swh_Latn"]


NESTED = """<TEI xml:lang="de"><text><group><pb n="7"/><p>Zwei Briefe liegen bei.</p>
  <text xml:lang="tr"><body><div><head>Mektup</head><p>Köyde kış geldi.</p></div></body></text>
  <p>Der andere ist älter.</p>
  <text xml:lang="km"><body><p>ទន្លេធំណាស់។</p><text xml:lang="ar"><body><p>النهر كبير.</p></body></text><p>ទឹកស្អាត។</p></body></text>
  <text><body><p>Ende.</p></body></text></group></text></TEI>"""
NESTED_PARTS = [
    ("deu_Latn", "Zwei Briefe liegen bei."), ("tur_Latn", "Mektup\n\nKöyde kış geldi."), ("deu_Latn", "Der andere ist älter."),
    ("khm_Khmr", "ទន្លេធំណាស់។"), ("arb_Arab", "النهر كبير."), ("khm_Khmr", "ទឹកស្អាត។"), ("deu_Latn", "Ende."),
]  # fmt: skip


@pytest.mark.parametrize("documents", ["page", "section"])
def test_a_text_within_a_text_has_its_own_language_and_the_outer_one_goes_on_behind_it(
    tmp_path: Path, documents: str
) -> None:
    found = rows(tmp_path, NESTED, "briefe.xml", format="tei", documents=documents)
    assert [(row["language"], row["text"]) for row in found] == NESTED_PARTS
    label = "7" if documents == "page" else None
    assert [row["book_label"] for row in found] == [label, "Mektup" if label is None else label, *[label] * 5]


def test_a_file_of_texts_in_several_languages_has_that_of_the_first(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, NESTED, "briefe.xml", format="tei")
    assert row["language"] == "deu_Latn"
    assert str(row["text"]).startswith("Zwei Briefe liegen bei.\n\nMektup")
    inner = "<TEI><text><group><text xml:lang='sw'><body><p>Mto mkubwa.</p></body></text><text xml:lang='th'><body><p>แม่น้ำ</p></body></text></group></text></TEI>"
    (row,) = rows(tmp_path, inner, "mto.xml", format="tei")
    assert row["language"] == "swh_Latn"


@pytest.mark.parametrize("mistake", [KeyError("a"), IndexError("b"), ValueError("c"), UnicodeError("d")])
@pytest.mark.parametrize("feed", [feed_xml, feed_html])
def test_a_mistake_of_our_own_is_not_taken_for_one_of_the_file(
    feed: Callable[..., Iterator[None]], mistake: Exception
) -> None:
    class Wrong:
        def start(self, name: str, attributes: dict[str, str]) -> None:
            pass

        def end(self, name: str) -> None:
            pass

        def data(self, text: str) -> None:
            raise mistake

    with pytest.raises(type(mistake)) as caught:
        list(feed(BytesIO(b"<p>Zubia</p>"), Wrong(), Limits(1000, 100, 100, 1000)))
    assert caught.value is mistake


@pytest.mark.parametrize("name", ["klingon", "utf-7", "big5", "hex", "a\tb", "é"])
def test_an_encoding_that_nobody_knows_is_the_mistake_of_the_file(tmp_path: Path, name: str) -> None:
    data = f'<?xml version="1.0" encoding="{name}"?><TEI><text><p>Zubia</p></text></TEI>'
    assert [row["reason"] for row in rows(tmp_path, data, "x.xml", format="tei")] == ["books.bad_xml"]


@pytest.mark.parametrize(
    ("format_", "data"),
    [
        (
            "tei",
            (
                "<TEI xml:lang='{long}'><teiHeader><titleStmt><title>{long}</title></titleStmt></teiHeader>"
                "<text><pb n='{long}'/>ok</text></TEI>"
            ),
        ),
        (
            "alto",
            "<alto><Page PHYSICAL_IMG_NR='{long}'><TextBlock LANG='{long}'><String CONTENT='ok'/></TextBlock></Page></alto>",
        ),
        (
            "hocr",
            (
                "<html lang='{long}'><meta name='dc.title' content='{long}'><meta name='author' content='{long}'>"
                "<div class='ocr_page'><span class='ocr_line'>ok</span></div></html>"
            ),
        ),
    ],
)
def test_what_a_header_says_at_endless_length_is_cut(tmp_path: Path, format_: str, data: str) -> None:
    (row,) = rows(tmp_path, data.format(long="ក" * 100_000), "book.xml", format=format_, documents="page")
    assert row["text"] == "ok"
    assert max(len(value) for value in row.values() if isinstance(value, str)) <= 2000


def alto_line(words: str, left: int, top: int, step: int = 60) -> str:
    strings = "".join(
        f'<String CONTENT="{word}" HPOS="{left + place * step}" VPOS="{top}" WIDTH="{step - 10}" HEIGHT="30"/>'
        for place, word in enumerate(words.split())
    )
    return f'<TextLine HPOS="{left}" VPOS="{top}" WIDTH="300" HEIGHT="30">{strings}</TextLine>'


def alto(*blocks: str) -> str:
    body = "".join(f"<TextBlock>{block}</TextBlock>" for block in blocks)
    return (
        '<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#"><Layout><Page PHYSICAL_IMG_NR="3">'
        f"<TopMargin><TextBlock>{alto_line('Kichwa', 0, 0)}</TextBlock></TopMargin>"
        f"<PrintSpace>{body}</PrintSpace></Page></Layout></alto>"
    )


LEFT = [
    "Mvua ilinyesha usiku kucha",
    "na mto ukafurika hadi",
    "barabara kuu ya kijiji",
    "watu wakakaa juu paa",
    "hadi asubuhi ilipofika",
]
RIGHT = [
    "Siku ya pili jua",
    "lilitoka na wavuvi wakaenda",
    "kutafuta mashua zao zilizopotea",
    "lakini hawakuzipata mahali popote",
    "mpaka wiki iliyofuata tena",
]


def test_columns_that_were_scanned_across_are_read_one_after_the_other(tmp_path: Path) -> None:
    mixed = "".join(
        alto_line(f"{left}", 100, 100 + 40 * row) + alto_line(right, 500, 100 + 40 * row)
        for row, (left, right) in enumerate(zip(LEFT, RIGHT, strict=True))
    )
    (row,) = rows(tmp_path, alto(mixed), "kitabu.xml", format="alto", documents="page")
    assert row["text"] == "\n".join(LEFT) + "\n\n" + "\n".join(RIGHT)
    assert (row["book_label"], row["book_moved_lines"]) == ("3", 10)


def test_the_right_column_comes_first_in_arabic_and_lines_across_both_are_cut(tmp_path: Path) -> None:
    right = [
        "في الصباح خرج الصياد",
        "إلى البحر ومعه ابنه",
        "وكان الموج هادئا جدا",
        "فرميا الشبكة في الماء",
        "وانتظرا حتى ارتفع النهار",
    ]
    left = [
        "ثم عاد الاثنان إلى",
        "القرية ومعهما سمك كثير",
        "باعه الأب في السوق",
        "واشترى خبزا وزيتا للبيت",
        "ونام الولد من التعب",
    ]
    lines = []
    for place, (one, other) in enumerate(zip(right, left, strict=True)):
        words = [(word, 900 - 80 * number) for number, word in enumerate(one.split())]
        words += [(word, 400 - 80 * number) for number, word in enumerate(other.split())]
        strings = "".join(f'<String CONTENT="{word}" HPOS="{at}" WIDTH="70"/>' for word, at in words)
        lines.append(f'<TextLine VPOS="{50 * place}" HEIGHT="30">{strings}</TextLine>')
    (row,) = rows(tmp_path, alto("".join(lines)), "kitab.xml", format="alto")
    assert row["text"] == "\n".join(right) + "\n\n" + "\n".join(left)


def test_columns_in_the_engines_own_order_and_tables_stay_as_they_are(tmp_path: Path) -> None:
    columns = alto(
        "".join(alto_line(text, 100, 100 + 40 * row) for row, text in enumerate(LEFT)),
        "".join(alto_line(text, 500, 100 + 40 * row) for row, text in enumerate(RIGHT)),
    )
    (row,) = rows(tmp_path, columns, "kitabu.xml", format="alto")
    assert (row["text"], row["book_moved_lines"]) == ("\n".join(LEFT) + "\n\n" + "\n".join(RIGHT), 0)
    table = "".join(alto_line("Samaki", 100, 40 * n) + alto_line(f"{n}000", 500, 40 * n) for n in range(1, 9))
    (row,) = rows(tmp_path, alto(table), "bei.xml", format="alto")
    assert str(row["text"]).startswith("Samaki\n1000\nSamaki\n2000")


def test_a_word_that_alto_knows_to_be_broken_stands_whole_in_the_first_line(tmp_path: Path) -> None:
    broken = (
        '<TextLine><String CONTENT="Die"/><String CONTENT="Zuk" SUBS_TYPE="HypPart1" SUBS_CONTENT="Zucker"/><HYP CONTENT="-"/></TextLine>'
        '<TextLine><String CONTENT="ker" SUBS_TYPE="HypPart2" SUBS_CONTENT="Zucker"/><String CONTENT="ist"/></TextLine>'
        '<TextLine><String CONTENT="teu"/><HYP/></TextLine>'
    )
    (row,) = rows(tmp_path, alto(broken), "rechnung.xml", format="alto")
    assert row["text"] == "Die Zucker\nist\nteu-"


def test_a_word_that_alto_knows_to_be_broken_across_pages_stands_once(tmp_path: Path) -> None:
    data = (
        '<alto><Page><TextBlock><TextLine><String CONTENT="ar" SUBS_TYPE="HypPart1" SUBS_CONTENT="arrainak"/><HYP/></TextLine>'
        '</TextBlock></Page><Page><TextBlock><TextLine><String CONTENT="rainak" SUBS_TYPE="HypPart2" SUBS_CONTENT="arrainak"/>'
        '<String CONTENT="urrun"/></TextLine></TextBlock></Page></alto>'
    )
    found = rows(tmp_path, data, "arrainak.xml", format="alto", documents="page")
    assert [row["text"] for row in found] == ["arrainak", "urrun"]


def test_hocr_is_read_by_paragraphs_with_words_or_without(tmp_path: Path) -> None:
    page = """<!DOCTYPE html><html lang="th"><head><title>ตลาดริมน้ำ</title><meta charset="utf-8">
      <meta name="DC.creator" content="สมศรี ใจดี"></head><body><div class="ocr_page" title="image &quot;1.png&quot;; bbox 0 0 900 900; ppageno 4">
      <div class="ocr_carea"><p class="ocr_par" lang="tha"><span class="ocr_line" title="bbox 10 10 500 40">
        <span class="ocrx_word" title="bbox 10 10 200 40"><strong>ตลาดเปิด</strong></span> <span class="ocrx_word" title="bbox 210 10 500 40">ตั้งแต่เช้า</span></span>
      <p class="ocr_par"><span class="ocr_line" title="bbox 10 60 500 90">แม่ค้าพายเรือ&amp;ขายขนม<br></span></div></div>"""
    (row,) = rows(tmp_path, page, "talat.hocr", format="hocr", documents="page")
    assert row["text"] == "ตลาดเปิด ตั้งแต่เช้า\n\nแม่ค้าพายเรือ&ขายขนม"
    assert (row["book_label"], row["title"], row["author"], row["language"]) == (
        "4",
        "ตลาดริมน้ำ",
        "สมศรี ใจดี",
        "tha_Thai",
    )


def test_elements_of_hocr_that_have_no_end_end_no_page(tmp_path: Path) -> None:
    page = """<html><body><div class="ocr_page" title="ppageno 1"><p class="ocr_par">
      <span class="ocr_line">नदी के पार<br>एक गाँव था</span><img src="a.png"/>
      <span class="ocr_line">जहाँ मेला लगता था</span></p><hr></div>
      <div class="ocr_page" title="ppageno 2"><span class="ocr_line">मेले में</span></div></body></html>"""
    found = rows(tmp_path, page, "mela.hocr", format="hocr", documents="page")
    assert [(row["book_label"], row["text"]) for row in found] == [
        ("1", "नदी के पार एक गाँव था\nजहाँ मेला लगता था"),
        ("2", "मेले में"),
    ]


def test_plain_text_is_cut_at_form_feeds_and_clear_columns_come_apart(tmp_path: Path) -> None:
    columns = "\n".join(f"{left:<34}{right}" for left, right in zip(LEFT, RIGHT, strict=True))
    found = rows(tmp_path, f"Ukurasa wa kwanza\f{columns}\f\f", "kitabu.txt", format="text", documents="page")
    assert [row["text"] for row in found] == [
        "Ukurasa wa kwanza",
        "\n".join(LEFT) + "\n\n" + "\n".join(RIGHT),
        None,
        None,
    ]
    assert [row["reason"] for row in found] == [None, None, "books.no_text", "books.no_text"]


def test_plain_text_in_another_encoding_needs_to_be_told_of_it(tmp_path: Path) -> None:
    text = "Ağaçların altında çocuklar oynuyordu."
    (refused,) = rows(tmp_path, text.encode("cp1254"), "agac.txt", format="text")
    assert refused["reason"] == "books.bad_encoding"
    (row,) = rows(tmp_path, gzip.compress(text.encode("cp1254")), "agac.txt.gz", format="text", encoding="cp1254")
    assert row["text"] == text


def test_an_encoding_that_asks_for_a_mark_at_the_beginning_is_refused_without_it(tmp_path: Path) -> None:
    text = "กาลครั้งหนึ่งมีหมู่บ้านริมแม่น้ำ"
    (refused,) = rows(tmp_path, text.encode("utf-16-le"), "nithan.txt", format="text", encoding="utf-16")
    assert refused["reason"] == "books.bad_encoding"
    (row,) = rows(tmp_path, text.encode("utf-16"), "nithan.txt", format="text", encoding="utf-16")
    assert row["text"] == text


BOMB = """<!DOCTYPE TEI [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><TEI><text><body><p>&b;</p></body></text></TEI>"""


@pytest.mark.parametrize(
    ("data", "format_", "fields", "reason", "said"),
    [
        (BOMB, "tei", {}, "entities", "'a'"),
        (
            '<!DOCTYPE TEI [<!ENTITY f SYSTEM "file:///etc/passwd">]><TEI><text>&f;</text></TEI>',
            "tei",
            {},
            "entities",
            "'f'",
        ),
        ("<TEI><text><p>ठीक</p></wrong></TEI>", "tei", {}, "bad_xml", "mismatched tag at line 1"),
        ("<TEI><text>" + "<hi>" * 300 + "</text></TEI>", "tei", {}, "too_deep", "200 levels"),
        ("<TEI><text>" + "<lb/>" * 50 + "</text></TEI>", "tei", {"max_nodes": 20}, "too_many_nodes", "20 elements"),
        (
            "<TEI><text><p>" + "អ" * 600 + "</p></text></TEI>",
            "tei",
            {"max_characters": 500},
            "too_long",
            "600 characters > 500",
        ),
        ("<TEI><text><p>" + "អ" * 600 + "</p></text></TEI>", "tei", {"max_bytes": 500}, "too_large", "500 bytes"),
        ('<?xml version="1.0" encoding="klingon"?><TEI><text/></TEI>', "tei", {}, "bad_xml", "encoding"),
        ("<html><body>x</body></html>", "tei", {}, "not_tei", "no element text"),
        ("<TEI><text><p>x</p></text></TEI>", "alto", {}, "not_alto", "no element Page"),
        ("<p>本</p>", "hocr", {}, "not_hocr", "ocr_page"),
        ("", "hocr", {}, "not_hocr", "ocr_page"),
        ("<alto><Layout><Page/></Layout></alto>", "alto", {}, "no_text", "no word"),
        (gzip.compress(b"<TEI><text><p>" + b"\xe6\x9c\xac" * 99999)[:-30], "tei", {}, "truncated", "gzip"),
        ("<TEI><text><p " + "a" * 5_000_000, "tei", {}, "bad_xml", "4194304 bytes"),
        ("<div class='ocr_page'>" + "<b>" * 100_000, "hocr", {}, "too_deep", "200 levels"),
    ],
)
def test_what_is_broken_or_hostile_is_a_reason(
    tmp_path: Path, data: str | bytes, format_: str, fields: dict[str, object], reason: str, said: str
) -> None:
    (row,) = rows(tmp_path, data, "book.xml", format=format_, **fields)
    assert row["text"] is None
    assert row["reason"] == f"books.{reason}"
    assert said in str(row["detail"])


def test_pages_before_the_damage_are_kept_and_the_rest_is_accounted_for(tmp_path: Path) -> None:
    broken = TEI.replace("</corr>", "</oops>")
    found = rows(tmp_path, broken, "gutunak.xml", format="tei", documents="page")
    assert [row["reason"] for row in found] == [None, "books.bad_xml"]
    assert "1 parts before" in str(found[1]["detail"])


def test_entities_of_html_are_known_where_a_doctype_leads_elsewhere_and_nothing_is_fetched(tmp_path: Path) -> None:
    tei = '<!DOCTYPE TEI SYSTEM "http://127.0.0.1:9/tei.dtd"><TEI><text><p>M&uuml;hle &unknown;</p></text></TEI>'
    (row,) = rows(tmp_path, tei, "muehle.xml", format="tei")
    assert row["text"] == "Mühle \ufffd"


def test_a_long_book_is_read_page_by_page_in_little_memory(tmp_path: Path) -> None:
    import tracemalloc

    page = alto_line("一 二 三 四", 0, 0)
    body = BytesIO()
    body.write(b"<alto><Layout>")
    body.write(f"<Page><TextBlock>{page * 40}</TextBlock></Page>".encode() * 300)
    body.write(b"</Layout></alto>")
    path = tmp_path / "book.xml"
    path.write_bytes(body.getvalue())
    source = BooksSource(kind="books", of="shelf", format="alto", documents="page")
    file = InputFile("shelf", "book.xml", str(path), path.stat().st_size, "")
    tracemalloc.start()
    count = sum(len(outcome.batch) for outcome in source.read(Slice(file, 0, file.size)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 300
    assert peak < path.stat().st_size < 6_000_000
