"""The shape of `manifest.json`, from which its JSON Schema is generated."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, ValidationError

from glotmill.licensing.sources import SourceManifest

Sha1 = Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Instant = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
Count = Annotated[StrictInt, Field(ge=0)]
Histogram = dict[StrictStr, Annotated[StrictInt, Field(ge=1)]]
Release = Annotated[str, Field(pattern=r"^[1-9]\d*\.(0|[1-9]\d*)\.(0|[1-9]\d*)$")]


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Crawled(_Shape):
    """When the pages were fetched, in UTC.

    Args:
        first: the earliest `crawl_time`.
        last: the latest.
    """

    first: Instant
    last: Instant


class Counted(_Shape):
    """What is counted of a part, and of the corpus.

    Args:
        documents: rows.
        tokens: sum of the column `tokens`; 0 where no step counted any.
        bytes: of the files.
        histograms: column -> value -> rows. `-` is no value. Of `domain`, the registered domain of `url`, the 100 with
            the most rows are listed per part and 1,000 of the corpus, and `*` counts the rest.
        labels: language -> label -> rows.
        crawled: null where no row says when it was fetched.
    """

    documents: Count
    tokens: Count
    bytes: Count
    histograms: dict[StrictStr, Histogram]
    labels: dict[StrictStr, Histogram]
    crawled: Crawled | None


class PartEntry(Counted):
    """One part file.

    Args:
        path: relative to the run's folder; `-r2` names the release that wrote the part again.
        sha256: of the file.
        sha1: of the file; SPDX 2.3 asks for it.
        digest: over rows and statements; the Parquet footer repeats it (`glotmill.digest`).
        steps: what every row went through, first to last: `corpus@version step kind`.
    """

    path: Annotated[str, Field(pattern=r"^data/(?:[A-Za-z0-9_.%~-]+/)*part-\d+(?:-r\d+)?\.parquet$")]
    sha256: Sha256
    sha1: Sha1
    digest: Sha256
    steps: tuple[StrictStr, ...]


class Account(_Shape):
    """Where every row went: read + derived = kept + dropped + quarantined.

    Args:
        steps: the same for each step, with reasons by language.
    """

    read: Count
    derived: Count
    kept: Count
    dropped: Count
    quarantined: Count
    steps: tuple[dict[StrictStr, Any], ...]


class InputEntry(_Shape):
    """One input file; `digest` is `xxh3:` or `etag:` and its value."""

    source: StrictStr
    name: StrictStr
    bytes: Count
    digest: StrictStr


class Inputs(_Shape):
    """The frozen list of inputs and its digest."""

    digest: StrictStr
    files: tuple[InputEntry, ...]


class Column(_Shape):
    """One column of the corpus; `type` is Arrow's name of it."""

    name: StrictStr
    type: StrictStr


class _Open(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow")


class StepEntry(_Open):
    """One step of the recipe, with the fields of its kind beside these."""

    name: StrictStr
    kind: StrictStr


class SinkEntry(_Open):
    """The recipe's sink."""

    partition_by: tuple[StrictStr, ...]


class SourceEntry(_Open):
    """One source of the recipe."""

    kind: StrictStr
    of: StrictStr


class RecipeEntry(_Open):
    """The recipe, with every default filled in."""

    source: tuple[SourceEntry, ...]
    steps: tuple[StepEntry, ...]
    sink: SinkEntry


class Ancestor(_Open):
    """The manifest of a corpus that this one was derived from, without its parts."""

    name: StrictStr
    version: StrictStr
    recipe: RecipeEntry
    parent: "Ancestor | None" = None


class ParentEntry(Ancestor):
    """The manifest of a corpus that a mix takes documents from, without its parts, and the SHA-256 of the whole."""

    manifest_sha256: Sha256


class MixedAmount(_Shape):
    """Documents, and what the recipe of a mix counts: tokens, or bytes of text."""

    documents: Count
    units: Count


class MixedGroup(_Shape):
    """What a mix made of one group of documents.

    Args:
        group: what its documents agree in.
        available: what its corpora have of it that may be taken.
        target: units that it was given.
        taken: documents that are taken at least once.
        repeated: copies beyond the first.
        left_out: documents that are not taken.
        max_epochs: how often a document was to be taken at most.
        epochs: how often a unit is read, on average.
    """

    group: dict[StrictStr, StrictStr]
    available: MixedAmount
    target: Count
    taken: MixedAmount
    repeated: MixedAmount
    left_out: MixedAmount
    max_epochs: float
    epochs: float


class MixEntry(_Shape):
    """How documents of several corpora were mixed, as it was when the mix was made.

    Args:
        seed: of selection and order.
        count: what units are: `tokens` or `utf8-bytes`.
        budget: that was asked for; null where every document is taken once.
        units: taken and repeated.
        in_several_parents: rows that were passed over, since an earlier corpus holds the same document.
        groups: in the order of their values.
    """

    seed: Count
    count: StrictStr
    budget: Count | None
    units: Count
    in_several_parents: Count
    groups: tuple[MixedGroup, ...]


class PublisherEntry(_Shape):
    """Who gives the corpus to others; `published` is a day, ISO 8601."""

    name: StrictStr
    url: StrictStr
    contact: StrictStr | None
    published: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")] | None


class Manifest(_Shape):
    """`manifest.json`: what a corpus holds, what made it, and what became of everything else.

    Args:
        format: version of this shape.
        release: of this corpus, by semver.org; taking documents out raises the first number.
        schema_version: of the columns.
        name: of the recipe.
        version: of the recipe.
        description: of the recipe.
        publisher: of the recipe; null where it names none.
        fingerprint: of the plan; part footers name it as `glotmill.plan`.
        languages: tag -> status of its bounds, digest of the evidence.
        recipe: with every default filled in.
        files: project file -> SHA-256, of everything that decided.
        models: name -> SHA-256 and license.
        generators: what wrote rows (`origin` other than `native`) by its name in the registry: name, revision, license, and what
            its makers ask of its output.
        sources: name -> its manifest.
        inputs: what was read.
        code: of Glotmill.
        environment: versions of what computes.
        packages: step -> digest of its code, where the step comes from another package than Glotmill; absent where none does.
        annotations: what the columns of measures rest on.
        comparisons: of steps that compare documents, in numbers.
        columns: of every part, in order.
        policies: license policies that every row passed, those of the corpora before included.
        steps: as in parts.
        account: of all rows.
        audits: of gates.
        totals: sums over the parts.
        parts: in order.
        parent: manifest of the corpus that this one was derived from, without its parts.
        parents: of a mix: manifests of the corpora that it takes documents from, without their parts.
        mix: of a mix: what it took, repeated and left out.
        update: of a delta: the corpus that it adds to.
        takedowns: one entry for each request that was carried out, without naming what was removed.
    """

    format: Literal["glotmill-manifest/2"]
    release: Release
    schema_version: Count
    name: StrictStr
    version: StrictStr
    description: StrictStr
    publisher: PublisherEntry | None
    fingerprint: StrictStr
    languages: dict[StrictStr, dict[StrictStr, Any]]
    recipe: RecipeEntry
    files: dict[StrictStr, StrictStr]
    models: dict[StrictStr, dict[StrictStr, Any]]
    generators: dict[StrictStr, dict[StrictStr, StrictStr]] = {}
    sources: dict[StrictStr, SourceManifest]
    inputs: Inputs
    code: dict[StrictStr, Any]
    environment: dict[StrictStr, Any]
    packages: dict[StrictStr, StrictStr] = {}
    annotations: dict[StrictStr, Any]
    comparisons: dict[StrictStr, dict[StrictStr, Count]]
    columns: tuple[Column, ...]
    policies: tuple[StrictStr, ...]
    steps: tuple[StrictStr, ...]
    account: Account
    audits: dict[StrictStr, Any]
    totals: Counted
    parts: tuple[PartEntry, ...]
    parent: Ancestor | None = None
    parents: tuple[ParentEntry, ...] = ()
    mix: MixEntry | None = None
    update: dict[StrictStr, Any] | None = None
    takedowns: tuple[dict[StrictStr, Any], ...] = ()


def problems_of(manifest: Any) -> list[str]:
    """Return where a manifest does not have the shape, as `parts.0.sha256: what is wrong`; at most 20."""
    try:
        Manifest.model_validate(manifest)
    except ValidationError as error:
        return [
            f"{'.'.join(str(step) for step in one['loc']) or 'the whole'}: {one['msg']}" for one in error.errors()[:20]
        ]
    return []
