"""Paired contrasts, against values computed by hand and against SciPy's paired t test."""

import numpy as np
import pytest
from scipy import stats

from stages.stats.seed_pairs import (
    NO_SPREAD,
    TOO_FEW,
    as_ratio,
    averaged,
    logarithms,
    not_worse,
    over_seeds,
    share_closed,
    verdict_on,
)
from stages.stats.verdicts import Verdict

NAN = float("nan")


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
