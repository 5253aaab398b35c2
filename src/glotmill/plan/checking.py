"""Checking a whole project: every file is read by the model that would read it in a run."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from glotmill.core.errors import RecipeError
from glotmill.core.models import MODELS_FILE, ModelEntry, Models
from glotmill.core.steps import Spec
from glotmill.core.yamlfile import load, parse
from glotmill.crawl.sites import FOLDER as SITES
from glotmill.crawl.sites import load_sites
from glotmill.licensing.agents import AGENTS_FILE, load_agents
from glotmill.licensing.site_decisions import DECISIONS_FILE, load_decisions
from glotmill.licensing.sources import load_source
from glotmill.licensing.table import TABLE_FILE, LicenseTable, load_table
from glotmill.mt.engines import ENGINES_FILE, Engines
from glotmill.mt.rules import FOLDER as TRANSLATION_RULES
from glotmill.mt.rules import TranslationRules
from glotmill.plan.ablation import is_ablation, resolve_ablation
from glotmill.plan.languages import without_proof
from glotmill.plan.project import Project
from glotmill.plan.resolve import resolve
from glotmill.plan.training import FOLDER as TRAINING
from glotmill.plan.training import resolve_training
from glotmill.text.identification.own import FOLDER, parse_own
from glotmill.text.labelling.files import read_label
from glotmill.text.quality.card import FOLDER as CARDS
from glotmill.text.quality.card import parse_card
from glotmill.text.rules import LanguageFile, RuleSet
from glotmill.text.spelling.files import SCRIPTS_FILE, ScriptPacks

_Reader = Callable[[str, str], object]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found.

    Args:
        files: those it read.
        problems: by file.
        unproven: languages whose own file does not call them proven.
        recipes: recipe file -> its languages that are judged without proof, as `without_proof` gives them.
        models: name -> entry, for every model and list that a recipe opens.
    """

    files: tuple[str, ...]
    problems: Mapping[str, str]
    unproven: tuple[str, ...]
    recipes: Mapping[str, Mapping[str, str]]
    models: Mapping[str, ModelEntry]


@dataclass(frozen=True, slots=True)
class _Findings:
    """What readers note beside problems."""

    unproven: list[str] = field(default_factory=list)
    recipes: dict[str, Mapping[str, str]] = field(default_factory=dict)
    models: dict[str, ModelEntry] = field(default_factory=dict)


def check_project(project: Project, extra: Mapping[str, type[Spec]]) -> Checked:
    """Read every project file and resolve every recipe; collect what is wrong instead of stopping at the first."""
    problems: dict[str, str] = {}
    findings = _Findings()
    names: list[str] = []
    for name, read in _readers(project, extra, findings):
        names.append(name)
        try:
            read(project.read(name) or "", name)
        except RecipeError as error:
            problems[name] = str(error)
    return Checked(tuple(names), problems, tuple(findings.unproven), findings.recipes, findings.models)


def _readers(project: Project, extra: Mapping[str, type[Spec]], findings: _Findings) -> Iterator[tuple[str, _Reader]]:
    def language(text: str, name: str) -> None:
        found = parse(text, LanguageFile, file=name)
        if found.tag != Path(name).stem:
            raise RecipeError(f"the file is named {Path(name).stem} and its tag is {found.tag}", file=name, field="tag")
        if found.status != "proven":
            findings.unproven.append(found.tag)

    def recipe(text: str, name: str) -> None:
        if is_ablation(load(text, file=name)):
            resolve_ablation(project, name)
            return
        plan = resolve(project, name, extra=extra)
        findings.recipes[name] = without_proof(plan)
        findings.models.update(plan.models)

    def training(_: str, name: str) -> None:
        findings.models.update(resolve_training(project, name, extra=extra).models)

    yield from ((name, language) for name in project.names("filters/languages"))
    yield from ((name, parse_own) for name in project.names(FOLDER))
    yield from ((name, read_label) for name in project.names("filters/labels"))
    yield from ((name, lambda text, name: parse(text, RuleSet, file=name)) for name in project.names("filters"))
    yield from (
        (name, lambda text, name: parse(text, TranslationRules, file=name)) for name in project.names(TRANSLATION_RULES)
    )
    yield SCRIPTS_FILE, lambda text, name: parse(text, ScriptPacks, file=name)
    yield from ((name, load_source) for name in project.names("manifests/sources"))
    table = _table(project)
    yield from ((name, lambda text, name: load_sites(text, name, table)) for name in project.names(SITES))
    if project.path(DECISIONS_FILE) is not None:
        yield DECISIONS_FILE, lambda text, name: load_decisions(text, name, table)
    yield TABLE_FILE, load_table
    yield AGENTS_FILE, load_agents
    yield MODELS_FILE, lambda text, name: parse(text, Models, file=name)
    yield from ((name, parse_card) for name in project.names(CARDS, ".json"))
    yield ENGINES_FILE, lambda text, name: parse(text, Engines, file=name)
    yield from ((name, recipe) for name in project.names("pipelines"))
    yield from ((name, training) for name in project.names(TRAINING))


def _table(project: Project) -> LicenseTable | None:
    """Return the license table, or None where it has mistakes: they are its own problem, and reported there."""
    try:
        return load_table(project.read(TABLE_FILE) or "", TABLE_FILE)
    except RecipeError:
        return None
