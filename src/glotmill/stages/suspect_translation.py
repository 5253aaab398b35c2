"""The step `suspect_translation`: which crawled pages a machine seems to have translated, with the evidence."""

from typing import Annotated, Literal

import pyarrow as pa
from pydantic import Field

from glotmill.core.arrow import column, optional_texts, strings
from glotmill.core.schema import STRINGS, fields
from glotmill.core.steps import Batch, Contract, Outcome, Resources, Spec
from glotmill.stages.translation_marks import MIN_LANGUAGES, SUSPICIONS, Mark, Suspicion, marks

SUSPECTED, EVIDENCE = "mt_suspected", "mt_evidence"


class SuspectTranslationSpec(Spec):
    """Says of each page in `mt_suspected` whether a machine seems to have translated it, and in `mt_evidence` why.

    `marked`: the page says so. `plugin`: a plugin that can translate by machine serves it in another language than the site's.
    `set`: it is one of dozens of translations at one address. `none`: nothing of that. Null where there is no page, or none
    that can be read. Partition by `mt_suspected` to keep them apart. It needs the page, so it stands before or right behind `extract`.

    Args:
        drop: which of them are dropped; the others are only marked.
        min_languages: of the translations that a page names, from which on they are a `set`.
    """

    kind: Literal["suspect_translation"]
    drop: tuple[Suspicion, ...] = ()
    min_languages: Annotated[int, Field(ge=3)] = MIN_LANGUAGES

    def contract(self, resources: Resources) -> Contract:
        return Contract(
            requires=fields("html", "url"),
            provides=pa.schema([pa.field(SUSPECTED, pa.string()), pa.field(EVIDENCE, STRINGS)]),
            reasons=frozenset(f"suspect_translation.{one}" for one in self.drop),
        )

    def build(self, resources: Resources) -> "SuspectTranslation":
        return SuspectTranslation(self)


class SuspectTranslation:
    """The step."""

    def __init__(self, spec: SuspectTranslationSpec) -> None:
        self._spec = spec

    def __call__(self, batch: Batch) -> Outcome:
        pages, urls = optional_texts(batch.column("html")), optional_texts(batch.column("url"))
        found = [
            None if html is None else marks(html, url, min_languages=self._spec.min_languages)
            for html, url in zip(pages, urls, strict=True)
        ]
        suspected = [_suspicion(one) for one in found]
        gone = [one if one in self._spec.drop else None for one in suspected]
        columns = {
            SUSPECTED: strings(suspected),
            EVIDENCE: column([None if one is None else [mark.evidence for mark in one] for one in found], STRINGS),
        }
        return Outcome(
            batch.with_columns(columns),
            strings(None if one is None else f"suspect_translation.{one}" for one in gone),
            strings(
                None if one is None or drop is None else "; ".join(mark.evidence for mark in one)
                for one, drop in zip(found, gone, strict=True)
            ),
        )


def _suspicion(found: list[Mark] | None) -> str | None:
    if found is None:
        return None
    held = {mark.suspicion for mark in found}
    return next((one for one in SUSPICIONS if one in held), "none")
