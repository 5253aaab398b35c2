"""Verification of what a mix says of its groups: against its rows, and against itself."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from glotmill.provenance.verdict import Verdict
from glotmill.provenance.verify_parts import Seen

_NAMES: Final = ("taken", "repeated")
_UNITS: Final = ("documents", "units")


def verify_mix(seen: Seen, manifest: Mapping[str, Any], verdict: Verdict) -> None:
    """Note where the readings of a mix are not those that its manifest accounts for; nothing where it is no mix.

    The account is of the day when the mix was made: after a takedown its groups may hold less.
    """
    mix = manifest.get("mix")
    if mix is None:
        return
    for problem in [*_of_rows(seen, manifest), *_of_sums(mix)]:
        verdict.note(f"manifest.json: mix: {problem}")


def _of_rows(seen: Seen, manifest: Mapping[str, Any]) -> list[str]:
    """Return where the groups are not those of the rows."""
    by = next((step.get("by") for step in manifest["recipe"]["steps"] if step["kind"] == "mix"), None)
    if not isinstance(by, Sequence):
        return ["the recipe has no step that says what makes a group"]
    stated = {"/".join(one["group"].get(str(name), "?") for name in by): one for one in manifest["mix"]["groups"]}
    problems = [f"rows of group {name}, which it does not list" for name in sorted(seen.mixed.keys() - stated.keys())]
    for name, one in stated.items():
        found = seen.mixed.get(name, [0, 0, 0, 0])
        said = [one[kind][unit] for kind in _NAMES for unit in _UNITS]
        less = bool(manifest.get("takedowns"))
        if any(own > other for own, other in zip(found, said, strict=True)) if less else found != said:
            problems.append(f"group {name} has {_words(found)}, the manifest says {_words(said)}")
    return problems


def _of_sums(mix: Mapping[str, Any]) -> list[str]:
    """Return where the groups do not add up."""
    problems = []
    for one in mix["groups"]:
        name = "/".join(one["group"].values())
        problems += [
            f"{unit} of group {name} do not balance"
            for unit in _UNITS
            if one["available"][unit] != one["taken"][unit] + one["left_out"][unit]
        ]
        if one["taken"]["units"] + one["repeated"]["units"] > one["target"]:
            problems.append(f"group {name} has more than its target of {one['target']:,}")
    if mix["units"] != sum(one[kind]["units"] for one in mix["groups"] for kind in _NAMES):
        problems.append("units of the groups do not add up")
    if mix["budget"] is not None and mix["budget"] != sum(one["target"] for one in mix["groups"]):
        problems.append("targets of the groups do not add up to the budget")
    return problems


def _words(sums: Sequence[int]) -> str:
    taken, units, repeated, more = sums
    return f"{taken:,} documents ({units:,}) and {repeated:,} repeated ({more:,})"
