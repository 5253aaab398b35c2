"""Quality gates: the rule sets keep real running prose and drop what is wrecked, in no language less than they did."""

import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from measure_gates import FLOORS, PROSE, languages, measure, project_files  # noqa: E402

HELD = yaml.safe_load(FLOORS.read_text(encoding="utf-8"))
EVERY_TIME = ("hin_Deva", "swh_Latn", "tha_Thai")  # the others take minutes


@pytest.mark.real
@pytest.mark.parametrize(
    "tag", [tag if tag in EVERY_TIME else pytest.param(tag, marks=pytest.mark.slow) for tag in sorted(HELD)]
)
def test_a_language_keeps_its_prose_and_drops_what_is_wrecked(tag: str):
    if not PROSE.is_dir():
        pytest.skip(f"{PROSE} is missing; `make prose` fetches it")
    gate = measure(tag, languages()[tag], project_files())
    assert gate is not None, "fewer than 60 test documents"
    found = gate.floors()
    assert {name: found.get(name) for name, floor in HELD[tag].items() if found.get(name, 0) < floor} == {}, gate
