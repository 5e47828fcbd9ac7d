"""How a cost grows with a size: cost = a + b·size^p, where a is the start and p the slope.

The start, imports above all, is a parameter of the fit and not taken off beforehand: a cost measured at the smallest
size already holds some of the growth, and taking it off would make every slope too steep. Squares of relative errors
are summed, for the noise of a measured time or memory is about proportional to it. Given p, the model is linear in a
and b, neither of which may be negative (Lawson & Hanson 1974); p is searched on a grid. The interval of p holds the
values that an F test at 5 % does not reject against the best one (profile likelihood; Bates & Watts 1988, ch. 6).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

EXPONENTS = np.round(np.arange(0.05, 3.0 + 1e-9, 0.01), 2)
"""Values of p that are tried. An interval that reaches an end of them is open there."""

LEVEL = 0.95
FLAT = 1.05
"""A cost whose fit at the largest size is less than so many times that at the smallest does not grow: no exponent."""
FEWEST_MORE = 1
"""Measurements beyond the three parameters without which there is no interval."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Slope:
    """A fit.

    Attributes:
        start: a, in the unit of the cost.
        factor: b.
        exponent: p, or None where the cost is flat.
        low, high: the interval of p.
        miss: the largest relative error of the fit.
    """

    start: float
    factor: float
    exponent: float | None
    low: float | None
    high: float | None
    miss: float

    @property
    def open(self) -> tuple[bool, bool]:
        """Whether the interval ends below and above only because no further exponents were tried."""
        return self.low == EXPONENTS[0], self.high == EXPONENTS[-1]

    def at(self, sizes: Floats) -> Floats:
        """The fitted cost at each size."""
        grown: Floats = self.start + self.factor * sizes ** (self.exponent or 0.0)
        return grown


def slope_of(sizes: Sequence[float], costs: Sequence[float]) -> Slope:
    """Fit cost = a + b·size^p to at least four measurements, several of which may be of one size.

    Raises:
        ValueError: fewer measurements, fewer than three sizes, or a size or cost that is not positive.
    """
    x, y = np.asarray(sizes, dtype=np.float64), np.asarray(costs, dtype=np.float64)
    freedom = len(x) - 3
    if freedom < FEWEST_MORE or len(np.unique(x)) < 3:
        raise ValueError("a slope needs four measurements or more, of three sizes or more")
    if min(x.min(), y.min()) <= 0:
        raise ValueError("sizes and costs must be positive")
    scale = x.max()
    found = [_given(exponent, x / scale, y) for exponent in EXPONENTS]
    errors = np.array([error for _, _, error in found])
    best = int(errors.argmin())
    exponent, (start, factor, error) = float(EXPONENTS[best]), found[best]
    if start + factor < FLAT * (start + factor * (x.min() / scale) ** exponent):
        constant = float((1 / y).sum() / (1 / y**2).sum())
        return Slope(constant, 0.0, None, None, None, float(np.abs(constant / y - 1).max()))
    # Where the fit is exact, rounding must not empty the interval.
    bound = error * (1 + stats.f.ppf(LEVEL, 1, freedom) / freedom) + 1e-18
    inside = EXPONENTS[errors <= bound]
    miss = float(np.abs((start + factor * (x / scale) ** exponent) / y - 1).max())
    return Slope(start, factor / scale**exponent, exponent, float(inside[0]), float(inside[-1]), miss)


def _given(exponent: float, x: Floats, y: Floats) -> tuple[float, float, float]:
    """a and b of the best fit at this p, and its sum of squared relative errors."""
    (start, factor), root = optimize.nnls(np.stack([1 / y, x**exponent / y], axis=1), np.ones(len(y)))
    return float(start), float(factor), float(root**2)
