import itertools

import numpy as np
import pytest
from scipy import stats

from stages.stats.intervals import (
    ErrorSource,
    MeanOverSeeds,
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
    assert crossed.variance == pytest.approx(plain.variance)
    assert crossed.half_width(0.95) == pytest.approx(plain.half_width(0.95))


def test_with_one_seed_the_jackknife_over_texts_equals_the_standard_error_of_a_mean():
    texts = np.random.default_rng(0).normal(size=40)
    without = (texts.sum() - texts)[np.newaxis] / 39
    crossed = mean_over_seeds_and_texts(np.array([texts.mean()]), without)
    assert crossed.variance == pytest.approx(texts.var(ddof=1) / 40)
    theirs = stats.ttest_1samp(texts, 0).confidence_interval(0.95)
    interval = crossed.interval(0.95)
    assert (interval.low, interval.high) == pytest.approx((theirs.low, theirs.high))


def test_both_sources_of_error_are_added():
    values = np.array([0.0, 1.0])
    without = values[:, np.newaxis] + np.array([[-0.1, 0.1]])
    crossed = mean_over_seeds_and_texts(values, without)
    assert crossed.variance == pytest.approx(0.5 / 2 + 0.5 * 0.02)


def test_every_source_of_error_has_its_own_quantile():
    """By hand: t of 1 and 49 degrees of freedom at 95 % are 12.706 and 2.0096; √(12.706²·4 + 2.0096²·9) = 26.12."""
    mean = MeanOverSeeds(1.0, (ErrorSource(4.0, 1), ErrorSource(9.0, 49)))
    assert mean.half_width(0.95) == pytest.approx(26.12, abs=0.01)
    assert mean.interval(0.95).low == pytest.approx(1 - 26.12, abs=0.01)


def test_what_each_seed_makes_of_each_text_is_not_taken_for_a_difference_of_seeds():
    """By hand, two seeds and two groups: jackknife variances .01 and .09, of their mean .01, so (.05 − .01) / 1 = .04.

    The seeds' spread gives .5 / 2 = .25, of which .04 is not theirs; of the texts' .01 nothing is left.
    """
    values = np.array([0.0, 1.0])
    without = values[:, np.newaxis] + np.array([[-0.2, 0.2], [0.6, -0.6]]) / 2
    crossed = mean_over_seeds_and_texts(values, without)
    variances = [source.variance for source in crossed.sources]
    assert variances == pytest.approx([0.25 - 0.04, 0.0, 0.04])
    assert [source.degrees for source in crossed.sources] == [1, 1, 1]


@pytest.mark.parametrize(("seeds", "least"), [(2, 0.91), (3, 0.935), (6, 0.935)])
@pytest.mark.parametrize(
    ("of_seeds", "of_texts", "of_both"),
    [(1, 1, 0), (1, 1, 1), (0.3, 1, 1), (0, 1, 0), (0.3, 0, 3), (0, 1, 3), (0, 0, 1)],
)
def test_the_crossed_interval_covers_what_it_promises(seeds, least, of_seeds, of_texts, of_both):
    """2000 draws of seeds × 50 groups of texts with effects of seeds, texts and both; 95 % less 3 standard errors.

    With two seeds it is known to cover 91.6 % where the three effects are equal. Nor does it cover much more.
    """
    generator = np.random.default_rng(1)
    covered = 0
    for _ in range(2000):
        table = of_seeds * generator.normal(size=(seeds, 1)) + of_texts * generator.normal(size=(1, 50))
        table = table + of_both * generator.normal(size=(seeds, 50))
        without = (table.sum(axis=1, keepdims=True) - table) / 49
        mean = mean_over_seeds_and_texts(table.mean(axis=1), without)
        covered += abs(mean.estimate) <= mean.half_width(0.95)
    assert least <= covered / 2000 <= 0.98


def flip_counts(generator, rate, spread, seeds, texts, runs):
    """Flips by seed and group, shape (runs, seeds, 50), with texts that are difficult for every seed; and the sizes.

    The rate of a seed is beta distributed with standard deviation spread·rate; a text flips where a normal score,
    correlated at .6 between the seeds, falls under the quantile of that rate.
    """
    rates = np.full((runs, seeds), rate)
    if spread:
        concentration = rate * (1 - rate) / (spread * rate) ** 2 - 1
        rates = generator.beta(rate * concentration, (1 - rate) * concentration, (runs, seeds))
    group = np.eye(50, dtype=np.float32)[np.arange(texts) % 50]
    flips = np.empty((runs, seeds, 50))
    for run in range(runs):
        shared, own = generator.standard_normal((1, texts)), generator.standard_normal((seeds, texts))
        score = np.sqrt(0.6) * shared + np.sqrt(0.4) * own
        flips[run] = (score < stats.norm.ppf(rates[run])[:, np.newaxis]).astype(np.float32) @ group
    return flips


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [3, 6])
@pytest.mark.parametrize("texts", [200, 1000])
def test_the_interval_of_flips_covers_92_percent_however_the_seeds_differ(seeds, texts):
    """500 draws each; one standard error is 1.2 %."""
    generator = np.random.default_rng(3)
    for rate, spread in itertools.product((0.002, 0.02, 0.1), (0, 0.5, 1)):
        covered = 0
        for flips in flip_counts(generator, rate, spread, seeds, texts, 500):
            without = (flips.sum(axis=1, keepdims=True) - flips) / (texts - texts / 50)
            interval = share_over_seeds_and_texts(flips.sum(axis=1) / texts, without, texts, 0.95)
            covered += interval.low <= rate <= interval.high
        assert covered / 500 >= 0.92 - 0.012, (rate, spread)


def test_flips_of_seeds_that_agree_count_as_one_reading_of_the_texts():
    """Every seed flips the same 10 of 100 texts, one a group: what six seeds say is what one says."""
    flipped = np.array([1.0] * 10 + [0.0] * 90).reshape(50, 2).sum(axis=1)
    without = (10 - flipped) / 98
    six = share_over_seeds_and_texts(np.full(6, 0.1), np.tile(without, (6, 1)), 100, 0.95)
    one = wilson(10, 100, 0.95)
    assert six.estimate == pytest.approx(0.1)
    assert six.high - six.low == pytest.approx(one.high - one.low, rel=0.5)
    assert six.high - six.low >= 0.9 * (one.high - one.low)


@pytest.mark.parametrize("level", [0.9, 0.95])
@pytest.mark.parametrize("seeds", [1, 2, 3, 6])
def test_finding_a_flip_never_lowers_the_upper_bound(seeds, level):
    """n = 400 texts, and flips that fall to one seed and one group each."""
    before = share_over_seeds_and_texts(np.zeros(seeds), np.zeros((seeds, 50)), 400, level).high
    flips = np.zeros((seeds, 50))
    for count in range(1, 30):
        flips[count % seeds, count] += 1
        without = (flips.sum(axis=1, keepdims=True) - flips) / 392
        high = share_over_seeds_and_texts(flips.sum(axis=1) / 400, without, 400, level).high
        assert high >= before
        before = high


def test_the_interval_of_a_share_stays_within_0_and_1():
    generator = np.random.default_rng(0)
    for rate in (0.001, 0.02, 0.5, 0.98, 0.999):
        for flips in flip_counts(generator, rate, 0, 3, 100, 20):
            without = (flips.sum(axis=1, keepdims=True) - flips) / 98
            interval = share_over_seeds_and_texts(flips.sum(axis=1) / 100, without, 100, 0.95)
            assert 0 <= interval.low <= interval.estimate <= interval.high <= 1


def test_without_any_flip_six_seeds_promise_no_more_than_one():
    six = share_over_seeds_and_texts(np.zeros(6), np.zeros((6, 50)), 1000, 0.95)
    assert six == wilson(0, 1000, 0.95)
