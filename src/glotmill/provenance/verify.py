"""Verification: a corpus against its own manifest, part by part, row by row, and every export against both."""

import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from glotmill.core.arrow import texts
from glotmill.core.hashing import sha256_text
from glotmill.io import storage
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.lineage import policies, step_chain
from glotmill.provenance.manifest import FORMAT, totals
from glotmill.provenance.manifest_schema import problems_of
from glotmill.provenance.sorting import SortedLines
from glotmill.provenance.verdict import Verdict
from glotmill.provenance.verify_exports import verify_exports
from glotmill.provenance.verify_ids import Ids
from glotmill.provenance.verify_mix import verify_mix
from glotmill.provenance.verify_parts import RowCheck, Seen, verify_parts

__all__ = ["RowCheck", "Validator", "Verdict", "verify"]


class Validator(Protocol):
    """An official validator of one derived file."""

    @property
    def name(self) -> str: ...

    @property
    def file(self) -> str: ...

    def ask(self, folder: RunFolder, manifest: Mapping[str, Any]) -> tuple[str, Sequence[str]]: ...


# What manifest and plan.json both say of what made the corpus.
_COMPONENTS = ("recipe", "files", "code", "environment", "packages")
_PHASE = re.compile(r"[a-z]+-[a-z0-9]+")


def verify(
    folder: RunFolder, *, check_row: RowCheck, validators: Sequence[Validator] = (), code: str | None = None
) -> Verdict:
    """Return what differs between a finished corpus and its manifest.

    Every part is hashed and read again: digests, size, footer, counts, histograms, partition values, content hashes,
    license evidence, parents, uniqueness of ids; the account: every id read is in the corpus or the ledger, once; the
    project files and the plan that the run kept; and every file that is derived from the manifest.

    Args:
        folder: the run's folder.
        check_row: says what is wrong with a row's rights, or None; given the columns of a row as a mapping.
        validators: official validators of the formats, asked last.
        code: digest of this version of Glotmill; None where it is the one that made the corpus. What another version
            derived has to be as its receipt says.

    Raises:
        SettingsError: the folder holds no finished run.
    """
    manifest = folder.read_json("manifest.json")
    verdict = Verdict()
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        found = manifest.get("format") if isinstance(manifest, dict) else None
        verdict.note(f"manifest.json: format {found!r}, expected {FORMAT!r}")
        return verdict
    wrong = problems_of(manifest)
    if wrong:
        for problem in wrong:
            verdict.note(f"manifest.json: {problem}")
        return verdict
    plan = folder.read_json("plan.json")
    if not _is_plan(plan):
        verdict.note("plan.json: not the plan of a run")
        return verdict
    _verify_statements(folder, manifest, plan, verdict)
    seen = _verify_rows(folder, manifest, check_row, verdict)
    _verify_superseded(folder, manifest, verdict)
    verify_mix(seen, manifest, verdict)
    if seen.unread:
        verdict.remarks.append(
            "what is derived from the manifest was not compared: it is made of parts that are unreadable"
        )
    else:
        same_code = code is None or manifest["code"].get("digest") == code
        verify_exports(folder, manifest, verdict, same_code=same_code)
    for validator in validators:
        _ask(validator, folder, manifest, verdict)
    return verdict


def _verify_rows(folder: RunFolder, manifest: Mapping[str, Any], check_row: RowCheck, verdict: Verdict) -> Seen:
    """Read the parts and the ledger, and compare what is in them with the manifest and with one another."""
    with tempfile.TemporaryDirectory(prefix="glotmill-verify-") as scratch:
        ids = Ids(SortedLines(Path(scratch)), [part["path"] for part in manifest["parts"]])
        seen = verify_parts(folder, manifest, ids, check_row=check_row, verdict=verdict)
        _verify_totals(manifest, verdict)
        _verify_listing(folder, manifest, verdict)
        _verify_account(folder, manifest, ids, verdict)
        inherited = any(manifest.get(name) is not None for name in ("parent", "parents", "update"))
        ids.compare(verdict, mix=manifest.get("mix") is not None, inherited=inherited)
    return seen


def _ask(validator: Validator, folder: RunFolder, manifest: Mapping[str, Any], verdict: Verdict) -> None:
    """Ask a validator about a file that is as the manifest gives it: of any other, that is said already."""
    if validator.file not in verdict.exports:
        verdict.validators[validator.name] = f"not asked: {validator.file} is not what the manifest gives"
        return
    result, complaints = validator.ask(folder, manifest)
    verdict.validators[validator.name] = result
    for complaint in complaints:
        verdict.note(f"{validator.file}: {validator.name}: {complaint}")


def _is_plan(plan: Any) -> bool:
    """Tell whether plan.json has the shape of a plan; the names of its phases are names of folders."""
    return (
        isinstance(plan, dict)
        and isinstance(plan.get("components"), dict)
        and isinstance(plan.get("fingerprints"), list)
        and isinstance(plan.get("phases"), list)
        and all(isinstance(name, str) and _PHASE.fullmatch(name) for name in plan["phases"])
    )


def _verify_statements(
    folder: RunFolder, manifest: Mapping[str, Any], plan: Mapping[str, Any], verdict: Verdict
) -> None:
    """Compare what the manifest says of its making with itself, with plan.json, and with the files that the run kept."""
    for name, derived in (("policies", policies(manifest)), ("steps", step_chain(manifest))):
        if list(manifest[name]) != derived:
            verdict.note(f"manifest.json: {name} {manifest[name]}, the recipe gives {derived}")
    for name in _COMPONENTS:
        if manifest.get(name, {}) != plan["components"].get(name, {}):
            verdict.note(f"manifest.json: {name} is not what plan.json says")
    if [manifest["fingerprint"]] != plan["fingerprints"][-1:]:
        verdict.note("manifest.json: the fingerprint is not what plan.json says")
    for name, digest in sorted(manifest["files"].items()):
        address = folder.join("project", name)
        if not storage.exists(address):
            verdict.note(f"project/{name}: missing")
        elif sha256_text(storage.read_bytes(address).decode("utf-8", "replace")) != digest:
            verdict.note(f"project/{name}: not the file that the manifest names")


def _verify_superseded(folder: RunFolder, manifest: Mapping[str, Any], verdict: Verdict) -> None:
    """Compare an update's list of superseded documents with what the manifest says of it."""
    listed = (manifest.get("update") or {}).get("superseded")
    if listed is None:
        return
    address = folder.join(listed["path"])
    if not storage.exists(address):
        verdict.note(f"{listed['path']}: missing")
    elif storage.sha256(address)[0] != listed["sha256"]:
        verdict.note(f"{listed['path']}: sha256 {storage.sha256(address)[0]}, the manifest says {listed['sha256']}")


def _verify_totals(manifest: Mapping[str, Any], verdict: Verdict) -> None:
    account = manifest["account"]
    sums = totals(manifest["parts"])
    for name, value in sums.items():
        if manifest["totals"][name] != value:
            verdict.note(f"manifest.json: {name} of the parts do not add up to the totals")
    if sums["documents"] != account["kept"]:
        verdict.note(f"manifest.json: the parts hold {sums['documents']} documents, the account kept {account['kept']}")
    if account["read"] + account["derived"] != account["kept"] + account["dropped"] + account["quarantined"]:
        verdict.note("manifest.json: the account does not balance")


def _verify_listing(folder: RunFolder, manifest: Mapping[str, Any], verdict: Verdict) -> None:
    address = folder.join("data")
    paths = [part["path"] for part in manifest["parts"]]
    for path, times in Counter(paths).items():
        if times > 1:
            verdict.note(f"manifest.json: {path} stands in it {times} times")
    found = {f"data/{name}" for name, _ in storage.list_below(address)}
    for name in sorted(found - set(paths)):
        verdict.note(f"{name}: stands in the corpus and not in the manifest")


def _verify_account(folder: RunFolder, manifest: Mapping[str, Any], ids: Ids, verdict: Verdict) -> None:
    """Compare the ledger with the account, and add its ids to `ids`."""
    gone: Counter[str] = Counter()
    for doc_id, fate in _ledger(folder, verdict):
        gone[fate] += 1
        ids.removed(doc_id)
    for fate in ("dropped", "quarantined"):
        if gone[fate] != manifest["account"][fate]:
            verdict.note(f"ledger: {gone[fate]} rows {fate}, the manifest says {manifest['account'][fate]}")


def _ledger(folder: RunFolder, verdict: Verdict) -> Iterator[tuple[str, str]]:
    """Yield id and fate of the ledger's rows, and note files that are not those of their receipts."""
    for phase, record in folder.ledgers():
        name, address = f"{phase}/{record.name}", folder.join(phase, record.name)
        if not storage.exists(address):
            verdict.note(f"{name}: missing")
            continue
        if f"sha256:{storage.sha256(address)[0]}" != record.digest:
            verdict.note(f"{name}: not the file that its receipt names")
        try:
            with storage.open_read(address) as stream:
                for batch in pq.ParquetFile(stream).iter_batches(columns=["doc_id", "fate"]):
                    yield from zip(texts(batch.column("doc_id")), texts(batch.column("fate")), strict=True)
        except (pa.ArrowException, OSError) as error:
            verdict.note(f"{name}: not readable as Parquet: {error}")
