"""Shingles: what counts as a token in each script, and that no token is lost."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotmill.dedup.shingles import normalize, shingle


def jaccard(first, second):
    """Return the Jaccard similarity of two sets of hashes; 0 if both are empty."""
    one, two = set(first.tolist()), set(second.tolist())
    return len(one & two) / len(one | two) if one or two else 0.0


def sets(*texts, n=5, n_unspaced=8):
    found = shingle(texts, n=n, n_unspaced=n_unspaced)
    return [found.of(place) for place in range(len(texts))]


def same(first, second, **sizes):
    a, b = sets(first, second, **sizes)
    return np.array_equal(a, b)


def count(text, **sizes):
    return len(sets(text, **sizes)[0])


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Итак, мы идём домой сегодня вечером", 6),
        ("आज हम घर जा रहे हैं", 6),
        ("오늘 우리는 집에 갑니다", 4),
        ("امروز می‌رویم خانه", 3),  # the zero-width non-joiner stays inside its word
        ("今日は家に帰る", 7),
        ("今天我们回家。", 6),
        ("วันนี้กลับบ้าน", 8),
        ("ມື້ນີ້ກັບບ້ານ", 7),
        ("ថ្ងៃនេះទៅផ្ទះ", 6),
        ("ယနေ့အိမ်ပြန်", 6),
        ("བོད་ཡིག", 4),
        ("私は iPhone を 3 台買った", 9),
        ("!?… — «»", 0),
        ("", 0),
    ],
)
def test_a_word_or_a_character_with_its_marks_is_one_token(text, tokens):
    # Distinct tokens, counted by hand: the Thai final น stands twice, Khmer stacks are two each.
    assert count(text, n=1, n_unspaced=1) == tokens


def test_letters_repeated_count_once_since_shingles_are_a_set():
    assert count("да да да", n=1) == 1


def test_windows_are_five_words_or_eight_characters():
    assert count("jeden dva tři čtyři pět šest sedm") == 3
    assert count("一二三四五六七八九十") == 3
    assert count("一二三四五六七八九十", n_unspaced=5) == 6


def test_a_text_shorter_than_n_is_one_shingle():
    assert count("Բարեւ") == 1
    assert count("你好") == 1
    assert not same("Բարեւ", "Բարի")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("कल मैं बाजार गया", "काल मैं बाजार गया"),
        ("ไปหาเสือที่ไหน", "ไปหาเสื้อที่ไหน"),
        ("ma bán đá", "má bàn da"),
        ("ប៉ុន្មាន", "បុន្មាន"),
        ("ガラス", "カラス"),
        ("שׁם", "שׂם"),
        ("Hoy 12 grados", "Hoy 21 grados"),
        ("ከ፳ ዓመት በፊት", "ከ፴ ዓመት በፊት"),
    ],
)
def test_marks_and_digits_tell_texts_apart(first, second):
    assert not same(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Ένα, δύο — τρία!", "ένα δύο τρία"),
        ("STRASSE ist gesperrt", "Straße ist gesperrt"),
        ("ΟΔΟΣ", "οδος"),
        ("ﾃｽﾄﾃﾞｽ", "テストです".replace("です", "デス")),
        ("café cre\u0300me", "cafe\u0301 crème"),
        ("sla\u00adpen gaan", "slapen gaan"),
        ("ทาน อาหาร\u200bเย็น", "ทานอาหารเย็น"),
        ("今天天气\n很好", "今天天气很好"),
        ("✌️ hallo 😀 daar", "hallo daar"),
        ("１２ 日", "12日"),
    ],
)
def test_case_width_punctuation_and_invisible_characters_do_not(first, second):
    assert same(first, second)


def test_a_zero_width_space_separates_words():
    assert count("uno\u200bdos tres", n=1) == 3


def test_the_last_token_of_mixed_text_is_never_left_out():
    # Three words and five characters: five-word windows end one character early and no window of eight fits.
    assert not same("one two three 一二三四五", "one two three 一二三四六")
    assert not same("一二三四五六 one two", "一二三四五六 one too")


def test_order_of_words_matters():
    assert not same("pes kouše člověka", "člověka kouše pes")


def test_a_long_text_is_folded_as_a_short_one_is():
    words = ["e\u0301tude", "ﬁn", "ÉTUDE", "Σίσυφος", "ßa"] * 600
    whole = normalize(" ".join(words))
    assert whole == " ".join(normalize(word) for word in words)
    unbroken = "か\u3099" * 5000
    assert normalize(unbroken) == "が" * 5000


def test_marks_without_end_are_no_trap():
    text = "a" + "\u0301\u0323" * 50_000  # seven seconds if normalised in one piece
    assert count(text) == 1


@given(st.lists(st.text(alphabet=st.characters(), max_size=60), max_size=6))
@settings(max_examples=150)
def test_any_strings_give_ascending_sets_that_do_not_depend_on_their_neighbours(texts):
    together = sets(*texts)
    for text, own in zip(texts, together, strict=True):
        assert np.array_equal(own, np.unique(own))
        assert np.array_equal(own, sets(text)[0])
        assert (len(own) > 0) == (count(text, n=1, n_unspaced=1) > 0)


TOKENS = st.sampled_from(["ena", "dva", "山", "川", "ก", "ี", "7", "\u0301"])


@given(st.lists(TOKENS, min_size=1, max_size=40), st.integers(1, 6), st.integers(1, 9), st.data())
@settings(max_examples=150)
def test_changing_any_one_token_changes_the_set_of_distinct_tokens(tokens, n, n_unspaced, data):
    tokens = [token if len(token) > 1 or token > "\u4dff" else f"{token}x{place}" for place, token in enumerate(tokens)]
    place = data.draw(st.integers(0, len(tokens) - 1))
    changed = [*tokens[:place], "nekaj" if tokens[place].isascii() else "木", *tokens[place + 1 :]]
    assert not same(" ".join(tokens), " ".join(changed), n=n, n_unspaced=n_unspaced)


def test_a_neighbour_of_any_size_changes_nothing():
    text = "Þetta er íslenskur texti sem er nógu langur til að gefa nokkrar skeljar"
    big = "orð " * 60_000
    assert np.array_equal(sets(big, text, big)[1], sets(text)[0])


def test_a_single_word_of_a_million_letters_has_one_shingle():
    assert count("я" * 1_000_000) == 1
    assert not same("я" * 999 + "а", "а" + "я" * 999)


def test_jaccard_is_intersection_over_union():
    a, b = sets("一二三四五六七八九十", "一二三四五六七八九")
    assert jaccard(a, b) == jaccard(b, a) == 2 / 3
    assert jaccard(a, a) == 1.0
    assert jaccard(a[:0], b) == jaccard(a[:0], b[:0]) == 0.0


def test_equal_windows_of_words_and_characters_do_not_depend_on_where_they_stand():
    first, second = sets("ett två tre fyra fem sex", "noll ett två tre fyra fem sex")
    assert set(first.tolist()) < set(second.tolist())
