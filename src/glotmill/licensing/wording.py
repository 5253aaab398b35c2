"""How pages put licenses into words: short forms, names in many languages, reserved rights, exceptions, credits."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from glotmill.licensing.creativecommons import VERSIONS, canonical_family, spdx_id
from glotmill.licensing.table import LicenseTable, Marks

# Characters that pages use at will, by what they are compared as. Nothing: invisible ones, Arabic vowel signs and
# stretching. One kind of dash and apostrophe; dotless i, since capitals lose the difference.
_EQUIVALENT = (
    dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u202d\u202e", "")
    | dict.fromkeys("\u0640\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u0670", "")
    | dict.fromkeys("‐‑‒–—―−－", "-")
    | {"i\u0307": "i", "ı": "i", "’": "'", "ʼ": "'"}
)

_SHORT = re.compile(
    r"(?<![\w-])cc[\s-]?"
    r"(?:(?P<zero>0|zero)(?![a-z0-9])|(?P<code>(?:by|nc|nd|sa)(?:[\s/_+-]{0,3}(?:nc|nd|sa|by)(?![a-z]))*)(?![a-z]))"
    r"(?P<tail>.{0,24})"
)
_VERSION = re.compile(r"[\s,(»”\"'-]{0,3}(?:v(?:ersion)?\.?\s?)?(\d(?:[.,]\d)?)(?![.,]?\d|[a-z_])")
_PORT = re.compile(r"[\s(/-]{1,2}([a-z]{2})(?=[\s).,;]|$)")
# What makes a license narrower than what was read so far: another element, or a name that goes on.
_NARROWER = re.compile(
    r"[\s(/_+-]*(?:nc|nd|sa|non|no|not)(?![^\W\d_])|[\s(,;:-]*no[nt]?[\s-]?(?:for[\s-])?(?:comm|deriv)|\s*[-/_+&]\s*[^\W\d_]"
)
MAX_NAMED = 40  # names read of one text; a page with more is a page about licenses
_NAME_WINDOW = 120  # characters after "Creative Commons" in which the license's name must begin
_REACH = 80  # characters that `...` in a phrase may stand for
# A point after a single letter is an initial's: "Foto: J. Adibidea, CC BY 4.0" is one sentence.
_SENTENCE_END = re.compile(r"[;|•·।።۔。！？!?]|(?<!\b[^\W\d_])\.(?=\s|$)")
_WORDS = re.compile(r"[^\s.,:;!?()\[\]{}\"«»“”„‚‘<>/|·•।。、，：/‐-]+")
_COLON = re.compile(r"[:：៖፦]")
_STEM = 4  # letters: shorter words for pictures are part of too many others
_QUOTED = re.compile(r"[«\"“„‚‘「『][^«»\"“”„」』]{1,80}[»\"“”’」』]")
_CLAUSE_END = re.compile(r"[;|•·©।።۔。！？!?]|\.(?=\s|$)|,(?=\s)")


@dataclass(frozen=True, slots=True)
class NamedLicense:
    """A license that a text names; `spdx` is None where the name could not be read to its end."""

    spdx: str | None
    port: str | None
    start: int
    end: int


def fold(text: str) -> str:
    """Return text for comparison: NFC, case folded, one kind of dash and of space, nothing invisible."""
    if text.isascii():
        return " ".join(text.lower().split())
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    text = text.casefold()
    for char, other in _EQUIVALENT.items():  # str.translate takes ten times as long on scripts beyond Latin
        if char in text:
            text = text.replace(char, other)
    return " ".join(text.split())


def _longest_word(phrase: str) -> str:
    return max(phrase.replace("...", " ").split(), key=len)


class Phrases:
    """Phrases to look for, each found first by its longest word: cheap, and blind to line breaks in markup."""

    def __init__(self, by_language: Mapping[str, Sequence[str]]) -> None:
        phrases = dict.fromkeys(fold(phrase) for words in by_language.values() for phrase in words)
        self._by_key: dict[str, list[str]] = {}
        for phrase in phrases:
            self._by_key.setdefault(_longest_word(phrase), []).append(phrase)
        self.keys = tuple(self._by_key)
        # As pages write them: a search that folds case alone meets composed and decomposed spellings.
        spelled = [_longest_word(phrase.lower()) for words in by_language.values() for phrase in words]
        both = [unicodedata.normalize(form, word) for word in spelled for form in ("NFC", "NFD")]
        self.spellings = tuple(dict.fromkeys([*both, *self.keys]))
        self.phrases = tuple(phrases)
        self._ascii_keys = tuple(key for key in self.keys if key.isascii())

    def hits(self, folded: str) -> tuple[str, ...]:
        """Return the keys that stand in a folded text or markup."""
        keys = self._ascii_keys if folded.isascii() else self.keys
        return tuple(key for key in keys if key in folded)

    def find(self, folded: str, keys: Iterable[str] | None = None) -> Iterator[tuple[int, int]]:
        """Yield start and end of each phrase's first place in a folded text, for phrases of these keys."""
        for key in self.hits(folded) if keys is None else keys:
            for phrase in self._by_key[key]:
                place = _find(folded, phrase)
                if place is not None:
                    yield place


def _find(folded: str, phrase: str) -> tuple[int, int] | None:
    first, *rest = phrase.split(" ... ")
    start = folded.find(first)
    while start >= 0:
        end = start + len(first)
        for part in rest:
            at = folded.find(part, end, end + _REACH + len(part))
            if at < 0:
                break
            end = at + len(part)
        else:
            if _stands_alone(folded, start):
                return start, end
        start = folded.find(first, start + 1)
    return None


def _stands_alone(folded: str, start: int) -> bool:
    # "all rights reserved" is no part of "small rights reserved"; scripts without spaces have no such border.
    return start == 0 or not (folded[start - 1].isalnum() and folded[start].isascii())


class Wording:
    """Everything in `marks` of the license table, compiled once."""

    def __init__(self, table: LicenseTable) -> None:
        marks = table.marks
        self.reserved = Phrases(marks.reserved)
        self.exceptions = Phrases(marks.exceptions)
        self.paywalls = Phrases(marks.paywalls)
        self.statements = Phrases(marks.statements)
        by_phrase = {fold(phrase): one.id for one in table.by_id.values() for phrase in one.phrases}
        self._phrases: dict[str, list[tuple[str, str]]] = {}
        for phrase, license_id in by_phrase.items():
            self._phrases.setdefault(_longest_word(phrase), []).append((phrase, license_id))
        self._titles = tuple(dict.fromkeys([*by_phrase, *map(fold, marks.titles)]))
        self.license_phrases = tuple(by_phrase)
        self.commons = tuple(dict.fromkeys(fold(name) for name in marks.commons))
        self._license_words = tuple(fold(word) for word in marks.license_words)
        self._credit_words, self._credit_parts = _vocabulary(marks.credits)
        self._stems = tuple(sorted(word for word in self._credit_words if len(word) >= _STEM))
        self._work_words, self._work_parts = _vocabulary(marks.works)
        self._names, self._first_words = _names(marks)

    def licenses(self, folded: str) -> list[NamedLicense]:
        """Return the Creative Commons licenses that a folded text names, in order; unreadable ones with no id.

        A short form or name that goes on in a way nobody knows ("CC BY-XY", "Attribution - Pas de ...") is
        unreadable: what was understood so far would grant more than the text does.
        """
        found = [self._short(match) for match in islice(_SHORT.finditer(folded), MAX_NAMED)] if "cc" in folded else []
        for name in self.commons:
            start = folded.find(name)
            for _ in range(MAX_NAMED):
                if start < 0:
                    break
                named = self._named(folded, start + len(name))
                if named is not None:
                    found.append(named)
                start = folded.find(name, start + len(name))
        found += self._by_phrase(folded)
        return sorted(found, key=lambda one: (one.start, one.end))

    def _by_phrase(self, folded: str) -> Iterator[NamedLicense]:
        for phrase, license_id in (pair for key, some in self._phrases.items() if key in folded for pair in some):
            start = folded.find(phrase)
            end = start + len(phrase)
            if (
                start < 0
                or not _stands_alone(folded, start)
                or (phrase[-1].isascii() and folded[end : end + 1].isalnum())
            ):
                continue
            narrower = _NARROWER.match(folded, end) is not None
            yield NamedLicense(None if narrower else license_id, None, start, end)

    def _short(self, match: re.Match[str]) -> NamedLicense:
        start, end = match.start(), match.start("tail")
        tail = match["tail"]
        if match["zero"]:
            return NamedLicense("CC0-1.0", None, start, end)
        family = canonical_family("-".join(re.findall("by|nc|nd|sa", match["code"])))
        if family is None or not family.startswith("by"):
            return NamedLicense(None, None, start, end)
        version, after = _version(tail)
        port = _PORT.match(tail, after) if version and version != "4.0" else None
        if port is not None and port[1] not in _NO_PORTS:
            return NamedLicense(spdx_id(family, version), port[1], start, end + port.end(1))
        if version == "" or _NARROWER.match(tail, after) or not (version or self._ends(tail)):
            return NamedLicense(None, None, start, end)
        return NamedLicense(spdx_id(family, version), None, start, end + after)

    def _named(self, folded: str, start: int) -> NamedLicense | None:
        # Where a name could begin is found by its first word: trying 400 names at each place takes 5 ms.
        stop = start + _NAME_WINDOW
        places = sorted({at for word in self._first_words if (at := folded.find(word, start, stop)) >= 0})
        match = next(filter(None, (self._names.match(folded, at) for at in places)), None)
        if match is None:
            return None
        family = str(match.lastgroup).partition("_")[0].replace("0", "-")
        version, after = _version(folded[match.end() : match.end() + 24])
        rest = folded[match.end() + after : match.end() + after + 24]
        if version == "" or _NARROWER.match(rest) or not (version or self._ends(rest)):
            return NamedLicense(None, None, match.start(), match.end())
        return NamedLicense(spdx_id(family, version), None, match.start(), match.end() + after)

    def _ends(self, rest: str) -> bool:
        rest = rest.lstrip(" \"'»”)")
        return not rest or rest[0] in ".,;:(|<©" or rest.startswith(self._license_words)

    def is_credited(self, folded: str, start: int, end: int) -> bool:
        """Return whether what stands at [start, end) of a folded text is a credit, by its clause, a label or a first word.

        A label governs the sentence, and so does its first word: "Foto: J. Adibidea, CC BY 4.0".
        """
        clause = clause_around(folded, start, end)
        if self.names_work(clause):
            return False
        if self.is_credit(clause):
            return True
        before = folded[max(0, start - 120) : start]
        sentence = before[max((match.end() for match in _SENTENCE_END.finditer(before)), default=0) :]
        *labels, _ = _COLON.split(sentence)
        if labels:
            return self._labels_credit(labels[-1].rpartition(",")[2])
        first = _WORDS.search(sentence)  # "Fotografía de X. Exemplo (CC BY 4.0)"
        return first is not None and self.is_credit(first[0])

    def _labels_credit(self, label: str) -> bool:
        """Return whether a label is of a picture and the like, also inflected or compounded ("Kuvan lisenssi", "Titelmusik")."""
        if self.is_credit(label):
            return True
        return not self.names_work(label) and any(
            word.startswith(stem) or word.endswith(stem) for word in _WORDS.findall(label)[-6:] for stem in self._stems
        )

    def is_statement(self, folded: str, start: int, end: int) -> bool:
        """Return whether the sentence at [start, end) speaks of its own text's license: "this work is licensed"."""
        before = folded[max(0, start - 200) : start]
        sentence = before[max((match.end() for match in _SENTENCE_END.finditer(before)), default=0) :]
        after = folded[end : end + 120]
        stop = _SENTENCE_END.search(after)
        whole = sentence + folded[start:end] + (after[: stop.start()] if stop else after)
        return next(self.statements.find(whole), None) is not None

    def is_labelled(self, folded: str, start: int) -> bool:
        """Return whether a word for license and a colon stand right before a place: "Licenc: CC BY-SA 4.0"."""
        before = folded[max(0, start - 40) : start].rstrip()
        *labels, rest = _COLON.split(before)
        return bool(labels) and not rest.strip() and labels[-1].rstrip().endswith(self._license_words)

    def is_credit(self, clause: str) -> bool:
        """Return whether a folded clause speaks of a picture, font, theme or data and not of the text."""
        for title in self._titles:  # "open data" in a license's name is no credit of data
            if title in clause:
                clause = clause.replace(title, " ")
        words = set(_WORDS.findall(clause))
        works = not words.isdisjoint(self._work_words) or any(part in clause for part in self._work_parts)
        if works:
            return False
        return not words.isdisjoint(self._credit_words) or any(part in clause for part in self._credit_parts)

    def names_work(self, clause: str) -> bool:
        """Return whether a folded clause speaks of the text or content itself."""
        words = set(_WORDS.findall(clause))
        return not words.isdisjoint(self._work_words) or any(part in clause for part in self._work_parts)


# Words of two letters that follow a license in running text and are no jurisdictions in that place.
_NO_PORTS = frozenset(
    {
        *("by", "in", "of", "on", "or", "to", "an", "as", "is", "it", "we", "no", "la", "le", "da", "du", "en", "et"),
        *("il", "un", "el", "al", "se", "si", "nc", "nd", "sa"),
    }
)


def unquoted(folded: str) -> str:
    """Return a folded text without what stands in quotation marks: a text that quotes a phrase does not say it."""
    return _QUOTED.sub(" ", folded)


def clause_around(folded: str, start: int, end: int) -> str:
    """Return the clause of a folded text in which [start, end) stands, at most 120 characters to either side."""
    before = folded[max(0, start - 120) : start]
    breaks = list(_CLAUSE_END.finditer(before))
    after = folded[end : end + 120]
    stop = _CLAUSE_END.search(after)
    left = before[breaks[-1].end() :] if breaks else before
    return left + folded[start:end] + (after[: stop.start()] if stop else after)


def _version(tail: str) -> tuple[str | None, int]:
    """Return version (None: not stated, "": no such version) and how much of the tail it took."""
    match = _VERSION.match(tail)
    if match is None:
        return (None, 0) if not re.match(r"[\s,(-]{0,3}(?:v(?:ersion)?\.?\s?)?\d", tail) else ("", 0)
    number = match[1].replace(",", ".")
    version = number if "." in number else f"{number}.0"
    return (version if version in VERSIONS else ""), match.end()


def _vocabulary(by_language: Mapping[str, Sequence[str]]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Split words into single words and parts to look for anywhere (phrases, scripts written without spaces)."""
    words = sorted({fold(word) for some in by_language.values() for word in some})
    parts = tuple(word for word in words if " " in word or _without_spaces(word))
    return frozenset(words) - frozenset(parts), parts


def _without_spaces(word: str) -> bool:
    names = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "LAO", "KHMER", "MYANMAR")
    return any(unicodedata.name(char, "").startswith(names) for char in word)


def _names(marks: Marks) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """Return one pattern of all license names, longest first so that none hides a longer one, and their first words."""
    spellings = {
        fold(name): family for families in marks.names.values() for family, names in families.items() for name in names
    }
    ordered = sorted(spellings.items(), key=lambda pair: (-len(re.sub(r"[\s+-]", "", pair[0])), pair[0]))
    groups = []
    for index, (name, family) in enumerate(ordered):
        tokens = [re.escape(token) for token in re.split(r"[\s+-]+", name) if token]
        body = r"[\s+/-]*".join(tokens)
        border = "" if _without_spaces(name) else r"(?<![^\W\d_])"
        groups.append(rf"(?P<{family.replace('-', '0')}_{index}>{border}{body})")
    first = sorted({re.split(r"[\s+-]+", name)[0] for name in spellings})
    return re.compile("|".join(groups)), tuple(first)
