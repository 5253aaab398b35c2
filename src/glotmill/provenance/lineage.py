"""What a corpus went through: its own steps and policies, and those of the corpora that it was derived from."""

from collections.abc import Iterator, Mapping
from typing import Any


def lineage(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield a manifest and those of the corpora that it was derived from: their policies hold for its rows, too."""
    here: Mapping[str, Any] | None = manifest
    while here is not None:
        yield here
        here = here.get("parent")


def roots(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the manifests of the corpora that were made from documents: where a mix is among the lineage, of all that it mixes."""
    waiting = [manifest]
    while waiting:
        here = waiting.pop(0)
        above = [here["parent"]] if "parent" in here else here.get("parents", ())
        waiting.extend(above)
        if not above:
            yield here


def step_chain(manifest: Mapping[str, Any]) -> list[str]:
    """Return the steps that every row went through, first to last, as `corpus@version step kind`.

    Args:
        manifest: with `name`, `version`, `recipe` and, where the corpus was derived from another, `parent`.
    """
    return [
        f"{one['name']}@{one['version']} {step['name']} {step['kind']}"
        for one in reversed(list(lineage(manifest)))
        for step in one["recipe"]["steps"]
    ]


def history(manifest: Mapping[str, Any]) -> list[str]:
    """Return the steps behind all rows of a corpus, as `step_chain` has them; a mix's own stand behind those of its corpora.

    A row of a mix went through those of its own corpus, and of the mix.
    """
    waiting, found = [manifest], []
    while waiting:
        here = waiting.pop()
        found.append(here)
        waiting.extend([here["parent"]] if "parent" in here else here.get("parents", ()))
    return [
        f"{one['name']}@{one['version']} {step['name']} {step['kind']}"
        for one in reversed(found)
        for step in one["recipe"]["steps"]
    ]


def policies(manifest: Mapping[str, Any]) -> list[str]:
    """Return the names of the license policies that every row passed, each once, first to last."""
    return list(
        dict.fromkeys(
            step.get("allow", "-")
            for one in reversed(list(lineage(manifest)))
            for step in one["recipe"]["steps"]
            if step["kind"] == "permit"
        )
    )
