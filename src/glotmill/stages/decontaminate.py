"""The step `decontaminate`: removes what evaluates a model from what trains it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final, Literal

import pyarrow as pa
from pydantic import Field, StrictStr, model_validator

from glotmill.core.arrow import column, optional_texts, pylist, strings
from glotmill.core.errors import RecipeError, SettingsError
from glotmill.core.hashing import content_hash
from glotmill.core.models import MODELS_FILE, registered
from glotmill.core.schema import fields
from glotmill.core.steps import Batch, Contract, Outcome, Resources, Scope, Spec
from glotmill.provenance.contamination import CONTAMINATION, PREFIX, TYPE, Finding, detail
from glotmill.text.decontamination.cutting import cut
from glotmill.text.decontamination.index import Index
from glotmill.text.decontamination.matching import Hit, Matcher

OF_SOURCE: Final = "source_document"  # the reason's end where the item stands in what a document was derived from
_REMEMBERED: Final = 65_536  # documents with findings; what is derived from one comes within a few batches


class DecontaminateSpec(Spec):
    """What a recipe says about `decontaminate`.

    Args:
        benchmarks: entries of `manifests/models.yaml` of the kind `benchmark`, which `glotmill benchmark index` makes.
            Every document is held against all of them, whatever its language.
        containment: the share of a question's n-grams that must stand in a document, within twice the question's
            length.
        action: `document` drops the document; `span` takes out the sentences and drops it only where nothing is left;
            `annotate` only writes what was found into the column `contamination`, as `span` does too.

    A document that was derived from one in which an item stands, a translation for one, goes with it whatever words it has,
    or is marked with it: `related` in the ledger is the source document. So that none is missed, it stands before the step
    that derives, or right behind it.
    """

    kind: Literal["decontaminate"]
    benchmarks: Annotated[tuple[StrictStr, ...], Field(min_length=1)]
    containment: Annotated[float, Field(gt=0, le=1)] = (
        0.7  # PaLM (Chowdhery et al. 2022, section 8); measured in benchmarks/decontaminate.py
    )
    action: Literal["document", "span", "annotate"] = "document"

    @model_validator(mode="after")
    def _each_once(self) -> "DecontaminateSpec":
        if len(set(self.benchmarks)) < len(self.benchmarks):
            raise ValueError("`benchmarks` names one twice")
        return self

    def files(self, scope: Scope) -> tuple[str, ...]:
        return (MODELS_FILE,)

    def models(self) -> tuple[str, ...]:
        return self.benchmarks

    def contract(self, resources: Resources) -> Contract:
        names = self._reported(resources).values()
        changed = ("text", "content_hash") if self.action == "span" else ()
        written = () if self.action == "document" else (pa.field(CONTAMINATION, TYPE),)
        return Contract(
            requires=fields("text"),
            provides=pa.schema([*fields(*changed), *written]),
            reasons=frozenset()
            if self.action == "annotate"
            else frozenset(f"{PREFIX}{one}" for one in [*names, OF_SOURCE]),
        )

    def build(self, resources: Resources) -> "Decontaminate":
        reported = self._reported(resources)
        indexes = [_open(name, reported[name], resources.models[name]) for name in self.benchmarks]
        return Decontaminate(Matcher(indexes, containment=self.containment), reported, self.action)

    def _reported(self, resources: Resources) -> dict[str, str]:
        """Return for each entry the benchmark that it is reported as, in the order of the recipe."""
        registry = resources.files[MODELS_FILE]
        found: dict[str, str] = {}
        for name in self.benchmarks:
            try:
                found[name] = registered(name, "benchmark", registry).benchmark or name
            except RecipeError as error:
                raise RecipeError(error.message, field="benchmarks", remedy=error.remedy) from error
        return found


def _open(name: str, reported: str, path: Path) -> Index:
    try:
        index = Index.load(path.read_bytes())
    except ValueError as error:
        raise SettingsError(f"{path} is no index for the benchmark {name}: {error}") from error
    if index.about.benchmark != reported:
        raise SettingsError(
            f"{path} is an index of {index.about.benchmark}, and {MODELS_FILE} has {name} as {reported}\n"
            f"  Write `benchmark: {index.about.benchmark}` there."
        )
    return index


class Decontaminate:
    """The step.

    Args:
        matcher: looks for the items of the entries of `reported`, in that order.
        reported: registry name -> the benchmark that its findings are reported under.
        action: as in the spec.
    """

    def __init__(
        self, matcher: Matcher, reported: Mapping[str, str], action: Literal["document", "span", "annotate"]
    ) -> None:
        self._matcher, self._action = matcher, action
        self._reported = tuple(reported.items())
        self._found: dict[str, list[Finding]] = {}  # by doc_id, of the last documents that had any

    def __call__(self, batch: Batch) -> Outcome:
        texts = optional_texts(batch.column("text"))
        hits = self._matcher.find([text or "" for text in texts])
        own = [self._findings(row) for row in hits]
        sources = self._sources(batch, own)
        findings = [[*row, *(self._found[source] if source else ())] for row, source in zip(own, sources, strict=True)]
        if self._action == "annotate":
            return Outcome(batch.with_columns({CONTAMINATION: _column(batch, findings)}))
        if self._action == "document":
            gone = [bool(row) for row in findings]
            return Outcome(batch, *_verdicts(findings, gone, own, sources))
        if not any(findings) and "content_hash" in batch.rows.schema.names:
            return Outcome(batch.with_columns({CONTAMINATION: _column(batch, findings)}))
        left = [
            cut(text, (span for hit in row for span in hit.spans)) if text and row else text
            for text, row in zip(texts, hits, strict=True)
        ]
        gone = [
            source is not None or (bool(row) and not (text or "").strip())
            for text, row, source in zip(left, own, sources, strict=True)
        ]
        columns = {
            "text": strings(left),
            "content_hash": strings(None if text is None else content_hash(text) for text in left),
            CONTAMINATION: _column(batch, findings),
        }
        return Outcome(batch.with_columns(columns), *_verdicts(findings, gone, own, sources))

    def _sources(self, batch: Batch, findings: Sequence[list[Finding]]) -> list[str | None]:
        """Return for each derived row its source document, where an item stands in that.

        A source document is handed to a step before what was derived from it, in the same batch or shortly before.
        """
        if not {"doc_id", "parent_ids"} <= set(batch.rows.schema.names):
            return [None] * len(batch)
        for old in list(self._found)[: max(0, len(self._found) - _REMEMBERED)]:
            del self._found[old]
        for doc_id, row in zip(optional_texts(batch.column("doc_id")), findings, strict=True):
            if doc_id is not None and row:
                self._found[doc_id] = row
        return [
            next((parent for parent in parents or () if parent in self._found), None)
            for parents in pylist(batch.column("parent_ids"))
        ]

    def _findings(self, hits: Sequence[Hit]) -> list[Finding]:
        rows = ((*self._reported[hit.index], hit) for hit in hits)
        return [Finding(benchmark, hit.item, hit.share, name) for name, benchmark, hit in rows]


def _verdicts(
    findings: Sequence[Sequence[Finding]],
    gone: Sequence[bool],
    own: Sequence[Sequence[Finding]],
    sources: Sequence[str | None],
) -> tuple[pa.StringArray, pa.StringArray, pa.StringArray]:
    """Return reasons, details and source documents.

    The reason is the first benchmark of the recipe, or that the item stands in the source document; the details name all.
    """
    reasons = [
        f"{PREFIX}{mine[0].benchmark if mine else OF_SOURCE}" if flag else None
        for mine, flag in zip(own, gone, strict=True)
    ]
    return (
        strings(reasons),
        strings(detail(row) if flag else None for row, flag in zip(findings, gone, strict=True)),
        strings(source if flag else None for source, flag in zip(sources, gone, strict=True)),
    )


def _column(batch: Batch, findings: Sequence[Sequence[Finding]]) -> pa.Array:
    """Return the findings as a column, after those of an earlier step."""
    before = pylist(batch.column(CONTAMINATION)) if CONTAMINATION in batch.rows.schema.names else [None] * len(batch)
    rows = [
        [*(old or ()), *({"benchmark": f.benchmark, "item": f.item, "share": f.share, "by": f.by} for f in row)]
        for old, row in zip(before, findings, strict=True)
    ]
    return column(rows, TYPE)
