"""Tables of words and n-grams with languages that were not in them: what a user's own words say beside those shipped.

Entries of labels that were there stay as they are, so that texts without a word or n-gram of the new languages are
named exactly as before. Each new language is weighed against the shipped labels alone, whichever others join.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from glotmill.text.identification import ngram_weights, word_weights
from glotmill.text.identification.ngram_table import NgramTable
from glotmill.text.identification.ngram_usage import Usage
from glotmill.text.identification.own import OwnLanguage
from glotmill.text.identification.word_table import Label, WordTable
from glotmill.text.tags import describe

# The most frequent words that others have too and that count for the language all the same. Shipped lists have about ten
# such words each, the stop words of FineWeb-2. Of 0, 25, 100 and all, 25 names as much as more do and takes less from others
# (decision 19).
SHARED_WORDS: Final = 25
# What is left of the count of a word that other languages' texts have as often, where n-grams are counted: of 1, 0.5, 0.25,
# 0.1 and 0, this halves what is taken from others for 0.02 to 0.05 of recall (decision 19).
OTHERS_WORD: Final = 0.25

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Keys = npt.NDArray[np.uint32]


def extended_words(table: WordTable, owns: Sequence[OwnLanguage]) -> WordTable:
    """Return a table of words in which these languages have their words as well.

    A label that is there keeps its words, gets those of the user's that it lacks, and gives verdicts from then on.
    """
    records = list(table.records)
    additions: list[tuple[Keys, npt.NDArray[np.int32], Floats]] = []
    for own in sorted(owns, key=lambda one: one.tag):
        place = next((place for place, record in enumerate(table.records) if record.tag == own.tag), None)
        hashes, weights, shared = _words_of(own, table, place)
        counts = {"words": int((~shared).sum()), "shared": int(shared.sum())}
        if place is None:
            place = len(records)
            records.append(_record(own.tag, table.records, **counts))
        else:
            old = records[place]
            state = "unmeasured" if old.state == "unsupported" else old.state
            grown = {name: getattr(old, name) + count for name, count in counts.items()}
            records[place] = replace(old, state=state, **grown)
        additions.append((hashes, np.full(len(hashes), place, np.int32), weights))
    hashes, labels, weights = (np.concatenate(column) for column in zip(*additions, strict=True))
    order = np.lexsort((labels, hashes))
    at = np.searchsorted(table.hashes, hashes[order], side="right")
    return WordTable(
        np.insert(table.hashes, at, hashes[order]),
        np.insert(table.labels, at, labels[order]),
        np.insert(table.weights, at, weights[order]),
        tuple(records),
    )


def _words_of(own: OwnLanguage, table: WordTable, place: int | None) -> tuple[Keys, Floats, npt.NDArray[np.bool_]]:
    """Return hashes and weights of a language's words, and which of them others have too, those it has left out."""
    found = word_weights.entries(own.tag, own.words)
    script = own.tag.partition("_")[2]
    alike = np.array([record.script == script for record in table.records], np.bool_)
    sharers, has = _holders(table, found.hashes, alike, place)
    sharers = sharers + np.array(own.others, np.int64)[found.places]
    shared = sharers > 0
    weights = np.zeros(len(shared))
    weights[~shared] = word_weights.own_weights(found.letters[~shared], np.arange(int((~shared).sum())))
    weights[shared] = word_weights.shared_weights(sharers[shared] + 1)
    kept = (~shared | (np.cumsum(shared) <= SHARED_WORDS)) & ~has
    return found.hashes[kept], weights[kept], shared[kept]


def _holders(
    table: WordTable, hashes: Keys, alike: npt.NDArray[np.bool_], place: int | None
) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Return how many other labels of the script have each word, and whether the label itself has it."""
    firsts = np.searchsorted(table.hashes, hashes, side="left")
    counts = np.searchsorted(table.hashes, hashes, side="right") - firsts
    owners = np.repeat(np.arange(len(hashes)), counts)
    within = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
    labels = table.labels[np.repeat(firsts, counts) + within]
    own = labels == (-2 if place is None else place)
    others = (labels >= 0) & ~own & alike[labels]
    return np.bincount(owners[others], minlength=len(hashes)), np.bincount(owners[own], minlength=len(hashes)) > 0


def _record(tag: str, records: Sequence[Label], *, words: int, shared: int) -> Label:
    script = tag.partition("_")[2]
    alike = [record for record in records if record.script == script]
    macro = describe(tag).macro
    close = macro != "" and any(record.group == macro for record in alike)
    # A script that no other label is written in says what the language is; one document more than none tells it so.
    documents = 0 if alike else 1
    return Label(tag, words, shared, documents, macro if close else "", None, None, "", "unmeasured")


def extended_ngrams(table: NgramTable, usage: Mapping[str, Usage], owns: Sequence[OwnLanguage]) -> NgramTable:
    """Return a table of n-grams in which these languages have theirs; of a label that is there they take the place.

    In a script that had one label or none, all its labels are weighed together, as when the table was built: so far the
    script said all.

    Args:
        table: the n-grams.
        usage: how usual they are, by script.
        owns: the languages.
    """
    members = {
        script: [label for label in table.labels if label.endswith(f"_{script}")] for script in map(_script, owns)
    }
    for script in sorted(members):
        known = usage.get(script)
        models = {own.tag: _model(own) for own in owns if _script(own) == script}
        if known is None or known.alone:
            entries = _together(known, members[script], models)
        else:
            entries = {tag: _entries(known, len(members[script]), *model) for tag, model in models.items()}
        for tag in sorted(entries):
            table = _joined(table, tag, *entries[tag])
    return table


def _script(own: OwnLanguage) -> str:
    return own.tag.rpartition("_")[2]


def _model(own: OwnLanguage) -> tuple[Keys, Floats]:
    """Return a language's n-grams in order, and the share of each in all of them."""
    counts = np.array(own.counts, np.float64) * np.where(np.array(own.others) > 0, OTHERS_WORD, 1.0)
    usable = [ngram_weights.usable(word, _script(own)) for word in own.words]
    listed = [place for place, word in enumerate(usable) if word is not None]
    return ngram_weights.counted([usable[place] or "" for place in listed], counts[listed])


def _together(
    known: Usage | None, labels: Sequence[str], models: Mapping[str, tuple[Keys, Floats]]
) -> dict[str, tuple[Keys, Ints]]:
    """Return n-grams and weights of all labels of a script that had one label or none."""
    whole = {tag: ngram_weights.most_usual(*model) for tag, model in models.items()}
    if known is not None:
        whole = dict.fromkeys(labels, (known.keys, known.means)) | whole
    tags = sorted(whole)
    keys, owners, weights, _ = ngram_weights.weigh_script([whole[tag] for tag in tags])
    return {tag: (keys[owners == place], weights[owners == place]) for place, tag in enumerate(tags)}


def _entries(known: Usage, members: int, keys: Keys, shares: Floats) -> tuple[Keys, Ints]:
    """Return the n-grams of a label that joins others, and their weights."""
    means, medians = np.full(len(keys), known.rest), np.zeros(len(keys))
    _, here, there = np.intersect1d(keys, known.keys, assume_unique=True, return_indices=True)
    means[here], medians[here] = known.means[there], known.medians[there]
    said = ngram_weights.weight(shares, (means * members + shares) / (members + 1)) - medians
    kept = ngram_weights.best(np.arange(len(keys)), shares, said)
    lacking = np.flatnonzero(known.medians >= ngram_weights.LEAST_WEIGHT)
    lacking = lacking[~np.isin(known.keys[lacking], keys)]
    weights = ngram_weights.rounded(np.concatenate([said[kept], -known.medians[lacking]]))
    return np.concatenate([keys[kept], known.keys[lacking]])[weights != 0], weights[weights != 0]


def _joined(table: NgramTable, tag: str, keys: Keys, weights: Ints) -> NgramTable:
    """Return the table with these n-grams for a label, which stands last of its script where it is new."""
    order = np.argsort(keys, kind="stable")
    keys, weights = keys[order], weights[order]
    entry_keys = np.repeat(table.keys, np.diff(table.starts))
    entry_labels, entry_weights = table.entry_labels.astype(np.int64), table.weights
    labels, documents = list(table.labels), table.documents
    if tag in labels:
        place = labels.index(tag)
        kept = entry_labels != place
        entry_keys, entry_labels, entry_weights = entry_keys[kept], entry_labels[kept], entry_weights[kept]
    else:
        script = tag.rpartition("_")[2]
        alike = [number for number, label in enumerate(labels) if label.rpartition("_")[2] == script]
        place = alike[-1] + 1 if alike else len(labels)
        entry_labels = entry_labels + (entry_labels >= place)
        labels.insert(place, tag)
        documents = np.insert(documents, place, ngram_weights.FEW_DOCUMENTS)
    # Entries of a key stand in the order of their labels: behind those of smaller labels, before those of greater ones.
    whole = entry_keys.astype(np.int64) << 16 | entry_labels
    at = np.searchsorted(whole, keys.astype(np.int64) << 16 | place)
    entry_keys = np.insert(entry_keys, at, keys)
    unique, firsts = np.unique(entry_keys, return_index=True)
    return NgramTable(
        tuple(labels),
        documents,
        unique,
        np.append(firsts, len(entry_keys)).astype(np.int64),
        np.insert(entry_labels, at, place).astype(np.uint16),
        np.insert(entry_weights, at, weights.astype(np.int8)),
    )
