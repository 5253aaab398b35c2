"""The how-to's Slurm script on a real Slurm: two nodes, its warning before the time is over, and the bytes of a local run."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from glotmill.provenance.folder import RunFolder
from support.corpora import Bench, digests, documents
from support.heads import free_ports

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("ray"),
    pytest.mark.skipif(shutil.which("slurmctld") is None or os.geteuid() != 0, reason="needs Slurm, and to be root"),
]

DEADLINE_S = 180
# Two nodes on one machine. Everybody is who they say they are: nothing else listens to this controller.
CONF = """\
ClusterName=probak
SlurmctldHost={host}
SlurmctldPort={controller}
AuthType=auth/none
CredType=cred/none
SlurmUser=root
SlurmctldPidFile={folder}/ctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmdSpoolDir={folder}/spool-%n
StateSaveLocation={folder}/state
SlurmctldLogFile={folder}/ctld.log
SlurmdLogFile={folder}/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
MpiDefault=none
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={n1} CPUs=2 RealMemory=6000
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={n2} CPUs=2 RealMemory=6000
PartitionName=p Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
"""


@pytest.fixture
def slurm(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a shell in which a Slurm of two nodes answers."""
    folder = tmp_path / "slurm"
    for name in ("state", "spool-n1", "spool-n2"):
        (folder / name).mkdir(parents=True)
    ports = free_ports("controller", "n1", "n2")
    conf = folder / "slurm.conf"
    conf.write_text(CONF.format(host=socket.gethostname(), folder=folder, **ports), encoding="utf-8")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {
        **os.environ,
        "PATH": path,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "SLURM_CONF": str(conf),
    }
    with ExitStack() as stack:
        for command in (["slurmctld", "-D"], ["slurmd", "-D", "-N", "n1"], ["slurmd", "-D", "-N", "n2"]):
            daemon = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
            stack.callback(daemon.wait, DEADLINE_S)
            stack.callback(daemon.terminate)
        until(lambda: said(environment, "sinfo", "-h", "-o", "%D %t") == "2 idle")
        stack.callback(said, environment, "scancel", "--user", "root")
        yield environment


def said(environment: dict[str, str], *command: str) -> str:
    """Return what a command of Slurm prints, or nothing where it fails."""
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return ran.stdout.strip() if ran.returncode == 0 else ""


def until(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    ends = time.monotonic() + DEADLINE_S
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.2)


def script(root: Path, bench: Bench) -> str:
    """Return the script of the how-to, for a smaller cluster and another recipe."""
    text = (root / "docs/how-to/cluster/glotmill.sbatch").read_text(encoding="utf-8")
    for theirs, ours in {
        "--nodes=4": "--nodes=2",
        "--cpus-per-task=32": "--cpus-per-task=2",
        "--mem=128G": "--mem=4G",
        "port=6379": f"port={free_ports('port')['port']}",
        "glotmill run basque-web": f"{sys.executable} -m glotmill.cli.app run tiny",
        "my-crawl=/shared/warcs": f"stories={bench.inputs}",
        "--out /shared/corpora": f"--out {bench.out}",
    }.items():
        assert text.count(theirs) == 1
        text = text.replace(theirs, ours)
    return text


def test_a_job_that_is_warned_in_the_middle_asks_for_another_turn_and_has_the_bytes_of_a_local_run(
    root: Path, tmp_path: Path, slurm: dict[str, str]
) -> None:
    rights = {"name": "rights", "kind": "permit", "allow": "open-definition", "consent": "record-only"}
    steps = [rights, {"name": "clean", "kind": "normalize"}, {"name": "exact", "kind": "exact_dedup"}]
    bench = Bench(tmp_path, documents(600), steps)
    bench.write_inputs(documents(600), per_file=2)
    bench.write_recipe(steps, sink={"kind": "parquet", "partition_by": ["license_class"], "part_mb": 0.01})
    local = digests(bench.run(out=tmp_path / "here"))
    (bench.project / "job.sbatch").write_text(script(root, bench), encoding="utf-8")
    out = bench.project / "job.out"
    submitted = subprocess.run(
        ["sbatch", "--parsable", "--open-mode=append", f"--output={out}", "job.sbatch"],
        cwd=bench.project, env=slurm, check=True, capture_output=True, text=True,
    )  # fmt: skip
    job = submitted.stdout.strip()

    def state(name: str) -> str:
        return dict(
            word.partition("=")[::2] for word in said(slurm, "scontrol", "show", "job", job).split() if "=" in word
        ).get(name, "")

    folder = RunFolder(f"{bench.out}/tiny/1.0.0")
    until(lambda: len(list(Path(folder.address).glob("phase-0/receipts/*"))) > 40)
    said(slurm, "scancel", "--batch", "--signal=USR1", job)
    until(lambda: state("JobState") == "PENDING")
    done = len(list(Path(folder.address).glob("phase-0/receipts/*")))
    assert 40 < done < 300
    said(slurm, "scontrol", "update", f"jobid={job}", "StartTime=now")  # it waits for two minutes otherwise
    until(lambda: state("JobState") not in {"PENDING", "CONFIGURING", "RUNNING", "COMPLETING"})
    assert (state("JobState"), state("Restarts"), state("ExitCode")) == ("COMPLETED", "1", "0:0"), out.read_text()
    found = digests(folder)  # the command also writes a report, in which times stand
    assert {name: found[name] for name in local} == local
