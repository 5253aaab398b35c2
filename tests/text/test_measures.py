"""Measures: exact values on native text."""

import unicodedata

import pytest

from glotmill.text.measures import MEASURES, THEMES
from glotmill.text.rules import LanguageFile, profile
from glotmill.text.scan import scan

BLANK = profile(())


def value(name: str, text: str, stop_words: tuple[str, ...] = (), **known) -> float:
    return float(MEASURES[name].compute(scan([text]), profile(stop_words, **known))[0])


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("word_count", "ម្តាយទិញផ្លែឈើ ១២ !!! ->", 4),
        ("mean_word_length", "हिन्दी कल", 2.5),
        ("mean_word_length", "我们去", 1.5),
        ("mean_word_length", "!!!", 0),
        ("hash_ratio", "#samaki #pwani leo jioni", 0.5),
        ("hash_ratio", "###", 3),
        ("ellipsis_ratio", "新闻……体育…", 1),
        ("bullet_line_share", "• दाल\n- चावल\nखाना तैयार है।\n— नहीं", 0.5),
        ("ellipsis_line_share", "Irakurri gehiago […]\nEtxera joan zen (...)\nAmaitu da.\n[.]", 2 / 4),
        ("ellipsis_line_share", "خرج الصياد...\nوعاد…\nمساء.", 2 / 3),
        ("alpha_word_share", "Elma 24 | 30", 1 / 4),
        ("alpha_word_share", "", 0),
        ("longest_word", "हिन्दी कल", 3),
        ("longest_word", "", 0),
        ("address_ratio", "Ikusi https://adibidea.eus eta http://adibidea.eus orriak.", 2 / 7),
        ("mean_line_words", "Kaixo mundu.\n\nZer moduz?", 2),
        ("mean_line_length", "  Kaixo  \n\n我们\n", 3.5),
        ("line_break_ratio", "Kaixo\n\nmundu\n", 1.5),
        ("brace_count", "{ { }", 3),
        ("sentence_count", "काम हुआ। घर चलो! भाषा?", 3),
        ("sentence_count", "外婆笑了。我们走吧！", 2),
        ("sentence_count", "Bertsioa 2.4 da, ez 2.5", 0),
        ("mean_sentence_words", "Habari za leo? Nzuri sana.", 2.5),
        ("mean_sentence_words", "Menyu Habari", 2),
    ],
)
def test_a_measure_has_its_exact_value(name: str, text: str, expected: float):
    assert value(name, text) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("intruder_ratio", "El niÃ±o comiÃ³ manzanas", 1 / 6),  # ± parts a word in two; ³ is a number, so a word
        ("intruder_ratio", "Viá»‡t Nam", 1 / 3),
        ("intruder_ratio", "f?r M?tter", 2 / 4),
        ("intruder_ratio", "«Где?» — спросил он. R&D, l'home, cel·la, 50%, ¿qué? а+b", 1 / 11),
        ("intruder_ratio", "你好？我很好！ไป?มา", 0),
        ("intruder_ratio", "", 0),
        ("mixed_word_share", "P0ciąg d0 Gdańska 14 km", 2 / 4),
        ("mixed_word_share", "१२ घर", 0),
        ("mixed_word_share", "12 34", 0),
        ("single_letter_share", "t รถ ไ ป 5", 3 / 4),
        ("single_letter_share", "कि की", 1),
        ("single_letter_share", "5 6", 0),
        ("hyphenated_line_share", "Isoisä ra-\nkensi veneen\n- kala\nmök¬", 2 / 4),
        ("hyphenated_line_share", "", 0),
        ("even_line_share", "\n".join(["ตอนเช้าแม่ค้าพายเรือ"] * 8 + ["ตลาด", "เรือ"]), 160 / 168),
        ("even_line_share", "\n".join(["ตอนเช้าแม่ค้าพายเรือ"] * 9), 0),
        ("even_line_share", "", 0),
    ],
)
def test_a_measure_of_damage_has_its_exact_value(name: str, text: str, expected: float):
    assert value(name, text) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("digit_share", "รถ ๑๒ คัน", 2 / 7),
        ("digit_share", "三十", 0),
        ("digit_share", "½ Ⅷ", 1),
        ("symbol_share", "5 € + 🎉", 3 / 4),
        ("punctuation_share", "«سلام!»", 3 / 7),
        ("uppercase_share", "ΚΑΛΗμέρα", 0.5),
        ("uppercase_share", "สวัสดี שלום こんにちは", 0),
        ("mark_ratio", "हिन्दी", 1),
        ("mark_ratio", unicodedata.normalize("NFD", "ẹ̀"), 2),
        ("mark_ratio", "Ẹja", 0),
        ("control_share", "می‌کنند", 1 / 7),
        ("unassigned_share", "a\ue000", 0.5),
    ],
)
def test_characters_are_counted_by_category_in_every_script(name: str, text: str, expected: float):
    assert value(name, text) == pytest.approx(expected, rel=1e-12)


def test_stop_words_count_once_each_whatever_their_case():
    assert value("distinct_stop_words", "ETA gero eta gehiago, baina EZ.", ("eta", "ez", "da")) == 2
    assert value("distinct_stop_words", "ฉันและเธออยู่ที่บ้าน", ("และ", "ที่")) == 2
    assert value("distinct_stop_words", "Kaixo", ()) == 0


def test_the_share_of_stop_words_counts_each_time():
    assert value("stop_word_share", "ETA gero eta gehiago, baina EZ.", ("eta", "ez", "da")) == 3 / 6
    assert value("stop_word_share", "", ("eta",)) == 0
    assert value("stop_word_share", "Kaixo", ()) == 0


def test_turkish_dotted_and_dotless_i_are_different_words():
    assert value("distinct_stop_words", "ılık", ("ilik",)) == 0


def test_vietnamese_measures_the_same_composed_and_decomposed():
    text = "Bà tôi kể chuyện cổ tích bằng tiếng Việt mỗi tối."
    composed, decomposed = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)
    assert composed != decomposed
    for name in ("mean_word_length", "longest_word"):
        assert value(name, composed) == value(name, decomposed)


@pytest.mark.parametrize(
    ("text", "ends", "expected"),
    [
        ("“外婆笑了。”\n首页\n走吧！", ("。", "！"), 2 / 3),
        ("काम हो गया।\nमेनू\nक्यों?\nसमाचार", ("।", "?"), 0.5),
        ("Γιατί;\nΑρχική", (".", ";"), 0.5),
        ("Zergatik;", (".",), 0),
        ("Ongi da (benetan).", (".",), 1),
        ("彼は「行くよ」", ("。", "」"), 1),
        ("สวัสดี", (), 0),
    ],
)
def test_a_line_ends_as_the_sentences_of_its_language_do(text: str, ends: tuple[str, ...], expected: float):
    assert value("sentence_line_share", text, sentence_ends=ends) == expected


def test_what_c4_keeps_are_lines_of_five_words_that_end_as_a_sentence():
    kept = "Gaur goizean euria egin du.\n"
    for line in ("Gehiago irakurri.", "Gaur goizean euria egin du", "Gaur goizean euria egin du..."):
        words = len(line.split())
        assert value("prose_word_share", kept + line, sentence_ends=(".",)) == 5 / (5 + words)
    assert value("prose_word_share", kept, sentence_ends=("。",)) == 0


def test_a_short_line_is_short_for_its_language():
    text = "下雨的时候她坐在门口织毛衣\n新闻中心"
    assert value("short_line_share", text, length=1.0) == 1
    assert value("short_line_share", text, length=0.27) == 0.5
    assert value("short_line_share", "x" * 30 + "\n" + "x" * 31, length=1.0) == 0.5


def test_lorem_ipsum_counts_as_two_words_in_a_row_of_one_document():
    assert value("lorem_ipsum_count", "Lorem ipsum dolor. LOREM IPSUM") == 2
    assert value("lorem_ipsum_count", "ipsum lorem") == 0
    two = scan(["... lorem", "ipsum ..."])
    assert MEASURES["lorem_ipsum_count"].compute(two, BLANK).tolist() == [0, 0]
    assert MEASURES["lorem_ipsum_count"].compute(scan([]), BLANK).tolist() == []


@pytest.mark.parametrize(
    ("script", "text", "expected"),
    [
        ("Arab", "تراث UNESCO في الواحة", 3 / 4),
        ("Jpan", "東京タワーへ行く", 1),
        ("Jpan", "Tokyo Tower", 0),
        ("Hang", "大韓民國의 역사", 1),
        ("Hani", "ㄅㄆ 你好", 1),
        ("Latn", "Привет", 0),
        ("Latn", "1234", 0),
        (None, "Kaixo", 0),
    ],
)
def test_a_mixture_of_scripts_belongs_to_the_languages_written_so(script: str | None, text: str, expected: float):
    assert value("expected_script_share", text, script=script) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("무료 download 바로 click", 0.5),
        ("東京タワーへ行く", 0),
        ("한국 漢字 공부", 0),
        ("Привет друг 12 ok", 1 / 3),
        ("12 !", 0),
    ],
)
def test_words_in_another_script_than_most_are_mixed_in(text: str, expected: float):
    assert value("code_mixing_share", text) == pytest.approx(expected)


def test_function_words_of_other_languages_count_as_confusable():
    known = {"confusable": ("the", "OF", "los"), "script": "Latn"}
    assert value("confusable_word_share", "The Bear of Gernika, los hartza", **known) == pytest.approx(3 / 6)
    assert value("confusable_word_share", "Hartza etxera etorri da", **known) == 0
    assert value("confusable_word_share", "the of los") == 0


def test_measures_are_registered_under_their_own_names_and_once():
    assert all(name == measure.name for name, measure in MEASURES.items())
    assert len(MEASURES) == sum(len(theme) for theme in THEMES.values())


def test_a_language_file_becomes_the_profile_that_measures_need():
    known = LanguageFile(
        tag="jpn_Jpan",
        name="Japanese",
        status="unproven",
        stop_words=("の", "に"),
        bounds={},
        sentence_ends=("。", "……"),
        relative_length=0.39,
        confusable={"cmn_Hani": ("的", "了", "们"), "eng_Latn": ("the",)},
        evidence=({"text": "made for this test", "source": "none", "license": "Apache-2.0"},),
    ).profile()
    assert len(known.stop_words) == 2
    assert known.sentence_ends.tolist() == [ord("…"), ord("。")]
    assert known.scripts.sum() == 3
    assert known.length == 0.39
    assert len(known.confusable) == 4
