"""Whether a row's rights are what the corpus's own policy asks for: judged again from the row alone."""

from collections.abc import Iterator, Mapping
from typing import Any

from glotmill.core.hashing import sha256_text
from glotmill.licensing.decision import Decision
from glotmill.licensing.expressions import Licensing
from glotmill.licensing.policy import Policy
from glotmill.licensing.table import TABLE_FILE, load_table
from glotmill.provenance.verify import RowCheck


def row_check(manifest: Mapping[str, Any], table_text: str) -> RowCheck:
    """Return a function that says what is wrong with a row's license columns, or None.

    Args:
        manifest: of the run.
        table_text: the run's copy of `manifests/licenses.yaml`; another text than the manifest names makes every row suspect.

    Raises:
        RecipeError: the table is not readable, or lacks the policy.
    """
    if manifest["files"].get(TABLE_FILE) != sha256_text(table_text):
        return _wrong_table
    table = load_table(table_text)
    licensing = Licensing(table)
    steps = [step for ancestor in _lineage(manifest) for step in ancestor["recipe"]["steps"]]
    policies = [Policy(step["allow"], table) for step in steps if step["kind"] == "permit"]

    def check(row: Mapping[str, Any]) -> str | None:
        expression, state = row["license"], row["license_state"]
        if state is None or row["license_class"] is None:
            return "no license state or class"
        if expression is not None:
            own = licensing.class_of(expression)
            if own != row["license_class"]:
                return f"{expression} is of class {own}, the row says {row['license_class']}"
            if not row["license_evidence"]:
                return f"{expression} without evidence"
        decision = Decision(license=expression, state=state, license_class=row["license_class"], port=None, evidence=())
        for policy in policies:
            refusal = policy.allows(decision)
            if refusal is not None:
                return f"policy {policy.name} does not allow it: {refusal.detail}"
        return None

    return check


def _lineage(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield a manifest and those of the corpora that it was derived from: their policies hold for its rows, too."""
    here: Mapping[str, Any] | None = manifest
    while here is not None:
        yield here
        here = here.get("parent")


def _wrong_table(_: Mapping[str, Any]) -> str:
    return f"{TABLE_FILE} is not the one that the manifest names"
