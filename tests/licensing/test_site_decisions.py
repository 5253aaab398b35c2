"""People's decisions on hosts: what a file may say, and what it makes of a page."""

import pytest

from glotmill.core.errors import RecipeError
from glotmill.licensing.addresses import site_host
from glotmill.licensing.evidence import Evidence, statement
from glotmill.licensing.site_decisions import SiteDecisions, load_decisions

ENTRY = """\
  - host: {host}
    verdict: {verdict}
{more}    decided_by: Ane
    decided_on: 2026-11-27
    evidence: The footer of ten pages names it.
"""
OPEN = "    license: CC-BY-SA-4.0\n"
EVERYTHING = OPEN + "    covers: all\n"
FOOTER = statement("footer-text", "CC BY-SA 4.0", spdx="CC-BY-SA-4.0", locus="footer")
CAPTION = statement("rel-license", "CC BY", spdx="CC-BY-4.0", locus="figure", scope="part")
RESERVED = statement("reserved", "© All rights reserved", spdx="LicenseRef-all-rights-reserved", locus="footer")


def decisions(table, *entries: tuple[str, str, str]) -> SiteDecisions:
    text = "decisions:\n" + "".join(
        ENTRY.format(host=host, verdict=verdict, more=more) for host, verdict, more in entries
    )
    return load_decisions(text, table=table)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://www.Adibidea.example:8080/a?b=c", "adibidea.example"),
        ("http://adibidea.example.", "adibidea.example"),
        ("https://ane:sekretua@blog.adibidea.example/", "blog.adibidea.example"),
        ("https://उदाहरण.example/", "उदाहरण.example"),
        ("https://127.0.0.1:9000/x", "127.0.0.1"),
        ("https://[::1", None),
        ("https://[::1]/", None),
        ("ftp://adibidea.example/", None),
        ("/albistea", None),
        ("", None),
    ],
)
def test_host_by_which_sites_are_told_apart(url: str, host: str | None):
    assert site_host(url) == host


@pytest.mark.parametrize(
    ("entry", "found", "expected"),
    [
        (("a.example", "verified", OPEN), [FOOTER], ("CC-BY-SA-4.0", "verified")),
        (("a.example", "verified", OPEN), [], (None, "none")),  # the page names no license itself
        (("a.example", "verified", OPEN), [CAPTION], (None, "mention")),
        (("a.example", "verified", EVERYTHING), [], ("CC-BY-SA-4.0", "verified")),
        (("a.example", "verified", EVERYTHING), [CAPTION], ("CC-BY-SA-4.0", "verified")),
        (("a.example", "verified", EVERYTHING), [RESERVED], (None, "conflict")),
        (("a.example", "verified", OPEN), [FOOTER, RESERVED], (None, "conflict")),
        (
            ("a.example", "verified", OPEN),
            [statement("rel-license", "x", spdx="CC-BY-NC-4.0")],
            (None, "conflict"),
        ),
        (("a.example", "rejected", ""), [FOOTER], (None, "conflict")),
        (("a.example", "rejected", ""), [], (None, "none")),
        (("a.example", "rejected", ""), [CAPTION], (None, "mention")),
        (("a.example", "rejected", ""), [statement("rel-license", "terms")], (None, "none")),
        (("a.example", "rejected", ""), [RESERVED], ("LicenseRef-all-rights-reserved", "declared")),
        (("b.example", "verified", EVERYTHING), [FOOTER], ("CC-BY-SA-4.0", "weak")),  # another host
    ],
)
def test_what_a_decision_makes_of_a_page(table, judge, entry, found: list[Evidence], expected):
    said = decisions(table, entry).evidence("https://www.a.example/1", found)
    decision = judge.decide([*found, *said])
    assert (decision.license, decision.state) == expected
    assert all(one.raw == "Ane, 2026-11-27: The footer of ten pages names it." for one in said)


def test_rejection_outweighs_what_a_source_declares(table, judge):
    source = statement("source", "x", spdx="CC-BY-4.0", state="verified", locus="manifest", scope="source")
    said = decisions(table, ("a.example", "rejected", "")).evidence("https://a.example/1", [])
    assert judge.decide([*said, source], overrides_pages=True).state == "conflict"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (("www.a.example", "verified", OPEN), "a host is a name in lower case without www."),
        (("a.example/path", "verified", OPEN), "a host is a name in lower case without www."),
        (("a.example", "verified", ""), "a verified host has a license, and a rejected one has none"),
        (("a.example", "rejected", OPEN), "a verified host has a license, and a rejected one has none"),
        (("a.example", "verified", "    license: CC-BY-SA-9.0\n"), "no such license"),
        (("a.example", "verified", "    license: ODC-By-1.0\n"), "ODC-By-1.0 is a license for databases"),
    ],
)
def test_decision_that_cannot_be_meant_is_refused_by_field(table, entry, message: str):
    with pytest.raises(RecipeError, match=r"decisions\.0") as error:
        decisions(table, entry)
    assert message in str(error.value)


def test_host_is_decided_once(table):
    with pytest.raises(RecipeError, match=r"a\.example is decided twice"):
        decisions(table, ("a.example", "verified", OPEN), ("a.example", "rejected", ""))
