"""Mixes: what is taken and how often, in which order, the same bytes however it is made, and nothing that is not allowed."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from glotmill.core.errors import DataError, PlanConflictError, RecipeError, SettingsError
from glotmill.executors.local import LocalExecutor
from glotmill.io import storage
from glotmill.plan import mixing as planning
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.receipts import Receipt
from glotmill.run.mix import mixing
from glotmill.run.mix.shuffling import GatherTask, ScatterTask
from support.corpora import digests
from support.mixes import SINK, account, edited, mixed, planned, rows
from support.rights import STEPS, TAGS, Licensed, check
from support.rights import rows as stories
from support.takedowns import holding, taken_down

ALPHA = {"kind": "temperature", "alpha": 0.3}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Licensed:
    return Licensed(tmp_path_factory.mktemp("corpus"), stories(108), shard_mb=1, sink=SINK)


def test_a_mix_without_a_budget_is_the_corpus_in_another_order(
    bench: Licensed, corpus: RunFolder, tmp_path: Path
) -> None:
    mix = mixed(planned(bench.project, corpus), tmp_path)
    found, before = rows(mix), [row["doc_id"] for row in rows(corpus)]
    after = [row["doc_id"] for row in found]
    assert sorted(after) == sorted(before)
    assert after != before
    assert len(mix.parts()) > 1
    languages = [row["language"] for row in found]
    changes = sum(first != second for first, second in pairwise(languages))
    assert changes > len(languages) * 0.7  # 0.89 by chance for nine equal languages
    texts = {row["doc_id"]: row["text"] for row in rows(corpus)}
    assert all(texts[row["doc_id"]] == row["text"] for row in found)
    assert check(mix).problems == []


def test_another_seed_gives_another_order_of_the_same_rows(bench: Licensed, corpus: RunFolder, tmp_path: Path) -> None:
    first = [row["doc_id"] for row in rows(mixed(planned(bench.project, corpus), tmp_path / "a"))]
    second = [row["doc_id"] for row in rows(mixed(planned(bench.project, corpus, seed=8), tmp_path / "b"))]
    assert sorted(first) == sorted(second)
    assert first != second


def test_the_bytes_do_not_depend_on_workers(bench: Licensed, corpus: RunFolder, tmp_path: Path) -> None:
    plan = planned(bench.project, corpus, budget=9_000, sampling=ALPHA, max_epochs=4)
    alone = mixed(plan, tmp_path / "one")
    executor = LocalExecutor(2)
    try:
        together = mixed(plan, tmp_path / "two", executor=executor)
    finally:
        executor.close()
    assert digests(alone) == digests(together)


@pytest.mark.parametrize("killed", [ScatterTask, GatherTask])
def test_a_mix_that_was_interrupted_ends_with_the_same_bytes(
    bench: Licensed, corpus: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: type
) -> None:
    plan = planned(bench.project, corpus, budget=9_000, sampling=ALPHA, max_epochs=4)
    whole = mixed(plan, tmp_path / "whole")
    call = killed.__call__

    def dies(self: object, index: int) -> Receipt:
        if index == 1:
            raise KeyboardInterrupt
        return call(self, index)

    with monkeypatch.context() as patch:
        patch.setattr(killed, "__call__", dies)
        with pytest.raises(KeyboardInterrupt):
            mixed(plan, tmp_path / "killed")
    assert not (tmp_path / "killed/nahasketa/1.0.0/manifest.json").exists()
    again = mixed(plan, tmp_path / "killed")
    assert digests(again) == digests(whole)
    assert not list(Path(again.address).glob("phase-0/keys*")) + list(Path(again.address).glob("phase-0/data*"))


def test_a_budget_is_shared_by_temperature_and_met_to_a_document(
    bench: Licensed, corpus: RunFolder, tmp_path: Path
) -> None:
    mix = mixed(planned(bench.project, corpus, budget=9_000, sampling=ALPHA, max_epochs=4), tmp_path)
    groups = account(mix)
    sizes = {name: one["available"]["units"] for name, one in groups.items()}
    weights = {name: (size / sum(sizes.values())) ** 0.3 for name, size in sizes.items()}
    longest = max(row["tokens"] for row in rows(corpus))
    for name, one in groups.items():
        assert abs(one["target"] - 9_000 * weights[name] / sum(weights.values())) < 1
        read = one["taken"]["units"] + one["repeated"]["units"]
        assert one["target"] - longest < read <= one["target"]
        assert one["available"]["units"] == one["taken"]["units"] + one["left_out"]["units"]
    assert sum(one["target"] for one in groups.values()) == 9_000
    assert check(mix).problems == []


def test_documents_are_repeated_at_most_as_often_as_allowed_and_never_by_one_twice(
    bench: Licensed, corpus: RunFolder, tmp_path: Path
) -> None:
    small = {"where": {"language": ["eus"]}, "max_epochs": 2.5, "budget": 1_000_000}
    with pytest.raises(
        RecipeError, match=r"eus_Latn is given 1,000,000 tokens and has [\d,]+ at most: [\d,]+ are missing"
    ):
        mixed(planned(bench.project, corpus, budget=2_000_000, sampling=ALPHA, groups=[small]), tmp_path)
    size = sum(row["tokens"] for row in rows(corpus) if row["language"] == "khm_Khmr")
    khmer = {"where": {"language": ["khm_Khmr"]}, "max_epochs": 3, "budget": int(size * 2.5)}
    rest = {"where": {"language": [tag for tag in TAGS if tag != "khm_Khmr"]}, "weight": 0}
    plan = planned(bench.project, corpus, budget=int(size * 2.5), sampling={"kind": "unimax"}, groups=[khmer, rest])
    mix = mixed(plan, tmp_path)
    times = Counter(row["doc_id"] for row in rows(mix))
    assert set(times.values()) == {2, 3}
    epochs = Counter((row["doc_id"], row["mix_epoch"]) for row in rows(mix))
    assert set(epochs.values()) == {1}
    assert {row["mix_group"] for row in rows(mix)} == {"khm_Khmr"}
    assert {row["reason"] for batch in mix.ledger() for row in batch.to_pylist()} == {"mix.weight_zero"}
    verdict = check(mix)
    assert verdict.problems == []
    counted = mix.read_json("manifest.json")["account"]
    assert counted["read"] + counted["derived"] == counted["kept"] + counted["dropped"]
    assert counted["derived"] == len(rows(mix)) - len(times)


def test_a_budget_that_the_caps_do_not_give_says_what_is_missing(
    bench: Licensed, corpus: RunFolder, tmp_path: Path
) -> None:
    there = sum(row["tokens"] for row in rows(corpus))
    plan = planned(bench.project, corpus, budget=there * 2 + 5, sampling={"kind": "unimax"}, max_epochs=2)
    with pytest.raises(
        RecipeError, match=rf"{there * 2 + 5:,} tokens are asked for, and {there * 2:,} are there .*: 5 are missing"
    ):
        mixed(plan, tmp_path)


def test_no_row_passes_that_the_policy_of_the_mix_forbids(bench: Licensed, corpus: RunFolder, tmp_path: Path) -> None:
    mix = mixed(planned(bench.project, corpus, allow="open-definition"), tmp_path)
    before = Counter(row["license_class"] for row in rows(corpus))
    after = Counter(row["license_class"] for row in rows(mix))
    assert before["noncommercial"] > 0
    assert after["noncommercial"] == 0
    assert after["attribution"] == before["attribution"]
    ledger = [row for batch in mix.ledger() for row in batch.to_pylist()]
    assert Counter(row["reason"] for row in ledger)["permit.not_allowed"] >= before["noncommercial"]
    assert all(row["sample"] is None and row["url"] is None for row in ledger)
    manifest = mix.read_json("manifest.json")
    assert manifest["policies"] == ["open-definition"]
    assert check(mix).problems == []


def test_a_row_whose_owner_denies_training_is_left_out(tmp_path: Path) -> None:
    given = [
        {**row, "consent": "train-ai=denied by tdmrep"} if index % 5 == 0 else row
        for index, row in enumerate(stories(60))
    ]
    bench = Licensed(tmp_path, given, shard_mb=1, sink=SINK)
    corpus = bench.run()
    denied = sum(row["consent"].startswith("train-ai=denied") for row in rows(corpus))
    strict = mixed(planned(bench.project, corpus), tmp_path / "strict")
    loose = mixed(planned(bench.project, corpus, consent="record-only"), tmp_path / "loose")
    assert denied > 0
    assert len(rows(strict)) == len(rows(corpus)) - denied
    assert len(rows(loose)) == len(rows(corpus))
    assert check(strict).problems == check(loose).problems == []


def test_the_manifest_names_its_parents_by_digest(bench: Licensed, corpus: RunFolder, tmp_path: Path) -> None:
    mix = mixed(planned(bench.project, corpus), tmp_path)
    manifest = mix.read_json("manifest.json")
    assert manifest["mix"]["units"] == sum(row["tokens"] for row in rows(mix))
    (parent,) = manifest["parents"]
    assert (parent["name"], parent["version"]) == ("tiny", "1.0.0")
    assert parent["manifest_sha256"] == storage.sha256(corpus.join("manifest.json"))[0]
    assert "parts" not in parent


def test_a_document_of_two_corpora_is_read_once_and_from_the_first(
    bench: Licensed, corpus: RunFolder, tmp_path: Path
) -> None:
    bench.write_recipe(STEPS, languages=list(TAGS), version="2.0.0", shard_mb=1, sink=SINK)
    other = bench.run()
    mix = mixed(planned(bench.project, corpus, other, by=["language", "corpus"]), tmp_path)
    assert len(rows(mix)) == len(rows(corpus))
    assert {row["mix_group"].partition("/")[2] for row in rows(mix)} == {"tiny@1.0.0"}
    assert mix.read_json("manifest.json")["mix"]["in_several_parents"] == len(rows(other))
    assert check(mix).problems == []
    with pytest.raises(SettingsError, match="is a mix itself"):
        planned(bench.project, mix)
    with pytest.raises(SettingsError, match="named twice"):
        planned(bench.project, corpus, corpus)


def test_models_and_generators_of_one_name_all_stand_in_the_manifest(
    two_corpora: tuple[Licensed, RunFolder, RunFolder], tmp_path: Path
) -> None:
    bench, first, second = two_corpora
    old, new = {"sha256": "a" * 64, "license": "CC-BY-SA-3.0"}, {"sha256": "b" * 64, "license": "CC-BY-NC-4.0"}
    engine = {"name": "itzuli", "revision": "1", "license": "GPL-3.0-only", "output": "no terms"}
    edited(first, models={"lid176": old, "words": old}, generators={"itzuli": engine})
    edited(second, models={"lid176": new, "words": old}, generators={"itzuli": {**engine, "output": "name the engine"}})
    mix = mixed(planned(bench.project, first, second), tmp_path / "mixes")
    manifest = mix.read_json("manifest.json")
    assert manifest["models"] == {"lid176 of tiny@1.0.0": old, "lid176 of tiny@2.0.0": new, "words": old}
    said = {name: one["output"] for name, one in manifest["generators"].items()}
    assert said == {"itzuli of tiny@1.0.0": "no terms", "itzuli of tiny@2.0.0": "name the engine"}
    assert check(mix).problems == []


def test_a_language_is_proven_as_far_as_in_the_corpus_where_it_is_least(
    two_corpora: tuple[Licensed, RunFolder, RunFolder], tmp_path: Path
) -> None:
    bench, first, second = two_corpora
    edited(
        first,
        languages={
            "tha_Thai": {"status": "proven", "evidence": "a"},
            "eus_Latn": {"status": "proven", "evidence": "b"},
        },
    )
    edited(
        second,
        languages={
            "tha_Thai": {"status": "unproven", "evidence": "a"},
            "khm_Khmr": {"status": "none", "evidence": None},
        },
    )
    manifest = mixed(planned(bench.project, first, second), tmp_path / "mixes").read_json("manifest.json")
    assert manifest["languages"] == {
        "eus_Latn": {"status": "proven", "evidence": "b"},
        "khm_Khmr": {"status": "none", "evidence": None},
        "tha_Thai": {"status": "unproven", "evidence": None},
    }


def test_corpora_that_contradict_each_other_on_terms_are_not_mixed(
    two_corpora: tuple[Licensed, RunFolder, RunFolder],
) -> None:
    bench, first, second = two_corpora
    sources = second.read_json("manifest.json")["sources"]
    edited(second, sources={"stories": {**sources["stories"], "terms": "no use for training"}})
    with pytest.raises(SettingsError, match="say different things of the terms of source 'stories'"):
        planned(bench.project, first, second)


def test_a_takedown_reaches_every_copy_in_a_mix(tmp_path: Path) -> None:
    bench = Licensed(tmp_path, stories(60), shard_mb=1, sink=SINK)
    corpus = bench.run()
    mix = mixed(planned(bench.project, corpus, budget=8_000, sampling=ALPHA, max_epochs=6), tmp_path / "mixes")
    times = Counter(row["doc_id"] for row in rows(mix))
    chosen = next(row for row in rows(mix) if times[row["doc_id"]] > 2)
    taken_down(corpus, also=[mix], urls=[chosen["url"]])
    assert chosen["doc_id"] not in {row["doc_id"] for row in rows(mix)}
    assert holding(Path(mix.address), chosen["text"], chosen["url"]) == []
    assert check(mix).problems == []
    assert check(corpus).problems == []
    manifest = mix.read_json("manifest.json")
    assert manifest["release"] == "2.0.0"
    with pytest.raises(PlanConflictError, match="documents were taken down"):
        mixed(planned(bench.project, corpus, budget=8_000, sampling=ALPHA, max_epochs=6), tmp_path / "mixes")


def test_a_mix_of_another_recipe_is_not_written_over(bench: Licensed, corpus: RunFolder, tmp_path: Path) -> None:
    mixed(planned(bench.project, corpus), tmp_path)
    with pytest.raises(PlanConflictError, match=r"recipe\.steps\.1\.seed: 7 -> 9"):
        mixed(planned(bench.project, corpus, seed=9), tmp_path)
    anew = mixed(planned(bench.project, corpus, seed=9), tmp_path, restart=True)
    assert digests(anew) == digests(mixed(planned(bench.project, corpus, seed=9), tmp_path / "fresh"))


def test_a_part_that_was_exchanged_is_refused(tmp_path: Path) -> None:
    bench = Licensed(tmp_path, stories(60), shard_mb=1, sink=SINK)
    corpus = bench.run()
    first, second, *_ = corpus.parts()
    (Path(corpus.address) / first).write_bytes((Path(corpus.address) / second).read_bytes())
    with pytest.raises(ExceptionGroup) as raised:
        mixed(planned(bench.project, corpus), tmp_path / "mixes")
    (error,) = raised.value.exceptions
    assert isinstance(error, DataError)
    assert "is not as the manifest of tiny@1.0.0 says" in str(error)


def test_many_buckets_of_keys_give_the_same_bytes(
    bench: Licensed, corpus: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = planned(bench.project, corpus, budget=5_000, sampling=ALPHA, max_epochs=2)
    assert len(plan.pieces) > 3
    one = mixed(plan, tmp_path / "one")
    monkeypatch.setattr(mixing, "_BUCKET_ROWS", 17)
    many = mixed(plan, tmp_path / "many")
    assert len(list(Path(many.address).glob("phase-0/receipts/select-*"))) > 5
    assert digests(one) == digests(many)


def test_how_parts_are_read_together_or_cut_does_not_change_the_bytes(
    bench: Licensed, corpus: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = {}
    for size in (1, 20_000, 1 << 30):
        monkeypatch.setattr(planning, "_PIECE_BYTES", size)
        plan = planned(bench.project, corpus, budget=5_000, sampling=ALPHA, max_epochs=2)
        kinds[len(plan.pieces)] = digests(mixed(plan, tmp_path / str(size)))
    assert min(kinds) == 1
    assert len(kinds) == 3
    assert len({tuple(found.items()) for found in kinds.values()}) == 1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"allow": "open-definitoin"}, "open-definition"),
        ({"budget": 100}, "budget and sampling go together"),
        ({"by": ["quality_band"]}, "no corpus has the column quality_band"),
        ({"seed": None}, "seed"),
        (
            {"budget": 10, "sampling": ALPHA, "groups": [{"where": {"source": ["x"]}}]},
            "source does not make groups here",
        ),
        ({"budget": 10, "sampling": {"kind": "temprature", "alpha": 1}}, "temperature"),
        ({"max_epochs": 2}, "need a budget"),
    ],
)
def test_a_wrong_recipe_says_which_field(
    bench: Licensed, corpus: RunFolder, wrong: dict[str, object], message: str
) -> None:
    with pytest.raises(RecipeError, match=message):
        planned(bench.project, corpus, **wrong)


def test_a_rule_that_matches_nothing_names_what_there_is(bench: Licensed, corpus: RunFolder, tmp_path: Path) -> None:
    plan = planned(bench.project, corpus, budget=10, sampling=ALPHA, groups=[{"where": {"language": ["fin_Latn"]}}])
    with pytest.raises(RecipeError, match=r"(?s)no document that may be taken has language 'fin_Latn'.*eus_Latn"):
        mixed(plan, tmp_path)
