"""YAML is read by libyaml where it says the same as PyYAML's own reader, and by that one everywhere else."""

import pytest

from glotmill.core import yamlfile
from glotmill.core.errors import RecipeError
from glotmill.core.yamlfile import load
from glotmill.plan.project import carried


@pytest.fixture
def without_libyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yamlfile, "_FastLoader", yamlfile._Loader)


def test_this_installation_reads_by_libyaml() -> None:
    assert yamlfile._FastLoader.__mro__[1].__name__ == "CSafeLoader"


def test_every_file_of_this_project_has_one_value(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [path.read_text(encoding="utf-8") for path in sorted((carried() / "manifests").rglob("*.yaml"))]
    texts += [path.read_text(encoding="utf-8") for path in sorted((carried() / "filters").glob("*.yaml"))]
    fast = [repr(load(text, file="x")) for text in texts]
    monkeypatch.setattr(yamlfile, "_FastLoader", yamlfile._Loader)
    assert [repr(load(text, file="x")) for text in texts] == fast
    assert len(texts) > 20


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("izena: etxea\nhitzak: [bai, ez: , 3]\n", {"izena": "etxea", "hitzak": ["bai", {"ez": None}, 3]}),
        ("mot: [ให้:, ได้]\n", {"mot": [{"ให้": None}, "ได้"]}),
        ("\nคำ: ดี\n\ufeffคำ2: งาม\n", {"คำ": "ดี", "\ufeffคำ2": "งาม"}),
        ("शब्द: !\n", {"शब्द": None}),
        ("ne: {a:!!str 3}\n", {"ne": {"a:!!str 3": None}}),
        ("söz: 'a\tb'\n", {"söz": "a\tb"}),
        ("neno: \U0001f33e\n", {"neno": "\U0001f33e"}),
        ("", None),
    ],
)
@pytest.mark.parametrize("reader", ["libyaml", "python"])
def test_a_text_has_the_same_value_with_and_without_libyaml(
    text: str, value: object, reader: str, request: pytest.FixtureRequest
) -> None:
    if reader == "python":
        request.getfixturevalue("without_libyaml")
    assert load(text, file="x") == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [x\n", "x: not valid YAML: while parsing a flow sequence"),
        ("söz: a\tb\n", "not valid YAML: while scanning for the next token"),
        ("a: 1\na: 2\n", "not valid YAML: key 'a' stands twice"),
        ("a: &a [x]\nb: *a\n", "YAML aliases (*name) are not supported"),
        ("[" * 101 + "]" * 101, "not readable as YAML: nested deeper than 100 levels"),
        ("[" * 200_000, "not readable as YAML: nested deeper than 100 levels"),
        ("{a: " * 200_000, "not readable as YAML: nested deeper than 100 levels"),
        ("a: !!int ''\n", "not readable as YAML: string index out of range"),
        ("a: !!timestamp gaur\n", "not readable as YAML: "),
        ("a: 2026-13-45\n", "not readable as YAML: month must be in 1..12"),
        ("a: \ud800\n", "not valid YAML: unacceptable character"),
    ],
)
@pytest.mark.parametrize("reader", ["libyaml", "python"])
def test_a_mistake_is_told_in_the_same_words_with_and_without_libyaml(
    text: str, message: str, reader: str, request: pytest.FixtureRequest
) -> None:
    if reader == "python":
        request.getfixturevalue("without_libyaml")
    with pytest.raises(RecipeError) as caught:
        load(text, file="x")
    assert message in str(caught.value)
