"""Rule sets and language files: what they may say, and what they answer to a mistake."""

import pytest

from glotmill.core.errors import RecipeError
from glotmill.core.yamlfile import parse
from glotmill.text.rules import LanguageFile, Off, RuleSet, bind, read_language, read_rule_set, switched_off

SET = """
name: short
cites: written for this test
rules:
  - measure: word_count
    below: 3
    reason: too_few_words
    examples:
      kept: {language: eus_Latn, text: Bat bi hiru.}
      dropped: {language: eus_Latn, text: Bat.}
  - measure: mean_word_length
    above: per-language
    reason: words_too_long
    examples:
      kept: {language: eus_Latn, text: Bat bi hiru.}
      dropped: {language: eus_Latn, text: Hizkuntzalaritzarengatik.}
"""
LANGUAGE = """
tag: eus_Latn
name: Basque
status: unproven
stop_words: [eta, da]
bounds:
  short:
    mean_word_length: {above: 11}
sentence_ends: ["."]
evidence:
  - {text: made for this test, source: none, license: Apache-2.0}
"""
FILES = {"filters/short.yaml": SET, "filters/languages/eus_Latn.yaml": LANGUAGE}


def bounds(language: str) -> dict[str, float]:
    found = parse(language, LanguageFile, file="filters/languages/eus_Latn.yaml")
    return {rule.reason: rule.bound for rule in bind(read_rule_set("short", FILES), found)}


def test_a_bound_comes_from_the_set_or_from_the_language():
    assert bounds(LANGUAGE) == {"short.too_few_words": 3.0, "short.words_too_long": 11.0}


def test_a_languages_own_number_goes_before_the_sets_and_zero_is_a_number():
    own = LANGUAGE.replace("{above: 11}", "{above: 0}\n    word_count: {below: 0}")
    assert bounds(own) == {"short.too_few_words": 0.0, "short.words_too_long": 0.0}


def test_a_rule_can_be_switched_off_for_a_language_with_a_reason_only():
    off = LANGUAGE.replace("{above: 11}", "{above: {switched_off: words of this test have no limit}}")
    assert bounds(off) == {"short.too_few_words": 3.0}
    parsed = parse(off, LanguageFile, file="x")
    assert parsed.bounds["short"]["mean_word_length"].above == Off(switched_off="words of this test have no limit")
    with pytest.raises(RecipeError, match=r"above\.switched_off"):
        bounds(LANGUAGE.replace("{above: 11}", "{above: {switched_off: no}}"))


def test_a_missing_bound_names_the_file_and_the_field():
    with pytest.raises(RecipeError) as caught:
        bounds(LANGUAGE.replace("{above: 11}", "{below: 2}"))
    assert caught.value.file == "filters/languages/eus_Latn.yaml"
    assert caught.value.field == "bounds.short.mean_word_length.above"


def test_a_rule_on_stop_words_needs_stop_words():
    rules = parse(
        SET.replace("measure: word_count", "measure: distinct_stop_words"), RuleSet, file="filters/short.yaml"
    )
    language = parse(LANGUAGE.replace("[eta, da]", "[]"), LanguageFile, file="x")
    with pytest.raises(RecipeError) as caught:
        bind(rules, language)
    assert caught.value.field == "stop_words"


def test_rules_on_ends_of_sentences_are_not_asked_of_a_language_without_them():
    rules = parse(
        SET.replace("measure: word_count", "measure: sentence_line_share"), RuleSet, file="filters/short.yaml"
    )
    language = parse(LANGUAGE, LanguageFile, file="x")
    without = parse(LANGUAGE.replace('sentence_ends: ["."]', "sentence_ends: []"), LanguageFile, file="x")
    assert [rule.reason for rule in bind(rules, language)] == ["short.too_few_words", "short.words_too_long"]
    assert [rule.reason for rule in bind(rules, without)] == ["short.words_too_long"]
    assert switched_off(rules, language) == {}
    assert switched_off(rules, without) == {
        "short.too_few_words": "no mark closes a sentence in this language (sentence_ends is empty)"
    }


CONFUSABLE = SET.replace("measure: word_count", "measure: confusable_word_share")


def test_rules_on_confusable_languages_are_not_asked_where_none_is_named():
    rules = parse(CONFUSABLE, RuleSet, file="filters/short.yaml")
    without = parse(LANGUAGE, LanguageFile, file="x")
    known = parse(f"{LANGUAGE}confusable: {{spa_Latn: [los, las]}}\n", LanguageFile, file="x")
    assert [rule.reason for rule in bind(rules, without)] == ["short.words_too_long"]
    assert switched_off(rules, without) == {"short.too_few_words": "the language's file names no confusable language"}
    assert [rule.reason for rule in bind(rules, known)] == ["short.too_few_words", "short.words_too_long"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("{spa: [los]}", "write spa_Latn"),
        ("{eus_Latn: [los]}", "not how another language's tag is written"),
        ("{spa_Latn: [los, DA]}", "DA are stop words of this language, too; take them out of spa_Latn"),
        ("{spa_Latn: []}", "confusable.spa_Latn"),
    ],
)
def test_confusable_words_are_words_of_another_language_alone(given: str, message: str):
    with pytest.raises(RecipeError, match=message):
        parse(f"{LANGUAGE}confusable: {given}\n", LanguageFile, file="x")


def test_a_rule_that_is_switched_off_says_why():
    off = LANGUAGE.replace("{above: 11}", "{above: {switched_off: words of this test have no limit}}")
    found = switched_off(read_rule_set("short", FILES), parse(off, LanguageFile, file="x"))
    assert found == {"short.words_too_long": "words of this test have no limit"}


def test_a_rule_on_lengths_needs_to_know_how_long_the_writing_is():
    rules = parse(SET.replace("measure: word_count", "measure: short_line_share"), RuleSet, file="filters/short.yaml")
    with pytest.raises(RecipeError, match="needs relative length for eus_Latn") as caught:
        bind(rules, parse(LANGUAGE, LanguageFile, file="x"))
    assert caught.value.field == "relative_length"
    known = parse(f"{LANGUAGE}relative_length: 1.03\n", LanguageFile, file="x")
    assert len(bind(rules, known)) == 2
    for wrong in ("0", "-1", ".inf"):
        with pytest.raises(RecipeError, match="relative_length"):
            parse(f"{LANGUAGE}relative_length: {wrong}\n", LanguageFile, file="x")


@pytest.mark.parametrize(
    ("wrong", "right", "message"),
    [
        ("measure: word_count", "measure: word_cuont", "Did you mean word_count"),
        ("below: 3", "below: three", "rules.0.below"),
        ("below: 3", "below: 3\n    above: 9", "exactly one of below and above"),
        ("    below: 3\n", "", "exactly one of below and above"),
        ("reason: words_too_long", "reason: too_few_words", "two rules with one reason"),
        ("name: short", "name: long", "calls itself 'long'"),
        ("below: 3", "below: .nan", "finite"),
    ],
)
def test_a_mistake_in_a_rule_set_is_named(wrong: str, right: str, message: str):
    assert wrong in SET
    with pytest.raises(RecipeError, match=message.replace(".", r"\.")):
        read_rule_set("short", {"filters/short.yaml": SET.replace(wrong, right)})


def test_a_missing_rule_set_is_named():
    with pytest.raises(RecipeError, match=r"filters/long\.yaml"):
        read_rule_set("long", FILES)


def test_a_language_file_must_be_about_the_language_it_is_named_after():
    with pytest.raises(RecipeError, match="tag: deu_Latn"):
        read_language("deu_Latn", {"filters/languages/deu_Latn.yaml": LANGUAGE})
    assert read_language("fin_Latn", FILES) is None


def test_details_show_value_and_bound():
    few, long = bind(read_rule_set("short", FILES), parse(LANGUAGE, LanguageFile, file="x"))
    assert few.detail(2.0) == "word_count 2 < 3"
    assert few.detail(123456.0) == "word_count 123456 < 3"
    assert long.detail(35 / 3) == "mean_word_length 11.6667 > 11"
    assert long.detail(11.00001) == "mean_word_length 11.00001 > 11"
