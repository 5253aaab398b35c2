"""The how-to page on publishing: its commands run as they stand, one after the other, and do what the page says."""

import json
from pathlib import Path

from support.pages import run_page


def test_the_commands_of_the_page_run_in_order(root: Path, tmp_path: Path) -> None:
    page = root / "docs" / "how-to" / "publish-a-corpus.md"
    said = run_page(page, tmp_path)
    run = tmp_path / "stories/out/hadithi/1.0.0"
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["account"]["kept"], manifest["account"]["dropped"]) == (4, 1)
    assert '- "Sokoni", by Asha Juma, <https://hadithi.example/1>, row ' in said
    assert "mlcroissant: passed\nspdx-tools: passed\nhuggingface_hub: passed\n" in said
    assert "out/hadithi/1.0.0: verified, 4 parts, 4 rows, coverage 1.0000, 0 problems" in said
    assert "exit code 1" in said
    assert said.count("ATTRIBUTION.md: line") == 1
    assert "default 4 ['CC-BY-4.0', 'CC-BY-SA-4.0', 'CC0-1.0']" in said
    assert "attribution 2 ['CC-BY-4.0']" in said
    listed = {line.split("`")[1] for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| `")}
    assert listed <= {path.name for path in run.iterdir()}
    upload = {path.name for path in (tmp_path / "stories/upload").iterdir()}
    training = {"training-summary.json", "training-domains.tsv"}
    assert (
        {"data", "manifest.json", "README.md", "LICENSE.md", "ATTRIBUTION.md"} <= upload <= {"data", *listed, *training}
    )
    kept = [path.read_bytes() for path in (tmp_path / "stories/upload").rglob("*") if path.is_file()]
    assert not any(b"ipuinak.example" in content for content in kept)
