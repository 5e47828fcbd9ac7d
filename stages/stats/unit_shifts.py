"""Which units of a state moved, by how much, and which provably did not; and a test of all units from few texts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stages.stats.moments import NO_SPREAD
from stages.stats.shift import ShiftSums
from stages.stats.special import t_cdf, t_quantile, t_sf

Floats = NDArray[np.float64]

MOVED_EFFECT = 0.2
"""|d_z| above which a unit counts as moved: what Cohen (1988) called a small effect."""

EXACT_TEXTS = 12
"""Up to this many texts all 2ⁿ sign flips are tried."""

FLIPS_AT_ONCE = 1024


@dataclass(frozen=True)
class UnitShifts:
    """The shift Δ = hᵏ − h⁰ of every unit over texts; every array has shape (width,), NaN is undefined.

    A unit that no text moves is exactly equivalent: effect 0, p_equivalent 0, and no test of a difference. A unit that
    every text moves by the same amount has no effect size (it would be infinite) and no test of a difference; whether
    it is equivalent is then certain. A unit with a constant h⁰ has no scale to judge its shift by. Under two texts
    everything but the mean is undefined.

    Attributes:
        mean: mean Δ.
        sd: standard deviation of Δ.
        effect: d_z = mean / sd.
        spread: standard deviation of h⁰.
        shift: mean / spread.
        p_different: of the paired t test; underflows to 0 for many texts.
        p_equivalent: of two one-sided t tests with bound ε · spread (Schuirmann 1987). The spread is estimated too, so
            its variance, spread² / 2n for a normal h⁰, is added to that of the mean by the share ε² of the bound.
        q_different: p_different, adjusted for the number of units at any correlation (Benjamini & Yekutieli 2001).
    """

    mean: Floats
    sd: Floats
    effect: Floats
    spread: Floats
    shift: Floats
    p_different: Floats
    p_equivalent: Floats
    q_different: Floats

    def moved(self) -> float:
        """Share of the units with an effect size where |d_z| > MOVED_EFFECT; NaN where no unit has one."""
        return self._share(np.abs(self.effect) > MOVED_EFFECT)

    def different(self, alpha: float = 0.05) -> float:
        """Share of the units with an effect size that differ at a false discovery rate of alpha; NaN without any."""
        return self._share(self.q_different <= alpha)

    def all_equivalent(self, alpha: float = 0.05) -> bool | None:
        """Whether all units are equivalent: intersection–union, no correction (Berger & Hsu 1996); None: undefined."""
        largest = self.p_equivalent.max(initial=0.0)
        return None if np.isnan(largest) else bool(largest <= alpha)

    def _share(self, chosen: NDArray[np.bool_]) -> float:
        defined = np.isfinite(self.effect)
        return float(chosen[defined].mean()) if defined.any() else float("nan")


def unit_shifts(sums: ShiftSums, epsilon: float) -> UnitShifts:
    """The shift of every unit.

    Args:
        sums: over the texts.
        epsilon: bound of the equivalence tests in standard deviations of h⁰, more than 0.
    """
    pair, mean = sums.pair, sums.pair.mean_y
    if pair.n < 2:
        undefined = np.full_like(mean, np.nan)
        return UnitShifts(mean if pair.n else undefined, *[undefined] * 7)
    spread, sd = _deviation(pair.xx, pair.mean_x, pair.n), _deviation(pair.yy, mean, pair.n)
    still = sums.largest_of_unit == 0
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = np.where(sd > 0, mean / sd, np.where(still, 0.0, np.nan))
        shift = np.where(spread > 0, mean / spread, np.where(still, 0.0, np.nan))
        p_different = np.where(sd > 0, 2 * t_sf(np.abs(mean / sd) * np.sqrt(pair.n), pair.n - 1), np.nan)
        margin = np.abs(mean) - epsilon * spread
        error = np.sqrt((sd**2 + (epsilon * spread) ** 2 / 2) / pair.n)
        tested = np.where(sd > 0, t_cdf(margin / error, pair.n - 1), margin >= 0)
    p_equivalent = np.where(still, 0.0, np.where(spread > 0, tested, np.nan))
    return UnitShifts(mean, sd, effect, spread, shift, p_different, p_equivalent, _adjusted(p_different))


def text_sign_flip_p(delta: NDArray[np.floating], generator: np.random.Generator, resamples: int = 9999) -> float:
    """Whether Δ has a mean other than 0, from few texts and all units at once, by flipping the sign of whole texts.

    The statistic is ‖mean Δ‖² over the variance pooled over units. As no flip changes Σ‖Δ‖², it grows with
    ‖ΣΔ‖² / Σ‖Δ‖², which is what is compared; neither depends on the scale of Δ. Under the null, Δ of a text is as
    likely as −Δ. All 2ⁿ flips up to EXACT_TEXTS texts, otherwise `resamples` random ones: (b + 1) / (m + 1)
    (Phipson & Smyth 2010).

    Args:
        delta: shape (n, width).
        generator: draws the flips.
        resamples: number of random flips m.

    Returns:
        p; NaN for fewer than two texts, or where nothing moved.
    """
    texts, largest = len(delta), np.abs(delta).max(initial=0.0)
    if texts < 2 or largest == 0:
        return float("nan")
    rows = delta.astype(np.float64) / largest
    # Equal statistics may differ by rounding; without the slack the observed one would not count itself.
    observed = (rows.sum(axis=0) ** 2).sum() - 1e-12 * (rows**2).sum()
    if texts <= EXACT_TEXTS:
        signs = 1.0 - 2.0 * (np.arange(2**texts)[:, np.newaxis] >> np.arange(texts) & 1)
        return float((((signs @ rows) ** 2).sum(axis=1) >= observed).mean())
    beyond = 0
    for start in range(0, resamples, FLIPS_AT_ONCE):
        signs = 1.0 - 2.0 * generator.integers(0, 2, (min(FLIPS_AT_ONCE, resamples - start), texts))
        beyond += int((((signs @ rows) ** 2).sum(axis=1) >= observed).sum())
    return (beyond + 1) / (resamples + 1)


def _deviation(products: Floats, mean: Floats, n: int) -> Floats:
    """Standard deviation, 0 where it is rounding."""
    squares = np.diag(products)
    return np.where(squares > NO_SPREAD * (squares + n * mean**2), np.sqrt(squares / (n - 1)), 0.0)


def _adjusted(p: Floats) -> Floats:
    """The p of the defined ones, adjusted as Benjamini and Yekutieli (2001) do."""
    from scipy import stats  # here, because its import takes a second

    adjusted = np.full_like(p, np.nan)
    defined = np.isfinite(p)
    if defined.any():
        adjusted[defined] = stats.false_discovery_control(p[defined], method="by")
    return adjusted


def largest_shift(units: UnitShifts) -> float:
    """The largest |shift| of a unit, in standard deviations of h⁰; NaN where a unit's shift is undefined."""
    return float(np.abs(units.shift).max(initial=0.0))


def smallest_unit_epsilon(units: UnitShifts, texts: int, alpha: float = 0.05) -> float:
    """ε*: the smallest bound at which all units of `texts` texts would be equivalent; NaN where one is undefined.

    With x = ε · spread, the bound where `UnitShifts.p_equivalent` is alpha solves (x − |mean|)² = t² (sd² + x²/2) / n;
    the largest over units, by intersection–union (Berger & Hsu 1996). Under four texts no bound is wide enough,
    which is NaN too, but for units that every text moves by the same amount.
    """
    n = max(texts, 2)
    t2 = t_quantile(1 - alpha, n - 1) ** 2 / n
    mean, leading = np.abs(units.mean), 1 - t2 / 2 if t2 < 2 else float("nan")
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt(mean**2 - leading * (mean**2 - t2 * units.sd**2))
        bounds = np.where(units.sd > 0, (mean + root) / leading, mean) / units.spread
    still = (units.mean == 0) & (units.sd == 0)
    # Without a scale there is no bound: NaN, and not the infinity of a division by 0.
    bounds = np.where(still, 0.0, np.where(np.isfinite(units.shift), bounds, np.nan))
    return float(bounds.max(initial=0.0))
