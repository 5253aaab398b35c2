"""Where project files are: the user's folder first, then the copy that the package carries."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import glotmill
from glotmill.core.errors import RecipeError
from glotmill.core.yamlfile import near

FOLDERS = ("pipelines", "filters", "manifests")
CARRIED = "_project"  # where a wheel has them, in the package


def carried() -> Path:
    """Return the folder with the three folders that came with the package: the wheel's copy, or the checkout."""
    package = Path(glotmill.__file__).parent
    wheel = package / CARRIED
    return wheel if wheel.is_dir() else package.parent.parent


class ProjectFiles(Protocol):
    """What a plan reads of a project."""

    def read(self, name: str) -> str | None: ...

    def names(self, folder: str, suffix: str = ".yaml") -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The files of a project as a run copied them; nothing else is there."""

    files: Mapping[str, str]

    def read(self, name: str) -> str | None:
        """Return a file's text, or None where there is none."""
        return self.files.get(name)

    def names(self, folder: str, suffix: str = ".yaml") -> tuple[str, ...]:
        """Return the names of all files in a folder, sorted."""
        return tuple(sorted(name for name in self.files if name.startswith(f"{folder}/") and name.endswith(suffix)))


@dataclass(frozen=True, slots=True)
class Project:
    """The three folders as a recipe sees them. A file of the user's wins over a carried one of the same name."""

    directory: Path

    def path(self, name: str) -> Path | None:
        """Return where a project file is (`filters/gopher_quality.yaml`), or None."""
        parts = Path(name).parts
        if not parts or parts[0] not in FOLDERS or ".." in parts:
            return None
        return next((path for path in (self.directory / name, carried() / name) if path.is_file()), None)

    def read(self, name: str) -> str | None:
        """Return a project file's text, or None where there is none.

        Raises:
            RecipeError: the file is not UTF-8.
        """
        path = self.path(name)
        if path is None:
            return None
        try:
            return path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise RecipeError(f"not UTF-8 at byte {error.start}", file=str(path)) from error

    def names(self, folder: str, suffix: str = ".yaml") -> tuple[str, ...]:
        """Return the names of all files in a project folder, the user's and the carried ones, sorted."""
        found = {
            path.relative_to(base).as_posix()
            for base in (self.directory, carried())
            for path in (base / folder).glob(f"*{suffix}")
        }
        return tuple(sorted(found))

    def recipe_file(self, name: str) -> str:
        """Return the project file of a recipe given as `demo`, `demo.yaml` or `pipelines/demo.yaml`.

        Raises:
            RecipeError: no such recipe, with near matches.
        """
        stem = Path(name).stem if name.endswith((".yaml", ".yml")) else name
        file = f"pipelines/{stem}.yaml"
        if self.path(file) is None:
            known = [Path(recipe).stem for recipe in self.names("pipelines")]
            raise RecipeError(f"no recipe {stem!r} in {self.directory}", file=file, remedy=near(stem, known))
        return file
