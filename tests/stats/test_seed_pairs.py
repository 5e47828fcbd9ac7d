import numpy as np
import pingouin
import pytest
from scipy import stats
from statsmodels.stats.power import TTestPower
from statsmodels.stats.weightstats import ttost_paired

from stages.stats.intervals import wilson
from stages.stats.seed_pairs import detectable_effect, paired_comparison, sign_flip_p

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
