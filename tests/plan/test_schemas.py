"""The JSON Schemas in manifests/schema are those of the models."""

from pathlib import Path

from glotmill.plan.schemas import schemas


def test_committed_schemas_are_generated_from_the_models(root: Path) -> None:
    for name, text in schemas().items():
        committed = root / "manifests" / "schema" / name
        assert committed.read_text(encoding="utf-8") == text, f"run `make schemas`: {name} is stale"
