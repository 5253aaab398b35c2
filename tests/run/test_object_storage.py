"""Whole runs on an object store that fails in every way it can: the same bytes as a quiet run on this machine."""

import json
import os
import random
import signal
import subprocess
import sys

import pyarrow.parquet as pq
import pytest

pytest.importorskip("moto")
pytest.importorskip("s3fs")

from glotmill.core.errors import SettingsError, ShardsFailed, StoreError
from glotmill.handover.ray_data import to_ray_dataset
from glotmill.handover.streaming import Reader, RowStream
from glotmill.io import storage
from glotmill.plan import mixing as planning
from glotmill.provenance.folder import RunFolder
from glotmill.run.cleaning import clean_run
from support.corpora import LABEL, SHORT, Bench, digests, documents
from support.mixes import mixed, planned
from support.object_store import ACCESS, SECRET, fetched
from support.rights import Licensed, check
from support.rights import rows as stories

pytest_plugins = ["support.stores"]

STEPS = [LABEL, SHORT, {"name": "exact", "kind": "exact_dedup"}, {"name": "near", "kind": "minhash_dedup"}]
FEW = [LABEL, SHORT, {"name": "exact", "kind": "exact_dedup", "partitions": 2}]  # the same in a quarter of the requests


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path, documents(40), STEPS)


def now_and_then(seed, faults, share=0.1):
    """Fail a share of the requests, and show no listing what the run wrote."""
    chance = random.Random(seed)
    return lambda request: chance.choice(faults) if chance.random() < share else "stale"


@pytest.mark.parametrize("steps", [FEW, pytest.param(STEPS, marks=pytest.mark.slow)], ids=["few", "all"])
def test_a_run_into_a_store_that_fails_and_lists_nothing_gives_the_bytes_of_a_local_one(store, bench, tmp_path, steps):
    bench.write_recipe(steps)
    local = digests(bench.run())
    store.fault = now_and_then(7, ("503", "429", "reset", "cut", "short"))
    folder = bench.run(out=storage.join("s3://corpora", tmp_path.name))
    assert sum(store.failed.values()) > 20
    assert {kept for kept, count in store.failed.items() if count} >= {"503", "429", "reset", "cut", "short", "stale"}
    assert folder.counts()[0].rows_in == 40  # by a listing without receipts it would be 0
    assert RunFolder(folder.address).receipts("phase-sink", "part-")
    store.quiet()
    assert digests(RunFolder(str(fetched(folder.address, tmp_path / "copy")))) == local


@pytest.mark.slow
def test_a_run_that_the_store_stops_goes_on_where_it_was(store, bench, tmp_path):
    local = digests(bench.run())
    out = storage.join("s3://corpora", tmp_path.name)
    store.fault = lambda request: "503" if "phase-1/data/shard-00001" in request.path else None
    with pytest.raises(ShardsFailed) as caught:
        bench.run(out=out)
    (error,) = caught.value.exceptions
    assert isinstance(error, StoreError)
    assert "phase-1/data/shard-00001" in str(error)
    assert error.__notes__[-1] == "in phase-1, shard-00001"
    store.quiet()
    folder = bench.run(out=out)
    assert digests(RunFolder(str(fetched(folder.address, tmp_path / "copy")))) == local


@pytest.mark.slow
def test_a_mix_in_a_store_that_fails_gives_the_bytes_of_a_local_one(store, tmp_path, monkeypatch):
    monkeypatch.setattr(planning, "_PIECE_BYTES", 20_000)
    sink = {"kind": "parquet", "partition_by": ["license_class"], "part_mb": 0.05, "row_group_rows": 20}
    bench = Licensed(tmp_path, stories(72), shard_mb=1, sink=sink)
    more = {"budget": 6_000, "sampling": {"kind": "temperature", "alpha": 0.3}, "max_epochs": 4}
    local = mixed(planned(bench.project, bench.run(), **more), tmp_path)
    corpus = bench.run(out=storage.join("s3://corpora", tmp_path.name))
    store.fault = now_and_then(3, ("503", "429", "reset", "cut", "short"))
    mix = mixed(planned(bench.project, RunFolder(f"{corpus.address}/"), **more), f"s3://corpora/{tmp_path.name}")
    assert sum(store.failed.values()) > 20
    store.quiet()
    assert digests(RunFolder(str(fetched(mix.address, tmp_path / "copy")))) == digests(local)
    assert check(mix).problems == []
    assert not [name for name, _ in storage.list_below(mix.join("phase-0")) if name.startswith(("keys/", "data/"))]
    places = [list(RowStream(one.address, ["text"], reader=Reader(1, 3))) for one in (mix, local)]
    assert places[0] == places[1] != []
    with pytest.raises(SettingsError, match="is one of the corpora"):
        mixed(planned(bench.project, corpus, name="tiny"), f"s3://corpora/{tmp_path.name}", restart=True)


@pytest.mark.slow
def test_no_file_of_a_run_holds_a_credential(store, bench, tmp_path):
    folder = bench.run(out=storage.join("s3://corpora", tmp_path.name))
    names = [name for name, _ in storage.list_files(folder.address)]
    assert len(names) > 20
    for name in names:
        data = storage.read_bytes(folder.join(name))
        for secret in (ACCESS, SECRET, store.address.removeprefix("http://")):
            assert secret.encode() not in data, name


@pytest.mark.slow
def test_cleaning_frees_phases_and_aborts_what_the_dead_were_uploading(store, bench, tmp_path):
    import s3fs

    folder = bench.run(out=storage.join("s3://corpora", tmp_path.name))
    key = folder.join("phase-0/data/killed.arrow").removeprefix("s3://corpora/")
    s3fs.S3FileSystem().call_s3("create_multipart_upload", Bucket="corpora", Key=key)
    freed = clean_run(folder)
    assert freed.uploads == 1
    assert "phase-0/data" in freed.folders
    assert storage.list_below(folder.join("phase-0", "data")) == []
    assert clean_run(folder).folders == ()


RECIPE = """\
name: hedapena
version: 2026.11.1
languages: [eus_Latn]
source: {kind: jsonl, of: stories}
steps:
  - {name: rights, kind: permit, allow: open-definition, consent: record-only}
  - {name: clean, kind: normalize}
  - {name: exact, kind: exact_dedup}
  - {name: near, kind: minhash_dedup}
sink: {kind: parquet, partition_by: [license_class], part_mb: 0.05}
shard_mb: 0.01
"""


def command(*words, cwd, code=0):
    """Run the command line in a process of its own and return what it prints, both streams."""
    done = subprocess.run(
        [sys.executable, "-m", "glotmill.cli.app", *words], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def project(folder):
    """A project for the command line; returns rows of pages, of which some are copies."""
    from support.corpora import SOURCE

    (folder / "pipelines").mkdir()
    (folder / "manifests" / "sources").mkdir(parents=True)
    (folder / "manifests" / "sources" / "stories.yaml").write_text(SOURCE, encoding="utf-8")
    (folder / "pipelines" / "hedapena.yaml").write_text(RECIPE, encoding="utf-8")
    rows = [{**row, "language": "eus_Latn", "license": "CC0-1.0"} for row in documents(180)]
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
    return ["".join(lines[start : start + 30]).encode() for start in range(0, 180, 30)]


@pytest.mark.slow
def test_every_command_works_on_a_run_that_is_in_a_store_alone(store, tmp_path):
    """Input, phases and corpus in the store; the run is killed again and again; then each command that looks at runs."""
    base = storage.join("s3://corpora", tmp_path.name)
    for number, data in enumerate(project(tmp_path)):
        storage.write_bytes(storage.join(base, "in", f"part-{number}.jsonl"), data)
    bind = ("--bind", f"stories={base}/in")
    said = command("run", "hedapena", *bind, "--out", "quiet", cwd=tmp_path)
    words = [sys.executable, "-m", "glotmill.cli.app", "run", "hedapena", *bind, "--out", f"{base}/out"]
    chance, kills = random.Random(5), 0
    store.fault, store.hidden = now_and_then(3, ("503", "429", "reset", "cut"), 0.02), "/out/"
    while True:
        process = subprocess.Popen(
            words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )
        try:
            output, _ = process.communicate(timeout=chance.uniform(3, 9) if kills < 6 else 300)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            kills += 1
            continue
        said += output
        assert process.returncode == 0, output
        break
    assert kills >= 2
    store.quiet()
    run = f"{base}/out/hedapena/2026.11.1"
    copy = RunFolder(str(fetched(run, tmp_path / "copy")))
    assert digests(copy) == digests(RunFolder(str(tmp_path / "quiet/hedapena/2026.11.1")))

    said += command("verify", run, cwd=tmp_path)
    shown = command("funnel", run, cwd=tmp_path)
    assert "near" in shown
    kept = command("why", run, "https://stories.example/0", cwd=tmp_path)
    assert "kept" in kept
    storage.write_bytes(
        storage.join(base, "new", "part.jsonl"),
        json.dumps(
            {
                "text": "Gauean elurra egin du mendian, eta artzainek ardiak bailarara jaitsi dituzte eguzkia atera baino lehen.",
                "url": "https://stories.example/elurra",
                "language": "eus_Latn",
                "license": "CC0-1.0",
            }
        ).encode(),
    )
    said += shown + kept + command("update", run, "--with", f"{base}/new", cwd=tmp_path)
    said += command("verify", f"{run}-delta1", cwd=tmp_path)
    said += command("diff", run, f"{run}-delta1", cwd=tmp_path)
    said += command("takedown", run, "--url", "https://stories.example/0", cwd=tmp_path)
    said += command("verify", run, cwd=tmp_path)
    said += command("clean", run, cwd=tmp_path)
    said += command("verify", run, cwd=tmp_path)
    urls = [
        url
        for part in RunFolder(run).parts()
        for url in pq.read_table(storage.open_read(storage.join(run, part))).column("url").to_pylist()
    ]
    assert urls
    assert "https://stories.example/0" not in urls
    files = [storage.join(base, name) for name, _ in storage.list_files(base)]
    for secret in (ACCESS, SECRET):
        assert secret not in said
        assert [url for url in files if secret.encode() in storage.read_bytes(url)] == []
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path


@pytest.mark.slow
def test_the_command_line_refuses_secrets_and_explains_a_store_that_is_away(store, tmp_path):
    for number, data in enumerate(project(tmp_path)):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / f"{number}.jsonl").write_bytes(data)
    run = ("run", "hedapena", "--bind")
    said = command(*run, "stories=in", "--out", "s3://AKIA:hunter2@corpora/x", cwd=tmp_path, code=2)
    assert "hunter2" not in said
    assert "environment variables" in said
    said = command(*run, "stories=https://a.example/x?sig=hunter2", "--out", "out", cwd=tmp_path, code=2)
    assert "hunter2" not in said
    assert not (tmp_path / "out").exists()
    said = command("verify", f"s3://corpora/{tmp_path.name}/none/1", cwd=tmp_path, code=2)
    assert "is it the folder of a run" in said


@pytest.mark.slow
def test_a_run_in_a_store_is_a_ray_dataset(store, bench, tmp_path):
    import ray

    folder = bench.run(out=storage.join("s3://corpora", tmp_path.name))
    expected = sorted(
        doc_id
        for part in folder.parts()
        for doc_id in pq.read_table(fetched(folder.address, tmp_path / "copy") / part)["doc_id"].to_pylist()
    )
    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        found = to_ray_dataset(folder.address, columns=["doc_id"])
        assert sorted(row["doc_id"] for row in found.take_all()) == expected
    finally:
        ray.shutdown()
