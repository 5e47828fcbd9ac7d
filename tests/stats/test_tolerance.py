"""Tolerance statements against published factors, SciPy and the binomial."""

import numpy as np
import pytest
from scipy import stats

from stages.stats.tolerance import Tolerance

SIX = np.exp(np.array([-6.0, -5.5, -5.2, -5.9, -5.1, -5.3]))


@pytest.mark.parametrize(("seeds", "factor"), [(3, 6.155), (6, 3.006), (12, 2.210), (24, 1.853)])
def test_the_bound_has_the_published_factor(seeds, factor):
    """One-sided, 90 % of the population with 95 % confidence: k of Natrella 1963, table A-7, sd above the mean."""
    values = np.exp(np.random.default_rng(0).normal(-5, 0.5, seeds))
    logarithm = np.log(values)
    bound = Tolerance.of(values).bound()
    assert (np.log(bound) - logarithm.mean()) / logarithm.std(ddof=1) == pytest.approx(factor, abs=6e-4)


def test_p_is_that_at_which_the_bound_touches():
    found = Tolerance.of(SIX)
    assert found.p_below(found.bound()) == pytest.approx(0.05)
    statistic = np.sqrt(6) * (np.log(0.01) - np.log(SIX).mean()) / np.log(SIX).std(ddof=1)
    expected = stats.nct.sf(statistic, 5, np.sqrt(6) * stats.norm.ppf(0.9))
    assert found.p_below(0.01) == pytest.approx(expected, rel=1e-6)
    assert found.p_below(1e-6) > 0.999
    assert found.p_below(1e30) < 1e-9


def test_more_seeds_of_the_same_spread_say_more():
    """What the rule "every seed below ε" had the other way round."""
    found = Tolerance.of(SIX)
    assert [found.with_seeds(n).p_below(0.01) for n in (6, 12, 24)] == sorted(
        (found.with_seeds(n).p_below(0.01) for n in (6, 12, 24)), reverse=True
    )


def test_where_a_seed_has_no_logarithm_the_largest_one_speaks():
    """By the binomial: 29 seeds below ε have .9 ** 29 = .047 of chance, 28 have .052."""
    for seeds, p in ((28, 0.9**28), (29, 0.9**29)):
        values = np.linspace(0, 0.009, seeds)
        assert Tolerance.of(values).p_below(0.01) == pytest.approx(p)
        assert Tolerance.of(values).p_below(0.0089) == 1
    assert Tolerance.of(np.linspace(0, 0.009, 29)).bound() == 0.009
    assert Tolerance.of(np.linspace(0, 0.009, 28)).bound() is None
    assert Tolerance.of(np.full(12, 0.001)).p_below(0.01) == pytest.approx(0.9**12)


def test_one_seed_says_nothing_about_new_ones():
    assert Tolerance.of(np.array([1e-9])).p_below(0.01) == 1
    assert Tolerance.of(np.array([1e-9])).bound() is None
