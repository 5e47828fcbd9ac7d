"""The distribution functions are those of scipy.stats, some to 12 digits or more, and cost no import of it."""

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
        for noncentrality in (0.0, 3.0, 80.0):  # of noncentrality 0, ncf.sf is minus the other tail in SciPy 1.17
            law = stats.ncf(degrees, 40, noncentrality) if noncentrality else stats.f(degrees, 40)
            assert special.noncentral_f_cdf(x, degrees, 40, noncentrality) == pytest.approx(law.cdf(x), abs=1e-12)
            assert special.noncentral_f_sf(x, degrees, 40, noncentrality) == pytest.approx(law.sf(x), abs=1e-12)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("x", "degrees", "error_degrees", "noncentrality", "below"),
    [(1012.9960011917198, 7, 993, 250, 1), (158.32482014870791, 51, 949, 250, 1), (10.812, 1, 999, 1440, 0)],
)
def test_far_out_in_a_tail_a_series_that_does_not_converge_is_not_heard_of(
    x, degrees, error_degrees, noncentrality, below
):
    """scipy.stats warns of the first two, and its distribution function of the third is NaN.

    By the mixture itself, of central F's with Poisson's weights, the tails come to 2e-279, 2e-285 and 4e-262.
    """
    law = (x, degrees, error_degrees, noncentrality)
    assert special.noncentral_f_cdf(*law) == pytest.approx(below, abs=1e-30)
    assert special.noncentral_f_sf(*law) == pytest.approx(1 - below, abs=1e-30)
    terms = np.arange(3_000)
    weights = stats.poisson.pmf(terms, noncentrality / 2)
    share = degrees * x / (degrees * x + error_degrees)
    tail = stats.beta.cdf if below == 0 else stats.beta.sf
    assert 0 < weights @ tail(share, degrees / 2 + terms, error_degrees / 2) < 1e-200


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
