"""Ray on several nodes over an object store that fails, a node of which is killed: the same bytes as on this machine."""

import os
import random
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

pytest.importorskip("moto")
pytest.importorskip("s3fs")

from glotmill.io import storage
from glotmill.provenance.folder import RunFolder
from glotmill.run.incidents import incidents_of
from support.corpora import LABEL, SHORT, Bench, digests, documents
from support.object_store import at_hand, fetched, proxied, s3_server
from support.on_nodes import on_nodes, slow

TESTS = Path(__file__).parent.parent

pytestmark = [pytest.mark.xdist_group("ray"), pytest.mark.slow]


def test_a_run_on_nodes_over_a_store_that_fails_gives_the_bytes_of_a_local_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(TESTS), *filter(None, sys.path)]))
    step, gate, seen = slow(tmp_path)
    exact = {"name": "exact", "kind": "exact_dedup", "partitions": 2}
    near = {"name": "near", "kind": "minhash_dedup", "partitions": 2}
    bench = Bench(tmp_path, documents(120), [LABEL, SHORT, step, exact, near])
    with s3_server() as address, proxied(address) as proxy, at_hand(proxy, monkeypatch):
        for path in sorted(bench.inputs.iterdir()):
            storage.write_bytes(f"s3://corpora/in/{path.name}", path.read_bytes())
        local_inputs, bench.inputs = bench.inputs, "s3://corpora/in"
        chance = random.Random(11)
        faults = ("503", "429", "reset", "cut", "short", "lost")
        proxy.fault = lambda request: chance.choice(faults) if chance.random() < 0.03 else None
        met = on_nodes("kill", bench, "s3://corpora/out", "slow", gate, seen)
        failed = dict(proxy.failed)
        proxy.quiet()
        folder = RunFolder("s3://corpora/out/tiny/1.0.0")
        assert incidents_of(folder).nodes_lost == 1
        copy = RunFolder(str(fetched(folder.address, tmp_path / "copy")))
        same_inputs = digests(bench.run(out=tmp_path / "quiet"))
    bench.inputs = local_inputs
    assert len(list(seen.iterdir())) > 1  # processes of both nodes had documents in hand
    assert met["nodes_lost"] == 1
    assert set(failed) == set(faults)
    assert sum(failed.values()) > 20
    assert digests(copy) == same_inputs
    # Ids of rows come from the digests of their files, for which a store's ETags stand: other ids, the same documents.
    assert texts(bench.run(out=tmp_path / "local")) == texts(copy)


def texts(folder: RunFolder) -> list[tuple[str, str]]:
    rows = pq.read_table(folder.join("data"), columns=["url", "text"]).to_pylist()
    return sorted((row["url"], row["text"]) for row in rows)
