"""Takedowns in tests: one call that plans and carries out, and what is left of a text below a folder."""

import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from glotmill.io import storage
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.verify import verify
from glotmill.run.takedown.carrying import Asked, Takedown, begin, carry_out, plan_takedown
from glotmill.run.takedown.family import family
from glotmill.run.takedown.request import request_of

ASKED = Asked("a letter", "2026-11-20", "2026-11-27")


def planned(
    run: RunFolder,
    *,
    also: Sequence[RunFolder] = (),
    project: Path | None = None,
    warc: Sequence[Path] = (),
    **named: Any,
) -> Takedown:
    """Plan the takedown of what is named."""
    address = None if project is None else str(project / "manifests" / "tombstones.txt")
    return plan_takedown(
        family(run, also), request_of(**named), ASKED, project=address, archives=[str(one) for one in warc]
    )


def taken_down(run: RunFolder, **named: Any) -> dict[str, Any] | None:
    """Take down what is named and return the receipt; None where there was nothing to do."""
    takedown = planned(run, **named)
    begin(takedown)
    return carry_out(takedown.folders[0])


def holds(*folders: RunFolder) -> bool:
    """Whether `verify` finds nothing wrong with any of them."""
    verdicts = [verify(folder, check_row=lambda row: None) for folder in folders]
    assert [verdict.problems for verdict in verdicts] == [[]] * len(folders), [one.problems for one in verdicts]
    return True


def holding(folder: Path, *needles: str) -> list[str]:
    """Files below a folder whose content, decompressed, holds one of some strings."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and any(needle in text for text in _contents(path) for needle in needles)
    )


def _contents(path: Path) -> Iterator[str]:
    raw = path.read_bytes()
    yield raw.decode("utf-8", "ignore")
    yield json.dumps(raw.decode("utf-8", "ignore"))
    if raw.startswith(b"PAR1"):
        yield json.dumps(pq.read_table(io.BytesIO(raw)).to_pylist(), ensure_ascii=False, default=str)
    elif raw.startswith(b"ARROW1"):
        with pa.ipc.open_file(io.BytesIO(raw)) as reader:
            yield json.dumps(reader.read_all().to_pylist(), ensure_ascii=False, default=str)


def everything(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): storage.sha256(str(path))[0]
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
