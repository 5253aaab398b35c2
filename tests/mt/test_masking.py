"""Masks: what is kept of a sentence, and which answers give it back."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotmill.mt.masking import SENTINELS, MaskError, choose, mask, spans, unmask


def kept(text: str) -> list[tuple[str, str]]:
    return [(span.kind, text[span.start : span.end]) for span in spans(text)]


def answered(text: str, answer: str, *, breaks=(), sentinel=SENTINELS[0]) -> str:
    return unmask(mask(text, spans(text), breaks, sentinel=sentinel), answer)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Fungua `a b` na ``c ` d``.", [("code", "`a b`"), ("code", "``c ` d``")]),
        ("ใช้ $x_1 \\le 2$ หรือ \\(y\\) แต่ไม่ใช่ $5 กับ $6", [("math", "$x_1 \\le 2$"), ("math", "\\(y\\)")]),
        ("(ikus https://a.example/b_(c)), mesedez.", [("url", "https://a.example/b_(c)")]),
        ("تواصل: sara.k@a.example.", [("email", "sara.k@a.example")]),
        ("{ad}, %s ve %(n)d; %50 değil, 100% de değil", [("placeholder", "{ad}"), ("placeholder", "%s"), ("placeholder", "%(n)d")]),
        ("<b>यह</b> &nbsp;", [("tag", "<b>"), ("tag", "</b>"), ("entity", "&nbsp;")]),
        ('[这里](http://a.example "题")和[^1]', [("link", '](http://a.example "题")'), ("link", "[^1]")]),
        ("Setze --all-files oder max_size in src/a.py mit open() auf 1.", [("identifier", "--all-files"), ("identifier", "max_size"), ("identifier", "src/a.py"), ("identifier", "open()")]),
        ("<kbd>Ctrl</kbd>+<kbd>C</kbd> sakatu", [("code", "<kbd>Ctrl</kbd>"), ("code", "<kbd>C</kbd>")]),
        ("Er und/oder sie, 3/4, 1.2.3, e.V. und Text.", []),
    ],
)  # fmt: skip
def test_what_is_kept(text, found):
    assert kept(text) == found


def test_a_sentinel_is_one_that_the_text_does_not_have():
    assert choose("kaixo") is SENTINELS[0]
    assert choose("⟦1⟧ kaixo") is SENTINELS[1]
    assert choose("⟦1⟧ kaixo xq 7 qx <x1/>") is None
    assert choose("kaixo", after=SENTINELS[0]) is SENTINELS[1]
    assert choose("kaixo", after=SENTINELS[-1]) is None


def test_spans_may_change_places_and_engines_may_space_them():
    text = "Öffne `a` mit ({b})."
    assert answered(text, "With ( ⟦1⟧ ) open ⟦ 0 ⟧.") == "With ({b}) open `a`."
    assert answered("Ikus https://a.example/b orain.", "看⟦0⟧吧。") == "看 https://a.example/b 吧。"
    assert answered("`a` erabili", "xq 0 qx 사용", sentinel=SENTINELS[1]) == "`a` 사용"


@pytest.mark.parametrize(
    ("text", "answer", "fault"),
    [
        ("Tumia `a` na `b`.", "Use ⟦0⟧.", "lost"),
        ("Tumia `a`.", "Use ⟦0⟧ ⟦0⟧.", "doubled"),
        ("Tumia `a`.", "Use ⟦0⟧ ⟦7⟧.", "invented"),
        ("Tumia `a`.", "Use ⟦0⟧ 1⟧.", "invented"),
        ("Tumia sasa.", "Use ⟦0⟧ now.", "invented"),
        ("Tumia sasa.", "Use <x0/> now.", "invented"),
        ("Tumia sasa.", "Use xq 0 qx now.", "invented"),
        ("Tumia `a` sasa.", "Us⟦0⟧e now.", "misplaced"),
        ("Neno <b>moja</b> tu.", "⟦1⟧one⟦0⟧ word.", "misplaced"),
        ("Bofya [hapa](u) sasa.", "⟦0⟧ [click now.", "misplaced"),
    ],
)
def test_a_span_that_comes_back_wrong_is_an_error_that_says_how(text, answer, fault):
    with pytest.raises(MaskError) as caught:
        answered(text, answer)
    assert caught.value.fault == fault


def test_a_break_goes_to_the_nearest_space_or_away():
    text = "bat bi hiru\n> lau bost"
    assert answered(text, "one two three four five", breaks=[(11, 14)]) == "one two three\n> four five"
    assert answered(text, "一二三四五", breaks=[(11, 14)]) == "一二三四五"
    assert answered("aaa bbb\nccc ddd", "aaa bbb - ccc", breaks=[(7, 8)]) == "aaa\nbbb - ccc"


WORDS = [
    "mtu",
    "`a b`",
    "{jina}",
    "%s",
    "<b>",
    "</b>",
    "[hapa](u)",
    "https://a.example/x",
    "bahari,",
    "(",
    ")",
    "ทะเล",
    "$x$",
    "f_g",
]


@settings(max_examples=200)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=12), st.integers(0, 10_000))
def test_whatever_an_engine_does_every_span_is_there_once_or_there_is_an_error(words, seed):
    text = " ".join(words)
    masked = mask(text, spans(text), [], sentinel=SENTINELS[0])
    draw = random.Random(seed)
    signs = masked.text.split(" ")
    for _ in range(draw.randrange(4)):
        one, two = draw.randrange(len(signs)), draw.randrange(len(signs))
        if draw.random() < 0.5:
            signs.insert(one, signs[two])
        else:
            signs[one] = signs[two]
    draw.shuffle(signs)
    answer = draw.choice([" ", "", "  "]).join(signs)
    try:
        result = unmask(masked, answer)
    except MaskError:
        return
    for span, count in Counter(masked.kept).items():
        assert result.count(span) >= count
    assert "⟦" not in result


def test_breaks_that_lie_close_repeat_no_text():
    text = "aa bb\ncc dd\nee"
    for answer in ("aaabb cc dd ee", "a b c d e f gg", "aabbccddee ffg", "                ", "aaaaaaaaaaaaaa"):
        assert answered(text, answer, breaks=[(5, 6), (11, 12)]).replace("\n", " ") == answer


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("你好%s，欢迎", ["%s"]),
        ("สวัสดีนาย%sครับ", ["%s"]),
        ("公式$x+1$成立", ["$x+1$"]),
        ("运行foo_bar命令", ["foo_bar"]),
        ("打开config.yaml文件", ["config.yaml"]),
        ("请写信给ann@example.org。", ["ann@example.org"]),
        ("ប្រើ{ឈ្មោះ}និង{{ក}}", ["{ឈ្មោះ}", "{{ក}}"]),
        ("用{名字}和%(名)s", ["{名字}", "%(名)s"]),
        ("größe_max eta %d!", ["größe_max", "%d"]),
        ("50%de", []),
    ],
)
def test_what_stands_beside_letters_of_scripts_without_spaces_is_kept(text, kept):
    assert [text[span.start : span.end] for span in spans(text)] == kept


def test_a_formula_that_an_environment_holds_within_a_line_is_kept():
    text = "Hapa \\begin{align}x &= 1\\end{align} ni rahisi."
    assert [text[span.start : span.end] for span in spans(text)] == ["\\begin{align}x &= 1\\end{align}"]
