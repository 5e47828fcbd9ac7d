"""The mean over corpora against statsmodels, and by hand where corpora agree."""

import numpy as np
import pytest
from statsmodels.stats.meta_analysis import combine_effects

from stages.stats.random_effects import random_effects


@pytest.mark.parametrize("corpora", [2, 3, 5, 9])
def test_mean_and_interval_are_those_of_another_library(corpora):
    generator = np.random.default_rng(corpora)
    estimates, variances = generator.normal(0.02, 0.03, corpora), generator.uniform(1e-5, 4e-4, corpora)
    found = random_effects(estimates, variances, 0.95)
    other = combine_effects(estimates, variances, method_re="iterated", use_t=True)
    assert found.tau**2 == pytest.approx(other.tau2, abs=1e-9)
    assert found.interval.estimate == pytest.approx(other.mean_effect_re, abs=1e-7)
    low, high = other.conf_int(alpha=0.05)[3]  # random effects with the scale of Hartung and Knapp
    assert (found.interval.low, found.interval.high) == (pytest.approx(low, abs=1e-6), pytest.approx(high, abs=1e-6))


def test_corpora_that_agree_have_no_spread_between_them():
    """By hand: the mean of 1 and 3 is 2; Q = 1/1 + 1/1 = 2 > 1, so τ² = 1; of 1.9 and 2.1 it is 0."""
    apart = random_effects(np.array([1.0, 3.0]), np.array([1.0, 1.0]), 0.95)
    assert (apart.interval.estimate, apart.tau) == (pytest.approx(2), pytest.approx(1))
    close = random_effects(np.array([1.9, 2.1]), np.array([1.0, 1.0]), 0.95)
    assert (close.interval.estimate, close.tau) == (pytest.approx(2), 0)
