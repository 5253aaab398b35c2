"""What stands where a site's license rule points, and how it is weighed with what a person verified of the site."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotmill.licensing.evidence import carried, statement
from glotmill.licensing.site_statements import SiteStatements
from glotmill.licensing.table import RESERVED

CC = "https://creativecommons.org/licenses"


@pytest.fixture(scope="module")
def statements(table):
    return SiteStatements(table)


def verified(spdx):
    return statement("site", "Ane, 2026-11-03: the imprint", spdx=spdx, locus="manifest", scope="site")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (f"{CC}/by-sa/3.0/es/deed.eu", [("site-link", "CC-BY-SA-3.0", "declared")]),
        (f" {CC}/by/9.9/ ", [("site-link", None, "declared")]),
        ("https://bilketa.example/lizentzia", [("site-link", None, "declared")]),
        ("//creativecommons.org/publicdomain/zero/1.0/", [("site-link", "CC0-1.0", "declared")]),
        ("CC-BY-4.0", [("site-text", "CC-BY-4.0", "weak")]),
        ("Testu hauek CC BY-SA 4.0 lizentziapean daude.", [("site-text", "CC-BY-SA-4.0", "weak")]),
        ("इस पृष्ठ का पाठ CC BY 4.0 के अंतर्गत है", [("site-text", "CC-BY-4.0", "weak")]),
        ("© 2026. All rights reserved.", [("site-text", RESERVED, "weak")]),
        ("Eskatu baimena.", [("site-text", None, "weak")]),
        ("javascript:alert(1)", [("site-text", None, "weak")]),
    ],
)
def test_a_place_is_read_as_address_name_or_words(statements, found, expected):
    assert [(one.signal, one.spdx, one.state) for one in statements.read(found)] == expected


@given(st.text(max_size=60))
def test_any_text_is_some_evidence_and_a_claim_about_the_page(statements, text):
    found = statements.read(text)
    assert found
    assert {one.scope for one in found} == {"page"}


@pytest.mark.parametrize(
    ("evidence", "license_id", "state"),
    [
        ([], "CC-BY-4.0", "verified"),
        ([statement("rel-license", "x", spdx="CC-BY-4.0")], "CC-BY-4.0", "verified"),
        ([statement("site-text", "x", spdx="CC-BY-4.0")], "CC-BY-4.0", "verified"),
        ([statement("site-text", "x", spdx="LicenseRef-CC-BY")], "CC-BY-4.0", "verified"),
        ([statement("rel-license", "x", spdx="CC-BY-NC-4.0")], None, "conflict"),
        ([statement("footer-text", "x", spdx="CC-BY-SA-4.0")], None, "conflict"),
        ([statement("site-text", "x", spdx=RESERVED)], None, "conflict"),
        ([statement("row", "x", spdx="CC-BY-SA-4.0", scope="page")], None, "conflict"),
        ([statement("site-text", "x")], "CC-BY-4.0", "weak"),
        ([statement("rel-license", "x", spdx="CC-BY-NC-4.0", scope="part")], "CC-BY-4.0", "verified"),
        ([statement("source", "x", spdx="CC-BY-4.0", scope="source", state="weak")], "CC-BY-4.0", "verified"),
        ([statement("source", "x", spdx="CC0-1.0", scope="source", state="verified")], None, "conflict"),
    ],
)
def test_a_verified_site_agrees_or_conflicts_and_never_wins(judge, evidence, license_id, state):
    decision = judge.decide([*evidence, verified("CC-BY-4.0")])
    assert (decision.license, decision.state) == (license_id, state)


def test_marks_that_a_source_overrides_leave_what_a_person_verified(judge):
    reserved = statement("reserved", "All rights reserved", spdx=RESERVED)
    decision = judge.decide([reserved, verified("CC-BY-4.0")], overrides_pages=True)
    assert (decision.license, decision.state) == ("CC-BY-4.0", "verified")


def test_only_the_evidence_of_sites_is_carried_to_permit():
    row = statement("row", "cc0", spdx="CC0-1.0", locus="row").row()
    site = verified("CC-BY-4.0")
    assert carried([row, None, site.row(), {**site.row(), "signal": None}]) == [site]
    assert carried(None) == []
