"""Lines and words that a printer broke come together as their language writes them, and hyphens of the language stay."""

import random
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotmill.text.joining import join_lines
from glotmill.text.known_words import Vocabulary
from support.effort import done_within


@pytest.mark.parametrize(
    ("language", "broken", "whole"),
    [
        (
            "deu_Latn",
            "Die Donau-\ndampfschiff-\nfahrt begann im Früh-\njahr.",
            "Die Donaudampfschifffahrt begann im Frühjahr.",
        ),
        (
            "deu_Latn",
            "Er wußte, daß die Schiff-\nfahrt ruhte und der Zuk-\nker fehlte.",
            "Er wußte, daß die Schiffahrt ruhte und der Zucker fehlte.",
        ),
        (
            "deu_Latn",
            "Eine E-\nMail über Nord-\nSüd-Handel, Vor-\nund Nachteile, die 20-\njährige CDU-\ngeführte",
            "Eine E-Mail über Nord-Süd-Handel, Vor- und Nachteile, die 20-jährige CDU-geführte",
        ),
        ("deu_Latn", "DIE SCHIFF-\nBRÜCHIGEN", "DIE SCHIFFBRÜCHIGEN"),
        (
            "eus_Latn",
            "Mendi-\nan poliki-\npoliki ibili gara, eta Donostia-\nBilbo trena hartu.",
            "Mendian poliki-poliki ibili gara, eta Donostia-Bilbo trena hartu.",
        ),
        ("tur_Latn", "Çocuk-\nlar İstanbul'\nda kal\u00ad\ndılar.", "Çocuklar İstanbul'da kaldılar."),
        ("swh_Latn", "Watoto wana\u2010\nsoma pole-\npole shu-\nleni.", "Watoto wanasoma pole-pole shuleni."),
        ("hin_Deva", "उसके माता-\nपिता गाँव में\nरहते हैं।", "उसके माता-पिता गाँव में रहते हैं।"),
        ("ben_Beng", "তার বাবা-\nমা ও কথা-\nবার্তা", "তার বাবা-মা ও কথা-বার্তা"),
        ("tam_Taml", "சின்னஞ்சிறு-\nகதை", "சின்னஞ்சிறு-கதை"),
        ("sin_Sinh", "අම්මා-\nතාත්තා", "අම්මා-තාත්තා"),
        ("arb_Arab", "قرأ الولد الكتـ\nـاب في\nالبيت", "قرأ الولد الكتاب في البيت"),
        ("tha_Thai", "เรือจอดที่ท่าน้ำหน้าบ้า\nนของยาย Linux\nใหม่", "เรือจอดที่ท่าน้ำหน้าบ้านของยาย Linux ใหม่"),
        ("khm_Khmr", "ផ្ទះរបស់យាយនៅជិត\nមាត់ទន្លេ។", "ផ្ទះរបស់យាយនៅជិតមាត់ទន្លេ។"),
        ("cmn_Hani", "奶奶说：“下雨了。”\n我们跑回\n家。", "奶奶说：“下雨了。”我们跑回家。"),
        ("hun_Latn", "Az asz-\nszony meny-\nnyit fizetett?", "Az asszony mennyit fizetett?"),
        ("swe_Latn", "Det är till-\nlåtet.", "Det är tillåtet."),
        ("pol_Latn", "flaga biało-\n-czerwona", "flaga biało-czerwona"),
        ("fra_Latn", "Viendra-t-\nil demain, dit-\nelle en sou-\nriant.", "Viendra-t-il demain, dit-elle en souriant."),
        ("cat_Latn", "un col-\nlegi nou", "un col·legi nou"),
        ("uig_Arab", "مەكتەپ-\nلەر ئېچىلدى", "مەكتەپلەر ئېچىلدى"),
    ],
)
def test_words_are_joined_as_the_language_writes_them(language: str, broken: str, whole: str) -> None:
    assert join_lines(broken, language, known=Vocabulary(language), ends="blank_line").text == whole


def test_the_documents_own_words_go_before_the_rules() -> None:
    hyphenated = "Das Nord-Ostsee-Treffen, das Kaffee-ersatz-Lied.\nMehr Kaffee-\nersatz-Lied."
    assert join_lines(hyphenated, "deu_Latn", ends="blank_line").text.endswith("Mehr Kaffee-ersatz-Lied.")
    reduplicated = "Kuna mamamama mtoni.\nWale mama-\nmama."
    assert join_lines(reduplicated, "swh_Latn", ends="blank_line").text.endswith("Wale mamamama.")


def test_what_was_done_is_counted() -> None:
    joined = join_lines("Früh-\njahr in Baden-\nBaden ist\nschön.\n\nEnde.", "deu_Latn", ends="blank_line")
    assert (joined.text, joined.lines, joined.words, joined.hyphens) == (
        "Frühjahr in Baden-Baden ist schön.\n\nEnde.",
        3,
        1,
        1,
    )


PARAGRAPHS = """\
  Amonak baratzean lan egiten zuen goizero, eta guk
laguntzen genion eguzkia berotzen hasi arte. Tomateak
udan biltzen genituen.
  Gero ibaira joaten ginen bainatzera, eta arratsaldean
aitonak egindako ogia jaten genuen sukaldeko mahaian,
leihoa zabalik zegoela."""


def test_a_line_that_is_not_full_and_an_indent_end_a_paragraph() -> None:
    assert join_lines(PARAGRAPHS, "eus_Latn").text.count("\n") == 1


@pytest.mark.parametrize(
    "kept",
    [
        "Gece indi köye,\nay doğdu dağdan.\nUyu yavrum,\nsabah yakın.\nYarın güneşle\nuyanır kuşlar.",
        "Orodha ya vitu vya safari ndefu ya mlimani:\n• viatu imara vya kupandia na soksi mbili\n• maji ya kunywa ya kutosha siku mbili\n• ramani ya njia za mlima iliyo mpya",
        "Ein Absatz steht hier auf einer Zeile und ist so lang, wie Absätze eben sind, also länger als alles andere.\nKurz.\nDer dritte ist wieder etwas länger als der zweite.",
        "一\n二\n三",
        "",
    ],
)
def test_verse_lists_and_paragraphs_of_one_line_keep_their_lines(kept: str) -> None:
    assert join_lines(kept, None).text == kept


def test_lines_of_verse_that_the_source_marks_stay_lines() -> None:
    assert (
        join_lines("Haizea dator,\u2028ekaitza dator.\nGero", "eus_Latn", ends="blank_line").text
        == "Haizea dator,\nekaitza dator. Gero"
    )


SIGNS = st.text(st.sampled_from("aAkßÉ-\u00ad\u2010ـ \n\r\u2028ก本अ्।.’'1•\ud800"), max_size=80)


@settings(max_examples=200, deadline=None)
@given(
    SIGNS,
    st.sampled_from(["deu_Latn", "hun_Latn", "tur_Latn", "tha_Thai", None]),
    st.sampled_from(["width", "blank_line"]),
)
def test_no_letter_is_lost_and_once_is_enough_for_paragraphs(text: str, language: str, ends: str) -> None:
    def letters(value: str) -> str:
        return "".join(sign for sign in value if sign.isalnum() and sign != "ـ")

    joined = join_lines(text, language, ends=ends)
    # German c-k, three consonants and Hungarian digraphs change letters; nothing else does.
    assert letters(joined.text).replace("c", "k") == letters(text) or language in ("deu_Latn", "hun_Latn")
    assert joined.text.count("\n") <= text.replace("\u2028", "\n").replace("\r", "\n").count("\n")


def test_time_is_linear_in_hostile_texts() -> None:
    chance = random.Random(7)
    for unit in ("a-\n", "-\n", "x" * 300 + "\n", "ـ\n", "a\u2010b-", "’" * 50 + "-\n"):
        text = unit * (300_000 // len(unit)) + str(chance.random())
        known = Vocabulary("deu_Latn")
        done_within(6, partial(join_lines, text, "deu_Latn", known=known, ends="blank_line"))
