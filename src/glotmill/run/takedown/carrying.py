"""Takedowns: planned in full, written down, carried out file by file, and accounted for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from glotmill.core.errors import DataError, SettingsError
from glotmill.core.hashing import sha256_text
from glotmill.dedup.tombstones import FILE, Tombstones, lines_of, tombstones_at
from glotmill.io import storage
from glotmill.io.parquet import open_parquet
from glotmill.provenance.exports import write_exports
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.index import manifest_digest
from glotmill.provenance.manifest import build_manifest
from glotmill.provenance.parts import problems_of_footer, read_footer, read_part
from glotmill.run.takedown.archives import plan_archives, rewrite_archive
from glotmill.run.takedown.finding import Found, Touched, find
from glotmill.run.takedown.journal import (
    FOLDER,
    FORMAT,
    ArchiveChange,
    Journal,
    LedgerChange,
    PartChange,
    RunChange,
    read_rows,
)
from glotmill.run.takedown.request import Request
from glotmill.run.takedown.rewriting import (
    Rows,
    account,
    purge,
    replace_json,
    rewrite_part,
    rewrite_superseded,
    strike_ledger,
    strike_quarantine,
)

FIRST_RELEASE = "1.0.0"
# What `build_manifest` says itself; the rest of a manifest is what the plan says, and stays.
_COUNTED = ("format", "account", "audits", "totals", "parts")


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked, and when: goes into the receipt.

    Args:
        by: a name, an address or a reference, as the user gives it; empty where nobody is named.
        requested: date of the request, ISO 8601, or None.
        recorded: today, ISO 8601.
        why: `takedown`, or `reconsent`.
    """

    by: str
    requested: str | None
    recorded: str
    why: str = "takedown"


@dataclass(frozen=True, slots=True)
class Takedown:
    """What a takedown would do.

    Args:
        folders: the runs that it reaches; the first keeps the journal.
        found: what it finds in each.
        archives: what goes out of WARC files.
        journal: of it; None where there is nothing to do, neither rows nor tombstones.
    """

    folders: tuple[RunFolder, ...]
    found: Found
    archives: tuple[ArchiveChange, ...]
    journal: Journal | None


def plan_takedown(
    folders: Sequence[RunFolder],
    request: Request,
    asked: Asked,
    *,
    project: str | None,
    archives: Iterable[str] = (),
    denied: Iterable[str] = (),
    consents: Mapping[str, str] | None = None,
) -> Takedown:
    """Return what a takedown would do; reads, and writes nothing.

    Args:
        folders: of finished runs, as `family` gives them.
        request: what is named.
        asked: by whom and when.
        project: address of the project's tombstones, to which these are added, or None.
        archives: folders of WARC files.
        denied: see `find`.
        consents: see `find`.
    """
    found = find(folders, request, denied=denied, consents=consents)
    changes = tuple(one for folder in archives for one in plan_archives(folder, request, found.addresses))
    salt = _salt(folders, project)
    lines = lines_of(salt, found.values)
    new = _new_lines(folders, project, salt, lines)
    if not any(found.runs) and not changes and not new:
        return Takedown(tuple(folders), found, changes, None)
    identity = sha256_text("\n".join([salt, *lines, *map(manifest_digest, folders)]))[:16]
    about = {
        "why": asked.why,
        "by": asked.by,
        "requested": asked.requested,
        "recorded": asked.recorded,
        "named": {
            "urls": len(request.urls),
            "domains": len(request.domains),
            "documents": len(request.documents),
        },
        "twins": request.twins,
    }
    for folder, one in zip(folders, found.runs, strict=True):
        _check_parts(folder, one)
    runs = tuple(_change(folder, one, identity) for folder, one in zip(folders, found.runs, strict=True))
    journal = Journal(identity, about, salt, tuple(lines), project, runs, changes)
    return Takedown(tuple(folders), found, changes, journal)


def begin(takedown: Takedown) -> None:
    """Write the journal, after which `carry_out` does the rest, whoever calls it."""
    if takedown.journal is not None:
        takedown.journal.write(takedown.folders[0], takedown.found.runs)


def carry_out(folder: RunFolder) -> dict[str, Any] | None:
    """Do what a journal says and return the receipt; None where no takedown is under way.

    Killed at any point and called again, it ends with the same bytes: the journal names every file that is written again, the new
    file has a name of its own, and the old one is deleted when the new one counts.

    Args:
        folder: of the run that holds the journal.
    """
    journal = Journal.read(folder)
    if journal is None:
        return None
    for change in journal.runs:
        _add_tombstones(RunFolder(change.address).join(FILE), journal)
    if journal.project is not None:
        _add_tombstones(journal.project, journal)
    for number, change in enumerate(journal.runs):
        _carry_out_run(change, journal, read_rows(folder, number))
    for archive in journal.archives:
        rewrite_archive(archive, journal.identity)
    receipt = _receipt(journal)
    for change in journal.runs:
        replace_json(RunFolder(change.address), f"{FOLDER}/{journal.identity}.json", receipt)
    journal.close(folder)
    return receipt


def _check_parts(folder: RunFolder, found: Touched) -> None:
    """Refuse to write a part again that is not what the manifest and its own footer say: it would be so for ever after.

    Raises:
        DataError: a part that is touched was changed since it was written.
    """
    for part in folder.read_json("manifest.json")["parts"]:
        if part["path"] not in found.parts:
            continue
        address = folder.join(part["path"])
        reading = read_part(address)
        with storage.open_read(address) as stream:
            wrong = problems_of_footer(read_footer(open_parquet(stream, address)), reading)
        if reading.sha256 != part["sha256"]:
            wrong.append(f"sha256 {reading.sha256}, the manifest says {part['sha256']}")
        if wrong:
            raise DataError(f"{address}: {'; '.join(wrong)}. See `glotmill verify`, and take the corpus from a copy.")


def _change(folder: RunFolder, found: Touched, identity: str) -> RunChange:
    manifest = folder.read_json("manifest.json")
    number = 1 + sum(phase.startswith("takedown-") for phase in folder.phases())
    before = str(manifest.get("release", FIRST_RELEASE))
    release = (before, f"{int(before.partition('.')[0]) + 1}.0.0" if found.parts else before)
    tasks = {receipt.files["part"].name: receipt.task for receipt in folder.receipts("phase-sink", "part-")}
    parts = []
    for part in manifest["parts"]:
        path = part["path"]
        if path not in found.parts:
            continue
        if path not in tasks:
            raise SettingsError(f"{folder.address}: no receipt of {path}; see `glotmill verify`")
        gone = found.parts[path]
        new = f"{_unversioned(path)}-r{release[1].partition('.')[0]}.parquet" if gone < part["documents"] else None
        parts.append(PartChange(tasks[path], path, new, part["sha256"], gone))
    ledgers = [
        LedgerChange(phase, task, name, f"ledger/{task}-{identity}.parquet")
        for phase, name in sorted(found.ledgers)
        for task in [_task_of(folder, phase, name)]
    ]
    return RunChange(
        address=folder.address,
        corpus=f"{manifest['name']}@{manifest['version']}",
        number=number,
        release=release,
        manifest=manifest_digest(folder),
        parts=tuple(parts),
        ledgers=tuple(ledgers),
        kept=dict(manifest["totals"]["histograms"].get("language", {})),
        documents=dict(sorted(found.documents.items())),
        tokens=dict(sorted(found.tokens.items())),
        relations=found.relations(),
        struck=len(found.struck),
        changed=len(found.changed),
    )


def _task_of(folder: RunFolder, phase: str, ledger: str) -> str:
    return next(one.task for one in folder.receipts(phase, "shard-") if one.files["ledger"].name == ledger)


def _unversioned(path: str) -> str:
    stem = path.removesuffix(".parquet")
    head, mark, release = stem.rpartition("-r")
    return head if mark and release.isdecimal() else stem


def _carry_out_run(change: RunChange, journal: Journal, touched: Touched) -> None:
    folder = RunFolder(change.address)
    if not change.parts and not change.ledgers:
        return
    manifest = folder.read_json("manifest.json")
    if any(one["receipt"] == journal.identity for one in manifest.get("takedowns", ())):
        write_exports(folder, manifest)
        return
    rows = Rows(touched)
    purge(folder)
    for ledger in change.ledgers:
        strike_ledger(folder, ledger, rows)
    strike_quarantine(folder, rows)
    if not change.parts:
        return
    account(folder, change, rows)
    for part in change.parts:
        rewrite_part(folder, part, rows, manifest)
    listed = rewrite_superseded(folder, rows)
    described = {key: value for key, value in manifest.items() if key not in _COUNTED}
    if listed is not None and "update" in described:
        record, count = listed
        about = {
            **described["update"]["superseded"],
            "sha256": record.digest.removeprefix("sha256:"),
            "documents": count,
        }
        described["update"] = {**described["update"], "superseded": about}
    entry = {
        "receipt": journal.identity,
        "why": journal.about["why"],
        "release": change.release[1],
        "documents": sum(change.documents.values()),
        "tokens": sum(change.tokens.values()),
        "parts": len(change.parts),
        "changed": change.changed,
        **({"requested": journal.about["requested"]} if journal.about["requested"] else {}),
    }
    takedowns = [*manifest.get("takedowns", ()), entry]
    built = build_manifest(folder, described, folder.receipts("phase-sink", "part-"))
    new = {**built, "release": change.release[1], "takedowns": takedowns}
    replace_json(folder, "manifest.json", new)
    write_exports(folder, new)


def _receipt(journal: Journal) -> dict[str, Any]:
    runs = []
    for change in journal.runs:
        folder = RunFolder(change.address)
        after = {part["path"]: part["sha256"] for part in folder.read_json("manifest.json")["parts"]}
        runs.append(
            {
                "corpus": change.corpus,
                "release": {"before": change.release[0], "after": change.release[1]},
                "manifest": {"before": change.manifest, "after": manifest_digest(folder)},
                "documents": sum(change.documents.values()),
                "tokens": sum(change.tokens.values()),
                "languages": {
                    tag: {"documents": count, "tokens": change.tokens.get(tag, 0)}
                    for tag, count in change.documents.items()
                },
                "relations": change.relations,
                "ledger_rows": change.struck,
                "changed": change.changed,
                "parts": [
                    {
                        "before": {"path": part.old, "sha256": part.before},
                        "after": None if part.new is None else {"path": part.new, "sha256": after.get(part.new)},
                        "documents": part.rows,
                    }
                    for part in change.parts
                ],
            }
        )
    archives = [
        {
            "file": archive.path.rpartition("/")[2],
            "records": archive.records,
            "sha256": {"before": archive.before, "after": storage.sha256(archive.path)[0]},
        }
        for archive in journal.archives
    ]
    return {
        "format": FORMAT,
        "receipt": journal.identity,
        **journal.about,
        "tombstones": len(journal.lines),
        "runs": runs,
        "archives": archives,
    }


def _salt(folders: Sequence[RunFolder], project: str | None) -> str:
    """Return the salt of lists that are there already, or one of these corpora: the same in whatever attempt."""
    places = [*([project] if project is not None else []), *(folder.join(FILE) for folder in folders)]
    known = next((salt for place in places if (salt := tombstones_at(place).salt) is not None), None)
    return known or sha256_text("\n".join(["tombstones", *map(manifest_digest, folders)]))[:32]


def _new_lines(folders: Sequence[RunFolder], project: str | None, salt: str, lines: Sequence[str]) -> bool:
    """Tell whether some list lacks some of these lines."""
    wanted = Tombstones(((salt, frozenset(lines)),))
    places = [*([project] if project is not None else []), *(folder.join(FILE) for folder in folders)]
    return not all(tombstones_at(place).covers(wanted) for place in places)


def _add_tombstones(address: str, journal: Journal) -> None:
    known = tombstones_at(address)
    text = known.with_lines(journal.salt, journal.lines).text()
    storage.replace_bytes(address, text.encode())
