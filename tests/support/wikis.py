"""Dumps of small wikis in nine languages, as Wikimedia's exporter writes them; the tests wrote every article."""

import bz2
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

NAMESPACES = {
    "eu": {1: "Eztabaida", 6: "Fitxategi", 10: "Txantiloi", 14: "Kategoria"},
    "de": {1: "Diskussion", 6: "Datei", 10: "Vorlage", 14: "Kategorie"},
    "hi": {1: "वार्ता", 6: "चित्र", 10: "साँचा", 14: "श्रेणी"},
    "th": {1: "พูดคุย", 6: "ไฟล์", 10: "แม่แบบ", 14: "หมวดหมู่"},
    "km": {1: "ការពិភាក្សា", 6: "ឯកសារ", 10: "ទំព័រគំរូ", 14: "ចំណាត់ថ្នាក់ក្រុម"},
    "ar": {1: "نقاش", 6: "ملف", 10: "قالب", 14: "تصنيف"},
    "zh": {1: "Talk", 6: "File", 10: "Template", 14: "Category"},
    "sw": {1: "Majadiliano", 6: "Picha", 10: "Kigezo", 14: "Jamii"},
    "tr": {1: "Tartışma", 6: "Dosya", 10: "Şablon", 14: "Kategori"},
}

# title -> wikitext; the first of each wiki is an article with the habits of that wiki.
ARTICLES: dict[str, dict[str, str]] = {
    "eu": {
        "Harbide": """{{Herri infotaula
| izena = Harbide
| biztanleria = {{formatnum:412}}<ref>{{erreferentzia|izenburua=Errolda}}</ref>
}}
[[Fitxategi:Harbide zubia.jpg|thumb|right|Harbideko [[zubi]] zaharra, ''iparraldetik'']]
'''Harbide''' [[Mendialde]]ko herri txiki bat da, [[ibai]]aren ezkerraldean.<ref name="a">Udala, 2019.</ref> Herriko plazan azoka egiten dute larunbatero, eta baserritarrek barazkiak eta gazta saltzen dituzte.

== Historia ==
Lehen zubia egurrezkoa izan zen. Uholde handi batek eraman zuen, eta herritarrek harrizkoa eraiki zuten auzolanean.<ref name="a" />

* Errota zaharra
* [[Harbideko eliza|Eliza]] eta dorrea

== Erreferentziak ==
{{erreferentzia_zerrenda}}

[[Kategoria:Mendialdeko herriak]]
[[de:Harbide (Dorf)]]
""",
        "Harbideko zubia": "#BIRZUZENDU [[Harbide]]",
        "Eztabaida:Harbide": "Nork idatzi du hau?",
    },
    "de": {
        "Imkerhaus": """Das '''Imkerhaus''' ist ein Gebäude am Rand von [[Oberau (Begriffsklärung)|Oberau]].<!-- Jahr prüfen --> Es hat {{Höhe|412|DE-NN|link=1}} über dem Meer einen Garten mit alten Bäumen.

[[Bild:Haus.png|mini|Das Haus]]
== Lage ==
Hinter dem Haus liegt ein Bach, den die Kinder im Sommer stauen. Vgl. <math>E=mc^2</math> im Unterricht.

{| class="wikitable"
! Jahr !! Völker
|-
| 1990 || 12
|-
| 2000 || [[Bienenvolk|30 Völker]]
|}

== Weblinks ==
* [https://imker.example/ Seite des Vereins]

[[Kategorie:Bauwerk]]
""",
    },
    "hi": {
        "नदीपुर": """{{ज्ञानसन्दूक|नाम=नदीपुर}}
'''नदीपुर''' एक छोटा गाँव है जो [[नदी]] के किनारे बसा है।<ref>पुस्तक, पृष्ठ ४।</ref> यहाँ हर मंगलवार को बाज़ार लगता है और किसान अपनी सब्ज़ियाँ बेचते हैं।

== इतिहास ==
पुराना पुल लकड़ी का था। [[बाढ़|बाढ़ों]] के बाद लोगों ने मिलकर पत्थर का पुल बनाया।

[[श्रेणी:गाँव]]
""",
        "नदीपुर का पुल": "#पुनर्प्रेषित [[नदीपुर]]",
    },
    "th": {
        "บ้านริมน้ำ": """'''บ้านริมน้ำ'''เป็นหมู่บ้านเล็ก ๆ ริม[[แม่น้ำ]] ชาวบ้านปลูกข้าวและเลี้ยงปลา
ทุกเช้าวันเสาร์มีตลาดนัดที่ลานวัด {{ต้องการอ้างอิง}}

== ประวัติ ==
สะพานไม้หลังเก่าถูกน้ำพัดไป ชาวบ้านจึงช่วยกันสร้างสะพานหินขึ้นใหม่
__ไม่มีสารบัญ__
[[หมวดหมู่:หมู่บ้าน]]
""",
    },
    "km": {
        "ភូមិមាត់ទន្លេ": """'''ភូមិមាត់ទន្លេ''' គឺជាភូមិតូចមួយនៅក្បែរ[[ទន្លេ]]។ អ្នកភូមិដាំស្រូវ និងចិញ្ចឹមត្រី។ រៀងរាល់ព្រឹកថ្ងៃសៅរ៍មានផ្សារនៅទីលានវត្ត។

== ប្រវត្តិ ==
ស្ពានឈើចាស់ត្រូវទឹកជំនន់បំផ្លាញ ហើយអ្នកភូមិបានជួយគ្នាសាងសង់ស្ពានថ្មថ្មី។

[[ចំណាត់ថ្នាក់ក្រុម:ភូមិ]]
""",
    },
    "ar": {
        "قرية النهر": """'''قرية النهر'''\u200f قرية صغيرة تقع على ضفة [[نهر|النهر]].<ref>{{استشهاد|سنة=2020}}</ref> يقام فيها سوق كل يوم ثلاثاء، ويبيع الفلاحون الخضار والجبن.

== تاريخ ==
كان الجسر القديم من الخشب، ثم جرفه السيل، فبنى الأهالي جسرا من الحجر.

[[تصنيف:قرى]]
[[ملف:جسر.jpg|تصغير|الجسر]]
""",
    },
    "zh": {
        "河边村": """'''河边村'''是一个-{zh-hans:小村庄;zh-hant:小村莊}-，位于[[河|河]]的左岸。
村民种植水稻，也养鱼。

== 历史 ==
旧桥是木头建的，後來被洪水冲走，村民用石头重建了一座桥。-{H|zh-hans:桥;zh-hant:橋}-

[[Category:村庄]]
""",
    },
    "sw": {
        "Mtoni": """'''Mtoni''' ni kijiji kidogo kilicho kando ya [[mto]]. Wanakijiji hulima mpunga na kufuga samaki. Kila Jumamosi kuna soko katika uwanja wa shule.

== Historia ==
Daraja la zamani lilikuwa la mbao. Baada ya mafuriko, watu walijenga daraja jipya la mawe.

[[Jamii:Vijiji]]
""",
    },
    "tr": {
        "Irmakköy": """{{Yerleşim|ad=Irmakköy}}
'''Irmakköy''', [[ırmak|ırmağın]] sol yakasında küçük bir köydür. Salı günleri meydanda pazar kurulur ve köylüler peynir satar.

== Tarihçe ==
Eski köprü ahşaptı. Selden sonra köylüler taş bir köprü yaptılar.

[[Kategori:Köyler]]
""",
        "Irmakköy köprüsü": "#YÖNLENDİRME [[Irmakköy]]",
    },
}


@dataclass(frozen=True)
class Page:
    """One page of a dump; `inside` replaces what stands in its XML behind the revision's number."""

    title: str
    text: str
    number: int = 1
    namespace: int = 0
    redirect: str | None = None
    model: str = "wikitext"
    revision: int = field(default=0)

    def xml(self) -> str:
        lead = f'    <redirect title="{escape(self.redirect)}" />\n' if self.redirect else ""
        return (
            f"  <page>\n    <title>{escape(self.title)}</title>\n    <ns>{self.namespace}</ns>\n"
            f"    <id>{self.number}</id>\n{lead}"
            f"    <revision>\n      <id>{self.revision or 1000 + self.number}</id>\n"
            "      <timestamp>2026-09-14T08:30:00Z</timestamp>\n      <contributor><username>Ane</username><id>7</id></contributor>\n"
            f"      <origin>1</origin>\n      <model>{self.model}</model>\n      <format>text/x-wiki</format>\n"
            f'      <text bytes="{len(self.text.encode())}" xml:space="preserve">{escape(self.text)}</text>\n'
            "    </revision>\n  </page>\n"
        )


def pages(language: str) -> list[Page]:
    """The pages of one wiki, numbered from 1."""
    return [
        Page(title, text, number, namespace=1 if number == 3 else 0)
        for number, (title, text) in enumerate(ARTICLES[language].items(), 1)
    ]


def head(language: str, host: str = "wikipedia.org") -> str:
    """What stands before the first page."""
    names = "".join(
        f'      <namespace key="{key}" case="first-letter">{name}</namespace>\n'
        for key, name in NAMESPACES.get(language, {}).items()
    )
    return (
        '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="0.11" '
        f'xml:lang="{language}">\n  <siteinfo>\n    <sitename>Wikipedia</sitename>\n    <dbname>{language}wiki</dbname>\n'
        f"    <base>https://{language}.{host}/wiki/Azala</base>\n    <generator>MediaWiki 1.46.0</generator>\n"
        f'    <case>first-letter</case>\n    <namespaces>\n      <namespace key="0" case="first-letter" />\n{names}'
        "    </namespaces>\n  </siteinfo>\n"
    )


TAIL = "</mediawiki>\n"


def export(language: str, of: Sequence[Page], host: str = "wikipedia.org") -> bytes:
    """A dump as plain XML."""
    return (head(language, host) + "".join(page.xml() for page in of) + TAIL).encode()


def multistream(language: str, of: Sequence[Page], *, each: int = 2) -> bytes:
    """A dump as Wikimedia's: the head, every few pages and the tail are bzip2 streams of their own."""
    parts = ["".join(page.xml() for page in of[start : start + each]) for start in range(0, len(of), each)]
    return b"".join(bz2.compress(part.encode()) for part in (head(language), *parts, TAIL))


def write_wikis(folder: Path) -> Path:
    """Write one multistream dump for each language, with the index and the single stream that lie beside them."""
    folder.mkdir(parents=True)
    for language in ARTICLES:
        stem = f"{language}wiki-20261101-pages-articles"
        (folder / f"{stem}-multistream.xml.bz2").write_bytes(multistream(language, pages(language)))
        (folder / f"{stem}-multistream-index.txt.bz2").write_bytes(bz2.compress(b"617:1:Azala\n"))
        (folder / f"{stem}.xml.bz2").write_bytes(bz2.compress(export(language, pages(language))))
    return folder
