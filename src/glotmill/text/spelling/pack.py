"""What a pack of spelling is, and how several run as one."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from glotmill.text.scripts import code_points

Change = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Pack:
    """One convention of spelling, as a function on text in NFC.

    Applied twice it does what it does once; it takes time linear in the text, raises nothing on any string, and acts on
    characters of its own script alone.

    Args:
        name: what `filters/` calls it.
        about: what it changes, and what it leaves.
        source: who says that the two spellings are one.
        scripts: the scripts, ISO 15924, in which it is right for every language; none where a language has to ask for it.
        signs: characters, as inside the brackets of a regular expression; a text without any of them is not changed.
        change: text -> text.
    """

    name: str
    about: str
    source: str
    scripts: tuple[str, ...]
    signs: str
    change: Change

    def __call__(self, text: str) -> str:
        """Return the text in this pack's spelling."""
        return self.change(text)


def spelling(packs: Sequence[Pack]) -> Change:
    """Return one function that applies these packs in order, each where it finds its signs.

    A text that none of them is about costs one search. In others, a search for the signs of each pack would cost more
    than most packs do, so only those are asked whose blocks of 256 characters occur. Packs can prepare each other's work, so the result changes no more only once all have left
    it alone: `normalize` repeats the whole.
    """
    chosen = tuple((_blocks_of(pack.signs), re.compile(f"[{pack.signs}]").search, pack.change) for pack in packs)
    if not chosen:
        return _as_it_is
    concerned = re.compile(f"[{''.join(pack.signs for pack in packs)}]").search

    def spell(text: str) -> str:
        if text.isascii() or concerned(text) is None:
            return text
        occurring = _blocks_in(text)
        for blocks, has_signs, change in chosen:
            if blocks.isdisjoint(occurring) or has_signs(text) is None:
                continue
            changed = change(text)
            if changed != text:
                text, occurring = changed, _blocks_in(changed)
        return text

    return spell


_RANGE = re.compile("(.)-(.)|(.)", re.DOTALL)


def _blocks_of(signs: str) -> frozenset[int]:
    ranges = ((ord(first or one), ord(last or one)) for first, last, one in _RANGE.findall(signs))
    return frozenset(block for first, last in ranges for block in range(first >> 8, (last >> 8) + 1))


def _blocks_in(text: str) -> list[int]:
    return [int(block) for block in np.flatnonzero(np.bincount(code_points(text) >> 8))]


def _as_it_is(text: str) -> str:
    return text
