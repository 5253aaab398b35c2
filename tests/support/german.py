"""German documents of our own in four forms, pages, TEI, plain text and ALTO, with what each is there for."""

import html
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import yaml

from glotmill.demo.warc import Capture, write_warc

ROOT = Path(__file__).resolve().parents[2]
BY = '<a rel="license" href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</a>'
FOOT = "Alle Angaben ohne Gewähr, bitte fragen Sie im Rathaus nach."
PERSON = (
    "Wer spenden will, überweist auf DE89 3704 0044 0532 0130 00 oder schreibt an kasse@unterried.example; Frau Pfister mit "
    "der Steuer-ID 86095742719 quittiert, und unter 089 1234567 weiß man mehr."
)
OPENING = (
    "Die Vorsitzende eröffnet die Sitzung um neunzehn Uhr und stellt fest, dass der Rat beschlussfähig ist. Herr Sommer fragt, "
    "warum die Bänke am Mühlbach noch immer fehlen, obwohl das Geld dafür seit dem Frühjahr bereitliegt."
)
ANSWER = (
    "Die Verwaltung antwortet, dass der Schreiner krank gewesen sei und die Bänke nun bis zum Erntefest stehen sollen. Frau Thaler "
    "bittet darum, auch an eine Bank vor dem Friedhof zu denken, auf der die Älteren sich ausruhen können."
)
DEBATE = (OPENING, ANSWER)
BOOK = """Im Sommer, als wir noch nicht wußten, daß die Dampfschiff-
fahrt auf dem See ruhte, warteten wir jeden Abend am Steg
auf das kleine weiße Boot mit der roten Laterne, und mein
Großvater erzählte, wie er als junger Mann über das Eis
gegangen war, um den Arzt zu holen.

Es war eine Nacht ohne Mond, sagte er, und unter seinen
Füßen habe es geknackt wie in einem alten Haus. Auf der Mit-
te des Sees sei er stehengeblieben, weil er nicht mehr wuß-
te, wo das Ufer lag, und erst die Glocken hätten ihm den
Weg gezeigt.
"""
PAPER = (
    "Gestern nachmittag brach in der alten Mühle ein",
    "Feuer aus, das die Nachbarn mit Eimern löschten, ehe",
    "die Wehr aus der Stadt eintraf. Der Müller, der mit",
    "seiner Frau beim Markte war, fand bei der Rückkehr",
    "nur noch die Mauern und das große Rad vor. Man ver-",
    "mutet, daß ein Funke aus der Schmiede in das Stroh",
    "geraten ist. Der Schaden soll hoch sein, doch die",
    "Gemeinde will beim Aufbau mit Holz und Händen helfen.",
)
# What an engine reads off a stained page: digits for letters.
SMUDGED = (
    "Gestern nachm1ttag brach in der a1ten Mühle ein",
    "F3uer aus, das die Nachbarn m1t Eimern löschten, ehe",
    "die Wehr aus der 5tadt eintraf. Der Mü11er, der mit",
    "seiner Frau b3im Markte war, fand bei der R0ckkehr",
    "nur noch die Mau3rn und das gr0ße Rad vor. Man s4gt,",
    "daß ein Funk3 aus der Schm1ede in das Stroh geraten",
    "ist. Der 5chaden soll hoch sein, d0ch die Gemeinde",
    "will beim Auf6au mit H0lz und Händen helf3n, heißt es.",
)
MENU = "Start\nAktuelles\nVereine\nRathaus\nMüllkalender\nImpressum\nKontakt\nAnfahrt\nSuche\nArchiv"


def paragraphs() -> Iterator[str]:
    """Each paragraph of the German articles of the demo web, which we wrote."""
    for path in sorted((ROOT / "pipelines/demo_web/deu_Latn").glob("*.yaml")):
        page = yaml.safe_load(path.read_text(encoding="utf-8"))
        yield from (" ".join(one.split()) for one in page.get("paragraphs", ()))


def page(path: str, *texts: str, license_link: str = BY) -> Capture:
    """A page with a license link in its footer."""
    body = "".join(f"<p>{html.escape(text)}</p>" for text in texts)
    document = (
        f'<html lang="de"><head><title>Unterried</title></head><body><main><article>{body}</article></main>'
        f"<footer>{license_link}</footer></body></html>"
    )
    return Capture(f"https://unterried.example/{path}", document.encode(), kind="made", language="deu_Latn")


def pages() -> list[Capture]:
    """Twelve articles of two paragraphs under one foot line, and pages that should go."""
    texts = list(paragraphs())[:24]
    articles = [(one, two) for one, two in list(pairwise(texts))[::2]]
    first = articles[0]
    return [
        *[page(f"artikel-{number}", *article, FOOT) for number, article in enumerate(articles)],
        page("druck/artikel-0", *first, FOOT),
        page("spenden", *DEBATE, PERSON, FOOT),
        page("menue", *MENU.split("\n")),
        page("reserviert", *texts[2:5], license_link="© Alle Rechte vorbehalten"),
        page("english", "The council decided on Tuesday to repair the old wooden bridge, and work will begin in June."),
    ]


def tei(title: str, *texts: str) -> str:
    """A TEI file that names its license, with a running head and a word broken over two lines."""
    broken = [escape(text).replace("Verwaltung", 'Verwal-<lb break="no"/>tung') for text in texts]
    body = "".join(f"<p>{text}</p>" for text in broken)
    return (
        '<TEI xmlns="http://www.tei-c.org/ns/1.0"><teiHeader><fileDesc>'
        f"<titleStmt><title>{escape(title)}</title><author>Gemeinderat Unterried</author></titleStmt><publicationStmt>"
        '<availability><licence target="https://creativecommons.org/publicdomain/zero/1.0/"/></availability></publicationStmt>'
        '</fileDesc><profileDesc><langUsage><language ident="de"/></langUsage></profileDesc></teiHeader>'
        f"<text><body><div><head>{escape(title)}</head><fw>NIEDERSCHRIFT</fw>{body}</div></body></text></TEI>"
    )


def alto(lines: tuple[str, ...]) -> str:
    """An ALTO file of one block; a word that ends in a hyphen at the end of a line is not known to be broken."""
    rows = []
    for number, line in enumerate(lines):
        words = "<SP/>".join(f"<String CONTENT={quoteattr(word)}/>" for word in line.split())
        rows.append(f'<TextLine VPOS="{number * 40}" HEIGHT="30" HPOS="10" WIDTH="900">{words}</TextLine>')
    return (
        '<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#"><Layout><Page ID="p1"><PrintSpace>'
        f'<TextBlock ID="b1">{"".join(rows)}</TextBlock></PrintSpace></Page></Layout></alto>'
    )


def write(folder: Path) -> dict[str, str]:
    """Write all documents; return source -> folder."""
    files: dict[str, dict[str, bytes]] = {
        "german-web": {"unterried.warc.gz": write_warc("unterried.warc.gz", pages(), codec="gzip")},
        "german-minutes": {
            "sitzung.xml": tei("Sitzung vom 3. September", *DEBATE).encode(),
            "bombe.xml": b'<!DOCTYPE TEI [<!ENTITY a "aaaa">]><TEI><text><body><p>&a;</p></body></text></TEI>',
        },
        "german-books": {"see.txt": BOOK.encode()},
        "german-scans": {"muehle.xml": alto(PAPER).encode(), "fleck.xml": alto(SMUDGED).encode()},
    }
    for source, content in files.items():
        (folder / source).mkdir(parents=True)
        for name, data in content.items():
            (folder / source / name).write_bytes(data)
    return {source: str(folder / source) for source in files}
