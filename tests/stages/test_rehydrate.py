"""`rehydrate` weighs documents by the size of their cluster: smooth, capped, and rounded by coins that never change."""

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from glotmill.core.errors import ContractError, RecipeError
from glotmill.core.hashing import document_id
from glotmill.core.steps import Batch, Resources, Scope
from glotmill.executors.choose import executor_for
from glotmill.provenance.verify import verify
from glotmill.stages.rehydrate import RehydrateSpec, rounded
from support.corpora import LABEL, Bench, digests

RESOURCES = Resources(Scope(("eus_Latn",), ("web",)))
EXACT = {"name": "exact", "kind": "exact_dedup"}
WEIGHTS = {"name": "weights", "kind": "rehydrate", "exponent": 0.5}
# FineWeb-2's filters remove least of documents with 9 to 16 copies, and much of what has hundreds (decision 23).
PEAK = {1: 1, 16: 4, 100: 1}


def spec(**fields: object) -> RehydrateSpec:
    return RehydrateSpec.model_validate({"name": "weights", "kind": "rehydrate", **fields})


def ids(count: int) -> list[str]:
    return [document_id("web", "ገበያ.jsonl", number) for number in range(count)]


def apply(chosen: RehydrateSpec, sizes: list[int | None]) -> list[tuple[float | None, int | None]]:
    rows = pa.record_batch({"doc_id": pa.array(ids(len(sizes))), "cluster_size": pa.array(sizes, pa.int32())})
    outcome = chosen.build(RESOURCES)(Batch(rows))
    assert outcome.reasons is None
    assert outcome.batch.column("doc_id").to_pylist() == ids(len(sizes))
    added = outcome.batch.rows.schema
    assert (added.field("sampling_weight").type, added.field("repeats").type) == (pa.float64(), pa.int32())
    columns = (outcome.batch.column(name).to_pylist() for name in ("sampling_weight", "repeats"))
    return list(zip(*columns, strict=True))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"exponent": 0.5}, {1: 1.0, 2: 1.4142, 3: 1.7321, 9: 3.0, 15: 3.873, 16: 4.0, 17: 4.0, 1_000_000: 4.0}),
        ({"exponent": 0.5, "cap": 10}, {16: 4.0, 99: 9.9499, 100: 10.0, 2_147_483_647: 10.0}),
        ({"exponent": 0}, {1: 1.0, 500: 1.0}),
        ({"exponent": 1, "cap": 3}, {1: 1.0, 2: 2.0, 3: 3.0, 4: 3.0}),
        ({"exponent": 1, "cap": 1}, {1: 1.0, 4: 1.0}),
        ({"table": PEAK}, {1: 1.0, 2: 1.75, 4: 2.5, 8: 3.25, 16: 4.0, 40: 2.5, 100: 1.0, 5000: 1.0}),
        ({"table": {1: 1.5}}, {1: 1.5, 7: 1.5}),
    ],
)
def test_weights_are_the_curve_of_the_recipe_with_four_decimals(
    fields: dict[str, object], expected: dict[int, float]
) -> None:
    assert {size: spec(**fields).weight(size) for size in expected} == expected


@given(st.dictionaries(st.integers(2, 2**31 - 1), st.floats(1, 50)))
def test_a_table_holds_at_every_size_that_it_names(table: dict[int, float]) -> None:
    whole = {1: 1.0, **table}
    curve = spec(table=whole, cap=50)
    assert {size: curve.weight(size) for size in whole} == {size: round(weight, 4) for size, weight in whole.items()}


def test_whole_weights_are_repeated_as_often_and_others_once_more_or_not() -> None:
    sizes = [1, 16, 9, 2, 2, 2, 2, 2, 2, 2, 2, None]
    assert apply(spec(exponent=0.5), sizes) == [
        (1.0, 1), (4.0, 4), (3.0, 3),
        (1.4142, 2), (1.4142, 2), (1.4142, 2), (1.4142, 1), (1.4142, 2), (1.4142, 2), (1.4142, 2), (1.4142, 1),
        (None, None),
    ]  # fmt: skip


def test_another_seed_throws_other_coins() -> None:
    first, second = ([n for _, n in apply(spec(exponent=0.5, seed=seed), [2] * 200)] for seed in (1, 2))
    assert 50 < sum(one != other for one, other in zip(first, second, strict=True)) < 150


@pytest.mark.parametrize("weight", [1.0001, 1.4142, 2.5, 3.9999])
def test_over_many_documents_the_repeats_are_the_weight(weight: float) -> None:
    names = ids(40_000)
    mean = sum(rounded(weight, name, seed=1) for name in names) / len(names)
    assert mean == pytest.approx(weight, abs=0.01)  # four standard deviations of the widest coin


CURVES = st.builds(lambda exponent, cap: spec(exponent=exponent, cap=cap), st.floats(0, 1), st.floats(1, 1000))
SIZES = st.integers(-3, 2**31 - 1)


@given(CURVES, SIZES, SIZES)
def test_a_larger_cluster_never_weighs_less_and_no_weight_is_above_the_cap(
    curve: RehydrateSpec, first: int, second: int
) -> None:
    small, large = sorted((first, second))
    assert 1 <= curve.weight(small) <= curve.weight(large) <= round(curve.cap, 4)


@given(st.dictionaries(st.integers(2, 10_000), st.floats(1, 50)), SIZES)
def test_a_table_stays_between_its_neighbors(table: dict[int, float], size: int) -> None:
    whole = {1: 1.0, **table}
    below = max(knot for knot in whole if knot <= max(1, size))
    above = min((knot for knot in whole if knot >= size), default=below)
    low, high = sorted((whole[below], whole[above]))
    assert low - 0.0001 <= spec(table=whole, cap=50).weight(size) <= high + 0.0001


@given(CURVES, SIZES, SIZES, st.text(), st.integers(0, 2**48 - 1))
def test_repeats_are_the_weight_rounded_down_or_up_and_grow_with_it(
    curve: RehydrateSpec, first: int, second: int, name: str, seed: int
) -> None:
    weights = sorted((curve.weight(first), curve.weight(second)))
    repeats = [rounded(weight, name, seed=seed) for weight in weights]
    assert 1 <= repeats[0] <= repeats[1]
    assert all(int(weight) <= count <= int(weight) + 1 for weight, count in zip(weights, repeats, strict=True))
    assert all(count == weight for weight, count in zip(weights, repeats, strict=True) if weight.is_integer())


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "give one of `exponent: 0.6` and `table:"),
        ({"exponent": 0.5, "table": PEAK}, "give one of"),
        ({"table": {2: 2}}, "no weight for 1"),
        ({"table": {1: 1, 17: 10}}, "above `cap: 4` at 17: 10"),
        ({"exponent": 1.5}, "less than or equal to 1"),
        ({"exponent": 0.5, "cap": 0.5}, "greater than or equal to 1"),
        ({"table": {1: 0.5}}, "greater than or equal to 1"),
        ({"table": {0: 1, 1: 1}}, "greater than or equal to 1"),
    ],
)
def test_a_curve_that_cannot_be_meant_is_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        spec(**fields)


def test_without_a_step_that_drops_copies_the_plan_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="needs the column 'cluster_size'") as caught:
        Bench(tmp_path, [], [LABEL, WEIGHTS]).plan()
    assert "Add a step of kind exact_dedup or minhash_dedup." in str(caught.value)


def test_before_the_step_that_drops_copies_it_is_told_to_move(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="'exact' provides it: put it before 'weights'"):
        Bench(tmp_path, [], [LABEL, WEIGHTS, EXACT]).plan()


def test_a_recipe_with_no_curve_names_step_and_choice(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"steps\.2: .*give one of `exponent: 0\.6`"):
        Bench(tmp_path, [], [LABEL, EXACT, {"name": "weights", "kind": "rehydrate"}]).plan()


def copies() -> list[dict[str, object]]:
    """Nine texts; the one with number n is found n times."""
    return [
        {"text": f"በገበያው ውስጥ {number} ሰዎች ነበሩ።", "url": f"https://gebeya.example/{number}/{copy}"}
        for number in range(1, 10)
        for copy in range(number)
    ]


def test_a_run_writes_each_document_once_with_its_weight_and_the_same_bytes_on_two_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH", "")])
    )
    bench = Bench(tmp_path, copies(), [LABEL, EXACT, {**WEIGHTS, "exponent": 1, "cap": 6.5}])
    folder = bench.run()
    rows = pq.read_table(folder.join("data")).to_pylist()
    assert {row["cluster_size"]: row["sampling_weight"] for row in rows} == {
        **{size: float(size) for size in range(1, 7)}, 7: 6.5, 8: 6.5, 9: 6.5,
    }  # fmt: skip
    assert all(row["repeats"] == row["sampling_weight"] for row in rows if row["cluster_size"] < 7)
    assert all(row["repeats"] in (6, 7) for row in rows if row["cluster_size"] >= 7)
    assert len({row["doc_id"] for row in rows}) == len(rows) == 9
    assert verify(folder, check_row=lambda row: None).problems == []
    executor = executor_for("local", 2, None)
    try:
        assert digests(bench.run(executor=executor, out=tmp_path / "two")) == digests(folder)
    finally:
        executor.close()


def test_a_table_in_a_recipe_survives_the_manifest_and_a_second_run(tmp_path: Path) -> None:
    steps = [LABEL, EXACT, {"name": "weights", "kind": "rehydrate", "table": {str(k): v for k, v in PEAK.items()}}]
    bench = Bench(tmp_path, copies(), steps)
    stated = bench.run().read_json("manifest.json")["recipe"]["steps"][2]
    assert stated["table"] == {"1": 1.0, "16": 4.0, "100": 1.0}
    assert RehydrateSpec.model_validate(stated).table == PEAK
    assert bench.run().read_json("manifest.json")["recipe"]["steps"][2] == stated


def test_rows_of_tracks_without_deduplication_have_no_weight(tmp_path: Path) -> None:
    bench = Bench(tmp_path, copies(), [LABEL, {**EXACT, "tracks": ["curated"]}, WEIGHTS])
    rows = pq.read_table(bench.run().join("data"), columns=["cluster_size", "sampling_weight", "repeats"]).to_pylist()
    assert len(rows) == 45
    assert rows == [{"cluster_size": None, "sampling_weight": None, "repeats": None}] * 45


def test_bands_weigh_with_and_without_the_size_of_the_cluster() -> None:
    bands = {"hq": 3, "mid": 1.5, "low": 0}
    alone = spec(bands=bands)
    assert [alone.weight(9, band) for band in ("hq", "unaudited_hq", "mid", "low", "unscored")] == [3, 3, 1.5, 0, 1]
    both = spec(exponent=0.5, bands=bands)
    assert [both.weight(size, "unaudited_mid") for size in (1, 4, 9)] == [1.5, 3.0, 4.0]
    contract = alone.contract(RESOURCES)
    assert contract.requires.names == ["doc_id", "quality_band"]
    rows = pa.record_batch({"doc_id": ids(3), "quality_band": ["hq", "unaudited_low", None]})
    found = alone.build(RESOURCES)(Batch(rows)).batch
    assert found.column("sampling_weight").to_pylist() == [3.0, 0.0, 1.0]
    assert found.column("repeats").to_pylist() == [3, 0, 1]


def test_a_band_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationError, match="hq"):
        spec(bands={"best": 2})
    with pytest.raises(ValidationError, match="give one of"):
        spec()
