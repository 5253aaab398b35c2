"""A language calls itself proven if and only if the floors that its gate holds prove it."""

import sys
from pathlib import Path

import pytest
import yaml

from glotmill.text.rules import read_language

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from measure_gates import FLOORS, languages, project_files, proves  # noqa: E402

HELD = yaml.safe_load(FLOORS.read_text(encoding="utf-8"))
FILES = project_files()
TAGS = sorted(path.stem for path in (ROOT / "filters/languages").glob("*.yaml"))
SOUND = {"documents": 60, "share": 0.95, "kept": 0.86, "navigation": 0.9, "truncated": 1.0, "scanned": 0.8}


@pytest.mark.parametrize("tag", TAGS)
def test_a_language_is_proven_as_far_as_its_gate_is(tag: str):
    language = read_language(tag, FILES)
    assert language is not None
    assert language.status == ("proven" if tag in HELD and proves(HELD[tag]) else "unproven")


def test_floors_are_held_for_languages_with_test_sources_alone():
    assert set(HELD) <= set(languages())


def test_forty_languages_in_a_dozen_scripts_are_proven():
    proven = [tag for tag in HELD if proves(HELD[tag])]
    assert len(proven) >= 40
    assert len({tag.partition("_")[2] for tag in proven}) >= 12


@pytest.mark.parametrize(
    ("change", "enough"),
    [
        ({}, True),
        ({"documents": 59}, False),
        ({"share": 0.94}, False),
        ({"navigation": 0.89}, False),  # (0.89 + 1 + 0.8) / 3 < 0.9
        ({"navigation": 0.64, "scanned": 1.0, "keywords": 1.0, "translated": 1.0}, False),
        ({"navigation": 0.65, "scanned": 1.0, "keywords": 1.0, "translated": 1.0}, True),
    ],
)
def test_what_proves_a_language(change: dict[str, float], *, enough: bool):
    assert proves({**SOUND, **change}) is enough
