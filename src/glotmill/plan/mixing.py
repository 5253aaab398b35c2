"""The plan of a mix: its recipe, the corpora that it is made of as they are now, and one digest of both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

import glotmill
from glotmill.core.errors import RecipeError, SettingsError
from glotmill.core.hashing import canonical_json, sha256_text
from glotmill.core.inputs import InputFile, Slice
from glotmill.core.schema import DOCUMENT_SCHEMA, SCHEMA_VERSION, order_columns
from glotmill.dedup.tombstones import FILE, PROJECT_FILE, parsed, tombstones_at
from glotmill.io import storage
from glotmill.io.parquet import open_parquet, row_group_slices
from glotmill.io.sharding import make_shards
from glotmill.licensing.policy import Policy
from glotmill.licensing.table import TABLE_FILE, load_table
from glotmill.plan.fingerprint import code_digest, environment
from glotmill.plan.mix_recipe import By, MixRecipe, parse_mix
from glotmill.plan.project import Project
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.index import manifest_digest
from glotmill.provenance.lineage import lineage
from glotmill.provenance.manifest_schema import problems_of
from glotmill.provenance.verify_parts import EPOCH, GROUP

RECIPE_FILE: Final = "mix.yaml"  # as the mix's folder keeps it, below project/
RIGHTS, STEP = "rights", "mix"  # the two steps of a mix

_BAND: Final = "quality_band"
# Compressed. Each piece is dealt to all parts: of many small ones, most of the time went into batches of a few rows.
_PIECE_BYTES: Final = 64 << 20
# What a manifest says of its own parts; of a parent's account the rest is enough, beside the digest of the whole.
_OWN: Final = ("parts", "totals", "columns")


@dataclass(frozen=True, slots=True)
class Parent:
    """A corpus that a mix takes documents from.

    Args:
        address: of its folder.
        corpus: `name@version`.
        manifest: without its parts, and with its `manifest_sha256`.
    """

    address: str
    corpus: str
    manifest: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Portion:
    """A run of row groups of one part of a parent.

    Args:
        where: the row groups; the name of the file is its path relative to the parent's folder.
        digest: of the part, as the parent's manifest and the part's own footer have it.
    """

    where: Slice
    digest: str


@dataclass(frozen=True, slots=True)
class Piece:
    """What one task reads: portions of one parent, in order; small parts together, large ones cut.

    Args:
        corpus: of the parent.
        portions: at least one.
    """

    corpus: str
    portions: tuple[Portion, ...]


@dataclass(frozen=True, slots=True)
class MixPlan:
    """Everything that decides the bytes of a mix.

    Args:
        recipe: what was asked for.
        file: of the recipe, as the user knows it.
        text: of the recipe.
        parents: in the order in which they were named: of a document that several hold, the first counts.
        pieces: of all parts of all parents, in order.
        table: text of the license table.
        schema: of the mix.
        superseded: addresses of lists of superseded documents, of deltas among the parents.
        tombstones: text of what was taken down from the project or any of the parents; empty where nothing was.
        fingerprint: over recipe, parents' manifests, license table, code and packages.
    """

    recipe: MixRecipe
    file: str
    text: str
    parents: tuple[Parent, ...]
    pieces: tuple[Piece, ...]
    table: str
    schema: pa.Schema
    superseded: tuple[str, ...]
    tombstones: str
    fingerprint: str

    def policy(self) -> Policy:
        """Return the policy that every row has to pass."""
        return Policy(self.recipe.allow, load_table(self.table), file=self.file, field="allow")


def plan_mix(project: Project, file: str, text: str, runs: Sequence[str]) -> MixPlan:
    """Return the plan of a mix.

    Args:
        project: with the license table.
        file: name of the recipe, for messages.
        text: of the recipe.
        runs: folders of finished runs.

    Raises:
        RecipeError: the recipe is wrong, or asks for what the runs do not have.
        SettingsError: a folder is no finished run, is named twice, or is a mix; or the runs do not fit together.
    """
    recipe = parse_mix(text, file=file)
    folders = [RunFolder(storage.absolute(run)) for run in runs]
    manifests = [_manifest(folder) for folder in folders]
    parents = tuple(_parent(folder, manifest) for folder, manifest in zip(folders, manifests, strict=True))
    _check_parents(parents, recipe, file=file)
    table = project.read(TABLE_FILE)
    if table is None:
        raise RecipeError("no license table", file=TABLE_FILE)
    Policy(recipe.allow, load_table(table), file=file, field="allow")
    schema = _schema(folders, manifests, recipe, file=file)
    superseded = [
        folder.join(manifest["update"]["superseded"]["path"])
        for folder, manifest in zip(folders, manifests, strict=True)
        if "update" in manifest
    ]
    pieces = tuple(
        piece
        for folder, manifest, parent in zip(folders, manifests, parents, strict=True)
        for piece in _pieces(folder, manifest["parts"], parent.corpus)
    )
    tombstones = _tombstones(project, folders)
    decides = {
        "recipe": recipe.model_dump(mode="json", exclude={"publisher", "description"}),
        "parents": [[parent.corpus, parent.manifest["manifest_sha256"]] for parent in parents],
        "table": sha256_text(table),
        "tombstones": sha256_text(tombstones),
        "code": [glotmill.__version__, code_digest(), SCHEMA_VERSION],
        "environment": dict(environment()),
    }
    fingerprint = sha256_text(canonical_json(decides))
    return MixPlan(recipe, file, text, parents, pieces, table, schema, tuple(superseded), tombstones, fingerprint)


def recipe_entry(plan: MixPlan) -> dict[str, Any]:
    """Return the recipe as the manifest has it: its corpora as sources, its policy and its sharing as two steps."""
    recipe = plan.recipe
    own = {"name", "version", "description", "publisher", "allow", "consent", "part_mb", "row_group_rows"}
    languages = dict.fromkeys(tag for parent in plan.parents for tag in parent.manifest["recipe"]["languages"])
    return {
        "name": recipe.name,
        "version": recipe.version,
        "languages": list(languages),
        "source": [{"kind": "corpus", "of": parent.corpus} for parent in plan.parents],
        "steps": [
            {"name": RIGHTS, "kind": "permit", "allow": recipe.allow, "consent": recipe.consent},
            {"name": STEP, "kind": "mix", **recipe.model_dump(mode="json", exclude=own)},
        ],
        "sink": {
            "kind": "parquet",
            "partition_by": [],
            "part_mb": recipe.part_mb,
            "row_group_rows": recipe.row_group_rows,
        },
    }


def mix_files(plan: MixPlan) -> dict[str, str]:
    """Return the texts of the files that decided, by their names below `project/`."""
    files = {RECIPE_FILE: plan.text, TABLE_FILE: plan.table}
    return files | {PROJECT_FILE: plan.tombstones} if plan.tombstones else files


def mix_components(plan: MixPlan) -> dict[str, Any]:
    """Return everything that decides the bytes, by the names that a refusal uses."""
    return {
        "recipe": recipe_entry(plan),
        "files": {name: sha256_text(text) for name, text in mix_files(plan).items()},
        "code": {"version": glotmill.__version__, "digest": code_digest(), "schema": SCHEMA_VERSION},
        "environment": dict(environment()),
        "parents": {parent.corpus: parent.manifest["manifest_sha256"] for parent in plan.parents},
    }


def column_of(name: By) -> str | None:
    """Return the column that holds what groups are made by; None for the corpus, which no column names."""
    return None if name == "corpus" else name


def _manifest(folder: RunFolder) -> dict[str, Any]:
    found = folder.read_json("manifest.json")
    wrong = problems_of(found)
    if wrong:
        raise SettingsError(f"{folder.join('manifest.json')} is no manifest that this version reads: {wrong[0]}")
    return found


def _parent(folder: RunFolder, manifest: Mapping[str, Any]) -> Parent:
    if any("mix" in one for one in lineage(manifest)):
        raise SettingsError(
            f"{folder.address} is a mix itself, or made of one, which holds documents more than once: name its corpora"
        )
    about = {key: value for key, value in manifest.items() if key not in _OWN}
    about["manifest_sha256"] = manifest_digest(folder)
    return Parent(folder.address, f"{manifest['name']}@{manifest['version']}", about)


def _check_parents(parents: Sequence[Parent], recipe: MixRecipe, *, file: str) -> None:
    for index, parent in enumerate(parents):
        if parent.corpus in [other.corpus for other in parents[:index]]:
            raise SettingsError(f"{parent.corpus} is named twice")
    sources: dict[str, tuple[str, dict[str, object]]] = {}
    for parent in parents:
        for name, source in parent.manifest["sources"].items():
            said = {field: source[field] for field in ("license", "terms")}
            other, known = sources.setdefault(name, (parent.corpus, said))
            differing = [field for field in said if said[field] != known[field]]
            if differing:
                raise SettingsError(
                    f"{other} and {parent.corpus} say different things of the {' and '.join(differing)} of source {name!r}: rows "
                    "could not be traced to either. Run one of them again with the other's manifests/sources"
                )
    tokenizers = {_tokenizer(parent.manifest) for parent in parents}
    if recipe.count == "tokens" and (None in tokenizers or len(tokenizers) > 1):
        named = ", ".join(f"{parent.corpus}: {_tokenizer(parent.manifest) or 'none'}" for parent in parents)
        raise RecipeError(
            f"the corpora do not count tokens by one tokenizer ({named})", file=file, field="count",
            remedy="Give their recipes the same count_tokens step, or write `count: utf8-bytes`.",
        )  # fmt: skip


def _tokenizer(manifest: Mapping[str, Any]) -> str | None:
    """Return what counted the tokens of a corpus: its name, and where it is a model, the beginning of its digest."""
    for one in lineage(manifest):
        for step in reversed(one["recipe"]["steps"]):
            if step["kind"] == "count_tokens":
                model = one["models"].get(step["tokenizer"])
                return str(step["tokenizer"]) if model is None else f"{step['tokenizer']} {model['sha256'][:12]}"
    return None


def _tombstones(project: Project, folders: Sequence[RunFolder]) -> str:
    known = parsed(project.read(PROJECT_FILE) or "")
    for folder in folders:
        known = known.plus(tombstones_at(folder.join(FILE)))
    return known.text() if known else ""


def _schema(
    folders: Sequence[RunFolder], manifests: Sequence[Mapping[str, Any]], recipe: MixRecipe, *, file: str
) -> pa.Schema:
    found: dict[str, pa.Field] = {field.name: field for field in DOCUMENT_SCHEMA}
    first: dict[str, str] = {}
    banded = False
    for folder, manifest in zip(folders, manifests, strict=True):
        if not manifest["parts"]:
            continue
        address = folder.join(manifest["parts"][0]["path"])
        with storage.open_read(address) as stream:
            schema = open_parquet(stream, address).schema_arrow.remove_metadata()
        banded |= _BAND in schema.names
        _check_columns(schema, folder)
        for field in schema:
            known = found.setdefault(field.name, field.with_nullable(True))
            where = first.setdefault(field.name, folder.address)
            if known.type != field.type:
                raise SettingsError(
                    f"column {field.name} is {known.type} in {where} and {field.type} in {folder.address}: "
                    "they cannot stand in one mix"
                )
    if _BAND in recipe.by and not banded:
        raise RecipeError(
            "no corpus has the column quality_band", file=file, field="by",
            remedy="Give their recipes a `classify` step.",
        )  # fmt: skip
    own = pa.schema([found[name] for name in order_columns(list(found))])
    return own.append(pa.field(GROUP, pa.string(), nullable=False)).append(pa.field(EPOCH, pa.int32(), nullable=False))


def _check_columns(schema: pa.Schema, folder: RunFolder) -> None:
    for name in (GROUP, EPOCH):
        if name in schema.names:
            raise SettingsError(f"{folder.address} has a column {name}, which a mix writes itself")
    for field in DOCUMENT_SCHEMA:
        if not field.nullable and field.name not in schema.names:
            raise SettingsError(
                f"{folder.address} has no column {field.name}: it was made by another version of Glotmill"
            )


def _pieces(folder: RunFolder, parts: Sequence[Mapping[str, Any]], corpus: str) -> list[Piece]:
    weighed: list[tuple[Slice, int]] = []
    for part in parts:
        file = InputFile(corpus, part["path"], folder.join(part["path"]), part["bytes"], f"sha256:{part['sha256']}")
        slices = row_group_slices(file, _PIECE_BYTES)
        extent = sum(one.end - one.start for one in slices) or 1
        weighed.extend((one, file.size * (one.end - one.start) // extent) for one in slices)
    digests = {part["path"]: part["digest"] for part in parts}
    return [
        Piece(corpus, tuple(Portion(where, digests[where.file.name]) for where in bundle.slices))
        for bundle in make_shards(weighed, _PIECE_BYTES)
    ]
