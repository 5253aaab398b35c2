"""Mixes in tests: recipes as text, and one call that makes one."""

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from glotmill.executors.base import Executor
from glotmill.executors.local import LocalExecutor
from glotmill.plan.mixing import MixPlan, plan_mix
from glotmill.plan.project import Project
from glotmill.provenance.folder import RunFolder
from glotmill.run.mix.mixing import Mixer
from support.corpora import SENTENCES
from support.rights import STEPS, TAGS, Licensed
from support.rights import rows as stories

RECIPE: dict[str, Any] = {
    "name": "nahasketa",
    "version": "1.0.0",
    "seed": 7,
    "allow": "nc-research",
    "consent": "strictest",
    "count": "tokens",
    "by": ["language"],
    "part_mb": 0.03,
    "row_group_rows": 10,
}
SINK = {"kind": "parquet", "partition_by": ["license_class"], "part_mb": 0.05, "row_group_rows": 20}


def two_versions(folder: Path) -> Licensed:
    """A bench that has run its recipe twice, as versions 1.0.0 and 2.0.0 of the same documents."""
    bench = Licensed(folder, stories(36), shard_mb=1, sink=SINK)
    bench.run()
    bench.write_recipe(STEPS, languages=list(TAGS), version="2.0.0", shard_mb=1, sink=SINK)
    bench.run()
    return bench


def copies(bench: Licensed, place: Path) -> tuple[RunFolder, RunFolder]:
    """Copies of both versions, to tamper with."""
    shutil.copytree(bench.out, place / "out")
    return RunFolder(str(place / "out/tiny/1.0.0")), RunFolder(str(place / "out/tiny/2.0.0"))


def edited(folder: RunFolder, **more: object) -> None:
    """Let a corpus's manifest say something else."""
    folder.write_json("manifest.json", {**folder.read_json("manifest.json"), **more})


def small_tokenizer(folder: Path) -> Path:
    """The file of a byte-level tokenizer of 400 tokens, trained on the sentences of the tests."""
    found = Tokenizer(models.BPE())
    found.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=["</s>"], initial_alphabet=alphabet, show_progress=False
    )
    found.train_from_iterator(SENTENCES, trainer)
    path = folder / "tokenizer.json"
    found.save(str(path))
    return path


def planned(project: Path, *runs: RunFolder, **more: Any) -> MixPlan:
    """The plan of a mix; a field that is None is left out of the recipe."""
    recipe = {name: value for name, value in {**RECIPE, **more}.items() if value is not None}
    return plan_mix(Project(project), "mix.yaml", json.dumps(recipe), [run.address for run in runs])


def mixed(plan: MixPlan, out: Path, *, executor: Executor | None = None, restart: bool = False) -> RunFolder:
    """Make a mix; in this process unless told otherwise."""
    return Mixer(plan, str(out), executor=executor or LocalExecutor(1), restart=restart).run()


def rows(folder: RunFolder) -> list[dict[str, Any]]:
    """The rows of a mix, in its order."""
    tables = [pq.read_table(Path(folder.address) / part, partitioning=None) for part in folder.parts()]
    return pa.concat_tables(tables).to_pylist() if tables else []


def account(folder: RunFolder) -> dict[str, Any]:
    """What a mix says of its groups, by name."""
    return {"/".join(one["group"].values()): one for one in folder.read_json("manifest.json")["mix"]["groups"]}
