"""A project with tailored sites, and a small WARC of their pages; every sentence was written for these tests."""

import textwrap
from dataclasses import dataclass
from pathlib import Path

from glotmill.demo.warc import Capture, write_warc

CC = "https://creativecommons.org/licenses"

# A town's news in Basque, a village's paper in Hindi, a market's site in Thai, a school's in Khmer.
BASQUE = (
    "Gaur goizean azokara joan gara, eta baserritarrek gazta, ogia eta sagarrak ekarri dituzte.",
    "Udalak plaza berria zabalduko du udazkenean, eta haurrentzat jolasleku handi bat izango da bertan.",
    "Auzoko liburutegiak ordutegia luzatu du, ikasleek arratsaldean ere lasai irakurri ahal izateko.",
)
BASQUE_BRIDGE = (
    "Ibaiko zubi zaharra konpontzen hasi dira langileak, neguko uholdeek harriak mugitu baitzituzten.",
    "Herritarrek hamar minutu gehiago beharko dituzte lanera joateko, baina alkateak pazientzia eskatu du.",
    "Lanak amaitzean, oinezkoentzat bide zabalagoa egongo da eta argi berriak jarriko dituzte.",
)
BASQUE_CHOIR = (
    "Abesbatzak larunbatean kontzertua emango du elizan, eta sarrera doan izango da guztientzat.",
    "Zuzendariak esan du urte osoan prestatu dituztela abesti berriak, batzuk herriko poetek idatziak.",
    "Kontzertuaren ondoren, kideek txokolatea banatuko dute plazan, aspaldiko ohiturari jarraituz.",
)
HINDI = (
    "गाँव की नदी पर नया पुल बन गया है और अब बच्चे आसानी से स्कूल जा सकते हैं।",
    "किसानों ने बताया कि इस साल बारिश समय पर हुई, इसलिए गेहूँ की फसल अच्छी रहने की उम्मीद है।",
    "शाम को चौपाल पर सब लोग इकट्ठा हुए और उन्होंने पुस्तकालय खोलने का निर्णय लिया।",
)
HINDI_WELL = (
    "पुराने कुएँ की सफ़ाई का काम महिलाओं के समूह ने अपने हाथ में लिया है।",
    "उन्होंने कहा कि पानी साफ़ रहेगा तो बीमारियाँ भी कम होंगी और सबका समय बचेगा।",
    "पंचायत ने इस काम के लिए रस्सी, बाल्टी और चूने का ख़र्च देने की बात मानी है।",
)
THAI = (
    "เช้านี้แม่ค้าที่ตลาดน้ำพายเรือมาขายผลไม้และขนมตั้งแต่ก่อนพระอาทิตย์ขึ้น",
    "ชาวบ้านช่วยกันซ่อมสะพานไม้หน้าวัดเพื่อให้เด็กๆ เดินไปโรงเรียนได้อย่างปลอดภัย",
    "ปีนี้ฝนตกมากกว่าทุกปี ชาวนาจึงหวังว่าจะเก็บเกี่ยวข้าวได้มากพอสำหรับทั้งหมู่บ้าน",
)
KHMER = (
    "ព្រឹកនេះសិស្សសាលាភូមិបានដាំដើមឈើជុំវិញទីធ្លាសាលា ដើម្បីឱ្យមានម្លប់ត្រជាក់។",
    "លោកគ្រូបានប្រាប់ថា ដើមឈើនីមួយៗនឹងមានឈ្មោះរបស់សិស្សដែលបានដាំវា។",
    "អ្នកភូមិបានយកទឹក និងជីមកជួយ ហើយពួកគេបានញ៉ាំបាយជាមួយគ្នានៅពេលថ្ងៃត្រង់។",
)

SITES = """\
publish: open-only
sites:
  - name: hiri-berriak
    seeds: ["https://hiri-berriak.example/"]
    hosts: [www.hiri-berriak.example]
    languages: [eus_Latn]
    license:
      expression: CC-BY-SA-4.0
      evidence: The imprint says that all texts are under CC BY-SA 4.0; photographs are excepted.
      verified_by: Ane Etxeberria
      verified_on: 2026-11-03
    extract:
      title: {css: h1.izenburua}
      text: {css: "div.edukia > p"}
      date: {css: time, attribute: datetime}
  - name: gaon
    seeds: ["http://gaon.example/"]
    languages: [hin_Deva]
    extract:
      title: {xpath: "//h2[@class='sheershak']"}
      text: {xpath: "//div[@id='samachar']/p"}
      date: {xpath: "//span[@class='tithi']/text()", format: "%d/%m/%Y"}
      license: {xpath: "//aside[@id='adhikar']/a/@href"}
  - name: talat
    seeds: ["https://talat.example/"]
    languages: [tha_Thai]
    license:
      expression: CC0-1.0
      evidence: The page "about us" gives all texts away by CC0 1.0.
      verified_by: Ane Etxeberria
      verified_on: 2026-11-04
  - name: sala
    seeds: ["https://sala.example/"]
    languages: [khm_Khmr]
    license:
      expression: CC-BY-4.0
      evidence: The headmaster's letter of 1 November 2026 names CC BY 4.0 for the texts.
      verified_by: Sok Dara
      verified_on: 2026-11-05
    extract:
      text: {css: "section.atthabot p"}
"""

RECIPE = """\
name: tailored
version: 1.0.0
languages: [eus_Latn, hin_Deva, tha_Thai, khm_Khmr]
source: {kind: warc, of: sites-crawl}
steps:
  - {name: gate, kind: gate}
  - {name: extract, kind: extract_sites, sites: manifests/sites/proba.yaml, engine: trafilatura}
  - {name: rights, kind: permit, allow: open-definition, consent: strictest}
  - {name: clean, kind: normalize}
  - {name: language, kind: identify, identifier: [words, ngrams]}
  - {name: exact, kind: exact_dedup}
sink: {kind: parquet, partition_by: [language, license_class], part_mb: 1}
shard_mb: 0.01
"""

SOURCE = """\
name: Sites of a test
license:
  expression: per-page
  evidence: Each page says it, or a person looked; see manifests/sites/proba.yaml.
terms: none
contact: test@example.org
"""


@dataclass(frozen=True)
class Made:
    """A page and what is to become of it: a text, or a reason."""

    url: str
    html: str
    text: str | None = None
    reason: str | None = None


def basque(sentences: tuple[str, ...], *, more: str = "", title: str = "Azoka berria") -> str:
    """A page of the town's news, among what surrounds its text."""
    body = "".join(f"<p>{sentence}</p>" for sentence in sentences)
    return (
        "<!doctype html><html lang=eu><head><title>Hiri berriak | Hasiera</title></head><body><nav><p>Hasiera"
        f"<p>Artxiboa</nav><h1 class=izenburua>{title}</h1><time datetime='2026-11-02'>atzo</time>"
        f"<div class=edukia>{body}<aside><p>Irakurri ere: eguraldia, kirolak eta heriotza-oharrak.</p></aside></div>"
        f"{more}</body></html>"
    )


def hindi(sentences: tuple[str, ...], *, rights: str = "") -> str:
    """A page of the village's paper; its license stands in an aside of its own."""
    body = "".join(f"<p>{sentence}" for sentence in sentences)
    return (
        "<html><head><meta charset=utf-8><title>गाँव समाचार</title></head><body><h2 class=sheershak>नया पुल</h2>"
        f"<span class=tithi>05/11/2026</span><div id=samachar>{body}</div><aside id=adhikar>{rights}</aside>"
    )


def thai() -> str:
    """A page of the market, for which nobody wrote rules."""
    body = "".join(f"<p>{sentence}</p>" for sentence in THAI)
    return f"<html lang=th><head><title>ตลาดน้ำ</title></head><body><article>{body}</article></body></html>"


def khmer() -> str:
    """A page of the school."""
    body = "".join(f"<p>{sentence}</p>" for sentence in KHMER)
    return f"<html lang=km><body><p>ទំព័រដើម</p><section class=atthabot>{body}</section></body></html>"


def stranger() -> str:
    """A page of no site."""
    body = "".join(f"<p>{sentence}</p>" for sentence in reversed(BASQUE))
    return f"<html lang=eu><body><article>{body}</article><a rel=license href='{CC}/by/4.0/'>CC BY</a></body></html>"


TOWN, PAPER = "https://hiri-berriak.example", "http://gaon.example"
MADE = (
    Made(f"{TOWN}/azoka", basque(BASQUE), "\n".join(BASQUE)),
    Made("https://www.hiri-berriak.example/azoka-berriz", basque(BASQUE), reason="exact_dedup.same_text"),
    Made(
        f"{TOWN}/zubia",
        basque(BASQUE_BRIDGE, more=f"<footer><a rel=license href='{CC}/by-sa/4.0/deed.eu'>CC</a></footer>"),
        "\n".join(BASQUE_BRIDGE),
    ),
    Made(
        f"{TOWN}/abesbatza",
        basque(BASQUE_CHOIR, more=f"<footer><a rel=license href='{CC}/by-nc-nd/4.0/'>CC</a></footer>"),
        reason="permit.conflict",
    ),
    Made(
        f"{TOWN}/erreserbatua",
        basque(BASQUE_CHOIR, more="<footer>© 2026 Eskubide guztiak erreserbatuta. All rights reserved.</footer>"),
        reason="permit.conflict",
    ),
    Made(f"{TOWN}/hasiera", basque(BASQUE).replace("class=edukia", "class=hasiera"), reason="extract_sites.no_text"),
    Made(
        f"{TOWN}/sakona",
        basque(BASQUE_BRIDGE, more="<b>" * 300 + "!" + "</b>" * 300),
        reason="extract_sites.too_deep",
    ),
    Made(f"{TOWN}/hutsak", basque(BASQUE_BRIDGE, more="<br>" * 50_001), reason="extract_sites.too_many_nodes"),
    Made(f"{PAPER}/pul", hindi(HINDI, rights=f"<a href='{CC}/by/4.0/deed.hi'>©</a>"), "\n".join(HINDI)),
    Made(f"{PAPER}/kuan", hindi(HINDI_WELL), reason="permit.no_license"),
    Made("https://talat.example/naa-raek", thai(), "\n".join(THAI)),
    Made("https://sala.example/daem-chheu", khmer(), "\n".join(KHMER)),
    Made("https://ezezaguna.example/", stranger(), "\n".join(reversed(BASQUE))),
)


def write_project(folder: Path, *, recipe: str = RECIPE, sites: str = SITES) -> Path:
    """Write the project's files and `crawl.warc.gz`; return the project's folder."""
    for name, text in {
        "pipelines/tailored.yaml": recipe,
        "manifests/sites/proba.yaml": sites,
        "manifests/sources/sites-crawl.yaml": SOURCE,
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    captures = [Capture(made.url, made.html.encode(), "native") for made in MADE]
    (folder / "crawl.warc.gz").write_bytes(write_warc("crawl.warc.gz", captures, codec="gzip"))
    return folder
