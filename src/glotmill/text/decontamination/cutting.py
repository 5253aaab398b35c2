"""Takes stretches out of a text in whole sentences."""

import functools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from glotmill.text import scripts
from glotmill.text.decontamination.folds import SIZE

# Scripts whose phrases end at white space: they have no mark, or seldom use it, for the end of a sentence.
_PHRASES = ("Thai", "Laoo", "Khmr", "Mymr", "Tibt", "Java", "Bali", "Tale", "Talu", "Lana", "Tavt")


def cut(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return a text without these stretches and the sentences that they begin or end in.

    A sentence ends at a mark with Unicode's property Sentence_Terminal (those of ASCII only before white space), at the
    end of a line, and in Thai, Lao, Khmer, Burmese and Tibetan at white space. A line of which nothing is left is gone
    with its break. `cut("Egun on. Zer da hau? Agur.", [(9, 19)])` is `"Egun on. Agur."`.

    Args:
        text: any string; time is linear in its length.
        spans: in code points, in any order; they may overlap.
    """
    places = _places(text)
    pieces: list[str] = []
    done = 0
    for start, end in _joined((places[bisect_right(places, a) - 1], places[bisect_left(places, b)]) for a, b in spans):
        pieces.append(text[done:start])
        opens = start == 0 or text[start - 1] == "\n"
        line = text[end : end + 1] in ("", "\n")
        done = end
        if opens and line:
            while text[done : done + 1] == "\n":
                done += 1
        elif line:
            pieces[-1] = pieces[-1].rstrip(" \t")
    pieces.append(text[done:])
    return "".join(pieces).strip("\n")


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _places(text: str) -> list[int]:
    """Return where sentences begin and lines end, ascending, the beginning and the end of the text among them."""
    ends, phrases, beyond = _patterns()
    places = {0, len(text)}
    for match in ends.finditer(text):
        spaced = match["space"] or match.end() == len(text) or text[match.end()] == "\n"
        if spaced or beyond.search(match["marks"]):
            places.add(match.end())
    places.update(match.end() for match in phrases.finditer(text))
    for match in re.finditer("\n", text):
        places.update((match.start(), match.end()))
    return sorted(places)


@functools.cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Return the end of a sentence, white space after a phrase, and a mark that is none of ASCII."""
    properties = scripts.properties()
    marks = [code for code in range(SIZE) if properties[code] & scripts.ENDS_SENTENCE]
    closing = [code for code in range(SIZE) if properties[code] & scripts.CLOSES and code not in marks]
    names = [scripts.names().index(name) for name in _PHRASES]
    of = (properties >> scripts.SCRIPT_SHIFT) & scripts.SCRIPT_MASK
    phrased = [code for code in range(0x80, SIZE) if of[code] in names]
    mark, closes = _class(marks), _class(closing)
    # Each run is tried once, from its beginning, and given up whole: a megabyte of dots takes no longer than of letters.
    ends = rf"(?<!{mark})(?P<marks>{mark}++)(?:{closes}*+)(?P<space>[^\S\n]*+)"
    return (
        re.compile(ends),
        re.compile(rf"(?<={_class(phrased)})[^\S\n]++"),
        re.compile(_class(m for m in marks if m > 0x7F)),
    )


def _class(codes: Iterable[int]) -> str:
    return "[" + "".join(re.escape(chr(code)) for code in codes) + "]"
