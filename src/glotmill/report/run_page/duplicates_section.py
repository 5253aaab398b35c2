"""The section on duplicates: how large clusters were, and the largest with the document that was kept of each."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

import pyarrow.compute as pc
import pyarrow.parquet as pq

from glotmill.core.arrow import strings
from glotmill.io import storage
from glotmill.provenance.ledger import SAMPLE_CHARACTERS
from glotmill.report.run_page import markup, svg
from glotmill.report.run_page.facts import Facts
from glotmill.report.run_page.markup import Sample, Section

_SIZES: Final = (1, 2, 3, 5, 10, 20, 50, 100, 1_000, 10_000)
_SHOWN_COPIES: Final = 5


def section(facts: Facts) -> Section:
    """Return the section."""
    body: list[str] = []
    steps = {step["name"] for step in facts.steps if step["kind"] in ("exact_dedup", "minhash_dedup", "line_dedup")}
    rows = [
        (count.step, count.rows_in, count.dropped, markup.share(count.dropped, count.rows_in))
        for count in facts.counts
        if count.step in steps
    ]
    if not rows:
        return Section("duplicates", "Duplicates", markup.paragraph("No step of the recipe looked for duplicates."))
    body.append(markup.table(("step", "documents in", "dropped as copies", "share"), rows, caption="Copies by step"))
    sizes, clusters = facts.figures.get("cluster_sizes"), facts.figures.get("clusters")
    body.append(_sizes(sizes) if sizes else markup.paragraph("The sizes of clusters were not recorded."))
    if clusters:
        body.append("<h3>The largest clusters, and what was kept of each</h3>")
        documents = _documents(facts, {one["doc_id"] for one in clusters})
        body += [_cluster(facts, one, documents[one["doc_id"]]) for one in clusters if one["doc_id"] in documents]
    return Section("duplicates", "Duplicates", "\n".join(body))


def _sizes(sizes: Mapping[str, int]) -> str:
    edges = [*_SIZES, None]
    rows = []
    for low, high in pairwise(edges):
        if low is not None:
            found = sum(
                count for size, count in sizes.items() if low <= int(size) and (high is None or int(size) < high)
            )
            rows.append(
                (
                    f"{low:,}" if high == low + 1 else f"{low:,} and more" if high is None else f"{low:,}–{high - 1:,}",
                    found,
                )
            )
    while rows and not rows[-1][1]:
        rows.pop()
    title = "Kept documents by the size of their cluster"
    picture = svg.bars(("documents",), [(name, (count,)) for name, count in rows], title=title)
    return markup.figure(title, picture, markup.table(("copies in the cluster", "kept documents"), rows, caption=title))


def _documents(facts: Facts, wanted: set[str]) -> dict[str, dict[str, Any]]:
    """Return the kept documents of these ids; only files that hold one are read beyond their ids."""
    found: dict[str, dict[str, Any]] = {}
    receipts = {receipt.files["part"].name: receipt for receipt in facts.folder.receipts("phase-sink", "part-")}
    for path in facts.folder.parts():
        receipt = receipts.get(path)
        own = {one["doc_id"] for one in (receipt.facts["figures"]["clusters"] if receipt else ())} & wanted
        if not own:
            continue
        with storage.open_read(facts.folder.join(path)) as stream:
            file = pq.ParquetFile(stream)
            columns = ["doc_id", "url", "language", "text", *({"copies"} & set(file.schema_arrow.names))]
            for batch in file.iter_batches(1_000, columns=columns):
                hits = batch.filter(pc.is_in(batch.column("doc_id"), value_set=strings(sorted(own))))
                found.update({row["doc_id"]: row for row in hits.to_pylist()})
                if own <= found.keys():
                    break
    return found


def _cluster(facts: Facts, one: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    copies = [copy["url"] or copy["doc_id"] for copy in (row.get("copies") or ()) if copy]
    more = f" and {len(copies) - _SHOWN_COPIES} more that are listed" if len(copies) > _SHOWN_COPIES else ""
    also = f"<p>also at {', '.join(map(markup.label, copies[:_SHOWN_COPIES]))}{more}</p>" if copies else ""
    text = markup.sample(Sample((row["text"] or "")[:SAMPLE_CHARACTERS], row["language"])) if facts.shows_kept else ""
    head = f"<p><strong>{one['size']:,} copies</strong>, kept {markup.label(row['url'] or one['doc_id'])}</p>"
    return f'<div class="example">{head}{also}{text}</div>'
