"""`classify` with an embedding that asks for a GPU: on a real Ray that deals out one, in one warm actor, with the bytes of a run here."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from glotmill.core.hashing import sha256_folder
from support.command import glotmill
from support.embeddings import installed_from_folders, weights
from support.quality import CORPUS, Quality

ON_RAY = """
import ray, sys
ray.init(
    address="local", num_cpus=2, num_gpus=1, include_dashboard=False, object_store_memory=128 * 1024 * 1024, log_to_driver=False,
    _node_ip_address="127.0.0.1", _memory=6 * 2**30,
)
from glotmill.cli.app import main
sys.argv = ["glotmill", *sys.argv[1:]]
main()
"""
SMALL = {"backend": "embedding", "training": None, "network": {"hidden": 16, "epochs": 5}, "embedding": "txikia"}
STEP = {"name": "quality", "kind": "classify", "model": "ona", "embedding": "txikia", "gpus": 1}


@pytest.fixture
def made(tmp_path: Path):
    """A project with a model over the embedding, and a corpus of several shards that it is to classify."""
    project = Quality(tmp_path / "project")
    folder = weights(tmp_path / "txikia")
    entry = {"kind": "embedding", "from": {"path": str(folder)}, "sha256": sha256_folder(folder), "bytes": 1}
    entries = {"models": {"txikia": {**entry, "license": "CC0-1.0", "cites": "This test."}}}
    (project.folder / "manifests/models.yaml").write_text(yaml.safe_dump(entries), encoding="utf-8")
    project.recipe()
    recipe = project.folder / "pipelines/quality/ona.yaml"
    value = {**json.loads(recipe.read_text(encoding="utf-8")), **SMALL}
    recipe.write_text(json.dumps({name: one for name, one in value.items() if one is not None}), encoding="utf-8")
    (project.folder / "zatiak").mkdir()
    rows = [{**row, "license": "CC0-1.0"} for row in project.data["sarea"]]
    for number in range(5):
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows[number::5])
        (project.folder / f"zatiak/{number}.jsonl").write_text(lines, encoding="utf-8")
    corpus = {**CORPUS, "languages": ["eus_Latn"], "shard_mb": 0.001, "steps": [*CORPUS["steps"], STEP]}
    (project.folder / "pipelines/sarea.yaml").write_text(json.dumps(corpus), encoding="utf-8")
    (tmp_path / "packages").mkdir()
    with installed_from_folders(tmp_path / "packages"):
        glotmill(*project.command, cwd=project.folder)
        yield project


def run(out: str) -> list[str]:
    return ["run", "sarea", "--bind", "sarea=zatiak", "--out", out, "--json"]


def corpus_of(folder: Path) -> dict[str, str]:
    parts = sorted((folder / "sarea/1.0.0/data").rglob("*.parquet"))
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in parts}


@pytest.mark.slow
@pytest.mark.xdist_group("ray")
def test_one_actor_opens_the_model_once_on_its_gpu_and_the_corpus_has_the_bytes_of_a_run_here(
    made: Quality, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("EMBEDDING_DEVICE", "cuda")
        glotmill(*run("here"), "--workers", "1", cwd=made.folder)
    openings = tmp_path / "openings"
    ran = subprocess.run(
        [sys.executable, "-c", ON_RAY, *run("ray"), "--on", "ray"],
        cwd=made.folder,
        check=False,
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "EMBEDDING_OPENINGS": str(openings)},
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    receipts = list((made.folder / "ray/sarea/1.0.0/phase-1/receipts").iterdir())
    assert len(receipts) == 5
    assert [line.split()[1:] for line in openings.read_text(encoding="utf-8").splitlines()] == [["cuda", "0"]]
    assert corpus_of(made.folder / "ray") == corpus_of(made.folder / "here")
    assert corpus_of(made.folder / "ray")


def test_what_asks_for_a_gpu_is_not_computed_without_one(made: Quality, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    message = glotmill(*run("here"), "--workers", "1", cwd=made.folder, code=1)
    assert "gpus: the embedding txikia is to compute on a GPU" in message
    assert "leave `gpus` out" in message
