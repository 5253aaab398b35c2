"""Step kinds from other packages: the entry-point group `glotmill.stages`, loaded for the command line alone."""

from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from glotmill.core.errors import SettingsError

if TYPE_CHECKING:
    from glotmill.core.steps import Spec

GROUP = "glotmill.stages"


def installed_kinds() -> "dict[str, type[Spec]]":
    """Return kind -> spec class for every installed entry point.

    Raises:
        SettingsError: an entry point is not a Spec class.
    """
    from glotmill.core.steps import Spec

    kinds: dict[str, type[Spec]] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        loaded = point.load()
        if not (isinstance(loaded, type) and issubclass(loaded, Spec)):
            raise SettingsError(f"entry point {point.name} of group {GROUP} ({point.value}) is no Spec class")
        kinds[point.name] = loaded
    return kinds
