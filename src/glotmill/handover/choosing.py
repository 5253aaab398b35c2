"""Which rows and columns of a finished run a reader wants."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow.compute as pc

from glotmill.core.errors import SettingsError
from glotmill.core.yamlfile import near
from glotmill.provenance.folder import RunFolder
from glotmill.run.takedown.journal import refuse_pending
from glotmill.text.tags import canonical

LANGUAGE, BAND, CLASS = "language", "quality_band", "license_class"


@dataclass(frozen=True, slots=True)
class Choice:
    """What is read of a run.

    Args:
        columns: in this order.
        wanted: column -> values, of which a row has one; no entry, no condition.
    """

    columns: tuple[str, ...]
    wanted: tuple[tuple[str, tuple[str, ...]], ...]

    def expression(self) -> pc.Expression | None:
        """Return the condition as Arrow has it, or None where every row is wanted."""
        found: pc.Expression | None = None
        for name, values in self.wanted:
            one = pc.field(name).isin(list(values))
            found = one if found is None else found & one
        return found


def choose(
    folder: RunFolder,
    columns: Sequence[str] | None,
    *,
    languages: Sequence[str] | None,
    bands: Sequence[str] | None,
    license_classes: Sequence[str] | None,
) -> Choice:
    """Return a choice that the run can answer.

    Args:
        folder: of a finished run.
        columns: names; None for all.
        languages: tags or codes: `eus_Latn`, `eu`; None for all.
        bands: of the column `quality_band`; None for all.
        license_classes: None for all.

    Raises:
        SettingsError: no finished run, or one of which a takedown was interrupted, or it lacks a column; names near ones.
        RecipeError: no such language.
    """
    refuse_pending(folder)
    known = [column["name"] for column in folder.read_json("manifest.json")["columns"]]
    asked = {
        LANGUAGE: None if languages is None else tuple(canonical(tag) for tag in languages),
        BAND: None if bands is None else tuple(bands),
        CLASS: None if license_classes is None else tuple(license_classes),
    }
    wanted = tuple((name, values) for name, values in asked.items() if values is not None)
    for name in (*(columns or ()), *(name for name, _ in wanted)):
        if name not in known:
            raise SettingsError(f"{folder.address} has no column {name!r}. {near(name, known)}")
    return Choice(tuple(known if columns is None else columns), wanted)
