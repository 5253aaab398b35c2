"""What the linter says of one license, and of lines of a table beside one another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotmill.licensing.linting import tables
from glotmill.licensing.linting.entries import Claim, Entry, entry, says_open
from glotmill.licensing.linting.findings import CODES
from glotmill.licensing.linting.tables import lint_table
from glotmill.licensing.linting.values import DEPRECATED, Values

FOUND_AT = ("https://bilduma.example/lizentzia",)


def one(row, license_, name=None, **more):
    return Entry(row, (license_,), name=name, sources=FOUND_AT, **more)


def said(table, *entries):
    return [(found.severity, found.code, found.row) for found in lint_table(entries, table).findings]


@pytest.mark.parametrize(
    ("value", "severity", "code", "remedy"),
    [
        ("", "error", "no_license", "Say under what license"),
        ("other", "error", "says_nothing", "Name the license"),
        ("Unknown license", "error", "says_nothing", "Name the license"),
        ("n/a", "error", "says_nothing", "Name the license"),
        ("?", "error", "says_nothing", "Name the license"),
        ("cc", "error", "says_nothing", "Name the license"),
        ("public", "error", "says_nothing", "Name the license"),
        ("CC-BY-SA-5.0", "error", "not_spdx", "Did you mean CC-BY-SA-"),
        ("Apache", "error", "not_spdx", "Did you mean Apache-2.0?"),
        ("the MIT licence", "error", "not_spdx", "Did you mean MIT"),
        ("ดูในเอกสาร", "error", "not_spdx", "Write an SPDX id"),
        ("CC BY 4.0", "warning", "not_an_id", "Write CC-BY-4.0."),
        ("CC BY 4.0 International", "warning", "not_an_id", "Write CC-BY-4.0."),
        ("Creative Commons Attribution 4.0 International", "warning", "not_an_id", "Write CC-BY-4.0."),
        ("Creative Commons Attribution-ShareAlike 3.0 Unported License", "warning", "not_an_id", "Write CC-BY-SA-3.0."),
        ("public domain", "warning", "not_an_id", "Write CC-PDM-1.0 where rights have ended, CC0-1.0"),
        ("Public Domain", "warning", "not_an_id", "Write CC-PDM-1.0 where"),
        ("CC BY-SA 3.0 DE", "warning", "not_an_id", "Write CC-BY-SA-3.0."),
        ("https://creativecommons.org/licenses/by-sa/3.0/de/", "warning", "not_an_id", "Write CC-BY-SA-3.0."),
        ("GPL-2.0", "warning", "deprecated", "Write GPL-2.0-only, or -or-later"),
        ("GPL-3.0+ OR CC-BY-4.0", "warning", "deprecated", "Write GPL-3.0-or-later."),
        ("GFDL-1.2", "warning", "deprecated", "Write GFDL-1.2-only"),
        ("cc-by-nc", "warning", "no_version", "Find out which version the owner means, and write it: CC-BY-NC-4.0"),
        ("CC BY-SA", "warning", "no_version", "Find out which version the owner means, and write it: CC-BY-SA-4.0"),
        ("gfdl", "warning", "no_version", "GFDL-1.3-or-later"),
        ("ODbL-1.0", "warning", "database", "Say as well under what license the texts are"),
        ("LicenseRef-nire-lizentzia", "warning", "not_spdx", "Give the text's address"),
        ("BSL-1.0", "warning", "not_spdx", "add it to manifests/licenses.yaml"),
        ("mit", "note", "software", "If it is that of code"),
        ("Apache-2.0", "note", "software", "If it is that of code"),
    ],
)
def test_a_value_gets_its_finding_and_what_would_be_right(table, value, severity, code, remedy):
    (found,) = [one for one in lint_table([one(7, value)], table).findings if one.code == code]
    assert (found.severity, found.row, found.field) == (severity, 7, "license")
    assert remedy in found.remedy


@pytest.mark.parametrize(
    "value", ["CC-BY-4.0", "cc-by-sa-3.0", "CC0-1.0", "CC-BY-SA-3.0 OR CC-BY-4.0", "LicenseRef-KOGL-1", "etalab-2.0", "CC-BY-SA-3.0-DE", "pddl"]
)  # fmt: skip
def test_a_license_that_is_right_has_no_finding(table, value):
    assert said(table, one(1, value)) == []


def test_every_deprecated_id_is_found_and_none_of_todays(table):
    values = Values(table)
    for name in DEPRECATED:
        assert "deprecated" in {fault.code for fault in values.judge(name).faults}, name
    for name in table.by_id:
        assert "deprecated" not in {fault.code for fault in values.judge(name).faults}, name


def test_every_license_of_the_table_is_known_by_its_own_id(table):
    values = Values(table)
    for name, known in table.by_id.items():
        judged = values.judge(name)
        assert (judged.expression, judged.license_class) == (name, known.license_class)
        assert {fault.code for fault in judged.faults} <= {"database", "software", "no_version"}, name


@given(st.text(max_size=200))
def test_any_string_at_all_is_judged(table, value):
    judged = Values(table).judge(value)
    assert all(fault.code in CODES and fault.message and fault.remedy for fault in judged.faults)
    assert judged.expression is not None or judged.faults[0].severity == "error"


@pytest.mark.parametrize(
    ("column", "value", "license_", "wrong"),
    [
        ("permissive", "yes", "CC-BY-NC-4.0", True),
        ("permissive", "no", "CC-BY-NC-4.0", False),
        ("Is Open", "✓", "CC-BY-ND-4.0", True),
        ("category", "Open data", "CC-BY-NC-SA-4.0", True),
        ("category", "non-open", "CC-BY-NC-SA-4.0", False),
        ("category", "open-ended questions", "CC-BY-NC-4.0", False),
        ("category", "public domain", "LicenseRef-all-rights-reserved", True),
        ("category", "public health", "CC-BY-NC-4.0", False),
        ("category", "Open data", "CC-BY-SA-4.0", False),
        ("note", "open", "CC-BY-NC-4.0", False),
    ],
)
def test_what_forbids_commerce_or_adaptations_is_not_open_whatever_a_column_says(table, column, value, license_, wrong):
    row = entry(3, {column: value, "url": "https://x.example"}, licenses=(license_,), field="license")
    assert said(table, row) == ([("error", "not_open", 3)] if wrong else [])


def test_a_heading_or_the_license_column_itself_can_call_it_open(table):
    under = entry(
        3, {"url": "u"}, licenses=("CC-BY-NC-4.0",), field="license", headings=[Claim("heading", "Permissive")]
    )
    column = entry(4, {"url": "u"}, licenses=("CC-BY-NC-4.0",), field="Open license")
    assert said(table, under, column) == [("error", "not_open", 3), ("error", "not_open", 4)]
    within = [Claim("heading", "Permissive"), Claim("heading", "Not open")]
    assert said(table, entry(5, {"url": "u"}, licenses=("CC-BY-NC-4.0",), field="license", headings=within)) == []
    answers = {
        words: says_open(words) for words in ("Not open", "Closed", "Open", "Ipuinak", "open-ended", "Public domain")
    }
    assert list(answers.values()) == [False, False, True, None, None, True]


def test_one_data_set_under_two_licenses_is_an_error_unless_revisions_tell_them_apart(table):
    rows = [
        one(1, "CC-BY-4.0", "हिन्दी कहानियाँ"),
        one(2, "CC-BY-NC-4.0", "हिन्दी कहानियाँ "),
        one(3, "CC-BY-4.0", "ipuinak", revision="a1"),
        one(4, "CC-BY-NC-4.0", "Ipuinak", revision="b2"),
        one(5, "CC-BY-4.0", "ipuinak", revision="a1"),
        one(6, "CC-BY-4.0", "hadithi", config="swa"),
        one(7, "CC0-1.0", "hadithi", config="zul"),
        one(8, "CC-BY-4.0", "https://huggingface.co/datasets/a/b"),
        one(9, "other", "a/b"),
    ]
    assert said(table, *rows) == [
        ("error", "duplicate", 2),
        ("warning", "duplicate", 4),
        ("warning", "repeated", 5),
        ("error", "says_nothing", 9),
        ("error", "duplicate", 9),
    ]


def test_nothing_by_which_a_license_could_be_checked_is_an_error_and_a_card_speaks_for_itself(table):
    assert said(table, Entry(1, ("CC0-1.0",)), Entry(2, ("CC0-1.0",), is_card=True)) == [("error", "no_source", 1)]


def test_a_table_without_any_source_is_one_mistake_and_not_one_in_each_line(table):
    rows = [Entry(row, ("CC0-1.0",), name=f"n{row}") for row in range(1, 2001)]
    found = lint_table(rows, table)
    assert [(one.row, one.message) for one in found.findings] == [
        (1, "nothing says where this license was found in any of 2000 entries")
    ]
    found = lint_table([*rows, one(2001, "CC0-1.0")], table)
    assert (found.codes["no_source"], len(found.findings)) == (2000, tables.MAX_LATE)


def test_address_and_name_that_say_different_licenses_contradict(table):
    url = "https://creativecommons.org/licenses/by-nc/4.0/"
    assert said(table, one(1, "CC-BY-4.0", link=Claim("license_link", url))) == [("error", "link_differs", 1)]
    assert said(table, one(1, "CC-BY-NC-4.0", link=Claim("license_link", url))) == []
    assert said(table, one(1, "CC-BY-NC-4.0 OR MIT", link=Claim("license_link", url))) == [("note", "software", 1)]
    assert said(table, one(1, "CC BY-NC", link=Claim("license_link", url))) == [("warning", "no_version", 1)]
    assert said(table, one(1, "CC0-1.0", link=Claim("license_link", "https://x.example/terms"))) == []


def test_an_address_of_another_license_in_any_column_contradicts(table):
    def row(license_, url):
        values = {"name": "ipuinak", "license": license_, "url": url}
        return entry(1, values, licenses=(license_,), field="license")

    assert said(table, row("CC-BY-4.0", "https://creativecommons.org/licenses/by-nc/4.0/")) == [
        ("error", "link_differs", 1)
    ]
    assert said(table, row("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/deed.eu")) == []
    assert said(table, row("CC-BY-4.0", "https://ipuinak.example/by-nc/4.0/")) == []
    assert said(table, row("GFDL-1.3-or-later", "https://www.gnu.org/licenses/fdl-1.3.html")) == []


def test_a_count_of_licenses_needs_no_source_and_a_list_of_data_sets_does(table):
    count = entry(1, {"license": "CC-BY-4.0", "documents": "7"}, licenses=("CC-BY-4.0",), field="license")
    named = {"license": "CC-BY-4.0", "documents": "7", "name": "ipuinak"}
    assert said(table, count) == []
    assert said(table, entry(1, named, licenses=("CC-BY-4.0",), field="license")) == [("error", "no_source", 1)]


def test_other_with_name_and_link_is_read_as_hugging_face_means_it(table):
    link = Claim("license_link", "https://creativecommons.org/licenses/by-sa/2.5/")
    assert said(table, one(1, "other", license_name="cc-by-sa-2.5", link=link)) == []
    assert said(table, one(1, "other", license_name="Terms", link=link)) == []
    assert said(table, one(1, "other", license_name="Terms", link=Claim("license_link", "x"))) == [
        ("error", "not_spdx", 1)
    ]
    terms = Claim("license_link", "https://x.example/terms")
    assert said(table, one(1, "other", license_name="Terms", link=terms)) == [("warning", "not_spdx", 1)]
    assert said(table, one(1, "other", license_name="cc-by-sa-2.5")) == [("error", "says_nothing", 1)]


def test_a_list_of_licenses_says_neither_and_nor_or(table):
    assert said(table, Entry(1, ("CC-BY-4.0", "CC0-1.0"), sources=FOUND_AT)) == [("warning", "list", 1)]


@pytest.mark.parametrize(
    ("whole", "parts", "freer"),
    [
        ("CC-BY-4.0", ["CC-BY-NC-4.0"], True),
        ("CC-BY-4.0 OR CC0-1.0", ["CC-BY-4.0"], True),
        ("CC-BY-SA-4.0", ["CC-BY-4.0", "CC0-1.0"], False),
        ("CC-BY-4.0 AND CC-BY-NC-4.0", ["CC-BY-NC-4.0", "CC-BY-4.0"], False),
        ("ODC-By-1.0", ["CC-BY-NC-4.0"], False),
        ("CC-BY-NC-4.0", ["CC-BY-ND-4.0"], True),
        ("CC-BY-4.0", ["LicenseRef-all-rights-reserved"], True),
        ("CC-BY-4.0", ["LicenseRef-mine"], False),
    ],
)
def test_a_whole_is_never_freer_than_a_part_inside_it_or_named_by_it(table, whole, parts, freer):
    inside = [one(2 + place, part, number=2 + place, within=1) for place, part in enumerate(parts)]
    named = [one(2 + place, part, f"part {place}") for place, part in enumerate(parts)]
    expected = [("error", "freer_than_parts", 1)] if freer else []
    for rows in (
        [one(1, whole, number=1, holds=True), *inside],
        [one(1, whole, parts=tuple(f"Part {place}" for place in range(len(parts)))), *named],
    ):
        assert [line for line in said(table, *rows) if line[1] not in ("database", "not_spdx")] == expected


def test_findings_beyond_the_listed_ones_are_counted_and_data_sets_beyond_the_limit_named(table, monkeypatch):
    monkeypatch.setattr(tables, "MAX_NAMES", 2)
    found = lint_table((one(row, "other", f"n{row}") for row in range(1, 1001)), table)
    assert (found.entries, found.codes["says_nothing"]) == (1000, 1000)
    assert [one.code for one in found.findings if one.code != "says_nothing"] == ["cut"]


def test_a_column_of_ever_different_values_is_no_license_column_and_is_not_read_to_its_end(table):
    found = lint_table((one(row, f"{row} ("[::-1]) for row in range(10**9)), table)
    assert found.entries == tables.MAX_DIFFERENT + 1
    assert found.findings[-1].code == "cut"
