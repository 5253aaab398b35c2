"""Hangul: letters outside of syllables, and the runs of them that laugh or weep."""

import functools
import re
import unicodedata
from types import MappingProxyType
from typing import Final

from glotmill.text.spelling.pack import Pack

# Letters of modern Korean as people type them one by one, in the order of the conjoining jamo of Unicode 3.12.
_LEADS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_TAILS = "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_VOWEL_SET = frozenset(_VOWELS)
_FIRST_SYLLABLE = ord("가")
_FIRST_OF: Final = MappingProxyType({0x1100: _LEADS, 0x1161: _VOWELS, 0x11A8: _TAILS})

# Eyes in faces such as ㅋㅠㅋㅠ: a run that has no other vowel is a face, not a word.
_EYES = frozenset("ㅠㅜㅡㅗㅛ")
_LETTERS = "\u3131-\u3163"
_CONJOINING = "\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff"
_SPELLED_OUT = re.compile(f"[{_LETTERS}]{{4,}}")
_CONJOINED = re.compile(f"[가-힣]?[{_CONJOINING}]+")
_RUN = re.compile(f"([{_LETTERS}])\\1{{3,}}")


@functools.cache
def _typed() -> dict[int, str]:
    return {first + index: letter for first, letters in _FIRST_OF.items() for index, letter in enumerate(letters)}


def _jamo(text: str) -> str:
    return _SPELLED_OUT.sub(_syllables, _CONJOINED.sub(_alone, text))


def _alone(found: re.Match[str]) -> str:
    """Give conjoining jamo that conjoin with nothing the code points of letters; Old Korean has syllables of others."""
    run = unicodedata.normalize("NFC", found[0])
    typed = run.translate(_typed())
    return found[0] if re.search(f"[{_CONJOINING}]", typed) else typed


def _syllables(found: re.Match[str]) -> str:
    """Join letters to syllables where the whole run is syllables, two or more."""
    run = found[0]
    syllables = []
    place = 0
    while place + 1 < len(run):
        lead, vowel = _LEADS.find(run[place]), _VOWELS.find(run[place + 1])
        if lead < 0 or vowel < 0:
            return run
        place += 2
        # A consonant before a vowel opens the next syllable.
        closes = place < len(run) and run[place + 1 : place + 2] not in _VOWEL_SET
        tail = _TAILS.find(run[place]) + 1 if closes else 0
        place += tail > 0
        syllables.append(chr(_FIRST_SYLLABLE + (lead * len(_VOWELS) + vowel) * (len(_TAILS) + 1) + tail))
    if place < len(run) or len(syllables) < 2 or _EYES.issuperset(_VOWEL_SET.intersection(run)):
        return run
    return "".join(syllables)


def _runs(text: str) -> str:
    return _RUN.sub(r"\1\1\1", text)


HANGUL_JAMO = Pack(
    name="hangul_jamo",
    about="Letters typed or copied one by one become syllables where a run of them is nothing but syllables, two or more: "
    "ㅎㅏㄴㄱㅡㄹ is 한글. Conjoining jamo that belong to no syllable, as NFKC leaves them, become the letters that people "
    "type. Single letters (ㄱ, ㅇㅋ), one syllable spelled out (ㄱㅏ), faces (ㅠㅇㅠ, ㅋㅠㅋㅠ) and Old Korean stay.",
    source="Unicode 3.12 (conjoining jamo behavior) and 18.6 (compatibility jamo); KS X 1026-1",
    scripts=("Hang",),
    signs=_LETTERS + _CONJOINING,
    change=_jamo,
)

HANGUL_EMOTICONS = Pack(
    name="hangul_emoticons",
    about="The same letter four times or more becomes three: ㅋㅋㅋㅋㅋㅋ is ㅋㅋㅋ, ㅠㅠㅠㅠ is ㅠㅠㅠ. Three or fewer stay, and so do "
    "syllables (하하하하).",
    source="Cleaning of Korean comments (KcBERT, soynlp), which cuts to two; three keeps ㅋㅋ and ㅋㅋㅋ apart",
    scripts=("Hang",),
    signs=_LETTERS,
    change=_runs,
)
