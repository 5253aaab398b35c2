"""What commands that write files with evidence share: a license that the project knows, and a file replaced whole."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glotmill.plan.project import Project


def replace_file(path: Path, data: str | bytes) -> None:
    """Write a file such that at any moment either the old or the new one is there, whole."""
    from glotmill.io import storage

    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    try:
        storage.write_bytes(str(new), data.encode("utf-8") if isinstance(data, str) else data)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def checked_license(project: "Project", expression: str) -> str:
    """Return a license expression as the project's table spells it.

    Raises:
        RecipeError: it names a license that the table does not have.
    """
    from glotmill.licensing.expressions import Licensing
    from glotmill.licensing.table import TABLE_FILE, load_table

    table = load_table(project.read(TABLE_FILE) or "", TABLE_FILE)
    return Licensing(table).checked(expression, file="--license", field="")
