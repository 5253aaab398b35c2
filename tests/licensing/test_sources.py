"""Source manifests: required, complete, with a license that exists; and the license file itself."""

import pytest

from glotmill.core.errors import RecipeError
from glotmill.licensing.expressions import parse_expression
from glotmill.licensing.sources import load_source, missing_source, source_evidence
from glotmill.licensing.table import load_table

GOOD = """\
name: Town archive
license:
  expression: CC-BY-4.0
  state: verified
  evidence: The archivist wrote it to A. Tester on 2 May 2026.
terms: none known
contact: archive@example.org
"""
FILE = "manifests/sources/town.yaml"


def refused(text, table=None) -> RecipeError:
    with pytest.raises(RecipeError) as caught:
        load_source(text, FILE, table)
    assert FILE in str(caught.value)
    return caught.value


def test_complete_manifest_becomes_evidence(table):
    found = source_evidence(load_source(GOOD, FILE, table), table, file=FILE)
    assert (found.signal, found.spdx, found.state, found.scope) == ("source", "CC-BY-4.0", "verified", "source")
    assert found.raw.startswith("The archivist")


@pytest.mark.parametrize("field", ["license", "terms", "contact", "name"])
def test_missing_field_is_named(field):
    lines = [line for line in GOOD.splitlines() if not line.startswith(field)]
    if field == "license":
        lines = [line for line in lines if not line.startswith("  ")]
    assert refused("\n".join(lines)).field == field


def test_missing_evidence_is_named():
    text = "\n".join(line for line in GOOD.splitlines() if "evidence" not in line)
    assert refused(text).field == "license.evidence"


def test_unknown_license_gets_near_matches(table):
    error = refused(GOOD.replace("CC-BY-4.0", "CC-BY-SAA-4.0"), table)
    assert error.field == "license.expression"
    assert "CC-BY-SA-4.0" in error.remedy


def test_unknown_part_of_an_expression_is_named(table):
    assert "OurOwn" in refused(GOOD.replace("CC-BY-4.0", "MIT OR OurOwn"), table).message


@pytest.mark.parametrize("expression", ["(MIT", "MIT AND", "MIT/X11"])
def test_what_is_no_expression_is_refused_with_and_without_table(table, expression):
    for given in (None, table):
        assert refused(GOOD.replace("CC-BY-4.0", expression), given).field == "license.expression"


def test_single_license_needs_a_state():
    assert "state" in refused("\n".join(line for line in GOOD.splitlines() if "state" not in line)).message


def test_per_page_takes_no_state(table):
    text = GOOD.replace("CC-BY-4.0", "per-page")
    assert "per-page" in refused(text).message
    manifest = load_source(text.replace("  state: verified\n", ""), FILE, table)
    assert source_evidence(manifest, table, file=FILE) is None


def test_overriding_pages_needs_evidence():
    text = GOOD.replace("terms:", "  overrides_pages: true\nterms:")
    assert "overrides_evidence" in refused(text).message
    why = "  overrides_evidence: A. Tester compared all pages on 3 May 2026.\nterms:"
    assert load_source(text.replace("terms:", why), FILE).license.overrides_pages


def test_missing_manifest_says_which_file_to_write_and_how(table):
    error = missing_source("town")
    assert error.file == FILE
    assert FILE in error.remedy
    template = "\n".join(line[2:] for line in error.remedy.split("\n\n", 1)[1].splitlines())
    assert load_source(template, FILE, table).license.expression == "CC-BY-SA-4.0"


def test_manifests_of_this_project_are_complete(root, table):
    files = sorted((root / "manifests" / "sources").glob("*.yaml"))
    assert {"demo-web", "udhr", "installation-guide", "debian-handbook"} <= {file.stem for file in files}
    for file in files:
        source_evidence(load_source(file.read_text(encoding="utf-8"), file.name, table), table, file=file.name)


def test_every_id_of_the_table_is_spdx_or_a_reference_of_ours(table):
    from license_expression import get_spdx_licensing

    known = get_spdx_licensing().known_symbols
    for one in table.by_id.values():
        assert one.id in known or one.id.startswith("LicenseRef-"), one.id
        assert parse_expression(one.id).render() == one.id


def test_facts_of_the_table_agree_with_each_other(table):
    for one in table.by_id.values():
        assert (one.license_class == "noncommercial") <= (not one.grants.commercial), one.id
        assert (one.license_class == "sharealike") == (one.obligations.sharealike and one.grants.commercial), one.id
        assert not one.open_definition or (one.grants.commercial and one.grants.derivatives), one.id
        assert one.grants.derivatives == (one.adaptations != "none"), one.id


def test_addresses_of_the_table_lead_to_their_license(table):
    for one in table.by_id.values():
        for url in one.urls:
            assert table.at_url(f"https://www.{url}/").id == one.id
    assert table.at_url("https://www.gnu.org/licenses/fdl-1.2.html").id == "GFDL-1.2-only"
    assert table.at_url("https://www.gnu.org/licenses/fdl.de.html").id == "LicenseRef-GFDL"
    assert table.at_url("https://www.gnu.org/licenses/fdl-9.html") is None


def test_license_that_stands_twice_is_refused(root):
    text = (root / "manifests" / "licenses.yaml").read_text(encoding="utf-8")
    with pytest.raises(RecipeError, match="stands twice"):
        load_table(text.replace("- id: CC-PDM-1.0", "- id: CC0-1.0", 1), "manifests/licenses.yaml")
