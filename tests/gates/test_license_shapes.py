"""Conformance of license detection: page shapes after how real sites mark licenses, each with what is right for it.

It says how well the detector reads the shapes, not how precise it is on the web.
"""

import sys
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest

from glotmill.licensing.decision import Decision, Judge
from glotmill.licensing.detection import Detector
from glotmill.licensing.expressions import Licensing
from glotmill.licensing.table import RESERVED, load_table
from support.effort import done_within

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from license_shapes import Shape, difference, is_upgrade, read_shapes  # noqa: E402

SHAPES = read_shapes()
FLOOR = 0.97
TABLE = load_table((ROOT / "manifests/licenses.yaml").read_text(encoding="utf-8"))
LICENSING = Licensing(TABLE)


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(TABLE)


@pytest.fixture(scope="module")
def decisions(detector: Detector) -> dict[str, Decision]:
    judge = Judge(TABLE)
    return {shape.name: judge.decide(detector.detect(shape.html, shape.headers)) for shape in SHAPES}


def _class(shape: Shape) -> str:
    return "unknown" if shape.license is None else LICENSING.class_of(shape.license)


def test_shapes_are_many_in_many_languages_and_say_what_they_model():
    assert len(SHAPES) >= 150
    assert len({shape.name for shape in SHAPES}) == len(SHAPES)
    assert len({shape.language for shape in SHAPES}) >= 15
    assert len({shape.language.partition("_")[2] for shape in SHAPES}) >= 10
    assert all(len(shape.models) >= 8 for shape in SHAPES)
    reserved = {shape.language for shape in SHAPES if "reserved" in shape.name and shape.state == "conflict"}
    assert len(reserved) >= 25


def test_shapes_expect_licenses_that_the_table_knows():
    for shape in SHAPES:
        assert shape.license is None or TABLE.get(shape.license) is not None, shape.name
        assert (shape.license is None) <= (shape.state in {"none", "mention", "conflict", "weak"}), shape.name


def test_detector_is_right_on_the_shapes(decisions: dict[str, Decision]):
    wrong = [line for shape in SHAPES if (line := difference(shape, decisions[shape.name])) is not None]
    right = 1 - len(wrong) / len(SHAPES)
    assert right >= FLOOR, f"right on {right:.3f} of {len(SHAPES)} shapes:\n" + "\n".join(wrong)


def test_detector_never_grants_more_than_is_right(decisions: dict[str, Decision]):
    upgrades = [
        difference(shape, decision)
        for shape in SHAPES
        if is_upgrade(shape, decision := decisions[shape.name], _class(shape))
    ]
    assert not upgrades, "\n".join(map(str, upgrades))


def test_screen_passes_every_shape_whose_page_holds_evidence(detector: Detector):
    pages = [shape for shape in SHAPES if len(shape.html) < 1_000_000 and detector.from_page(shape.html)]
    assert len(pages) > 200
    passed = detector.candidates(pa.array([shape.html for shape in pages], pa.large_string()))
    assert [shape.name for shape, yes in zip(pages, passed, strict=True) if not yes] == []


def test_no_shape_takes_longer_than_three_seconds(detector: Detector):
    for shape in (shape for shape in SHAPES if shape.group == "attacks"):
        done_within(3, partial(detector.detect, shape.html, shape.headers))


@pytest.mark.parametrize(
    ("license_id", "state", "upgrade"),
    [
        ("CC-BY-SA-4.0", "declared", False),
        ("CC-BY-4.0", "declared", True),  # freer
        ("CC-BY-SA-4.0", "verified", True),  # surer
        ("CC-BY-NC-4.0", "declared", False),
        (None, "conflict", False),
        (RESERVED, "declared", False),
    ],
)
def test_what_an_upgrade_is(license_id: str | None, state: str, *, upgrade: bool):
    shape = Shape("x", "x", "eus_Latn", "x", "", {}, "CC-BY-SA-4.0", "declared", None, None)
    given = "unknown" if license_id is None else LICENSING.class_of(license_id)
    assert is_upgrade(shape, Decision(license_id, state, given, None, ()), "sharealike") is upgrade
