"""Rules on translations: every file parses, and its examples are kept and dropped as it says."""

import functools
from pathlib import Path

import numpy as np
import pytest

from glotmill.mt.checks import CHECKS
from glotmill.mt.direction import Direction, direction_between
from glotmill.mt.pairs import Pairs, Translation
from glotmill.mt.rules import FOLDER, Example, TranslationRule, bind, read_rules
from glotmill.text.identification.opening import open_identifiers
from glotmill.text.rules import language_path
from glotmill.text.tags import canonical

ROOT = Path(__file__).resolve().parents[2]
FILES = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in (ROOT / FOLDER).glob("*.yaml")}
SETS = {Path(name).stem: read_rules(Path(name).stem, FILES) for name in sorted(FILES)}
RULES = [(name, rule) for name, rules in SETS.items() for rule in rules.rules]


@functools.cache
def direction(name: str, source: str, target: str) -> Direction:
    files = {path: (ROOT / path).read_text(encoding="utf-8") for path in map(language_path, (source, target))}
    identifier = open_identifiers(("words", "ngrams"), {}, max_characters=2000)
    return direction_between(source, target, files, identifier=identifier, lexicon=SETS[name].lexicon())


def value(name: str, rule: TranslationRule, example: Example) -> float:
    sources, targets = zip(*example.segments, strict=True)
    pairs = Pairs([Translation(sources, targets)])
    return float(CHECKS[rule.measure].compute(pairs, direction(name, example.source, example.target))[0])


@pytest.mark.parametrize(("name", "rule"), RULES, ids=[f"{name}.{rule.reason}" for name, rule in RULES])
def test_a_rule_keeps_and_drops_its_own_examples(name: str, rule: TranslationRule):
    for example, dropped in ((rule.examples.kept, False), (rule.examples.dropped, True)):
        assert (canonical(example.source), canonical(example.target)) == (example.source, example.target)
        found = {one.reason: one for one in bind(SETS[name], example.source, example.target)}[f"{name}.{rule.reason}"]
        measured = value(name, rule, example)
        assert found.fails(measured) is dropped, found.detail(measured)


@pytest.mark.parametrize("name", SETS)
def test_what_a_rule_keeps_no_other_rule_of_the_set_drops(name: str):
    for rule in SETS[name].rules:
        kept = rule.examples.kept
        fails = [
            one.detail(value(name, other, kept))
            for one, other in zip(bind(SETS[name], kept.source, kept.target), SETS[name].rules, strict=True)
            if one.fails(value(name, other, kept))
        ]
        assert fails == [], f"{rule.reason}: {kept.segments}"


def test_every_check_has_a_rule_and_examples_are_in_many_languages():
    assert {rule.measure for _, rule in RULES} == set(CHECKS)
    spoken = {
        tag
        for _, rule in RULES
        for one in (rule.examples.kept, rule.examples.dropped)
        for tag in (one.source, one.target)
    }
    assert {
        "eus_Latn",
        "deu_Latn",
        "hin_Deva",
        "tha_Thai",
        "khm_Khmr",
        "arb_Arab",
        "cmn_Hani",
        "swh_Latn",
        "tur_Latn",
    } <= spoken


def test_a_check_gives_a_number_for_every_document():
    translations = [
        Translation((), ()),
        Translation(("", "`a`"), ("", "`a`")),
        Translation(("\0", "12 34"), ("", "😀")),
        Translation(("ไปตลาด",), ("Er ging, er ging, er ging zum Markt",)),
    ]
    chosen = direction("mt", "tha_Thai", "deu_Latn")
    for check in CHECKS.values():
        values = check.compute(Pairs(translations), chosen)
        assert values.shape == (4,)
        assert np.isfinite(values).all(), check.name
        assert (values >= 0).all(), check.name
        assert check.unit != "share" or (values <= 1).all()
        alone = [check.compute(Pairs([one]), chosen)[0] for one in translations]
        assert values.tolist() == alone, f"{check.name} depends on what is beside a document"
        assert check.compute(Pairs([]), chosen).shape == (0,)
