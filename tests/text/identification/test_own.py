"""The file of a language's own words: what is read, what is refused with file, field and remedy, and hostile files."""

import contextlib

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from glotmill.core.errors import RecipeError
from glotmill.text.identification.counting import MOST_BYTES, counted_words
from glotmill.text.identification.own import OwnLanguage, own_path, parse_own, read_own
from support.romaji import TAG, file, sentences, taught

PATH = own_path(TAG)


def with_words(*lines: str) -> str:
    """The file with these lines before all others."""
    head, _, tail = file().partition("words: |\n")
    return f"{head}words: |\n" + "".join(f"  {line}\n" for line in lines) + tail


def test_a_file_reads_as_what_was_written():
    own = taught()
    assert parse_own(file(own), PATH) == own
    assert own.words[:3] == ("wa", "ga", "o")
    assert own.counts[:2] == (28, 20)
    marked = OwnLanguage(TAG, own.words, own.counts, (2, *own.others[1:]))
    assert "  wa 28 2\n" in file(marked)
    assert parse_own(file(marked), PATH) == marked
    assert read_own(TAG, {}) is None


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("eus_Latn", "Arratsaldean amonak sagar tarta egin zuen, eta ilobek dena jan zuten. SAGAR"),
        ("deu_Latn", "Die Straße ist naß. STRASSE, Straße."),
        ("hin_Deva", "दोपहर में दादी ने सेब का केक बनाया और बच्चों ने सब खा लिया। सेब"),
        ("tha_Thai", "ตอนบ่ายคุณยายทำขนมแอปเปิ้ล แล้วหลานๆ ก็นั่งกินที่โต๊ะในครัวจนหมด"),
        ("khm_Khmr", "នៅពេលរសៀល លោកយាយបានធ្វើនំផ្លែប៉ោម ហើយចៅៗបានអង្គុយញ៉ាំ"),
        ("arb_Arab", "بعد الظهر خبزت الجدة كعكة التفاح، وأكلها الأحفاد كلها."),
        ("pes_Arab", "اگر هوا خوب باشد فردا صبح با دوستان به کوه می‌رویم."),
        ("cmn_Hani", "下午奶奶做了苹果蛋糕，孙子们坐在厨房的桌子旁把它全吃光了。"),
        ("jpn_Jpan", "祖母は昨日市場で魚を買って、カレーを作りました。"),
        ("swh_Latn", "Alasiri bibi alioka keki ya tufaha, na wajukuu wakaila yote."),
        ("tur_Latn", "Öğleden sonra büyükannem İstanbul'da elmalı kek yaptı. IŞIK ışık"),
        ("ell_Grek", "Χθες το απόγευμα η γιαγιά μου πήγε στην ΑΓΟΡΑ και αγόρασε ψάρια."),
    ],
)
def test_words_counted_in_any_script_are_words_that_the_file_may_hold(tag: str, text: str):
    filler = (
        " ".join(sentences())
        if tag.endswith("_Latn")
        else " ".join(f"{text[i:]} {text[: -i or None]}" for i in range(40))
    )
    words = counted_words(tag, [f"{text} {text} {filler}"])
    own = OwnLanguage(tag, tuple(w for w, _ in words), tuple(c for _, c in words), (0,) * len(words))
    if len(words) >= 30:
        assert parse_own(file(own), own_path(tag)) == own
    assert len(words) >= 8
    assert all(word == word.lower() for word, _ in words)


def test_a_list_ends_where_the_file_would_be_large():
    letters = "abcdefghijklmnoprstuvwxyz"
    text = " ".join(a + b + c + "qatan" for a in letters for b in letters for c in letters)
    words = counted_words(TAG, [text])
    assert 5_000 < len(words) < 10_000
    assert len("".join(f"  {word} {count}\n" for word, count in words)) <= MOST_BYTES + 30


@pytest.mark.parametrize(
    ("text", "field", "says"),
    [
        (file().replace("tag: jpn_Latn", "tag: jpn_Jpan"), "tag", r"is about 'jpn_Jpan'\n  tag: jpn_Latn"),
        (file().replace("license: CC0-1.0", "licence: CC0-1.0"), "evidence", "Did you mean license"),
        (file().replace("words: |", "wordss: |"), "wordss", "Did you mean words"),
        (with_words("wa"), "words", r"line 1, 'wa', is no word with its count\n  A line is a word"),
        (with_words("wa 30 1 1"), "words", "is no word with its count"),
        (with_words("wa -1"), "words", "is no word with its count"),
        (with_words("wa 0"), "words", "is no word with its count"),
        (with_words("wa ３"), "words", "is no word with its count"),
        (with_words("kyō 2"), "words", "'  wa 28': a word stands before one that is more frequent\n  Sort"),
        (with_words("GA 99"), "words", "'ga' is no word in the script of jpn_Latn, or stands twice\n  Take"),
        (with_words("дом 99"), "words", "'дом' is no word in the script"),
        (with_words("a-b 99"), "words", "'a-b' is no word in the script"),
        (file(OwnLanguage(TAG, ("wa", "ga"), (2, 1), (0, 0))), "words", r"2 words, fewer than 30\n  Count more text"),
        (with_words("wa 99" + " " * 1_000_000), "words", "characters are more than 1,000,000\n  Leave out"),
    ],
)
def test_a_mistake_names_file_field_and_what_would_be_right(text: str, field: str, says: str):
    with pytest.raises(RecipeError, match=says.replace("|", r"\|").replace("  wa 28", "wa 28")) as caught:
        parse_own(text, PATH)
    assert caught.value.file == PATH
    assert (caught.value.field or "").startswith(field)


def test_a_file_about_no_language_is_refused():
    with pytest.raises(RecipeError, match="no such language") as caught:
        parse_own(file().replace("tag: jpn_Latn", "tag: xqz_Latn"), own_path("xqz_Latn"))
    assert (caught.value.file, caught.value.field) == (own_path("xqz_Latn"), "tag")


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=200))
@example("")
@example("words: [1, 2]")
@example("tag: jpn_Latn\nevidence: []\nwords: |\n  \x00 1")
@example("- *a")
@example("\ud800")
def test_any_text_is_refused_as_a_recipe_error(text: str):
    with pytest.raises(RecipeError):
        parse_own(text, PATH)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=40))
@example("wa 1")
@example("ga 99999999999999999999")
@example("\u0301 5")
@example("\u200c\u200d 5")
def test_any_line_is_a_word_or_refused(line: str):
    value = yaml.safe_load(file())
    value["words"] = f"{line}\n{value['words']}"
    file_text = yaml.safe_dump(value, allow_unicode=True)
    with contextlib.suppress(RecipeError):
        own = parse_own(file_text, PATH)
        assert len(own.words) == len(own.counts) == len(own.others) >= 30
