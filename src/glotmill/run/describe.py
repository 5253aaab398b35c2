"""What the manifest says about a plan: where everything that made the corpus came from."""

from collections.abc import Mapping, Sequence
from typing import Any

from glotmill.core.inputs import InputFile
from glotmill.core.schema import SCHEMA_VERSION
from glotmill.core.yamlfile import load
from glotmill.plan.derived import DerivedPlan
from glotmill.plan.fingerprint import components, inputs_digest
from glotmill.plan.languages import standing
from glotmill.plan.resolve import Plan
from glotmill.provenance.receipts import Receipt
from glotmill.stages.judge import JudgeSpec


def describe(
    plan: Plan,
    inputs: Sequence[InputFile],
    fingerprints: Sequence[str],
    *,
    comparisons: Mapping[str, Mapping[str, int]],
    superseded: Receipt | None = None,
) -> dict[str, Any]:
    """Return the manifest's account of the plan; no time, host or address in it.

    Args:
        plan: the plan.
        inputs: what it read.
        fingerprints: of its phases; the last one is the run's.
        comparisons: what corpus steps say of their work in numbers, by step.
        superseded: of an update, the receipt of what it supersedes.
    """
    parts = components(plan, inputs)
    description = {
        "schema_version": SCHEMA_VERSION,
        "name": plan.recipe.name,
        "version": plan.recipe.version,
        "description": plan.recipe.description,
        "publisher": None if plan.recipe.publisher is None else plan.recipe.publisher.model_dump(mode="json"),
        "fingerprint": fingerprints[-1],
        "languages": {tag: found.as_dict() for tag, found in standing(plan).items()},
        "recipe": parts["recipe"],
        "files": parts["files"],
        "models": {
            name: {"sha256": entry.sha256, "license": entry.license} for name, entry in sorted(plan.models.items())
        },
        "generators": _generators(plan),
        "sources": _sources(plan, inputs),
        "inputs": {
            "digest": inputs_digest(inputs),
            "files": [{"source": f.source, "name": f.name, "bytes": f.size, "digest": f.digest} for f in inputs],
        },
        "code": parts["code"],
        "environment": parts["environment"],
        "annotations": _annotations(plan),
        "comparisons": {name: dict(counts) for name, counts in sorted(comparisons.items())},
        "columns": [{"name": field.name, "type": str(field.type)} for field in plan.schema],
    }
    if "packages" in parts:
        description["packages"] = parts["packages"]
    if superseded is not None:
        record = superseded.files["table"]
        listed = {"path": record.name, "sha256": record.digest.removeprefix("sha256:"), **superseded.facts}
        description["update"] = {**plan.beside(), "superseded": listed}
    return {**description, "parent": dict(plan.parent)} if isinstance(plan, DerivedPlan) else description


def _sources(plan: Plan, inputs: Sequence[InputFile]) -> dict[str, object]:
    if isinstance(plan, DerivedPlan):
        return dict(plan.parent["sources"])
    return {
        source.of: load(plan.files[f"manifests/sources/{source.of}.yaml"], file=source.of)
        for source in plan.recipe.sources
        if any(file.source == source.of for file in inputs)
    }


def _generators(plan: Plan) -> dict[str, dict[str, str]]:
    """Return who wrote what nobody did, by name in the registry, with their terms."""
    if isinstance(plan, DerivedPlan):
        return dict(plan.parent.get("generators", {}))
    found = [
        step.spec.generators(plan.resources(step, {}))
        for phase in plan.phases
        for step in phase.steps
        if step.spec.generates
    ]
    return {name: dict(terms) for one in found for name, terms in sorted(one.items())}


def _annotations(plan: Plan) -> dict[str, object]:
    """Return what the corpus's measure columns rest on, by the step that wrote them."""
    if isinstance(plan, DerivedPlan):
        return dict(plan.parent["annotations"])
    return {
        step.spec.name: step.spec.annotation(plan.resources(step, {}))
        for phase in plan.phases
        for step in phase.steps
        if isinstance(step.spec, JudgeSpec) and step.spec.mode == "annotate"
    }
