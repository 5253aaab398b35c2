"""Shingles: what counts as a token in each script, and that no token is lost."""

import unicodedata

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from glotmill.dedup.folds import MOST, RANK_MASK, UNSPACED, folds, normalize
from glotmill.dedup.mixing import mix, weights
from glotmill.dedup.normalization import BEGINS, JOINS, altered, forms
from glotmill.dedup.shingle_kernel import find_tokens
from glotmill.dedup.shingles import shingle, tokenize
from glotmill.text.groups import joined
from glotmill.text.hashing import text_hash

# Fillers, variation selectors and the like (Default_Ignorable_Code_Point) that are not of category Cf.
INVISIBLE = {
    *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0),
    *(*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)),
}


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


def kind_of(sign):
    """Return what the documentation of shingles says of a normalized character."""
    category = unicodedata.category(sign)
    if ord(sign) in INVISIBLE or (category == "Cf" and sign != "\u200b"):
        return "nothing"
    if category[0] == "M":
        return "mark"
    if category[0] in "LN" or category in ("Co", "Cn"):
        return "character" if any(first <= ord(sign) <= last for first, last in UNSPACED) else "word"
    return "gap"


def tokens_of(text):
    """Return the tokens of a text the slow way, and whether each is a character of a script without spaces."""
    composed = unicodedata.normalize("NFKC", text).replace("İ", "i").casefold()
    found, opened = [], "gap"
    for sign in unicodedata.normalize("NFKC", composed):
        kind = kind_of(sign)
        if kind == "nothing":
            continue
        if kind == "mark":
            kind = "word" if opened == "gap" else opened
            begins = opened == "gap"
        else:
            begins = kind == "character" or (kind == "word" and opened != "word")
        if begins:
            found.append((sign, kind == "character"))
        elif kind != "gap":
            found[-1] = (found[-1][0] + sign, found[-1][1])
        opened = kind
    return found


def shingles_slowly(text, n, n_unspaced):
    """Return the shingles of a text the slow way, as tuples of tokens."""
    tokens = tokens_of(text)
    words = [word for word, _ in tokens]
    ends = [place + (n_unspaced if unspaced else n) for place, (_, unspaced) in enumerate(tokens)]
    windows = [(place, end) for place, end in enumerate(ends) if end <= len(tokens)]
    covered = {inside for place, end in windows for inside in range(place, end)}
    if len(covered) < len(tokens):
        windows.append((max(0, len(tokens) - max(n, n_unspaced)), len(tokens)))
    return {tuple(words[place:end]) for place, end in windows}


def hashed(windows):
    """Return the hashes of tuples of tokens, ascending."""
    found = []
    for words in windows:
        terms = np.array([text_hash(word) for word in words], np.uint64) * weights(len(words), stream=3)
        found.append(terms.sum(dtype=np.uint64) + np.uint64(len(words)))
    return np.sort(mix(np.array(found, np.uint64)))


def same_as_slowly(texts):
    """Assert that each text has the tokens that it has the slow way."""
    tokens = tokenize(texts)
    for place, text in enumerate(texts):
        own = slice(tokens.offsets[place], tokens.offsets[place + 1])
        expected = tokens_of(text)
        assert tokens.hashes[own].tolist() == [text_hash(word) for word, _ in expected], ascii(text)
        assert tokens.unspaced[own].tolist() == [unspaced for _, unspaced in expected], ascii(text)


# By script, so that what composes, is cut in two or stands in another order meets; native letters where they can be read.
GROUPS = (
    [
        *"aAeEiIıİsßẞſﬁ½ªⅣｱ",
        "\u0301",
        "\u0323",
        "\u0307",
        "\u0308",
        "\u0315",
        "\u0334",
        "ạ",
        "ǰ",
        "ẛ",
        "ń",
        " ",
        "\u00ad",
    ],
    [*"αΑιΙωςΣΐᾳῶᾪϐ", "\u0345", "\u0344", "\u037a", "\u0301", "\u0313", "\u0342", "ё", "Ы", "й", "."],
    [*"นำาเกຳ", "ํ", "้", "ุ", "\u0eb9", " "],
    [*"ខញក", "្", "ុ", "ំ", "\u17b5", "\u200b"],
    [*"कडनर", "़", "्", "ा", "\u0958", "\u0929", "ড", "\u09bc", "ে", "া", "த", "ெ", "ா", "\u0ccd", "\u0cbf", "\u0cd5"],
    [*"اوليﻻﺀﷺـأ", "َ", "ّ", "ٓ", "ٔ", "ﹰ", "ﱞ", "\u200c", "ש", "\u05c1", "\u05bc", "\u05b8", "\ufb2c"],
    ["\u1112", "\u1161", "\u11ab", "\u1176", *"하한ㅎㅏﾡￂﾠㅤ"],
    [*"かカｶﾞ゛山豈〇㍿㌔①⑴", "\u3099", "ꦏ", "ᬅ", "\u1b35", "ཀ", "\u0f73", "\u0f71", "\u0f72", "\u0f74", "\ufe0f"],
    [*"<=𝔸ª\0\n", "\u0338", "\u0301", "\u034f", "\U000e0101", "\ud800", "\U00011131", "\U00011127", "\U0001d15e"],
    ["\U00040000", "\U00100000", "\U0001e900", "\u200d", "\u0488", "\u20dd", "\u3164", "x", "한"],
)
LETTERS = st.sampled_from([letter for group in GROUPS for letter in group])
TEXTS = st.one_of(
    st.lists(LETTERS | st.characters(), max_size=30),
    *(st.lists(st.sampled_from(group), max_size=30) for group in GROUPS),
).map("".join)


@given(st.lists(TEXTS, max_size=5))
@example(["α\u0345", "ᾳ", "ΑΙ"])
@example(["⑴ำ" * 50, "ำ½" * 50, "㍿ﷺ" * 50])
@settings(deadline=None, max_examples=400)
def test_tokens_are_those_of_the_whole_text_normalized(texts):
    same_as_slowly(texts)


MIXED = st.lists(st.sampled_from(["山", "川", "水", "bat ", "bi ", "hiru "]), max_size=20).map("".join)


@given(st.lists(TEXTS | MIXED, max_size=6), st.integers(1, 7), st.integers(1, 9))
@example(["川水山bat 水川bi hiru "], 2, 5)  # the character before `bi` is in a window that begins far ahead of it
@settings(deadline=None, max_examples=200)
def test_shingles_are_windows_of_the_tokens(texts, n, n_unspaced):
    for text, own in zip(texts, sets(*texts, n=n, n_unspaced=n_unspaced), strict=True):
        assert own.tolist() == hashed(shingles_slowly(text, n, n_unspaced)).tolist()


def test_every_character_that_anything_happens_to_is_right_behind_and_before_others():
    signs = set(altered(normalize, str.casefold)) | set(map(chr, np.flatnonzero(forms())))
    signs |= {sign for sign in map(chr, range(0x30000)) if unicodedata.category(sign)[0] in "MC"}
    signs |= set(map(chr, INVISIBLE))
    for frame in ("{}", "a{}o", "か{}\u0301", "다{}", "x\u0323{}ำ"):
        same_as_slowly([frame.format(sign) for sign in sorted(signs)])


def test_every_pair_that_may_be_one_character_is_right():
    firsts = [chr(point) for point in np.flatnonzero(forms() & BEGINS) if not 0xAC00 < point < 0xD780]
    seconds = [chr(point) for point in np.flatnonzero(forms() & JOINS)]
    same_as_slowly([first + second for first in firsts for second in seconds])
    same_as_slowly([f"{first}\u0334{second}" for first in firsts for second in seconds if first < "\u1100"])


def test_no_character_begins_more_tokens_than_there_is_room_for():
    for before in ("", "a", "か", " "):
        behind = len(tokenize([before]).hashes)
        texts = [before + sign for sign in altered(normalize)]
        begun = np.diff(tokenize(texts).offsets) - behind
        told = find_tokens(*joined([text + "\n" for text in texts]), folds(), False)[3]
        assert begun[~told].max() <= MOST


def test_combining_classes_have_room_for_their_ranks():
    classes = {unicodedata.combining(sign) for sign in map(chr, range(0x110000))}
    assert len(classes) - 1 <= RANK_MASK


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Gaur euria ari du DONOSTIAN, bihar ez.", "gaur euria ari du donostian bihar ez"),
        ("Die Straße nach Köln ist „gesperrt“!", "die strasse nach köln ist gesperrt"),
        ("लड़के ने क़लम उठाया; हिन्दी लिखी।", "लड\u093cके ने क\u093cलम उठाया हिन्दी लिखी"),
        ("น้ำแข็ง อร่อย", "น้ํ า แ ข็ ง อ ร่ อ ย"),
        ("ខ្ញុំទៅផ្សារ។", "ខ្ ញុំ ទៅ ផ្ សា រ"),
        ("قرأتُ كِتابًا في المكتبة، أمس", "قرأتُ كِتابًا في المكتبة أمس"),
        ("今天下雨，我在家看書。", "今 天 下 雨 我 在 家 看 書"),
        ("Ng'ombe wake wanakula nyasi", "ng ombe wake wanakula nyasi"),
        ("İSTANBUL'da ÇOCUKLAR okula gitti.", "istanbul da çocuklar okula gitti"),
    ],
)
def test_words_and_characters_are_those_a_reader_of_the_language_finds(text, words):
    assert [word for word, _ in tokens_of(text)] == words.split()
    assert tokenize([text]).hashes.tolist() == [text_hash(word) for word in words.split()]


@pytest.mark.parametrize(
    "text",
    [
        "Ẹ kú àárọ̀, ẹ̀kọ́ dára púpọ̀ fún ọmọ",  # Yoruba writes marks that no precomposed letter has
        "ста́рый за́мок на берегу́ реки́",  # stress marks
        "وَلَا ٱلضَّآلِّينَ",  # the spelling of the Quran
        "शांति और क़ानून की लड़ाई",
        "আমি বাংলায় গান গাই, বড় হয়ে",
        "น้ำใจงามเป็นที่ตั้ง",
        "한국어는 ㅋㅋ 재미있다",
        "½ kg ΙΣΤΟΣ Straße ﬁn İzmir",
    ],
)
def test_a_text_in_nfc_is_not_normalized_as_a_whole(text):
    composed = unicodedata.normalize("NFC", text)
    assert not find_tokens(*joined([composed + "\n"]), folds(), False)[3].any()
    same_as_slowly([composed, unicodedata.normalize("NFD", text)])


def test_capital_i_with_dot_is_a_plain_i():
    assert same("İSTANBUL", "istanbul")
    assert same("I\u0307STANBUL", "istanbul")


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


def test_what_unfolds_without_end_is_no_trap():
    assert count("ﷺ" * 200_000, n=1) == 5  # صلى الله عليه وسلم, of which the last and the next first one are one word
    assert count("㍿" * 200_000) == 4
    assert count("\ud800\0" * 500_000) == 0
    assert len(tokenize(["⑴ำ" * 100_000]).hashes) == 300_000


def test_a_single_word_of_millions_of_letters_is_one_token():
    assert len(tokenize(["я" * 5_000_000]).hashes) == 1


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
