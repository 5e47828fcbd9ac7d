"""Intervals: of one proportion, of a mean over seeds, and of a mean over seeds that all saw the same texts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """An estimate with the bounds of its interval at one confidence level."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True)
class MeanOverSeeds:
    """A mean over seeds with its standard error, from which an interval of any level follows.

    Attributes:
        estimate: the mean.
        variance: squared standard error of the mean.
        degrees: degrees of freedom of that variance.
    """

    estimate: float
    variance: float
    degrees: float

    def interval(self, level: float) -> Interval:
        """The two-sided t interval."""
        half = _t_quantile(level, self.degrees) * np.sqrt(self.variance)
        return Interval(self.estimate, float(self.estimate - half), float(self.estimate + half))


def wilson(successes: float, trials: float, level: float, degrees: float = np.inf) -> Interval:
    """Interval of a proportion (Wilson 1927); neither bound leaves [0, 1], and 0 of n has an upper bound near 3/n.

    Args:
        successes: how many of `trials`; both may be fractions, for an effective sample size.
        trials: number of trials, more than 0.
        level: confidence level.
        degrees: degrees of freedom behind the number of trials; a t quantile takes the normal one's place.
    """
    share = successes / trials
    z2 = _t_quantile(level, degrees) ** 2
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = np.sqrt(share * (1 - share) * z2 / trials + z2**2 / (4 * trials**2)) / (1 + z2 / trials)
    low = 0.0 if share == 0 else max(0.0, float(centre - half))
    high = 1.0 if share == 1 else min(1.0, float(centre + half))
    return Interval(float(share), low, high)


def mean_over_seeds(values: Floats) -> MeanOverSeeds:
    """The mean of one value a seed, shape (seeds,), with at least two of them: Student's t."""
    seeds = len(values)
    return MeanOverSeeds(float(values.mean()), float(values.var(ddof=1) / seeds), seeds - 1)


def mean_over_seeds_and_texts(values: Floats, without_group: Floats) -> MeanOverSeeds:
    """The mean over seeds of a statistic of texts, where every seed saw the same texts.

    Two sources of error are crossed: which seeds were drawn, and which texts. Each one's variance is estimated with
    the other kept fixed, and they are added; what both share is then counted twice, so the interval errs on the wide
    side (Owen 2007, The pigeonhole bootstrap). Degrees of freedom by Satterthwaite (1946). With one seed the first
    source cannot be seen, and the interval speaks of that one model.

    Args:
        values: the statistic of every seed, shape (seeds,).
        without_group: the same with one group of texts left out, shape (seeds, groups): a delete-group jackknife.
    """
    seeds, groups = without_group.shape
    texts = _jackknife_variance(without_group.mean(axis=0))
    drawn = float(values.var(ddof=1) / seeds) if seeds > 1 else 0.0
    variance = drawn + texts
    if variance == 0:
        return MeanOverSeeds(float(values.mean()), 0.0, max(seeds - 1, 1))
    shares = texts**2 / (groups - 1) + (drawn**2 / (seeds - 1) if seeds > 1 else 0.0)
    return MeanOverSeeds(float(values.mean()), variance, variance**2 / shares)


def share_over_seeds_and_texts(values: Floats, without_group: Floats, texts: int, level: float) -> Interval:
    """The mean over seeds of a share of texts, as a Wilson interval at the effective sample size.

    The effective sample size is that number of independent texts at which a plain share would have the variance that
    `mean_over_seeds_and_texts` finds (Korn & Graubard 1998), and never more than the number of texts: seeds that read
    the same texts do not make them more. Where no seed has a success it is the number of texts.

    Args:
        values: the share of every seed, shape (seeds,).
        without_group: the same with one group of texts left out, shape (seeds, groups).
        texts: number of texts.
        level: confidence level.
    """
    mean = mean_over_seeds_and_texts(values, without_group)
    share = mean.estimate
    if mean.variance == 0 or share in (0.0, 1.0):
        return wilson(share * texts, texts, level)
    effective = min(share * (1 - share) / mean.variance, float(texts))
    return wilson(share * effective, effective, level, mean.degrees)


def _jackknife_variance(without_group: Floats) -> float:
    groups = len(without_group)
    return float((groups - 1) / groups * ((without_group - without_group.mean()) ** 2).sum())


def _t_quantile(level: float, degrees: float) -> float:
    return float(stats.t.ppf((1 + level) / 2, degrees))
