"""A small corpus under many licenses, and ways to tamper with a copy of it as somebody who knows the format would."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from glotmill.core.arrow import strings
from glotmill.core.schema import fields
from glotmill.core.steps import Contract, Outcome, Resources, Spec
from glotmill.plan.project import Project
from glotmill.plan.resolve import Plan, resolve
from glotmill.provenance.exports import write_exports
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.manifest import part_entry, totals
from glotmill.provenance.parts import Origin, write_part
from glotmill.provenance.rights import row_check
from glotmill.provenance.verdict import Verdict
from glotmill.provenance.verify import Validator, verify
from support.corpora import SENTENCES, Bench
from support.kinds import KINDS

TAGS = (
    "eus_Latn",
    "deu_Latn",
    "hin_Deva",
    "tha_Thai",
    "khm_Khmr",
    "arb_Arab",
    "cmn_Hani",
    "swh_Latn",
    "tur_Latn",
)
LICENSES = (
    "CC-BY-4.0",
    "CC-BY-SA-3.0 DE",
    "CC0-1.0",
    "CC-BY-NC-SA-4.0",
    "CC BY",
    "GFDL-1.3-or-later",
    "OGL-UK-3.0",
)
SOURCE = """\
name: Stories of many owners
license: {expression: per-row, evidence: each row names its own license}
terms: none known
contact: test@example.org
homepage: https://stories.example/
"""
PUBLISHER = {
    "name": "Ipuinen Etxea (Bilbo)",
    "url": "https://ipuinak.example/corpus",
    "contact": "test@example.org",
    "published": "2026-11-27",
}


class TongueSpec(Spec):
    """Gives every row the language that its source claims."""

    kind: Literal["tongue"]

    def contract(self, resources: Resources) -> Contract:
        return Contract(fields("text"), fields("language"), frozenset())

    def build(self, resources: Resources):
        return lambda batch: Outcome(batch.with_columns({"language": strings(batch.column("language").to_pylist())}))


STEPS: tuple[Mapping[str, object], ...] = (
    {"name": "rights", "kind": "permit", "allow": "nc-research", "consent": "record-only"},
    {"name": "tongue", "kind": "tongue"},
    {"name": "echo", "kind": "echo"},
    {"name": "clean", "kind": "normalize"},
    {"name": "count", "kind": "count_tokens", "tokenizer": "utf8-bytes"},
)


def rows(count: int = 63) -> list[dict[str, object]]:
    """Rows in nine languages under seven licenses, from four sites; every ninth one is derived from, too."""
    return [
        {
            "text": f"{'+' if index % 9 == 0 else ''}{SENTENCES[index % 9]} {index}.",
            "url": f"https://www.ipuinak{index % 4}.example/{index}",
            "language": TAGS[index % 9],
            "license": LICENSES[index // 9 % 7],
            "title": f"Ipuina {index}" if index % 3 else None,
            "author": "Maite Etxeberria" if index % 2 else None,
            "crawl_time": f"2026-10-{1 + index % 28:02d}T08:00:00Z",
        }
        for index in range(count)
    ]


class Licensed(Bench):
    """A bench whose recipe decides on licenses."""

    def __init__(
        self,
        folder: Path,
        given: Sequence[Mapping[str, object]],
        *,
        steps: Sequence[Mapping[str, object]] = STEPS,
        **more: object,
    ) -> None:
        super().__init__(folder, given, steps)
        (self.project / "manifests" / "sources" / "stories.yaml").write_text(SOURCE, encoding="utf-8")
        self.write_recipe(steps, languages=list(TAGS), **{"publisher": PUBLISHER, **more})

    def plan(self) -> Plan:
        return resolve(Project(self.project), "pipelines/tiny.yaml", extra={**KINDS, "tongue": TongueSpec})


def check(folder: RunFolder, validators: Sequence[Validator] = ()) -> Verdict:
    """Verify a folder as the command does."""
    rights = row_check(folder.read_json("manifest.json"), folder.license_table())
    return verify(folder, check_row=rights, validators=validators)


class Copy:
    """A copy of a run's folder, to tamper with."""

    def __init__(self, folder: RunFolder, place: Path) -> None:
        self.path = place / "copy"
        shutil.copytree(folder.address, self.path)
        self.folder = RunFolder(str(self.path))

    @property
    def manifest(self) -> dict[str, Any]:
        return self.folder.read_json("manifest.json")

    def problems(self) -> list[str]:
        """What a verification names, at least one thing."""
        verdict = check(self.folder)
        assert not verdict.holds
        return verdict.problems

    def edit_manifest(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Change manifest.json and nothing else."""
        value = self.manifest
        change(value)
        (self.path / "manifest.json").write_text(
            json.dumps(value, sort_keys=True, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
        )

    def rewrite(self, path: str, change: Callable[[list[dict[str, Any]]], None]) -> None:
        """Change rows of a part and everything that speaks of them: footer, manifest, totals, exports."""
        table = pq.read_table(self.path / path, partitioning=None)
        found = table.to_pylist()
        change(found)
        value = self.manifest
        origin = Origin(
            corpus=f"{value['name']}@{value['version']}",
            plan=value["fingerprint"],
            partition=path.split("/")[1:-1],
            policies=value["policies"],
            steps=value["steps"],
        )
        schema = table.schema.remove_metadata()
        batches = pa.Table.from_pylist(found, schema=schema).to_batches()
        record, facts = write_part(str(self.path), path, batches, schema, row_group_rows=50, origin=origin)
        entries = [part_entry(record, facts) if one["path"] == path else one for one in value["parts"]]
        value["parts"], value["totals"] = entries, totals(entries)
        self.folder.write_json("manifest.json", value)
        write_exports(self.folder, value)

    def part_with(self, **values: str) -> str:
        """The path of the first part that holds only these values."""
        return next(
            part["path"]
            for part in self.manifest["parts"]
            if all(set(part["histograms"][name]) == {value} for name, value in values.items())
        )
