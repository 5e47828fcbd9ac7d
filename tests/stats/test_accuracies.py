"""Differences of accuracy: both bounds, new seeds and new texts."""

import numpy as np
import pytest
from scipy import stats

from stages.stats.accuracies import Accuracies, AccuracyDifference, Tolerated
from stages.stats.intervals import wilson
from stages.stats.text_groups import text_group

POINT = Tolerated(points=0.01, error_ratio=0.9)
GROUPS = 50


def accuracies(values):
    """Of seeds whose every group of texts has the same accuracy: only seeds differ, and t over seeds is exact."""
    values = np.array(values)
    return Accuracies(values, np.tile(values[:, np.newaxis], GROUPS), 1000)


def drawn(generator, share, seeds=12, texts=2000):
    return Accuracies.of(generator.random((seeds, texts)) < share)


def test_accuracies_and_what_they_are_without_a_group_by_hand():
    correct = np.array([[True, False, True, True], [False, False, True, True]])
    found = Accuracies.of(correct)
    group = text_group(np.arange(4))
    assert len(set(group)) == 4
    assert list(found.values) == [0.75, 0.5]
    order = np.argsort(group)
    np.testing.assert_allclose(found.without_group, np.array([[2, 3, 2, 2], [2, 2, 1, 1]])[:, order] / 3)


def test_the_difference_and_its_claims_are_paired_t_tests_where_only_seeds_differ():
    one = np.array([0.803, 0.812, 0.795, 0.809, 0.801, 0.807])
    other = np.array([0.800, 0.810, 0.796, 0.802, 0.799, 0.804])
    found = AccuracyDifference.of(accuracies(one), accuracies(other), POINT)
    theirs = stats.ttest_rel(one, other).confidence_interval(0.95)
    interval = found.interval(0.95)
    assert (interval.low, interval.high) == pytest.approx((theirs.low, theirs.high))
    # Errors of .2: a tenth of them is two points, so one point is the tighter bound.
    less = stats.ttest_rel(one, other + 0.01, alternative="less").pvalue
    more = stats.ttest_rel(one, other - 0.01, alternative="greater").pvalue
    assert found.claims().equivalent == pytest.approx(max(less, more))
    assert found.claims().not_worse == pytest.approx(more)


def test_where_few_err_a_ratio_of_errors_is_the_tighter_bound():
    """Errors of .03 and a gain of .006, a fifth of them: inside one point, and far beyond a ratio of .9."""
    other = 0.97 + np.array([0.0, 0.001, -0.001, 0.0005, -0.0005, 0.0])
    one = other + 0.006 + np.array([0.0004, -0.0004, 0.0, 0.0002, -0.0003, 0.0001])
    found = AccuracyDifference.of(accuracies(one), accuracies(other), POINT).claims()
    expected = stats.ttest_rel(1 - one, 0.9 * (1 - other), alternative="less").pvalue
    assert found.different == pytest.approx(2 * expected)
    assert found.different < 1e-4
    assert (found.equivalent, found.not_worse < 1e-6) == (1, True)
    lost = AccuracyDifference.of(accuracies(other), accuracies(one), POINT).claims()
    assert lost.different == pytest.approx(
        2 * stats.ttest_rel(1 - other, (1 - one) / 0.9, alternative="greater").pvalue
    )
    assert lost.not_worse == 1


def test_the_tolerated_differences_by_hand():
    assert (POINT.loss(0.3), POINT.gain(0.3)) == (0.01, 0.01)
    assert (POINT.loss(0.045), POINT.gain(0.045)) == pytest.approx((0.005, 0.0045))


def test_a_loss_is_held_to_the_bound_of_losses():
    """An error of 5 %: .9 of it is 4.5 %, and 5 % is .9 of 5.56 %."""
    assert POINT.on_its_side(-0.3, 0.05) == pytest.approx(0.05 / 0.9 - 0.05)
    assert POINT.on_its_side(0.3, 0.05) == pytest.approx(0.005)


def test_where_no_text_turned_the_bounds_are_those_of_none_of_n():
    same = drawn(np.random.default_rng(0), 0.8)
    found = AccuracyDifference.of(same, same, POINT)
    width = wilson(0, 2000, 0.95).high
    interval = found.interval(0.95)
    assert (interval.low, interval.high) == pytest.approx((-width, width))
    assert found.claims().equivalent < 1e-4


def test_texts_count_beside_seeds():
    """Seeds that agree on every text make no more texts: the width is that of a paired t test over 2000 texts."""
    generator = np.random.default_rng(1)
    one, other = (np.tile(generator.random(2000) < share, (6, 1)) for share in (0.82, 0.8))
    interval = AccuracyDifference.of(Accuracies.of(one), Accuracies.of(other), POINT).interval(0.95)
    theirs = stats.ttest_rel(one[0].astype(float), other[0].astype(float)).confidence_interval(0.95)
    assert interval.high - interval.low == pytest.approx(theirs.high - theirs.low, rel=0.15)


def test_more_seeds_shrink_what_seeds_leave_open_and_not_what_texts_do():
    generator = np.random.default_rng(2)
    liked = 0.3 * generator.choice([-1, 1], 2000)  # texts that one variant finds easier, or harder
    found = AccuracyDifference.of(drawn(generator, 0.6 + liked), drawn(generator, 0.6), POINT)
    now, then, always = (each.interval(0.95) for each in (found, found.with_seeds(48), found.with_seeds(10**6)))
    assert found.with_seeds(12).interval(0.95) == now
    assert now.high - now.low > then.high - then.low > always.high - always.low
    of_texts = found.difference.sources[1]
    half = stats.t.ppf(0.975, of_texts.degrees) * of_texts.variance**0.5
    assert always.high - always.estimate == pytest.approx(half, rel=0.01)
