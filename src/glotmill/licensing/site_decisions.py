"""`manifests/site_licenses.yaml`: what people decided about the licenses of whole hosts after a run."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, StrictStr, field_validator, model_validator

from glotmill.core.errors import RecipeError
from glotmill.core.steps import Frozen
from glotmill.core.yamlfile import parse
from glotmill.licensing.addresses import site_host
from glotmill.licensing.evidence import Evidence, statement
from glotmill.licensing.expressions import Licensing
from glotmill.licensing.table import RESERVED, LicenseTable

DECISIONS_FILE = "manifests/site_licenses.yaml"
VERDICTS = ("verified", "rejected")
COVERS = ("marked", "all")
_STATED = frozenset({"declared", "weak"})


class HostDecision(Frozen):
    """What a person decided about a host.

    Args:
        host: in lower case, without `www.`; hosts below it are others.
        verdict: `verified`, the texts are under `license`; `rejected`, what its pages claim does not hold.
        license: SPDX expression of a verified host's texts.
        covers: `marked`, pages that name a license themselves; `all`, every page of the host.
        decided_by: who looked.
        decided_on: when, `2026-11-27`.
        evidence: what was looked at, and what was seen.
    """

    host: StrictStr
    verdict: Literal["verified", "rejected"]
    license: StrictStr | None = None
    covers: Literal["marked", "all"] = "marked"
    decided_by: StrictStr = Field(min_length=1, max_length=100)
    decided_on: date
    evidence: StrictStr = Field(min_length=20, max_length=2_000)

    @field_validator("host")
    @classmethod
    def _plain(cls, host: str) -> str:
        if site_host(f"https://{host}/") != host:
            raise ValueError(f"a host is a name in lower case without www., as in adibidea.example, not {host!r:.80}")
        return host

    @field_validator("decided_on", mode="before")
    @classmethod
    def _day(cls, value: object) -> object:
        if type(value) is date or (isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value)):
            return value
        raise ValueError("write the day as 2026-11-27")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.verdict == "verified") != (self.license is not None):
            raise ValueError("a verified host has a license, and a rejected one has none")
        return self


class SiteDecisions(Frozen):
    """The file. `glotmill review-licenses` writes it; people may.

    Args:
        decisions: each host once.
    """

    decisions: Annotated[tuple[HostDecision, ...], Field(max_length=1_000_000)] = ()

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        seen: set[str] = set()
        for one in self.decisions:
            if one.host in seen:
                raise ValueError(f"{one.host} is decided twice")
            seen.add(one.host)
        return self

    @cached_property
    def by_host(self) -> Mapping[str, HostDecision]:
        """Host -> decision."""
        return {one.host: one for one in self.decisions}

    def evidence(self, url: str | None, found: Iterable[Evidence]) -> list[Evidence]:
        """Return what the decision on a page's host says of the page: nothing, or one statement.

        Args:
            url: of the page.
            found: what the page says itself; a decision that covers marked pages asks for a license among it.
        """
        host = None if url is None or not self.decisions else site_host(url)
        one = None if host is None else self.by_host.get(host)
        if one is None:
            return []
        raw = f"{one.decided_by}, {one.decided_on.isoformat()}: {one.evidence}"
        if one.verdict == "rejected":
            return [statement("site-rejected", raw, locus="manifest", scope="site")]
        marked = any(
            piece.state in _STATED and piece.scope in ("page", "site") and piece.spdx not in (None, RESERVED)
            for piece in found
        )
        if one.covers == "marked" and not marked:
            return []
        return [statement("site-review", raw, spdx=one.license, locus="manifest", scope="site")]


def load_decisions(text: str, file: str = DECISIONS_FILE, table: LicenseTable | None = None) -> SiteDecisions:
    """Return the decisions of a YAML text, their licenses in SPDX spelling where a table is given.

    Raises:
        RecipeError: naming the field and what would be right.
    """
    found = parse(text, SiteDecisions, file=file)
    if table is None:
        return found
    licensing = Licensing(table)
    checked = []
    for index, one in enumerate(found.decisions):
        if one.license is None:
            checked.append(one)
            continue
        field = f"decisions.{index}.license"
        expression = licensing.checked(one.license, file=file, field=field)
        if licensing.for_texts(expression) is None:
            remedy = "Write the license of the texts, or leave the host undecided."
            raise RecipeError(f"{expression} is a license for databases", file=file, field=field, remedy=remedy)
        checked.append(one.model_copy(update={"license": expression}))
    return SiteDecisions(decisions=tuple(checked))
