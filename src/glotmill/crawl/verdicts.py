"""What the gate says of fetched pages: whether they hold text in a target, and about how much."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from glotmill.core.arrow import column, is_null, strings, utf8
from glotmill.core.schema import SOURCE_SCHEMA
from glotmill.core.steps import Batch, Resources
from glotmill.crawl.messages import Response
from glotmill.crawl.worth import PageVerdict
from glotmill.io.charset import decode
from glotmill.stages.gate import GateSpec
from glotmill.text.scan import Words, scan_words
from glotmill.text.visible import visible


@dataclass(frozen=True, slots=True)
class Visit:
    """A fetched page and how the crawl came to it.

    Args:
        response: of a server.
        hops: of the link's `Worth`.
        beyond: of the link's `Worth`.
    """

    response: Response
    hops: int = 0
    beyond: int = 0


class PageGate:
    """Turns fetched pages into verdicts by the recipe's own `gate`, in this process.

    A page is accepted where the gate lets it pass and could judge it: a page with fewer letters than `min_letters`, one beyond
    `max_bytes` and one that cannot be decoded pass the gate for want of evidence, and want of evidence is no reason to hunt on.
    Pages that pass are read a second time for the block of text that speaks loudest for a target (`BlockFinder`), whose
    characters count: of a Basque paragraph in a Spanish page the paragraph. Of longer texts than the gate reads,
    they are scaled up from the part that it reads; text in a target outside the block is not counted.

    Args:
        spec: of the gate; an audit is of no use here and left out.
        resources: what the plan resolved for the gate; the languages of its scope are the targets.
    """

    def __init__(self, spec: GateSpec, resources: Resources) -> None:
        self._spec = spec.model_copy(update={"audit": None})
        self._gate = self._spec.build(resources)

    def judge(self, visits: Sequence[Visit]) -> list[PageVerdict]:
        """Return the verdict of each page, in order; a batch costs less per page than pages one by one."""
        if not visits:
            return []
        rows = _rows([visit.response for visit in visits])
        reasons = self._gate(rows).reasons
        passed = np.ones(len(rows), np.bool_) if reasons is None else is_null(reasons)
        found = dict.fromkeys(range(len(rows)), ("", 0))
        places = np.flatnonzero(passed)
        if len(places) and self._gate.finder.targets:
            found.update(zip(places.tolist(), self._texts(rows.take(places)), strict=True))
        return [
            PageVerdict(
                visit.response.url,
                accepted=found[row][1] > 0,
                characters=found[row][1],
                size=len(visit.response.content),
                language=found[row][0] or None,
                hops=visit.hops,
                beyond=visit.beyond,
            )
            for row, visit in enumerate(visits)
        ]

    def _texts(self, rows: Batch) -> list[tuple[str, int]]:
        """Return the target of the best block of each page and how many characters of the page are like it."""
        data, starts, ends = utf8(rows.column("html"))
        readable = ends - starts <= self._spec.max_bytes
        whole = visible(data, starts, np.where(readable, ends, starts))
        text = whole.excerpt(self._spec.max_characters).normalized()
        words = scan_words(text.points, text.origins, by_script=self._gate.finder.by_script)
        blocks = self._gate.finder.find(words)
        judged = _letters(words) >= self._spec.min_letters
        best = blocks.evidence.argmax(axis=1)
        row = np.arange(len(rows))
        read = np.maximum(np.diff(text.origins), 1)
        scale = np.maximum(np.diff(whole.origins) / read, 1.0)
        lengths = np.where(judged, (blocks.ends[row, best] - blocks.starts[row, best]) * scale, 0).astype(np.int64)
        names = self._gate.finder.targets
        pairs = zip(best.tolist(), lengths.tolist(), strict=True)
        return [(names[target] if length else "", length) for target, length in pairs]


def _letters(words: Words) -> npt.NDArray[np.int64]:
    """Return how many letters each text has, counted as the gate does."""
    letters = np.zeros(len(words), np.int64)
    owner = np.repeat(np.arange(len(words)), np.diff(words.bounds))
    np.add.at(letters, owner[words.alphabetic], words.bases[words.alphabetic])
    return letters


def _rows(responses: Sequence[Response]) -> Batch:
    decoded = [decode(one.content, one.headers.get("content-type")) for one in responses]
    html = [None if found is None else found.text for found in decoded]
    arrays = [
        column(html, SOURCE_SCHEMA.field("html").type),
        strings(one.url for one in responses),
        strings(json.dumps(dict(one.headers), ensure_ascii=False) for one in responses),
    ]
    return Batch(pa.RecordBatch.from_arrays(arrays, names=["html", "url", "http_headers"]))
