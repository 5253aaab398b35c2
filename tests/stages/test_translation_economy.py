"""What translations take: told by step and shard, in proportion to a whole input, and paid once by all who share."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from glotmill.executors.local import LocalExecutor
from glotmill.plan.project import Project
from glotmill.plan.resolve import Plan, resolve
from glotmill.provenance.folder import RunFolder
from glotmill.report.translations import Cost, StepWork, in_proportion, work
from glotmill.run.driver import Driver
from glotmill.run.settings import Settings
from glotmill.run.shard import release_steps
from support.chat_server import chat_server
from support.command import glotmill

PRICE = {"input": 2.0, "output": 5.0}
SENTENCES = [
    f"The {animal} of the old farmer slept near the river." for animal in ("cow", "goat", "hen", "dog", "cat", "ox")
]
# Eight documents of two sentences, of which one is in all of them.
TEXTS = [f"{SENTENCES[place % 6]} The bridge was closed after the storm." for place in range(8)]


def behave(content: str, _: int) -> dict[str, Any]:
    return {"text": f"«{content}»"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for folder in ("pipelines", "manifests/sources", "input"):
        (tmp_path / folder).mkdir(parents=True)
    engine = {
        "kind": "openai",
        "model": "echo",
        "revision": "1",
        "license": "CC0-1.0",
        "output_terms": "free",
        "evidence": "The test wrote it.",
        "prompt": "{text}",
        "deterministic": True,
        "price": PRICE,
    }
    save(tmp_path / "manifests/engines.yaml", {"engines": {"chat": engine}})
    license_ = {"expression": "per-row", "evidence": "The test wrote each sentence itself."}
    save(
        tmp_path / "manifests/sources/farm.yaml",
        {"name": "Farm", "license": license_, "terms": "none", "contact": "a@b.example"},
    )
    rows = [{"text": text, "language": "eng_Latn", "license": "CC0-1.0"} for text in TEXTS]
    for part in range(2):
        pq.write_table(pa.Table.from_pylist(rows[part * 4 : part * 4 + 4]), tmp_path / f"input/{part}.parquet")
    translate = {
        "name": "mt",
        "kind": "translate",
        "engine": "chat",
        "from": "eng_Latn",
        "to": ["gle_Latn"],
        "allow": "any",
    }
    save(
        tmp_path / "pipelines/farm.yaml",
        {
            "name": "farm",
            "version": "1.0.0",
            "languages": ["eng_Latn", "gle_Latn"],
            "source": {"kind": "parquet", "of": "farm"},
            "steps": [
                {"name": "rights", "kind": "permit", "allow": "any", "consent": "record-only"},
                {**translate, "filters": []},
            ],
            "sink": {"kind": "parquet", "partition_by": ["origin", "language"]},
            "shard_mb": 0.0001,
        },
    )
    return tmp_path


def save(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")


def plan_of(project: Path) -> Plan:
    return resolve(Project(project), "pipelines/farm.yaml")


def run(project: Path, address: str, *, out: str, workers: int = 1, translations: str | None = None) -> RunFolder:
    executor = LocalExecutor(workers)
    try:
        bindings = {"farm": str(project / "input")}
        where = Settings(str(project / out), bindings, engines={"chat": address}, translations=translations)
        return Driver(plan_of(project), where, {}, executor=executor).run()
    finally:
        executor.close()
        release_steps()


def data(folder: RunFolder) -> dict[str, bytes]:
    return {part: Path(folder.join(part)).read_bytes() for part in [*folder.parts(), "manifest.json"]}


@pytest.mark.slow
def test_each_step_tells_what_it_asked_and_a_second_run_that_shares_the_answers_asks_nothing(project):
    shared = f"file://{project}/shared"
    with chat_server(behave) as server:
        first = run(project, server.address, out="one", translations=shared)
        asked = len(server.bodies)
        second = run(project, server.address, out="two", workers=2, translations=shared)
        assert len(server.bodies) == asked == len(set(SENTENCES)) + 1
    [one], [two] = work(first), work(second)
    assert (one.step, one.engine, one.target) == ("mt", "chat", "gle_Latn")
    assert (one.documents, one.segments, one.words, one.requests, one.cached, one.asked) == (8, 16, 136, 16, 9, 7)
    # The server counts words: ten in each sentence and seven in the one that all have.
    assert (one.tokens_in, one.tokens_out, one.cost) == (67, 67, round(67 * (2 + 5) / 1e6, 6))
    assert (two.segments, two.words, two.requests, two.cached, two.asked, two.cost) == (16, 136, 16, 16, 0, 0.0)
    assert two.words_per_second is None
    assert data(first) == data(second)
    assert "milliseconds" not in (Path(first.join("manifest.json"))).read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_command_tells_it_as_json_and_a_run_in_an_object_store_keeps_its_answers_there(project):
    with chat_server(behave) as server:
        options = ["--bind", "farm=input", "--engine", f"chat={server.address}", "--json"]
        said = json.loads(glotmill("run", "farm", *options, "--out", "out", cwd=project))
        [step] = said["translations"]
        assert (step["asked"], step["tokens_in"]) == (7, 67)
        told = json.loads(glotmill("translations", "out/farm/1.0.0", "--json", cwd=project))
        assert told["steps"] == said["translations"]
        assert [one["requests"] for one in told["translations"]] == [7]
        folder = run(project, server.address, out="x", translations="memory://answers")
        assert [one.asked for one in work(folder)] == [7]


@pytest.mark.slow
def test_a_dry_run_tells_what_the_whole_input_would_take_by_the_tokens_of_its_sample(project):
    with chat_server(behave) as server:
        options = ["--bind", "farm=input", "--docs", "2", "--engine", f"chat={server.address}", "--json"]
        said = json.loads(glotmill("dry-run", "farm", *options, cwd=project))
        counted = [len(body["messages"][-1]["content"].split()) for body in server.bodies]
        [sample], whole = said["translations"], said["whole_input"]
        assert sample["tokens_in"] == sum(counted)
        assert sample["cost"] == round(sum(counted) * (2 + 5) / 1e6, 6)
        assert whole["documents"] == 8  # Parquet says so
        assert whole["translations"][0]["tokens_in"] == sum(counted) * 4
        assert whole["translations"][0]["cost"] == round(sample["cost"] * 4, 6)
        said = json.loads(glotmill("dry-run", "farm", *options, "--of", "1000000", cwd=project))
        assert said["whole_input"]["translations"][0]["cost"] == pytest.approx(sample["cost"] * 500_000)


def test_without_a_price_there_is_no_cost():
    spent = Cost("e", "eng_Latn", "swh_Latn", 3, 30, 33, 0, 0, None)
    assert in_proportion(spent, read=2, documents=9) == Cost("e", "eng_Latn", "swh_Latn", 14, 135, 149, 0, 0, None)
    with pytest.raises(ValueError, match="nothing was read"):
        in_proportion(spent, read=0, documents=9)
    assert StepWork("s", "e", "a", "b", words=50, asked=3, milliseconds=500).words_per_second == 100.0
