"""`extract`: the main text of a page, by trafilatura or resiliparse in a sandbox."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from glotmill.core.arrow import booleans, optional_texts, strings
from glotmill.core.schema import fields
from glotmill.core.steps import Batch, Contract, Outcome, Resources, Spec
from glotmill.stages.joiners import restore, shelter
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
        engine: `trafilatura` (better) or `resiliparse` (about ten times as fast).
        tables: whether tables are part of the text.
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
    engine: Literal["trafilatura", "resiliparse"]
    tables: bool = True
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

    def contract(self, resources: Resources) -> Contract:
        what = ("no_html", "too_large", "too_many_nodes", "too_deep", "empty", "parse_error", *_BREACHES)
        return Contract(fields("html"), fields("text"), frozenset(f"extract.{code}" for code in what))

    def build(self, resources: Resources) -> "Extract":
        return Extract(self)


class Extract:
    """The step; its child process starts with the first page and ends with `close`."""

    def __init__(self, spec: ExtractSpec) -> None:
        self._spec = spec
        options = {"tables": spec.tables} | ({"fast": spec.fast} if spec.engine == "trafilatura" else {})
        limits = Limits(spec.seconds, spec.cpu_seconds, spec.memory_mb)
        name = f"extract {spec.engine}"
        self._sandbox = Sandbox(name, options=options, limits=limits, recycle_after=spec.recycle_after)

    def __call__(self, batch: Batch) -> Outcome:
        found = [self.page(html) for html in optional_texts(batch.column("html"))]
        return Outcome(
            batch.with_columns({"text": strings(text for text, _, _ in found)}),
            strings(reason and f"extract.{reason}" for _, reason, _ in found),
            strings(detail for _, _, detail in found),
            quarantined=booleans([reason in _BREACHES for _, reason, _ in found]),
        )

    def close(self) -> None:
        """End the child process."""
        self._sandbox.close()

    def page(self, html: str | None) -> tuple[str | None, str | None, str | None]:
        """Return text, reason without its kind, and detail."""
        spec = self._spec
        if html is None:
            return None, "no_html", "the source gave no page"
        limit = beyond(html, max_bytes=spec.max_bytes, max_nodes=spec.max_nodes, max_depth=spec.max_depth)
        if limit is not None:
            return None, *limit
        sheltered, joiners = shelter(html)
        answer = self._sandbox(sheltered)
        if isinstance(answer, Breach):
            return None, answer.cause, answer.detail
        if answer.error is not None:
            return None, "parse_error", answer.error
        text = restore((answer.value or "").strip(), joiners)
        return (text, None, None) if text else (None, "empty", f"nothing found in {len(html)} characters")
