"""`extract`: the main text of a page, by trafilatura, resiliparse or a cascade of extractors, in a sandbox."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Literal, Self

import pyarrow as pa
from pydantic import Field, model_validator

from glotmill.core.arrow import booleans, merge_schemas, optional_texts, strings
from glotmill.core.schema import fields
from glotmill.core.steps import Batch, Contract, Outcome, Resources, Scope, Spec
from glotmill.stages import cascade, language_check
from glotmill.stages.block_text import Form
from glotmill.stages.joiners import restore, shelter
from glotmill.stages.language_check import LanguageCheck
from glotmill.stages.markup import beyond
from glotmill.stages.sandbox import Breach, Limits, Sandbox

_BREACHES = ("timeout", "memory", "crash")
BREACHES = frozenset(
    f"extract.{code}" for code in _BREACHES
)  # reasons that say nothing of the page but that it broke something


class ExtractSpec(Spec):
    """Takes the main text out of `html`, as lines of `text`.

    A page beyond `max_bytes`, `max_nodes` or `max_depth` is dropped before anything parses it, so equally everywhere.
    What a page may use of time and memory is `seconds`, `cpu_seconds` and `memory_mb`; a page that needs more gets one
    more chance, alone and with four times as much, and is then quarantined.

    Args:
        engine: `cascade` finds the block with the running text by itself, and asks the other two where that is in
            doubt, has no text, or one in no language of the recipe; the column `extractor` says whose text it is.
            `trafilatura` and `resiliparse` are asked alone. docs/decisions/0050-extraction.md has what each finds.
        tables: whether tables are part of the text.
        keep: `tables` and `lists` that the cascade writes as Markdown; others become plain lines.
        fast: trafilatura without its second opinions (readability, jusText); cheaper, and finds less.
        max_bytes: characters of the decoded page.
        max_nodes: elements (`markup.shape` says what counts).
        max_depth: levels of nesting; 256 is also where libxml2 ends a page.
        seconds: wall time for one page.
        cpu_seconds: CPU time for one page.
        memory_mb: memory for one page, beyond that of the idle child.
        recycle_after: pages until the child is replaced.
    """

    kind: Literal["extract"]
    engine: Literal["cascade", "trafilatura", "resiliparse"]
    tables: bool = True
    keep: tuple[Form, ...] = ()
    fast: bool = False
    max_bytes: Annotated[int, Field(ge=1)] = 5_000_000
    max_nodes: Annotated[int, Field(ge=1)] = 200_000
    max_depth: Annotated[int, Field(ge=3)] = 256
    seconds: Annotated[float, Field(gt=0, le=3600)] = 10.0
    cpu_seconds: Annotated[float, Field(gt=0, le=3600)] = 10.0
    memory_mb: Annotated[int, Field(ge=16)] = 512
    recycle_after: Annotated[int, Field(ge=1)] = 2000

    @model_validator(mode="after")
    def _fast_is_for_trafilatura(self) -> Self:
        if self.fast and self.engine != "trafilatura":
            raise ValueError("`fast` is an option of trafilatura; resiliparse has one speed")
        return self

    @model_validator(mode="after")
    def _keep_is_for_the_cascade(self) -> Self:
        if self.keep and self.engine != "cascade":
            raise ValueError(
                "`keep` is an option of the engine `cascade`; the others have one form of tables and lists"
            )
        if "tables" in self.keep and not self.tables:
            raise ValueError("`keep` names tables, and `tables: false` leaves them out")
        return self

    def files(self, scope: Scope) -> tuple[str, ...]:
        return language_check.files(scope) if self.engine == "cascade" else ()

    def contract(self, resources: Resources) -> Contract:
        what = ("no_html", "too_large", "too_many_nodes", "too_deep", "empty", "parse_error", *_BREACHES)
        given = fields("text")
        if self.engine == "cascade":
            given = merge_schemas(given, pa.schema([pa.field("extractor", pa.string())]))
        return Contract(fields("html"), given, frozenset(f"extract.{code}" for code in what))

    def build(self, resources: Resources) -> "Extract":
        return Extract(self, LanguageCheck(resources) if self.engine == "cascade" else None)


@dataclass(frozen=True, slots=True)
class _Found:
    """What became of one page; the reason is without its kind."""

    text: str | None = None
    engine: str | None = None
    reason: str | None = None
    detail: str | None = None


class Extract:
    """The step; its child process starts with the first page and ends with `close`.

    Args:
        spec: of the recipe.
        check: of the texts' languages, for the cascade.
    """

    def __init__(self, spec: ExtractSpec, check: LanguageCheck | None = None) -> None:
        self._spec = spec
        self._check = check
        options: dict[str, object] = {"tables": spec.tables}
        name = f"extract {spec.engine}"
        if spec.engine == "cascade":
            name, options = cascade.FUNCTION, options | {"keep": sorted(set(spec.keep))}
        elif spec.engine == "trafilatura":
            options |= {"fast": spec.fast}
        limits = Limits(spec.seconds, spec.cpu_seconds, spec.memory_mb)
        self._sandbox = Sandbox(name, options=options, limits=limits, recycle_after=spec.recycle_after)

    def __call__(self, batch: Batch) -> Outcome:
        pages = optional_texts(batch.column("html"))
        found = [self._page(html) for html in pages]
        columns = {"text": strings(one.text for one in found)}
        if self._check is not None:
            found = self._second_look(self._check, pages, found)
            columns = {"text": strings(one.text for one in found), "extractor": strings(one.engine for one in found)}
        return Outcome(
            batch.with_columns(columns),
            strings(one.reason and f"extract.{one.reason}" for one in found),
            strings(one.detail for one in found),
            quarantined=booleans([one.reason in _BREACHES for one in found]),
        )

    def close(self) -> None:
        """End the child process."""
        self._sandbox.close()

    def page(self, html: str | None) -> tuple[str | None, str | None, str | None]:
        """Return text, reason without its kind, and detail."""
        found = self._page(html)
        return found.text, found.reason, found.detail

    def _page(self, html: str | None) -> _Found:
        spec = self._spec
        if html is None:
            return _Found(reason="no_html", detail="the source gave no page")
        limit = beyond(html, max_bytes=spec.max_bytes, max_nodes=spec.max_nodes, max_depth=spec.max_depth)
        if limit is not None:
            return _Found(reason=limit[0], detail=limit[1])
        return self._ask(html)

    def _ask(self, html: str, engine: str | None = None) -> _Found:
        sheltered, joiners = shelter(html)
        answer = self._sandbox(sheltered, {} if engine is None else {"engine": engine})
        if isinstance(answer, Breach):
            return _Found(reason=answer.cause, detail=answer.detail)
        if answer.error is not None:
            return _Found(reason="parse_error", detail=answer.error)
        text, by = answer.value, None
        if self._check is not None and text is not None:
            told = json.loads(text)
            text, by = told["text"], told["engine"]
        text = restore((text or "").strip(), joiners)
        if not text:
            return _Found(reason="empty", detail=f"nothing found in {len(html)} characters")
        return _Found(text, by)

    def _second_look(self, check: LanguageCheck, pages: Sequence[str | None], found: Sequence[_Found]) -> list[_Found]:
        """Ask the other engines of pages that speak for a language of the recipe where the first result is in another."""
        result = list(found)
        foreign = check.foreign([one.text or "" for one in found])
        doubtful = [row for row, one in enumerate(found) if one.reason == "empty" or foreign[row]]
        has_some = check.pages_speak([pages[row] or "" for row in doubtful]).tolist() if doubtful else []
        for row, some in zip(doubtful, has_some, strict=True):
            if some:
                result[row] = self._another(check, pages[row] or "", found[row])
        return result

    def _another(self, check: LanguageCheck, html: str, first: _Found) -> _Found:
        for engine in cascade.ENGINES:
            other = self._ask(html, engine) if engine != first.engine else first
            if other.text is not None and check.speak([other.text])[0]:
                return other
        if first.reason == "empty":
            return replace(first, detail=f"{first.detail}, by {', '.join(cascade.ENGINES)}")
        return first
