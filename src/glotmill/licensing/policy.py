"""What a recipe lets through: a policy judges a decision and says why not."""

from dataclasses import dataclass

from glotmill.licensing.decision import Decision
from glotmill.licensing.expressions import Licensing
from glotmill.licensing.table import License, LicenseTable, PolicyRule


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a document may not pass.

    Args:
        code: `no_license`, `conflict`, `not_allowed` or `state_too_weak`.
        detail: license, state and first signal in words.
    """

    code: str
    detail: str


REFUSALS = ("no_license", "conflict", "not_allowed", "state_too_weak")


class Policy:
    """One policy of the license table, ready to judge."""

    def __init__(self, name: str, table: LicenseTable, *, file: str | None = None, field: str | None = None) -> None:
        """Look the policy up.

        Raises:
            RecipeError: no such policy; names near ones.
        """
        self.name = name
        self._rule: PolicyRule = table.policy(name, file=file, field=field)
        self._licensing = Licensing(table)

    def allows(self, decision: Decision) -> Refusal | None:
        """Return None where the policy lets the document pass, else why not.

        Of "A AND B" both must be allowed, of "A OR B" one: whoever uses the text may choose it. A license that
        the table does not know is never allowed.
        """
        if self._rule.record_only:
            return None
        if decision.state == "conflict":
            return Refusal("conflict", _contradiction(decision))
        if decision.license is None:
            return Refusal("no_license", f"license unknown, state {decision.state}, first signal {decision.signal}")
        facts = f"license {decision.license}, state {decision.state}, first signal {decision.signal}"
        if not self._licensing.satisfies(decision.license, self._grants):
            return Refusal("not_allowed", f"{facts}; policy {self.name} refuses class {decision.license_class}")
        if decision.state not in self._rule.states:
            return Refusal("state_too_weak", f"{facts}; policy {self.name} asks for {' or '.join(self._rule.states)}")
        return None

    def _grants(self, one: License) -> bool:
        rule = self._rule
        return (
            one.license_class in rule.classes
            and one.covers != "databases"  # says nothing about the texts in one
            and (one.open_definition or not rule.open_definition)
            and (one.grants.derivatives or not rule.derivatives)
        )


def _contradiction(decision: Decision) -> str:
    said = dict.fromkeys(
        f"{one.signal} says {one.spdx}" for one in decision.evidence if one.spdx and one.state != "none"
    )
    return f"license contradicted, state conflict: {', '.join(list(said)[:4])}"
