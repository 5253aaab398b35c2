"""Copies within and across the classes that a model is trained on."""

import numpy as np
import pytest

from glotmill.dedup.classes import copies
from support.quality import THAI, prose
from support.stories import BASQUE


@pytest.mark.parametrize("sentences", [BASQUE, THAI])
def test_what_both_classes_have_goes_from_both_and_a_repeat_stays_once(sentences: tuple[str, ...]) -> None:
    good, bad = prose(sentences, 6, seed=1), prose(sentences, 6, seed=2)
    texts = [*good, good[0], *bad, f"{good[1]} {sentences[0][:20]}", bad[5]]
    classes = np.array([1] * 7 + [0] * 8)
    across, within = copies(texts, classes, threshold=0.8, seed=1)
    assert across.tolist() == [1, 13]
    assert within.tolist() == [6, 14]


def test_texts_without_words_are_no_copies_and_nothing_has_none() -> None:
    across, within = copies(["", "…", "", "gazta"], np.array([1, 0, 1, 0]), threshold=0.8, seed=1)
    assert (across.tolist(), within.tolist()) == ([], [])
    across, within = copies([], np.zeros(0, np.int64), threshold=0.8, seed=1)
    assert (across.tolist(), within.tolist()) == ([], [])


def test_a_thousand_copies_of_one_text_take_no_longer_than_other_texts() -> None:
    texts = [prose(BASQUE, 1, seed=3)[0]] * 1000
    _, within = copies(texts, np.ones(1000, np.int64), threshold=0.8, seed=1)
    assert len(within) == 999
