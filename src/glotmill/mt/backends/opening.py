"""Backends by what `manifests/engines.yaml` says of an engine; each module is imported when a recipe needs it."""

from dataclasses import dataclass

from glotmill.core.errors import SettingsError
from glotmill.mt.backends.base import Backend, BackendInfo
from glotmill.mt.engines import Engine


@dataclass(frozen=True, slots=True)
class Direction:
    """From which language to which, as canonical tags."""

    source: str
    target: str


def info_of(engine: Engine) -> BackendInfo:
    """Return what a backend says about itself."""
    return BackendInfo(
        engine.model,
        engine.revision,
        engine.license,
        engine.output_terms,
        engine.pairs,
        engine.unit,
        engine.max_characters,
        engine.deterministic,
    )


def open_backend(name: str, engine: Engine, direction: Direction, *, location: str | None) -> Backend:
    """Return a backend that translates in one direction.

    Args:
        name: of the engine, for messages.
        engine: from the registry.
        direction: which the engine must know.
        location: a server's address or a model's folder.

    Raises:
        SettingsError: the location, an extra or a file is missing.
    """
    info = info_of(engine)
    if engine.kind == "identity":
        from glotmill.mt.backends.identity import IdentityBackend  # noqa: PLC0415

        return IdentityBackend(info)
    if engine.kind == "command":
        from glotmill.mt.backends.command import CommandBackend  # noqa: PLC0415

        command = engine.filled(engine.command, direction.source, direction.target)
        return CommandBackend(info, command, frame=engine.frame, lifetime=engine.lifetime, seconds=engine.seconds)
    if location is None:
        what = "the server's address" if engine.kind == "openai" else "the model's folder"
        raise SettingsError(f"the engine {name} needs {what}: say where it is with --engine {name}=LOCATION")
    if engine.kind == "openai":
        from glotmill.mt.backends.openai import OpenAIBackend  # noqa: PLC0415

        return OpenAIBackend(info, engine, direction.source, direction.target, address=location)
    from glotmill.mt.backends.ctranslate2 import open_ctranslate2  # noqa: PLC0415

    return open_ctranslate2(info, name, engine, direction.source, direction.target, folder=location)
