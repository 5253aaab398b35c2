"""The share of words that are not known and stand there once, and what is a known word."""

import numpy as np
import pytest

from glotmill.text.known_words import Vocabulary, known_words
from glotmill.text.measures import MEASURES
from glotmill.text.rules import profile
from glotmill.text.scan import scan

ODD = MEASURES["odd_word_share"]


def share(text: str, tag: str | None) -> float:
    return float(ODD.compute(scan([text]), profile((), language=tag))[0])


@pytest.mark.parametrize(
    ("tag", "sound", "damaged"),
    [
        ("eus_Latn", "Gure amonak goizero ogia egiten zuen etxean", "Gurc omonak gaizera agia cgitcn zucn ctxcan"),
        (
            "deu_Latn",
            "Die Kinder liefen nach der Schule durch den Wald",
            "Oie Kinaer 1iefen noch dcr Schu1c durcb deu Wa1d",
        ),
        ("hin_Deva", "बच्चे स्कूल से घर आए और नदी में नहाए", "बञ्चे स्ङूल सो घछ आऐ औए नद मं नाहए"),
        ("tha_Thai", "เด็กเดินไปโรงเรียนตอนเช้าทุกวัน", "เตกเตนไบโวงเรยนดอนเซาทกวน"),
        ("khm_Khmr", "កុមារទៅសាលារៀនរាល់ព្រឹក", "កមារទោសាសារឿនរាស់ព្រក"),
        ("arb_Arab", "ذهب الأولاد إلى المدرسة في الصباح", "دهب الأولاذ إلي المذرسه قي الصياح"),
        ("swh_Latn", "Watoto walikwenda shuleni asubuhi na mapema", "Wat0to walikwcnda shulcni osubuhi ua mapcma"),
        ("tur_Latn", "Çocuklar sabah erkenden okula gitti", "Çacuk1or sabab erkendcn oku1o gittl"),
    ],
)
def test_damaged_words_are_odd_and_sound_ones_are_not(tag: str, sound: str, damaged: str) -> None:
    assert share(damaged, tag) > share(sound, tag)


def test_a_word_that_comes_again_is_not_odd_and_without_a_language_none_is_known() -> None:
    assert share("Zubrowka Zubrowka", "deu_Latn") == 0.0
    assert share("Zubrowka und", "deu_Latn") == 0.5
    assert share("Zubrowka und", None) == 1.0
    assert share("", "deu_Latn") == 0.0


def test_long_documents_and_their_parts_have_like_shares() -> None:
    words = [f"qx{''.join(chr(97 + int(digit)) for digit in str(number))}" for number in range(250)]
    part, table = " ".join(words), scan([" ".join(words), " ".join(words * 8), "das ist der Weg"])
    assert share(part, "deu_Latn") == 1.0
    assert np.round(ODD.compute(table, profile((), language="deu_Latn")), 3).tolist() == [1.0, 1.0, 0.0]


def test_words_are_known_in_any_case_and_of_their_own_language() -> None:
    basque = Vocabulary("eus_Latn", more=["eta"])
    assert basque("ETA")
    assert basque("etxean")
    assert not basque("Häuser")
    assert len(known_words("eus_Latn")) > 10_000
    assert len(known_words("xxx_Latn")) == len(known_words(None)) == 0
    assert not Vocabulary(None)("eta")
