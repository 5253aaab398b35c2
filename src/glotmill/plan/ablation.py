"""An ablation recipe: which two corpora are compared, on which held-out text, with how many words and draws."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field, StrictStr, field_validator

from glotmill.core.errors import RecipeError
from glotmill.core.steps import Frozen
from glotmill.core.yamlfile import load, validate
from glotmill.io.columns import TableSource
from glotmill.licensing.sources import load_source, source_file
from glotmill.licensing.table import TABLE_FILE, load_table
from glotmill.plan.project import ProjectFiles
from glotmill.plan.recipe import parse_languages, parse_sources
from glotmill.plan.resolve import source_files

KIND: Final = "ablation"
_RUN = r"^[a-z0-9][a-z0-9_-]*@\d+\.\d+\.\d+([.-][a-z0-9]+)*$"


class AblationHead(Frozen):
    """`pipelines/<name>.yaml` of the kind `ablation`, before its source gets its own class.

    Args:
        kind: what tells it from the recipe of a corpus.
        name: of the ablation.
        version: of this file, three parts.
        description: for people.
        language: whose documents are compared.
        corpora: two finished runs, `<name>@<version>`: the first less the second is what is reported.
        held_out: source of text that people wrote and neither corpus was made from.
        words: of each corpus, at most.
        seeds: draws; a corpus is better where it is with each of them.
    """

    kind: Literal["ablation"]
    name: Annotated[StrictStr, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
    version: Annotated[StrictStr, Field(pattern=r"^\d+\.\d+\.\d+([.-][a-z0-9]+)*$")]
    description: StrictStr = ""
    language: StrictStr
    corpora: tuple[Annotated[StrictStr, Field(pattern=_RUN)], Annotated[StrictStr, Field(pattern=_RUN)]]
    held_out: dict[str, object]
    words: int = Field(default=500_000, ge=500, le=5_000_000)
    seeds: Annotated[tuple[Annotated[int, Field(ge=0, lt=2**31)], ...], Field(min_length=1, max_length=20)] = (1, 2, 3)

    @field_validator("seeds")
    @classmethod
    def _each_once(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(seeds)) < len(seeds):
            raise ValueError("a seed stands twice: the same draw says the same")
        return seeds


@dataclass(frozen=True, slots=True)
class Ablation:
    """An ablation recipe with every file read.

    Args:
        head: its own fields.
        language: canonical tag.
        held_out: source.
    """

    head: AblationHead
    language: str
    held_out: TableSource

    @property
    def folders(self) -> tuple[str, str]:
        """Where the two runs are below the folder of runs: `<name>/<version>`."""
        first, second = (run.replace("@", "/") for run in self.head.corpora)
        return first, second


def is_ablation(value: object) -> bool:
    """Tell whether what stands in a file of `pipelines/` says that it is an ablation."""
    return isinstance(value, Mapping) and value.get("kind") == KIND


def resolve_ablation(project: ProjectFiles, recipe_file: str) -> Ablation:
    """Return the ablation of a project file.

    Raises:
        RecipeError: the file or the manifest of its source is wrong or missing; names file and field, and says what would be right.
    """
    text = project.read(recipe_file)
    if text is None:
        raise RecipeError("no such file", file=recipe_file)
    value = load(text, file=recipe_file)
    if not isinstance(value, dict) or not is_ablation(value):
        remedy = f"Write `kind: {KIND}` into it; to build a corpus by it, `glotmill run`."
        raise RecipeError("it is no ablation", file=recipe_file, field="kind", remedy=remedy)
    head = validate(value, AblationHead, file=recipe_file)
    if head.corpora[0] == head.corpora[1]:
        raise RecipeError(
            "both corpora are one and the same",
            file=recipe_file,
            field="corpora",
            remedy="Name two runs, `<name>@<version>`, that differ in one setting.",
        )
    (language,) = parse_languages((head.language,), file=recipe_file)
    (source,) = parse_sources([head.held_out], prefix="held_out", file=recipe_file)
    if not isinstance(source, TableSource):
        remedy = "Held-out text is of rows: kind jsonl or parquet."
        raise RecipeError("pages have no text of their own", file=recipe_file, field="held_out.kind", remedy=remedy)
    files = source_files(project, source, place=recipe_file)
    table = load_table(project.read(TABLE_FILE) or "", TABLE_FILE)
    load_source(files[source_file(source.of)], source_file(source.of), table)
    return Ablation(head, language, source)
