"""Lines that a printer, a scanner or an old mail program broke, joined again, and the words that were broken with them.

What becomes of a hyphen at the end of a line is decided by the document's own words first, since a book uses its words more
than once, then by the rules of the language, then by its list of known words; a soft hyphen is none in any case. After
Liang 1983 (Word Hy-phen-a-tion by Com-put-er) hyphens stand within words only, and the orthographies say where spelling
changes at the break: German k-k for ck and three equal consonants, Swedish and Norwegian consonants that are written twice,
Hungarian long digraphs, the Catalan l·l. Polish, Czech or Portuguese repeat a hyphen of their own on the next line.
"""

import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from glotmill.text import scripts

Ends = Literal["width", "blank_line"]

# Hyphen-minus, soft hyphen, not sign (what old code pages make of it), hyphen, Armenian hyphen, double oblique hyphen of Fraktur.
_HYPHENS: Final = "-\u00ad\u00ac\u2010\u058a\u2e17"
_SURELY_BROKEN: Final = "\u00ad\u00ac\u2e17"  # hyphens that no compound has
_TATWEEL: Final = "\u0640"
_VERSE_END: Final = "\u2028"
# Scripts whose words are broken with a hyphen as a matter of course; elsewhere a hyphen belongs to the word unless the
# document says otherwise. Uyghur, written with all its vowels, breaks words in Arabic script, too.
_BREAKING: Final = frozenset(("Latn", "Cyrl", "Grek", "Armn", "Geor"))
_BREAKING_LANGUAGES: Final = frozenset(("uig_Arab",))
_UNSPACED: Final = frozenset(("Thai", "Laoo", "Khmr", "Mymr", "Hani", "Hira", "Kana", "Bopo"))
_WIDE_MARKS: Final = re.compile("[\u3000-\u303f\uff00-\uff65\ufe30-\ufe4f]")  # punctuation of Chinese and Japanese
_BULLET: Final = re.compile(r"\s*(?:[•‣◦▪*·–—-]\s|\(?\d{1,3}[.)]\s|\(?[a-z]\)\s)")
_INDENT: Final = re.compile(r"[ \t\u3000]+")
# A word with its hyphens; the segmenter cuts at them, and whether they are there is what is asked.
_LETTER: Final = r"[^\W\d_]"
# Signs within words that `\w` leaves out: vowel signs and viramas of every script of the basic plane (with those
# beyond, matching takes twice the time), joiners, maqaf and the apostrophe.
_MARKS: Final = (
    "".join(sign for sign in map(chr, range(0x300, 0xAC00)) if unicodedata.category(sign) in ("Mn", "Mc"))
    + "\u05be\u200c\u200d'’"
)
_WORD: Final = re.compile(rf"{_LETTER}[\w{_MARKS}]*(?:[-\u2010]{_LETTER}[\w{_MARKS}]*)*")
_LAST_WORD: Final = re.compile(rf"({_LETTER}[\w{_MARKS}]*(?:[-\u2010]{_LETTER}[\w{_MARKS}]*)*)([{_HYPHENS}])\Z")
_FIRST_WORD: Final = re.compile(rf"([-\u2010]?)({_LETTER}[\w{_MARKS}]*(?:[-\u2010]{_LETTER}[\w{_MARKS}]*)*)")
_NO_SPACE_BEHIND: Final = frozenset(("/", "\u2011", "\u05be"))  # a slash, the hyphen that does not break, maqaf
_TAIL: Final = 200  # characters of a line that are looked at for its last word

_FULL: Final = 0.8  # of the usual width, from which on a line is full: the next word did not fit
_FULL_UNSPACED: Final = 0.9
_USUAL: Final = 0.9  # the quantile of line lengths that is the usual width
_FEWEST: Final = 3  # lines of a document that has a usual width
_NARROWEST: Final = 20  # code points; narrower columns are lists
_SENTENCE_ENDS: Final = ".!?:…。！？।॥۔؟។๚"
_CLOSING: Final = "\"'»«”’›)]」』"

_VOWELS: Final = "aeiouyäöü"
_CONSONANTS: Final = frozenset("bcdfghjklmnpqrstvwxzß")
# Words that are spelled with ss since 1996.
_OLD_GERMAN: Final = re.compile(
    r"\b(?:da|mu|la|ha|pa|nu|ku|i|bewu|gewi|flu|schlu|proze)ß(?:t|te|ten)?\b", re.IGNORECASE
)
# Turkish writes no hyphen where a line ends behind the apostrophe before a suffix.
_SUFFIX_BROKEN: Final = re.compile(r"[^\W\d_]['’]\Z")
_DOUBLED: Final = frozenset(("swe_Latn", "nob_Latn", "nno_Latn"))
_LONG_DIGRAPHS: Final = ("cs", "dz", "gy", "ly", "ny", "sz", "ty", "zs")
# Words that hang on the one before by a hyphen, by the grammars of these languages; closed classes.
_CLITICS: Final[dict[str, frozenset[str]]] = {
    "fra_Latn": frozenset(
        [
            "il",
            "elle",
            "on",
            "ils",
            "elles",
            "je",
            "tu",
            "nous",
            "vous",
            "ce",
            "ci",
            "là",
            "y",
            "en",
            "moi",
            "toi",
            "le",
            "la",
            "les",
            "lui",
            "leur",
            "leurs",
            "même",
            "mêmes",
            "t",
        ]
    ),
    "por_Latn": frozenset(
        ["me", "te", "se", "o", "a", "os", "as", "lhe", "lhes", "nos", "vos", "lo", "la", "los", "las", "no", "na"]
    ),
    "cat_Latn": frozenset(["me", "te", "se", "lo", "la", "los", "les", "li", "ne", "hi", "ho", "nos", "vos"]),
    "ron_Latn": frozenset(["l", "le", "i", "mă", "te", "se", "ne", "vă", "o", "un", "am", "ai", "a", "au", "ar"]),
}
# Measured by benchmarks/books.py: what is gained of compounds there and lost of other words. Not where compounds are written
# as one word (German, Dutch, Scandinavian, Finnic, Hungarian), since any of those may be broken between its parts.
_HYPHENATED_COMPOUNDS: Final = frozenset(("eus_Latn", "eng_Latn", "fra_Latn", "por_Latn"))
_WHOLE: Final = 3  # letters of a half that is a word
# Words before which a hyphen stands for a part that follows later: Vor- und Nachteile.
_SUSPENDED: Final[dict[str, frozenset[str]]] = {
    "deu_Latn": frozenset(("und", "oder", "bzw", "sowie", "bis")),
    "nld_Latn": frozenset(("en", "of")),
    "swe_Latn": frozenset(("och", "eller")),
    "dan_Latn": frozenset(("og", "eller")),
    "nob_Latn": frozenset(("og", "eller")),
    "nno_Latn": frozenset(("og", "eller")),
    "fin_Latn": frozenset(("ja", "tai", "sekä")),
    "ekk_Latn": frozenset(("ja", "või", "ning")),
    "hun_Latn": frozenset(("és", "vagy")),
    "isl_Latn": frozenset(("og", "eða")),
}

Known = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Joined:
    """A text with its lines joined.

    Args:
        text: paragraphs on one line each; blank lines between them as they were.
        lines: line ends that are gone.
        words: words put together of two parts, their hyphen gone.
        hyphens: hyphens at line ends that were kept.
    """

    text: str
    lines: int
    words: int
    hyphens: int


def nothing_known(_word: str) -> bool:
    """Tell that a word is not known, for languages without a list."""
    return False


def join_lines(text: str, language: str | None, *, known: Known = nothing_known, ends: Ends = "width") -> Joined:
    r"""Return a text with its broken lines and words joined, in time linear in its length.

    `join_lines("Die Schiff-\nfahrt", "deu_Latn").text` is `"Die Schifffahrt"`; `"ตลาดริม\nคลอง"` becomes `"ตลาดริมคลอง"`.

    Args:
        text: lines parted by line feeds; those that end in U+2028 are lines of the text itself and stay.
        language: canonical tag, or None: then what scripts and the document itself say has to do.
        known: whether a word is one of the language.
        ends: what ends a paragraph besides blank lines. `width`: a line that is not as full as the others, a bullet, an
            indent; verse, lists and tables keep their lines. `blank_line`: nothing, where the source knows its paragraphs.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    judge = _Hyphens(lines, language, known)
    full = _full_length(lines) if ends == "width" else 0.0
    result: list[str] = []
    counts = [0, 0, 0]
    current: list[str] = []

    def close() -> None:
        if current:
            result.append("".join(current))
            current.clear()

    for place, line in enumerate(lines):
        bare = line.rstrip(" \t").removesuffix(_VERSE_END)
        following = lines[place + 1] if place + 1 < len(lines) else ""
        if not current:
            current.append(bare)
        if not _goes_on(line, following, full, ends):
            close()
            continue
        counts[0] += 1
        rest = following.strip(" \t\u3000").removesuffix(_VERSE_END)
        end, glue, beginning, kind = judge.decide(current[-1].rstrip(" \t\u3000"), rest)
        counts[1] += kind == "joined"
        counts[2] += kind == "kept"
        current[-1] = end
        current += [glue, beginning]
    close()
    joined = "\n".join(part for line in result for part in line.split(_VERSE_END))
    return Joined(joined, counts[0], counts[1], counts[2])


def _full_length(lines: Sequence[str]) -> float:
    """Return the length from which on a line is full, infinite where lines have no usual width."""
    lengths = np.array([_length(line) for line in lines if line.strip()], np.float64)
    if len(lengths) < _FEWEST:
        return float("inf")
    usual = float(np.quantile(lengths, _USUAL, method="nearest"))
    sample = "".join(lines[:50])
    unspaced = _is_unspaced(next((sign for sign in sample if sign.isalpha()), ""))
    least = _FULL_UNSPACED if unspaced else _FULL
    if usual < (_NARROWEST // 2 if unspaced else _NARROWEST):
        return float("inf")
    # Where paragraphs stand on one line each, lengths differ: most of the longer half of the lines has to be full.
    longer = lengths[lengths >= np.median(lengths)]
    if float((longer >= least * usual).mean()) < 0.6 or float(lengths.max()) > 2 * usual:
        return float("inf")
    return least * usual


def _length(line: str) -> int:
    line = line.strip()
    return len(line) if line.isascii() else sum(unicodedata.combining(sign) == 0 for sign in line)


def _goes_on(line: str, following: str, full: float, ends: Ends) -> bool:
    stripped = line.rstrip(" \t")
    if not stripped.strip() or not following.strip() or stripped.endswith(_VERSE_END):
        return False
    if ends == "blank_line":
        return True
    if _BULLET.match(following):
        return False
    broken = _last_word(stripped) is not None and following.strip()[:1].islower()
    if not broken and _length(line) < full:
        return False
    own, other = _INDENT.match(line), _INDENT.match(following)
    indent = (len(other[0]) if other else 0) - (len(own[0]) if own else 0)
    last = stripped.rstrip(_CLOSING)[-1:]
    return not (indent >= 1 and other is not None and (last in _SENTENCE_ENDS or indent >= 2) and not broken)


@functools.lru_cache(maxsize=4096)
def _script(sign: str) -> str:
    if not sign:
        return ""
    return scripts.names()[int(scripts.properties()[ord(sign)]) >> scripts.SCRIPT_SHIFT & scripts.SCRIPT_MASK]


def _is_unspaced(sign: str) -> bool:
    return bool(sign) and (_script(sign) in _UNSPACED or _WIDE_MARKS.match(sign) is not None)


def _meet(last: str, first: str) -> str:
    """Return what stands between the last sign of a line and the first of the next: a space where the script parts words."""
    if _is_unspaced(last) and _is_unspaced(first):
        return ""
    # Quotes and dashes of Chinese and Japanese are those of other scripts.
    if (_is_unspaced(last) and "\u2010" <= first <= "\u2027") or ("\u2010" <= last <= "\u2027" and _is_unspaced(first)):
        return ""
    return "" if last in _NO_SPACE_BEHIND else " "


def _last_word(line: str) -> re.Match[str] | None:
    return _LAST_WORD.search(line[-_TAIL:]) if line[-1:] in _HYPHENS and line else None


class _Hyphens:
    """Decides line by line how the end of one and the beginning of the next go together."""

    def __init__(self, lines: Sequence[str], language: str | None, known: Known) -> None:
        self._language = language or ""
        self._known = known
        self._lines = lines
        self._counts: Counter[str] | None = None

    @property
    def _words(self) -> Counter[str]:
        """Words of the document, casefolded, with their hyphens, without those at the edges of broken lines."""
        if self._counts is None:
            counts: Counter[str] = Counter()
            after_break = False
            for line in self._lines:
                stripped = line.strip()
                words = _WORD.findall(stripped)
                if after_break:
                    words = words[1:]
                after_break = stripped[-1:] in _HYPHENS if stripped else False
                if after_break:
                    words = words[:-1]
                counts.update(word.casefold().replace("\u2010", "-") for word in words)
            self._counts = counts
        return self._counts

    @functools.cached_property
    def _heads(self) -> Counter[str]:
        """First parts of the document's hyphenated words, by how many different ones begin with them."""
        return Counter(word.partition("-")[0] for word in self._words if "-" in word)

    def decide(self, end: str, beginning: str) -> tuple[str, str, str, str]:
        """Return the end and the beginning as they are to stand, what goes between them, and `joined`, `kept` or nothing."""
        if end.endswith(_TATWEEL) and len(end) > 1 and end[-2].isalpha() and beginning[:1].isalpha():
            return end.rstrip(_TATWEEL), "", beginning.lstrip(_TATWEEL), "joined"
        if self._language == "tur_Latn" and _SUFFIX_BROKEN.search(end[-3:]) and beginning[:1].islower():
            return end, "", beginning, "joined"
        left, right = _last_word(end), _FIRST_WORD.match(beginning)
        if left is None:
            range_or_number = end[-1:] in ("-", "\u2010") and end[-2:-1].isdigit() and beginning[:1].isalnum()
            return end, "" if range_or_number else _meet(end[-1:], beginning[:1]), beginning, ""
        if right is None:
            # Before a digit or a quote the hyphen is a sign of the text: A-\n10, „Donau-\n“.
            return end, "", beginning, "kept"
        word, hyphen = left[1], left[2]
        first, kept = right[2], beginning[len(right[1]) :]
        if right[1]:
            return end, "", kept, "kept"
        if hyphen not in _SURELY_BROKEN and first.casefold() in _SUSPENDED.get(self._language, ()):
            return end, " ", beginning, "kept"
        whole = self._whole(word, hyphen, first)
        if whole is None:
            return end, "", beginning, "kept"
        stem = end[: len(end) - len(word) - 1]
        cut, rest = whole
        return stem + cut, "", rest + beginning[len(first) :], "joined"

    def _whole(self, left: str, hyphen: str, right: str) -> tuple[str, str] | None:
        """Return both parts as they are spelled in the joined word, or None where the hyphen belongs to it."""
        spelled = self._spelled(left, right)
        if hyphen in _SURELY_BROKEN:
            return spelled
        joined = "".join(spelled).casefold()
        last = re.split("[-\u2010]", left)[-1]
        head = re.split("[-\u2010]", right)[0]
        plain, compound = self._words[joined], self._words[f"{left}-{right}".casefold()]
        if plain != compound:
            return spelled if plain > compound else None
        if self._breaks(last):
            return spelled if not self._is_compound(last, head, joined) else None
        return None

    def _breaks(self, word: str) -> bool:
        return self._language in _BREAKING_LANGUAGES or _script(word[-1:]) in _BREAKING

    def _is_compound(self, left: str, right: str, joined: str) -> bool:
        """Tell whether the grammar, or else the list of known words, speaks for a hyphen of the word's own."""
        capitals = len(left) > 1 and left.isupper() and right.isupper() and len(right) > 1
        if right[:1].isupper() and not capitals:
            return True
        if len(left) == 1 and left.isupper() and not capitals:
            return not self._known(joined)
        if right.casefold() in _CLITICS.get(self._language, ()):
            return not self._known(joined)
        if len(left) >= 3 and left.casefold() == right.casefold():
            return not self._known(joined)
        if left.isupper() and len(left) > 1 and right.islower():
            return True
        # The document has other compounds with this first part.
        if len(left) >= _WHOLE and self._heads[left.casefold()] and not self._is_word(joined):
            return True
        # Two words of the language that make no word of it together: where compounds are written with a hyphen.
        if self._language in _HYPHENATED_COMPOUNDS and min(len(left), len(right)) >= _WHOLE:
            return not self._is_word(joined) and self._is_word(left) and self._is_word(right)
        return False

    def _is_word(self, word: str) -> bool:
        return self._words[word.casefold()] > 0 or self._known(word)

    def _spelled(self, left: str, right: str) -> tuple[str, str]:
        end, start = left[-2:].casefold(), right[:2].casefold()
        if self._language == "deu_Latn":
            return self._german(left, right, end, start)
        if self._language in _DOUBLED and self._triple(end, start):
            return self._better((left[:-1], right), (left, right), short=True)
        if self._language == "hun_Latn" and end == start and end in _LONG_DIGRAPHS:
            return self._better((left[:-1], right), (left, right), short=True)
        if self._language == "cat_Latn" and end[-1:] == "l" and start[:1] == "l":
            return self._better((f"{left}·", right), (left, right), short=True)
        return left, right

    def _german(self, left: str, right: str, end: str, start: str) -> tuple[str, str]:
        if end[-1:] == "k" and start[:1] == "k" and end[:1] in _VOWELS and len(left) > 1:
            return self._better((f"{left[:-1]}c", right), (left, right), short=True)
        if self._triple(end, start):
            return self._better((left[:-1], right), (left, right), short=self._is_old_german)
        return left, right

    def _triple(self, end: str, start: str) -> bool:
        return len(end) == 2 and end[0] == end[1] == start[:1] and end[0] in _CONSONANTS

    def _better(self, one: tuple[str, str], other: tuple[str, str], *, short: bool) -> tuple[str, str]:
        """Return the spelling that the document has more often, else the one that is known, else the first where `short`."""
        first, second = "".join(one).casefold(), "".join(other).casefold()
        counts = (self._words[first], self._words[second])
        if counts[0] != counts[1]:
            return one if counts[0] > counts[1] else other
        if self._known(first) != self._known(second):
            return one if self._known(first) else other
        return one if short else other

    @functools.cached_property
    def _is_old_german(self) -> bool:
        """Whether the document is spelled by the rules of before 1996."""
        return any(_OLD_GERMAN.search(line) for line in self._lines)
