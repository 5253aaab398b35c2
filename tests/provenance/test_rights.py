"""Verification judges each row by the policy of the run, as strictly as `permit` did."""

import pytest

from glotmill.core.hashing import sha256_text
from glotmill.licensing.table import TABLE_FILE
from glotmill.provenance.rights import row_check


@pytest.mark.parametrize(
    ("step", "expression", "license_class", "state", "wrong"),
    [
        ({"allow": "attribution"}, "CC-BY-4.0", "attribution", "declared", None),
        ({"allow": "attribution", "least": "verified"}, "CC-BY-4.0", "attribution", "verified", None),
        ({"allow": "attribution", "least": "verified"}, "CC-BY-4.0", "attribution", "declared", "asks for verified"),
        ({"allow": "attribution"}, "ODC-By-1.0", "attribution", "verified", "does not allow it"),
        ({"allow": "attribution"}, "CC-BY-NC-4.0", "attribution", "verified", "is of class noncommercial"),
        ({"allow": "nc-research"}, "LicenseRef-CC-BY-NC", "noncommercial", "declared", None),
        ({"allow": "nc-research"}, "LicenseRef-CC-BY-NC", "noncommercial", "weak", "does not allow it"),
    ],
)
def test_a_row_that_the_run_s_policy_would_have_refused_is_found(root, step, expression, license_class, state, wrong):
    table = (root / TABLE_FILE).read_text(encoding="utf-8")
    manifest = {"files": {TABLE_FILE: sha256_text(table)}, "recipe": {"steps": [{"kind": "permit", **step}]}}
    row = {
        "license": expression,
        "license_state": state,
        "license_class": license_class,
        "license_evidence": [{"signal": "row"}],
    }
    said = row_check(manifest, table)(row)
    assert said is None if wrong is None else wrong in said
