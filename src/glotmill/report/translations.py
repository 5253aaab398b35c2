"""What translations took: requests, tokens, time and money, of what is kept by engine, and of a run by step."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from glotmill.core.yamlfile import parse
from glotmill.io import storage
from glotmill.mt.engines import ENGINES_FILE, Engine, Engines
from glotmill.mt.shared_cache import holds_translations, open_cache
from glotmill.provenance.folder import RunFolder

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Cost:
    """What the translations that are kept took, of one engine and direction; each different request counts once.

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


@dataclass(frozen=True, slots=True)
class StepWork:
    """What one step of a run did in one direction, summed over its shards; what an attempt that died did is not in it.

    Args:
        step: its name in the recipe.
        engine: its name in the registry.
        source: tag of the language translated from.
        target: tag of the language translated into.
        documents: that were to be translated.
        segments: of them.
        words: of the source, in documents that have a translation.
        requests: that they took.
        cached: of those, answered from what was kept.
        asked: of those, that the engine got; what a run repeats from its cache is not asked.
        tokens_in: that the engine counted; 0 where it does not.
        tokens_out: that the engine counted.
        milliseconds: that the engine took, added up over all processes.
        cost: of what was asked, by the engine's price; None where the registry has none.
    """

    step: str
    engine: str
    source: str
    target: str
    documents: int = 0
    segments: int = 0
    words: int = 0
    requests: int = 0
    cached: int = 0
    asked: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    milliseconds: int = 0
    cost: float | None = None

    @property
    def words_per_second(self) -> float | None:
        """Words by the engine's time; None where nothing was asked, or words came from what was kept, too."""
        whole = self.asked and not self.cached and self.milliseconds
        return round(self.words * 1_000 / self.milliseconds, 1) if whole else None


def costs(address: str, engines: str | None) -> list[Cost]:
    """Return what the translations at an address took; none where there are none.

    Args:
        address: `translations` of a run, or what `--translations` named.
        engines: text of `manifests/engines.yaml`.
    """
    if not holds_translations(address):
        return []
    known = _engines(engines)
    cache = open_cache(address)
    try:
        spent = cache.spent()
    finally:
        cache.close()
    return [Cost(**asdict(one), cost=_cost(known.get(one.engine), one.tokens_in, one.tokens_out)) for one in spent]


def work(folder: RunFolder) -> list[StepWork]:
    """Return what each step that translates did, in the order of the recipe, from the receipts of the run's shards."""
    found: dict[tuple[str, str, str, str], StepWork] = {}
    for phase in folder.phases():
        for receipt in folder.receipts(phase, "shard-"):
            for step, ways in receipt.about.get("translations", {}).items():
                for way in ways:
                    key = (step, way["engine"], way["source"], way["target"])
                    found[key] = _added(found.get(key, StepWork(*key)), way)
    known = _engines(registry(folder))
    return [replace(one, cost=_cost(known.get(one.engine), one.tokens_in, one.tokens_out)) for one in found.values()]


def registry(folder: RunFolder) -> str | None:
    """Return the engines as the run knew them."""
    address = folder.join("project", ENGINES_FILE)
    return storage.read_bytes(address).decode("utf-8") if storage.exists(address) else None


def in_proportion(spent: Cost, *, read: int, documents: int) -> Cost:
    """Return what a whole input takes if it is as its beginning; at most, where segments repeat, since each is paid once.

    Args:
        spent: of the beginning.
        read: documents of it.
        documents: of the whole.
    """
    if read < 1:
        raise ValueError("nothing was read")

    def whole(count: int) -> int:
        return -(-count * documents // read)

    return replace(
        spent,
        requests=whole(spent.requests),
        characters=whole(spent.characters),
        answered=whole(spent.answered),
        tokens_in=whole(spent.tokens_in),
        tokens_out=whole(spent.tokens_out),
        cost=None if spent.cost is None else round(spent.cost * documents / read, 6),
    )


def _engines(text: str | None) -> Mapping[str, Engine]:
    return parse(text, Engines, file=ENGINES_FILE).engines if text else {}


def _cost(engine: Engine | None, tokens_in: int, tokens_out: int) -> float | None:
    if engine is None or engine.price is None:
        return None
    return round((tokens_in * engine.price.input + tokens_out * engine.price.output) / _MILLION, 6)


def _added(one: StepWork, way: Mapping[str, int]) -> StepWork:
    names = ("documents", "segments", "words", "requests", "cached", "asked", "tokens_in", "tokens_out", "milliseconds")
    return replace(one, **{name: getattr(one, name) + int(way[name]) for name in names})
