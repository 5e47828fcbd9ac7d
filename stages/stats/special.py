"""Distribution functions that tests and intervals refer to, from scipy.special.

scipy.stats, which has them under better names, takes a second to import, in every process of every run; it calls the
same functions, but for the binomial and upper tails of noncentral distributions, whose last digits may differ.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special


def t_cdf(x: ArrayLike, degrees: float) -> Any:
    """P(T ≤ x) of Student's t."""
    return special.stdtr(degrees, x)


def t_sf(x: ArrayLike, degrees: float) -> Any:
    """P(T > x) of Student's t, exact far out where 1 − P(T ≤ x) is 0."""
    return special.stdtr(degrees, np.negative(x))


def t_quantile(p: float, degrees: float) -> float:
    """The value that Student's t stays below with probability p."""
    return float(special.stdtrit(degrees, p))


def normal_quantile(p: float) -> float:
    """The value that a standard normal variable stays below with probability p."""
    return float(special.ndtri(p))


def chi2_quantile(p: ArrayLike, degrees: float) -> Any:
    """The value that χ² stays below with probability p."""
    return 2 * special.gammaincinv(degrees / 2, p)


def f_sf(x: float, degrees: float, error_degrees: float) -> float:
    """P(F > x) of the F distribution."""
    return float(special.fdtrc(degrees, error_degrees, x))


def binomial_cdf(successes: int, trials: int, p: float) -> float:
    """P(at most so many successes) in independent trials that succeed with probability p."""
    return float(special.bdtr(successes, trials, p))


def beta_quantile(p: float, a: float, b: float) -> float:
    """The value that a beta variable stays below with probability p."""
    return float(special.betaincinv(a, b, p))


def noncentral_t_sf(x: float, degrees: float, noncentrality: float) -> float:
    """P(T > x) of the noncentral t distribution; 0 where it is below 1e-16."""
    return float(1 - special.nctdtr(degrees, noncentrality, x))


def noncentral_t_quantile(p: float, degrees: float, noncentrality: float) -> float:
    """The value that noncentral t stays below with probability p."""
    return float(special.nctdtrit(degrees, noncentrality, p))


def noncentral_f_cdf(x: float, degrees: float, error_degrees: float, noncentrality: float) -> float:
    """P(F ≤ x) of the noncentral F distribution; far out in a tail, where the library may find NaN, 0 or 1."""
    below = float(special.ncfdtr(degrees, error_degrees, noncentrality, x))
    return below if np.isfinite(below) else float(x * degrees > degrees + noncentrality)


def noncentral_f_sf(x: float, degrees: float, error_degrees: float, noncentrality: float) -> float:
    """P(F > x) of the noncentral F distribution; 0 where it is below 1e-16.

    That of scipy.stats looks for more digits there, warns that its series did not converge, and finds 0 as well.
    """
    return 1 - noncentral_f_cdf(x, degrees, error_degrees, noncentrality)
