"""Rows of chat and instruction data: what is translated in them, and that nothing else is another byte."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotmill.mt.backends.base import Answer, BackendInfo, Request, Usage
from glotmill.mt.cache import Origin, TranslationCache
from glotmill.mt.code_lines import code_stretches
from glotmill.mt.rows import DEFAULT_FIELDS, NoRowError, parse_row
from glotmill.mt.translating import Reading, Translator
from support.effort import effort

CODE = "for row in rows:\n    print(row)\n\nif not rows:\n    raise ValueError('bai')"
# A conversation as writers of different programs would have left it: escapes, odd spaces, numbers, nulls, a key twice.
CHAT = """{ "id":"\\u0041-7", "score": 1.50e0,
 "messages" : [
  {"role":"system","content":"Erantzun euskaraz."},
  {"role":"user","content":"Zer da hau?\\n\\n```py\\nx = \\"kaixo\\"\\n```\\nEskerrik asko \\ud83d\\ude00 \\/ {izena}."},
  {"role":"assistant","content":null,"tool_calls":[{"type":"function","function":{"name":"bilatu","arguments":"{\\"q\\": \\"kaixo mundua\\"}"}}]},
  {"content":"Emaitza hau da.","role":"tool"},
  {"role":"assistant","content":[{"type":"text","text":"Agur bat da."},{"type":"image_url","image_url":{"url":"https://a.example/x.png"}}]}
 ], "license":"CC0-1.0", "meta":{"content":"ez ukitu"} }"""


class Marking:
    """Answers with the request between two marks, so that whatever was sent can be seen."""

    def __init__(self) -> None:
        self.info = BackendInfo("m", "1", "CC0-1.0", "free", (), "sentence", 4000, deterministic=True)
        self.usage = Usage()
        self.asked: list[str] = []

    def translate(self, requests: list[Request]) -> list[Answer]:
        self.asked += [request.text for request in requests]
        return [Answer(f"«{request.text}»") for request in requests]

    def close(self) -> None:
        """Hold nothing."""


def through(text: str, fields: tuple[str, ...] = DEFAULT_FIELDS) -> tuple[str | None, list[str]]:
    backend = Marking()
    origin = Origin("m", "m", "eus_Latn", "cat_Latn")
    translator = Translator(backend, TranslationCache(None), origin, lost_masks="split", reading=Reading(fields))
    [result] = translator.translate([text])
    return result.text, backend.asked


def test_what_people_wrote_is_sent_and_everything_else_is_the_same_byte_for_byte():
    made, asked = through(CHAT)
    assert asked == [
        "Erantzun euskaraz.",
        "Zer da hau?",
        "Eskerrik asko 😀 \\/ ⟦0⟧.".replace("\\/", "/"),
        "Agur bat da.",
    ]
    assert made == (
        CHAT.replace("Erantzun euskaraz.", "«Erantzun euskaraz.»")
        .replace("Zer da hau?", "«Zer da hau?»")
        .replace("Eskerrik asko \\ud83d\\ude00 \\/ {izena}.", "«Eskerrik asko 😀 / {izena}.»")
        .replace("Agur bat da.", "«Agur bat da.»")
    )


@pytest.mark.parametrize(
    ("instruction", "input_text", "output"),
    [
        ("Schreibe eine Funktion, die zwei Zahlen addiert.", "", "def add(a, b):\n    return a + b"),
        ("इस तालिका की पंक्तियाँ छापो।", '{"नाम": "सीता", "आयु": 12}', CODE),
        ("แปลงคำสั่งนี้เป็นประโยค", "SELECT ชื่อ FROM ตาราง WHERE id = 3;", "{}"),
        ("សូមសរសេរអនុគមន៍មួយ។", "", "function f(x) {\n  return x * 2;\n}"),
        ("اكتب دالة تجمع عددين.", "", "int add(int a, int b) {\n    return a + b;\n}"),
        ("写一个函数，把两个数相加。", "", "let add = (a, b) => a + b;"),
        ("Andika kazi inayojumlisha namba mbili.", "print('habari')", "import os\nos.listdir('.')"),
        ("Bu komutu açıkla.", "$ git log --oneline", ">>> 1 + 1\n2"),
    ],
)
def test_code_and_json_need_no_fence(instruction, input_text, output):
    row = json.dumps({"instruction": instruction, "input": input_text, "output": output}, ensure_ascii=False)
    made, asked = through(row)
    assert "".join(asked) == instruction
    assert made is not None
    assert {name: json.loads(made)[name] for name in ("input", "output")} == {"input": input_text, "output": output}


def test_an_answer_of_prose_and_unfenced_code_is_translated_around_the_code():
    answer = f"Hier ist die Schleife, die du suchst:\n\n{CODE}\n\nSie endet nach der letzten Zeile."
    made, asked = through(json.dumps({"output": answer}))
    assert asked == ["Hier ist die Schleife, die du suchst:", "Sie endet nach der letzten Zeile."]
    assert made is not None
    assert CODE in json.loads(made)["output"]


@pytest.mark.parametrize(
    "prose",
    [
        "Der Zug (mit Verspätung) kam; wir warteten.",
        "... Bude to přínosná zkouška tvých dovedností.",
        "Was wir brauchen:\n- Mehl\n- Eier",
        "Return the book to the library (it is late).",
        "Zutaten: Mehl, Eier, Milch",
        "Select the menu, then update it.",
        "नमस्ते (सबको)!",
        "回家（晚）。",
        "> der alte Mann sagte nichts",
        'Frage: "Was ist die Hauptstadt?"\nAntwort: 42',
        "continue with the story",
        "pass the salt, please",
        "if you want to know more:",
        "for example:",
        "apples (red);\npears;\nbuenos días;",
        "SELECT YOUR PLAN\nAND SAVE",
        "class notes:\nwith the following people:",
    ],
)
def test_prose_is_not_taken_for_code(prose):
    assert code_stretches(prose) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ('["a"]', "no object"),
        ("[" * 100_000, "no JSON"),
        ('{"a": ' + "1" * 5000 + "}", "no JSON"),
    ],
)
def test_what_is_no_row_is_a_failure_with_its_cause(text, words):
    with pytest.raises(NoRowError, match=words):
        parse_row(text, fields=DEFAULT_FIELDS, unit="sentence")
    backend = Marking()
    origin = Origin("m", "m", "eus_Latn", "cat_Latn")
    translator = Translator(
        backend, TranslationCache(None), origin, lost_masks="split", reading=Reading(DEFAULT_FIELDS)
    )
    bad, good = translator.translate([text, '{"input": "Kaixo."}'])
    assert bad.failure is not None
    assert (bad.failure.reason, bad.failure.lasting) == ("not_a_row", True)
    assert good.text == '{"input": "«Kaixo.»"}'


def test_a_row_with_nothing_for_people_has_nothing_to_translate():
    made, asked = through('{"messages": [{"role": "Tool", "content": "Kaixo mundua."}], "other": "Kaixo."}')
    assert (made, asked) == (None, [])


def test_fields_of_ones_own_are_paths():
    row = '{"turns": [{"a": {"said": "Kaixo."}}, {"a": {"said": ["Agur."]}}], "messages": [{"content": "Bai."}]}'
    assert through(row, ("turns[*].a.said",))[1] == ["Kaixo."]
    assert through(row, ("turns[*].a.said[*]",))[1] == ["Agur."]


VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=40)
@given(
    st.fixed_dictionaries(
        {"messages": st.lists(st.fixed_dictionaries({"role": st.text(), "content": VALUES}), max_size=3)}
    ),
    VALUES,
    st.booleans(),
    st.sampled_from([None, 1]),
)
def test_a_row_that_nobody_translates_is_the_same_byte_for_byte_and_one_that_is_keeps_its_structure(
    row, more, plain, indent
):
    text = json.dumps({**row, "input": more}, ensure_ascii=plain, indent=indent)
    document = parse_row(text, fields=DEFAULT_FIELDS, unit="sentence")
    assert document.assemble(document.sources()) == text
    other = json.loads(document.assemble([f'"{source}\\' for source in document.sources()]))
    assert shape(other) == shape(json.loads(text))


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return type(value).__name__ if isinstance(value, str) else value


def test_time_grows_with_the_row():
    def seconds(text: str) -> float:
        return effort(lambda: parse_row(text, fields=DEFAULT_FIELDS, unit="sentence"))

    makers = [
        lambda n: json.dumps({"input": "\\u00e9\n" * n}),
        lambda n: json.dumps({"messages": [{"role": "user", "content": "a"}] * n}),
        lambda n: '{"x": ' + "[" * 400 + ",".join(['"a"'] * n) + "]" * 400 + "}",
        lambda n: json.dumps({"input": "a(b.c(" * n}),
    ]
    for make in makers:
        assert seconds(make(8_000)) < 32 * seconds(make(1_000)) + 0.1


def test_an_answer_that_opens_a_block_in_a_string_is_noticed():
    row = '{"messages": [{"role": "user", "content": "Guten Tag, wie spät ist es?"}, {"role": "assistant", "content": "Es ist *drei* Uhr."}]}'
    document = parse_row(row, fields=DEFAULT_FIELDS, unit="document")
    assert document.changed(document.assemble(document.sources())) is None
    opened = ["```\nEgun on", *document.sources()[1:]]
    assert "became" in document.changed(document.assemble(opened))
