"""A small project with a JSON Lines source, for tests of the engine."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from glotmill.executors.base import Executor
from glotmill.executors.local import LocalExecutor
from glotmill.plan.project import Project
from glotmill.plan.resolve import Plan, resolve
from glotmill.provenance.folder import RunFolder
from glotmill.run.driver import Driver
from glotmill.run.settings import Settings
from glotmill.run.shard import release_steps
from support.kinds import KINDS

SOURCE = """\
name: Stories of a test
license:
  expression: CC0-1.0
  state: verified
  evidence: The tests of Glotmill wrote every sentence themselves.
terms: none
contact: test@example.org
"""

SENTENCES = (
    "Azokan sagarrak eta gazta saltzen dituzte larunbat goizetan.",
    "Der Imker öffnet den Bienenstock am frühen Morgen vorsichtig.",
    "गाँव की नदी पर नया पुल बनकर तैयार हो गया है।",
    "ชาวบ้านช่วยกันซ่อมสะพานไม้ก่อนฤดูฝนจะมาถึง",
    "ភូមិនេះមានផ្សារតូចមួយដែលលក់បន្លែស្រស់ៗ",
    "افتتحت المكتبة أبوابها للأطفال بعد الظهر.",
    "村里的面包师每天清晨四点开始工作。",
    "Watoto walipanda miti kando ya shule yao mpya.",
    "Kasabanın pazarı her salı günü meydanda kurulur.",
)


def documents(count: int) -> list[dict[str, object]]:
    """Distinct texts in nine languages, every tenth one short."""
    rows: list[dict[str, object]] = []
    for index in range(count):
        sentence = SENTENCES[index % len(SENTENCES)]
        text = "short" if index % 10 == 9 else f"{sentence} {index}. " * 4
        rows.append({"text": text, "url": f"https://stories.example/{index}"})
    return rows


def recipe(
    steps: Sequence[Mapping[str, object]], *, version: str = "1.0.0", shard_mb: float = 0.001, **more: object
) -> str:
    """A recipe's text; JSON is YAML."""
    value: dict[str, object] = {
        "name": "tiny",
        "version": version,
        "languages": ["eus_Latn"],
        "source": {"kind": "jsonl", "of": "stories"},
        "steps": list(steps),
        "sink": {
            "kind": "parquet",
            "partition_by": ["language", "license_class"],
            "part_mb": 0.01,
            "row_group_rows": 50,
        },
        "shard_mb": shard_mb,
    }
    return json.dumps({**value, **more})


LABEL = {"name": "label", "kind": "label"}
SHORT = {"name": "short", "kind": "short", "characters": 20}


class Bench:
    """A project folder with inputs, and runs of its recipe."""

    def __init__(
        self, folder: Path, rows: Iterable[Mapping[str, object]], steps: Sequence[Mapping[str, object]]
    ) -> None:
        self.project, self.inputs, self.out = folder / "project", folder / "inputs", folder / "out"
        (self.project / "pipelines").mkdir(parents=True)
        (self.project / "manifests" / "sources").mkdir(parents=True)
        (self.project / "manifests" / "sources" / "stories.yaml").write_text(SOURCE, encoding="utf-8")
        self.inputs.mkdir()
        self.write_inputs(list(rows))
        self.write_recipe(steps)

    def write_inputs(self, rows: Sequence[Mapping[str, object]], *, per_file: int = 25) -> None:
        """Write the rows as several files, so that there are several shards."""
        for number, start in enumerate(range(0, len(rows), per_file)):
            lines = [json.dumps(row, ensure_ascii=False) for row in rows[start : start + per_file]]
            (self.inputs / f"part-{number:03d}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def write_recipe(self, steps: Sequence[Mapping[str, object]], **more: object) -> None:
        """Write the recipe."""
        (self.project / "pipelines" / "tiny.yaml").write_text(recipe(steps, **more), encoding="utf-8")

    def plan(self) -> Plan:
        """Resolve the recipe."""
        return resolve(Project(self.project), "pipelines/tiny.yaml", extra=KINDS)

    def run(self, *, executor: Executor | None = None, out: Path | None = None, **settings: object) -> RunFolder:
        """Run the recipe; in this process unless told otherwise."""
        chosen = executor or LocalExecutor(1)
        place = Settings(str(out or self.out), {"stories": str(self.inputs)}, **settings)
        try:
            return Driver(self.plan(), place, {}, executor=chosen).run()
        finally:
            if executor is None:
                chosen.close()
            release_steps()


def digests(folder: RunFolder) -> dict[str, str]:
    """SHA-256 of everything that must be the same bytes: the corpus, the manifest, and what is derived from it.

    The report is not: it says when shards were finished and how long they took.
    """
    base = Path(folder.address)
    own = {"plan.json", "inputs.json", "report.html"}
    beside = (path for path in sorted(base.iterdir()) if path.is_file() and path.name not in own)
    files = [*sorted((base / "data").rglob("*.parquet")), *beside]
    return {path.relative_to(base).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
