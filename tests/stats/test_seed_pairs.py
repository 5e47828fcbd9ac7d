"""Variants paired by seed, against values by hand, SciPy, statsmodels and pingouin."""

import numpy as np
import pingouin
import pytest
from scipy import stats
from statsmodels.stats.power import TTestPower
from statsmodels.stats.weightstats import ttost_paired

from stages.stats.intervals import wilson
from stages.stats.seed_pairs import (
    NO_SPREAD,
    TOO_FEW,
    as_ratio,
    averaged,
    detectable_effect,
    logarithms,
    not_worse,
    over_seeds,
    paired_comparison,
    share_closed,
    sign_flip_p,
    verdict_on,
)
from stages.stats.verdicts import Verdict

NAN = float("nan")
DIFFERENCE = np.array([0.01, 0.02, -0.005, 0.015, 0.0, 0.03])


def test_three_seeds_by_hand():
    """Differences 1, 2, 3: mean 2, sd 1, t(2) at 95 % 4.3027; only one of 8 signs gives more: p = 2/8."""
    comparison = paired_comparison(np.array([1.0, 2.0, 3.0]), 1.0)
    interval = comparison.interval(0.95)
    assert (interval.low, interval.high) == pytest.approx((2 - 4.3027 / np.sqrt(3), 2 + 4.3027 / np.sqrt(3)), abs=1e-4)
    assert comparison.sign_flip_p == 0.25
    assert comparison.better(0.95) == wilson(3, 3, 0.95)
    assert comparison.reason is None


def test_ties_count_as_half_a_win():
    assert paired_comparison(DIFFERENCE, 0.01).better(0.95) == wilson(4.5, 6, 0.95)


def test_the_interval_equals_scipys():
    theirs = stats.ttest_rel(DIFFERENCE + 0.8, np.full(6, 0.8)).confidence_interval(0.9)
    ours = paired_comparison(DIFFERENCE, 0.01).interval(0.9)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))


@pytest.mark.parametrize("epsilon", [0.005, 0.01, 0.05])
def test_tost_equals_statsmodels_and_pingouin(epsilon):
    ours = paired_comparison(DIFFERENCE, epsilon).tost_p
    zero = np.zeros(6)
    assert ours == pytest.approx(ttost_paired(DIFFERENCE, zero, -epsilon, epsilon)[0])
    assert ours == pytest.approx(pingouin.tost(DIFFERENCE, zero, bound=epsilon, paired=True)["pval"].iloc[0])


@pytest.mark.parametrize("seeds", [2, 5, 9])
def test_sign_flips_equal_scipys(seeds):
    difference = np.random.default_rng(seeds).normal(0.5, 1, seeds)
    theirs = stats.permutation_test(
        (difference,), lambda x: abs(x.mean()), permutation_type="samples", alternative="greater", n_resamples=np.inf
    )
    assert sign_flip_p(difference) == pytest.approx(theirs.pvalue)


def test_equal_differences_of_either_sign_are_ties_despite_rounding():
    """.3 − .2 − .1 is not 0 in floating point: every assignment that is as extreme on paper must count."""
    assert sign_flip_p(np.array([0.1, 0.2, -0.3])) == 1
    assert sign_flip_p(np.array([0.1, 0.2, 0.3])) == 0.25


def test_many_seeds_are_drawn_and_agree_with_the_t_test():
    difference = np.random.default_rng(0).normal(0.3, 1, 40)
    drawn = sign_flip_p(difference, np.random.default_rng(1))
    assert drawn == pytest.approx(stats.ttest_1samp(difference, 0).pvalue, abs=0.01)
    assert paired_comparison(difference, 0.1, np.random.default_rng(1)).sign_flip_p == drawn
    with pytest.raises(ValueError, match="generator"):
        sign_flip_p(difference)


@pytest.mark.parametrize("seeds", [3, 6, 11, 40])
@pytest.mark.parametrize("power", [0.5, 0.8, 0.95])
def test_the_detectable_effect_equals_statsmodels(seeds, power):
    theirs = TTestPower().solve_power(None, seeds, 0.05, power)
    assert detectable_effect(seeds, power) == pytest.approx(theirs, rel=1e-5)


@pytest.mark.parametrize("seeds", [2, 6])
def test_a_test_finds_the_detectable_difference_as_often_as_promised(seeds):
    """With two seeds statsmodels finds no root, so that 20,000 draws must do; three standard errors are .0085."""
    draws = np.random.default_rng(2).normal(detectable_effect(seeds), 1, (20_000, seeds))
    assert (stats.ttest_1samp(draws, 0, axis=1).pvalue < 0.05).mean() == pytest.approx(0.8, abs=0.0085)


def test_the_detectable_difference_scales_with_the_spread():
    comparison = paired_comparison(DIFFERENCE, 0.01)
    assert comparison.detectable() == pytest.approx(DIFFERENCE.std(ddof=1) * detectable_effect(6))
    assert comparison.detectable(power=0.9) > comparison.detectable()


@pytest.mark.parametrize(
    ("difference", "reason", "sign_flip"),
    [
        ([], "0 paired seeds", np.nan),
        ([0.1], "1 paired seed:", np.nan),
        ([0.0, 0.0, 0.0], "EXACT", np.nan),
        ([0.9 - 0.8, 0.3 - 0.2, 0.1], "same in every seed", 0.25),
    ],
)
@pytest.mark.filterwarnings("error")
def test_what_is_undefined_is_no_number_and_says_why(difference, reason, sign_flip):
    comparison = paired_comparison(np.array(difference), 0.01)
    assert reason in comparison.reason
    assert comparison.interval(0.95) is None
    assert np.isnan(comparison.tost_p)
    assert np.isnan(comparison.detectable())
    assert comparison.sign_flip_p == pytest.approx(sign_flip, nan_ok=True)
    assert (comparison.better(0.95) is None) == bool(np.isnan(sign_flip))


def test_the_mean_of_paired_differences_has_a_t_interval():
    # mean 2, sd 1, three seeds: 4.302653 / sqrt(3) to either side
    found = over_seeds(np.array([1.0, 2.0, 3.0]), 0.95)
    assert (found.estimate, found.n_seeds, found.left_out) == (2.0, 3, 0)
    assert found.low == pytest.approx(2 - 2.484138)
    assert found.high == pytest.approx(2 + 2.484138)


def test_seeds_without_a_value_are_left_out_and_counted():
    found = over_seeds(np.array([1.0, NAN, 2.0, 3.0]), 0.95)
    assert (found.estimate, found.n_seeds, found.left_out) == (2.0, 3, 1)


def test_one_seed_has_an_estimate_and_no_interval():
    found = over_seeds(np.array([NAN, 0.5]), 0.95)
    assert (found.estimate, found.low, found.high, found.reason) == (0.5, None, None, TOO_FEW)


def test_no_seed_has_nothing():
    found = over_seeds(np.array([NAN, NAN]), 0.95)
    assert (found.estimate, found.n_seeds, found.left_out, found.reason) == (None, 0, 2, TOO_FEW)


def test_a_difference_of_nothing_in_every_seed_is_exact():
    found = over_seeds(np.zeros(4), 0.95)
    assert (found.estimate, found.low, found.high, found.reason) == (0.0, 0.0, 0.0, None)


def test_the_same_difference_in_every_seed_leaves_no_spread_but_for_rounding():
    found = over_seeds(np.array([0.1, 0.3 - 0.2, 0.1]), 0.95)
    assert found.estimate == pytest.approx(0.1)
    assert (found.low, found.high, found.reason) == (None, None, NO_SPREAD)


def test_a_ratio_of_geometric_means_is_the_exponential_of_the_mean_difference_of_logarithms():
    # 2/1, 8/2, 8/1: ratios 2, 4, 8, whose geometric mean is 4
    ours, theirs = np.array([2.0, 8.0, 8.0]), np.array([1.0, 2.0, 1.0])
    found = as_ratio(over_seeds(logarithms(ours) - logarithms(theirs), 0.95))
    assert found.estimate == pytest.approx(4)
    # sd of ln 2, ln 4, ln 8 is ln 2; half width 2.484138 ln 2
    assert found.low == pytest.approx(4 / 2**2.484138)
    assert found.high == pytest.approx(4 * 2**2.484138)


def test_zeros_have_no_logarithm():
    assert np.isnan(logarithms(np.array([0.0, NAN]))).all()
    assert logarithms(np.array([1.0]))[0] == 0


def test_averages_leave_out_combinations_that_say_nothing():
    by_combination = np.array([[1.0, 2.0, NAN], [3.0, 4.0, 5.0], [NAN, NAN, 7.0]])
    values, combinations = averaged(by_combination)
    assert combinations == 2
    np.testing.assert_allclose(values, [2.0, 3.0, NAN])


def test_an_average_of_nothing_is_undefined():
    values, combinations = averaged(np.array([[NAN, NAN]]))
    assert combinations == 0
    assert np.isnan(values).all()


def test_one_seed_alone_still_has_an_average():
    values, combinations = averaged(np.array([[2.0], [4.0]]))
    assert (values[0], combinations) == (3.0, 2)


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ([0.0, 0.0, 0.0], Verdict.EXACT),
        # mean 0.001, sd 0.001: 90 % half width 2.919986 * 0.001 / sqrt(3) = 0.0017
        ([0.0, 0.001, 0.002], Verdict.EQUIVALENT),
        # mean 0.1, sd 0.01: 95 % half width 0.0248
        ([0.09, 0.10, 0.11], Verdict.DIFFERENT),
        ([-0.1, 0.0, 0.1], Verdict.INCONCLUSIVE),
        ([0.1], Verdict.UNDEFINED),
        ([0.1, 0.1, 0.1], Verdict.UNDEFINED),
    ],
)
def test_verdicts_on_differences(values, verdict):
    assert verdict_on(np.array(values), 0.01) is verdict


def test_not_worse_looks_at_the_lower_bound_alone():
    better = np.array([0.02, 0.05, 0.08])  # 90 %: 0.05 - 2.919986 * 0.03 / sqrt(3) = -0.0006
    assert verdict_on(better, 0.01) is Verdict.INCONCLUSIVE
    assert not_worse(better, 0.01)
    assert not not_worse(-better, 0.01)
    assert not_worse(np.zeros(3), 0.01)


def test_the_share_that_is_closed_has_the_bounds_at_which_a_paired_t_test_turns():
    before, after = np.array([0.30, 0.32, 0.28, 0.31]), np.array([0.12, 0.10, 0.14, 0.11])
    found = share_closed(before, after, 0.95)
    assert found.estimate == pytest.approx(1 - after.mean() / before.mean())
    for bound in (found.low, found.high):
        # Fieller: a share is inside where after - (1 - share) * before is not told from 0.
        assert stats.ttest_1samp(after - (1 - bound) * before, 0).pvalue == pytest.approx(0.05)
    assert found.low < found.estimate < found.high


def test_a_share_of_a_gap_that_may_be_nothing_is_undefined():
    assert share_closed(np.array([0.1, -0.1, 0.05]), np.array([0.1, 0.0, 0.0]), 0.95) is None
    assert share_closed(np.array([0.1]), np.array([0.05]), 0.95) is None
