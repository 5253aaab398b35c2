"""The account of a step stays small whatever languages rows claim, and counts every row."""

import pyarrow as pa
import pytest

from glotmill.core.arrow import strings
from glotmill.core.schema import LEDGER_SCHEMA
from glotmill.core.steps import Batch
from glotmill.provenance import ledger
from glotmill.provenance.ledger import StepAccount

LONG = "eus_Latn" * 9


def account(kept, removed, size):
    """The counts of a step that was handed so many rows at a time."""
    found = StepAccount("short")
    for start in range(0, max(len(kept), len(removed)), size):
        languages = removed[start : start + size]
        rows = [
            {**dict.fromkeys(LEDGER_SCHEMA.names), "language": one, "reason": "short.few", "fate": "dropped"}
            for one in languages
        ]
        columns = [pa.array([row[field.name] for row in rows], field.type) for field in LEDGER_SCHEMA]
        found.add_removed(pa.RecordBatch.from_arrays(columns, names=LEDGER_SCHEMA.names))
        found.add_kept(Batch(pa.record_batch({"language": strings(kept[start : start + size])})))
    found.rows_in = len(kept) + len(removed)
    return found.close()


@pytest.mark.parametrize("size", [1, 4, 100])
def test_languages_beyond_the_first_are_counted_as_unknown_however_rows_were_batched(monkeypatch, size):
    monkeypatch.setattr(ledger, "MOST_LANGUAGES", 3)
    kept = ["eus_Latn", None, LONG, "khm_Khmr", "x-1", "eus_Latn", "x-2", "khm_Khmr", "x-3"]
    removed = ["x-1", "x-2", "swh_Latn", "tha_Thai", "swh_Latn", None]
    found = account(kept, removed, size)
    assert dict(found.kept_by_language) == {"-": 5, "eus_Latn": 2, "khm_Khmr": 2}
    assert {language: dict(reasons) for language, reasons in found.reasons.items()} == {
        "-": {"short.few": 2},
        "swh_Latn": {"short.few": 2},
        "x-1": {"short.few": 1},
        "x-2": {"short.few": 1},
    }


def test_another_language_in_every_row_leaves_an_account_of_ten_thousand():
    languages = [f"x-{number}" for number in range(30_000)]
    found = account(languages, languages, 5_000)
    assert len(found.kept_by_language) == len(found.reasons) == 10_001
    assert sum(found.kept_by_language.values()) == found.kept == 30_000
