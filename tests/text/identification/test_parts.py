"""Languages within a document, line by line and paragraph by paragraph."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotmill.text.identification import ensemble
from glotmill.text.identification.parts import LEAST_LETTERS, mixed_share, parts_of, shares

BASQUE = "Arrantzaleak goizean goiz atera ziren itsasora eta ilunabarrean itzuli ziren etxera."
GERMAN = "Die Fischer fuhren am frühen Morgen aufs Meer hinaus und kamen erst am Abend zurück."
THAI = "ชาวประมงออกทะเลตั้งแต่เช้ามืดและกลับบ้านตอนพระอาทิตย์ตกดินพร้อมปลาเต็มลำเรือ"
HINDI = "मछुआरे सुबह-सुबह समुद्र में गए और शाम को ढेर सारी मछलियाँ लेकर घर लौटे।"
ARABIC = "خرج الصيادون إلى البحر في الصباح الباكر وعادوا إلى بيوتهم عند غروب الشمس."
CHINESE = "渔民们一大早就出海打鱼，傍晚时分才满载而归，孩子们都在码头上等着。"
TURKISH = "Balıkçılar sabah erkenden denize açıldılar ve akşam güneş batarken eve döndüler."
KHMER = "អ្នកនេសាទបានចេញទៅសមុទ្រតាំងពីព្រលឹម ហើយត្រឡប់មកផ្ទះវិញនៅពេលថ្ងៃលិច។"
SWAHILI = "Wavuvi walikwenda baharini asubuhi na mapema na wakarudi nyumbani jioni wakiwa na samaki wengi."


def languages(text: str, level: str = "line") -> list[str | None]:
    return [part.language for part in parts_of(ensemble.shipped(), [text], level)[0]]


def test_each_line_has_its_own_language():
    lines = [BASQUE, GERMAN, THAI, HINDI, ARABIC, CHINESE, TURKISH, KHMER, SWAHILI]
    assert languages("\n".join(lines)) == [
        "eus_Latn", "deu_Latn", "tha_Thai", "hin_Deva", "arb_Arab", "cmn_Hani", "tur_Latn", "khm_Khmr", "swh_Latn",
    ]  # fmt: skip


def test_names_and_short_lines_go_with_the_line_before_and_the_first_ones_with_the_first_that_tells():
    found = parts_of(ensemble.shipped(), [f"2026\nMarta Zubieta\n{BASQUE}\nTimo Wolf\n{GERMAN}\n+49 30"], "line")[0]
    assert [part.language for part in found] == ["eus_Latn"] * 4 + ["deu_Latn"] * 2
    assert [part.sure for part in found] == [False, False, True, False, True, False]


def test_paragraphs_are_parted_by_blank_lines_and_lines_by_breaks():
    text = f"{BASQUE}\n{BASQUE}\n \n\t\n{GERMAN}\n\n"
    assert languages(text, "paragraph") == ["eus_Latn", "deu_Latn"]
    assert languages(text) == ["eus_Latn", "eus_Latn", "deu_Latn"]


def test_shares_count_letters_of_parts_with_a_language():
    found = shares(parts_of(ensemble.shipped(), [f"{GERMAN}\n{BASQUE}\n{BASQUE}"], "line")[0])
    german, basque = (sum(map(str.isalpha, text)) for text in (GERMAN, BASQUE))
    whole = german + 2 * basque
    assert found == [("eus_Latn", round(2 * basque / whole, 4)), ("deu_Latn", round(german / whole, 4))]
    assert shares(parts_of(ensemble.shipped(), ["Ok\n12"], "line")[0]) == []


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(st.one_of(st.sampled_from([BASQUE, THAI, "\ud800\0 "]), st.text()), max_size=5), max_size=4))
def test_parts_are_the_text_without_its_breaks_alone_or_in_a_batch(documents: Sequence[Sequence[str]]):
    texts = ["\n".join(lines) for lines in documents]
    found = parts_of(ensemble.shipped(), texts, "line")
    for text, parts in zip(texts, found, strict=True):
        assert "".join("".join(part.text.split()) for part in parts) == "".join(text.split())
        assert parts_of(ensemble.shipped(), [text], "line") == [parts]
        assert all(not part.sure or part.letters >= LEAST_LETTERS for part in parts)


@pytest.mark.parametrize("level", ["line", "paragraph"])
def test_no_text_has_no_parts(level: str):
    assert parts_of(ensemble.shipped(), ["", " \n\n "], level) == [[], []]


def test_members_of_a_macrolanguage_are_one_language_unless_they_are_told_apart():
    found = [("swh_Latn", 0.5), ("swc_Latn", 0.3), ("eng_Latn", 0.15), ("swh_Arab", 0.05)]
    assert mixed_share(found, "swh_Latn") == 0.2
    assert mixed_share(found, "swh_Latn", apart=["swh_Latn", "eng_Latn"]) == 0.2
    assert mixed_share(found, "swh_Latn", apart=["swh_Latn", "swc_Latn"]) == 0.5
    assert mixed_share(found, "eus_Latn") == 1.0
    assert mixed_share([], "swh_Latn") is None
