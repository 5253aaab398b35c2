"""Documents in segments: what is asked of an engine, what is not, and that nothing else of the document changes."""

import json
from importlib.metadata import distributions

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from glotmill.mt.blocks import blocks
from glotmill.mt.document import MAX_SEGMENT, parse
from mt.echoing import lines, masked_segments, through
from support.effort import effort

PIECES = [
    *(
        "\n",
        "\r\n",
        "\r",
        "\n\n",
        " ",
        "    ",
        "\t",
        "  \n",
        "\\\n",
        "> ",
        "- ",
        "1. ",
        "* [x] ",
        "#",
        "## ",
        "---",
        "===",
    ),
    *(
        "```",
        "~~~",
        "```python\n",
        "`",
        "``",
        "$",
        "$$",
        "\\(",
        "\\)",
        "\\[",
        "\\begin{align}",
        "\\end{align}",
        "|",
        "|---|\n",
    ),
    *(
        "<p>",
        "</p>",
        "<br>",
        "<b>",
        "</b>",
        "<pre>",
        "</pre>",
        "<code>",
        "</code>",
        "<!--",
        "-->",
        "<a href='x'>",
        "<x0/>",
    ),
    *(
        "[",
        "]",
        "](",
        ")",
        "](u)",
        "![",
        "[^1]",
        "[a]: b",
        "{",
        "}",
        "{izena}",
        "{{x}}",
        "%s",
        "%(n)d",
        "&amp;",
        "snake_case",
    ),
    *(
        "https://a.example/(b)",
        "www.a.example.",
        "ana@a.example",
        '{"a": [',
        "]}",
        "⟦0⟧",
        "XQ0QX",
        "**",
        "_",
        "\\|",
        "f()",
    ),
    *(
        "Kaixo, mundua! ",
        "नमस्ते दुनिया। ",
        "สวัสดีชาวโลก",
        "សួស្តី ពិភពលោក។",
        "مرحبا بالعالم؟ ",
        "你好，世界。",
        "Habari, dunia. ",
        "Günaydın. ",
    ),
    *(
        "\0",
        "\x0b",
        "\x85",
        "\u2028",
        "\ufeff",
        "\ud800",
        "😀",
        "a\u0301",
        "\u200d",
        "İ",
        "ß.",
        "A. ",
        "x" * 40,
        "cd " * 40,
    ),
]
NASTY = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=40).map("".join)

BASQUE = """\
---
title: Erleak
---

# Erleak eta *eztia* #

Erlezainak `erlauntza ireki()` egiten du goizean, eta gero
{izena} idazten du koadernoan. Ikus https://erleak.example/gida.

> Aitonak zioen:
> - eztia **ez da** inoiz galtzen;
> - argizaria [hemen](https://argizari.example/a_b) saltzen da.

```python
def eztia(): return "gozoa"
```

| Lorea | Eztia |
|:--|--:|
| Ezkia | `a|b` eta argia |

$$ E = mc^2 $$

Uztan $x^2 + 1$ kilo izan genituen, %d pote.
{"erleak": [1, 2, 3]}
<p>Kaixo <b>denoi</b></p><!-- ez itzuli -->
"""


@settings(max_examples=200)
@given(NASTY, st.sampled_from(["sentence", "block"]))
@example("a | \\", "sentence")
@example("kaixo `` ` `` | bat `", "block")
@example("_Node.js gabe, gaur bertan._", "sentence")
@example("| __main.py eta lib.rs__ | bat |\n|--|--|\n", "block")
@example("https://a.example/(b)\x08\x0bKaixo, mundua! ", "sentence")
def test_an_engine_that_changes_nothing_changes_no_character(text, unit):
    document = parse(text, unit=unit)
    assert document.assemble([document.source(segment) for segment in document.segments]) == text
    assert through(text, unit=unit) == text
    last = 0
    for segment in document.segments:
        assert last <= segment.start < segment.end
        last = segment.end
    for masked in masked_segments(document):
        assert masked is None or not set(masked.text) & set("\n\r\0\x0b\x85\u2028\ufeff\ud800")


@settings(max_examples=60)
@given(NASTY)
def test_blocks_come_in_order_and_do_not_overlap(text):
    last = 0
    for block in blocks(text):
        assert last <= block.start <= block.end <= len(text)
        last = block.end


def test_only_prose_is_asked_for():
    assert lines(BASQUE) == [
        "Erleak eta *eztia*",
        "Erlezainak ⟦0⟧ egiten du goizean, eta gero ⟦1⟧ idazten du koadernoan.",
        "Ikus ⟦0⟧.",
        "Aitonak zioen:",
        "eztia **ez da** inoiz galtzen;",
        "argizaria [hemen⟦0⟧ saltzen da.",
        "Lorea",
        "Eztia",
        "Ezkia",
        "⟦0⟧ eta argia",
        "Uztan ⟦0⟧ kilo izan genituen, ⟦1⟧ pote.",
        "Kaixo ⟦0⟧denoi",
    ]


def test_the_frame_of_a_document_survives_an_engine_that_changes_everything():
    found = through(BASQUE, lambda line: "".join(sign.upper() if sign.isalpha() else sign for sign in line))
    assert found.splitlines()[:3] == BASQUE.splitlines()[:3]
    for kept in (
        'def eztia(): return "gozoa"',
        "|:--|--:|",
        "$$ E = mc^2 $$",
        '{"erleak": [1, 2, 3]}',
        "<!-- ez itzuli -->",
    ):
        assert kept in found
    assert "> - ARGIZARIA [HEMEN](https://argizari.example/a_b) SALTZEN DA." in found
    assert "| EZKIA | `a|b` ETA ARGIA |" in found
    assert "<p>KAIXO <b>DENOI</b></p>" in found


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("हम चाय पीते हैं। वे पानी पीते हैं।", ["हम चाय पीते हैं।", "वे पानी पीते हैं।"]),
        ("今日は雨です。明日は晴れます。", ["今日は雨です。", "明日は晴れます。"]),
        ("ไปตลาดกันเถอะ ซื้อปลา", ["ไปตลาดกันเถอะ ซื้อปลา"]),
        ("ខ្ញុំទៅផ្សារ។ អ្នកទៅណា?", ["ខ្ញុំទៅផ្សារ។", "អ្នកទៅណា?"]),
        ("هل ذهبت؟ نعم، ذهبت.", ["هل ذهبت؟", "نعم، ذهبت."]),
        ("Dr. Demir geldi. Oturdu.", ["Dr. Demir geldi.", "Oturdu."]),
        ("Mtoto alisema **hapana!** Kisha akalala.", ["Mtoto alisema **hapana!**", "Kisha akalala."]),
    ],
)
def test_sentences_end_where_each_script_ends_them(text, asked):
    assert lines(text) == asked


def test_a_line_that_a_program_wrapped_is_one_sentence_and_comes_back_wrapped():
    text = (
        "> Die Brücke wurde im Jahr darauf wieder aufgebaut, und seitdem fährt\n"
        "> der Zug wieder bis in das letzte Dorf des Tals hinauf, jeden Morgen\n"
        "> um sechs.\n"
    )
    [asked] = lines(text)
    assert not {"\n", ">"} & set(asked)
    found = through(text, lambda line: f"Ja: {line.replace('Brücke', 'alte Brücke')}")
    assert [line[:2] for line in found.splitlines()] == ["> "] * 3
    assert " ".join(found.replace("\n> ", " ").split()) == f"> Ja: {asked.replace('Brücke', 'alte Brücke')}"


def test_lines_of_a_page_that_are_paragraphs_stay_apart():
    assert lines("Nyumbani\nHabari za leo\nWasiliana nasi") == ["Nyumbani", "Habari za leo", "Wasiliana nasi"]


def test_nested_and_broken_fences_hold_code_to_their_end():
    nested = "````md\n```py\nx = 1\n```\nstill code\n````\nMtihani wa mwisho.\n"
    assert lines(nested) == ["Mtihani wa mwisho."]
    assert lines("Kwanza.\n```\nnever closed\nprint('a')") == ["Kwanza."]
    assert lines("- Hatua:\n\n  ```sh\n  make test\n  ```\n- Pili.\n") == ["Hatua:", "Pili."]


def test_a_segment_is_never_longer_than_engines_can_take_and_no_kept_span_is_cut():
    text = "Umeak jolasean ari dira parkean eta " * 3000 + "`" + "k" * 3000 + "` " + "กขคง" * 2000
    document = parse(text, unit="sentence")
    assert max(segment.end - segment.start for segment in document.segments) <= MAX_SEGMENT
    assert not any("k" * 3 in document.source(segment) for segment in document.segments)
    assert through(text) == text


@pytest.mark.parametrize("unit", ["sentence", "block"])
@pytest.mark.parametrize(
    "piece",
    ["Kaixo denoi. ", "ไปตลาด", "`", "` ``", "<pre>", "<!-- a --> b ", "$a ", "$$\n", "](", "{{a", "- ", "> a\n", '[{"a":\n', "| a", "<a b", "\\begin{align} ", "$$a$$ ", "\\[a\\] ", "\\begin{align}\\end{align} ", "Bai eta ez da hala baina gaur goizean joan ginen azokara erosketak egitera amonarekin eta\n"],
)  # fmt: skip
def test_time_grows_with_length(piece, unit):
    def seconds(size: int) -> float:
        return effort(lambda: parse(piece * (size // len(piece)), unit=unit))

    seconds(1_000)
    assert seconds(40_000) < 40 * max(seconds(5_000), 0.005)  # 8 times if linear, 64 if quadratic


@pytest.mark.parametrize(("piece", "end"), [("<pre x", "</pre"), ("<code x ", "</code>"), ("<svg\n", "</svg")])
def test_what_is_opened_many_times_is_looked_for_once(piece, end):
    def seconds(size: int) -> float:
        return effort(lambda: parse(piece * (size // len(piece)) + end, unit="sentence"))

    seconds(1_000)
    assert seconds(160_000) < 20 * max(seconds(20_000), 0.02)


def test_what_packages_say_of_themselves_comes_back_byte_for_byte():
    texts = [found.metadata.get_payload() or found.metadata["Description"] or "" for found in distributions()]
    texts = [text for text in texts if isinstance(text, str) and len(text) > 200]
    assert len(texts) > 40
    assert [text for text in texts if through(text) != text] == []


def test_json_lines_are_data_and_a_bracket_is_text():
    data = "\n".join(json.dumps({"galdera": "Nor da?", "id": number}) for number in range(3))
    assert lines(data) == []
    assert lines("[1] Axular, Gero, 1643.") == ["[1] Axular, Gero, 1643."]
    assert lines("{ez da json}") == ["{ez da json}"]
    assert lines('{"hautsia": ') == ['{"hautsia":']
