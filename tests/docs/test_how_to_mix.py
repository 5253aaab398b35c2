"""The how-to page on mixes: its commands run as they stand, one after the other, and do what the page says."""

import json
import re
from pathlib import Path

from support.pages import run_page


def test_the_commands_of_the_page_run_in_order(root: Path, tmp_path: Path) -> None:
    said = run_page(root / "docs" / "how-to" / "mix-and-train.md", tmp_path)
    mix = json.loads((tmp_path / "hadithi/out/mchanganyiko/1.0.0/manifest.json").read_text(encoding="utf-8"))
    groups = {one["group"]["language"]: one for one in mix["mix"]["groups"]}
    assert groups["eus_Latn"]["epochs"] > 4
    assert groups["swh_Latn"]["left_out"]["documents"] > 0
    assert set(mix["totals"]["histograms"]["license"]) == {"CC-BY-4.0"}
    assert [one["name"] for one in mix["parents"]] == ["a", "b"]
    assert re.search(r"of 36,000 asked for in [\d,]+ rows, shuffled", said)
    assert said.count("mchanganyiko/1.0.0: verified") == 2
    assert "exit code 2" in said
    assert mix["release"] == "2.0.0"
