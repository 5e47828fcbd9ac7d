"""A bound that most new seeds stay below: what a mean over seeds does not say."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stages.stats.special import noncentral_t_quantile, noncentral_t_sf, normal_quantile

SHARE = 0.9
"""Of new seeds, which a tolerance statement speaks of."""
CONFIDENCE = 0.95
"""Of a tolerance statement."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Tolerance:
    """A positive figure of every seed, taken as lognormal over seeds: how large it is in nine of ten new ones.

    With √n (ln ε − mean) / sd, which is noncentral t with n − 1 degrees of freedom and noncentrality √n z.9 where
    exactly nine of ten seeds stay below ε (Owen 1968). Where a seed's figure is 0, or all are equal, there is no such
    sd, and the largest seed speaks: it lies below the .9 quantile with probability .9 to the n (Wilks 1941).

    Attributes:
        mean: of the logarithms; NaN where a figure is 0.
        deviation: their standard deviation; NaN likewise.
        largest: the largest figure of a seed.
        seeds: how many; one says nothing about new ones.
    """

    mean: float
    deviation: float
    largest: float
    seeds: int

    @staticmethod
    def of(values: Floats) -> "Tolerance":
        """From the figure of every seed, shape (seeds,), none below 0."""
        seeds, largest = len(values), float(values.max())
        if seeds < 2 or values.min() <= 0 or values.min() == largest:
            return Tolerance(float("nan"), float("nan"), largest, seeds)
        logarithm = np.log(values)
        return Tolerance(float(logarithm.mean()), float(logarithm.std(ddof=1)), largest, seeds)

    @property
    def _noncentrality(self) -> float:
        return float(np.sqrt(self.seeds)) * normal_quantile(SHARE)

    def p_below(self, epsilon: float) -> float:
        """p of "fewer than nine of ten new seeds stay at or below ε": at most .05 is the tolerance statement."""
        if self.seeds < 2:
            return 1.0
        if np.isnan(self.deviation):
            return SHARE**self.seeds if self.largest <= epsilon else 1.0
        statistic = np.sqrt(self.seeds) * (np.log(epsilon) - self.mean) / self.deviation
        return max(0.0, noncentral_t_sf(float(statistic), self.seeds - 1, self._noncentrality))

    def bound(self) -> float | None:
        """What nine of ten new seeds stay below, with 95 % confidence; None where too few seeds say so."""
        if self.seeds < 2:
            return None
        if np.isnan(self.deviation):
            return self.largest if SHARE**self.seeds <= 1 - CONFIDENCE else None
        quantile = noncentral_t_quantile(CONFIDENCE, self.seeds - 1, self._noncentrality)
        return float(np.exp(self.mean + quantile / np.sqrt(self.seeds) * self.deviation))

    def with_seeds(self, seeds: int) -> "Tolerance":
        """The same spread seen in so many seeds."""
        return replace(self, seeds=seeds)
