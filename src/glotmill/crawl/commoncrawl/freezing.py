"""What has been fetched of a list so far: WARC files and a journal, both cut back to the last commit after a kill."""

import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from glotmill.crawl import cdxj
from glotmill.crawl.archive import Archive, Mark, Operator
from glotmill.crawl.commoncrawl.captures import Capture, Wanted
from glotmill.crawl.records import Written, member, warc_fields

ORIGIN, OFFSET = "glotmill-origin", "glotmill-origin-offset"  # lines of a metadata record: Common Crawl's own file
CRAWL, LANGUAGES, CONSENT = "glotmill-crawl", "glotmill-languages", "glotmill-consent"
_LARGEST = 1_000_000_000


@dataclass(slots=True)
class Progress:
    """How far the fetching of a list is, all calls together.

    Args:
        tour: 0 goes over the list, later ones over the rows that failed in the one before.
        done: rows of this tour that are over.
        fetched: rows in the WARC files.
        bytes: of their records.
        failed: reason -> rows, of this tour so far, and in later ones of rows not tried again yet.
        mark: how far the WARC files count.
    """

    tour: int = 0
    done: int = 0
    fetched: int = 0
    bytes: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    mark: Mark = field(default_factory=Mark)


class Freezer:
    """One list's WARC files `warc/<name>-00000.warc.gz` and its journal `state/<name>.jsonl` below a folder.

    Records stand in the files in the order of the list, each followed by a metadata record (WARC 1.1, section 6.6) that says
    where Common Crawl has it and what its site's robots.txt says of its use. So the files depend on the list and on what
    came alone, not on when, in how many calls, or by how many connections. What failed stands in the journal.

    Args:
        folder: local.
        name: of the list.
        operator: who fetches.
        plan: fingerprint, for receipts.
        max_bytes: a file that has so many gets no further record.
    """

    def __init__(self, folder: Path, name: str, *, operator: Operator, plan: str, max_bytes: int = _LARGEST) -> None:
        self._path = folder / "state" / f"{name}.jsonl"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._archive = Archive(folder, name, operator=operator, plan=plan, max_bytes=max_bytes)
        self.progress, size = _last_commit(self._path)
        self._journal = self._path.open("r+b" if self._path.exists() else "w+b")
        self._journal.truncate(size)
        self._journal.seek(size)
        self._lines: list[bytes] = []
        self._archive.recover(self.progress.mark)

    def keep(self, wanted: Wanted, capture: Capture, consent: Sequence[str] = ()) -> None:
        """Take the next row's record.

        Args:
            wanted: what the index says of it.
            capture: as it came.
            consent: signals of its site, one JSON object each.
        """
        lines = [(ORIGIN, wanted.path), (OFFSET, str(wanted.offset)), (CRAWL, wanted.crawl)]
        lines += [(LANGUAGES, wanted.languages)] if wanted.languages else []
        lines += [(CONSENT, line) for line in consent]
        reference = [("WARC-Concurrent-To", capture.identity), ("WARC-Refers-To", capture.identity)]
        about = member(
            "metadata",
            fields=[*reference, ("Content-Type", "application/warc-fields")],
            block=warc_fields(lines),
            date=capture.date,
            url=capture.url,
        )
        self._archive.take(
            [Written(capture.identity, capture.member), about],
            date=capture.date,
            line=lambda name, offset, length: cdxj.entry(
                url=capture.url,
                date=capture.date,
                mime=capture.mime,
                status=capture.head.status,
                digest=capture.digest,
                filename=name,
                offset=offset,
                length=length,
            ),
        )
        self.progress.done += 1
        self.progress.fetched += 1
        self.progress.bytes += len(capture.member)

    def fail(self, row: int, reason: str, detail: str, wanted: Wanted | None) -> None:
        """Write down that the next row has no record, and why."""
        where = {} if wanted is None else {"url": wanted.url, "from": f"{wanted.path}:{wanted.offset}+{wanted.length}"}
        self._lines.append(_line({"row": row, "reason": reason, "detail": detail, **where}))
        self.progress.done += 1
        self.progress.failed[reason] += 1

    def commit(self) -> None:
        """Make everything so far count: it is on the disk when this returns."""
        progress = self.progress
        progress.mark = self._archive.flush()
        self._lines.append(
            _line(
                {
                    "tour": progress.tour,
                    "done": progress.done,
                    "fetched": progress.fetched,
                    "bytes": progress.bytes,
                    "failed": dict(sorted(progress.failed.items())),
                    "file": progress.mark.file,
                    "offset": progress.mark.offset,
                }
            )
        )
        self._journal.write(b"".join(self._lines))
        self._journal.flush()
        os.fsync(self._journal.fileno())
        self._lines = []
        self._archive.settle(progress.mark)

    def end(self) -> None:
        """End the last file, and let it count: nothing of this tour is left to do."""
        self._archive.end()
        self.commit()

    def failures(self) -> Iterator[dict[str, Any]]:
        """Yield what failed in the last tour that was begun, in the order of the list: row, reason, detail, url, from."""
        found: list[dict[str, Any]] = []
        tour = 0
        for line in self._path.read_bytes().splitlines():
            entry = json.loads(line)
            if entry.get("tour", tour) != tour:
                tour, found = entry["tour"], []
            if "row" in entry:
                found.append(entry)
        yield from found

    def again(self) -> list[int]:
        """Begin a tour over the rows that failed, and return them."""
        rows = [entry["row"] for entry in self.failures()]
        progress = self.progress
        progress.tour, progress.done, progress.failed = progress.tour + 1, 0, Counter()
        self._lines.append(_line({"rows": rows}))
        self.commit()
        return rows

    def tour(self) -> list[int] | None:
        """Return the rows that this tour goes over; None for all of the list."""
        rows: list[int] | None = None
        for line in self._path.read_bytes().splitlines() if self.progress.tour else ():
            rows = json.loads(line).get("rows", rows)
        return rows

    def close(self) -> None:
        """Let go of the files; what was not committed is lost, as in a kill."""
        self._archive.close()
        self._journal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def _last_commit(path: Path) -> tuple[Progress, int]:
    """Return the last whole commit of a journal and where it ends; what stands behind it does not count."""
    progress, end, here = Progress(), 0, 0
    for line in path.read_bytes().splitlines(keepends=True) if path.exists() else ():
        here += len(line)
        if not line.endswith(b"\n") or not line.startswith(b'{"tour":'):
            continue
        value = json.loads(line)
        mark = Mark(value["file"], value["offset"])
        progress = Progress(
            value["tour"], value["done"], value["fetched"], value["bytes"], Counter(value["failed"]), mark
        )
        end = here
    return progress, end
