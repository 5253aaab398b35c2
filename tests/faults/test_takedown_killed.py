"""A takedown killed at any of its writes, and called again, ends with the same bytes."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from glotmill.core.errors import SettingsError
from glotmill.provenance.folder import RunFolder
from glotmill.run.takedown.journal import pending
from support.corpora import LABEL, Bench, documents
from support.increments import lines, updated
from support.takedowns import everything, holding, holds, taken_down

TESTS = Path(__file__).parent.parent
MARK = "Errotako zubian galdutako giltza urdina ez zuen inork aurkitu"
STEPS = [LABEL, {"name": "echo", "kind": "echo"}, {"name": "exact", "kind": "exact_dedup"}]

# Counts what changes the disk (written, replaced, deleted files), and kills itself before, or half way through, the n-th.
CHILD = """\
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[5])
from glotmill.io import storage
from glotmill.provenance.folder import RunFolder
from support.takedowns import taken_down
run, project, moment, warc = sys.argv[1:5]
done = 0
def counted(change, half):
    def wrapped(url, *rest):
        global done
        done += 1
        if done == int(moment):
            half(url, *rest)
            os.kill(os.getpid(), signal.SIGKILL)
        return change(url, *rest)
    return wrapped
def cut(url, data):
    Path(url).parent.mkdir(parents=True, exist_ok=True)
    path = Path(url)
    path.with_name(f".{path.name}.new").write_bytes(data[: len(data) // 2])
def started(url):
    Path(url).parent.mkdir(parents=True, exist_ok=True)
    Path(url).write_bytes(b"PAR1 half of it")
storage.replace_bytes = counted(storage.replace_bytes, cut)
storage.open_write = counted(storage.open_write, started)
storage.delete = counted(storage.delete, lambda url: None)
named = {"domains": ["page.example"], "project": Path(project)}
taken_down(RunFolder(run), **named, warc=[Path(warc)] if warc else ())
print(done)
"""


def corpus(folder: Path) -> tuple[Path, Path]:
    """A corpus with a delta, both of which hold the page; returns the project and the corpus's folder."""
    rows = documents(60)
    rows[7] = {"text": f"+{MARK}. " * 3, "url": "https://page.example/giltza"}
    rows[40] = {"text": f"+{MARK}. " * 3, "url": "https://mirror.example/1"}
    bench = Bench(folder, rows, STEPS)
    base = RunFolder(str(bench.run().address))
    updated(base, lines(folder / "new", [{"text": f"{MARK}, eta kito.", "url": "https://page.example/beste"}]))
    return bench.project, Path(base.address)


def run_child(project: Path, run: Path, moment: int, warc: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", CHILD, str(run), str(project), str(moment), warc, str(TESTS)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ})


def test_killed_at_every_write_and_called_again_it_ends_with_the_same_bytes(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    begun.mkdir()
    _, run = corpus(begun)
    place = run.relative_to(begun)
    quiet = tmp_path / "work"  # the journal names folders by their whole path, so that all attempts stand in one place
    shutil.copytree(begun, quiet)
    whole = run_child(quiet / "project", quiet / place, 0)
    assert whole.returncode == 0, whole.stderr
    wanted = everything(quiet)
    writes = int(whole.stdout)
    assert writes > 20
    pendings = 0
    for moment in sorted({1, 2, 3, *range(5, writes, 12), writes - 1, writes}):
        shutil.rmtree(quiet)
        shutil.copytree(begun, quiet)
        killed = run_child(quiet / "project", quiet / place, moment)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        pendings += pending(RunFolder(str(quiet / place)))
        _finish(quiet, place)
        assert everything(quiet) == wanted, f"killed at write {moment} of {writes}"
        assert holding(quiet / "out", MARK) == []
    assert pendings > 4
    base = RunFolder(str(quiet / place))
    assert holds(base, RunFolder(f"{base.address}-delta1"))


def _finish(quiet: Path, place: Path) -> None:
    """Call it again, in this process."""
    from glotmill.run.takedown.carrying import carry_out

    run = RunFolder(str(quiet / place))
    if pending(run):
        carry_out(run)
    taken_down(run, domains=["page.example"], project=quiet / "project")


def test_nothing_else_works_on_a_corpus_while_a_takedown_is_half_done(tmp_path: Path) -> None:
    project, run = corpus(tmp_path)
    killed = run_child(project, run, 8)
    assert killed.returncode == -signal.SIGKILL
    folder = RunFolder(str(run))
    assert pending(folder)
    with pytest.raises(SettingsError, match="was interrupted"):
        updated(folder, lines(tmp_path / "more", documents(3)))
