"""Pages of an archive gathered into batches of SOURCE_SCHEMA, column by column, their bytes copied once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import pyarrow as pa

from glotmill.core.arrow import column, joined_texts, nulls, strings
from glotmill.core.schema import SOURCE_SCHEMA
from glotmill.core.steps import Batch, Outcome

MOST_CHARACTERS = 8_000_000  # of a batch


class Page(NamedTuple):
    """One record as an archive has it, with the reason why it is no document, or None.

    Args:
        html: UTF-8.
        characters: of it.
    """

    doc_id: str
    url: str | None
    html: bytes | None
    characters: int
    http_headers: str | None
    consent: str | None
    crawl_time: datetime | None
    warc_ref: str
    reason: str | None
    detail: str | None


@dataclass(slots=True)
class PageGatherer:
    """Cuts pages into outcomes: by count or by characters, whichever comes first; never by time or arrival.

    Args:
        source: that all of them are of.
        track: of the source.
        most_rows: of a batch.
    """

    source: str
    track: str
    most_rows: int
    _pages: list[Page] = field(default_factory=list)
    _characters: int = 0

    def add(self, page: Page) -> Iterator[Outcome]:
        """Take a page; yield a batch where one is full."""
        self._pages.append(page)
        self._characters += page.characters
        if len(self._pages) >= self.most_rows or self._characters >= MOST_CHARACTERS:
            yield from self.flush()

    def flush(self) -> Iterator[Outcome]:
        """Yield what is left."""
        if self._pages:
            yield _outcome(self._pages, self.source, self.track)
        self._pages, self._characters = [], 0


def _outcome(pages: Sequence[Page], source: str, track: str) -> Outcome:
    ids, urls, html, _, headers, consent, times, refs, reasons, details = zip(*pages, strict=True)
    known = {
        "doc_id": strings(ids),
        "source": strings([source] * len(pages)),
        "track": strings([track] * len(pages)),
        "url": strings(urls),
        "html": joined_texts(html),
        "http_headers": strings(headers),
        "consent": strings(consent),
        "crawl_time": column(times, SOURCE_SCHEMA.field("crawl_time").type),
        "warc_ref": strings(refs),
        "origin": strings(["native"] * len(pages)),
    }
    arrays = [known[field.name] if field.name in known else nulls(field.type, len(pages)) for field in SOURCE_SCHEMA]
    batch = Batch(pa.RecordBatch.from_arrays(arrays, schema=SOURCE_SCHEMA))
    if not any(reasons):
        return Outcome(batch)
    return Outcome(batch, strings(reasons), strings(details))
