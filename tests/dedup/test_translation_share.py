"""The step `cap_translations`: how many tokens of engines stay beside those of people."""

import itertools

import pyarrow as pa
import pytest

from glotmill.core.hashing import document_id
from glotmill.core.schema import fields
from glotmill.core.steps import Batch
from glotmill.dedup.translation_share import REASON, TABLE, CapTranslations, CapTranslationsSpec
from support.passes import through_a_file


def rows(*documents: tuple[str | None, str, int | None]) -> Batch:
    columns = zip(*((document_id("t", number), *one) for number, one in enumerate(documents)), strict=True)
    schema = fields("doc_id", "language", "origin", "tokens")
    return Batch(
        pa.RecordBatch.from_arrays(
            [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema=schema
        )
    )


def kept(batch: Batch, share: float, *, shards: int = 1, partitions: int = 1) -> list[bool]:
    spec = CapTranslationsSpec.model_validate(
        {"name": "cap", "kind": "cap_translations", "max_mt_token_fraction": share}
    )
    size = -(-len(batch) // shards)
    emitted = [
        CapTranslations(spec).emit(Batch(batch.rows.slice(at, size)))[TABLE] for at in range(0, len(batch), size)
    ]
    table = pa.Table.from_batches(emitted)
    parts = [
        table.filter(pa.array([key % partitions == part for key in table.column("key").to_pylist()], pa.bool_()))
        for part in range(partitions)
    ]
    reduced = [through_a_file(CapTranslations(spec).reduce(lambda _, part=part: part)) for part in parts]
    resolved = through_a_file(CapTranslations(spec).resolve(reduced, lambda _: iter(())))
    outcome = CapTranslations(spec).apply(batch, resolved)
    assert set(outcome.reasons.to_pylist()) <= {None, REASON}
    return [reason is None for reason in outcome.reasons.to_pylist()]


DOCUMENTS = rows(
    *[("eus_Latn", "native", 100)] * 4,
    *[("eus_Latn", "mt", 50)] * 20,
    *[("tha_Thai", "native", 30)],
    *[("tha_Thai", "mt", 10)] * 2,
    *[("khm_Khmr", "mt", 10)] * 3,
    (None, "mt", None),
)


@pytest.mark.parametrize(("share", "basque"), [(0.0, 0), (0.2, 2), (0.5, 8), (0.72, 20), (0.99, 20)])
def test_translations_stay_up_to_the_share_and_native_documents_all(share, basque):
    found = kept(DOCUMENTS, share)
    assert all(found[:4])
    assert sum(found[4:24]) == basque
    assert found[24]
    assert sum(found[25:27]) == (2 if share >= 0.5 else 0)
    assert not any(found[27:30])  # nothing native to be a share of


def test_which_ones_stay_does_not_depend_on_shards_or_partitions():
    expected = kept(DOCUMENTS, 0.5)
    for shards, partitions in itertools.product((1, 3), (1, 4)):
        assert kept(DOCUMENTS, 0.5, shards=shards, partitions=partitions) == expected


def test_a_corpus_without_translations_loses_nothing():
    assert all(kept(rows(("tur_Latn", "native", 5), (None, "native", None)), 0.1))
