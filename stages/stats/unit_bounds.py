"""All units of a state against one bound: what would show each of them equivalent, and whether one lies beyond."""

import numpy as np

from stages.stats.reference import t_quantile, t_sf
from stages.stats.units import UnitShifts


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


def some_unit_beyond(units: UnitShifts, texts: int, epsilon: float, alpha: float = 0.05) -> bool:
    """Whether the mean of at least one unit is shown to move by more than `epsilon` standard deviations of h⁰.

    One-sided t tests of |mean| ≤ ε · spread, with the variance of the spread as in `UnitShifts.p_equivalent`, corrected
    for the number of units by Bonferroni.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt((units.sd**2 + (epsilon * units.spread) ** 2 / 2) / texts)
        beyond = (np.abs(units.mean) - epsilon * units.spread) / error
        # A unit that every text moves by the same amount is tested too: the scale of its bound is an estimate.
        p = np.where(units.spread > 0, t_sf(beyond, max(texts - 1, 1)), 1.0)
    tested = np.isfinite(units.shift)
    return bool(tested.any() and p[tested].min() * tested.sum() <= alpha)
