"""What a run found of benchmarks: documents and items, per benchmark."""

import pyarrow.parquet as pq

from glotmill.core.arrow import optional_texts, pylist
from glotmill.io import storage
from glotmill.provenance.contamination import CONTAMINATION, PREFIX, Finding, Tally, count, read_detail
from glotmill.provenance.folder import RunFolder


def contamination(folder: RunFolder) -> dict[str, Tally]:
    """Return benchmark -> what was found of it, by name, out of the ledger and, where there is one, the corpus.

    Raises:
        SettingsError: this is no folder of a run.
    """
    tallies: dict[str, Tally] = {}
    for batch in folder.ledger():
        reasons, details = optional_texts(batch.column("reason")), optional_texts(batch.column("detail"))
        for reason, text in zip(reasons, details, strict=True):
            if reason and reason.startswith(PREFIX):
                count(tallies, read_detail(text or ""), removed=True)
    if storage.exists(folder.join("manifest.json")):
        for part in folder.parts():
            with storage.open_read(folder.join(part)) as stream:
                file = pq.ParquetFile(stream)
                if CONTAMINATION not in file.schema_arrow.names:
                    continue
                for batch in file.iter_batches(columns=[CONTAMINATION]):
                    for row in pylist(batch.column(CONTAMINATION)):
                        count(tallies, (Finding(**one) for one in row or ()), removed=False)
    return dict(sorted(tallies.items()))
