"""What went wrong below a run and was mended: kept beside the run, added up over all that worked on it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields

from glotmill.core.errors import StoreError
from glotmill.executors.base import Incidents
from glotmill.io import storage
from glotmill.provenance.folder import RunFolder

FOLDER = "incidents"


def note_incidents(folder: RunFolder, driver: str, incidents: Incidents) -> None:
    """Write what an executor met so far, if it met anything; the same driver's note is written over."""
    if incidents != Incidents():
        text = json.dumps(asdict(incidents), sort_keys=True) + "\n"
        storage.write_whole(folder.join(FOLDER, f"{driver}.json"), text.encode())


@contextmanager
def noted(folder: RunFolder, driver: str, incidents: Incidents) -> Iterator[None]:
    """Write what an executor met when the block ends.

    An error that ended the block stays the error, whether or not that can be written.
    """
    try:
        yield
    except BaseException as error:
        try:
            note_incidents(folder, driver, incidents)
        except (StoreError, OSError) as lost:
            error.add_note(f"what was met on the way could not be noted: {lost}")
        raise
    note_incidents(folder, driver, incidents)


def incidents_of(folder: RunFolder) -> Incidents:
    """Return the sum of all notes of a run.

    What cannot be read, and what a driver that was killed had not given its name yet, counts for nothing.
    """
    address = folder.join(FOLDER)
    total = Incidents()
    for name, _ in storage.list_below(address):
        if not name.endswith(".json"):
            continue
        try:
            noted = json.loads(storage.read_bytes(storage.join(address, name)))
            found = {field.name: int(noted.get(field.name, 0)) for field in fields(Incidents)}
        except (ValueError, TypeError, AttributeError):
            continue
        for field, count in found.items():
            setattr(total, field, getattr(total, field) + count)
    return total


def in_words(incidents: Incidents) -> str:
    """Return what happened as one line; empty where nothing did."""
    words = {
        "nodes_lost": "nodes lost",
        "nodes_added": "nodes added",
        "crashes": "worker processes died",
        "resubmitted": "tasks given out again, lost with a node or a process that was ended",
        "second_attempts": "second attempts at tasks that took long",
    }
    return ", ".join(f"{count} {words[name]}" for name, count in asdict(incidents).items() if count)
