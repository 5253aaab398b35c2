"""Which packs the files of a project ask for."""

from collections.abc import Iterable, Mapping
from typing import Self

from pydantic import StrictStr, model_validator

from glotmill.core.steps import Frozen
from glotmill.core.yamlfile import near, parse
from glotmill.text.scripts import known_scripts
from glotmill.text.spelling.pack import Pack
from glotmill.text.spelling.packs import PACKS

SCRIPTS_FILE = "filters/spelling/scripts.yaml"


class ScriptPacks(Frozen):
    """The content of `filters/spelling/scripts.yaml`.

    Args:
        scripts: script, ISO 15924 -> the packs for its characters, whatever the language.
    """

    scripts: Mapping[StrictStr, tuple[StrictStr, ...]]

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        for script, names in self.scripts.items():
            if script not in known_scripts():
                raise ValueError(f"no such script: {script}. {near(script, known_scripts())}")
            for pack in packs_of(names):
                if not pack.scripts:
                    raise ValueError(f"{pack.name} is not right for every language: name it in filters/languages")
                if script not in pack.scripts:
                    raise ValueError(f"{pack.name} is about {', '.join(pack.scripts)} and not about {script}")
        return self

    def packs(self) -> tuple[Pack, ...]:
        """Return every pack that is named, once, in the order in which the file first names them."""
        return packs_of(dict.fromkeys(name for names in self.scripts.values() for name in names))


def packs_of(names: Iterable[str]) -> tuple[Pack, ...]:
    """Return packs by name.

    Raises:
        ValueError: no such pack, with near matches.
    """
    found = []
    for name in names:
        if name not in PACKS:
            raise ValueError(f"no such pack: {name}. {near(name, PACKS)}")
        found.append(PACKS[name])
    return tuple(found)


def read_script_packs(files: Mapping[str, str]) -> tuple[Pack, ...]:
    """Return the packs that run whatever the language.

    Raises:
        RecipeError: the file is wrong; names the field.
    """
    return parse(files[SCRIPTS_FILE], ScriptPacks, file=SCRIPTS_FILE).packs()
