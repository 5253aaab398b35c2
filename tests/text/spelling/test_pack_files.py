"""Which packs files may name: those that exist, about the script they stand under, single languages' own elsewhere."""

import runpy
from pathlib import Path

import pytest

from glotmill.core.errors import RecipeError
from glotmill.text.rules import LanguageFile, language_path, read_language
from glotmill.text.spelling.files import SCRIPTS_FILE, packs_of, read_script_packs
from glotmill.text.spelling.pack import spelling
from glotmill.text.spelling.packs import PACKS

ROOT = Path(__file__).resolve().parents[3]
FILES = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in (ROOT / "filters").rglob("*.yaml")}
LANGUAGES = [
    found
    for name in sorted(FILES)
    if name.startswith("filters/languages/")
    if isinstance(found := read_language(Path(name).stem, FILES), LanguageFile)
]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("scripts: {Thay: [thai_marks]}", "no such script: Thay. Did you mean Thai"),
        ("scripts: {Thai: [thai_mark]}", "no such pack: thai_mark. Did you mean thai_marks"),
        ("scripts: {Thai: [lao_marks]}", "lao_marks is about Laoo and not about Thai"),
        (
            "scripts: {Latn: [turkish_dots]}",
            "turkish_dots is not right for every language: name it in filters/languages",
        ),
    ],
)
def test_a_wrong_line_for_a_script_is_refused_with_file_field_and_what_would_be_right(text: str, message: str) -> None:
    with pytest.raises(RecipeError) as caught:
        read_script_packs({SCRIPTS_FILE: text})
    assert str(caught.value).startswith(f"{SCRIPTS_FILE}: ")
    assert "scripts" in str(caught.value)
    assert message in str(caught.value)


def test_packs_run_in_the_order_in_which_the_file_first_names_them() -> None:
    text = (
        "scripts: {Mlym: [malayalam_chillus, indic_joiners], Deva: [indic_vowels, indic_joiners], Thai: [thai_marks]}"
    )
    found = [pack.name for pack in read_script_packs({SCRIPTS_FILE: text})]
    assert found == ["malayalam_chillus", "indic_joiners", "indic_vowels", "thai_marks"]


def test_every_pack_for_a_script_stands_under_each_of_its_scripts() -> None:
    found = read_script_packs(FILES)
    assert {pack.name for pack in found} == {name for name, pack in PACKS.items() if pack.scripts}
    listed = FILES[SCRIPTS_FILE]
    for pack in found:
        for script in pack.scripts:
            [line] = [line for line in listed.splitlines() if line.startswith(f"  {script}:")]
            assert pack.name in line


def test_languages_name_packs_of_their_own_and_none_that_runs_for_their_script_already() -> None:
    own = {language.tag: packs_of(language.normalize) for language in LANGUAGES if language.normalize}
    assert {tag: [pack.name for pack in packs] for tag, packs in own.items()} == {
        "azj_Latn": ["turkish_dots"],
        "cat_Latn": ["catalan_ela"],
        "hin_Deva": ["hindi_nukta"],
        "pes_Arab": ["persian_letters", "persian_joiners"],
        "ron_Latn": ["romanian_commas"],
        "tur_Latn": ["turkish_dots"],
        "urd_Arab": ["urdu_letters"],
        "vie_Latn": ["vietnamese_marks"],
        "yor_Latn": ["yoruba_dots"],
    }
    assert [pack.name for packs in own.values() for pack in packs if pack.scripts] == []


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.tag)
def test_no_stop_word_of_a_language_is_spelled_otherwise_by_its_packs(language: LanguageFile) -> None:
    spell = spelling((*read_script_packs(FILES), *packs_of(language.normalize)))
    assert [word for word in language.stop_words if spell(word) != word] == [], language_path(language.tag)


def test_a_text_that_no_pack_is_about_comes_back_itself() -> None:
    text = "Heute früh war der See spiegelglatt."
    assert spelling(read_script_packs(FILES))(text) is text
    assert spelling(())(text) is text


def test_the_reference_says_what_packs_there_are() -> None:
    page = runpy.run_path(str(ROOT / "scripts" / "write_packs.py"))["page"]()
    written = (ROOT / "docs" / "reference" / "packs.md").read_text(encoding="utf-8")
    assert written == page, "run scripts/write_packs.py"
    assert [name for name in PACKS if f"| `{name}` |" not in page] == []
