"""A cluster that grows: Ray's own autoscaler starts a real node for what the head cannot hold, and the run ends on it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from glotmill.provenance.folder import RunFolder
from glotmill.run.incidents import in_words, incidents_of
from support.corpora import LABEL, SHORT, Bench, digests, documents
from support.heads import apart, free_ports, started

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ray")]

GIB = 1 << 30
HEAD = "ray.head.default"  # the name that Ray's provider of nodes on one machine gives it


def grows(port: int) -> str:
    """A cluster of a head with one CPU and, if it takes it, one node with two; JSON is YAML."""
    more = {"resources": {"CPU": 2, "object_store_memory": 80 << 20}, "node_config": {}}
    lists = ("initialization_commands", "setup_commands", "head_setup_commands", "worker_setup_commands")
    lists += ("head_start_ray_commands", "worker_start_ray_commands")
    lists += ("cluster_synced_files", "rsync_exclude", "rsync_filter")
    return json.dumps(
        {
            **{name: [] for name in lists},
            **{name: {} for name in ("auth", "docker", "file_mounts")},
            "file_mounts_sync_continuously": False,
            "upscaling_speed": 1.0,
            "cluster_name": "grows",
            "max_workers": 1,
            "idle_timeout_minutes": 10,
            "provider": {
                "type": "fake_multinode",
                "gcs_address": f"127.0.0.1:{port}",
                "disable_node_updaters": True,  # or the autoscaler would try to reach its nodes by ssh
            },
            "available_node_types": {
                HEAD: {"resources": {"CPU": 1, "memory": 4 * GIB}, "node_config": {}, "max_workers": 0},
                "more": {**more, "min_workers": 0, "max_workers": 1},
            },
            "head_node_type": HEAD,
        }
    )


def test_a_step_that_the_head_cannot_hold_makes_the_cluster_grow_and_the_summary_says_so(tmp_path: Path) -> None:
    bench = Bench(tmp_path, documents(60), [LABEL, SHORT, {"name": "wide", "kind": "wide", "characters": 20}])
    ports = free_ports("--port")
    port = ports["--port"]
    config = tmp_path / "grows.yaml"
    config.write_text(grows(port), encoding="utf-8")
    start = (
        f"ray start --head --node-ip-address 127.0.0.1 --num-cpus 1 --memory {4 * GIB} --object-store-memory {80 << 20}"
    )
    with apart(tmp_path) as environment:
        environment |= {
            "RAY_FAKE_CLUSTER": "1",
            "AUTOSCALER_UPDATE_INTERVAL_S": "1",
        }
        with started(f"{start} --autoscaling-config {config}", environment, ports):
            words = ["at", bench.project, bench.inputs, bench.out, f"127.0.0.1:{port}"]
            ran = subprocess.run(
                [sys.executable, "-m", "support.nodes", *map(str, words)],
                env=environment,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
    assert ran.returncode == 0, ran.stderr[-4000:]
    folder = RunFolder(str(bench.out / "tiny" / "1.0.0"))
    assert incidents_of(folder).nodes_added == 1
    assert "1 nodes added" in in_words(incidents_of(folder))
    assert digests(folder) == digests(bench.run(out=tmp_path / "quiet"))
