"""The step that lets only licensed documents pass, and writes down how we know."""

import json
from collections.abc import Mapping
from typing import Literal

import pyarrow as pa
from pydantic import StrictStr

from glotmill.core.arrow import column, nulls, optional_texts, pylist, strings
from glotmill.core.errors import RecipeError
from glotmill.core.schema import EVIDENCE, fields
from glotmill.core.steps import Batch, Contract, MapStep, Outcome, Resources, Scope, Spec
from glotmill.licensing.consent import Consent, read_consent, with_earlier
from glotmill.licensing.decision import Decision, Judge, row_claim
from glotmill.licensing.detection import Detector
from glotmill.licensing.evidence import Evidence, carried
from glotmill.licensing.policy import REFUSALS, Policy
from glotmill.licensing.site_decisions import DECISIONS_FILE, SiteDecisions, load_decisions
from glotmill.licensing.sources import SourceManifest, load_source, missing_source, source_evidence, source_file
from glotmill.licensing.table import TABLE_FILE, LicenseTable, load_table

_REASONS = frozenset({*(f"permit.{code}" for code in REFUSALS), "permit.consent_denied"})


class PermitSpec(Spec):
    """Decides on each document's license by the page, the row's claim and the source's manifest.

    What a person verified of the page's site is weighed with them where an earlier step (`extract_sites`) left it in
    `license_evidence`; a page that says otherwise is a conflict. So is what people decided about hosts after earlier runs
    (`manifests/site_licenses.yaml`).

    Args:
        allow: a policy of `manifests/licenses.yaml`.
        consent: `strictest` and `as-of-fetch` drop documents whose owner denies training, `record-only` writes
            the verdict down. What a crawl's archive has of the site's signals counts with the page's own.
            `as-of-fetch` binds to the signals fetched with the page for good; `strictest` also
            to later ones, as soon as a run is given any.
    """

    kind: Literal["permit"]
    allow: StrictStr
    consent: Literal["strictest", "as-of-fetch", "record-only"]

    def files(self, scope: Scope) -> tuple[str, ...]:
        return (TABLE_FILE, *dict.fromkeys(source_file(of) for of in scope.sources), f"{DECISIONS_FILE}?")

    def contract(self, resources: Resources) -> Contract:
        table, _, _ = self._load(resources)
        decided = ("url",) if _decisions(resources, table).decisions else ()
        return Contract(
            requires=fields("source", "html", "http_headers", "license", "consent", *decided),
            provides=fields("license", "license_state", "license_class", "license_port", "license_evidence", "consent"),
            reasons=_REASONS,
        )

    def build(self, resources: Resources) -> MapStep:
        table, policy, sources = self._load(resources)
        evidence = {of: source_evidence(one, table, file=source_file(of)) for of, one in sources.items()}
        overriding = frozenset(of for of, one in sources.items() if one.license.overrides_pages)
        return _PermitStep(
            detector=Detector(table),
            judge=Judge(table),
            policy=policy,
            table=table,
            sources=evidence,
            hosts=_decisions(resources, table),
            overriding=overriding,
            unversioned=frozenset(of for of, one in sources.items() if one.license.unversioned_evidence is not None),
            drops_denied=self.consent != "record-only",
        )

    def _load(self, resources: Resources) -> tuple[LicenseTable, Policy, dict[str, SourceManifest]]:
        if TABLE_FILE not in resources.files:
            raise RecipeError(
                "the license table is missing",
                file=TABLE_FILE,
                remedy="Take the one that comes with glotmill: delete yours, or leave the folder manifests/ out.",
            )
        table = load_table(resources.files[TABLE_FILE], TABLE_FILE)
        policy = Policy(self.allow, table, field=f"steps.{self.name}.allow")
        sources: dict[str, SourceManifest] = {}
        for of in resources.scope.sources:
            file = source_file(of)
            if file not in resources.files:
                raise missing_source(of)
            sources[of] = load_source(resources.files[file], file, table)
            source_evidence(sources[of], table, file=file)
        return table, policy, sources


def _decisions(resources: Resources, table: LicenseTable) -> SiteDecisions:
    text = resources.files.get(DECISIONS_FILE)
    return SiteDecisions() if text is None else load_decisions(text, DECISIONS_FILE, table)


class _PermitStep:
    def __init__(
        self,
        *,
        detector: Detector,
        judge: Judge,
        policy: Policy,
        table: LicenseTable,
        sources: Mapping[str, Evidence | None],
        hosts: SiteDecisions,
        overriding: frozenset[str],
        unversioned: frozenset[str],
        drops_denied: bool,
    ) -> None:
        self._detector = detector
        self._judge = judge
        self._policy = policy
        self._table = table
        self._sources = sources
        self._hosts = hosts
        self._overriding = overriding
        self._unversioned = unversioned
        self._drops_denied = drops_denied
        self._claims: dict[str, Evidence] = {}

    def __call__(self, batch: Batch) -> Outcome:
        candidates = self._detector.candidates(batch.column("html"))
        pages = optional_texts(batch.column("html"))
        claims = optional_texts(batch.column("license"))
        sources = optional_texts(batch.column("source"))
        headers = [_headers(text) for text in optional_texts(batch.column("http_headers"))]
        earlier = optional_texts(batch.column("consent"))
        decided = self._hosts.decisions != ()
        urls = optional_texts(batch.column("url")) if decided else [None] * len(pages)
        present = "license_evidence" in batch.rows.schema.names
        given = pylist(batch.column("license_evidence")) if present else [None] * len(pages)
        decisions: list[Decision] = []
        consents: list[Consent] = []
        for index, html in enumerate(pages):
            found = self._detector.from_headers(headers[index])
            if html is not None and candidates[index]:
                found += self._detector.from_page(html)
            found += carried(given[index])
            decisions.append(self._decide(found, claims[index], sources[index] or "", url=urls[index]))
            consents.append(with_earlier(read_consent(html, headers[index]), earlier[index]))
        refusals = [self._refuse(*pair) for pair in zip(decisions, consents, strict=True)]
        return Outcome(
            batch.with_columns(_columns(decisions, consents)),
            reasons=strings(None if refusal is None else refusal[0] for refusal in refusals),
            details=strings(None if refusal is None else refusal[1] for refusal in refusals),
        )

    def _decide(self, found: list[Evidence], claim: str | None, source: str, *, url: str | None) -> Decision:
        evidence = list(found)
        if claim is not None and claim.strip():
            if claim not in self._claims:
                if len(self._claims) > 10_000:  # a source that claims something else in every row
                    self._claims.clear()
                self._claims[claim] = row_claim(claim, self._table)
            evidence.append(self._claims[claim])
        evidence += self._hosts.evidence(url, evidence)
        given = self._sources.get(source)
        if given is not None:
            evidence.append(given)
        return self._judge.decide(
            evidence,
            overrides_pages=source in self._overriding,
            accepts_unversioned=source in self._unversioned,
        )

    def _refuse(self, decision: Decision, consent: Consent) -> tuple[str, str] | None:
        refusal = self._policy.allows(decision)
        if refusal is not None:
            return f"permit.{refusal.code}", refusal.detail
        if self._drops_denied and consent.verdict == "denied":
            return "permit.consent_denied", f"train-ai denied by {consent.decided_by}"
        return None


def _columns(decisions: list[Decision], consents: list[Consent]) -> dict[str, pa.Array]:
    if not decisions:
        empty = dict.fromkeys(
            ("license", "license_state", "license_class", "license_port", "consent"), nulls(pa.string(), 0)
        )
        return {**empty, "license_evidence": nulls(EVIDENCE, 0)}
    return {
        "license": strings(one.license for one in decisions),
        "license_state": strings(one.state for one in decisions),
        "license_class": strings(one.license_class for one in decisions),
        "license_port": strings(one.port for one in decisions),
        "license_evidence": column(([piece.row() for piece in one.evidence] for one in decisions), EVIDENCE),
        "consent": strings(one.column() for one in consents),
    }


def _headers(text: str | None) -> Mapping[str, str]:
    if not text:
        return {}
    try:
        value = json.loads(text, object_pairs_hook=tuple)  # a name that stands there twice is one that says two things
    except (ValueError, RecursionError):  # headers nobody can read say nothing
        return {}
    found: dict[str, str] = {}
    for key, item in value if isinstance(value, tuple) else ():
        for said in item if isinstance(item, list) else [item]:
            if isinstance(said, str):
                known = found.get(key.lower())
                found[key.lower()] = said if known is None else f"{known}, {said}"
    return found
