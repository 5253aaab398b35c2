"""The scan: words of every script at their places, equal hashes for equal words, and nothing that a text can break."""

import numpy as np
import pyarrow as pa
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st
from icu4py.breakers import WordBreaker

from glotmill.core.steps import Batch
from glotmill.text import scan as scanning
from glotmill.text import scripts
from glotmill.text.scan import TokenTable, scan, tokens

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=80)
NATIVE = {
    "eus": ("Amonak sagarrak bildu ditu.", ["Amonak", "sagarrak", "bildu", "ditu"]),
    "deu": ("Die Straßenbahn fährt um 8:15 Uhr.", ["Die", "Straßenbahn", "fährt", "um", "8", "15", "Uhr"]),
    "hin": ("दादी ने हिन्दी किताब पढ़ी।", ["दादी", "ने", "हिन्दी", "किताब", "पढ़ी"]),
    "tha": ("แม่ซื้อปลาที่ตลาด", ["แม่", "ซื้อ", "ปลา", "ที่", "ตลาด"]),
    "khm": ("ម្តាយទិញផ្លែឈើ", ["ម្តាយ", "ទិញ", "ផ្លែឈើ"]),
    "arb": ("قرأت الجدة قصة قديمة.", ["قرأت", "الجدة", "قصة", "قديمة"]),
    "cmn": ("我们今天去市场买水果。", ["我们", "今天", "去", "市场", "买", "水果"]),
    "swh": ("Bibi alisoma ng'ombe 3,5.", ["Bibi", "alisoma", "ng'ombe", "3,5"]),
    "tur": ("Işık İstanbul'da yandı!", ["Işık", "İstanbul'da", "yandı"]),
}


def words_in(text: str, table: TokenTable, index: int = 0) -> list[str]:
    return [text[start:end] for start, end in table.word_spans_of(index).tolist()]


@pytest.mark.parametrize("language", sorted(NATIVE))
def test_words_of_each_script_are_found_where_they_stand(language: str):
    text, words = NATIVE[language]
    assert words_in(text, scan([text])) == words


def test_thai_text_without_spaces_counts_words():
    assert scan(["แม่ซื้อปลาที่ตลาด"]).word_counts.tolist() == [5]


def test_offsets_behind_an_emoji_count_characters_and_not_utf16_units():
    text = "🙂🙂 kaixo 𠮷 mundua"
    assert words_in(text, scan([text])) == ["kaixo", "𠮷", "mundua"]


def test_a_words_hash_is_xxh3_of_its_casefolded_utf8():
    table = scan(["STRASSE straße Ελλάς ΕΛΛΆΣ"])
    assert table.words_of(0).tolist() == [
        xxhash.xxh3_64_intdigest(word.encode()) for word in ("strasse", "strasse", "ελλάσ", "ελλάσ")
    ]


def test_devanagari_words_that_differ_in_a_vowel_sign_keep_different_hashes():
    table = scan(["कल काल किल कुल"])
    assert len(set(table.words_of(0).tolist())) == 4


def test_marks_count_in_the_length_but_not_in_the_bases_of_a_word():
    table = scan(["हिन्दी"])
    assert table.word_lengths.tolist() == [6]
    assert table.word_bases.tolist() == [3]


def test_lines_lose_the_space_around_them_and_blank_ones_do_not_count():
    table = scan(["  Lehena  \r\n\r\n\u3000\nBigarrena…\u2028- hiru\n-lau\n• bost...\n"])
    assert table.line_counts.tolist() == [5]
    assert table.line_starts.tolist() == [2, 16, 27, 34, 39]
    assert table.line_lengths.tolist() == [6, 10, 6, 4, 9]
    assert table.line_bullets.tolist() == [False, False, True, False, True]
    assert table.line_ellipses.tolist() == [False, True, False, False, True]
    assert [chr(point) for point in table.line_last.tolist()] == ["a", "…", "u", "u", "."]
    assert table.lines_of(0)[0] == xxhash.xxh3_64_intdigest(b"lehena")


def test_ellipses_hashes_and_bare_symbols_are_counted():
    table = scan(["a... b…… c.. d。。。 #e ## | -> 5 🙂 \u200b"])
    assert table.ellipses.tolist() == [3]
    assert table.hash_signs.tolist() == [3]
    assert table.symbol_runs.tolist() == [4]  # ##, |, -> and the emoji; not the zero-width space


def test_character_classes_are_counted_per_document():
    table = scan(["कि 5!", ""])
    counts = dict(zip(scripts.CLASSES, table.classes[0].tolist(), strict=True))
    assert {name: count for name, count in counts.items() if count} == {
        "letter": 1,
        "mark": 1,
        "space": 1,
        "digit": 1,
        "punctuation": 1,
    }
    assert table.classes[1].sum() == 0


def same(first: TokenTable, second: TokenTable) -> bool:
    return all(np.array_equal(getattr(first, name), getattr(second, name)) for name in TokenTable.__dataclass_fields__)


@given(st.lists(ANY_TEXT, max_size=6), st.randoms())
def test_taking_rows_equals_scanning_the_rows_taken(texts: list[str], random):
    indices = [random.randrange(len(texts)) for _ in range(4)] if texts else []
    assert same(scan(texts).take(np.array(indices, np.int64)), scan([texts[index] for index in indices]))


@given(st.lists(ANY_TEXT, max_size=5))
def test_a_document_scans_alike_alone_and_beside_others(texts: list[str]):
    table = scan(texts)
    for index, text in enumerate(texts):
        assert same(table.take(np.array([index])), scan([text]))


def test_texts_scanned_in_several_groups_equal_texts_scanned_in_one(monkeypatch):
    texts = [text for text, _ in NATIVE.values()] * 3 + [""]
    whole = scan(texts)
    monkeypatch.setattr(scanning, "_GROUP_CHARACTERS", 40)
    assert same(scan(texts), whole)


@given(ANY_TEXT)
def test_words_are_the_segments_of_icu_that_hold_a_letter_or_number(text: str):
    clean = "".join("\ufffd" if 0xD800 <= ord(sign) <= 0xDFFF else sign for sign in text)
    wanted = (scripts.LETTER, scripts.DIGIT, scripts.NUMBER)
    segments = [
        segment
        for segment in WordBreaker(clean, "root")
        if np.isin(scripts.classes_of(scripts.code_points(segment)), wanted).any()
    ]
    assert words_in(clean, scan([text])) == segments


def test_hostile_texts_scan():
    texts = ["", "\x00", "\ud800", "\n\n", "a" * 1_000_000, "\u0301" * 100, "\U0010ffff", "﻿"]
    assert scan(texts).word_counts.tolist() == [0, 0, 0, 0, 1, 0, 0, 0]
    assert len(scan([])) == 0


def test_a_batch_is_scanned_once_until_its_text_changes_and_null_scans_as_empty():
    batch = Batch(pa.record_batch({"text": pa.array(["Kaixo mundua", None, "ภาษาไทย"])}))
    table = tokens(batch)
    assert tokens(batch) is table
    assert table.word_counts.tolist() == [2, 0, 2]
    taken = batch.take(np.array([2]))
    assert tokens(taken).word_counts.tolist() == [2]
    assert ("text", "tokens") in taken._derived
    changed = batch.with_columns({"text": pa.array(["bat", "bi", "hiru lau"])})
    assert tokens(changed).word_counts.tolist() == [1, 1, 2]
