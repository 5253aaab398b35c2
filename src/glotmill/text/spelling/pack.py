"""What a pack of spelling is, and how several run as one."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

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

    A text that none of them is about costs one look at its characters. Packs can prepare each other's work, so the
    result changes no more only once all have left it alone: `normalize` repeats the whole.
    """
    chosen = tuple((re.compile(f"[{pack.signs}]").search, pack.change) for pack in packs)
    if not chosen:
        return _as_it_is
    concerned = re.compile(f"[{''.join(pack.signs for pack in packs)}]").search

    def spell(text: str) -> str:
        if text.isascii() or concerned(text) is None:
            return text
        for has_signs, change in chosen:
            if has_signs(text) is not None:
                text = change(text)
        return text

    return spell


def _as_it_is(text: str) -> str:
    return text
