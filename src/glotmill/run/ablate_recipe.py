"""An ablation by its recipe: the documents of two finished runs, held-out text of a source, and a verdict over several draws."""

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow.compute as pc
import pyarrow.parquet as pq

from glotmill.core.arrow import optional_texts
from glotmill.core.errors import DataError, RecipeError, SettingsError
from glotmill.dedup.learnable import learnable
from glotmill.dedup.tombstones import Tombstones
from glotmill.io import storage
from glotmill.io.columns import TableSource
from glotmill.io.sharding import freeze_inputs
from glotmill.plan.ablation import Ablation as Recipe
from glotmill.provenance.folder import RunFolder
from glotmill.run.ablate import Ablation, Texts, agreed, compare, on_one_line
from glotmill.text.tags import canonical

_ROWS = 1_000  # read at a time
_SLICE = 64 << 20  # bytes of held-out text read at a time


@dataclass(frozen=True, slots=True)
class Draws:
    """What each draw found.

    Args:
        draws: seed -> what it found.
        better: 0 or 1 for the corpus that every draw finds better, None where they do not agree on one.
    """

    draws: dict[int, Ablation]
    better: int | None


def ablate_recipe(recipe: Recipe, *, runs: str, held_out: str, taken_down: Tombstones) -> Draws:
    """Compare the two runs of an ablation recipe, once for each of its seeds.

    Args:
        recipe: what to compare.
        runs: folder of the runs, the `--out` that they were written to.
        held_out: location of the held-out text.
        taken_down: of the project; what is under it is no held-out text.

    Raises:
        SettingsError: a run is not there, or not finished.
        DataError: a corpus or the held-out text has too few documents in the language.
    """
    first, second = (_corpus(runs, folder, recipe.language) for folder in recipe.folders)
    judged = Texts(recipe.held_out.of, _held_out(recipe.held_out, held_out, recipe.language, taken_down))
    found = {seed: compare((first, second), judged, words=recipe.head.words, seed=seed) for seed in recipe.head.seeds}
    return Draws(found, agreed(list(found.values())))


def _corpus(runs: str, folder: str, language: str) -> Texts:
    run = RunFolder(storage.join(runs, folder))
    if not storage.exists(run.join("manifest.json")):
        raise SettingsError(
            f"{run.address} is no finished run\n  Run the recipe that is named {folder.partition('/')[0]} with --out {runs}, or say "
            "with --runs where its runs are"
        )
    columns = {column["name"] for column in run.read_json("manifest.json")["columns"]}
    missing = sorted({"language", "text"} - columns)
    if missing:
        raise SettingsError(
            f"{run.address} stores no {' and no '.join(missing)}: without it nobody knows what to compare\n  Add a step of kind "
            "identify to its recipe and run it under a new version, or compare folders: glotmill ablate FIRST SECOND"
        )

    def batches() -> Iterator[list[str | None]]:
        for part in run.parts():
            with storage.open_read(run.join(part)) as stream:
                for rows in pq.ParquetFile(stream).iter_batches(batch_size=_ROWS, columns=["language", "text"]):
                    yield optional_texts(rows.filter(pc.equal(rows.column("language"), language)).column("text"))

    texts = on_one_line(batches(), run.address)
    if not texts:
        raise DataError(f"{run.address} has no document in {language}")
    return Texts(folder.replace("/", "@"), texts)


def _held_out(source: TableSource, location: str, language: str, taken_down: Tombstones) -> list[str]:
    """Return the held-out text: native, not taken down, and in the language where rows say theirs."""
    refuse = learnable(taken_down)

    def batches() -> Iterator[list[str | None]]:
        for file in freeze_inputs(source, location).files:
            for part in source.split(file, _SLICE):
                for outcome in source.read(part):
                    rows = outcome.batch.rows
                    claims, texts = (optional_texts(rows.column(name)) for name in ("language", "text"))
                    verdicts = zip(texts, claims, refuse(rows), strict=True)
                    yield [text for text, claim, why in verdicts if why is None and _may_be(claim, language)]

    return on_one_line(batches(), source.of)


def _may_be(claim: str | None, language: str) -> bool:
    try:
        return not claim or canonical(claim) == language
    except RecipeError:
        return False
