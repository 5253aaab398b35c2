"""The how-to page on chat data: its commands run as they stand, and each row is what the page says."""

import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from glotmill.provenance.folder import RunFolder
from support.pages import run_page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "translate-chat-data.md"


@pytest.fixture(scope="module")
def rows(tmp_path_factory) -> dict[str, dict[str, str]]:
    home = tmp_path_factory.mktemp("page")
    run_page(PAGE, home)
    folder = RunFolder(str(home / "maongezi/out/chats/1.0.0"))
    found: dict[str, dict[str, str]] = {"native": {}, "mt": {}}
    for part in folder.parts():
        for row in pq.read_table(folder.join(part)).to_pylist():
            found[row["origin"]][row["url"]] = row["text"]
    return found


def test_the_row_that_the_page_shows_is_the_row_of_the_run(rows):
    [shown] = re.findall(r"^```json\n(.*?)\n```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert rows["mt"]["https://chats.example/3"] == shown


def test_conversations_are_translated_around_code_calls_and_results_of_tools(rows):
    native, made = ({url[-1]: json.loads(text) for url, text in rows[origin].items()} for origin in ("native", "mt"))
    assert sorted(made) == sorted(native) == ["1", "2", "3"]
    first = made["1"]["messages"]
    assert [message["role"] for message in first] == ["system", "user", "assistant"]
    assert first[1]["content"] == "vipi je mimi nachapisha kila safu ya moja jedwali?"
    assert first[2]["content"].endswith("\n\n```py\nfor row in table:\n    print(row)  # the row\n```")
    assert first[2]["content"].startswith("hapa ni huu mzunguko ambao wewe uliuliza kwa:")
    asked, called, told, answered = made["2"]["messages"]
    assert asked["content"] == "je ni huu hewa katika {city} leo?"
    assert [called, told] == native["2"]["messages"][1:3]
    assert answered["content"].startswith("hewa ni joto leo, na")
