"""What is wrong with a list of stop words: not words of the scan, in another script, twice, or content words."""

import statistics
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from glotmill.text import scripts
from glotmill.text.hashing import folded
from glotmill.text.linting.findings import Finding, Severity
from glotmill.text.measures.script import parts_of
from glotmill.text.scan import scan

_LEAST_OTHERS, _OTHER_SHARE = 5, 0.01  # lists of other languages that have a word, for it to look like a name
_SHORTEST_NAME = 4  # letters; shorter words coincide between languages
# Function words are short. Words of 7 letters that are 2.5 times as long as the list's median stand in 334 of 1,929
# published lists (`plánẹ́tì` in Yoruba, `საქართველოს` "of Georgia", `المتحدة` "united"), and in none of the language files
# that come with Glotmill; a postposition such as Turkish `tarafından` is the exception.
_LONG, _LONGER = 7, 2.5


class _Fault(NamedTuple):
    severity: Severity
    what: str
    remedy: str


def common_words(lists: Mapping[str, Sequence[str]]) -> Mapping[str, int]:
    """Return words that stand in so many languages' lists that they look like names, and in how many.

    Function words of four letters and more rarely coincide between languages; names and loan words of the texts that
    lists were drawn from do: `dios` stands in 127 of 1,929 published lists, `yesu` in 125.

    Args:
        lists: tag -> stop words.
    """
    counts = Counter(word for words in lists.values() for word in {folded(word) for word in words})
    least = max(_LEAST_OTHERS, round(_OTHER_SHARE * len(lists)))
    return {word: count for word, count in counts.items() if count > least and len(word) >= _SHORTEST_NAME}


def lint_words(
    words: Sequence[str], *, file: str, field: str, script: str, common: Mapping[str, int]
) -> tuple[Finding, ...]:
    """Return what is wrong with a list of stop words.

    Args:
        words: the list.
        file: for findings.
        field: for findings.
        script: of the language's tag.
        common: of `common_words`.
    """
    table = scan(words)
    usual = statistics.median(map(_letters, words)) if words else 0.0
    found = []
    for index, word in enumerate(words):
        spans = table.word_spans_of(index).tolist()
        place = int(table.word_bounds[index])
        if not spans:
            faults = [_Fault("error", "holds no letter or number", "Take it out: the scan never finds it.")]
        elif spans != [[0, len(word)]]:
            parts = " ".join(word[start:end] for start, end in spans)
            faults = [
                _Fault("error", f"is not one word of the scan, which reads {parts}", "List words as it cuts them.")
            ]
        else:
            own = scripts.names()[int(table.word_scripts[place])]
            faults = _of_word(word, own, script, common, is_number=not table.word_alphabetic[place])
            if _letters(word) >= max(_LONG, _LONGER * usual):
                faults.append(_Fault("warning", "is far longer than the others", "Is it a content word? Take it out."))
        found += [Finding(file, field, severity, f"{word!r} {what}", remedy) for severity, what, remedy in faults]
    twice = sorted(word for word, count in Counter(folded(word) for word in words).items() if count > 1)
    remedy = "Write it once: case is folded."
    return (*found, *(Finding(file, field, "error", f"{word!r} stands twice", remedy) for word in twice))


def _letters(word: str) -> int:
    """Return how many characters a word has, marks not counted."""
    return sum(not unicodedata.category(sign).startswith("M") for sign in unicodedata.normalize("NFC", word))


def _of_word(word: str, own: str, script: str, common: Mapping[str, int], *, is_number: bool) -> list[_Fault]:
    """Return what is wrong with one word of the scan, whose first letter is of the script `own`."""
    found: list[_Fault] = []
    expected = parts_of(script)  # nothing for a script that Unicode does not know
    if not unicodedata.is_normalized("NFC", word):
        found.append(_Fault("error", "is not in NFC", "Normalize it: documents are NFC when they are judged."))
    if is_number:
        found.append(_Fault("warning", "is a number", "Take it out: numbers are no function words."))
    elif expected.any() and own in scripts.known_scripts() and not expected[scripts.names().index(own)]:
        found.append(_Fault("warning", f"is written in {own}, the language in {script}", "Take out what strayed in."))
    if folded(word) in common:
        others = common[folded(word)] - 1
        found.append(
            _Fault("warning", f"stands in the lists of {others} other languages", "Is it a name? Take it out.")
        )
    return found
