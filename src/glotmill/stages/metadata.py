"""`metadata`: title, author and date of a page, by trafilatura in a sandbox, whom to credit, and its translations."""

import datetime as dt
import json
from typing import Annotated, Literal

from pydantic import Field

from glotmill.core.arrow import optional_texts, pylist, strings
from glotmill.core.schema import fields
from glotmill.core.steps import Batch, Contract, Outcome, Resources, Spec
from glotmill.licensing import attribution
from glotmill.licensing.page import parse_page
from glotmill.stages import alternates
from glotmill.stages.markup import title_of
from glotmill.stages.sandbox import Answer, Limits, Sandbox

_COLUMNS = ("title", "author", "date", "parallel_id")


class MetadataSpec(Spec):
    """Reads title, author and date of publication off each page; drops nothing.

    `author` holds all whom the page says to credit for its text, translators too, where it says so for machines
    (`licensing.attribution`); else what trafilatura takes for the author, where the page's text holds it just so: it
    cuts marks of Thai and Hindi off, and no name is better than a wrong one under a license that asks for credit. `parallel_id` is shared by pages that list
    one another as translations (`stages.alternates`).

    It costs about as much as the extraction, so a recipe places it behind the steps that drop most pages. A page that
    breaks its limits keeps the content of its `<title>` and what it says for machines.

    Args:
        seconds: wall time for one page.
        cpu_seconds: CPU time for one page.
        memory_mb: memory for one page, beyond that of the idle child.
        recycle_after: pages until the child is replaced.
    """

    kind: Literal["metadata"]
    seconds: Annotated[float, Field(gt=0, le=3600)] = 5.0
    cpu_seconds: Annotated[float, Field(gt=0, le=3600)] = 5.0
    memory_mb: Annotated[int, Field(ge=16)] = 512
    recycle_after: Annotated[int, Field(ge=1)] = 2000

    def contract(self, resources: Resources) -> Contract:
        return Contract(fields("html"), fields(*_COLUMNS), frozenset())

    def build(self, resources: Resources) -> "Metadata":
        return Metadata(self)


class Metadata:
    """The step; its child process starts with the first page and ends with `close`."""

    def __init__(self, spec: MetadataSpec) -> None:
        limits = Limits(spec.seconds, spec.cpu_seconds, spec.memory_mb)
        self._sandbox = Sandbox("metadata trafilatura", limits=limits, recycle_after=spec.recycle_after)

    def __call__(self, batch: Batch) -> Outcome:
        pages = optional_texts(batch.column("html"))
        present = set(batch.rows.schema.names)
        values: dict[str, list[str | None]] = {
            name: optional_texts(batch.column(name)) if name in present else [None] * len(pages) for name in _COLUMNS
        }
        urls = optional_texts(batch.column("url")) if "url" in present else [None] * len(pages)
        times = pylist(batch.column("crawl_time")) if "crawl_time" in present else [None] * len(pages)
        for row, (html, url, crawled) in enumerate(zip(pages, urls, times, strict=True)):
            if html is None:
                continue
            found = self._page(html, url, crawled)
            for name in _COLUMNS:
                values[name][row] = found.get(name) or values[name][row]
        return Outcome(batch.with_columns({name: strings(column) for name, column in values.items()}))

    def close(self) -> None:
        """End the child process."""
        self._sandbox.close()

    def _page(self, html: str, url: str | None, crawled: dt.datetime | None) -> dict[str, str | None]:
        about = {"url": url} if url else {}
        if crawled is not None and crawled.year < dt.MAXYEAR:
            # No page can be younger than its visit; a day more, since the page's clock may stand in another zone.
            about["latest"] = (crawled.date() + dt.timedelta(days=1)).isoformat()
        answer = self._sandbox(html, about)
        found: dict[str, str | None] = {}
        if isinstance(answer, Answer) and answer.value is not None:
            found = json.loads(answer.value)
        found["title"] = found.get("title") or title_of(html)
        guess = found.pop("author", None)
        if guess or any(hint in html for hint in (*attribution.HINTS, alternates.HINT)):
            page = parse_page(html)
            if page is not None:
                found["parallel_id"] = alternates.parallel_id(page, url)
                found["author"] = attribution.credit(page) or (attribution.as_it_stands(guess, page) if guess else None)
        return found
