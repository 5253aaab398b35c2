"""What a takedown reads of a run: the columns of its corpus and ledger by which documents hang together."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from glotmill.core.arrow import nulls, pylist, to_numpy
from glotmill.core.hashing import content_hash
from glotmill.core.schema import STRINGS
from glotmill.dedup.tombstones import text_keys
from glotmill.io import storage
from glotmill.io.parquet import open_parquet
from glotmill.provenance.folder import RunFolder
from glotmill.run.superseded import FILE as SUPERSEDED

_COLUMNS = ("doc_id", "url", "language", "tokens", "content_hash", "parent_ids", "parallel_id", "copies")
_BLANK = content_hash("")


def corpus_rows(folder: RunFolder) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Yield path and rows of the parts of a corpus, without texts.

    Where a row has no `content_hash` it gets that of its text, and a blank text has none: all blank texts are equal.
    """
    for path in folder.parts():
        with storage.open_read(folder.join(path)) as stream:
            file = open_parquet(stream, folder.join(path))
            for group in range(file.num_row_groups):
                rows = file.read_row_group(group, columns=list(_COLUMNS)).combine_chunks()
                place = rows.schema.get_field_index("content_hash")
                keys = rows.column(place)
                if keys.null_count:
                    texts = file.read_row_group(group, columns=["text"]).combine_chunks()
                    keys = pa.array([key for batch in texts.to_batches() for key in text_keys(batch)], pa.string())
                keys = pc.if_else(pc.equal(keys, _BLANK), None, keys)
                yield from ((path, one) for one in rows.set_column(place, rows.schema.field(place), keys).to_batches())


def ledger_rows(folder: RunFolder) -> Iterator[tuple[tuple[str, str], pa.RecordBatch]]:
    """Yield phase and name of each ledger file with its rows; ledgers of earlier versions get the column `parent_ids`."""
    for phase in folder.phases():
        for receipt in folder.receipts(phase, "shard-"):
            record = receipt.files.get("ledger")
            if record is None:
                continue
            with storage.open_read(folder.join(phase, record.name)) as stream:
                for rows in pq.ParquetFile(stream).iter_batches():
                    known = "parent_ids" in rows.schema.names
                    whole = rows if known else rows.append_column("parent_ids", nulls(STRINGS, rows.num_rows))
                    yield (phase, record.name), whole


def superseded_pairs(folder: RunFolder) -> list[tuple[str, str]]:
    """Return the published documents that an update supersedes, each with the one that stands for it."""
    address = folder.join(SUPERSEDED)
    if not storage.exists(address):
        return []
    with storage.open_read(address) as stream:
        table = pq.read_table(stream)
    return list(zip(pylist(table.column("doc_id")), pylist(table.column("superseded_by")), strict=True))


def members(lists: pa.Array) -> tuple[npt.NDArray[np.int64], pa.Array]:
    """Return of a column of lists the row of each member, shape (members,), and the members."""
    return to_numpy(pc.list_parent_indices(lists)).astype(np.int64), pc.list_flatten(lists)


def documents(folder: RunFolder, removed: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield id, address, language, tokens and relation of the rows of a corpus that are to go, in its order."""
    wanted = pa.array(sorted(removed), pa.string())
    for path, rows in corpus_rows(folder) if removed else ():
        chosen = rows.filter(pc.is_in(rows.column("doc_id"), value_set=wanted))
        for row in chosen.select(["doc_id", "url", "language", "tokens"]).to_pylist():
            yield {"why": removed[row["doc_id"]], **row, "part": path}
