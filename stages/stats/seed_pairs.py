"""Did training suffer? Two variants trained from the same seeds, compared seed by seed."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from stages.stats.intervals import Interval, mean_over_seeds, wilson
from stages.stats.special import noncentral_f_sf, t_cdf, t_quantile, t_sf
from stages.stats.verdicts import DIFFERENCE_LEVEL, EQUIVALENCE_LEVEL, UNMOVED, Verdict, judge

Floats = NDArray[np.float64]

MOST_EXACT_SEEDS = 16
"""Up to here all 2^seeds assignments of signs are counted; beyond, random ones are drawn."""
SIGN_DRAWS = 20_000
ROUNDING = 1e-12
"""Differences of shares that are equal on paper differ by rounding: by less than this part of the largest."""

TOO_FEW = "fewer than two seeds have a value on both sides"
NO_SPREAD = "the same in every seed: no spread to make an interval of"


@dataclass(frozen=True)
class PairedComparison:
    """The difference A − B of one score, over seeds that trained both; what is undefined is NaN or None.

    Attributes:
        difference: A − B by seed, shape (seeds,).
        epsilon: the largest difference that does not matter.
        sign_flip_p: two-sided p of "the sign of every difference is a coin" for the mean; 2 / 2^seeds at best.
        tost_p: p of the two one-sided paired t tests against ±epsilon (Schuirmann 1987): small shows equivalence.
        reason: why t intervals, TOST and the detectable difference are undefined, or None where they are defined.
    """

    difference: Floats
    epsilon: float
    sign_flip_p: float
    tost_p: float
    reason: str | None

    @property
    def n_seeds(self) -> int:
        """Number of seeds."""
        return len(self.difference)

    @property
    def mean(self) -> float:
        """The mean difference; NaN without seeds."""
        return float(self.difference.mean()) if self.n_seeds else float("nan")

    def interval(self, level: float) -> Interval | None:
        """The paired t interval of the mean difference; None where it is undefined."""
        return None if self.reason else mean_over_seeds(self.difference).interval(level)

    def better(self, level: float) -> Interval | None:
        """P(A > B) for a new seed, ties by half, with its Wilson interval (Bouthillier et al. 2021).

        A is meaningfully better where the interval lies above .5 and the estimate above .75. None with fewer than two
        seeds, and where A equals B in every seed.
        """
        if self.n_seeds < 2 or not self.difference.any():
            return None
        wins = float((self.difference > 0).sum() + 0.5 * (self.difference == 0).sum())
        return wilson(wins, self.n_seeds, level)

    def detectable(self, power: float = 0.8, alpha: float = 0.05) -> float:
        """The smallest true difference that a two-sided paired t test finds with this power; NaN where undefined.

        It takes the spread seen here for the true one.
        """
        if self.reason:
            return float("nan")
        scale = float(self.difference.std(ddof=1))
        return scale * detectable_effect(self.n_seeds, power, alpha)


def paired_comparison(
    difference: Floats, epsilon: float, generator: np.random.Generator | None = None
) -> PairedComparison:
    """Compare two variants by their differences over seeds.

    Args:
        difference: A − B of every seed, shape (seeds,), all finite.
        epsilon: the largest difference that does not matter, more than 0.
        generator: draws the signs where there are more than MOST_EXACT_SEEDS seeds.

    Raises:
        ValueError: more than MOST_EXACT_SEEDS seeds and no generator.
    """
    difference = np.asarray(difference, dtype=np.float64)
    seeds = len(difference)
    reason = _undefined(difference)
    nothing_to_flip = seeds < 2 or not difference.any()
    return PairedComparison(
        difference=difference,
        epsilon=epsilon,
        sign_flip_p=float("nan") if nothing_to_flip else sign_flip_p(difference, generator),
        tost_p=float("nan") if reason else _tost_p(difference, epsilon),
        reason=reason,
    )


def sign_flip_p(difference: Floats, generator: np.random.Generator | None = None) -> float:
    """Two-sided p of the mean difference under random signs: exact by counting, beyond 16 seeds by 20,000 draws.

    The drawn p counts the data themselves as one draw, so that it is never 0 (Phipson & Smyth 2010).

    Raises:
        ValueError: more than MOST_EXACT_SEEDS seeds and no generator.
    """
    seeds = len(difference)
    seen = abs(difference.sum()) - ROUNDING * np.abs(difference).sum()
    if seeds <= MOST_EXACT_SEEDS:
        bits = (np.arange(2**seeds)[:, np.newaxis] >> np.arange(seeds)) & 1
        return float((np.abs((1 - 2 * bits) @ difference) >= seen).mean())
    if generator is None:
        raise ValueError(f"more than {MOST_EXACT_SEEDS} seeds need a generator to draw signs")
    signs = 1 - 2 * generator.integers(0, 2, size=(SIGN_DRAWS, seeds))
    return float((1 + (np.abs(signs @ difference) >= seen).sum()) / (1 + SIGN_DRAWS))


def detectable_effect(seeds: int, power: float = 0.8, alpha: float = 0.05) -> float:
    """The effect in standard deviations of the differences that a paired t test finds with this power.

    T² follows the noncentral F distribution with 1 and seeds − 1 degrees of freedom (SciPy's noncentral t gives NaN in
    the far tail). Takes at least two seeds and a power between alpha and 1.
    """
    critical = t_quantile(1 - alpha / 2, seeds - 1) ** 2

    def excess(effect: float) -> float:
        return noncentral_f_sf(critical, 1, seeds - 1, seeds * effect**2) - power

    enough = 1.0
    while excess(enough) < 0:
        enough *= 2
    return float(optimize.brentq(excess, 0, enough))


def _undefined(difference: Floats) -> str | None:
    if len(difference) < 2:
        return f"{len(difference)} paired seed{'s' * (len(difference) != 1)}: a comparison takes at least two"
    if not difference.any():
        return "EXACT: the difference is 0 in every seed"
    if np.ptp(difference) <= ROUNDING * np.abs(difference).max():
        return "the difference is the same in every seed: no spread to judge it by"
    return None


def _tost_p(difference: Floats, epsilon: float) -> float:
    seeds = len(difference)
    error = difference.std(ddof=1) / np.sqrt(seeds)
    above = t_sf((difference.mean() + epsilon) / error, seeds - 1)
    below = t_cdf((difference.mean() - epsilon) / error, seeds - 1)
    return float(max(above, below))


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
    defined = by_seed[np.isfinite(by_seed)]
    known, left_out = len(defined), len(by_seed) - len(defined)
    if not known:
        return Contrast(None, None, None, 0, left_out, TOO_FEW)
    mean = float(defined.mean())
    if known < 2:
        return Contrast(mean, None, None, known, left_out, TOO_FEW)
    if not defined.any():
        return Contrast(0.0, 0.0, 0.0, known, left_out)
    if np.ptp(defined) <= ROUNDING * np.abs(defined).max():
        return Contrast(mean, None, None, known, left_out, NO_SPREAD)
    interval = mean_over_seeds(defined).interval(level)
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
        logarithm: Floats = np.where(values > 0, np.log(values), np.nan)
    return logarithm


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
    defined = by_seed[np.isfinite(by_seed)]
    if len(defined) >= 2 and not defined.any():
        return Verdict.EXACT
    if over_seeds(by_seed, DIFFERENCE_LEVEL).low is None:
        return Verdict.UNDEFINED
    mean = mean_over_seeds(defined)
    return judge(mean.interval(EQUIVALENCE_LEVEL), mean.interval(DIFFERENCE_LEVEL), epsilon)


def not_worse(by_seed: Floats, epsilon: float) -> bool:
    """Whether the lower bound of the 90 % interval, a one-sided test at 5 %, is above −epsilon."""
    if verdict_on(by_seed, epsilon) in (*UNMOVED, Verdict.EQUIVALENT):
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
