"""The distribution functions are those of scipy.stats, the binomial to 13 digits, and cost no import of it."""

import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from stages.stats import special

X = np.array([-40.0, -3.5, -1e-3, 0.0, 0.7, 2.0, 11.0, 300.0])
P = np.array([1e-12, 0.025, 0.3, 0.5, 0.95, 0.9995])


@pytest.mark.parametrize("degrees", [1, 2, 5.5, 29, 1e4, np.inf])
def test_students_t(degrees):
    np.testing.assert_array_equal(special.t_cdf(X, degrees), stats.t.cdf(X, degrees))
    np.testing.assert_array_equal(special.t_sf(X, degrees), stats.t.sf(X, degrees))
    np.testing.assert_array_equal([special.t_quantile(p, degrees) for p in P], stats.t.ppf(P, degrees))


def test_a_tail_is_not_the_rest_of_one():
    assert 0 < special.t_sf(40.0, 200) < 1e-80
    assert 0 < special.f_sf(50.0, 8, 2_000) < 1e-70


@pytest.mark.parametrize("degrees", [1, 7, 59.0])
def test_chi_squared_and_f(degrees):
    np.testing.assert_array_equal(special.chi2_quantile(P, degrees), stats.chi2.ppf(P, degrees))
    for x in (0.0, 0.2, 1.0, 9.0, 300.0):
        assert special.f_sf(x, degrees, 40) == stats.f.sf(x, degrees, 40)
        for noncentrality in (0.0, 3.0, 80.0):
            law = stats.ncf(degrees, 40, noncentrality)
            assert special.noncentral_f_cdf(x, degrees, 40, noncentrality) == law.cdf(x)
            assert special.noncentral_f_sf(x, degrees, 40, noncentrality) == law.sf(x)


def test_the_beta_and_noncentral_t():
    for p in P:
        assert special.beta_quantile(p, 3, 10) == pytest.approx(stats.beta.ppf(p, 3, 10), rel=1e-12)
        assert special.noncentral_t_quantile(p, 11, 4.4) == pytest.approx(stats.nct.ppf(p, 11, 4.4), rel=1e-9)
    for x in X:
        assert special.noncentral_t_sf(x, 11, 4.4) == pytest.approx(stats.nct.sf(x, 11, 4.4), abs=1e-15)


def test_the_normal_and_the_binomial():
    np.testing.assert_array_equal([special.normal_quantile(p) for p in P], stats.norm.ppf(P))
    for successes, trials in [(0, 1), (3, 20), (10, 20), (400, 2_000)]:
        assert special.binomial_cdf(successes, trials, 0.5) == pytest.approx(
            stats.binom.cdf(successes, trials, 0.5), rel=1e-13
        )


@pytest.mark.parametrize(
    "module", ["stages.analyze", "stages.report", "stages.reporting.gate", "stages.sweeps.__main__"]
)
def test_a_process_starts_without_scipy_stats(module):
    unwanted = ("scipy.stats", "statsmodels", "pandas")
    command = f"import sys, {module}; print([name for name in {unwanted} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
