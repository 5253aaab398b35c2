"""What page, row and source say, joined: agreement, doubt, conflict, never a guess."""

import pytest

from glotmill.licensing.decision import row_claim
from glotmill.licensing.evidence import statement
from glotmill.licensing.ranking import license_rank
from glotmill.licensing.table import RESERVED


def own(spdx, signal="rel-license", **given):
    return statement(signal, "x", spdx=spdx, **given)


def source(spdx, state="verified"):
    return statement("source", "x", spdx=spdx, locus="manifest", scope="source", state=state)


@pytest.mark.parametrize(
    ("evidence", "license_id", "state", "license_class"),
    [
        ([], None, "none", "unknown"),
        ([own("CC-BY-4.0")], "CC-BY-4.0", "declared", "attribution"),
        ([own("CC-BY-4.0"), own("CC-BY-4.0", "footer-text")], "CC-BY-4.0", "declared", "attribution"),
        ([own("CC-BY-4.0"), own("LicenseRef-CC-BY", "footer-text")], "CC-BY-4.0", "declared", "attribution"),
        ([own("CC-BY-4.0"), own("LicenseRef-CC-BY-SA", "footer-text")], None, "conflict", "unknown"),
        ([own("CC-BY-4.0"), own("CC-BY-3.0")], None, "conflict", "unknown"),
        ([own("CC-BY-4.0", scope="part")], None, "mention", "unknown"),
        ([own("CC-BY-4.0", "body-link", scope="unknown")], None, "mention", "unknown"),
        ([own(None)], None, "weak", "unknown"),
        ([own("CC-BY-4.0"), own(None)], "CC-BY-4.0", "weak", "attribution"),
        ([own(RESERVED, "reserved")], RESERVED, "declared", "reserved"),
        ([source("GPL-2.0-or-later OR CC-BY-SA-3.0")], "GPL-2.0-or-later OR CC-BY-SA-3.0", "verified", "sharealike"),
        ([own("CC-BY-4.0"), source("CC-BY-4.0")], "CC-BY-4.0", "verified", "attribution"),
        ([own(RESERVED, "reserved"), source("CC-BY-4.0")], None, "conflict", "unknown"),
        ([own("CC-BY-NC-4.0"), source("CC-BY-4.0")], None, "conflict", "unknown"),
        ([own(None), source("CC-BY-4.0")], "CC-BY-4.0", "weak", "attribution"),
        ([own("CC-BY-SA-3.0"), source("GPL-2.0-or-later OR CC-BY-SA-3.0")], "GPL-2.0-or-later OR CC-BY-SA-3.0", "verified", "sharealike"),
        ([source("MIT", "weak")], "MIT", "weak", "attribution"),
        ([source("CC-BY-4.0 AND CC-BY-NC-4.0")], "CC-BY-4.0 AND CC-BY-NC-4.0", "verified", "noncommercial"),
        ([source("CC0-1.0 OR CC-BY-NC-4.0")], "CC0-1.0 OR CC-BY-NC-4.0", "verified", "public-domain"),
        ([source("BSL-1.0")], "BSL-1.0", "verified", "unknown"),
        ([source("ODC-By-1.0")], None, "weak", "unknown"),
        ([source("ODC-By-1.0 AND CC-BY-4.0")], None, "weak", "unknown"),
        ([source("ODC-By-1.0 OR CC-BY-NC-4.0")], "CC-BY-NC-4.0", "verified", "noncommercial"),
        ([source("ODC-By-1.0 OR ODbL-1.0")], None, "weak", "unknown"),
        ([own("CC-BY-4.0"), source("ODbL-1.0 OR CC-BY-4.0")], "CC-BY-4.0", "verified", "attribution"),
    ],
)  # fmt: skip
def test_evidence_is_joined(judge, evidence, license_id, state, license_class):
    decision = judge.decide(evidence)
    assert (decision.license, decision.state, decision.license_class) == (license_id, state, license_class)


def test_unless_otherwise_noted_lowers_the_page_but_not_the_source(judge):
    limit = statement("exception", "unless otherwise noted")
    assert judge.decide([own("CC-BY-4.0"), limit]).state == "weak"
    assert judge.decide([own("CC-BY-4.0"), limit, source("CC-BY-4.0")]).state == "verified"


def test_source_may_override_what_its_pages_seem_to_say(judge):
    evidence = [own(RESERVED, "reserved"), own("GFDL-1.3-only"), source("CC-BY-SA-3.0")]
    decision = judge.decide(evidence, overrides_pages=True)
    assert (decision.license, decision.state) == ("CC-BY-SA-3.0", "verified")
    assert decision.evidence == tuple(evidence)


def test_overriding_does_not_silence_the_row(judge, table):
    decision = judge.decide([row_claim("CC-BY-NC-4.0", table), source("CC-BY-4.0")], overrides_pages=True)
    assert decision.state == "conflict"


@pytest.mark.parametrize(
    ("claim", "expression", "port"),
    [
        ("CC-BY-4.0", "CC-BY-4.0", None),
        ("cc-by-sa-3.0", "CC-BY-SA-3.0", None),
        ("CC-BY-3.0-DE", "CC-BY-3.0", "de"),
        ("CC-BY", "LicenseRef-CC-BY", None),
        ("CC BY-NC 4.0", "CC-BY-NC-4.0", None),
        ("https://creativecommons.org/licenses/by/3.0/fr/", "CC-BY-3.0", "fr"),
        ("GPL-2.0+ or CC-BY-SA-3.0", "GPL-2.0-or-later OR CC-BY-SA-3.0", None),
        ("All rights reserved", RESERVED, None),
        ("CC BY 4.0 for the code, the text is ours", None, None),
        ("CC-BY-9.0", None, None),
        ("open", None, None),
        ("https://example.org/license", None, None),
        ("(((", None, None),
        ("MIT OR OurOwn", None, None),
    ],
)
def test_row_claim_is_read_as_a_whole_or_not_at_all(table, claim, expression, port):
    found = row_claim(claim, table)
    assert (found.spdx, found.port, found.signal) == (expression, port, "row")


def test_keeper_prefers_sure_then_free_then_proven_licenses():
    order = [
        ("public-domain", "verified"), ("public-domain", "declared"), ("attribution", "verified"),
        ("sharealike", "declared"), ("noncommercial", "verified"), ("reserved", "declared"), ("public-domain", "weak"),
        ("unknown", "mention"), ("unknown", "conflict"), ("unknown", "none"),
    ]  # fmt: skip
    ranks = [license_rank(*pair) for pair in order]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == len(ranks)
    assert license_rank(None, None) >= max(ranks)
