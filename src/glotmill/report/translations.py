"""What translations took: requests, characters, tokens and money, by engine and direction."""

from dataclasses import dataclass
from pathlib import Path

from glotmill.core.yamlfile import parse
from glotmill.mt.cache import FILE, TranslationCache
from glotmill.mt.engines import ENGINES_FILE, Engines

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Cost:
    """What one engine and direction took; each different request counts once.

    Args:
        engine: its name in the registry.
        source: tag of the language translated from.
        target: tag of the language translated into.
        requests: different segments sent.
        characters: sent.
        answered: characters that came back.
        tokens_in: as the engine counts; 0 where it does not.
        tokens_out: as the engine counts.
        cost: by the engine's price; None where the registry has none.
    """

    engine: str
    source: str
    target: str
    requests: int
    characters: int
    answered: int
    tokens_in: int
    tokens_out: int
    cost: float | None


def costs(folder: Path, engines: str | None) -> list[Cost]:
    """Return what the translations in a folder took; none where there are none.

    Args:
        folder: `translations` of a run, or the one that `--translations` named.
        engines: text of `manifests/engines.yaml`.
    """
    if not (folder / FILE).is_file():
        return []
    known = parse(engines, Engines, file=ENGINES_FILE).engines if engines else {}
    cache = TranslationCache(folder)
    try:
        spent = cache.spent()
    finally:
        cache.close()
    found = []
    for one in spent:
        engine = known.get(one.engine)
        price = engine.price if engine is not None else None
        cost = (
            None
            if price is None
            else round((one.tokens_in * price.input + one.tokens_out * price.output) / _MILLION, 6)
        )
        found.append(
            Cost(
                one.engine,
                one.source,
                one.target,
                one.requests,
                one.characters,
                one.answered,
                one.tokens_in,
                one.tokens_out,
                cost,
            )
        )
    return found
