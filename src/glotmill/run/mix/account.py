"""What a mix says of itself in its manifest: its parents, and what it took, repeated and left out of each group."""

from collections.abc import Mapping, Sequence
from typing import Any

from glotmill.core.hashing import canonical_json, sha256_text
from glotmill.core.schema import SCHEMA_VERSION
from glotmill.plan.mixing import MixPlan, Parent, mix_components
from glotmill.provenance.receipts import Receipt
from glotmill.run.mix.sharing import Selection

_LEAST_FIRST = ("none", "unproven", "proven")
_TAKEN = ("documents", "units", "repeated_documents", "repeated_units", "left_documents", "left_units")


def describe_mix(plan: MixPlan, selection: Selection, shards: Sequence[Receipt]) -> dict[str, Any]:
    """Return the manifest's account of a mix; no time, host or address in it.

    Args:
        plan: of the mix.
        selection: what was decided.
        shards: receipts of all pieces.
    """
    parts = mix_components(plan)
    read = dict.fromkeys(portion.where.file for piece in plan.pieces for portion in piece.portions)
    files = [{"source": file.source, "name": file.name, "bytes": file.size, "digest": file.digest} for file in read]
    publisher = plan.recipe.publisher
    return {
        "schema_version": SCHEMA_VERSION,
        "name": plan.recipe.name,
        "version": plan.recipe.version,
        "description": plan.recipe.description,
        "publisher": None if publisher is None else publisher.model_dump(mode="json"),
        "fingerprint": plan.fingerprint,
        "languages": _languages(plan.parents),
        "recipe": parts["recipe"],
        "files": parts["files"],
        "models": united(plan.parents, "models"),
        "generators": united(plan.parents, "generators"),
        "sources": _sources(plan.parents),
        "inputs": {
            "digest": sha256_text(canonical_json([[one["source"], one["name"], one["digest"]] for one in files])),
            "files": files,
        },
        "code": parts["code"],
        "environment": parts["environment"],
        "annotations": {},
        "comparisons": {},
        "columns": [{"name": field.name, "type": str(field.type)} for field in plan.schema],
        "parents": [dict(parent.manifest) for parent in plan.parents],
        "mix": mix_account(plan, selection, shards),
    }


def mix_account(plan: MixPlan, selection: Selection, shards: Sequence[Receipt]) -> dict[str, Any]:
    """Return what was taken of each group, and how often, as it was when the mix was made.

    `units` are what the recipe counts. Of each group: what its corpora have, the share it was given (`target`), documents
    that are taken at least once, copies beyond that, documents that are left out, and how often a unit is read on average.
    """
    sums: list[list[int]] = [[0] * len(_TAKEN) for _ in selection.groups]
    for receipt in shards:
        for number, own in receipt.facts["groups"].items():
            for place, value in enumerate(own):
                sums[int(number)][place] += value
    groups: list[dict[str, Any]] = []
    for group, own in zip(selection.groups, sums, strict=True):
        taken = dict(zip(_TAKEN, own, strict=True))
        read = taken["units"] + taken["repeated_units"]
        groups.append(
            {
                "group": dict(zip(plan.recipe.by, group.values, strict=True)),
                "available": {"documents": group.documents, "units": group.units},
                "target": group.target,
                "taken": {"documents": taken["documents"], "units": taken["units"]},
                "repeated": {"documents": taken["repeated_documents"], "units": taken["repeated_units"]},
                "left_out": {"documents": taken["left_documents"], "units": taken["left_units"]},
                "max_epochs": group.max_epochs,
                "epochs": round(read / group.units, 4) if group.units else 0.0,
            }
        )
    units = sum(one["taken"]["units"] + one["repeated"]["units"] for one in groups)
    return {
        "seed": plan.recipe.seed,
        "count": plan.recipe.count,
        "budget": plan.recipe.budget,
        "units": units,
        "in_several_parents": sum(int(receipt.facts["again"]) for receipt in shards),
        "groups": groups,
    }


def united(parents: Sequence[Parent], name: str) -> dict[str, Any]:
    """Return what corpora say under one name of their manifests, by its keys.

    Models of one name may be several (another release of an identifier, say), and each decided of rows that stand here: where
    corpora say different things of a key, all stand, each as `<key> of <name>@<version>` of the first corpus that says it.
    """
    found: dict[str, dict[str, Any]] = {}
    for parent in parents:
        for key, value in parent.manifest.get(name, {}).items():
            said = found.setdefault(key, {})
            if value not in said.values():
                said[parent.corpus] = value
    return {
        key if len(said) == 1 else f"{key} of {corpus}": value
        for key, said in sorted(found.items())
        for corpus, value in said.items()
    }


def _sources(parents: Sequence[Parent]) -> dict[str, Any]:
    """Return the sources; corpora agree in their license and terms, and of the rest the first is believed."""
    found: dict[str, Any] = {}
    for parent in parents:
        for name, source in parent.manifest["sources"].items():
            found.setdefault(name, source)
    return dict(sorted(found.items()))


def _languages(parents: Sequence[Parent]) -> dict[str, Any]:
    """Return how far the bounds of each language are proven, in the corpus where they are least; evidence, where all have the same."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for parent in parents:
        for tag, standing in parent.manifest["languages"].items():
            found.setdefault(tag, []).append(standing)
    return {
        tag: {
            "status": min((one["status"] for one in said), key=_LEAST_FIRST.index),
            "evidence": said[0]["evidence"] if all(one == said[0] for one in said) else None,
        }
        for tag, said in sorted(found.items())
    }
