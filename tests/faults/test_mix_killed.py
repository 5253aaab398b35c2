"""A mix, and the tokens of one, killed at random moments and asked for again: the same bytes, nothing lost, nothing doubled."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from glotmill.executors.local import LocalExecutor
from glotmill.plan import mixing
from glotmill.provenance.folder import RunFolder
from glotmill.run.tokenizing import tokenize_run
from support.corpora import digests
from support.mixes import RECIPE, SINK, mixed, planned, rows, small_tokenizer
from support.rights import Licensed, check
from support.rights import rows as stories
from support.takedowns import everything

SHARED = {"budget": 9_000, "sampling": {"kind": "temperature", "alpha": 0.3}, "max_epochs": 4}
PIECES = "from glotmill.plan import mixing; mixing._PIECE_BYTES = 20_000"  # several pieces of a small corpus
COMMAND = f"{PIECES}; from glotmill.cli.app import main; main()"
# Kills itself before, or half way through, the n-th change of a file; says how many there were.
COUNTED = f"""\
{PIECES}
import os, signal, sys
from pathlib import Path
moment = int(sys.argv.pop(1))
from glotmill.io import storage
done = 0
def counted(change, half):
    def wrapped(url, *rest):
        global done
        done += 1
        if done == moment:
            half(url, *rest)
            os.kill(os.getpid(), signal.SIGKILL)
        return change(url, *rest)
    return wrapped
def started(url, *data):
    Path(url).parent.mkdir(parents=True, exist_ok=True)
    Path(url).write_bytes(data[0][: len(data[0]) // 2] if data else b"PAR1 half of it")
for name in ("open_write", "write_bytes"):
    setattr(storage, name, counted(getattr(storage, name), started))
storage.delete = counted(storage.delete, lambda url: None)
from glotmill.cli.app import main
try:
    main()
finally:
    print("changes:", done)
"""


class Bench:
    """A corpus, its mix as it should be, and the command that makes the same one elsewhere."""

    def __init__(self, folder: Path) -> None:
        licensed = Licensed(folder, stories(108), shard_mb=1, sink=SINK)
        self.project, self.corpus = licensed.project, licensed.run()
        self.whole = mixed(planned(self.project, self.corpus, **SHARED), folder / "whole")
        (folder / "mix.yaml").write_text(json.dumps({**RECIPE, **SHARED}), encoding="utf-8")
        self._recipe = folder / "mix.yaml"

    def words(self, out: Path, *more: str) -> list[str]:
        given = ["mix", self.corpus.address, "--recipe", str(self._recipe), "--project", str(self.project)]
        return [*given, "--out", str(out), *more]

    def again(self, out: Path) -> None:
        """Make the mix in this process."""
        mixed(planned(self.project, self.corpus, **SHARED), out)

    def holds(self, out: Path) -> None:
        """The mix is there as it should be, with nothing of what was killed beside its ledger."""
        mix = RunFolder(str(out / "nahasketa/1.0.0"))
        assert digests(mix) == digests(self.whole)
        assert check(mix).problems == []
        assert not [path for kind in ("keys", "data") for path in Path(mix.address).glob(f"phase-0/{kind}*")]
        times = Counter((row["doc_id"], row["mix_epoch"]) for row in rows(mix))
        assert set(times.values()) == {1}
        assert times == Counter((row["doc_id"], row["mix_epoch"]) for row in rows(self.whole))


@pytest.fixture(autouse=True)
def several_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the processes that are killed, which finish each other's work."""
    monkeypatch.setattr(mixing, "_PIECE_BYTES", 20_000)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("mix"))


def files_below(folder: Path) -> int:
    return sum(1 for _, _, names in os.walk(folder) for _ in names)


def killed(words: list[str], out: Path, files: int) -> bool:
    """Give the command, kill all its processes when its folder has got so many files; whether it was still at work."""
    wanted = files_below(out) + files
    child = subprocess.Popen([sys.executable, "-c", COMMAND, *words], start_new_session=True, stdout=subprocess.DEVNULL)
    while child.poll() is None and files_below(out) < wanted:
        time.sleep(0.003)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    return child.wait() == -signal.SIGKILL


def finished(words: list[str]) -> None:
    subprocess.run([sys.executable, "-c", COMMAND, *words], check=True, stdout=subprocess.DEVNULL)


def test_a_mix_killed_twice_ends_with_the_same_bytes(bench: Bench, tmp_path: Path) -> None:
    moments = random.Random(10)
    kills = [killed(bench.words(tmp_path), tmp_path, moments.randint(1, 12)) for _ in range(2)]
    assert any(kills)
    bench.again(tmp_path)
    bench.holds(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_mix_killed_twenty_times_ends_with_the_same_bytes(bench: Bench, tmp_path: Path, workers: str) -> None:
    moments = random.Random(int(workers))
    kills = 0
    for attempt in range(5):
        out = tmp_path / str(attempt)
        out.mkdir()
        words = bench.words(out, "--workers", workers)
        kills += sum(killed(words, out, moments.randint(1, 10)) for _ in range(4))
        finished(words)
        bench.holds(out)
    assert kills >= 12


@pytest.mark.slow
def test_a_mix_killed_at_each_of_its_writes_ends_with_the_same_bytes(bench: Bench, tmp_path: Path) -> None:
    def child(out: Path, moment: int, *more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", COUNTED, str(moment), *bench.words(out, *more)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    whole = child(tmp_path / "quiet", 0)
    writes = int(whole.stdout.rpartition("changes: ")[2])
    assert writes > 20
    for moment in range(1, writes + 1):
        out = tmp_path / f"killed-{moment}"
        assert child(out, moment).returncode == -signal.SIGKILL
        bench.again(out)
        bench.holds(out)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_tokenizer(tmp_path_factory.mktemp("tokenizer"))


def tokens_killed(bench: Bench, tokenizer: Path, folder: Path, kills: int, workers: str) -> int:
    whole = folder / "whole"
    tokenize_run(bench.whole, tokenizer, str(whole), eos="</s>", executor=LocalExecutor(1))
    out = folder / "killed"
    words = ["tokenize", bench.whole.address, "--tokenizer", str(tokenizer), "--eos", "</s>", "--out", str(out)]
    moments = random.Random(kills)
    hit = sum(killed([*words, "--workers", workers], out, moments.randint(1, 6)) for _ in range(kills))
    finished(words)
    ours, theirs = everything(out), everything(whole)
    assert ours == theirs
    return hit


def test_tokens_killed_on_the_way_end_with_the_same_bytes(bench: Bench, tokenizer: Path, tmp_path: Path) -> None:
    assert tokens_killed(bench, tokenizer, tmp_path, 1, "1") == 1


@pytest.mark.slow
def test_tokens_killed_twenty_times_end_with_the_same_bytes(bench: Bench, tokenizer: Path, tmp_path: Path) -> None:
    hit = sum(tokens_killed(bench, tokenizer, tmp_path / str(turn), 4, str(1 + turn % 2)) for turn in range(5))
    assert hit >= 12
