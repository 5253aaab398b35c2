"""`diff` on real runs: every document that two runs treat differently is counted once, under the right change."""

import json
from collections import Counter

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from glotmill.cli.app import app
from glotmill.core.errors import SettingsError
from glotmill.provenance.folder import RunFolder
from glotmill.report import diff as module
from glotmill.report.diff import diff
from support.corpora import LABEL, SHORT, Bench, documents
from support.takedowns import taken_down


def _changes(found):
    return {(one.kind, one.before, one.after): one.documents for one in found.changes}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two runs over 90 documents: the second drops what has under 150 characters, read one file less and one more."""
    bench = Bench(tmp_path_factory.mktemp("diff"), documents(90), [LABEL, SHORT])
    first = bench.run()
    bench.write_recipe([LABEL, {**SHORT, "characters": 200}], version="1.1.0")
    (bench.inputs / "part-003.jsonl").unlink()
    row = {
        "text": "Ikasleek zuhaitz berriak landatu zituzten eskola ondoan. " * 5,
        "url": "https://stories.example/new",
    }
    (bench.inputs / "part-004.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    return first, bench.run()


def _ids(run):
    table = pq.read_table(run.join("data"), columns=["doc_id"])
    return set(table.column("doc_id").to_pylist())


def test_every_document_stands_under_one_change(runs):
    first, second = runs
    found = diff(first, second)
    lost, gained = _ids(first) - _ids(second), _ids(second) - _ids(first)
    counts = Counter()
    for one in found.changes:
        counts[one.kind] += one.documents
    assert counts["lost"] == len(lost) > 0
    assert counts["gained"] == len(gained) == 1
    assert found.same == len(_ids(first) & _ids(second)) > 0
    assert sum(one for one, _ in found.kept.values()) == len(_ids(first))
    assert sum(other for _, other in found.kept.values()) == len(_ids(second))
    assert ("gained", "not read", "kept") in _changes(found)
    assert {after for kind, _, after in _changes(found) if kind == "lost"} == {"short: short.too_short", "not read"}


def test_examples_have_value_address_and_text_in_their_script(runs):
    found = diff(*runs, examples=50)
    shown = [example for one in found.changes if one.after.startswith("short") for example in one.examples]
    by_id = {row["doc_id"]: row for row in pq.read_table(runs[0].join("data")).to_pylist()}
    assert shown
    for example in shown:
        assert example.detail
        assert example.url == by_id[example.doc_id]["url"]
        assert by_id[example.doc_id]["text"].startswith(example.text)


def test_plans_are_compared_step_by_step(runs):
    lines = diff(*runs).plans
    assert "recipe.steps.short.characters: 20 -> 200" in lines
    assert "recipe.version: 1.0.0 -> 1.1.0" in lines
    assert any(line.startswith("inputs: ") for line in lines)


def test_a_run_does_not_differ_from_itself_and_the_reverse_is_the_reverse(runs):
    first, second = runs
    same = diff(first, first)
    assert (same.plans, same.changes, same.columns) == ([], [], {})
    assert same.same == len(_ids(first))
    turned = {"lost": "gained", "gained": "lost"}
    there = {
        (turned.get(one.kind, one.kind), one.language, one.after, one.before, one.documents)
        for one in diff(first, second).changes
    }
    back = {(one.kind, one.language, one.before, one.after, one.documents) for one in diff(second, first).changes}
    assert there == back


def test_many_parts_say_what_one_says(runs, monkeypatch):
    whole = diff(*runs)
    monkeypatch.setattr(module, "_ROWS_PER_PART", 7)
    assert diff(*runs) == whole


def test_runs_over_other_records_meet_by_address(tmp_path):
    rows = documents(30)
    bench = Bench(tmp_path, rows, [LABEL, SHORT])
    first = bench.run()
    bench.write_inputs(rows[::-1])
    bench.write_recipe([LABEL, SHORT], version="1.1.0")
    second = bench.run()
    assert _changes(diff(first, second, by="url")) == {}
    assert sum(_changes(diff(first, second)).values()) > 0


def test_what_was_taken_down_is_counted_and_not_shown(tmp_path):
    bench = Bench(tmp_path, documents(30), [LABEL, SHORT])
    first = bench.run()
    second = bench.run(out=tmp_path / "other")
    gone = pq.read_table(second.join("data")).to_pylist()[0]
    taken_down(second, urls=[gone["url"]])
    found = diff(first, second)
    (change,) = found.changes
    assert (change.kind, change.documents) == ("lost", 1)
    assert change.after == "takedown-1: takedown.named"
    assert [(one.url, one.detail, one.text) for one in change.examples] == [(None, None, None)]
    assert gone["url"] not in json.dumps(found.plans)


def test_a_folder_of_no_run_is_named(tmp_path, runs):
    with pytest.raises(SettingsError, match="is it the folder of a run"):
        diff(RunFolder(str(tmp_path)), runs[0])


def test_the_command_prints_tables_an_entry_or_json(runs):
    addresses = [run.address for run in runs]
    said = CliRunner().invoke(app, ["diff", *addresses]).stdout
    assert "recipe.steps.short.characters: 20 -> 200" in said
    assert "kept by A alone" in said
    entry = CliRunner().invoke(app, ["diff", *addresses, "--changelog"]).stdout
    assert entry.startswith("### Changes what is kept\n- `tiny` keeps ")
    assert "(`short: short.too_short`)" in entry
    value = json.loads(CliRunner().invoke(app, ["diff", *addresses, "--json", "--examples", "1"]).stdout)
    assert {"plans", "kept", "same", "changes", "columns"} <= set(value)
    assert all(len(change["examples"]) <= 1 for change in value["changes"])
