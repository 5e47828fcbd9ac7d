"""Intervals: of one proportion, of a mean over seeds, and of a mean over seeds that all saw the same texts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from stages.stats.special import t_quantile

Floats = NDArray[np.float64]

CHANCE_LEVEL = 0.95
"""Confidence level of the interval that tells whether a model learned."""


@dataclass(frozen=True)
class Interval:
    """An estimate with the bounds of its interval at one confidence level."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True)
class ErrorSource:
    """One source of error of a mean: its share of the squared standard error, with its degrees of freedom."""

    variance: float
    degrees: float


@dataclass(frozen=True)
class MeanOverSeeds:
    """A mean over seeds with its independent sources of error, from which an interval of any level follows."""

    estimate: float
    sources: tuple[ErrorSource, ...]

    @property
    def variance(self) -> float:
        """The squared standard error of the mean."""
        return sum(source.variance for source in self.sources)

    def interval(self, level: float) -> Interval:
        """The two-sided interval, half as wide as `half_width` on either side."""
        half = self.half_width(level)
        return Interval(self.estimate, self.estimate - half, self.estimate + half)

    def half_width(self, level: float) -> float:
        """√Σ t²·variance, with the t quantile of each source's own degrees of freedom (Banerjee 1960).

        For independent normal sources it covers at least what it promises, and one source alone gives Student's t.
        Satterthwaite's single quantile covers less: 92 % instead of 95 % where three seeds differ much.
        """
        return float(np.sqrt(sum(_t_quantile(level, source.degrees) ** 2 * source.variance for source in self.sources)))

    def with_seeds(self, seeds: int) -> "MeanOverSeeds":
        """A crossed mean as so many seeds would give it at the same estimate, spread and texts.

        Where the spread of seeds is unknown, because there was one, it stays as it is.
        """
        if len(self.sources) < 3:
            return self
        of_seeds, of_texts, of_both = self.sources
        fewer = (of_seeds.degrees + 1) / seeds
        more = ErrorSource(of_seeds.variance * fewer, seeds - 1)
        both = ErrorSource(of_both.variance * fewer, (seeds - 1) * of_texts.degrees)
        return replace(self, sources=(more, of_texts, both))


def wilson(successes: float, trials: float, level: float) -> Interval:
    """Interval of a proportion (Wilson 1927); neither bound leaves [0, 1], and 0 of n has an upper bound near 3/n.

    Args:
        successes: how many of `trials`; both may be fractions, for an effective sample size.
        trials: number of trials, more than 0.
        level: confidence level.
    """
    return _wilson(successes / trials, trials, _t_quantile(level, np.inf))


def beats_majority(scores: Mapping[str, float]) -> bool:
    """Whether a model is shown to be better than always naming the most frequent class.

    The interval of its accuracy lies above that class's share.

    Args:
        scores: of the model on some texts: how many `texts`, `correct`, and of the `majority` class.
    """
    return wilson(scores["correct"], scores["texts"], CHANCE_LEVEL).low > scores["majority"] / scores["texts"]


def mean_over_seeds(values: Floats) -> MeanOverSeeds:
    """The mean of one value a seed, shape (seeds,), with at least two of them: Student's t."""
    seeds = len(values)
    return MeanOverSeeds(float(values.mean()), (ErrorSource(float(values.var(ddof=1) / seeds), seeds - 1),))


def mean_over_seeds_and_texts(values: Floats, without_group: Floats) -> MeanOverSeeds:
    """The mean over seeds of a statistic of texts, where every seed saw the same texts.

    Seeds and texts are crossed, which makes three sources of error: the seeds; the texts, as all seeds read them; and
    what each seed makes of each text, seen from how much more one seed's jackknife varies than that of the mean. The
    seeds' and the texts' source is what their spread has beyond the third one, never below 0, as in an analysis of
    variance of two crossed factors: each source counts once, with the quantile of its own degrees of freedom. (Owen
    2007, The pigeonhole bootstrap, counts the third one twice: twelve seeds that do not differ then cover 99 %.) With
    one seed it speaks of that one model. Coverage at 95 %, for normal effects: 94 % to 98 % from three seeds on, 91 %
    to 98 % with two.

    Args:
        values: the statistic of every seed, shape (seeds,).
        without_group: the same with one group of texts left out, shape (seeds, groups): a delete-group jackknife.
    """
    seeds, groups = without_group.shape
    texts = float(_jackknife_variance(without_group.mean(axis=0)))
    if seeds == 1:
        return MeanOverSeeds(float(values[0]), (ErrorSource(texts, groups - 1),))
    both = max(0.0, float(_jackknife_variance(without_group).mean() - texts) / (seeds - 1))
    of_seeds = ErrorSource(max(0.0, float(values.var(ddof=1)) / seeds - both), seeds - 1)
    of_texts = ErrorSource(max(0.0, texts - both), groups - 1)
    of_both = ErrorSource(both, (seeds - 1) * (groups - 1))
    return MeanOverSeeds(float(values.mean()), (of_seeds, of_texts, of_both))


def same_everywhere(mean: MeanOverSeeds, texts: int, level: float) -> Interval:
    """The interval of a mean of texts that has no variance, as where no text turned: what 0 of n leaves open.

    A jackknife of groups that are all alike gives a width of 0, which no number of texts can.
    """
    width = wilson(0, texts, level).high
    return Interval(mean.estimate, mean.estimate - width, mean.estimate + width)


def mean_over_pairs_of_seeds(values: Floats, without_group: Floats) -> MeanOverSeeds:
    """The mean over all pairs of seeds of a statistic of texts that compares the two models.

    Pairs share seeds, so they are not independent: the variance of seeds is that of leaving out one seed with all its
    pairs at a time (the jackknife of a U-statistic, Arvesen 1969). The variance of texts is added as in
    `mean_over_seeds_and_texts`. With two seeds the first cannot be seen, and the interval speaks of these two models.

    Args:
        values: shape (seeds, seeds), of which the entries above the diagonal count.
        without_group: the same with one group of texts left out, shape (seeds, seeds, groups).
    """
    seeds, groups = len(values), without_group.shape[-1]
    above = np.triu_indices(seeds, 1)
    of_texts = ErrorSource(float(_jackknife_variance(without_group[above].mean(axis=0))), groups - 1)
    mean = float(values[above].mean())
    if seeds < 3:
        return MeanOverSeeds(mean, (of_texts,))
    kept = [values[np.ix_(rest, rest)][np.triu_indices(seeds - 1, 1)].mean() for rest in _each_left_out(seeds)]
    return MeanOverSeeds(mean, (ErrorSource(float(_jackknife_variance(np.array(kept))), seeds - 1), of_texts))


def share_over_seeds_and_texts(values: Floats, without_group: Floats, texts: int, level: float) -> Interval:
    """The mean over seeds of a share of texts, as a Wilson interval at the effective sample size.

    The effective sample size is that number of independent texts at which a plain share would have the variance that
    `mean_over_seeds_and_texts` finds (Korn & Graubard 1998), and never more than the number of texts: seeds that read
    the same texts do not make them more. Where no seed has a success it is the number of texts. The quantile is the
    one behind `MeanOverSeeds.half_width`: with few seeds that differ it is nearly that of Student's t for the seeds.

    Coverage at 95 % (tests/calibration.md), for rates of .002 to .1, 200 or 1000 texts and seeds whose rates have a
    standard deviation of up to the rate itself: 92 % or more with three seeds and with six. With two seeds whose rates
    differ that much it falls to 88 %: one degree of freedom, and rates far from normal. It is 98 % to 100 % where the
    seeds do not differ.

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
    return _wilson(share, effective, mean.half_width(level) / mean.variance**0.5)


def _wilson(share: float, trials: float, quantile: float) -> Interval:
    z2 = quantile**2
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = np.sqrt(share * (1 - share) * z2 / trials + z2**2 / (4 * trials**2)) / (1 + z2 / trials)
    low = 0.0 if share == 0 else max(0.0, float(centre - half))
    high = 1.0 if share == 1 else min(1.0, float(centre + half))
    return Interval(float(share), low, high)


def _each_left_out(count: int) -> list[NDArray[np.intp]]:
    return [np.delete(np.arange(count), index) for index in range(count)]


def _jackknife_variance(without_group: Floats) -> Floats:
    """Along the last axis, the groups."""
    groups = without_group.shape[-1]
    deviation = without_group - without_group.mean(axis=-1, keepdims=True)
    variance: Floats = (groups - 1) / groups * (deviation**2).sum(axis=-1)
    return variance


@lru_cache(maxsize=10_000)
def _t_quantile(level: float, degrees: float) -> float:
    return t_quantile((1 + level) / 2, degrees)
