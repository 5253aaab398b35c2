"""What the words of texts say for each label, summed, in one pass over the words."""

import math

import numpy as np
import numpy.typing as npt

from glotmill.text.compiled import compiled
from glotmill.text.identification import word_table

Ints = npt.NDArray[np.int64]
Labels = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

_BUCKET_SHIFT = np.uint32(word_table.BUCKET_SHIFT)
_NEGLIGIBLE = 16.0  # nats behind: all labels together add less than 0.0003, and a frequent word touches 500 of them


@compiled
def rank(
    bounds: Ints,
    words: npt.NDArray[np.uint32],
    entries: tuple[Ints, npt.NDArray[np.uint32], Labels, Floats],
    of_labels: tuple[Labels, Floats],
    of_scripts: tuple[Labels, Floats],
    of_texts: tuple[Labels, Floats],
    kept: int,
) -> tuple[Labels, Floats, Floats]:
    """Return the labels with most evidence per text.

    Args:
        bounds: the first word of each text, and the end, shape (texts + 1,).
        words: hashes of the words, shape (words,).
        entries: the first entry of each bucket of hashes, and the end, shape (buckets + 1,); then per entry its hash,
            ascending, its label, -1 for none, and its weight.
        of_labels: script; what is added to the evidence once any word speaks for the label.
        of_scripts: the label that the script nearly always means, or -1; what that label gets without any word.
        of_texts: script, -1 for none; the evidence that none of the labels has.
        kept: how many labels to return per text.

    Returns:
        labels, the likeliest first and -1 where there are no more, shape (texts, kept); their evidence in nats, the
        same shape; the logarithm of the sum of exponentials over all labels and the background, shape (texts,).
    """
    buckets, hashes, labels, weights = entries
    label_scripts, prior = of_labels
    defaults, head_start = of_scripts
    text_scripts, background = of_texts
    count, known = len(bounds) - 1, len(label_scripts)
    best, evidence = np.full((count, kept), -1, np.int32), np.zeros((count, kept), np.float64)
    total = np.zeros(count, np.float64)
    sums, seen, found = np.zeros(known, np.float64), np.zeros(known, np.bool_), np.empty(known, np.int32)
    for text in range(count):
        script, number = text_scripts[text], 0
        if script < 0:
            continue
        if defaults[script] >= 0:
            label = defaults[script]
            sums[label], seen[label], found[0], number = head_start[script], True, label, 1
        for word in range(bounds[text], bounds[text + 1]):
            value = words[word]
            bucket = value >> _BUCKET_SHIFT
            for entry in range(buckets[bucket], buckets[bucket + 1]):
                if hashes[entry] > value:
                    break
                label = labels[entry]
                if hashes[entry] != value or label < 0 or label_scripts[label] != script:
                    continue
                if not seen[label]:
                    seen[label], found[number] = True, label
                    number += 1
                sums[label] += weights[entry]
        largest = background[text]
        for place in range(number):
            label = found[place]
            value_of = sums[label] + prior[label]
            sums[label] = value_of
            largest = max(largest, value_of)
            last = kept - 1
            if best[text, last] >= 0 and (
                value_of < evidence[text, last] or (value_of == evidence[text, last] and label > best[text, last])
            ):
                continue
            spot = last
            while spot > 0 and (
                best[text, spot - 1] < 0
                or value_of > evidence[text, spot - 1]
                or (value_of == evidence[text, spot - 1] and label < best[text, spot - 1])
            ):
                best[text, spot], evidence[text, spot] = best[text, spot - 1], evidence[text, spot - 1]
                spot -= 1
            best[text, spot], evidence[text, spot] = label, value_of
        mass = math.exp(background[text] - largest)
        for place in range(number):
            label = found[place]
            if sums[label] > largest - _NEGLIGIBLE:
                mass += math.exp(sums[label] - largest)
            sums[label], seen[label] = 0.0, False
        total[text] = largest + math.log(mass)
    return best, evidence, total
