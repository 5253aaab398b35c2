"""The step `judge`: drops documents that a rule set's bounds for their language drop, or only measures them."""

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field, StrictStr, model_validator

from glotmill.core.arrow import booleans, strings, to_numpy
from glotmill.core.errors import RecipeError
from glotmill.core.schema import fields
from glotmill.core.steps import Batch, Contract, MapStep, Outcome, Resources, Scope, Spec
from glotmill.stages.languages import Rows, part_of, rows_by_language
from glotmill.text.configured import configuration_path, configured, read_configuration
from glotmill.text.measures import MEASURES, Measure, Profile
from glotmill.text.rules import (
    BoundRule,
    LanguageFile,
    RuleSet,
    bind,
    language_path,
    profile,
    read_language,
    read_rule_set,
    rule_set_path,
)
from glotmill.text.scan import tokens
from glotmill.text.vintage import code_vintage, profile_vintage

NO_LANGUAGE = "judge.no_language"
OTHER_LANGUAGE = "judge.other_language"
NOT_MEASURED = "judge.not_measured"
OWN: Final = "languages"  # the folder of language files


class JudgeSpec(Spec):
    """What a recipe says about `judge`.

    Args:
        filters: rule sets, in the order in which they are asked; the first rule that fails is the reason.
        mode: `drop`, or `annotate`: drop nothing, write each measure into a column `measure_<name>`.
        measures: `scan` measures the text; `columns` takes what an earlier step with `mode: annotate` wrote.
        without_bounds: what becomes of the recipe's languages for which a set has no bounds. `refuse`: the recipe is
            wrong until someone writes them; `keep`: their rows pass, with false in the column `judged`.
        bounds: folder of `filters/` that has each language's bounds: `languages`, or one of configurations as FineWeb-2
            publishes them (`fineweb2`), whose stop words count, too, in the place of the language's own.
    """

    kind: Literal["judge"]
    filters: Annotated[tuple[StrictStr, ...], Field(min_length=1)]
    mode: Literal["drop", "annotate"] = "drop"
    measures: Literal["scan", "columns"] = "scan"
    without_bounds: Literal["refuse", "keep"] = "refuse"
    bounds: Annotated[StrictStr, Field(pattern=r"^[a-z][a-z0-9_]*$")] = OWN

    @model_validator(mode="after")
    def _one_source_of_measures(self) -> Self:
        if self.bounds != OWN and (self.mode == "annotate" or self.measures == "columns"):
            # Columns hold what was measured with the language's own stop words, and `rejudge` judges by these.
            raise ValueError(f"bounds: {self.bounds} goes with mode: drop and measures: scan")
        if self.mode == "annotate" and self.measures == "columns":
            raise ValueError("mode: annotate writes the columns that measures: columns reads; give one of the two")
        return self

    def files(self, scope: Scope) -> tuple[str, ...]:
        sets = [rule_set_path(name) for name in self.filters]
        languages = [f"{language_path(tag)}?" for tag in scope.languages]
        if self.bounds != OWN:
            languages += [f"{configuration_path(self.bounds, tag)}?" for tag in scope.languages]
        return (*sets, *languages)

    def contract(self, resources: Resources) -> Contract:
        sets = self._sets(resources)
        standards = self._standards(sets, resources)
        read = [column_name(measure) for measure in _asked(standards)] if self.measures == "columns" else []
        written = [column_name(measure) for measure in _measures(sets)] if self.mode == "annotate" else []
        reasons = {NO_LANGUAGE, OTHER_LANGUAGE}.union(*(rules.reasons() for rules in sets))
        if self.measures == "columns":
            reasons.add(NOT_MEASURED)
        return Contract(
            requires=_with_numbers(fields("language") if read else fields("text", "language"), read),
            provides=_with_numbers(
                pa.schema([("judged", pa.bool_())] if self.without_bounds == "keep" else []), written
            ),
            reasons=frozenset(reasons if self.mode == "drop" else ()),
        )

    def build(self, resources: Resources) -> MapStep:
        sets = self._sets(resources)
        return Judge(self, tuple(_measures(sets)), self._standards(sets, resources))

    def asked(self, resources: Resources) -> Mapping[str, tuple[BoundRule, ...]]:
        """Return for each judged language the rules with their numbers, in the order in which they are asked."""
        standards = self._standards(self._sets(resources), resources)
        return {tag: standard.rules for tag, standard in standards.items() if standard.rules is not None}

    def annotation(self, resources: Resources) -> dict[str, object]:
        """Return what a manifest says of the columns that this step writes, so that they can be judged later."""
        sets = self._sets(resources)
        standards = self._standards(sets, resources)
        return {
            "tracks": self.tracks,
            "without_bounds": self.without_bounds,
            "measures": [measure.name for measure in _measures(sets)],
            "code": code_vintage(),
            "profiles": {
                tag: profile_vintage(standard.profile)
                for tag, standard in standards.items()
                if standard.profile is not None
            },
        }

    def _sets(self, resources: Resources) -> list[RuleSet]:
        return [read_rule_set(name, resources.files) for name in self.filters]

    def _standards(self, sets: list[RuleSet], resources: Resources) -> Mapping[str, "_Standard"]:
        """Bind every set to every language of the recipe; a set without bounds is an error or leaves a gap."""
        standards: dict[str, _Standard] = {}
        for tag in resources.scope.languages:
            language = self._language(tag, resources.files)
            if language is None and self.without_bounds == "refuse":
                raise RecipeError(
                    f"no file for {tag}, and the step {self.name!r} judges by {', '.join(self.filters)}",
                    file=language_path(tag),
                    remedy="Write it with stop words and bounds as another language's file shows, or give the step "
                    "`without_bounds: keep` to let the language pass unjudged.",
                )
            if language is None:
                standards[tag] = _Standard(None, None)
                continue
            rules: list[BoundRule] | None = []
            for rule_set in sets:
                try:
                    bound = bind(rule_set, language)
                except RecipeError:
                    if self.without_bounds == "refuse":
                        raise
                    rules = None
                    break
                rules = [*(rules or []), *bound]
            standards[tag] = _Standard(language.profile(), None if rules is None else tuple(rules))
        return standards

    def _language(self, tag: str, files: Mapping[str, str]) -> LanguageFile | None:
        """Return a language with the bounds that the recipe wants; None where there are none and their rows pass."""
        language = language_file(tag, files)
        if language is None or self.bounds == OWN:
            return language
        path = configuration_path(self.bounds, tag)
        if path not in files:
            if self.without_bounds == "keep":
                return None
            raise RecipeError(
                f"no configuration for {tag}, and the step {self.name!r} judges by those of filters/{self.bounds}",
                file=path,
                remedy="Copy it from github.com/huggingface/fineweb-2 (configs/*.yml), or give the step "
                "`without_bounds: keep` to let the language pass unjudged.",
            )
        return configured(language, read_configuration(files[path], tag, file=path), file=path)


def language_file(tag: str, files: Mapping[str, str]) -> LanguageFile | None:
    """Return a language's file as `read_language` does, read once per process and version of its text."""
    text = files.get(language_path(tag))
    return None if text is None else _read_language(tag, text)


@functools.lru_cache(maxsize=256)
def _read_language(tag: str, text: str) -> LanguageFile | None:
    # Contract, build and manifest each ask for every language of a recipe, and YAML is slow.
    return read_language(tag, {language_path(tag): text})


def column_name(measure: Measure) -> str:
    """Return the column in which annotation keeps a measure."""
    return f"measure_{measure.name}"


def _measures(sets: list[RuleSet]) -> list[Measure]:
    names = {rule.measure for rule_set in sets for rule in rule_set.rules}
    return [MEASURES[name] for name in sorted(names)]


def _asked(standards: Mapping[str, "_Standard"]) -> list[Measure]:
    found = {rule.measure.name: rule.measure for standard in standards.values() for rule in standard.rules or ()}
    return [found[name] for name in sorted(found)]


def _with_numbers(schema: pa.Schema, names: Iterable[str]) -> pa.Schema:
    return pa.schema([*schema, *(pa.field(name, pa.float64()) for name in names)])


@dataclass(frozen=True, slots=True)
class _Standard:
    """What a language is judged by; without rules it passes unjudged, and without a file nothing is known of it."""

    profile: Profile | None
    rules: tuple[BoundRule, ...] | None


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges each row by its language's bounds; built by `JudgeSpec`."""

    spec: JudgeSpec
    measures: tuple[Measure, ...]
    standards: Mapping[str, _Standard]

    def __call__(self, batch: Batch) -> Outcome:
        places = rows_by_language(batch.column("language"))
        marked = self._mark(batch, places)
        if self.spec.mode == "annotate":
            return Outcome(self._annotate(marked, places))
        reasons: list[str | None] = [None] * len(batch)
        details: list[str | None] = [None] * len(batch)
        for language, rows in places.items():
            standard = self.standards.get(language) if language is not None else None
            if standard is None:
                self._refuse(language, rows, reasons, details)
            elif standard.rules and standard.profile is not None:
                values = self._values(batch, standard.rules, standard.profile, rows)
                _judge(standard.rules, values, rows, reasons, details)
        return Outcome(marked, strings(reasons), strings(details))

    def _refuse(self, language: str | None, rows: Rows, reasons: list[str | None], details: list[str | None]) -> None:
        """Write why rows without a standard are dropped, if they are, into the caller's lists."""
        for row in rows.tolist():
            if language is None:
                reasons[row] = NO_LANGUAGE
            elif self.spec.without_bounds == "refuse":
                reasons[row], details[row] = OTHER_LANGUAGE, f"language {language}"

    def _values(
        self, batch: Batch, rules: tuple[BoundRule, ...], known: Profile, rows: Rows
    ) -> Mapping[str, npt.NDArray[np.float64]]:
        """Return what the rules ask of these rows by name of the measure; NaN where a column holds nothing."""
        measures = {rule.measure.name: rule.measure for rule in rules}
        if self.spec.measures == "columns":
            return {name: to_numpy(batch.column(column_name(measure)))[rows] for name, measure in measures.items()}
        table = part_of(tokens(batch), rows)
        return {name: measure.compute(table, known) for name, measure in measures.items()}

    def _annotate(self, batch: Batch, places: Mapping[str | None, Rows]) -> Batch:
        """Write every measure; null where it needs to know a language that the recipe has no file for."""
        table, nothing = tokens(batch), profile(())
        values = {measure.name: np.full(len(batch), np.nan) for measure in self.measures}
        for language, rows in places.items():
            standard = self.standards.get(language) if language is not None else None
            known = standard.profile if standard is not None else None
            part = part_of(table, rows)
            for measure in self.measures:
                if known is not None or not measure.needs:
                    values[measure.name][rows] = measure.compute(part, known if known is not None else nothing)
        columns = {column_name(measure): _numbers(values[measure.name]) for measure in self.measures}
        return batch.with_columns(columns)

    def _mark(self, batch: Batch, places: Mapping[str | None, Rows]) -> Batch:
        if self.spec.without_bounds == "refuse":
            return batch
        judged = np.zeros(len(batch), bool)
        for tag, standard in self.standards.items():
            if tag in places and standard.rules is not None:
                judged[places[tag]] = True
        return batch.with_columns({"judged": booleans(judged)})


def _numbers(values: npt.NDArray[np.float64]) -> pa.Array:
    return pa.array(values, pa.float64(), mask=np.isnan(values))


def _judge(
    rules: tuple[BoundRule, ...],
    values: Mapping[str, npt.NDArray[np.float64]],
    rows: Rows,
    reasons: list[str | None],
    details: list[str | None],
) -> None:
    """Write the first rule that fails into `reasons` and `details`, which the caller owns, at `rows`."""
    for rule in rules:
        found = values[rule.measure.name]
        missing = np.isnan(found)
        for place in np.flatnonzero(rule.fails(found) | missing).tolist():
            row = int(rows[place])
            if reasons[row] is not None:
                continue
            if missing[place]:
                reasons[row], details[row] = NOT_MEASURED, f"{column_name(rule.measure)} holds nothing"
            else:
                reasons[row], details[row] = rule.reason, rule.detail(float(found[place]))
