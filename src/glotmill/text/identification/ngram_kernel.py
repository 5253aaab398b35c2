"""Character n-grams of texts over arrays of code points, and what they add up to for each label."""

import math

import numpy as np
import numpy.typing as npt

from glotmill.text import hashing, scripts
from glotmill.text.compiled import compiled

Points = npt.NDArray[np.uint32]
Ints = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint32]

ORDER = 4  # symbols in the longest n-gram, the edge of a word counted as one
KEY_BITS = 26  # of an n-gram's hash; of a million n-grams kept, one in 67 is met by another one's hash
BUCKET_BITS = 20  # of a key; says where to look for it
# Symbols that stand for no letter: the edge of a word, and what no n-gram reaches across.
_EDGE, _GAP = np.uint32(1), np.uint32(2)
_SIZE = np.uint32(0x110000)
_CLASS_MASK, _SCRIPT_SHIFT, _SCRIPT_MASK = scripts.CLASS_MASK, scripts.SCRIPT_SHIFT, scripts.SCRIPT_MASK
_WORD_SHIFT, _WORD_MASK = scripts.WORD_SHIFT, scripts.WORD_MASK
_LETTER, _MARK = scripts.LETTER, scripts.MARK
_NOTHING = -40.0  # a share too small for a double beside 1
_TAKEN = np.int64(-(2**62))
_EXTEND, _ZWJ = scripts.WORD_BREAKS.index("Extend"), scripts.WORD_BREAKS.index("ZWJ")
_DICTIONARY = scripts.WORD_BREAKS.index("<Thai>")
_SEED, _STEP, _FIRST = np.uint64(hashing.SEED), np.uint64(hashing.STEP), np.uint64(hashing.FIRST)
_H32, _KEY_SHIFT, _BUCKET_SHIFT = np.uint64(32), np.uint64(64 - KEY_BITS), np.uint32(KEY_BITS - BUCKET_BITS)


@compiled
def symbols(points: Points, properties: Points, single: Points, several: Points) -> Points:
    """Return the letters and marks of a text, casefolded, with what stands between them as one edge or gap.

    Letters of scripts that a dictionary cuts have no edges, since no space shows where their words end. Joiners,
    variation selectors and soft hyphens are left out, and so are marks without a letter before them in the word.

    Args:
        points: code points, shape (n,).
        properties: `scripts.properties()`.
        single: case folding, from `hashing.folding`.
        several: the same.
    """
    found = np.empty(5 * len(points) + 2, np.uint32)
    size = 1
    found[0] = _EDGE
    spaced = True  # whether the last letter belongs to a script that sets spaces between words
    for point in points:
        properties_of = properties[point]
        kind = properties_of & _CLASS_MASK
        word = (properties_of >> _WORD_SHIFT) & _WORD_MASK
        last = found[size - 1]
        if kind == _LETTER:
            now = word < _DICTIONARY
            if now != spaced:
                if spaced and last != _EDGE:
                    found[size] = _EDGE
                    size += 1
                found[size] = _GAP
                size += 1
                if now:
                    found[size] = _EDGE
                    size += 1
                spaced = now
        elif kind == _MARK:
            if last <= _GAP:
                continue
        elif _EXTEND <= word <= _ZWJ:
            continue
        else:
            if last > _GAP:
                found[size] = _EDGE if spaced else _GAP
                size += 1
            continue
        folded = single[point]
        if folded < _SIZE:
            found[size] = folded
            size += 1
        else:
            for part in several[folded - _SIZE]:
                if part != 0:
                    found[size] = part
                    size += 1
    if spaced and found[size - 1] > _GAP:
        found[size] = _EDGE
        size += 1
    return found[:size]


@compiled
def grams(text: Points) -> Keys:
    """Return the keys of all n-grams of 1 to `ORDER` symbols, in reading order.

    Args:
        text: from `symbols`.
    """
    keys = np.empty(len(text) * ORDER, np.uint32)
    count = 0
    for start in range(len(text)):
        value = _SEED
        for place in range(start, min(start + ORDER, len(text))):
            symbol = text[place]
            if symbol == _GAP:
                break
            value = (value ^ np.uint64(symbol)) * _STEP
            value ^= value >> _H32
            if symbol != _EDGE or place > start:
                keys[count] = np.uint32((value * _FIRST) >> _KEY_SHIFT)
                count += 1
                if symbol == _EDGE:
                    break
    return keys[:count]


@compiled
def letters_per_script(points: Points, origins: Ints, properties: Points, known: int) -> npt.NDArray[np.int32]:
    """Return how many letters of each script texts have, as `TokenTable.scripts` does, shape (texts, scripts).

    Args:
        points: code points of all texts, shape (n,).
        origins: where each starts, and n, shape (texts + 1,).
        properties: `scripts.properties()`.
        known: number of scripts, those that are none included.
    """
    counts = np.zeros((len(origins) - 1, known), np.int32)
    for text in range(len(counts)):
        for place in range(origins[text], origins[text + 1]):
            found = properties[points[place]]
            if found & _CLASS_MASK == _LETTER:
                counts[text, (found >> _SCRIPT_SHIFT) & _SCRIPT_MASK] += 1
    return counts


@compiled
def rank(
    texts: tuple[Points, Ints],
    tables: tuple[Points, Points, Points],
    spans: Ints,
    shares: npt.NDArray[np.float64],
    model: tuple[Ints, Keys, Ints, npt.NDArray[np.uint16], npt.NDArray[np.int8]],
    prior: Ints,
    power: float,
    kept: int,
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
    """Return the likeliest labels of texts and how sure they are, in time linear in the number of code points.

    Args:
        texts: code points of all texts, shape (n,), and where each starts, and n, shape (texts + 1,).
        tables: `scripts.properties()` and the two of `hashing.folding`.
        spans: for each text the first label of its script, and the end of these, shape (texts, 2).
        shares: of that script among the text's letters, shape (texts,).
        model: first key of each bucket, shape (2 ** BUCKET_BITS + 1,); keys in order, shape (keys,); first entry of each
            key, and the number of entries, shape (keys + 1,); label of each entry; its weight, shape (entries,).
        prior: of each label, in the unit of weights, shape (labels,).
        power: evidence is divided by the number of a text's letters and marks to this power.
        kept: labels per text.

    Returns:
        labels, -1 where there are no more, and scores, 0 to 1, both of shape (texts, kept).
    """
    points, origins = texts
    properties, single, several = tables
    buckets, keys, starts, entry_labels, weights = model
    count = len(origins) - 1
    labels = np.full((count, kept), -1, np.int32)
    scores = np.zeros((count, kept), np.float64)
    evidence = np.zeros(len(prior), np.int64)
    seen = np.zeros(len(keys), np.int32)  # how often each n-gram stands in the text
    touched = np.empty(0, np.int32)
    for place in range(count):
        text = points[origins[place] : origins[place + 1]]
        first, end = spans[place]
        if first == end:
            continue
        evidence[first:end] = prior[first:end]
        found = symbols(text, properties, single, several)
        length, distinct = 0, 0
        for symbol in found:
            length += symbol > _GAP
        occurring = grams(found)
        if len(occurring) > len(touched):
            touched = np.empty(len(occurring), np.int32)
        for key in occurring:
            bucket = key >> _BUCKET_SHIFT
            for slot in range(buckets[bucket], buckets[bucket + 1]):
                if keys[slot] == key:
                    if seen[slot] == 0:
                        touched[distinct] = slot
                        distinct += 1
                    seen[slot] += 1
                    break
        if distinct == 0 and end - first > 1:
            continue
        for slot in touched[:distinct]:
            times = seen[slot]
            seen[slot] = 0
            for entry in range(starts[slot], starts[slot + 1]):
                evidence[entry_labels[entry]] += times * weights[entry]
        heat = float(length) ** power
        top = evidence[first:end].max()
        whole = 0.0
        for label in range(first, end):
            behind = (evidence[label] - top) / heat
            if behind > _NOTHING:
                whole += math.exp(behind)
        for column in range(min(kept, end - first)):
            best = first
            for label in range(first, end):
                if evidence[label] > evidence[best]:
                    best = label
            if evidence[best] == _TAKEN:
                break
            labels[place, column] = best
            scores[place, column] = shares[place] * math.exp((evidence[best] - top) / heat) / whole
            evidence[best] = _TAKEN
    return labels, scores
