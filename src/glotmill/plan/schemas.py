"""JSON Schemas of everything that people write, and of the manifest, generated from the models that read them."""

import json
from typing import Any

from pydantic import BaseModel

from glotmill.core.models import Models
from glotmill.crawl.sites import Sites
from glotmill.licensing.agents import AgentFile
from glotmill.licensing.site_decisions import SiteDecisions
from glotmill.licensing.sources import SourceManifest
from glotmill.licensing.table import LicenseFile
from glotmill.mt.engines import Engines
from glotmill.mt.rules import TranslationRules
from glotmill.plan.ablation import AblationHead
from glotmill.plan.kinds import SOURCE_KINDS, STEP_KINDS, source_class, step_class
from glotmill.plan.recipe import RecipeHead
from glotmill.plan.training import ROLES, TrainingHead
from glotmill.provenance.manifest_schema import Manifest
from glotmill.text.identification.own import OwnFile
from glotmill.text.labelling.files import LabelFile
from glotmill.text.quality.card import ModelCard
from glotmill.text.rules import LanguageFile, RuleSet

_ROWS = ("jsonl", "parquet")  # kinds of sources that hold texts rather than pages


def schemas() -> dict[str, str]:
    """Return file name -> JSON text for `manifests/schema/`."""
    models: dict[str, type[BaseModel]] = {
        "ai_agents": AgentFile,
        "engines": Engines,
        "identification": OwnFile,
        "label": LabelFile,
        "language": LanguageFile,
        "licenses": LicenseFile,
        "manifest": Manifest,
        "model_card": ModelCard,
        "models": Models,
        "rules": RuleSet,
        "site_licenses": SiteDecisions,
        "sites": Sites,
        "source": SourceManifest,
        "translation_rules": TranslationRules,
    }
    found: dict[str, Any] = {name: model.model_json_schema(by_alias=True) for name, model in models.items()}
    found["recipe"] = _recipe()
    found["training"] = _training()
    found["ablation"] = _ablation()
    return {f"{name}.json": json.dumps(schema, indent=1, sort_keys=True) + "\n" for name, schema in found.items()}


def _recipe() -> dict[str, Any]:
    schema = RecipeHead.model_json_schema(by_alias=True)
    definitions: dict[str, Any] = schema.setdefault("$defs", {})
    steps = [_define(f"step_{kind}", step_class(kind, file="", field="", extra={}), definitions) for kind in STEP_KINDS]
    sources = [_define(f"source_{kind}", source_class(kind, file="", field=""), definitions) for kind in SOURCE_KINDS]
    schema["properties"]["steps"]["items"] = {"anyOf": steps}
    schema["properties"]["source"] = {
        "anyOf": [*sources, {"type": "array", "items": {"anyOf": sources}, "minItems": 1}]
    }
    return schema


def _training() -> dict[str, Any]:
    schema = TrainingHead.model_json_schema(by_alias=True)
    definitions: dict[str, Any] = schema.setdefault("$defs", {})
    kinds = [kind for kind in STEP_KINDS if step_class(kind, file="", field="", extra={}).shape == "map"]
    steps = [_define(f"step_{kind}", step_class(kind, file="", field="", extra={}), definitions) for kind in kinds]
    sources = [_define(f"source_{kind}", source_class(kind, file="", field=""), definitions) for kind in SOURCE_KINDS]
    schema["properties"]["steps"]["items"] = {"anyOf": steps}
    for role in ROLES:
        schema["properties"][role]["items"] = {"anyOf": sources}
    return schema


def _ablation() -> dict[str, Any]:
    schema = AblationHead.model_json_schema(by_alias=True)
    definitions: dict[str, Any] = schema.setdefault("$defs", {})
    sources = [_define(f"source_{kind}", source_class(kind, file="", field=""), definitions) for kind in _ROWS]
    schema["properties"]["held_out"] = {"anyOf": sources}
    return schema


def _define(name: str, model: Any, definitions: dict[str, Any]) -> dict[str, str]:
    own = model.model_json_schema(by_alias=True)
    definitions.update(own.pop("$defs", {}))
    definitions[name] = own
    return {"$ref": f"#/$defs/{name}"}
