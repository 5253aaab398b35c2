"""The recipe for chat and instruction data, as it is shipped: with other engines and languages, and with its own."""

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from glotmill.executors.local import LocalExecutor
from glotmill.plan.project import Project
from glotmill.plan.resolve import resolve
from glotmill.provenance.folder import RunFolder
from glotmill.run.driver import Driver
from glotmill.run.settings import Settings
from glotmill.run.shard import release_steps

pytestmark = pytest.mark.slow
RECIPE = Path(__file__).resolve().parents[2] / "pipelines" / "selective_translation.yaml"
TARGETS = ["eus_Latn", "deu_Latn", "hin_Deva", "tha_Thai", "khm_Khmr", "arb_Arab", "cmn_Hani", "swh_Latn", "tur_Latn"]
ASKED = "Could you tell me how many apples are left in the basket under the old table in the kitchen?"
CALL = {"type": "function", "function": {"name": "count", "arguments": '{"what": "apples", "where": "the basket"}'}}
ROWS: list[dict[str, Any]] = [
    {
        "messages": [
            {"role": "user", "content": f"{ASKED}\n\n```py\nprint(len(basket))\n```"},
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
            {"role": "tool", "content": '{"apples": 7}'},
            {"role": "assistant", "content": "There are seven apples left in the basket, and two of them are green."},
        ]
    },
    {
        "instruction": "Write a program that prints the numbers from one to ten, and explain what it does.",
        "input": "",
        "output": "This loop prints each of the numbers once:\n\nfor number in range(1, 11):\n    print(number)",
    },
]


def run(tmp_path: Path, *, source: dict[str, Any], languages: list[str], **changes: Any) -> RunFolder:
    recipe = yaml.safe_load(RECIPE.read_text(encoding="utf-8"))
    recipe["languages"] = ["eng_Latn", *languages]
    recipe["source"].update(source)
    [step] = [step for step in recipe["steps"] if step["kind"] == "translate"]
    step.update({"to": languages, **changes})
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "pipelines/selective_translation.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
    plan = resolve(Project(tmp_path), "pipelines/selective_translation.yaml")
    executor = LocalExecutor(1)
    try:
        where = Settings(out=str(tmp_path / "out"), bindings={"chats": str(tmp_path / "input")})
        return Driver(plan, where, {}, executor=executor).run()
    finally:
        executor.close()
        release_steps()


def texts(folder: RunFolder, origin: str) -> dict[str, list[str]]:
    parts = [part for part in folder.parts() if f"/{origin}/" in part]
    rows = [row for part in parts for row in pq.read_table(folder.join(part)).to_pylist()]
    return {tag: [row["text"] for row in rows if row["language"] == tag] for tag in {row["language"] for row in rows}}


def test_an_engine_that_changes_nothing_gives_every_row_back_byte_for_byte_in_every_language(tmp_path):
    (tmp_path / "input").mkdir()
    lines = [json.dumps(row, ensure_ascii=place == 0) for place, row in enumerate(ROWS)]
    (tmp_path / "input/chats.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    folder = run(tmp_path, source={}, languages=TARGETS, engine="identity", filters=[])
    assert texts(folder, "native") == {"eng_Latn": lines}
    assert texts(folder, "mt") == dict.fromkeys(TARGETS, lines)


def test_rows_of_parquet_are_json_with_their_columns_in_order(tmp_path):
    (tmp_path / "input").mkdir()
    pq.write_table(pa.Table.from_pylist([ROWS[1]]), tmp_path / "input/chats.parquet")
    folder = run(tmp_path, source={"kind": "parquet"}, languages=["swh_Latn"], engine="identity", filters=[])
    assert texts(folder, "mt") == {"swh_Latn": [json.dumps(ROWS[1])]}


@pytest.mark.skipif(shutil.which("apertium") is None, reason="apertium-eng-spa comes from Debian")
def test_its_own_engine_translates_what_people_wrote_and_nothing_else(tmp_path):
    (tmp_path / "input").mkdir()
    lines = [json.dumps(row) for row in ROWS]
    (tmp_path / "input/chats.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    folder = run(tmp_path, source={}, languages=["spa_Latn"])
    chat, task = (json.loads(text) for text in texts(folder, "mt")["spa_Latn"])
    assert "manzanas" in chat["messages"][0]["content"]
    assert chat["messages"][0]["content"].endswith("\n\n```py\nprint(len(basket))\n```")
    assert chat["messages"][1:3] == ROWS[0]["messages"][1:3]
    assert "números" in task["output"]
    assert task["output"].endswith("\n\nfor number in range(1, 11):\n    print(number)")
