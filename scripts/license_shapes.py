"""The page shapes of `tests/gates/license_shapes/`: read, rendered into pages, and compared with a decision."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from glotmill.licensing.decision import Decision
from glotmill.licensing.table import CLASSES, RESERVED

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "tests/gates/license_shapes"
_FILL = "@FILL@"
# How far a state lets a row go: no policy lets one of the last three pass.
_STRENGTH = {"verified": 3, "declared": 2, "weak": 1, "conflict": 0, "mention": 0, "none": 0}


@dataclass(frozen=True, slots=True)
class Shape:
    """One page shape.

    Args:
        name: in words, unique.
        group: name of its file.
        language: canonical tag of the page's text.
        models: which habit of real sites it stands for.
        html: the page.
        headers: HTTP headers with lower-case names.
        license: what is right, None where the page gives no license.
        state: the license state that is right.
        port: jurisdiction, where there is one.
        signal: what the license must be read from, where only one reading is right.
    """

    name: str
    group: str
    language: str
    models: str
    html: str
    headers: Mapping[str, str]
    license: str | None
    state: str
    port: str | None
    signal: str | None


def read_shapes() -> list[Shape]:
    """Return all shapes, by file and order."""
    shapes = []
    for path in sorted(FOLDER.glob("*.yaml")):
        shapes += [_shape(entry, path.stem) for entry in yaml.safe_load(path.read_text(encoding="utf-8"))]
    return shapes


def _shape(entry: Mapping[str, Any], group: str) -> Shape:
    return Shape(
        name=entry["name"],
        group=group,
        language=entry["language"],
        models=entry["models"],
        html=_page(entry),
        headers=entry.get("headers", {}),
        license=entry["license"],
        state=entry["state"],
        port=entry.get("port"),
        signal=entry.get("signal"),
    )


def _page(entry: Mapping[str, Any]) -> str:
    html = entry.get("html")
    if html is None:
        footer = f"<footer>{entry['footer']}</footer>" if "footer" in entry else ""
        html = (
            f'<!doctype html>\n<html lang="{entry["language"][:3]}"><head><meta charset="utf-8"><title>{entry["language"]}'
            f'</title>{entry.get("head", "")}</head>\n<body><header><nav><a href="/">1</a> <a href="/2">2</a></nav></header>\n'
            f"<main>{entry['body']}</main>\n{footer}</body></html>"
        )
    fill = entry.get("fill")
    return str(html) if fill is None else str(html).replace(_FILL, fill["with"] * fill["times"])


def difference(shape: Shape, decision: Decision) -> str | None:
    """Return what is wrong with a decision on a shape, in words, or None."""
    wanted = (shape.license, shape.state, shape.port)
    got = (decision.license, decision.state, decision.port)
    if wanted != got:
        return f"{shape.group}: {shape.name}: {_words(*wanted)} is right, got {_words(*got)} by {decision.signal[:80]}"
    if shape.signal is not None:
        used = [one.signal for one in decision.evidence if one.spdx == decision.license]
        if shape.signal not in used:
            return f"{shape.group}: {shape.name}: must be read from {shape.signal}, was read from {used}"
    return None


def is_upgrade(shape: Shape, decision: Decision, license_class: str) -> bool:
    """Return whether a decision grants more than is right: a freer license, or a stronger state.

    Args:
        shape: the shape.
        decision: on it.
        license_class: class of the shape's own license, `unknown` where it has none.
    """
    if decision.license == RESERVED:
        return False
    freer = decision.license is not None and CLASSES.index(decision.license_class) < CLASSES.index(license_class)
    return freer or _STRENGTH[decision.state] > _STRENGTH[shape.state]


def _words(license_id: str | None, state: str, port: str | None) -> str:
    return " ".join(filter(None, (license_id or "no license", f"({state})", port)))
