"""The how-to page on dumps of wikis: its commands run as they stand, and what they leave is what the page says."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from glotmill.licensing.sources import load_source
from glotmill.provenance.folder import RunFolder
from support.pages import run_page


@pytest.mark.slow
def test_the_commands_of_the_page_run_in_order(root: Path, tmp_path: Path) -> None:
    said = run_page(root / "docs" / "how-to" / "read-wikimedia-dumps.md", tmp_path)
    assert "wikimedia.redirect" in said
    folder = RunFolder(str(tmp_path / "out/wikimedia/0.1.0"))
    rows = {row["title"]: row for part in folder.parts() for row in pq.read_table(folder.join(part)).to_pylist()}
    assert sorted(rows) == ["Harbide", "नदीपुर"]
    row = rows["Harbide"]
    assert row["text"].splitlines() == [
        "Harbide Mendialdeko herri txiki bat da, ibaiaren ezkerraldean. Herriko plazan azoka egiten dute larunbatero, eta baserritarrek barazkiak eta gazta saltzen dituzte.",
        "Historia",
        "Lehen zubia egurrezkoa izan zen. Uholde handi batek eraman zuen, eta herritarrek harrizkoa eraiki zuten auzolanean.",
    ]
    assert (row["license"], row["license_state"], row["language"]) == ("CC-BY-SA-4.0", "declared", "eus_Latn")
    assert (row["wiki_links"], row["wiki_categories"]) == (["Mendialde", "ibai"], ["Mendialdeko herriak"])
    assert (row["wiki_templates"], row["wiki_tables"]) == (1, 1)
    assert row["crawl_time"].date().isoformat() == "2026-11-01"


def test_the_table_of_licenses_is_what_the_manifests_say(root: Path) -> None:
    page = (root / "docs" / "how-to" / "read-wikimedia-dumps.md").read_text(encoding="utf-8")
    table = page.partition("| source | `host`")[2].partition("\n\n")[0]
    said = {}
    for line in table.splitlines()[2:]:
        sources, _, license_, _ = (cell.strip() for cell in line.strip("|").split("|"))
        said |= dict.fromkeys(sources.split(", "), tuple(license_.rsplit(", ", 1)))
    found = {}
    for path in sorted((root / "manifests" / "sources").glob("wik*.yaml")):
        manifest = load_source(path.read_text(encoding="utf-8"), path.name)
        found[path.stem] = (manifest.license.expression, manifest.license.state)
    assert said == found


def test_the_sources_of_the_recipe_are_on_the_page(root: Path) -> None:
    recipe = yaml.safe_load((root / "pipelines" / "wikimedia.yaml").read_text(encoding="utf-8"))
    page = (root / "docs" / "how-to" / "read-wikimedia-dumps.md").read_text(encoding="utf-8")
    assert [one["of"] for one in recipe["source"] if one["of"] not in page] == []
