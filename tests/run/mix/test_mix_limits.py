"""Mixes of what is empty, contradictory, repeated a thousand times, translated or taken down."""

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from glotmill.core.errors import RecipeError, SettingsError
from glotmill.plan.mix_recipe import parse_mix
from glotmill.provenance.folder import RunFolder
from glotmill.run.mix.sharing import share_out
from support.mixes import RECIPE, SINK, edited, mixed, planned, rows
from support.rights import TAGS, Copy, Licensed, check
from support.rights import rows as stories
from support.takedowns import taken_down

UNIMAX = {"kind": "unimax"}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Licensed:
    return Licensed(tmp_path_factory.mktemp("corpus"), stories(54), shard_mb=1, sink=SINK)


def tokens(run: RunFolder, **wanted: str) -> int:
    return sum(row["tokens"] for row in rows(run) if all(row[name] == value for name, value in wanted.items()))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"budget": 10**30, "sampling": UNIMAX}, "budget"),
        ({"budget": 10**6, "sampling": UNIMAX, "max_epochs": 1e9}, "max_epochs"),
        ({"budget": 10**6, "sampling": UNIMAX, "max_epochs": float("inf")}, "max_epochs"),
        ({"max_mt_token_fraction": 0.2}, "language and origin in by"),
        (
            {"budget": 10**3, "sampling": UNIMAX, "groups": [{"where": {"language": list(TAGS)}, "weight": 0}]},
            "missing",
        ),
    ],
)
def test_what_no_mix_can_be_is_refused_by_its_field(
    bench: Licensed, corpus: RunFolder, tmp_path: Path, wrong: dict[str, object], field: str
) -> None:
    with pytest.raises(RecipeError, match=field):
        mixed(planned(bench.project, corpus, **wrong), tmp_path)


def test_one_language_read_two_hundred_times_has_every_reading_once(
    bench: Licensed, corpus: RunFolder, tmp_path: Path
) -> None:
    size = tokens(corpus, language="khm_Khmr")
    rest = {"where": {"language": [tag for tag in TAGS if tag != "khm_Khmr"]}, "weight": 0}
    more = {"budget": size * 200, "sampling": UNIMAX, "max_epochs": 200, "groups": [rest], "part_mb": 4}
    mix = mixed(planned(bench.project, corpus, **more), tmp_path)
    epochs: dict[str, list[int]] = {}
    for row in rows(mix):
        epochs.setdefault(row["doc_id"], []).append(row["mix_epoch"])
    assert all(sorted(own) == list(range(200)) for own in epochs.values())
    assert len(epochs) == sum(row["language"] == "khm_Khmr" for row in rows(corpus))
    assert check(mix).problems == []


def test_groups_without_tokens_are_given_nothing_and_disturb_nobody() -> None:
    alpha = {"kind": "temperature", "alpha": 0}
    sizes = {("eus_Latn",): (9, 700), ("tha_Thai",): (6, 0), ("khm_Khmr",): (3, 90)}
    recipe = parse_mix(json.dumps({**RECIPE, "budget": 600, "sampling": alpha}), file="mix.yaml")
    given = {group.name: group.target for group in share_out(recipe, sizes, file="mix.yaml")}
    assert given == {"eus_Latn": 510, "khm_Khmr": 90, "tha_Thai": 0}
    whole = parse_mix(json.dumps(RECIPE), file="mix.yaml")
    assert [group.target for group in share_out(whole, sizes, file="mix.yaml")] == [700, 90, 0]


def test_a_mix_of_a_corpus_that_holds_nothing_holds_nothing(tmp_path: Path) -> None:
    bench = Licensed(tmp_path, [{**row, "license": "All rights reserved"} for row in stories(9)], shard_mb=1, sink=SINK)
    corpus = bench.run()
    assert corpus.parts() == ()
    mix = mixed(planned(bench.project, corpus), tmp_path / "mixes")
    assert mix.parts() == ()
    assert check(mix).problems == []
    with pytest.raises(RecipeError, match="100 tokens are asked for, and 0 are there"):
        mixed(planned(bench.project, corpus, budget=100, sampling=UNIMAX), tmp_path / "more")


def test_tokens_of_two_tokenizers_of_one_name_are_not_added_up(
    two_corpora: tuple[Licensed, RunFolder, RunFolder],
) -> None:
    bench, first, second = two_corpora
    for folder, digest in ((first, "a" * 64), (second, "b" * 64)):
        edited(folder, models={"utf8-bytes": {"sha256": digest, "license": "MIT"}})
    with pytest.raises(RecipeError, match=r"do not count tokens by one tokenizer .*utf8-bytes aaaa.*utf8-bytes bbbb"):
        planned(bench.project, first, second)
    assert planned(bench.project, first, second, count="utf8-bytes").parents


@pytest.mark.parametrize("wrong", ["[]", "{}", '{"format": "glotmill-manifest/1"}', '"x"'])
def test_a_manifest_of_something_else_is_refused_in_words(bench: Licensed, tmp_path: Path, wrong: str) -> None:
    (tmp_path / "manifest.json").write_text(wrong, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"manifest\.json is no manifest that this version reads"):
        planned(bench.project, RunFolder(str(tmp_path)))


def test_what_was_made_of_a_mix_is_not_mixed_again(two_corpora: tuple[Licensed, RunFolder, RunFolder]) -> None:
    bench, first, _ = two_corpora
    manifest = first.read_json("manifest.json")
    edited(first, parent={"name": "m", "version": "1.0.0", "recipe": manifest["recipe"], "models": {}, "mix": {}})
    with pytest.raises(SettingsError, match="made of one"):
        planned(bench.project, first)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.append_column("mix_epoch", pa.array([0] * len(table), pa.int32())), "a column mix_epoch"),
        (lambda table: table.drop_columns(["track"]), "no column track: it was made by another version"),
        (
            lambda table: table.set_column(
                table.schema.get_field_index("tokens"), "tokens", table["tokens"].cast("string")
            ),
            "column tokens is",
        ),
    ],
)
def test_columns_that_do_not_fit_are_named_before_anything_is_read(
    two_corpora: tuple[Licensed, RunFolder, RunFolder], change: object, message: str
) -> None:
    bench, first, second = two_corpora
    part = Path(second.address) / second.parts()[0]
    pq.write_table(change(pq.read_table(part, partitioning=None)), part)
    with pytest.raises(SettingsError, match=message):
        planned(bench.project, first, second)


@pytest.mark.parametrize("way", ["link", "dots"])
def test_a_mix_never_takes_the_place_of_one_of_its_corpora(
    two_corpora: tuple[Licensed, RunFolder, RunFolder], tmp_path: Path, way: str
) -> None:
    bench, first, _ = two_corpora
    out = Path(first.address).parent.parent
    if way == "link":
        (tmp_path / "elsewhere").symlink_to(out)
        named = RunFolder(str(tmp_path / "elsewhere/tiny/1.0.0"))
    else:
        named = RunFolder(str(out / "tiny/../tiny/1.0.0"))
    with pytest.raises(SettingsError, match="is one of the corpora"):
        mixed(planned(bench.project, named, name="tiny"), out, restart=True)
    assert check(first).problems == []


def test_what_was_taken_down_from_one_corpus_is_not_mixed_from_another(
    two_corpora: tuple[Licensed, RunFolder, RunFolder], tmp_path: Path
) -> None:
    bench, first, second = two_corpora
    (gone, *others) = [row for row in rows(first) if not row["parent_ids"]]
    taken_down(first, urls=[gone["url"]])
    held = [row["doc_id"] for row in rows(second) if row["url"] == gone["url"]]
    assert gone["doc_id"] in held
    mix = mixed(planned(bench.project, first, second), tmp_path / "mixes")
    assert {row["doc_id"] for row in rows(mix)} & set(held) == set()
    assert others[0]["doc_id"] in {row["doc_id"] for row in rows(mix)}
    ledger = [row for batch in mix.ledger() for row in batch.to_pylist()]
    assert {row["reason"] for row in ledger if row["doc_id"] in held} <= {"tombstones.document", "tombstones.url"}
    assert check(mix).problems == []


def test_translations_stay_below_their_share_or_the_mix_is_refused(tmp_path: Path) -> None:
    given = [{**row, "origin": "mt" if index % 4 == 0 else "native"} for index, row in enumerate(stories(90))]
    bench = Licensed(tmp_path, given, shard_mb=1, sink=SINK)
    corpus = bench.run()
    by = ["language", "origin"]
    sizes = Counter({(row["language"], row["origin"]): 0 for row in rows(corpus)})
    for row in rows(corpus):
        sizes[row["language"], row["origin"]] += row["tokens"]
    translated = sizes["eus_Latn", "mt"] / (sizes["eus_Latn", "mt"] + sizes["eus_Latn", "native"])
    with pytest.raises(RecipeError, match=r"tokens of \w+ would be translations, 0\.[2-9]\d+ of them"):
        mixed(planned(bench.project, corpus, by=by, max_mt_token_fraction=translated / 2), tmp_path / "refused")
    none = {"where": {"origin": ["mt"]}, "weight": 0}
    mix = mixed(planned(bench.project, corpus, by=by, max_mt_token_fraction=0.0, groups=[none]), tmp_path / "native")
    assert {row["origin"] for row in rows(mix)} <= {"native", "augmented"}
    assert check(mix).problems == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda mix: mix["groups"][0]["taken"].update(units=1), "group arb_Arab has"),
        (lambda mix: mix["groups"][1]["left_out"].update(documents=3), "documents of group cmn_Hani do not balance"),
        (lambda mix: mix.update(units=1), "units of the groups do not add up"),
        (lambda mix: mix.update(budget=1), "do not add up to the budget"),
        (lambda mix: mix["groups"].pop(), "rows of group tur_Latn, which it does not list"),
    ],
)
def test_an_account_of_groups_that_is_not_so_does_not_verify(
    several: RunFolder, tmp_path: Path, change: Callable[[Any], None], problem: str
) -> None:
    copy = Copy(several, tmp_path)
    copy.edit_manifest(lambda manifest: change(manifest["mix"]))
    assert any(problem in one for one in copy.problems())


def test_a_reading_that_is_missing_or_in_another_group_does_not_verify(several: RunFolder, tmp_path: Path) -> None:
    def change(found: list[dict[str, Any]]) -> None:
        first = next(row for row in found if row["mix_epoch"] == 1)
        first["mix_epoch"] = 7
        other = next(row for row in found if row["mix_group"] != "tha_Thai")
        other["mix_group"] = "tha_Thai"

    copy = Copy(several, tmp_path)
    copy.rewrite(several.parts()[0], change)
    problems = copy.problems()
    assert any("has reading 7 and lacks the one before" in one for one in problems)
    assert any("group tha_Thai has" in one for one in problems)


@pytest.fixture(scope="module")
def several(bench: Licensed, corpus: RunFolder, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A mix with repeats in every part."""
    more = {"budget": 9_000, "sampling": {"kind": "temperature", "alpha": 0}, "max_epochs": 4}
    return mixed(planned(bench.project, corpus, **more), tmp_path_factory.mktemp("mix"))


def test_a_document_that_is_read_several_times_is_credited_once_with_the_steps_of_its_corpus(
    several: RunFolder, corpus: RunFolder
) -> None:
    text = (Path(several.address) / "ATTRIBUTION.md").read_text(encoding="utf-8")
    credited = re.findall(r"row ([0-9a-f]{32})", text)
    assert len(credited) == len(set(credited)) > 20
    documents = {row["doc_id"] for row in rows(several)}
    assert len(documents) < len(rows(several))
    assert f"{len(credited):,} of {len(documents):,} documents" in text
    steps = [*corpus.read_json("manifest.json")["steps"], "nahasketa@1.0.0 rights permit", "nahasketa@1.0.0 mix mix"]
    assert re.findall(r"^1\. (.*)$", text.replace("\\_", "_"), re.MULTILINE) == steps
    croissant = json.loads((Path(several.address) / "croissant.json").read_text(encoding="utf-8"))
    assert croissant["rai:dataPreprocessingProtocol"] == steps
    sizes = (Path(several.address) / "training-domains.tsv").read_text(encoding="utf-8")
    _, domain, size, told, _ = sizes.splitlines()[1].split("\t")
    own = {row["doc_id"]: row["text"] for row in rows(several) if f"{domain}/" in row["url"]}
    assert (int(told), int(size)) == (len(own), sum(len(text.encode()) for text in own.values()))
