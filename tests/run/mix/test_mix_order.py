"""The global shuffle: as good as chance, whatever the ids and the seed, and the same wherever it is made."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from glotmill.plan import mixing as planning
from glotmill.run.mix.order import bucket, reading_keys, selection_keys
from support.corpora import digests
from support.mixes import RECIPE, mixed, planned, rows
from support.rights import Licensed
from support.rights import rows as stories

ROWS = 100_000
SOURCES = 10
SIGMA = 1 / np.sqrt(ROWS)

SHARED = {"budget": 20_000, "sampling": {"kind": "temperature", "alpha": 0.3}, "max_epochs": 4}

Ints = npt.NDArray[np.int64]


def counted() -> pa.Array:
    """Ids that differ in few bits: the worst that a hash may get."""
    return pa.array([f"{number:032x}" for number in range(ROWS)])


def drawn() -> pa.Array:
    raw = np.random.default_rng(3).bytes(16 * ROWS).hex()
    return pa.array([raw[start : start + 32] for start in range(0, len(raw), 32)])


def order_of(ids: pa.Array, seed: int, epoch: int = 0) -> Ints:
    """Row at each place of the order."""
    return reading_keys(ids, np.full(len(ids), epoch, np.int32), seed).order()


def ranks(order: Ints) -> Ints:
    found = np.empty(len(order), np.int64)
    found[order] = np.arange(len(order))
    return found


def correlation(first: Ints, second: Ints) -> float:
    """Spearman's, of two permutations: normal with a deviation of 1 / sqrt(n) where they have nothing to do with each other."""
    return float(np.corrcoef(first, second)[0, 1])


@pytest.mark.parametrize("ids", [counted, drawn])
@pytest.mark.parametrize("seed", [0, 1, 20261128])
def test_the_order_of_reading_has_nothing_to_do_with_that_of_the_corpora(ids: object, seed: int) -> None:
    order = order_of(ids(), seed)
    assert abs(correlation(np.arange(ROWS), order)) < 4 * SIGMA
    source = order // (ROWS // SOURCES)  # the sources stand one behind the other
    pairs = np.zeros((SOURCES, SOURCES))
    np.add.at(pairs, (source[:-1], source[1:]), 1)
    expected = (ROWS - 1) / SOURCES**2
    chi = float(((pairs - expected) ** 2 / expected).sum())
    freedom = (SOURCES - 1) ** 2
    assert abs(chi - freedom) < 5 * np.sqrt(2 * freedom)
    start = np.bincount(source[: ROWS // 100], minlength=SOURCES)  # any beginning is a sample of the whole
    share = ROWS / 100 / SOURCES
    assert np.abs(start - share).max() < 4 * np.sqrt(share)


def test_seeds_readings_and_selection_have_nothing_to_do_with_each_other() -> None:
    ids = counted()
    first = ranks(order_of(ids, 1))
    for other in (
        order_of(ids, 2),
        order_of(ids, 1, epoch=1),
        order_of(ids, 1, epoch=2),
        selection_keys(ids, 1).order(),
    ):
        assert abs(correlation(first, ranks(other))) < 4 * SIGMA


@pytest.mark.parametrize("buckets", [7, 64, 1_000])
def test_parts_are_of_like_size(buckets: int) -> None:
    where = bucket(reading_keys(counted(), np.zeros(ROWS, np.int32), 5).hash, buckets)
    sizes = np.bincount(where, minlength=buckets)
    assert len(sizes) == buckets
    assert np.abs(sizes - ROWS / buckets).max() < 5 * np.sqrt(ROWS / buckets)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Licensed:
    sink = {"kind": "parquet", "partition_by": ["license_class"], "part_mb": 0.05, "row_group_rows": 20}
    return Licensed(tmp_path_factory.mktemp("corpus"), stories(216), shard_mb=1, sink=sink)


def test_a_mix_stands_in_that_order_over_all_its_parts(
    bench: Licensed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "_PIECE_BYTES", 20_000)
    corpus = bench.run()
    mix = mixed(planned(bench.project, corpus, **SHARED), tmp_path)
    found = rows(mix)
    assert len(mix.parts()) > 3
    ids = pa.array([row["doc_id"] for row in found])
    epochs = np.array([row["mix_epoch"] for row in found], np.int32)
    assert reading_keys(ids, epochs, RECIPE["seed"]).order().tolist() == list(range(len(found)))
    before = {row["doc_id"]: place for place, row in enumerate(rows(corpus))}
    places = np.array([before[row["doc_id"]] for row in found])
    assert abs(correlation(places, np.arange(len(places)))) < 4 / np.sqrt(len(places))


@pytest.mark.slow
def test_a_mix_on_ray_has_the_bytes_of_a_local_one(bench: Licensed, tmp_path: Path) -> None:
    corpus = bench.run()
    local = digests(mixed(planned(bench.project, corpus, **SHARED), tmp_path / "local"))
    (tmp_path / "mix.yaml").write_text(json.dumps({**RECIPE, **SHARED}), encoding="utf-8")
    words = ["mix", corpus.address, "--recipe", str(tmp_path / "mix.yaml"), "--project", str(bench.project)]
    code = "from glotmill.plan import mixing; mixing._PIECE_BYTES = 20_000; from glotmill.cli.app import main; main()"
    more = ["--out", str(tmp_path / "ray"), "--on", "ray", "--workers", "2"]
    subprocess.run([sys.executable, "-c", code, *words, *more], check=True, cwd=tmp_path)
    assert digests(type(corpus)(str(tmp_path / "ray/nahasketa/1.0.0"))) == local
