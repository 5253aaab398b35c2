"""What all sections of a report read: manifest, account, figures of the parts, and which texts may be shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal

from glotmill.io import storage
from glotmill.licensing.table import load_table
from glotmill.provenance.figures import Figures, summed_figures
from glotmill.provenance.folder import RunFolder
from glotmill.provenance.lineage import lineage
from glotmill.provenance.receipts import StepCount

Texts = Literal["permitted", "all", "none"]
MOST_LANGUAGES: Final = 60  # that get pictures of their own; tables have them all


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller decides about a report.

    Args:
        texts: `permitted`: of documents that passed a license policy; `all`: also of those that no policy judged, for
            one's own eyes; `none`. Refused and taken-down documents are in none.
        tokenizers: name -> `tokenizer.json`.
        english: an English text to compare tokenizers on, where the corpus has none.
        worker_hour: price of an hour of one worker, in whatever money; None where nobody said.
        dry: whether it is about a dry run.
    """

    texts: Texts = "permitted"
    tokenizers: Mapping[str, Path] = field(default_factory=dict)
    english: str | None = None
    worker_hour: float | None = None
    dry: bool = False


@dataclass(frozen=True)
class Facts:
    """A finished run, read once.

    Args:
        folder: of the run.
        manifest: of the run.
        counts: the account of each step.
        figures: sums of the parts' figures, by name; those that an earlier version of Glotmill did not count in a part are
            not there.
        options: of the caller.
    """

    folder: RunFolder
    manifest: Mapping[str, Any]
    counts: Sequence[StepCount]
    figures: Mapping[str, Any]
    options: Options

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """Languages of the corpus, most documents first."""
        found = self.manifest["totals"]["histograms"].get("language", {})
        return tuple(sorted(found, key=lambda tag: (-found[tag], tag)))

    @cached_property
    def steps(self) -> Sequence[Mapping[str, Any]]:
        """Steps of the recipe, with the fields of their kinds."""
        steps: Sequence[Mapping[str, Any]] = self.manifest["recipe"]["steps"]
        return steps

    @cached_property
    def uncounted(self) -> tuple[str, ...]:
        """Names of the figures that an earlier version did not count, and that are missing here."""
        return tuple(name for name in Figures().close() if name not in self.figures)

    def weights(self, name: str) -> dict[str, tuple[int, int, int]]:
        """Return value -> (documents, tokens, characters) of a column, most first; empty where it is not known."""
        found = self.figures.get("weights", {}).get(name, {})
        rows = {value: (row[0], row[1], row[2]) for value, row in found.items()}
        return dict(sorted(rows.items(), key=lambda item: (-item[1][1], -item[1][2], item[0])))

    @cached_property
    def shows_kept(self) -> bool:
        """Whether texts of the corpus may be shown: every row has passed a license policy that judges."""
        if self.options.texts != "permitted":
            return self.options.texts == "all"
        return any(self._judging(one["recipe"]["steps"]) is not None for one in lineage(self.manifest))

    @cached_property
    def showing_steps(self) -> frozenset[str]:
        """The steps whose dropped documents had passed a license policy before, so that their texts may be shown."""
        names = [step["name"] for step in self.steps]
        if self.options.texts != "permitted":
            return frozenset([*names, "source"] if self.options.texts == "all" else ())
        if any(self._judging(one["recipe"]["steps"]) is not None for one in list(lineage(self.manifest))[1:]):
            return frozenset([*names, "source"])
        first = self._judging(self.steps)
        return frozenset(() if first is None else names[first + 1 :])

    def _judging(self, steps: Sequence[Mapping[str, Any]]) -> int | None:
        """Return the place of the first step that judges licenses of all rows, not of some tracks alone; None without one."""
        for place, step in enumerate(steps):
            if step["kind"] == "permit" and not step.get("tracks") and self._judges(step.get("allow", "-")):
                return place
        return None

    def _judges(self, policy: str) -> bool:
        text = self.folder.license_table()
        if not text:
            return False
        rule = load_table(text).policies.get(policy)
        return rule is not None and not rule.record_only

    def read_project(self, name: str) -> str | None:
        """Return a project file as the run used it, or None."""
        address = self.folder.join("project", name)
        return storage.read_bytes(address).decode("utf-8") if storage.exists(address) else None


def gather(folder: RunFolder, options: Options) -> Facts:
    """Read a finished run.

    Raises:
        SettingsError: the folder holds no finished run.
    """
    manifest = folder.read_json("manifest.json")
    parts = folder.receipts("phase-sink", "part-")
    found = [part.facts.get("figures") or {} for part in parts] if parts else [Figures().close()]
    whole = len(parts) == len(manifest["parts"])
    summed = summed_figures(found)
    figures = {name: value for name, value in summed.items() if whole and all(name in one for one in found)}
    return Facts(folder, manifest, folder.counts(), figures, options)
