"""Measures of translations: one number per document, from its segments and theirs.

None of them knows whether a translation is good. Each finds one thing that engines do wrong, and says how much of the
document it concerns; the bounds are in `filters/mt.yaml`.
"""

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from glotmill.mt.direction import Direction
from glotmill.mt.names import changed_name_share
from glotmill.mt.pairs import Pairs, kept_of
from glotmill.text import scripts
from glotmill.text.identification.base import Identifier
from glotmill.text.identification.parts import SURE, family
from glotmill.text.measures.script import parts_of
from glotmill.text.scan import Hashes, TokenTable

Values = npt.NDArray[np.float64]
_NUMBER = re.compile(r"\d+(?:[.,:٫٬'’\u00a0\u202f ]?\d+)*")
_CHUNK_LETTERS: Final = 80  # letters of segments that are named together; fewer tell little
_PRIOR_DOCUMENT, _PRIOR_SEGMENT = 100.0, 10.0  # characters as long as expected that are counted to every text
_LONG_SEGMENT: Final = 25  # code points of a segment whose length says something
_OWN_PACE: Final = (0.8, 1.3)  # ratio to what is expected that segments may have by their translator's habit
_ODD_LENGTH: Final = (0.5, 2.0)  # ratio to what is expected
_COPIED_WORDS: Final = 3  # a segment of fewer words may be the same in both languages
_LONG_WORD: Final = 4  # code points of a word whose copy is no accident
_CLAUSE: Final = 4  # words of the source in a row that are no name
_PERIODS: Final = range(1, 9)  # words after which a loop begins again
_TURNS: Final = 3  # times that it says the same; twice is a figure of speech


@dataclass(frozen=True, slots=True)
class Check:
    """A measure of translations.

    Args:
        name: as rules spell it.
        about: what it says, a clause for reports.
        unit: a `share` of the document, or a `ratio`.
        compute: pairs of n documents, their direction -> shape (n,), finite; 0 (1 for ratios) where a document has
            nothing to measure.
    """

    name: str
    about: str
    unit: Literal["share", "ratio"]
    compute: Callable[[Pairs, Direction], Values]


def _share(part: Values, whole: Values) -> Values:
    """Divide; nothing of nothing is nothing."""
    result: Values = np.where(whole > 0, part / np.maximum(whole, 1e-9), 0.0)
    return np.clip(result, 0.0, 1.0)


def refusal_share(pairs: Pairs, direction: Direction) -> Values:
    """Return the share of segments that open as a refusal does, and whose source does not speak so."""
    refusals = direction.lexicon.refusals
    flags = [
        _opens_with(target, refusals) and not any(phrase in source.casefold() for phrase in refusals)
        for source, target in zip(pairs.sources, pairs.targets, strict=True)
    ]
    return _share(pairs.of_documents(np.array(flags, np.float64)), pairs.counts.astype(np.float64))


def _opens_with(text: str, phrases: Sequence[str]) -> bool:
    return text[:200].casefold().lstrip(" \"'“«¡*").replace("’", "'").startswith(tuple(phrases))


def length_ratio(pairs: Pairs, direction: Direction) -> Values:
    """Return how long the translation is, as a ratio to what the two languages' relative lengths let expect.

    A hundred characters more, as long as expected, are counted to both, so that a short text has to be further off.
    """
    expected = pairs.of_documents(_lengths(pairs.sources)) * direction.expected + _PRIOR_DOCUMENT
    return (pairs.of_documents(_lengths(pairs.targets)) + _PRIOR_DOCUMENT) / expected


def odd_length_share(pairs: Pairs, direction: Direction) -> Values:
    """Return the share of text in segments that became half or double as long as their neighbors, ten characters aside.

    What is expected goes by the languages' relative lengths and by the median segment of the document, within bounds: some
    translators are terse throughout.
    """
    source, target = _lengths(pairs.sources), _lengths(pairs.targets)
    ratios = (target + _PRIOR_SEGMENT) / (source * direction.expected + _PRIOR_SEGMENT)
    edges = np.cumsum([0, *pairs.counts.tolist()])
    paces = [np.median(ratios[start:end]) if end > start else 1.0 for start, end in itertools.pairwise(edges.tolist())]
    ratios = ratios / np.clip(np.array(paces, np.float64), *_OWN_PACE)[pairs.documents]
    odd = (source >= _LONG_SEGMENT) & ((ratios < _ODD_LENGTH[0]) | (ratios > _ODD_LENGTH[1]))
    return _share(pairs.of_documents(np.where(odd, source, 0.0)), pairs.of_documents(source))


def _lengths(texts: Sequence[str]) -> Values:
    return np.array([len(text) for text in texts], np.float64)


def other_language_share(pairs: Pairs, direction: Direction) -> Values:
    """Return the share of letters in stretches of at least 80 that are surely in another language than the target's.

    Kin of the target in one macrolanguage is the target. A document with fewer letters is one stretch.
    """
    chunks: list[str] = []
    letters: list[int] = []
    owners: list[int] = []
    for document, one in enumerate(pairs.by_document(pairs.targets)):
        for chunk, count in _chunks(one):
            chunks.append(chunk)
            letters.append(count)
            owners.append(document)
    wrong = _surely_other(direction.identifier, chunks, direction.target)
    weights = np.array(letters, np.float64)
    where = np.array(owners, np.int64)
    part = np.bincount(where, weights=np.where(wrong, weights, 0.0), minlength=len(pairs)).astype(np.float64)
    return _share(part, np.bincount(where, weights=weights, minlength=len(pairs)).astype(np.float64))


def _chunks(texts: Iterable[str]) -> Iterator[tuple[str, int]]:
    waiting: list[str] = []
    letters = 0
    chunk: tuple[str, int] | None = None
    for text in texts:
        waiting.append(text)
        letters += sum(map(str.isalpha, text))
        if letters >= _CHUNK_LETTERS:
            if chunk is not None:
                yield chunk
            chunk, waiting, letters = (" ".join(waiting), letters), [], 0
    if waiting and chunk is not None:
        chunk = (" ".join([chunk[0], *waiting]), chunk[1] + letters)
    elif waiting:
        chunk = (" ".join(waiting), letters)
    if chunk is not None:
        yield chunk


def _surely_other(identifier: Identifier, texts: Sequence[str], target: str) -> npt.NDArray[np.bool_]:
    guesses = identifier.identify(texts) if texts else None
    found = np.zeros(len(texts), np.bool_)
    if guesses is None:
        return found
    own = family(target)
    for place, (labels, scores) in enumerate(zip(guesses.labels.tolist(), guesses.scores.tolist(), strict=True)):
        if labels[0] < 0:
            continue
        best = family(identifier.labels[labels[0]])
        together = sum(
            score
            for label, score in zip(labels, scores, strict=True)
            if label >= 0 and family(identifier.labels[label]) == best
        )
        found[place] = best != own and together >= SURE
    return found


def copied_share(pairs: Pairs, _direction: Direction) -> Values:
    """Return the share of text in segments of at least three words that came back as they were, whatever their case."""
    source = _lengths(pairs.sources)
    many = pairs.source_table.word_counts >= _COPIED_WORDS
    same = np.array(
        [one.split() == two.split() for one, two in zip(_folded(pairs.sources), _folded(pairs.targets), strict=True)],
        np.bool_,
    )
    return _share(
        pairs.of_documents(np.where(same & many, source, 0.0)), pairs.of_documents(np.where(many, source, 0.0))
    )


def _folded(texts: Iterable[str]) -> Iterator[str]:
    return (text.casefold() for text in texts)


def copied_word_share(pairs: Pairs, _direction: Direction) -> Values:
    """Return the share of words of four letters or more in the translation that stand in the source of their segment."""
    table = pairs.target_table
    long = (table.word_lengths >= _LONG_WORD) & table.word_alphabetic
    return _word_share(pairs, long & _copied(pairs), long)


def copied_run_share(pairs: Pairs, _direction: Direction) -> Values:
    """Return the share of words in runs of four or more that all stand in the source of their segment: what is a clause."""
    table = pairs.target_table
    copied = _copied(pairs) & table.word_alphabetic
    owners = np.repeat(np.arange(len(table), dtype=np.int64), table.word_counts)
    # A gap between segments, so that no run goes from one into the next.
    spread = np.zeros(len(copied) + len(table), np.bool_)
    places = np.arange(len(copied), dtype=np.int64) + owners
    spread[places] = copied
    lengths = _run_lengths(spread)
    inside = np.zeros(len(spread), np.bool_)
    for start in np.flatnonzero(lengths >= _CLAUSE).tolist():
        inside[start : start + int(lengths[start])] = True
    return _word_share(pairs, inside[places], table.word_alphabetic)


def _copied(pairs: Pairs) -> npt.NDArray[np.bool_]:
    """Return which words of the translations stand in the source of their segment, shape (words,)."""
    source, target = pairs.source_table, pairs.target_table
    # A word and its segment in one number; a collision of 64 bits is an accident of no weight.
    found: npt.NDArray[np.bool_] = np.isin(_with_segment(target), _with_segment(source))
    return found


def _with_segment(table: TokenTable) -> Hashes:
    mixed: Hashes = table.word_hashes ^ (
        np.repeat(np.arange(1, len(table) + 1, dtype=np.uint64), table.word_counts) * np.uint64(0x9E3779B97F4A7C15)
    )
    return mixed


def _word_share(pairs: Pairs, part: npt.NDArray[np.bool_], whole: npt.NDArray[np.bool_]) -> Values:
    """Return the share of some words of the translations among others, shape (documents,)."""
    owners = np.repeat(pairs.documents, pairs.target_table.word_counts)
    counts = [np.bincount(owners[flags], minlength=len(pairs)).astype(np.float64) for flags in (part, whole)]
    return _share(counts[0], counts[1])


def source_function_word_share(pairs: Pairs, direction: Direction) -> Values:
    """Return the share of words that are function words of the source language and not of the target's.

    Engines leave them where a dictionary has gaps; names and loans, which translators leave too, are seldom among them. 0
    where the source language has no list.
    """
    table = pairs.target_table
    return _word_share(pairs, np.isin(table.word_hashes, direction.foreign), table.word_alphabetic)


def loop_share(pairs: Pairs, _direction: Direction) -> Values:
    """Return the share of words in loops, one to eight words said three times or more in a row, less twice that of the source."""
    own, other = (
        _share(pairs.of_documents(_looping(table)), pairs.of_documents(table.word_counts))
        for table in (pairs.target_table, pairs.source_table)
    )
    return np.maximum(own - 2 * other, 0.0)


def _looping(table: TokenTable) -> Values:
    """Return the words of each text that stand in a loop."""
    hashes = table.word_hashes
    owners = np.repeat(np.arange(len(table), dtype=np.int64), table.word_counts)
    inside = np.zeros(len(hashes), np.bool_)
    for period in _PERIODS:
        if len(hashes) <= period:
            break
        same = (hashes[period:] == hashes[:-period]) & (owners[period:] == owners[:-period])
        run = _run_lengths(same)
        # A run of k words, each equal to the word a period before, covers k + period words in 1 + k / period turns.
        for start in np.flatnonzero((run >= period * (_TURNS - 1)) & _is_start(same)).tolist():
            inside[start : start + int(run[start]) + period] = True
    return np.bincount(owners[inside], minlength=len(table)).astype(np.float64)


def _is_start(flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    starts = flags.copy()
    starts[1:] &= ~flags[:-1]
    return starts


def _run_lengths(flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Return at the start of each run of true how long it is, and 0 elsewhere."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    lengths = np.zeros(len(flags), np.int64)
    lengths[edges[::2]] = edges[1::2] - edges[::2]
    return lengths


def source_script_share(pairs: Pairs, direction: Direction) -> Values:
    """Return the share of words in the source's script, where the target is written in another one; else 0."""
    foreign = parts_of(direction.source.partition("_")[2]) & ~parts_of(direction.target.partition("_")[2])
    table = pairs.target_table
    return _word_share(pairs, table.word_alphabetic & foreign[table.word_scripts], table.word_alphabetic)


def changed_number_share(pairs: Pairs, _direction: Direction) -> Values:
    """Return the share of numbers of two digits or more that are in one text and not in the other.

    Numbers are compared by their digits alone, in whatever script; separators differ between languages. Small numbers
    are often written as words.
    """
    return _unmatched(pairs, _numbers)


def _numbers(text: str) -> Counter[str]:
    found = (
        "".join(str(unicodedata.digit(sign)) for sign in match if sign.isdecimal()) for match in _NUMBER.findall(text)
    )
    return Counter(digits for digits in found if len(digits) > 1)


def lost_mask_share(pairs: Pairs, _direction: Direction) -> Values:
    """Return the share of code, addresses, placeholders and what else is kept that is in one text and not in the other."""
    sources = [Counter(kept for text in one.sources for kept in kept_of(text)) for one in pairs.translations]
    targets = [Counter(kept for text in one.targets for kept in kept_of(text)) for one in pairs.translations]
    return _difference(sources, targets)


def _unmatched(pairs: Pairs, count: Callable[[str], Counter[str]]) -> Values:
    sources = [count("\n".join(texts)) for texts in pairs.by_document(pairs.sources)]
    targets = [count("\n".join(texts)) for texts in pairs.by_document(pairs.targets)]
    return _difference(sources, targets)


def _difference(sources: Sequence[Counter[str]], targets: Sequence[Counter[str]]) -> Values:
    values = []
    for source, target in zip(sources, targets, strict=True):
        most = max(source.total(), target.total())
        values.append(max((source - target).total(), (target - source).total()) / most if most else 0.0)
    return np.array(values, np.float64)


def lost_negation_share(pairs: Pairs, direction: Direction) -> Values:
    """Return the share of segments with a word of negation whose translation has none; one more is counted as kept.

    A negation that moved into another segment is no loss: no more are counted than the whole document has fewer. 0
    where the lexicon lacks either language; languages that negate by endings are not in it.
    """
    source = direction.lexicon.negations.get(direction.source)
    target = direction.lexicon.negations.get(direction.target)
    if source is None or target is None:
        return np.zeros(len(pairs))
    said, kept = _negated(pairs.sources, source), _negated(pairs.targets, target)
    lost, before, after = (pairs.of_documents(flags.astype(np.float64)) for flags in (said & ~kept, said, kept))
    return _share(np.minimum(lost, np.maximum(before - after, 0.0)), before + 1.0)


def _negated(texts: Sequence[str], words: Sequence[str]) -> npt.NDArray[np.bool_]:
    pattern = re.compile("|".join(_as_pattern(word) for word in words))
    return np.array([pattern.search(text.casefold().replace("’", "'")) is not None for text in texts], np.bool_)


def _as_pattern(word: str) -> str:
    spaced = scripts.dominant_script(word) not in ("Thai", "Khmr", "Laoo", "Mymr", "Hani", "Jpan", "Hira")
    end = r"(?!\w)" if word[-1].isalnum() else ""  # French n' goes on in the next word
    return rf"(?<!\w){re.escape(word)}{end}" if spaced else re.escape(word)


CHECKS: Final[Mapping[str, Check]] = MappingProxyType(
    {
        check.name: check
        for check in (
            Check("refusal_share", "segments that open as a refusal", "share", refusal_share),
            Check("length_ratio", "length to what is expected", "ratio", length_ratio),
            Check("odd_length_share", "text in segments half or double as long", "share", odd_length_share),
            Check("other_language_share", "letters surely in another language", "share", other_language_share),
            Check("copied_share", "text that came back as it was", "share", copied_share),
            Check("copied_word_share", "long words that stand in the source", "share", copied_word_share),
            Check("copied_run_share", "words in copied clauses", "share", copied_run_share),
            Check(
                "source_function_word_share",
                "function words of the source language",
                "share",
                source_function_word_share,
            ),
            Check("loop_share", "words in loops", "share", loop_share),
            Check("source_script_share", "words in the source's script", "share", source_script_share),
            Check("changed_number_share", "numbers lost or invented", "share", changed_number_share),
            Check("lost_mask_share", "code, addresses and placeholders lost or invented", "share", lost_mask_share),
            Check("lost_negation_share", "segments that negate in one language", "share", lost_negation_share),
            Check("changed_name_share", "names that became others", "share", changed_name_share),
        )
    }
)
