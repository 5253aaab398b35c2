"""Which decisions each policy lets through, and the reason where it does not."""

import pytest

from glotmill.core.errors import RecipeError
from glotmill.licensing.consent import read_consent
from glotmill.licensing.decision import Decision
from glotmill.licensing.evidence import statement
from glotmill.licensing.policy import Policy


def decide(judge, spdx, state="declared"):
    return judge.decide([statement("source", "x", spdx=spdx, scope="source", state=state)] if spdx else [])


@pytest.mark.parametrize(
    ("policy", "passes", "refused"),
    [
        ("pd", ["CC0-1.0", "CC-PDM-1.0", "DL-DE-ZERO-2.0", "CC0-1.0 OR CC-BY-NC-4.0"], ["CC-BY-4.0", "CC0-1.0 AND CC-BY-4.0"]),
        ("attribution", ["CC0-1.0", "CC-BY-2.0", "MIT", "OGL-UK-3.0", "LicenseRef-KOGL-1"], ["CC-BY-SA-4.0", "GPL-2.0-only"]),
        ("sharealike", ["CC-BY-SA-4.0", "GPL-2.0-only", "GFDL-1.3-only", "CC-BY-4.0 AND CC-BY-SA-3.0"], ["CC-BY-NC-4.0", "CC-BY-ND-4.0"]),
        ("open-definition", ["CC-BY-SA-3.0", "GPL-2.0-or-later OR CC-BY-SA-3.0", "etalab-2.0"],
         ["CC-BY-NC-4.0", "CC-BY-ND-4.0", "OGL-UK-1.0", "GFDL-1.3-invariants-only", "BSL-1.0", "LicenseRef-all-rights-reserved"]),
        ("nc-research", ["CC-BY-NC-SA-4.0", "CC-BY-NC-4.0", "CC-BY-4.0"], ["CC-BY-NC-ND-4.0", "CC-BY-ND-4.0"]),
        ("any", ["CC-BY-NC-ND-4.0", "LicenseRef-all-rights-reserved", None], []),
    ],
)  # fmt: skip
def test_policy_lets_its_licenses_through_and_no_others(judge, table, policy, passes, refused):
    chosen = Policy(policy, table)
    for spdx in passes:
        assert chosen.allows(decide(judge, spdx)) is None, spdx
    for spdx in refused:
        assert chosen.allows(decide(judge, spdx)).code == "not_allowed", spdx


@pytest.mark.parametrize("policy", ["pd", "attribution", "sharealike", "open-definition", "nc-research"])
def test_no_policy_lets_a_license_for_databases_through_that_stands_in_a_row_all_the_same(table, policy):
    for spdx, passes in (
        ("ODC-By-1.0", False),
        ("ODC-By-1.0 OR ODbL-1.0", False),
        ("ODC-By-1.0 AND CC0-1.0", False),
        ("ODC-By-1.0 OR CC0-1.0", True),
    ):
        tampered = Decision(spdx, "verified", "attribution", None, ())
        assert (Policy(policy, table).allows(tampered) is None) is passes, spdx


def test_refusal_names_license_state_and_first_signal(judge, table):
    refusal = Policy("pd", table).allows(
        judge.decide([statement("rel-license", "CC BY", url="https://x.org/l", spdx="CC-BY-4.0")])
    )
    assert refusal.detail == (
        'license CC-BY-4.0, state declared, first signal rel-license "https://x.org/l"; policy pd refuses class attribution'
    )


def test_weak_license_is_too_weak_and_an_unknown_one_is_none(judge, table):
    policy = Policy("open-definition", table)
    assert policy.allows(decide(judge, "CC-BY-4.0", "weak")).code == "state_too_weak"
    assert policy.allows(decide(judge, None)).code == "no_license"
    assert policy.allows(judge.decide([statement("rel-license", "terms", url="/terms")])).code == "no_license"


def test_conflict_is_refused_with_both_sides(judge, table):
    evidence = [statement("rel-license", "a", spdx="CC-BY-4.0"), statement("meta", "b", spdx="CC-BY-NC-4.0")]
    refusal = Policy("nc-research", table).allows(judge.decide(evidence))
    assert refusal.code == "conflict"
    assert "rel-license says CC-BY-4.0, meta says CC-BY-NC-4.0" in refusal.detail


def test_misspelled_policy_gets_near_matches(table):
    with pytest.raises(RecipeError, match="open-definition"):
        Policy("open_definition", table, field="steps.rights.allow")


@pytest.mark.parametrize(
    ("html", "headers", "verdict"),
    [
        (None, {}, "unknown"),
        ("<p>noai</p>", {}, "unknown"),
        ('<meta name="robots" content="index, noai">', {}, "denied"),
        ('<!-- <meta name="robots" content="noai"> -->', {}, "unknown"),
        ('<meta name="tdm-reservation" content="1">', {}, "denied"),
        ('<meta name="tdm-reservation" content="0">', {}, "allowed"),
        (None, {"tdm-reservation": "1"}, "denied"),
        (None, {"tdm-reservation": "0"}, "allowed"),
        (None, {"x-robots-tag": "noindex, noai, noimageai"}, "denied"),
        (None, {"x-robots-tag": "noimageai"}, "unknown"),
        (None, {"content-usage": "train-ai=n"}, "denied"),
        (None, {"content-usage": "search=y, train-ai=y"}, "allowed"),
        (None, {"content-signal": "search=yes, ai-train=no"}, "denied"),
        (None, {"content-signal": "search=no"}, "unknown"),
        ('<meta name="tdm-reservation" content="0">', {"content-usage": "train-ai=n"}, "denied"),
    ],
)
def test_consent_is_what_was_said_and_silence_is_unknown(html, headers, verdict):
    consent = read_consent(html, headers)
    assert consent.verdict == verdict
    assert consent.column().split(";")[0].split(" ")[0] == f"train-ai={verdict}"
    assert bool(consent.decided_by) == (verdict != "unknown")


@pytest.mark.parametrize("name", ["pd", "attribution", "sharealike", "open-definition", "nc-research"])
def test_each_policy_has_one_that_takes_only_what_somebody_verified(judge, table, name):
    chosen, usual = Policy(f"{name}-verified", table), Policy(name, table)
    free = "CC0-1.0"
    assert chosen.allows(decide(judge, free, "verified")) is None
    assert chosen.allows(decide(judge, free, "declared")).code == "state_too_weak"
    assert usual.allows(decide(judge, free, "declared")) is None
    rules = [table.policies[one].model_dump(exclude={"about", "states"}) for one in (name, f"{name}-verified")]
    assert rules[0] == rules[1]
