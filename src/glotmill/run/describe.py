"""What the manifest says about a plan: where everything that made the corpus came from."""

from collections.abc import Sequence
from typing import Any

from glotmill.core.inputs import InputFile
from glotmill.core.schema import SCHEMA_VERSION
from glotmill.core.yamlfile import load
from glotmill.plan.fingerprint import components, inputs_digest
from glotmill.plan.resolve import Plan


def describe(plan: Plan, inputs: Sequence[InputFile], fingerprints: Sequence[str]) -> dict[str, Any]:
    """Return the manifest's account of the plan; no time, host or address in it."""
    parts = components(plan, inputs)
    return {
        "schema_version": SCHEMA_VERSION,
        "name": plan.recipe.name,
        "version": plan.recipe.version,
        "description": plan.recipe.description,
        "fingerprint": fingerprints[-1],
        "languages": {tag: language_status(plan, tag) for tag in plan.recipe.languages},
        "recipe": parts["recipe"],
        "files": parts["files"],
        "models": {
            name: {"sha256": entry.sha256, "license": entry.license} for name, entry in sorted(plan.models.items())
        },
        "sources": {
            source.of: load(plan.files[f"manifests/sources/{source.of}.yaml"], file=source.of)
            for source in plan.recipe.sources
            if any(file.source == source.of for file in inputs)
        },
        "inputs": {
            "digest": inputs_digest(inputs),
            "files": [{"source": f.source, "name": f.name, "bytes": f.size, "digest": f.digest} for f in inputs],
        },
        "code": parts["code"],
        "environment": parts["environment"],
        "columns": [{"name": field.name, "type": str(field.type)} for field in plan.schema],
    }


def language_status(plan: Plan, tag: str) -> str:
    """Return `proven` or `unproven` as the language's file says; `none` where it has no file."""
    text = plan.files.get(f"filters/languages/{tag}.yaml")
    value = load(text, file=tag) if text is not None else None
    return str(value.get("status", "unproven")) if isinstance(value, dict) else "none"
