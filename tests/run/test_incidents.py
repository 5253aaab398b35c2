"""What a run says of accidents that were mended: each counted once."""

from pathlib import Path

import pytest

from glotmill.core.errors import ShardsFailed
from glotmill.executors.base import Incidents
from glotmill.executors.local import LocalExecutor
from glotmill.provenance.folder import RunFolder
from glotmill.run.incidents import incidents_of, note_incidents
from support.corpora import LABEL, Bench, documents


def test_notes_of_drivers_add_up_and_one_whose_driver_was_killed_before_it_had_its_name_counts_for_nothing(
    tmp_path: Path,
) -> None:
    folder = RunFolder(str(tmp_path))
    note_incidents(folder, "first", Incidents(crashes=1))
    note_incidents(folder, "second", Incidents(crashes=1, nodes_lost=1))
    note_incidents(folder, "third", Incidents())
    notes = tmp_path / "incidents"
    (notes / ".second.json.0af3.new").write_bytes((notes / "second.json").read_bytes())
    assert incidents_of(folder) == Incidents(crashes=2, nodes_lost=1)


def test_what_ended_a_run_is_told_although_its_incidents_cannot_be_noted(tmp_path: Path) -> None:
    rows = [*documents(30), {"text": "Urrats batek huts egiten du hemen ‽ " * 3, "url": "https://stories.example/huts"}]
    bench = Bench(tmp_path, rows, [LABEL, {"name": "failing", "kind": "failing"}])
    run = bench.out / "tiny" / "1.0.0"
    run.mkdir(parents=True)
    (run / "incidents").write_text("not a folder")
    executor = LocalExecutor(1)
    executor.incidents.crashes = 1
    with pytest.raises(ShardsFailed, match="phase-0: 1 of") as caught:
        bench.run(executor=executor)
    (note,) = caught.value.__notes__
    assert note.startswith("what was met on the way could not be noted: ")
    assert "incidents" in note
