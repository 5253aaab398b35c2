"""What a model of quality reads, and the arithmetic around its scores."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotmill.core.errors import DataError
from glotmill.text.quality.calibrating import fit_isotonic, fit_platt, quantile_table, quantiles_of
from glotmill.text.quality.features import MOST_WINDOWS, REPEATED, WINDOW, Reader, windows
from glotmill.text.quality.fitting import LEAST_WORDS, Member, Training, fit, labelled, stretches
from glotmill.text.quality.metrics import auc, calibration_error, folds, interval
from glotmill.text.quality.scoring import BAD, GOOD, FastTextScorer
from glotmill.text.scan import scan
from support.quality import THAI, lists, prose
from support.stories import BASQUE


def read(*texts: str, names: frozenset[str] = frozenset()) -> list[list[str]]:
    reader = Reader(texts, scan(texts), names=names)
    return [reader.lines(index) for index in range(len(texts))]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Azokan sagarrak,\n\ngazta eta ogia!", "azokan sagarrak , gazta eta ogia !"),
        ("Ordua 12:30 da, 2026ko azaroan.", "ordua da azaroan ."),
        (
            "Idatzi ane@herria.eus helbidera edo ikusi https://herria.eus/saioa?id=3 orria",
            "idatzi helbidera edo ikusi orria",
        ),
        ("Berriak: herria.eus eta www.beste.eus/x/y", "berriak eta"),
        ("İstanbul'da GÜZEL bir gün", "istanbul'da güzel bir gün"),
        ("गाँव की नदी पर पुल १२ है।", "गाँव की नदी पर पुल है ।"),
        ("ទឹកនៅក្នុងអូរ", "ទឹក នៅក្នុង អូរ"),
        ("村里的面包师，清晨开始工作。", "村里 的 面包师 ， 清晨 开始 工作 。"),
        ("مَكتَبة المدينة، مفتوحة", "مَكتَبة المدينة ، مفتوحة"),
        ("__label__good eta __label__bad", "eta"),
        ("foo_bar eta gazta", "eta gazta"),
    ],
)
def test_words_and_marks_are_read_and_what_gives_a_site_away_is_not(text: str, line: str) -> None:
    assert read(text) == [[line]]


def test_names_of_sites_are_left_out_where_a_model_learns() -> None:
    assert read("Herria agerkariak dio", names=frozenset({"herria"})) == [["agerkariak dio"]]


def test_a_text_that_repeats_itself_shows_it_in_the_line() -> None:
    ((once,), (again,)) = read("haurrek jokatzen dute kalean arratsaldean", "haurrek jokatzen dute kalean " * 5)
    assert REPEATED not in once
    assert again.split().count(REPEATED) > 10


@pytest.mark.parametrize("text", ["", " \n", "12 345", "https://herria.eus/", "\ud800", "…", "☃☃☃"])
def test_a_text_without_words_has_nothing_to_read(text: str) -> None:
    assert read(text) == [[]]


@given(st.text(max_size=300))
def test_every_text_is_read_as_one_line_per_stretch_without_a_label(text: str) -> None:
    for line in read(text)[0]:
        assert line.split()
        assert "\n" not in line
        assert not any(word.startswith("__label__") for word in line.split())
        line.encode()


def test_three_stretches_are_read_of_a_text_of_any_length_and_all_of_a_short_one() -> None:
    assert windows(0) == []
    assert windows(WINDOW) == [(0, WINDOW)]
    assert windows(430) == [(0, 215), (215, 430)]
    found = windows(1_000_000)
    assert len(found) == MOST_WINDOWS
    assert (found[0][0], found[-1][1]) == (0, 1_000_000)


@pytest.mark.parametrize("sign", ["a@", "@", "www.", "http://", "a", "a.", "文", "́"])
def test_reading_takes_time_linear_in_a_hostile_text(sign: str) -> None:
    (lines,) = read("gazta eta ogia " * 300 + sign * 200_000)
    assert len(lines) in (1, 2, 3)


def test_both_classes_give_equally_many_stretches_of_equal_length() -> None:
    good, bad = prose(BASQUE, 9, seed=1), lists(BASQUE, 4, seed=2)
    sides = []
    for texts in (good, bad):
        reader = Reader(texts, scan(texts))
        sides.append([Member(reader, index) for index in range(len(texts))])
    lines = labelled(stretches(sides[0], sides[1], seed=5))
    assert len(lines) == 18
    for left, right in zip(lines[::2], lines[1::2], strict=True):
        assert left.startswith(f"__label__{GOOD} ")
        assert right.startswith(f"__label__{BAD} ")
        words = [len([word for word in line.split()[1:] if any(map(str.isalpha, word))]) for line in (left, right)]
        assert words[0] == words[1] >= LEAST_WORDS
    assert lines == labelled(stretches(sides[0], sides[1], seed=5))
    assert lines != labelled(stretches(sides[0], sides[1], seed=6))


def test_a_model_is_the_same_file_each_time_and_another_with_another_seed() -> None:
    texts = [prose(THAI, 30, seed=1), lists(THAI, 30, seed=2)]
    members = [[Member(Reader(side, scan(side)), index) for index in range(30)] for side in texts]
    lines = labelled(stretches(members[0], members[1], seed=1))
    training = Training(bucket=1000, epochs=3)
    first, again, other = (fit(lines, training, ngrams=(2, 5), seed=seed).dump() for seed in (1, 1, 2))
    assert first == again
    assert first != other
    small = [fit(lines, training.model_copy(update={"quantize": True}), ngrams=(2, 5), seed=1).dump() for _ in range(2)]
    assert small[0] == small[1]
    assert len(small[0]) < len(first) / 2


def test_a_model_whose_probabilities_are_no_numbers_is_refused() -> None:
    broken = FastTextScorer(lambda _: [(GOOD, math.nan), (BAD, math.nan)])
    with pytest.raises(DataError, match="no finite numbers"):
        broken.score(["gazta eta ogia"], scan(["gazta eta ogia"]))


def test_scores_are_the_same_alone_and_beside_others_and_nan_of_nothing() -> None:
    sides = [prose(BASQUE, 20, seed=1), lists(BASQUE, 20, seed=2)]
    members = [[Member(Reader(side, scan(side)), index) for index in range(20)] for side in sides]
    scorer = fit(labelled(stretches(*members, seed=1)), Training(bucket=1000), ngrams=None, seed=1).scorer
    texts = [*sides[0], "", *sides[1]]
    together = scorer.score(texts, scan(texts))
    assert math.isnan(together[20])
    assert together[:20].min() > together[21:].max()
    for index in (0, 20, 30):
        assert np.array_equal(scorer.score([texts[index]], scan([texts[index]])), together[[index]], equal_nan=True)


def test_the_area_under_the_curve_counts_pairs_and_ties_half() -> None:
    good = np.array([True, True, False, False])
    assert auc(np.array([3.0, 2.0, 1.0, 0.0]), good) == 1.0
    assert auc(np.array([3.0, 1.0, 1.0, 0.0]), good) == 0.875
    assert auc(np.zeros(4), good) == 0.5
    assert auc(np.zeros(2), np.array([True, True])) is None


def test_the_calibration_error_is_how_far_chances_are_from_shares() -> None:
    good = np.array([True] * 8 + [False] * 2)
    assert calibration_error(np.full(10, 0.8), good) == pytest.approx(0.0)
    assert calibration_error(np.full(10, 0.3), good) == pytest.approx(0.5)


def test_intervals_are_over_sites_and_there_is_none_of_one() -> None:
    good = np.arange(40) % 2 == 0
    scores = np.where(good, 1.0, 0.0)
    scores[:4] = 0.5
    groups = np.arange(40) // 4
    found = interval(auc, scores, good, groups, seed=1)
    assert found is not None
    assert 0.9 < found[0] < found[1] <= 1.0
    assert found == interval(auc, scores, good, groups, seed=1)
    assert interval(auc, scores, good, np.zeros(40, np.int64), seed=1) is None


def test_no_domain_is_in_two_folds_and_both_classes_are_spread() -> None:
    chance = random.Random(1)
    domains = [f"herria{chance.randint(0, 19)}.example" for _ in range(400)]
    good = np.array([chance.random() < 0.2 for _ in range(400)])
    found = folds(domains, good, count=5)
    assert len({(domain, fold) for domain, fold in zip(domains, found.tolist(), strict=True)}) == len(set(domains))
    for fold in range(5):
        assert 0.1 < (found == fold).mean() < 0.3
        assert good[found == fold].any()


def test_platt_is_the_logistic_curve_that_labels_were_drawn_from() -> None:
    chance = np.random.default_rng(1)
    scores = chance.uniform(-5, 5, 20_000)
    good = chance.random(20_000) < 1 / (1 + np.exp(-(0.8 * scores)))
    curve = fit_platt(scores, good)
    assert curve.slope == pytest.approx(0.8, abs=0.05)
    assert curve.offset == pytest.approx(0.0, abs=0.1)
    apart = fit_platt(np.array([-9.0] * 50 + [9.0] * 50), np.arange(100) >= 50)
    assert math.isfinite(apart.slope)


def test_platt_over_scores_that_rank_the_classes_the_wrong_way_says_even_chances() -> None:
    scores, good = np.linspace(4, 6, 120), np.arange(120) < 60
    assert fit_platt(scores, good).apply(scores) == pytest.approx(np.full(120, 0.5))


def test_isotonic_pools_what_falls() -> None:
    curve = fit_isotonic(np.array([1.0, 2.0, 3.0, 4.0]), np.array([False, True, False, True]))
    assert curve.apply(np.array([0.0, 1.0, 2.0, 2.5, 3.0, 9.0])).tolist() == [0.0, 0.0, 0.5, 0.5, 0.5, 1.0]


@pytest.mark.parametrize("fitting", [fit_platt, fit_isotonic])
def test_scores_that_are_no_numbers_and_classes_that_are_missing_are_refused(fitting) -> None:
    good = np.array([True, False])
    with pytest.raises(DataError, match="1 of 2 scores are not finite"):
        fitting(np.array([math.nan, 1.0]), good)
    with pytest.raises(DataError, match="one class alone"):
        fitting(np.array([0.0, 1.0]), np.array([True, True]))
    with pytest.raises(DataError, match="2 scores, of which 1 are finite"):
        quantile_table(np.array([math.inf, 1.0]))


@given(st.lists(st.floats(-12, 12), min_size=2, max_size=80))
def test_quantiles_rise_with_scores_and_stay_between_0_and_1(values: list[float]) -> None:
    scores = np.sort(np.array(values))
    found = quantiles_of(scores, quantile_table(scores))
    assert ((found >= 0) & (found <= 1)).all()
    assert (np.diff(found) >= 0).all()


def test_a_quantile_is_the_share_of_the_crawl_that_scores_less() -> None:
    table = quantile_table(np.arange(1001) / 100)
    assert quantiles_of(np.array([-1.0, 0.0, 2.5, 9.0, 10.0, 99.0]), table).tolist() == [0.0, 0.0, 0.25, 0.9, 1.0, 1.0]
    # Half of the crawl has one score: it is neither better nor worse than itself.
    assert quantiles_of(np.array([1.0]), quantile_table(np.array([0.0] * 25 + [1.0] * 50 + [2.0] * 25)))[
        0
    ] == pytest.approx(0.5, abs=0.01)
