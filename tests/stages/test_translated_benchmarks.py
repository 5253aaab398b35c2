"""Benchmarks and translations: what quotes an item goes in either language, and so does what was made from it."""

import json
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from glotmill.core.errors import RecipeError
from glotmill.core.hashing import sha256_file
from glotmill.core.steps import Batch
from glotmill.executors.local import LocalExecutor
from glotmill.plan.project import Project
from glotmill.plan.resolve import Plan, resolve
from glotmill.provenance.contamination import CONTAMINATION
from glotmill.provenance.folder import RunFolder
from glotmill.report.contamination import contamination
from glotmill.run.driver import Driver
from glotmill.run.settings import Settings
from glotmill.run.shard import release_steps
from glotmill.stages.decontaminate import Decontaminate
from glotmill.text.decontamination.grams import grams_of
from glotmill.text.decontamination.index import About, Index, Question, build_index
from glotmill.text.decontamination.matching import Matcher

ENGLISH = "Which miller from the upper village built the first covered bridge over the cold river?"
GERMAN = "Welcher Müller aus dem oberen Dorf baute die erste überdachte Brücke über den kalten Fluss?"
OTHER = "The baker of the lower village opens his oven every morning long before the sun comes up."
# Turns one sentence into the very words of the German benchmark, and others into words of no language.
ENGINE = f"""
import sys
for line in sys.stdin:
    line = line.rstrip("\\n")
    if line.startswith("Somebody asked who"):
        print({GERMAN!r}, flush=True)
    else:
        print(" ".join(word[::-1] for word in line.split()), flush=True)
"""
ROWS = {
    "1": f"Yesterday they asked us at school. {ENGLISH} Nobody knew.",
    "2": "Somebody asked who was the miller that had made a bridge with a roof long ago.",
    "3": OTHER,
}
STEP = {"name": "exam", "kind": "decontaminate", "benchmarks": ["frage", "frage-de"]}


def index(folder: Path, name: str, language: str, question: str) -> Path:
    about = About("frage", name, language, "CC0-1.0", "0" * 64, 1, 10, {})
    path = folder / f"{name}.ngrams"
    path.write_bytes(build_index([Question(1, question)], about, grams_of(language)).dump())
    return path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for folder in ("pipelines", "manifests/sources", "input", "benchmarks"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "engine.py").write_text(ENGINE, encoding="utf-8")
    engine = {
        "kind": "command",
        "model": "turner",
        "revision": "1",
        "license": "CC0-1.0",
        "output_terms": "free",
        "evidence": "The test wrote it.",
        "command": [sys.executable, str(tmp_path / "engine.py")],
        "deterministic": True,
    }
    models = {}
    for name, language, question in (("frage", "eng_Latn", ENGLISH), ("frage-de", "deu_Latn", GERMAN)):
        path = index(tmp_path / "benchmarks", name, language, question)
        models[name] = {
            "kind": "benchmark",
            "from": {"path": f"benchmarks/{path.name}"},
            "sha256": sha256_file(path),
            "bytes": path.stat().st_size,
            "license": "CC0-1.0",
            "cites": "a test",
            "benchmark": "frage",
        }
    save(tmp_path / "manifests/engines.yaml", {"engines": {"turner": engine}})
    save(tmp_path / "manifests/models.yaml", {"models": models})
    about = {
        "name": "x",
        "license": {"expression": "per-row", "evidence": "The test wrote each sentence itself."},
        "terms": "none",
        "contact": "a@b.example",
    }
    save(tmp_path / "manifests/sources/rows.yaml", about)
    lines = [
        f'{{"language": "eng_Latn", "license": "CC0-1.0", "url": "https://a.example/{name}", "text": "{text}"}}'
        for name, text in ROWS.items()
    ]
    (tmp_path / "input/rows.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def save(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")  # JSON is YAML


def plan_of(project: Path, before: list[Any], after: list[Any]) -> Plan:
    translate = {
        "name": "mt",
        "kind": "translate",
        "engine": "turner",
        "from": "eng_Latn",
        "to": ["deu_Latn"],
        "allow": "any",
    }
    save(
        project / "pipelines/rows.yaml",
        {
            "name": "rows",
            "version": "1.0.0",
            "languages": ["eng_Latn", "deu_Latn"],
            "source": {"kind": "jsonl", "of": "rows"},
            "steps": [
                {"name": "rights", "kind": "permit", "allow": "any", "consent": "record-only"},
                {"name": "clean", "kind": "normalize"},
                *before,
                {**translate, "filters": []},
                *after,
            ],
            "sink": {"kind": "parquet", "partition_by": ["origin", "language"]},
        },
    )
    return resolve(Project(project), "pipelines/rows.yaml")


def run(project: Path, before: list[Any], after: list[Any]) -> RunFolder:
    plan = plan_of(project, before, after)
    models = {name: project / f"benchmarks/{name}.ngrams" for name in plan.models}
    executor = LocalExecutor(1)
    try:
        where = Settings(out=str(project / "out"), bindings={"rows": str(project / "input")})
        return Driver(plan, where, models, executor=executor).run()
    finally:
        executor.close()
        release_steps()


def kept(folder: RunFolder) -> list[tuple[str, str]]:
    rows = [row for part in folder.parts() for row in pq.read_table(folder.join(part)).to_pylist()]
    return sorted((row["origin"], row["url"][-1]) for row in rows)


def gone(folder: RunFolder) -> dict[tuple[str, str], dict[str, Any]]:
    rows = [row for batch in folder.ledger() for row in batch.to_pylist()]
    return {("mt" if row["parent_ids"] else "native", row["url"][-1]): row for row in rows}


def test_behind_the_translation_the_source_goes_with_what_was_made_from_it_and_a_translation_alone(project):
    folder = run(project, [], [STEP])
    assert kept(folder) == [("mt", "3"), ("native", "2"), ("native", "3")]
    ledger = gone(folder)
    source = ledger["native", "1"]
    assert (source["reason"], source["detail"]) == ("decontaminate.frage", "frage 1 share 1.0000 by frage")
    made = ledger["mt", "1"]
    assert (made["reason"], made["related"]) == ("decontaminate.source_document", source["doc_id"])
    assert made["parent_ids"] == [source["doc_id"]]
    assert made["detail"] == "frage 1 share 1.0000 by frage"
    alone = ledger["mt", "2"]
    assert (alone["reason"], alone["detail"]) == ("decontaminate.frage", "frage 1 share 1.0000 by frage-de")
    assert contamination(folder)["frage"].removed == 3


@pytest.mark.slow
def test_before_the_translation_what_goes_is_never_sent_and_behind_it_the_target_language_is_looked_at(project):
    folder = run(project, [STEP], [{**STEP, "name": "again"}])
    assert kept(folder) == [("mt", "3"), ("native", "2"), ("native", "3")]
    assert sorted(gone(folder)) == [("mt", "2"), ("native", "1")]


@pytest.mark.slow
def test_where_items_are_only_marked_a_translation_has_the_marks_of_its_source(project):
    for before, after in (([{**STEP, "action": "annotate"}], []), ([], [{**STEP, "action": "annotate"}])):
        folder = run(project, before, after)
        rows = [row for part in folder.parts() for row in pq.read_table(folder.join(part)).to_pylist()]
        marks = {(row["origin"], row["url"][-1]): [one["by"] for one in row[CONTAMINATION] or ()] for row in rows}
        assert marks["native", "1"] == marks["mt", "1"] == ["frage"]
        assert marks["mt", "2"] == (["frage-de"] if after else [])
        (project / "out").rename(project / f"out-{bool(after)}")


@pytest.mark.slow
def test_where_sentences_are_cut_out_of_the_source_a_translation_made_before_goes_whole(project):
    folder = run(project, [], [{**STEP, "action": "span"}])
    assert ("native", "1") in kept(folder)
    assert gone(folder)["mt", "1"]["reason"] == "decontaminate.source_document"


def test_a_source_in_an_earlier_batch_is_remembered(tmp_path):
    found = Matcher([Index.load(index(tmp_path, "frage", "eng_Latn", ENGLISH).read_bytes())], containment=0.7)
    step = Decontaminate(found, {"frage": "frage"}, "document")

    def batch(*rows: tuple[str, str, list[str] | None]) -> Batch:
        ids, texts, parents = (list(column) for column in zip(*rows, strict=True))
        return Batch(
            pa.record_batch({"doc_id": ids, "text": texts, "parent_ids": pa.array(parents, pa.list_(pa.string()))})
        )

    assert step(batch(("a", ENGLISH, None), ("b", OTHER, None))).reasons.to_pylist() == ["decontaminate.frage", None]
    outcome = step(batch(("c", "Ganz andere Worte.", ["a"]), ("d", "Noch andere.", ["b"])))
    assert outcome.reasons.to_pylist() == ["decontaminate.source_document", None]
    assert outcome.related.to_pylist() == ["a", None]


def test_only_so_many_sources_are_remembered(tmp_path, monkeypatch):
    monkeypatch.setattr("glotmill.stages.decontaminate._REMEMBERED", 1)
    found = Matcher([Index.load(index(tmp_path, "frage", "eng_Latn", ENGLISH).read_bytes())], containment=0.7)
    step = Decontaminate(found, {"frage": "frage"}, "document")
    schema = pa.schema([("doc_id", pa.string()), ("text", pa.string()), ("parent_ids", pa.list_(pa.string()))])

    def reasons(*rows: tuple[str, str, list[str] | None]) -> list[str | None]:
        batch = pa.record_batch(
            [pa.array(column, field.type) for column, field in zip(zip(*rows, strict=True), schema, strict=True)],
            schema=schema,
        )
        found: list[str | None] = step(Batch(batch)).reasons.to_pylist()
        return found

    reasons(("a", ENGLISH, None), ("b", ENGLISH, None))
    assert reasons(("c", ENGLISH, None), ("d", "Andere Worte.", ["b"])) == [
        "decontaminate.frage",
        "decontaminate.source_document",
    ]
    assert reasons(("e", "Andere Worte.", ["a"]), ("f", "Andere Worte.", ["c"])) == [
        None,
        "decontaminate.source_document",
    ]


def test_a_step_that_drops_sources_before_their_benchmarks_are_looked_for_is_refused(project):
    between = {"name": "exact", "kind": "exact_dedup", "keep": ["native"]}
    with pytest.raises(RecipeError, match="does not see the documents that 'exact' drops") as caught:
        plan_of(project, [], [between, STEP])
    assert str(caught.value.field) == "steps.4"
    plan_of(project, [STEP], [between, {**STEP, "name": "again"}])
