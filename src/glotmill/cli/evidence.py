"""What commands that write files with evidence share: a license that the project knows, a file replaced whole, a model registered."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glotmill.core.models import ModelEntry
    from glotmill.plan.project import Project, ProjectFiles


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


def inside(project: Path, place: Path) -> str:
    """Return a place of `--out` as it is called from the project's folder.

    Raises:
        SettingsError: it is not in the project.
    """
    from glotmill.core.errors import SettingsError

    root = project.resolve()
    whole = (root / place).resolve()
    if not whole.is_relative_to(root):
        raise SettingsError(
            f"--out {place} is not in the project {root}: a registered path must be the same everywhere"
        )
    return whole.relative_to(root).as_posix()


def with_entry(project: "ProjectFiles", name: str, entry: "ModelEntry", *, remedy: str) -> str:
    """Return the text of the registry with this entry, comments and layout kept.

    Args:
        project: whose registry it is.
        name: of the entry.
        entry: to be there.
        remedy: what to do where another has that name.

    Raises:
        RecipeError: the registry has another of that name, or cannot take one at its end.
    """
    import yaml

    from glotmill.core.errors import RecipeError
    from glotmill.core.models import MODELS_FILE, Models
    from glotmill.core.yamlfile import parse

    text = project.read(MODELS_FILE) or "models:\n"
    known = parse(text, Models, file=MODELS_FILE).models if text != "models:\n" else {}
    if known.get(name) == entry:
        return text
    if name in known:
        raise RecipeError(
            f"there is another entry {name!r}",
            file=MODELS_FILE,
            field=f"models.{name}",
            remedy=remedy,
        )
    value = entry.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
    lines = yaml.safe_dump({name: value}, allow_unicode=True, sort_keys=False, width=4096).splitlines()
    added = text.rstrip("\n") + "\n" + "".join(f"  {line}\n" for line in lines)
    try:
        whole = parse(added, Models, file=MODELS_FILE).models
    except RecipeError as error:
        raise RecipeError(f"no entry can be added at the end: {error.message}", file=MODELS_FILE) from error
    if whole.get(name) != entry or {**whole, name: entry} != {**known, name: entry}:
        raise RecipeError(
            "no entry can be added at the end", file=MODELS_FILE, remedy=f"Add by hand:\n{''.join(lines)}"
        )
    return added


def without_entry(text: str, name: str) -> str:
    """Return the text of the registry without an entry, the lines of all others as they were.

    Raises:
        RecipeError: its lines cannot be told from others'.
    """
    from glotmill.core.errors import RecipeError
    from glotmill.core.models import MODELS_FILE, Models
    from glotmill.core.yamlfile import parse

    lines = text.splitlines(keepends=True)
    starts = [place for place, line in enumerate(lines) if line.split("#")[0].rstrip() == f"  {name}:"]
    if len(starts) == 1:
        end = starts[0] + 1
        while end < len(lines) and (lines[end].startswith("   ") or not lines[end].strip()):
            end += 1
        left = "".join(lines[: starts[0]] + lines[end:])
        before = parse(text, Models, file=MODELS_FILE).models
        rest = {key: entry for key, entry in before.items() if key != name}
        if (not rest and left.strip().endswith("models:")) or parse(left, Models, file=MODELS_FILE).models == rest:
            return left
    raise RecipeError(
        f"the entry {name!r} cannot be taken out", file=MODELS_FILE, remedy="Take it out by hand, and run this again."
    )
