"""`normalize` gives one spelling to a text and takes nothing from it that a reader reads."""

import unicodedata

import ftfy
import ftfy.badness
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from glotmill.core.hashing import content_hash
from glotmill.core.steps import Batch, Resources, Scope
from glotmill.stages.normalize import NormalizeSpec, _mojibake, normalize_text
from support.effort import done_within

RESOURCES = Resources(Scope(("khm_Khmr",), ("web",)))
MOJIBAKE = "".join(
    character
    for low, high in [
        (0x80, 0x17F),
        (0x370, 0x4FF),
        (0x2010, 0x2044),
        (0x20A7, 0x20AC),
        (0x2200, 0x2265),
        (0x2500, 0x25CA),
    ]
    for character in map(chr, range(low, high + 1))
)


@pytest.mark.parametrize(
    "text",
    [
        "វាលស្រែនៅជិតភូមិខ្ញុំមានពណ៌បៃតងស្រស់ណាស់។",
        "วันนี้น้ำในแม่น้ำใสมาก เด็กๆ จึงลงไปว่ายน้ำเล่น",
        "आज सुबह दादी ने हमें गरम रोटी और दही खिलाया।",
        "خرجنا إلى السوق، واشترينا خبزًا وتمرًا؟",
        "Hôm nay trời đẹp quá, chúng tôi ra biển ăn phở.",
        "می‌خواهم فردا به خانه‌ی پدربزرگ بروم.",
        "ශ්‍රී ලංකාවේ උදේ කාලය ඉතා සිසිල් ය.",
        "Ce n’est pas « cher » : l’été, un œuf coûte 0,20 €… n°5 à 12°",
        "Ærlig talt: »Åse« bor på Øya – 20 % løn, §5, 3×4=12, ½ liter",
        "Он сказал: «Ёлка стоит №5 — в саду».",
        "Η Ώρα είναι «καλή» – ’Αρης",
        "家族で海へ行って、「魚」を食べました。ｶﾅもＡＢＣも。",
        "&amp; &lt;b&gt; ﬁn “quoted” 'plain' 👩‍👩‍👧 🏴󠁧󠁢󠁷󠁬󠁳󠁿",
        "x = a ÷ b ≤ √2 ± ¼ ²",
    ],
)
def test_good_text_in_any_script_stays_as_it_is(text):
    assert normalize_text(text) == unicodedata.normalize("NFC", text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cafe\u0301", "café"),
        ("\u1112\u1161\u11ab\u1100\u1173\u11af", "한글"),
        ("raya\r\nbat\rbi\u2028hiru\x0clau", "raya\nbat\nbi\nhiru\nlau"),
        ("\ufeffsa\u200blut\xad a\u2060u \u202bmonde\u202c\u2066!\u2069\u200e\u200f\x00\x07", "salut au monde!"),
        ("a  \t\nb \u00a0\n\n\n\n\n\nc", "a\nb\n\n\nc"),
        ("  \n\tnga\tnga ", "nga\tnga"),
        ("lâ€™Ã©tÃ© Ã  la mer", "l’été à la mer"),
        ("Ð¼Ð¸Ñ\x80 Ð¸ Ð´Ñ\x80ÑƒÐ¶Ð±Ð°", "мир и дружба"),
        ("Ã\u0192Â©tÃ\u0192Â©", "été"),
        ("a\x93b\x94", "a“b”"),
        ("été\nl’Ã©tÃ©\nété", "été\nl’été\nété"),
        (" \u200b\n\x00", ""),
    ],
)
def test_each_fault_has_one_repair(text, expected):
    assert normalize_text(text) == expected


def test_the_step_hashes_the_new_text_and_drops_the_empty():
    rows = pa.record_batch({"text": pa.array(["cafe\u0301 ", "\u200b\u200b", None, "café"], pa.string())})
    outcome = NormalizeSpec(name="clean", kind="normalize").build(RESOURCES)(Batch(rows))
    assert outcome.batch.column("text").to_pylist() == ["café", "", "", "café"]
    assert outcome.reasons.to_pylist() == [None, "normalize.empty", "normalize.empty", None]
    assert outcome.details.to_pylist() == [None, "characters 2, visible 0", "characters 0, visible 0", None]
    hashes = outcome.batch.column("content_hash").to_pylist()
    assert hashes[0] == hashes[3] == content_hash("café")


hostile = (
    st.text()
    | st.text(st.sampled_from("aé Ã©â€œ™Â\xa0\x80\x9f\u0301\u0327\u200b\u200c\ufeff\r\n\u2028กิ्ি"))
    | st.text(st.sampled_from(MOJIBAKE))
)


@settings(max_examples=500, deadline=None)
@given(hostile)
@example("Ã\u200b©")
@example("e\u200b\u0301")
def test_normal_text_is_left_alone(text):
    once = normalize_text(text)
    assert normalize_text(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert not any(unicodedata.category(character) == "Cc" for character in once if character not in "\n\t")


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(categories=["Lo", "Mn", "Mc", "Nd"])))
def test_no_letter_and_no_combining_mark_is_lost(text):
    assert unicodedata.normalize("NFD", normalize_text(text)) == unicodedata.normalize("NFD", text)


@settings(max_examples=2000, deadline=None)
@given(st.text(st.sampled_from(MOJIBAKE) | st.sampled_from("aZ .,")))
def test_what_the_cheap_test_lets_pass_ftfy_would_not_change(line):
    suspicious, _ = _mojibake()
    if not suspicious(line):
        assert not ftfy.badness.is_bad(line)
        assert ftfy.fix_encoding(line) == line


@pytest.mark.parametrize(
    "text",
    [
        "a" + "\u0301\u0327" * 200_000,
        "\u0f71\u0f72\u0344" * 100_000,
        " " * 1_000_000 + "x",
        "\n " * 500_000,
        "Ã©" * 300_000,
    ],
)
def test_a_megabyte_on_one_line_takes_seconds_not_hours(text):
    once = done_within(5, lambda: normalize_text(text))
    assert normalize_text(once) == once


def test_long_runs_of_marks_are_ordered_as_the_standard_says():
    text = "a" + "\u0301\u0327\U0001e8d0\u0344" * 40 + "b"
    assert normalize_text(text) == unicodedata.normalize("NFC", text)
