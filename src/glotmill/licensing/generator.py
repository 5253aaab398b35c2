"""A model's own terms: a layer beside the license of the texts that it makes, never a part of it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from glotmill.core.models import ModelEntry
from glotmill.licensing.expressions import Licensing
from glotmill.licensing.lattice import Incompatible, derive
from glotmill.licensing.table import LicenseTable


@dataclass(frozen=True, slots=True)
class Generator:
    """A model that made a text, and the terms of that model.

    The column `generator` names it as `spelled` does; what else its makers ask stands in the corpus's manifest. The terms
    bind whoever runs or passes on the model: a noncommercial model may have been run where its terms forbid it, and
    its text is not noncommercial for that.

    Args:
        name: as its makers call it, or as `manifests/models.yaml` does.
        revision: version, tag or digest: another one gives other text.
        license: SPDX expression of the model, in SPDX spelling where it is one, else as it was given.
        license_class: a class of the license table; `unknown` where nobody knows the license.
    """

    name: str
    revision: str
    license: str
    license_class: str

    def spelled(self) -> str:
        """Return what the column `generator` holds, a JSON object: `{"name": ..., "revision": ..., "license": ...}`."""
        told = {"name": self.name, "revision": self.revision, "license": self.license}
        return json.dumps(told, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class DerivedRights:
    """Under what a derived text may be shared, and what made it.

    Args:
        license: SPDX expression that follows from the originals alone, or why there is none.
        generator: the model that made the text; None where people did.
    """

    license: str | Incompatible
    generator: Generator | None


def generator(name: str, revision: str, license_name: str, table: LicenseTable) -> Generator:
    """Return a model as what it is to the texts that it makes, its license in SPDX spelling where it is one."""
    licensing = Licensing(table)
    expression = licensing.read(license_name).expression or license_name
    return Generator(name, revision, expression, licensing.class_of(expression))


def generator_of(name: str, entry: ModelEntry, table: LicenseTable) -> Generator:
    """Return a model of the registry as what it is to the texts that it makes; its revision is its file's digest."""
    return generator(name, f"sha256:{entry.sha256}", entry.license, table)


def derived_rights(licenses: Iterable[str], table: LicenseTable, *, generator: Generator | None) -> DerivedRights:
    """Return the rights in a text derived from texts under these licenses; errors as `lattice.derive`."""
    return DerivedRights(derive(licenses, table), generator)
