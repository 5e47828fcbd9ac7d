"""Accuracy where learning is a coin, against statsmodels, SciPy and by hand."""

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from stages.stats.accuracies import Accuracies, Tolerated
from stages.stats.two_parts import TwoPartDifference, TwoParts, clopper_pearson

TEXTS = 1000


def parts(shares, learned, seed=0):
    """Seeds that get these shares of the texts right, each another random set of them."""
    correct = np.random.default_rng(seed).random((len(shares), TEXTS)) < np.array(shares)[:, np.newaxis]
    return TwoParts.of(Accuracies.of(correct), np.array(learned))


@pytest.mark.parametrize(("successes", "trials"), [(0, 12), (3, 12), (11, 12), (12, 12), (1, 2)])
@pytest.mark.parametrize("level", [0.9, 0.95, 0.9875])
def test_clopper_and_pearson_equals_statsmodels(successes, trials, level):
    ours = clopper_pearson(successes, trials, level)
    theirs = proportion_confint(successes, trials, 1 - level, method="beta")
    assert (ours.low, ours.high) == pytest.approx(theirs, abs=1e-12)


def test_where_all_seeds_are_alike_there_is_one_part():
    """12 of 12, or 0 of 12: the crossed interval of all, and a probability that is not said to be certain."""
    for shares, learned in (([0.9] * 12, [True] * 12), ([0.5] * 12, [False] * 12)):
        found = parts(shares, learned)
        assert not found.is_coin
        assert found.interval(0.95) == found.accuracy.interval(0.95)
    assert parts([0.9] * 12, [True] * 12).p_learn(0.95).low == pytest.approx(0.025 ** (1 / 12))


def test_the_mean_of_both_parts_lies_between_the_ends_of_their_intervals():
    """By hand: chance c, P(learn) of 4 of 6 at 97.5 % from p to q, accuracy given that from a to b: c + p (a − c) …"""
    found = parts([0.9, 0.5, 0.88, 0.92, 0.5, 0.91], [True, False, True, True, False, True])
    p, q = proportion_confint(4, 6, 0.025, method="beta")
    given, c = found.accuracy.interval(0.975), found.chance
    interval = found.interval(0.95)
    assert (interval.low, interval.high) == pytest.approx((c + p * (given.low - c), c + q * (given.high - c)))
    assert interval.estimate == pytest.approx(c + 4 / 6 * (found.accuracy.estimate - c))
    assert c == pytest.approx(0.5, abs=0.03)


def test_one_seed_that_learned_says_nothing_of_how_good_others_are():
    found = parts([0.5, 0.9, 0.5], [False, True, False])
    given = found.of_learned(0.95)
    assert (given.low, given.high) == (found.chance, 1.0)
    assert given.estimate == pytest.approx(0.9, abs=0.03)
    assert found.interval(0.95).high > 0.95


def test_no_interval_has_a_width_of_zero():
    """Three seeds that name the majority, not 50.0 % [50.0, 50.0], and three that are right about every text."""
    majority = TwoParts.of(Accuracies.of(np.tile(np.arange(TEXTS) < 500, (3, 1))), np.zeros(3, dtype=bool))
    perfect = TwoParts.of(Accuracies.of(np.ones((3, TEXTS), dtype=bool)), np.ones(3, dtype=bool))
    for interval in (majority.interval(0.95), perfect.interval(0.95)):
        assert interval.high - interval.low > 0.003
    assert perfect.interval(0.95).high == 1


def test_a_difference_of_parts_shows_what_is_beyond_doubt():
    tolerated = Tolerated(points=0.01, error_ratio=0.9)
    coin = parts([0.9, 0.5] * 6, [True, False] * 6)
    always = parts([0.9] * 12, [True] * 12, 1)
    better = TwoPartDifference(always, coin, tolerated)
    assert better.claims().different < 0.05 < better.claims().equivalent
    assert better.claims().not_worse < 0.025
    worse = TwoPartDifference(coin, always, tolerated).claims()
    assert worse.different == pytest.approx(better.claims().different, rel=0.01)
    assert worse.not_worse > 0.9
    oftener = TwoPartDifference(parts([0.9, 0.5, 0.9], [True, False, True]), coin, tolerated)
    assert oftener.claims().different > 0.05
    assert oftener.with_seeds(100).claims().different > 0.05
    assert oftener.with_seeds(1000).claims().different < 0.05
