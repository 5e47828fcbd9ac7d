import numpy as np
import pytest
from scipy import stats

from stages.stats.intervals import (
    mean_over_seeds,
    mean_over_seeds_and_texts,
    share_over_seeds_and_texts,
    wilson,
)


@pytest.mark.parametrize(("successes", "trials"), [(0, 20), (3, 20), (20, 20), (500, 1000)])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_wilson_equals_scipys(successes, trials, level):
    ours = wilson(successes, trials, level)
    theirs = stats.binomtest(successes, trials).proportion_ci(level, method="wilson")
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_no_success_has_an_upper_bound_near_three_over_n():
    interval = wilson(0, 1000, 0.90)
    assert interval.low == 0
    assert 2.5 / 1000 < interval.high < 3.5 / 1000


def test_the_mean_over_seeds_equals_scipys_t_interval():
    values = np.array([0.1, 0.4, 0.3, 0.35])
    ours = mean_over_seeds(values).interval(0.95)
    theirs = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (ours.estimate, ours.low, ours.high) == pytest.approx((values.mean(), theirs.low, theirs.high))


def test_with_texts_that_agree_only_the_seeds_count():
    values = np.array([0.1, 0.4, 0.3, 0.35])
    crossed = mean_over_seeds_and_texts(values, np.tile(values[:, np.newaxis], 50))
    plain = mean_over_seeds(values)
    assert (crossed.variance, crossed.degrees) == pytest.approx((plain.variance, plain.degrees))


def test_with_one_seed_the_jackknife_over_texts_equals_the_standard_error_of_a_mean():
    texts = np.random.default_rng(0).normal(size=40)
    without = (texts.sum() - texts)[np.newaxis] / 39
    crossed = mean_over_seeds_and_texts(np.array([texts.mean()]), without)
    assert crossed.variance == pytest.approx(texts.var(ddof=1) / 40)
    assert crossed.degrees == pytest.approx(39)


def test_both_sources_of_error_are_added():
    values = np.array([0.0, 1.0])
    without = values[:, np.newaxis] + np.array([[-0.1, 0.1]])
    crossed = mean_over_seeds_and_texts(values, without)
    assert crossed.variance == pytest.approx(0.5 / 2 + 0.5 * 0.02)


@pytest.mark.slow
def test_the_crossed_interval_covers_what_it_promises():
    """500 draws of 6 seeds × 50 groups of texts with effects of seeds, texts and both: the mean is in 95 % of them."""
    generator = np.random.default_rng(1)
    covered = 0
    for _ in range(500):
        table = generator.normal(0, 1, (6, 1)) + generator.normal(0, 3, (1, 50)) + generator.normal(0, 3, (6, 50))
        values = table.mean(axis=1)
        without = (table.sum(axis=1, keepdims=True) - table) / 49
        interval = mean_over_seeds_and_texts(values, without).interval(0.95)
        covered += interval.low <= 0 <= interval.high
    assert covered / 500 >= 0.93


def test_flips_of_seeds_that_agree_count_as_one_reading_of_the_texts():
    """Every seed flips the same 10 of 100 texts, one a group: what six seeds say is what one says."""
    flipped = np.array([1.0] * 10 + [0.0] * 90).reshape(50, 2).sum(axis=1)
    without = (10 - flipped) / 98
    six = share_over_seeds_and_texts(np.full(6, 0.1), np.tile(without, (6, 1)), 100, 0.95)
    one = wilson(10, 100, 0.95)
    assert six.estimate == pytest.approx(0.1)
    assert six.high - six.low == pytest.approx(one.high - one.low, rel=0.5)
    assert six.high - six.low >= 0.9 * (one.high - one.low)


def test_finding_a_flip_never_lowers_the_upper_bound():
    """n = 400 texts, six seeds, and flips that fall to one seed and one group each."""
    before = share_over_seeds_and_texts(np.zeros(6), np.zeros((6, 50)), 400, 0.9).high
    flips = np.zeros((6, 50))
    for count in range(1, 30):
        flips[count % 6, count] += 1
        without = (flips.sum(axis=1, keepdims=True) - flips) / 392
        high = share_over_seeds_and_texts(flips.sum(axis=1) / 400, without, 400, 0.9).high
        assert high >= before
        before = high


def test_without_any_flip_six_seeds_promise_no_more_than_one():
    six = share_over_seeds_and_texts(np.zeros(6), np.zeros((6, 50)), 1000, 0.95)
    assert six == wilson(0, 1000, 0.95)
