"""A run whose report cannot be written is done: its corpus is whole, and the command says what is missing."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from glotmill.cli.app import main
from glotmill.provenance.folder import RunFolder
from support.command import glotmill
from support.corpora import Bench, digests, documents

STEPS = [
    {"name": "rights", "kind": "permit", "allow": "open-definition", "consent": "record-only"},
    {"name": "exact", "kind": "exact_dedup", "partitions": 2},
]


def without_ledger(folder: RunFolder) -> str:
    for path in Path(folder.join("phase-0", "ledger")).iterdir():
        path.unlink()
    return "no such file"


def with_a_folder_in_its_place(folder: RunFolder) -> str:
    Path(folder.join("report.html")).unlink()
    Path(folder.join("report.html", "mine")).mkdir(parents=True)
    return "report.html"


@pytest.mark.parametrize("harm", [without_ledger, with_a_folder_in_its_place])
def test_a_run_whose_report_cannot_be_written_is_done_and_warns(
    tmp_path: Path,
    harm: Callable[[RunFolder], str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bench = Bench(tmp_path, documents(27), STEPS)
    bench.write_recipe(STEPS, sink={"kind": "parquet", "partition_by": ["license_class"], "part_mb": 1})
    words = ("run", "tiny", "--bind", f"stories={bench.inputs}", "--out", str(bench.out), "--json")
    report = Path(json.loads(glotmill(*words, cwd=bench.project))["report"])
    folder = RunFolder(str(report.parent))
    whole = {name: digest for name, digest in digests(folder).items() if name != report.name}
    cause = harm(folder)
    monkeypatch.chdir(bench.project)

    def spoken(*words: str) -> tuple[str, str]:
        monkeypatch.setattr(sys, "argv", ["glotmill", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
        said = capsys.readouterr()
        return said.out, said.err

    said, warned = spoken(*words)
    assert json.loads(said)["report"] is None
    assert not report.is_file()  # an older one would speak of another run
    (warning,) = warned.splitlines()
    assert warning.startswith("glotmill: the run is done, but its report could not be written: ")
    assert cause in warning
    assert f"glotmill report {folder.address}" in warning
    glotmill("report", folder.address, cwd=bench.project, code=1)
    assert whole.items() <= digests(folder).items()
    assert "report    not written" in spoken(*words[:-1])[0]
