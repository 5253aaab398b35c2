"""Collections keep every license; derived works need one that all originals permit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotmill.licensing.lattice import Incompatible, collect, derive


@pytest.mark.parametrize(
    ("licenses", "expression"),
    [
        (["CC-BY-4.0"], "CC-BY-4.0"),
        (["CC-BY-SA-3.0", "CC-BY-4.0", "CC-BY-4.0"], "CC-BY-4.0 AND CC-BY-SA-3.0"),
        (["MIT AND CC-BY-4.0", "MIT"], "CC-BY-4.0 AND MIT"),
        (["GPL-2.0-or-later OR CC-BY-SA-3.0", "CC0-1.0"], "(GPL-2.0-or-later OR CC-BY-SA-3.0) AND CC0-1.0"),
        (["GPL-2.0-or-later OR CC-BY-SA-3.0"], "GPL-2.0-or-later OR CC-BY-SA-3.0"),
        (["CC-BY-ND-4.0", "CC-BY-NC-4.0"], "CC-BY-NC-4.0 AND CC-BY-ND-4.0"),
        (["LicenseRef-CC-BY", "cc0-1.0"], "CC0-1.0 AND LicenseRef-CC-BY"),
    ],
)
def test_collection_is_the_and_set_of_its_parts(licenses, expression):
    assert collect(licenses) == expression
    assert collect(reversed(licenses)) == expression


@pytest.mark.parametrize(
    ("licenses", "expression"),
    [
        (["CC0-1.0"], "CC0-1.0"),
        (["CC0-1.0", "CC-BY-4.0"], "CC-BY-4.0"),
        (["CC-BY-3.0", "CC-BY-4.0"], "CC-BY-4.0"),
        (["CC-BY-4.0", "CC-BY-SA-4.0"], "CC-BY-SA-4.0"),
        (["CC-BY-SA-3.0"], "CC-BY-SA-3.0"),
        (["CC-BY-SA-3.0", "CC-BY-SA-4.0"], "CC-BY-SA-4.0"),
        (["CC-BY-SA-2.0", "CC-BY-SA-3.0", "CC-BY-2.5"], "CC-BY-SA-3.0"),
        (["CC-BY-SA-1.0"], "CC-BY-SA-1.0"),
        (["CC-BY-NC-4.0", "CC-BY-4.0", "CC0-1.0"], "CC-BY-NC-4.0"),
        (["CC-BY-NC-SA-4.0", "CC-BY-NC-4.0", "CC-BY-4.0"], "CC-BY-NC-SA-4.0"),
        (["CC-BY-NC-SA-3.0", "CC-BY-NC-SA-4.0"], "CC-BY-NC-SA-4.0"),
        (["MIT", "CC-BY-SA-4.0"], "CC-BY-SA-4.0 AND MIT"),
        (["DL-DE-BY-2.0", "CC-BY-4.0"], "CC-BY-4.0 AND DL-DE-BY-2.0"),
        (["GPL-2.0-only", "GPL-2.0-or-later"], "GPL-2.0-only"),
        (["GPL-3.0-only", "GPL-2.0-or-later"], "GPL-3.0-only"),
        (["GPL-2.0-or-later OR CC-BY-SA-3.0", "CC-BY-SA-4.0"], "CC-BY-SA-4.0"),
        (["GPL-2.0-or-later OR CC-BY-SA-3.0", "GPL-2.0-only"], "GPL-2.0-only"),
        (["CC-BY-ND-4.0 OR CC-BY-4.0"], "CC-BY-4.0"),
        (["GFDL-1.2-or-later", "GFDL-1.3-only"], "GFDL-1.3-only"),
    ],
)
def test_derived_work_takes_the_license_all_originals_permit(table, licenses, expression):
    assert derive(licenses, table) == expression
    assert derive(reversed(licenses), table) == expression


@pytest.mark.parametrize(
    ("licenses", "because"),
    [
        (["CC-BY-ND-4.0"], "CC-BY-ND-4.0 forbids sharing adaptations"),
        (["CC0-1.0", "CC-BY-NC-ND-3.0"], "CC-BY-NC-ND-3.0 forbids sharing adaptations"),
        (["CC-BY-SA-4.0", "CC-BY-NC-4.0"], "CC-BY-SA-4.0 forbids the noncommercial terms that CC-BY-NC-4.0 asks for"),
        (["CC-BY-SA-4.0", "CC-BY-NC-SA-4.0"], "CC-BY-NC-SA-4.0 and CC-BY-SA-4.0 each ask for their own terms"),
        (["CC-BY-SA-1.0", "CC-BY-SA-2.0"], "no version satisfies CC-BY-SA-1.0 and CC-BY-SA-2.0"),
        (["GPL-2.0-only", "GPL-3.0-only"], "no version satisfies GPL-2.0-only and GPL-3.0-only"),
        (["GPL-2.0-only", "CC-BY-SA-3.0"], "CC-BY-SA-3.0 and GPL-2.0-only each ask for their own terms"),
        (["LicenseRef-CC-BY-SA", "CC-BY-SA-4.0"], "no version satisfies CC-BY-SA-4.0 and LicenseRef-CC-BY-SA"),
        (["ODC-By-1.0"], "ODC-By-1.0 covers a database and says nothing about the texts in it"),
        (["LicenseRef-all-rights-reserved"], "LicenseRef-all-rights-reserved grants nothing that is known"),
        (["BSL-1.0"], "BSL-1.0 grants nothing that is known"),
    ],
)
def test_derived_work_without_a_common_license_is_refused(table, licenses, because):
    assert derive(licenses, table) == Incompatible(because)


def test_nothing_and_nonsense_have_no_license(table):
    for call in (lambda: collect([]), lambda: derive([], table), lambda: collect(["(("]), lambda: derive([""], table)):
        with pytest.raises(ValueError, match="licen"):
            call()


_IDS = st.sampled_from(
    ["CC0-1.0", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0", "MIT"]
)  # fmt: skip


@given(st.lists(_IDS, min_size=1, max_size=5))
def test_deriving_never_loses_an_obligation(table, licenses):
    result = derive(licenses, table)
    if isinstance(result, Incompatible):
        return
    asked = [table.get(name) for name in licenses]
    left = [table.get(name) for name in result.split(" AND ")]
    assert any(one.obligations.sharealike for one in left) == any(one.obligations.sharealike for one in asked)
    assert all(one.grants.commercial for one in left) == all(one.grants.commercial for one in asked)
    assert any(one.obligations.attribution for one in left) == any(one.obligations.attribution for one in asked)
    assert all(one.grants.derivatives for one in asked)
