"""What an audit of the gate shows: sums over strata on numbers that a reader can check."""

import pytest

from glotmill.provenance.audit import audits
from glotmill.provenance.receipts import StepCount

LANGUAGES = ("eus_Latn", "swh_Latn")
STEPS = [
    {"name": "first", "kind": "gate", "audit": {"share": 0.1, "model": "lid176"}},
    {"name": "who", "kind": "identify"},
]


def gate(**reasons: int) -> StepCount:
    rejected = sum(reasons.values())
    # The ledger counts by the language that the source claims, which is no matter here.
    half = {f"gate.{name}": number // 2 for name, number in reasons.items()}
    rest = {f"gate.{name}": number - number // 2 for name, number in reasons.items()}
    return StepCount("first", rejected, 0, 0, rejected, 0, {"-": half, "eng_Latn": rest})


def identify(**kept: int) -> StepCount:
    return StepCount("who", sum(kept.values()), 0, sum(kept.values()), 0, 0, {}, kept)


def test_losses_are_summed_over_strata_by_their_rejects():
    counts = [
        gate(
            no_target_language=9_000,
            audit_confirmed=998,
            audit_missed_eus_Latn=2,
            no_target_language_hinted=80,
            audit_confirmed_hinted=15,
            audit_missed_eus_Latn_hinted=5,
        ),
        identify(eus_Latn=500),
    ]
    found = audits(counts, STEPS, LANGUAGES)["first"]
    assert found["strata"] == {
        "plain": {"rejected": 10_000, "audited": 1_000, "breaches": 0},
        "hinted": {"rejected": 100, "audited": 20, "breaches": 0},
    }
    basque = found["languages"]["eus_Latn"]
    assert basque["missed_in_audit"] == {"plain": 2, "hinted": 5}
    assert basque["lost"] == 10_000 * 2 / 1_000 + 100 * 5 / 20
    # Upper bounds at 0.025 each: 2 of 1,000 leave 0.00721, 5 of 20 leave 0.491.
    assert basque["lost_at_most"] == pytest.approx(72.1 + 49.1, abs=0.2)
    assert basque["recall"] == round(500 / 545, 4)
    assert basque["recall_at_least"] == pytest.approx(500 / 621.2, abs=1e-3)


def test_a_bound_is_stated_also_where_it_says_nothing():
    counts = [gate(no_target_language=1_000), identify(eus_Latn=3)]
    assert audits(counts, STEPS, LANGUAGES)["first"]["languages"]["swh_Latn"] == {
        "found": 0,
        "missed_in_audit": {"plain": 0, "hinted": 0},
        "lost": 0.0,
        "lost_at_most": 1_000.0,
        "recall": None,
        "recall_at_least": 0.0,
    }


def test_a_page_that_broke_the_extractor_counts_as_missed_in_the_bound_alone():
    left = {"no_target_language": 100}
    clean = audits([gate(**left, audit_confirmed=100), identify(eus_Latn=9)], STEPS, LANGUAGES)["first"]
    broken = audits([gate(**left, audit_confirmed=90, audit_breach=10), identify(eus_Latn=9)], STEPS, LANGUAGES)[
        "first"
    ]
    assert broken["strata"]["plain"] == {"rejected": 200, "audited": 100, "breaches": 10}
    assert broken["languages"]["eus_Latn"]["lost"] == clean["languages"]["eus_Latn"]["lost"] == 0
    assert broken["languages"]["eus_Latn"]["lost_at_most"] > 20 > clean["languages"]["eus_Latn"]["lost_at_most"]


def test_where_all_rejects_are_audited_nothing_is_estimated():
    counts = [gate(audit_confirmed=90, audit_breach=2, audit_missed_swh_Latn=3), identify(swh_Latn=97)]
    swahili = audits(counts, STEPS, LANGUAGES)["first"]["languages"]["swh_Latn"]
    assert (swahili["lost"], swahili["lost_at_most"], swahili["recall"]) == (3, 5, 0.97)


def test_a_gate_without_an_audit_has_no_finding():
    assert audits([gate(no_target_language=5)], [{"name": "first", "kind": "gate", "audit": None}], LANGUAGES) == {}
    assert audits([], [{"name": "first", "kind": "gate"}, *STEPS], LANGUAGES) == {}
