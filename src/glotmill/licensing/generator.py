"""A model's own terms: a layer beside the license of the texts that it makes, never a part of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from glotmill.core.models import ModelEntry
from glotmill.licensing.expressions import Licensing
from glotmill.licensing.lattice import Incompatible, derive
from glotmill.licensing.table import LicenseTable


@dataclass(frozen=True, slots=True)
class Generator:
    """A model that made a text, and the terms of that model.

    What a row says is the model's name, in the column `generator`; the terms stand under that name in
    `manifests/models.yaml` and in the corpus's manifest. They bind whoever runs or passes on the model: a
    noncommercial model may have been run where its terms forbid it, and its text is not noncommercial for that.

    Args:
        name: in `manifests/models.yaml`.
        license: SPDX expression of the model, in SPDX spelling where it is one, else as it was given.
        license_class: a class of the license table; `unknown` where nobody knows the license.
    """

    name: str
    license: str
    license_class: str


@dataclass(frozen=True, slots=True)
class DerivedRights:
    """Under what a derived text may be shared, and what made it.

    Args:
        license: SPDX expression that follows from the originals alone, or why there is none.
        generator: the model that made the text; None where people did.
    """

    license: str | Incompatible
    generator: Generator | None


def generator_of(name: str, entry: ModelEntry, table: LicenseTable) -> Generator:
    """Return a model of the registry as what it is to the texts that it makes."""
    licensing = Licensing(table)
    expression = licensing.read(entry.license).expression or entry.license
    return Generator(name, expression, licensing.class_of(expression))


def derived_rights(licenses: Iterable[str], table: LicenseTable, *, generator: Generator | None) -> DerivedRights:
    """Return the rights in a text derived from texts under these licenses; errors as `lattice.derive`."""
    return DerivedRights(derive(licenses, table), generator)
