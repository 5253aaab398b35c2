"""Which documents of a text are held out to judge what was learned from the rest, and how they are cut for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

FIFTHS: Final = 5
LENGTHS: Final = (30, 60, 120)  # characters
MOST_TEXTS: Final = 300  # of each length
_LEAST_SHARE, _MOST_SHARE = 0.1, 0.4  # of the documents that sources held out may have
_BACK: Final = 20  # characters that a text may begin earlier, to begin with a word


@dataclass(frozen=True, slots=True)
class Held:
    """Documents that are held out.

    Args:
        places: of these documents, in order of their keys.
        by: whether no `source` has documents on both sides, or each `document` went its own way.
        sources: how many sources are named.
    """

    places: tuple[int, ...]
    by: Literal["source", "document"]
    sources: int


def held_out(keys: Sequence[int], sources: Sequence[str]) -> Held:
    """Hold out about a fifth of the documents: whole sources where they are named, else every fifth by content hash.

    Documents of one source share topics and writers, so what is seen on them says too much about the others. Sources
    go from the smallest on, so that many speak.

    Args:
        keys: of each document, by its content.
        sources: where each comes from, or the empty string.
    """
    sizes: dict[str, int] = {}
    for source in sources:
        if source:
            sizes[source] = sizes.get(source, 0) + 1
    order = sorted(range(len(keys)), key=lambda place: keys[place])
    chosen: set[str] = set()
    size = 0
    for source in sorted(sizes, key=lambda name: (sizes[name], name)):
        if size * FIFTHS >= len(keys) or size + sizes[source] > _MOST_SHARE * len(keys):
            break
        chosen.add(source)
        size += sizes[source]
    if size >= _LEAST_SHARE * len(keys) and 0 < size < len(keys):
        return Held(tuple(place for place in order if sources[place] in chosen), "source", len(sizes))
    return Held(tuple(order[::FIFTHS]) if len(keys) > 1 else (), "document", len(sizes))


def cut(documents: Sequence[str], length: int) -> list[str]:
    """Return texts of one length out of documents, evenly spread, each from the start of a word where one is near.

    Documents are joined, so that those of one short sentence give long texts too.

    Args:
        documents: in the order in which they are joined.
        length: in characters.
    """
    whole = " ".join(" ".join(document.split()) for document in documents)
    wanted = min(MOST_TEXTS, len(whole) // length)
    texts = []
    for number in range(wanted):
        start = number * (len(whole) - length) // max(wanted - 1, 1)
        edge = whole.rfind(" ", 0, start + 1) + 1
        start = edge if start - edge < _BACK else start
        texts.append(whole[start : start + length])
    return texts
