"""Checking a whole project: every file is read by the model that would read it in a run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from glotmill.core.errors import RecipeError
from glotmill.core.steps import Spec
from glotmill.core.yamlfile import parse
from glotmill.licensing.sources import load_source
from glotmill.licensing.table import load_table
from glotmill.plan.project import Project
from glotmill.plan.resolve import load_models, resolve
from glotmill.text.rules import LanguageFile, RuleSet


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found: the files it read, the problems by file, and languages without proof."""

    files: tuple[str, ...]
    problems: Mapping[str, str]
    unproven: tuple[str, ...]


def check_project(project: Project, extra: Mapping[str, type[Spec]]) -> Checked:
    """Read every project file and resolve every recipe; collect what is wrong instead of stopping at the first."""
    problems: dict[str, str] = {}
    unproven: list[str] = []
    files: list[str] = []

    def attempt(name: str, read: Callable[[str, str], None]) -> None:
        files.append(name)
        try:
            read(project.read(name) or "", name)
        except RecipeError as error:
            problems[name] = str(error)

    def language(text: str, name: str) -> None:
        found = parse(text, LanguageFile, file=name)
        if found.tag != Path(name).stem:
            raise RecipeError(f"the file is named {Path(name).stem} and its tag is {found.tag}", file=name, field="tag")
        if found.status != "proven":
            unproven.append(found.tag)

    def rules(text: str, name: str) -> None:
        parse(text, RuleSet, file=name)

    def source(text: str, name: str) -> None:
        load_source(text, name)

    def table(text: str, name: str) -> None:
        load_table(text, name)

    def models(text: str, name: str) -> None:
        load_models(project)

    def recipe(text: str, name: str) -> None:
        resolve(project, name, extra=extra)

    for folder, read in (
        ("filters/languages", language),
        ("filters", rules),
        ("manifests/sources", source),
    ):
        for name in project.names(folder):
            attempt(name, read)
    for name, read in (("manifests/licenses.yaml", table), ("manifests/models.yaml", models)):
        attempt(name, read)
    for name in project.names("pipelines"):
        attempt(name, recipe)
    return Checked(tuple(files), problems, tuple(unproven))
