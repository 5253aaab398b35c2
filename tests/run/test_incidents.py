"""What a run says of accidents that were mended: each counted once."""

from pathlib import Path

from glotmill.executors.base import Incidents
from glotmill.provenance.folder import RunFolder
from glotmill.run.incidents import incidents_of, note_incidents


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
