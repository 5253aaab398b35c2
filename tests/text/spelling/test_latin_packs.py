"""Latin spelling of single languages: Yoruba, Vietnamese, Turkish, Catalan, Romanian; other letters stay."""

import pytest

from glotmill.text.spelling.packs import PACKS


@pytest.mark.parametrize(
    ("pack", "before", "after"),
    [
        (
            "yoruba_dots",
            "o\u0329jó\u0329 dára, s\u0329é e\u0329 ti jẹun?",
            "ọjọ́ dára, ṣé ẹ ti jẹun?",
        ),
        ("yoruba_dots", "È\u0329kọ́ S\u0329ọlá", "Ẹ̀kọ́ Ṣọlá"),
        ("vietnamese_marks", "á\u0302m ba\u0302\u0301c, ă, à\u0306n", "ấm ba\u0302\u0301c, ă, ằn"),
        ("vietnamese_marks", "hé\u0302t mò\u0302i, Ả\u0302", "hết mồi, Ẩ"),
        ("turkish_dots", "i\u0307stanbul ve i\u0307zmir", "istanbul ve izmir"),
        ("turkish_dots", "ı\u0307ki", "iki"),
        ("catalan_ela", "coŀlegi PARAŀLEL EXCEĿLENT", "col·legi PARAl·LEL EXCEL·LENT"),
        ("romanian_commas", "şi ţară, Ştefan şi Ţepeş", "și țară, Ștefan și Țepeș"),
    ],
)
def test_two_spellings_become_one(pack: str, before: str, after: str) -> None:
    assert PACKS[pack](before) == after


@pytest.mark.parametrize(
    ("pack", "text"),
    [
        ("yoruba_dots", "Ọmọ náà ń kọrin; ẹ̀kọ́ dára, ǹjẹ́ ó yé ọ?"),
        ("yoruba_dots", "n\u0329 a\u0329 əs"),
        ("vietnamese_marks", "Hôm nay trời đẹp quá, chúng tôi ra biển ăn phở; hoà bình và hòa bình."),
        ("vietnamese_marks", "é\u0306 n\u0302"),
        ("turkish_dots", "İstanbul, Iğdır, ılık, ince, DİYARBAKIR, Iınka"),
        ("turkish_dots", "i\u0307\u0301 j\u0307 ė"),
        ("catalan_ela", "col·legi, paral·lel, ball, el·líptic · i punt"),
        ("romanian_commas", "și țară, façade, ģ"),
    ],
)
def test_what_is_written_on_purpose_stays(pack: str, text: str) -> None:
    assert PACKS[pack](text) == text


def test_turkish_capitals_come_through_lower_and_upper_case_of_programs() -> None:
    assert PACKS["turkish_dots"]("İZMİR".lower()) == "izmir"
    assert PACKS["turkish_dots"]("ISPARTA".lower()) == "isparta"
