"""What decides a run's bytes, as digests: so that a run is resumed only by the plan that began it."""

import functools
import hashlib
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import glotmill
from glotmill.core.hashing import canonical_json, sha256_text
from glotmill.core.inputs import InputFile
from glotmill.core.schema import SCHEMA_VERSION
from glotmill.core.steps import Spec
from glotmill.dedup.tombstones import PROJECT_FILE
from glotmill.plan.project import CARRIED
from glotmill.plan.resolve import Phase, Plan, PlannedStep

# Packages whose version can change a byte of the corpus or a decision.
DISTRIBUTIONS = (
    "ctranslate2", "datasketch", "datatrove", "fasttext-community", "fastwarc", "ftfy", "htmldate", "icu4py", "justext",
    "license-expression", "lxml", "mwparserfromhell", "numpy", "pyarrow", "pycld2", "pypdfium2", "resiliparse", "sentencepiece", "trafilatura", "xxhash",
)  # fmt: skip

# Files of the package that decide: code, tables, and what identifiers of languages are made of.
_DECIDE = frozenset({".py", ".tsv", ".json", ".npy", ".xz"})


@functools.cache
def code_digest() -> str:
    """Return the SHA-256 over the package's own Python files, tables and models, names and contents, 16 digits.

    The three folders that a wheel carries are a project's, and covered where a plan reads them: a wheel and the checkout it
    was built from have one digest.
    """
    root = Path(glotmill.__file__).parent
    decide = (path for path in root.rglob("*") if path.suffix in _DECIDE)
    return _digest(root, (path for path in decide if path.relative_to(root).parts[0] != CARRIED))


def foreign_code(spec: Spec) -> str | None:
    """Return the same over the package that a step of others comes from, 16 digits; None for a step of Glotmill's own."""
    top = type(spec).__module__.partition(".")[0]
    return None if top == glotmill.__name__ else _code_of(top)


@functools.cache
def _code_of(top: str) -> str:
    """Return the digest of a package's files that decide, or of the one file of a module that is none."""
    file = Path(sys.modules[top].__file__ or top)
    if file.name != "__init__.py":
        return _digest(file.parent, [file])
    return _digest(file.parent, (path for path in file.parent.rglob("*") if path.suffix in _DECIDE))


def _digest(root: Path, files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@functools.cache
def environment() -> Mapping[str, str]:
    """Return the installed versions of the packages that can change data."""
    found: dict[str, str] = {}
    for name in DISTRIBUTIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "missing"
    return found


def inputs_digest(inputs: Sequence[InputFile]) -> str:
    """Return the SHA-256 of a frozen input list: sources, names, sizes, digests; never where the files are."""
    return sha256_text(canonical_json([[f.source, f.name, f.size, f.digest] for f in inputs]))


def components(plan: Plan, inputs: Sequence[InputFile]) -> dict[str, object]:
    """Return everything that decides the bytes, by the names that a refusal uses."""
    return {
        "recipe": {
            "name": plan.recipe.name,
            "version": plan.recipe.version,
            "languages": list(plan.recipe.languages),
            "source": [spec.model_dump(mode="json") for spec in plan.recipe.sources],
            "steps": [spec.model_dump(mode="json") for spec in plan.recipe.steps],
            "sink": plan.recipe.sink.model_dump(mode="json"),
            "shard_mb": plan.recipe.shard_mb,
        },
        "files": {name: sha256_text(text) for name, text in sorted(plan.files.items())},
        "models": {name: entry.sha256 for name, entry in sorted(plan.models.items())},
        "code": {"version": glotmill.__version__, "digest": code_digest(), "schema": SCHEMA_VERSION},
        "environment": dict(environment()),
        "inputs": {f"{f.source}/{f.name}": f.digest for f in inputs},
        **({"packages": foreign} if (foreign := _foreign(plan)) else {}),
        **({"update": beside} if (beside := plan.beside()) else {}),
    }


def _foreign(plan: Plan) -> dict[str, str]:
    """Return step -> digest of its code, for steps of other packages."""
    return {spec.name: code for spec in plan.recipe.steps if (code := foreign_code(spec)) is not None}


def phase_fingerprints(plan: Plan, inputs: Sequence[InputFile]) -> tuple[str, ...]:
    """Return one fingerprint per phase and, last, the sink's. Each covers all phases before it."""
    previous = sha256_text(
        canonical_json(
            {
                "sources": [spec.model_dump(mode="json") for spec in plan.recipe.sources],
                "source_files": {
                    name: sha256_text(text)
                    for name, text in sorted(plan.files.items())
                    if name.startswith("manifests/sources/") or name == PROJECT_FILE
                },
                "languages": list(plan.recipe.languages),
                "shard_mb": plan.recipe.shard_mb,
                "code": [glotmill.__version__, code_digest(), SCHEMA_VERSION],
                "environment": dict(environment()),
                "inputs": inputs_digest(inputs),
                "beside": plan.beside(),
            }
        )
    )
    fingerprints: list[str] = []
    for phase in plan.phases:
        previous = sha256_text(canonical_json([previous, _phase_part(plan, phase)]))
        fingerprints.append(previous)
    sink = [previous, plan.recipe.name, plan.recipe.version, plan.recipe.sink.model_dump(mode="json")]
    fingerprints.append(sha256_text(canonical_json(sink)))
    return tuple(fingerprints)


def _phase_part(plan: Plan, phase: Phase) -> object:
    def part(step: PlannedStep) -> object:
        return {
            "spec": step.spec.model_dump(mode="json"),
            "files": {name: sha256_text(plan.files[name]) for name in step.files},
            "models": {name: plan.models[name].sha256 for name in step.spec.models()},
            "columns": list(step.columns_after),
            **({"code": code} if (code := foreign_code(step.spec)) is not None else {}),
        }

    partition = list(plan.recipe.sink.partition_by) if phase is plan.phases[-1] else None
    return [
        part(phase.applies) if phase.applies else None,
        [part(step) for step in phase.steps],
        part(phase.emits) if phase.emits else None,
        partition,
    ]


def differences(old: Mapping[str, object], new: Mapping[str, object]) -> list[str]:
    """Return what differs between two sets of components, one readable line each.

    >>> differences({"models": {"lid176": "a"}}, {"models": {"lid176": "b"}})
    ['models.lid176: a -> b']
    """
    lines: list[str] = []
    for key in sorted(set(old) | set(new)):
        _compare(key, old.get(key), new.get(key), lines)
    return lines


def _compare(path: str, old: object, new: object, lines: list[str]) -> None:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(set(old) | set(new)):
            _compare(f"{path}.{key}", old.get(key), new.get(key), lines)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (first, second) in enumerate(zip(old, new, strict=True)):
            _compare(f"{path}.{index}", first, second, lines)
    else:
        lines.append(f"{path}: {_short(old)} -> {_short(new)}")


def _short(value: object) -> str:
    text = "(absent)" if value is None else value if isinstance(value, str) else canonical_json(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
