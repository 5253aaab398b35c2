"""Run settings: where a run reads, writes and works. Nothing in them changes the data."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from glotmill.core.errors import SettingsError
from glotmill.core.inputs import SourceSpec
from glotmill.core.yamlfile import near
from glotmill.io.objects import refuse_secrets


def default_models_dir() -> Path:
    """Return where fetched models lie: `$XDG_CACHE_HOME/glotmill/models`, by default in `~/.cache`."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "glotmill" / "models"


@dataclass(frozen=True, slots=True)
class Settings:
    """Where a run takes place.

    Args:
        out: folder or fsspec URL; the corpus goes to `<out>/<name>/<version>`.
        bindings: source name -> file, folder, glob or fsspec URL.
        on: executor.
        workers: tasks under way at once; None lets Ray use what the cluster has, and means 1 locally.
        ray_address: of a running cluster; None starts Ray on this machine.
        models_dir: where fetched models lie.
        restart: throw away phases of another plan instead of refusing.
        retry_quarantined: give quarantined documents another try.
        engines: engine name -> address of its server or folder of its model.
        translations: made so far: a local folder, or an address with `://` that several machines share; None: in the run's own
            folder.
    """

    out: str
    bindings: Mapping[str, str] = field(default_factory=dict)
    on: Literal["local", "ray"] = "local"
    workers: int | None = None
    ray_address: str | None = None
    models_dir: Path = field(default_factory=default_models_dir)
    restart: bool = False
    retry_quarantined: bool = False
    engines: Mapping[str, str] = field(default_factory=dict)
    translations: str | None = None

    def __post_init__(self) -> None:
        refuse_secrets(self.out, "--out")
        for name, location in self.bindings.items():
            refuse_secrets(location, f"--bind {name}")
        refuse_secrets(self.translations or "", "--translations")


def parse_bindings(values: list[str], sources: tuple[SourceSpec, ...], *, option: str = "--bind") -> dict[str, str]:
    """Return bindings from `name=location` words, as the option gave them.

    Raises:
        SettingsError: a word is not of that form, names no source of the recipe or one twice, or a source stays unbound.
    """
    known = {source.of: source for source in sources}
    bindings: dict[str, str] = {}
    for value in values:
        refuse_secrets(value, option)
        name, equals, location = value.partition("=")
        if not equals or not location:
            raise SettingsError(
                f"{option} {value}: write {option} NAME=LOCATION, for example {option} {next(iter(known))}=./warcs"
            )
        if name not in known:
            raise SettingsError(f"{option} {value}: the recipe has no source {name!r}. {near(name, known)}")
        if name in bindings:
            raise SettingsError(
                f"{option} {value}: {name} is bound to {bindings[name]} already; bind one folder or pattern that holds both"
            )
        bindings[name] = location
    unbound = [name for name, source in known.items() if name not in bindings and not source.optional]
    if unbound:
        words = " ".join(f"{option} {name}=LOCATION" for name in unbound)
        raise SettingsError(f"the recipe reads {', '.join(unbound)}: say where it is with {words}")
    if not bindings:
        words = " or ".join(f"{option} {name}=LOCATION" for name in known)
        raise SettingsError(f"no source is bound: say where at least one is, with {words}")
    return bindings


def parse_engines(values: list[str]) -> dict[str, str]:
    """Return the places of engines from `name=location` words.

    Raises:
        SettingsError: a word is not of that form, or names an engine twice.
    """
    engines: dict[str, str] = {}
    for value in values:
        name, equals, location = value.partition("=")
        if not equals or not location or not name:
            raise SettingsError(
                f"--engine {value}: write --engine NAME=LOCATION, a server's address or a model's folder"
            )
        if name in engines:
            raise SettingsError(f"--engine {value}: {name} is at {engines[name]} already")
        engines[name] = location
    return engines
