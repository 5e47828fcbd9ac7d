"""Contrasts of settings that were trained from the same seeds: differences, ratios, and shares of a difference."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stages.stats.intervals import Interval, mean_over_seeds
from stages.stats.reference import t_quantile
from stages.stats.training import ROUNDING
from stages.stats.verdicts import DIFFERENCE_LEVEL, EQUIVALENCE_LEVEL, Verdict, judge

Floats = NDArray[np.float64]

TOO_FEW = "fewer than two seeds have a value on both sides"
NO_SPREAD = "the same in every seed: no spread to make an interval of"


@dataclass(frozen=True)
class Contrast:
    """A mean over seeds of one contrast within a seed; the figures are None where they are undefined.

    Attributes:
        estimate: the mean; of a ratio the geometric mean.
        low: lower bound of the t interval over seeds.
        high: upper bound.
        n_seeds: how many seeds have a value.
        left_out: how many have none, because a side of the contrast is undefined or, for ratios, zero.
        reason: why something is undefined.
    """

    estimate: float | None
    low: float | None
    high: float | None
    n_seeds: int
    left_out: int
    reason: str | None = None


def over_seeds(by_seed: Floats, level: float) -> Contrast:
    """The mean of one difference a seed, shape (seeds,), NaN where it is undefined, with its paired t interval.

    A difference that is 0 in every seed is exact, with both bounds 0.
    """
    found = by_seed[np.isfinite(by_seed)]
    known, left_out = len(found), len(by_seed) - len(found)
    if not known:
        return Contrast(None, None, None, 0, left_out, TOO_FEW)
    mean = float(found.mean())
    if known < 2:
        return Contrast(mean, None, None, known, left_out, TOO_FEW)
    if not found.any():
        return Contrast(0.0, 0.0, 0.0, known, left_out)
    if np.ptp(found) <= ROUNDING * np.abs(found).max():
        return Contrast(mean, None, None, known, left_out, NO_SPREAD)
    interval = mean_over_seeds(found).interval(level)
    return Contrast(mean, interval.low, interval.high, known, left_out)


def as_ratio(contrast: Contrast) -> Contrast:
    """A contrast of logarithms as a ratio of geometric means: every figure exponentiated."""
    estimate, low, high = (None if value is None else float(np.exp(value)) for value in _figures(contrast))
    return replace(contrast, estimate=estimate, low=low, high=high)


def _figures(contrast: Contrast) -> tuple[float | None, float | None, float | None]:
    return contrast.estimate, contrast.low, contrast.high


def logarithms(values: Floats) -> Floats:
    """Natural logarithms; NaN where a value is zero or undefined, which no ratio can hold."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.where(values > 0, np.log(values), np.nan)
    return found


def averaged(by_combination: Floats) -> tuple[Floats, int]:
    """The mean over combinations of the other settings, seed by seed, and how many combinations are in it.

    Combinations that have fewer than two seeds with a value say nothing and are left out; a seed counts where it has
    a value in every combination that is left.

    Args:
        by_combination: shape (combinations, seeds), NaN where undefined.
    """
    kept = by_combination[np.isfinite(by_combination).sum(axis=1) >= 2]
    if not len(kept):
        # With one seed there is an estimate still, and no interval.
        kept = by_combination[np.isfinite(by_combination).any(axis=1)]
    if not len(kept):
        return np.full(by_combination.shape[1], np.nan), 0
    return kept.mean(axis=0), len(kept)


def verdict_on(by_seed: Floats, epsilon: float) -> Verdict:
    """What differences over seeds, shape (seeds,), NaN where undefined, let one say about ±epsilon."""
    found = by_seed[np.isfinite(by_seed)]
    if len(found) >= 2 and not found.any():
        return Verdict.EXACT
    if over_seeds(by_seed, DIFFERENCE_LEVEL).low is None:
        return Verdict.UNDEFINED
    mean = mean_over_seeds(found)
    return judge(mean.interval(EQUIVALENCE_LEVEL), mean.interval(DIFFERENCE_LEVEL), epsilon)


def not_worse(by_seed: Floats, epsilon: float) -> bool:
    """Whether the lower bound of the 90 % interval, a one-sided test at 5 %, is above −epsilon."""
    if verdict_on(by_seed, epsilon) in (Verdict.EXACT, Verdict.EQUIVALENT):
        return True
    low = over_seeds(by_seed, EQUIVALENCE_LEVEL).low
    return low is not None and low > -epsilon


def share_closed(before: Floats, after: Floats, level: float) -> Interval | None:
    """1 − mean(after) / mean(before) over seeds, with the interval of a ratio of paired means (Fieller 1954).

    None where `before` is not shown to differ from 0 at this level, so that the ratio has no bounds, or with fewer
    than two seeds.

    Args:
        before: the gap of every seed, shape (seeds,).
        after: what is left of it, in the same order.
        level: confidence level.
    """
    seeds = len(before)
    if seeds < 2:
        return None
    (top, bottom), covariance = (after.mean(), before.mean()), np.cov(after, before) / seeds
    t2 = t_quantile((1 + level) / 2, seeds - 1) ** 2
    square = bottom**2 - t2 * covariance[1, 1]
    if square <= 0:
        return None
    middle = top * bottom - t2 * covariance[0, 1]
    root = np.sqrt(max(0.0, middle**2 - square * (top**2 - t2 * covariance[0, 0])))
    return Interval(float(1 - top / bottom), float(1 - (middle + root) / square), float(1 - (middle - root) / square))
