"""Checks on translations: what each sees, in numbers, and what it leaves to others."""

import numpy as np
import pytest

from glotmill.mt.checks import CHECKS
from glotmill.mt.direction import Direction, Lexicon
from glotmill.mt.pairs import Pairs, Translation
from glotmill.text.hashing import text_hash
from glotmill.text.identification.opening import open_identifiers

LEXICON = Lexicon(
    ("i cannot",),
    {"eng_Latn": ("not", "don't"), "tha_Thai": ("ไม่",), "fra_Latn": ("pas", "ne", "n'")},
    {"eng_Latn": ("raven", "monday")},
)


def measured(name: str, source: str, target: str, *segments: tuple[str, str], expected: float = 1.0) -> float:
    identifier = open_identifiers(("words", "ngrams"), {}, max_characters=2000)
    sources, targets = zip(*segments, strict=True)
    foreign = np.array(sorted(map(text_hash, ("of", "for", "was"))), np.uint64)
    direction = Direction(source, target, expected, foreign, identifier, LEXICON)
    return round(float(CHECKS[name].compute(Pairs([Translation(sources, targets)]), direction)[0]), 4)


@pytest.mark.parametrize(
    ("source", "target", "share"),
    [
        ("Im Jahr 1987 kamen 48 Schiffe.", "१९८७ में ४८ जहाज़ आए।", 0.0),
        ("12,500.75 kilo, 30 pote", "12.500,75 kilos, 30 botes", 0.0),
        ("3 umes, 48 erle", "tres nenes, 84 abelles", 1.0),
        ("1987 na 1990", "1987", 0.5),
        ("نص بلا أرقام", "a text with 25 of them", 1.0),
        ("hakuna", "keine", 0.0),
    ],
)
def test_numbers_are_compared_by_their_digits(source, target, share):
    assert measured("changed_number_share", "eng_Latn", "spa_Latn", (source, target)) == share


def test_a_copied_clause_counts_and_names_do_not():
    name = ("Amina met Bernard in Cardiff on Tuesday.", "Amina a rencontré Bernard à Cardiff mardi.")
    clause = ("Amina laughed and the old dog barked.", "Amina a ri and the old dog barked.")
    assert measured("copied_run_share", "eng_Latn", "fra_Latn", name) == 0.0
    assert measured("copied_run_share", "eng_Latn", "fra_Latn", clause) == 0.625
    assert measured("copied_word_share", "eng_Latn", "fra_Latn", clause) == 1.0
    split = (("one two", "un one two"), ("three four", "three four trois"))
    assert measured("copied_run_share", "eng_Latn", "fra_Latn", *split) == 0.0  # no run goes on in the next segment


def test_a_loop_counts_beyond_those_of_the_source():
    assert (
        measured("loop_share", "tur_Latn", "deu_Latn", ("Yürüdü durdu.", "Er ging und ging und ging und ging weiter."))
        > 0.6
    )
    assert measured("loop_share", "tur_Latn", "deu_Latn", ("git git git git", "geh geh geh geh")) == 0.0
    assert measured("loop_share", "tur_Latn", "deu_Latn", ("Bir iki.", "Sehr, sehr gut.")) == 0.0


def test_negation_is_found_in_scripts_without_spaces_and_with_any_apostrophe():
    assert measured("lost_negation_share", "eng_Latn", "tha_Thai", ("I don’t eat fish.", "ฉันไม่กินปลา")) == 0.0
    assert measured("lost_negation_share", "eng_Latn", "tha_Thai", ("I don't eat fish.", "ฉันกินปลา")) == 0.5
    assert measured("lost_negation_share", "eng_Latn", "fra_Latn", ("He did not eat.", "Il n’a rien mangé.")) == 0.0
    assert measured("lost_negation_share", "eng_Latn", "tur_Latn", ("I do not eat fish.", "Balık yerim.")) == 0.0


def test_the_source_script_leaks_only_into_another_script():
    assert measured("source_script_share", "eng_Latn", "khm_Khmr", ("big red house", "ផ្ទះ big red")) > 0.5
    assert measured("source_script_share", "eng_Latn", "jpn_Jpan", ("a ticket for Kyoto", "京都行きの切符")) == 0.0
    assert measured("source_script_share", "cmn_Hani", "jpn_Jpan", ("红色的房子", "赤い家")) == 0.0
    assert measured("source_script_share", "eng_Latn", "spa_Latn", ("the house", "the house")) == 0.0


def test_what_is_kept_weighs_in_no_check_but_its_own():
    kept = ("Run `make all` in https://a.example/x now.", "Ejecuta `make all` en https://a.example/x ahora.")
    for name in ("copied_word_share", "copied_run_share", "copied_share"):
        assert measured(name, "eng_Latn", "spa_Latn", kept) == 0.0
    assert measured("lost_mask_share", "eng_Latn", "spa_Latn", kept) == 0.0
    assert measured("lost_mask_share", "eng_Latn", "spa_Latn", (kept[0], "Ejecuta `make todo` en casa.")) == 1.0


def test_length_is_judged_by_what_the_languages_let_expect():
    pair = ("a" * 400, "字" * 108)
    assert measured("length_ratio", "eng_Latn", "cmn_Hani", pair, expected=0.27) == 1.0
    assert measured("length_ratio", "eng_Latn", "cmn_Hani", pair) == 0.416
    assert measured("odd_length_share", "eng_Latn", "cmn_Hani", pair, ("b" * 100, "字" * 4), expected=0.27) == 0.2


def test_kin_of_the_target_is_no_other_language():
    arabic = "ذهبت الأمهات إلى السوق في الصباح الباكر واشترين الخضار والفواكه الطازجة للأطفال قبل المدرسة."
    basque = "Amek goizean goiz joan ziren azokara eta barazki freskoak erosi zituzten umeentzat eskola baino lehen."
    assert measured("other_language_share", "eng_Latn", "arb_Arab", ("x", arabic)) == 0.0
    assert measured("other_language_share", "eng_Latn", "arb_Arab", ("x", basque)) == 1.0


def test_function_words_of_the_source_are_words_that_an_engine_left():
    left = ("The hut was full of smoke.", "Koliba was puna of dima.")
    assert measured("source_function_word_share", "eng_Latn", "hrv_Latn", left) == 0.4
    assert measured("source_function_word_share", "eng_Latn", "hrv_Latn", (left[0], "Koliba je bila puna dima.")) == 0.0


@pytest.mark.parametrize(
    ("source", "target", "share"),
    [
        # Kept: with another spelling, behind a prefix, with an ending. What is translated is no name.
        ("Then Christopher met Simbegwire.", "Halafu Kristofa alikutana na Simbegwire.", 0.0),
        ("On Monday old Simbegwire met Themba.", "NgoMvulo uSimbegwire wahlangana noThemba.", 0.0),
        ("Then Raven told Nomsa and Lerato.", "Ensuite Corbeau parla à Nomsa et Lerato.", 0.0),
        ("Then Nomsa met Lerato.", "Puis Fergus vit Gwydion.", 0.6667),
        ("Then Nomsa met Lerato.", "Puis Nomsa vit Gwydion.", 0.0),  # one alone may be another name of the same
        ("Then nobody met anybody.", "Puis Fergus vit Gwydion.", 0.0),
    ],
)
def test_names_are_kept_as_they_are_written_elsewhere(source, target, share):
    assert measured("changed_name_share", "eng_Latn", "fra_Latn", (source, target)) == share


def test_a_negation_that_moved_into_another_segment_is_not_lost():
    moved = (("I did not see it.", "Je l'ai vu."), ("He came home.", "Il n'est pas venu."))
    assert measured("lost_negation_share", "eng_Latn", "fra_Latn", *moved) == 0.0
    assert measured("lost_negation_share", "eng_Latn", "fra_Latn", moved[0], ("He came.", "Il vint.")) == 0.5


def test_a_segment_that_was_cut_stands_out_among_neighbors_as_long_as_their_translator_writes():
    terse = [
        (f"The old man of the hill number {number} looked at the sea.", "Mzee huyo alitazama bahari kuu hapo")
        for number in "abcd"
    ]
    assert measured("odd_length_share", "eng_Latn", "swh_Latn", *terse) == 0.0
    cut = [*terse[:3], (terse[3][0], "Mzee")]
    assert measured("odd_length_share", "eng_Latn", "swh_Latn", *cut) == 0.25
