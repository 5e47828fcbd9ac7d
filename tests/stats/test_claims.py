"""p of claims against SciPy's tests, and Holm's correction against statsmodels."""

from functools import partial

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from stages.stats.claims import SMALLEST_P, Claims, above, below, claims_within, holm, seeds_needed, worst_case
from stages.stats.intervals import mean_over_seeds, wilson
from stages.stats.seed_pairs import paired_comparison

VALUES = np.array([0.004, 0.009, -0.002, 0.006, 0.013, 0.001])


def test_one_sided_p_is_that_of_a_t_test():
    interval = mean_over_seeds(VALUES).interval
    assert above(interval, 0.0) == pytest.approx(stats.ttest_1samp(VALUES, 0, alternative="greater").pvalue)
    assert below(interval, 0.01) == pytest.approx(stats.ttest_1samp(VALUES, 0.01, alternative="less").pvalue)
    assert above(interval, 0.006) == 1
    assert above(interval, -1e9) == SMALLEST_P


def test_equivalence_is_tost_and_a_difference_is_two_sided():
    found = claims_within(mean_over_seeds(VALUES).interval, -0.01, 0.01)
    assert found.equivalent == pytest.approx(paired_comparison(VALUES, 0.01).tost_p)
    assert found.not_worse == pytest.approx(stats.ttest_1samp(VALUES, -0.01, alternative="greater").pvalue)
    assert found.different == 1
    far = claims_within(mean_over_seeds(VALUES + 0.02).interval, -0.01, 0.01)
    assert far.different == pytest.approx(2 * stats.ttest_1samp(VALUES + 0.02, 0.01, alternative="greater").pvalue)
    assert far.equivalent == 1
    mirrored = claims_within(mean_over_seeds(-VALUES - 0.02).interval, -0.01, 0.01)
    assert mirrored.different == pytest.approx(far.different)
    assert (far.not_worse < 0.001, mirrored.not_worse) == (True, 1)


def test_any_interval_that_grows_with_its_level_has_a_p():
    """0 of 1000: Wilson's upper bound z² / (n + z²) meets .005 at z² = 5.025."""
    assert below(lambda level: wilson(0, 1000, level), 0.005) == pytest.approx(stats.norm.sf(np.sqrt(5.0 / 0.995)))


def test_the_choice_of_the_worst_condition_is_paid_for():
    claims = [Claims(0.01, 0.2, 0.001), Claims(0.004, 0.03, 0.6), Claims(0.5, 0.01, 0.02)]
    assert worst_case(claims, 1, 3) == Claims(different=0.012, equivalent=0.2, not_worse=0.6)
    assert worst_case(claims, 2, 3).different == 1


@pytest.mark.parametrize("seed", range(20))
def test_holms_correction_equals_statsmodels(seed):
    p_values = np.random.default_rng(seed).random(6) ** 3
    assert holm(list(p_values)) == pytest.approx(list(multipletests(p_values, method="holm")[1]))
    assert holm([]) == []


def test_the_seeds_that_are_needed_are_the_fewest_that_decide():
    """A mean of .5 sd against 0: SciPy's t test at its estimate, p ≤ .05, first at 18 seeds."""

    def claims(seeds):
        return Claims(2 * stats.t.sf(0.5 * np.sqrt(seeds), seeds - 1), 1.0, 1.0)

    found = seeds_needed(claims, 6, 0.05)
    assert claims(found).different <= 0.05 < claims(found - 1).different
    assert found == 18
    assert seeds_needed(lambda seeds: Claims(0.051, 1.0, 1.0), 6, 0.05) is None
    assert seeds_needed(partial(claims), 1000, 0.05) is None
