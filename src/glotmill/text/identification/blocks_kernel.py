"""The best contiguous block of each text for each target, in one pass over the words whatever the number of targets."""

import numpy as np
import numpy.typing as npt

from glotmill.text.compiled import compiled
from glotmill.text.identification import word_table

Ints = npt.NDArray[np.int64]
Labels = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]
Evidence = npt.NDArray[np.float64]

_BUCKET_SHIFT = np.uint32(word_table.BUCKET_SHIFT)
_SHARED = 8  # a word of more labels than these says nothing of what a text is in
_HASH, _LABEL = np.uint64(32), np.uint64(8)
_LABEL_MASK, _LEVEL_MASK = np.uint64(0xFFFFFF), np.uint64(0xFF)


def packed(table: word_table.WordTable) -> npt.NDArray[np.uint64]:
    """Return the entries of a table that say something, one number each: hash, label and weight in levels."""
    says = table.labels >= 0
    levels = np.rint(table.weights[says] / word_table.LEVEL).astype(np.uint64)
    labels = table.labels[says].astype(np.uint64)
    return table.hashes[says].astype(np.uint64) << _HASH | labels << _LABEL | levels


@compiled
def best_blocks(
    bounds: Ints,
    words: tuple[npt.NDArray[np.uint64], npt.NDArray[np.bool_], npt.NDArray[np.uint8], Ints],
    entries: tuple[Labels, npt.NDArray[np.uint64]],
    of_labels: tuple[npt.NDArray[np.uint8], Labels, Labels, Floats],
    of_scripts: tuple[Labels, Labels, Floats],
    families: npt.NDArray[np.uint8],
    of_targets: tuple[Floats, npt.NDArray[np.bool_], npt.NDArray[np.uint8]],
    scale: tuple[float, float, float],
) -> tuple[Evidence, Ints, Ints, Labels, Ints]:
    """Return the best blocks: Kadane's maximum subarray over the words' log-likelihood ratios.

    Words that say nothing of a target all cost it the same, so that its sum is only brought up to date at words that
    do: time goes with the words and their entries, not with words times targets.

    Args:
        bounds: the first word of each text, and the end, shape (texts + 1,).
        words: hashes of 64 bits; whether each has a letter; the script of its first letter; its letters without marks;
            each of shape (words,).
        entries: the first entry of each bucket of hashes, and the end, shape (buckets + 1,); then the entries, from
            `packed`, so that a look-up waits for memory twice.
        of_labels: family of scripts of each label; the first link of each label, and the end, shape (labels + 1,); then
            per link a target, and the share of a word's evidence that does not count against it: 1 where
            the label is the target's own.
        of_scripts: the first link of each script, and the end, shape (scripts + 1,); then per link a target that the
            script decides, and what a letter says for it.
        families: per script the family it is written in: kana and Han are one, Hangul and Jamo are.
        of_targets: what a word that no label claims costs each; whether it is a track of unclaimed words instead, which
            gain that much; the family of scripts of such tracks.
        scale: nats per unit of weight for a target; nats per unit of weight against it; the largest gain of a word by its script.

    Returns:
        evidence of the best block in nats, shape (texts, targets); its first word and its last, the latter included, in
        the columns of words, the same shape; the label with most evidence in the whole text, -1 for none, shape
        (texts,); words with letters per text.
    """
    hashes64, alphabetic, script_of, letters = words
    buckets, rows = entries
    families_of, link_starts, link_targets, link_shares = of_labels
    script_starts, script_targets, script_gains = of_scripts
    costs, unclaimed, track_families = of_targets
    gain, loss, most = scale
    count, targets, known = len(bounds) - 1, len(costs), len(families_of)
    best = np.zeros((count, targets), np.float64)
    first, last = np.full((count, targets), -1, np.int64), np.full((count, targets), -1, np.int64)
    instead, spoken = np.full(count, -1, np.int32), np.zeros(count, np.int64)
    tracks = np.flatnonzero(unclaimed)
    sums, starts = np.zeros(targets, np.float64), np.zeros(targets, np.int64)
    silent_at, against_at = np.zeros(targets, np.int64), np.zeros(targets, np.float64)
    own, touched = np.zeros(targets, np.float64), np.zeros(targets, np.int32)
    is_touched = np.zeros(targets, np.bool_)
    totals, seen = np.zeros(known, np.float64), np.zeros(known, np.int32)
    entry_labels, entry_weights = np.zeros(known, np.int32), np.zeros(known, np.float64)
    for text in range(count):
        silent, against, labels_seen = np.int64(0), 0.0, 0
        for target in range(targets):
            sums[target], silent_at[target], against_at[target] = 0.0, 0, 0.0
        for word in range(bounds[text], bounds[text + 1]):
            if not alphabetic[word]:
                continue
            spoken[text] += 1
            script = script_of[word]
            family = families[script]
            value = np.uint32(hashes64[word] >> np.uint64(word_table.HASH_SHIFT))
            bucket = value >> _BUCKET_SHIFT
            claims, linked, strongest, unlinked = 0, 0, 0.0, 0.0
            for entry in range(buckets[bucket], buckets[bucket + 1]):
                row = rows[entry]
                found = np.uint32(row >> _HASH)
                if found >= value:
                    if found > value:
                        break
                    label = np.int32((row >> _LABEL) & _LABEL_MASK)
                    if families_of[label] != family:
                        continue
                    weight = np.float64(row & _LEVEL_MASK) * word_table.LEVEL
                    strongest = max(strongest, weight)
                    if link_starts[label] < link_starts[label + 1]:
                        entry_labels[linked], entry_weights[linked] = label, weight
                        linked += 1
                    else:
                        unlinked = max(unlinked, weight)
                    claims += 1
                    if claims <= _SHARED:
                        if totals[label] == 0.0:
                            seen[labels_seen] = label
                            labels_seen += 1
                        totals[label] += weight
            number = 0
            for claim in range(linked):
                label, weight = entry_labels[claim], entry_weights[claim]
                for link in range(link_starts[label], link_starts[label + 1]):
                    target = link_targets[link]
                    if not is_touched[target]:
                        is_touched[target] = True
                        touched[number] = target
                        number += 1
                    if link_shares[link] == 1:
                        own[target] = max(own[target], weight)
            for link in range(script_starts[script], script_starts[script + 1]):
                target = script_targets[link]
                if not is_touched[target]:
                    is_touched[target] = True
                    touched[number] = target
                    number += 1
            for place in range(number):
                target = touched[place]
                other = unlinked
                for claim in range(linked):
                    label, weight = entry_labels[claim], entry_weights[claim]
                    for link in range(link_starts[label], link_starts[label + 1]):
                        if link_targets[link] == target:
                            weight *= 1 - link_shares[link]
                    other = max(other, weight)
                # A word that several labels share tells them apart by what it weighs for each.
                step = gain * own[target] - loss * other
                for link in range(script_starts[script], script_starts[script + 1]):
                    if script_targets[link] == target:
                        step = min(most, script_gains[link] * letters[word])
                current = sums[target]
                if not unclaimed[target]:
                    current -= costs[target] * (silent - silent_at[target]) + against - against_at[target]
                if current <= 0.0:
                    current, starts[target] = 0.0, word
                current += step
                sums[target] = max(current, 0.0)
                if current > best[text, target]:
                    best[text, target], first[text, target], last[text, target] = current, starts[target], word
            for track in tracks:
                if is_touched[track]:
                    continue
                if family != track_families[track]:
                    step = -costs[track]
                else:
                    step = costs[track] if claims == 0 else -loss * strongest
                current = sums[track]
                if current <= 0.0:
                    current, starts[track] = 0.0, word
                current += step
                sums[track] = max(current, 0.0)
                if current > best[text, track]:
                    best[text, track], first[text, track], last[text, track] = current, starts[track], word
            if claims == 0:
                silent += 1
            else:
                against += loss * strongest
            for place in range(number):
                target = touched[place]
                is_touched[target] = False
                own[target] = 0.0
                silent_at[target], against_at[target] = silent, against
        most_said = 0.0
        for place in range(labels_seen):
            label = seen[place]
            if totals[label] > most_said or (totals[label] == most_said and label < instead[text]):
                most_said, instead[text] = totals[label], label
        for place in range(labels_seen):
            totals[seen[place]] = 0.0
    return best, first, last, instead, spoken
