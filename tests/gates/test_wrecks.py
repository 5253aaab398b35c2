"""Wrecks: each kind does to a text what it says, alike on every machine, and none touches what it cannot harm."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from measure_gates import project_files  # noqa: E402
from wrecks import KINDS, Wrecker  # noqa: E402

from glotmill.text.rules import read_language  # noqa: E402
from glotmill.text.scan import scan  # noqa: E402

PROSE = {
    "deu_Latn": (
        "Die Großmutter öffnete früh am Morgen die Tür der Bäckerei und zählte die Brötchen für die Schüler.",
        "Später kam der Müller über die Brücke, grüßte höflich und erzählte von den Mühlen im nächsten Dorf.",
    ),
    "tha_Thai": (
        "ตอนเช้าแม่ค้าพายเรือมาขายผลไม้ที่ตลาดริมคลอง และเด็กๆ ในหมู่บ้านเดินไปโรงเรียนที่อยู่ใกล้วัด",
        "คุณตาเล่านิทานให้หลานฟังที่หน้าบ้านทุกเย็น แล้วคุณยายก็ทำขนมให้กินกันทั้งบ้าน",
    ),
    "hin_Deva": (
        "गाँव की नदी पर नया पुल बनकर तैयार हो गया है, और बच्चे हर शाम उसके किनारे खेलते हैं।",
        "दादी की रसोई में आज खीर बनी है, और दादाजी बरामदे में बैठकर अख़बार पढ़ रहे हैं।",
    ),
    "swh_Latn": (
        "Bibi yangu alikuwa akituambia kwamba samaki wa ziwa hili hawaliwi wakati wa mvua, kwa sababu maji yana matope.",
        "Watoto walikwenda shuleni mapema asubuhi, na mwalimu aliwasomea hadithi ya sungura na fisi.",
    ),
}
FOREIGN = ("The old miller walked slowly across the bridge while nobody was watching him from the village.",)


def wrecker(tag: str) -> Wrecker:
    language = read_language(tag, project_files())
    assert language is not None
    return Wrecker(language, FOREIGN)


def document(tag: str) -> str:
    return "\n".join(PROSE[tag] * 3)


@pytest.mark.parametrize("tag", sorted(PROSE))
@pytest.mark.parametrize("kind", KINDS)
def test_a_wreck_is_another_text_and_always_the_same(tag: str, kind: str):
    wrecked = wrecker(tag).wreck(kind, document(tag))
    assert wrecked == wrecker(tag).wreck(kind, document(tag))
    assert wrecked != document(tag)


def variants(tag: str, kind: str) -> list[str | None]:
    return [wrecker(tag).wreck(kind, f"{document(tag)} {number}") for number in range(24)]


def test_mojibake_that_normalize_repairs_is_no_wreck():
    found = variants("deu_Latn", "mojibake")
    assert None in found
    assert any("?" in text for text in found if text)


def test_a_text_without_a_letter_beyond_ascii_takes_no_harm_from_code_pages():
    assert set(variants("swh_Latn", "mojibake")) == {None}


def test_truncated_pages_end_in_the_air():
    for text in variants("deu_Latn", "truncated"):
        assert text is not None
        assert text.rstrip("]").endswith(("…", "..."))


def test_lists_of_keywords_have_no_function_words():
    common = {"der", "die", "das", "und", "von", "am"}
    for text in variants("deu_Latn", "keywords"):
        assert text is not None
        assert not common & set(text.replace(",", " ").replace("|", " ").split())


def test_a_scanned_page_has_narrow_lines_and_hyphens_where_the_script_has_them():
    german = [text for text in variants("deu_Latn", "scanned") if text]
    assert max(len(line) for text in german for line in text.split("\n")) <= 80
    assert any(line.endswith("-") for text in german for line in text.split("\n"))
    thai = [text for text in variants("tha_Thai", "scanned") if text]
    assert not any(line.endswith("-") for text in thai for line in text.split("\n"))


def test_a_bad_translation_repeats_itself_or_keeps_words_of_its_source():
    distinct = scan([document("hin_Deva")]).word_counts[0]
    for text in variants("hin_Deva", "translated"):
        assert text is not None
        assert "bridge" in text or len(set(scan([text]).words_of(0).tolist())) < distinct
