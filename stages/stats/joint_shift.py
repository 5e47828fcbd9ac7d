"""Did the state move, all units at once? Hotelling's T² as a distance, a test of difference and one of equivalence."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from stages.stats.moments import NO_SPREAD
from stages.stats.shift import ShiftSums
from stages.stats.special import chi2_quantile, f_sf, noncentral_f_cdf, noncentral_f_sf, normal_quantile

Floats = NDArray[np.float64]

SMALLEST_EIGENVALUE = 1e-10
"""Directions with less than this share of the largest variance are left out: their inverse is rounding."""

SIZE = 0.05
"""Size of the equivalence test that ε* speaks of."""

LARGEST_NONCENTRALITY = 1e7
"""Beyond this the noncentral F of the library slows down, and from 1e10 on it is NaN."""


@dataclass(frozen=True)
class JointShift:
    """How far the mean of Δ lies from 0, in standard deviations of Δ; NaN is undefined.

    Attributes:
        distance: Mahalanobis distance D = √(d̄ᵀ S⁻¹ d̄). It grows with dimensions / texts even where nothing moved.
        debiased: the root of (n − p − 2)/(n − 1) D² − p/n, which estimates D² without bias; 0 where that is negative.
        dimensions: directions in which Δ varies, the p of the tests.
        p_different: of Hotelling's test; for many texts it underflows to 0, so look at the distance.
        p_equivalent: of the test of a distance below ε (Wellek 2010, section 8.3).
        p_beyond: of the test of a distance above ε, the other tail of the same distribution.
        smallest_epsilon: ε*, the smallest ε at which p_equivalent would be 5 %.
        reason: why a p is undefined; None where all are defined.
    """

    distance: float
    debiased: float
    dimensions: int
    p_different: float
    p_equivalent: float
    p_beyond: float
    smallest_epsilon: float
    reason: str | None


def joint_shift(sums: ShiftSums, epsilon: float) -> JointShift:
    """The joint shift of a state, with the distance epsilon > 0 that does not matter."""
    return hotelling(sums.pair.n, sums.pair.mean_y, sums.pair.cov_y, epsilon)


def hotelling(n: int, mean: Floats, covariance: Floats, epsilon: float) -> JointShift:
    """Hotelling's T² = n d̄ᵀ S⁻¹ d̄ of the changes Δ of n texts.

    With p dimensions, F = T² (n − p) / (p (n − 1)) is noncentral F with p and n − p degrees of freedom and
    noncentrality n D². Equivalence: the probability of a smaller F at D = ε.

    Args:
        n: number of texts.
        mean: of Δ, shape (width,).
        covariance: of Δ with n − 1 below, shape (width, width).
        epsilon: the distance that does not matter, more than 0.
    """
    if n < 2:
        return _undefined(f"{n} texts have no spread", 0)
    if not mean.any() and not covariance.any():
        return JointShift(0.0, 0.0, 0, float("nan"), 0.0, 1.0, 0.0, "no text moved")
    if np.trace(covariance) <= NO_SPREAD * (mean @ mean):
        return _undefined("every text moved by the same amount", 0)
    values, directions = np.linalg.eigh(covariance)
    smallest = SMALLEST_EIGENVALUE * values[-1]
    kept = values > smallest
    dimensions = int(kept.sum())
    if n <= dimensions + 1:
        return _undefined(f"{n} texts are too few for {dimensions} dimensions", dimensions)
    along = directions.T @ mean
    # What is left out has variance of at most `smallest` a direction: a mean there is farther away than this.
    if (along[~kept] ** 2).sum() > epsilon**2 * smallest:
        return _undefined("the mean moved in a direction in which texts hardly differ", dimensions)
    squared = float((along[kept] ** 2 / values[kept]).sum())
    f = n * squared * (n - dimensions) / (dimensions * (n - 1))
    degrees = (dimensions, n - dimensions)
    return JointShift(
        distance=float(np.sqrt(squared)),
        debiased=float(np.sqrt(max(0.0, (n - dimensions - 2) / (n - 1) * squared - dimensions / n))),
        dimensions=dimensions,
        p_different=f_sf(f, *degrees),
        p_equivalent=noncentral_f_cdf(f, *degrees, n * epsilon**2),
        p_beyond=noncentral_f_sf(f, *degrees, n * epsilon**2),
        smallest_epsilon=_smallest_epsilon(f, n, dimensions, float(np.sqrt(squared))),
        reason=None,
    )


def _smallest_epsilon(f: float, n: int, dimensions: int, distance: float) -> float:
    """The upper 95 % confidence bound of the distance, from the noncentral F distribution.

    Where its noncentrality is beyond what the library can compute, D² is the squared distance times (n − 1) / χ² with
    n − p degrees of freedom, but for the error of the mean, normal with variance 1 / n.
    """
    if n * distance**2 > LARGEST_NONCENTRALITY:
        middle, high = distance * np.sqrt(chi2_quantile([0.5, 1 - SIZE], n - dimensions) / (n - 1))
        return float(middle + np.hypot(high - middle, normal_quantile(1 - SIZE) / np.sqrt(n)))

    def excess(epsilon: float) -> float:
        return noncentral_f_cdf(f, dimensions, n - dimensions, n * epsilon**2) - SIZE

    if excess(0.0) <= 0:
        return 0.0
    high = distance + 1.0
    while excess(high) > 0:
        high *= 2
    return float(optimize.brentq(excess, 0.0, high, xtol=1e-8))


def _undefined(reason: str, dimensions: int) -> JointShift:
    nan = float("nan")
    return JointShift(nan, nan, dimensions, nan, nan, nan, nan, reason)
