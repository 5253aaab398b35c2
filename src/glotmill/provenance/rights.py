"""Whether a row's rights are what the corpus's own policy asks for: judged again from the row alone."""

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any

from glotmill.core.hashing import sha256_text
from glotmill.licensing.consent import USE, Ruling, read_column
from glotmill.licensing.decision import OUTSIDE, Decision
from glotmill.licensing.evidence import SIGNAL_STATES
from glotmill.licensing.expressions import Licensing, parse_expression
from glotmill.licensing.policy import Policy
from glotmill.licensing.table import TABLE_FILE, load_table
from glotmill.provenance.lineage import lineage
from glotmill.provenance.verify_parts import RowCheck

_Statement = tuple[str | None, str | None, str | None]  # signal, license, scope
_SURE = ("verified", "declared")


def row_check(manifest: Mapping[str, Any], table_text: str) -> RowCheck:
    """Return a function that says what is wrong with a row's license columns, or None.

    Args:
        manifest: of the run.
        table_text: the run's copy of `manifests/licenses.yaml`; another text than the manifest names makes every row suspect.

    Raises:
        RecipeError: when the function is called: the table is not readable, or lacks the policy.
    """

    @cache  # asked when the first row is: by then somebody has looked at the manifest's shape
    def check() -> Callable[..., str | None]:
        if manifest["files"].get(TABLE_FILE) != sha256_text(table_text):
            return _wrong_table
        table = load_table(table_text)
        steps = [step for ancestor in lineage(manifest) for step in ancestor["recipe"]["steps"]]
        policies = tuple(Policy(step["allow"], table) for step in steps if step["kind"] == "permit")
        sources = {name: source["license"].get("state") for name, source in manifest["sources"].items()}
        rows = _Check(Licensing(table), policies, sources, drops_denied=_drops_denied(manifest))
        return lru_cache(maxsize=4096)(rows)  # most rows of a site are alike

    def check_row(row: Mapping[str, Any]) -> str | None:
        evidence = tuple((one["signal"], one["spdx"], one["scope"]) for one in row["license_evidence"] or ())
        source, derived = row.get("source"), bool(row.get("parent_ids"))
        rights = (row["license"], row["license_state"], row["license_class"])
        return check()(*rights, evidence, source, derived, row.get("consent"))

    return check_row


def _drops_denied(manifest: Mapping[str, Any]) -> bool:
    """Return whether no row may be denied: a step dropped those, and nobody only wrote down later what owners say since."""
    steps = manifest["recipe"]["steps"]
    asked = any(step["kind"] == "permit" and step.get("consent") != "record-only" for step in steps)
    return asked and all(one["why"] != "reconsent" for one in manifest.get("takedowns", ()))


class _Check:
    """What the license columns of one row have to agree on."""

    def __init__(
        self,
        licensing: Licensing,
        policies: tuple[Policy, ...],
        sources: Mapping[str, str | None],
        *,
        drops_denied: bool,
    ) -> None:
        self._licensing, self._policies, self._sources = licensing, policies, sources
        self._drops_denied = drops_denied

    def __call__(
        self,
        expression: str | None,
        state: str | None,
        license_class: str | None,
        evidence: tuple[_Statement, ...],
        source: str | None,
        derived: bool,  # noqa: FBT001  # of a row; lru_cache hashes what stands in order
        consent: str | None,
    ) -> str | None:
        if state is None or license_class is None:
            return "no license state or class"
        own = "unknown" if expression is None else self._licensing.class_of(expression)
        if own != license_class:
            return f"{expression or 'no license'} is of class {own}, the row says {license_class}"
        if expression is not None:
            if not evidence:
                return f"{expression} without evidence"
            unsupported = self._unsupported(expression, state, evidence, source, derived=derived)
            if unsupported is not None:
                return unsupported
        decision = Decision(license=expression, state=state, license_class=license_class, port=None, evidence=())
        for policy in self._policies:
            refusal = policy.allows(decision)
            if refusal is not None:
                return f"policy {policy.name} does not allow it: {refusal.detail}"
        if self._drops_denied and read_column(consent).get(USE, Ruling("unknown")).verdict == "denied":
            return f"{consent}: its owner denies training, and the recipe drops such rows"
        return None

    def _unsupported(
        self,
        expression: str,
        state: str,
        evidence: tuple[_Statement, ...],
        source: str | None,
        *,
        derived: bool,
    ) -> str | None:
        """Say what the evidence does not give: a license that no statement names, or a state that none is worth.

        A derived row's license comes from its parents, which `verify` compares with it.
        """
        if derived:
            return None
        own = _ids(expression)
        named = {name for _, spdx, _ in evidence if spdx for name in _ids(spdx)}
        missing = [name for name in own if name not in named]
        if missing:
            return f"{expression}: no evidence names {missing[0]}"
        about = [one for one in evidence if one[1] and not set(own).isdisjoint(_ids(one[1]))]
        worth = {self._worth(one, source) for one in about}
        if state == "verified" and "verified" not in worth:
            return f"{expression} is verified, and no evidence says by whom"
        if state == "declared" and worth.isdisjoint(_SURE):
            return f"{expression} is declared, and no evidence declares it"
        return None

    def _worth(self, one: _Statement, source: str | None) -> str | None:
        """Return the most that a statement can be worth; what is said of a part of a page is worth nothing for its text."""
        signal, _, scope = one
        if signal == "source":
            return self._sources.get(source or "")
        if signal not in OUTSIDE and scope not in ("page", "site"):
            return None
        return SIGNAL_STATES.get(signal or "")


def _ids(expression: str) -> tuple[str, ...]:
    node = parse_expression(expression)
    return (expression,) if node is None else tuple(node.ids())


def _wrong_table(*_: object) -> str:
    return f"{TABLE_FILE} is not the one that the manifest names"
