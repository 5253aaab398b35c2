"""Quality gates: the rule sets keep real running prose and drop real navigation, in no language less than they did."""

import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from measure_gates import FLOORS, PROSE, languages, measure, project_files  # noqa: E402

HELD = yaml.safe_load(FLOORS.read_text(encoding="utf-8"))


@pytest.mark.slow
@pytest.mark.parametrize("tag", sorted(HELD))
def test_a_language_keeps_its_prose_and_drops_its_navigation(tag: str):
    if not PROSE.is_dir():
        pytest.skip(f"{PROSE} is missing; `make prose` fetches it")
    gate = measure(tag, languages()[tag], project_files())
    assert gate is not None, "fewer than 60 test documents"
    assert gate.lower >= HELD[tag]["kept"], gate.reasons
    assert gate.dropped_share >= HELD[tag]["navigation_dropped"]
