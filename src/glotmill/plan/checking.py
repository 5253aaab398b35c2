"""Checking a whole project: every file is read by the model that would read it in a run."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from glotmill.core.errors import RecipeError
from glotmill.core.models import MODELS_FILE, Models
from glotmill.core.steps import Spec
from glotmill.core.yamlfile import parse
from glotmill.licensing.sources import load_source
from glotmill.licensing.table import load_table
from glotmill.plan.project import Project
from glotmill.plan.resolve import resolve
from glotmill.text.rules import LanguageFile, RuleSet

_Reader = Callable[[str, str], object]


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
    names: list[str] = []
    for name, read in _readers(project, extra, unproven):
        names.append(name)
        try:
            read(project.read(name) or "", name)
        except RecipeError as error:
            problems[name] = str(error)
    return Checked(tuple(names), problems, tuple(unproven))


def _readers(project: Project, extra: Mapping[str, type[Spec]], unproven: list[str]) -> Iterator[tuple[str, _Reader]]:
    def language(text: str, name: str) -> None:
        found = parse(text, LanguageFile, file=name)
        if found.tag != Path(name).stem:
            raise RecipeError(f"the file is named {Path(name).stem} and its tag is {found.tag}", file=name, field="tag")
        if found.status != "proven":
            unproven.append(found.tag)

    yield from ((name, language) for name in project.names("filters/languages"))
    yield from ((name, lambda text, name: parse(text, RuleSet, file=name)) for name in project.names("filters"))
    yield from ((name, load_source) for name in project.names("manifests/sources"))
    yield "manifests/licenses.yaml", load_table
    yield MODELS_FILE, lambda text, name: parse(text, Models, file=name)
    yield from ((name, lambda _, name: resolve(project, name, extra=extra)) for name in project.names("pipelines"))
