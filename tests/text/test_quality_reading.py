"""The lines that a quality model reads, against the same in plain Python."""

import re
from itertools import takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotmill.text.quality.features import REPEATED, Reader, windows
from glotmill.text.scan import TokenTable, scan

SIGNS = st.sampled_from("abAßİﬁΣς12٣._-:;!؟。、「」 \n\t\u00a0\u3000\u200b\u200d\u0301กขะខ្មែ中文ひカ한한😀ℹ")
TEXTS = st.lists(
    st.text(SIGNS, max_size=60)
    | st.text(max_size=40)
    | st.builds(
        lambda some, times: " ".join(some * times), st.lists(st.text(SIGNS, max_size=4), max_size=5), st.integers(1, 9)
    ),
    max_size=6,
)


def plain_line(text: str, spans: list[tuple[int, int, bool]], names: frozenset[str]) -> str:
    """What a stretch is read as; of a text without addresses."""
    tokens: list[str] = []
    last = -1
    dotted = bool(names) or (
        bool(spans) and re.compile(r"_|\w\.\w").search(text, spans[0][0], spans[-1][1]) is not None
    )
    for start, end, shown in spans:
        word = text[start:end] if shown else ""
        if not word or (dotted and ("." in word or "_" in word or word.casefold() in names)):
            last = -1
            continue
        if 0 <= last < start and (start - last > 1 or text[last] != " "):
            marks = "".join(text[last : min(start, last + 16)].split())[:3]
            tokens += [marks] if marks else []
        tokens.append(word)
        last = end
    if last >= 0:
        behind = "".join(takewhile(lambda sign: not sign.isalnum(), text[last : last + 16])).split()
        tokens += [behind[0][:3]] if behind else []
    tokens = " ".join(tokens).replace("İ", "i").casefold().split(" ")
    seen: set[tuple[str, ...]] = set()
    found = tokens[:2]
    for place in range(2, len(tokens)):
        three = tuple(tokens[place - 2 : place + 1])
        found += [tokens[place], REPEATED] if three in seen else [tokens[place]]
        seen.add(three)
    return " ".join(found)


def plain_lines(text: str, table: TokenTable, index: int, names: frozenset[str]) -> list[str]:
    words = slice(table.word_bounds[index], table.word_bounds[index + 1])
    shown = (table.word_alphabetic & ~table.word_mixed)[words].tolist()
    spans = [(*span, read) for span, read in zip(table.word_spans_of(index).tolist(), shown, strict=True)]
    found = [plain_line(text, spans[first:last], names) for first, last in windows(len(spans))]
    return [line for line in found if line]


@given(TEXTS, st.sampled_from([frozenset(), frozenset({"ab", "中文"})]))
def test_lines_are_those_of_the_definition_alone_and_beside_others(texts: list[str], names: frozenset[str]) -> None:
    texts = [text.replace("@", "").replace("://", "").replace("www.", "").replace("WWW.", "") for text in texts]
    table = scan(texts)
    reader = Reader(texts, table, names=names)
    wanted = [plain_lines(text, table, index, names) for index, text in enumerate(texts)]
    assert reader.documents() == wanted
    assert [reader.lines(index) for index in range(len(texts))] == wanted


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a\u00a0eta — «b»!?? c", ["a eta —« b »!? c"]),
        ("Ikusi http://a.eus/b, gero ane@b.eus eta WwW.c.eus orain", ["ikusi gero eta orain"]),
        ("ดินสอ ปากกา ยางลบ " * 3, ["ดินสอ ปากกา ยางลบ ดินสอ ปากกา ยางลบ ↻ ดินสอ ↻ ปากกา ↻ ยางลบ ↻"]),
        ("bat\nbi\nhiru\nbat\nbi\nhiru", ["bat bi hiru bat bi hiru ↻"]),
    ],
)
def test_a_line_is_read_as_it_stands_here(text: str, lines: list[str]) -> None:
    assert Reader([text], scan([text])).lines(0) == lines


def test_an_address_across_two_stretches_is_left_out_of_both() -> None:
    text = "gazta eta ogia " * 85 + "https://herria.eus/bat/bi/hiru/lau " + "sagar eta udare " * 85
    lines = Reader([text], scan([text])).documents()[0]
    assert len(lines) == 3
    assert not any("herria" in line or "hiru" in line for line in lines)


@pytest.mark.parametrize("sign", ["a a ", "a.a ", "  \u200dℹ", "文", "a\u200d_"])
def test_reading_takes_time_linear_in_a_text_of_the_same_again_and_again(sign: str) -> None:
    texts = [sign * 200_000]
    lines = Reader(texts, scan(texts)).documents()[0]
    assert len(lines) <= 3
