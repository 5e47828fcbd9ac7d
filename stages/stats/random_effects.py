"""One figure over several corpora, each of which has its own truth: a random-effects mean."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from stages.stats.intervals import Interval
from stages.stats.special import t_quantile

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RandomEffects:
    """The mean of the truths from which the corpora are drawn.

    Attributes:
        interval: of the mean, with the t quantile and the variance of Hartung & Knapp (2001).
        tau: standard deviation between the truths of corpora (Paule & Mandel 1982).
    """

    interval: Interval
    tau: float


def random_effects(estimates: Floats, variances: Floats, level: float) -> RandomEffects:
    """From the estimate of every corpus and its squared standard error, shape (corpora,), at least two.

    τ² solves Σ (y − mean)² / (v + τ²) = k − 1, and is 0 where the estimates differ by less than their errors.
    """
    degrees = len(estimates) - 1

    def mean(tau2: float) -> float:
        return float(np.average(estimates, weights=1 / (variances + tau2)))

    def excess(tau2: float) -> float:
        return float(((estimates - mean(tau2)) ** 2 / (variances + tau2)).sum()) - degrees

    most = float(np.ptp(estimates)) ** 2 * len(estimates) + 1e-12
    tau2 = 0.0 if excess(0.0) <= 0 else float(optimize.brentq(excess, 0.0, most))
    weights = 1 / (variances + tau2)
    error = ((estimates - mean(tau2)) ** 2 * weights).sum() / (degrees * weights.sum())
    half = t_quantile((1 + level) / 2, degrees) * float(np.sqrt(error))
    return RandomEffects(Interval(mean(tau2), mean(tau2) - half, mean(tau2) + half), float(np.sqrt(tau2)))
