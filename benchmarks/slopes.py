"""How costs grow with a size: cost = a + b·size^p, where a is the start and p the slope.

The start, imports above all, is a parameter of the fit and not taken off beforehand: a cost measured at the smallest
size already holds some of the growth, and taking it off would make every slope too steep. Squares of relative errors
are summed, for the noise of a measured time or memory is about proportional to it. Given p, the model is linear in a
and b, neither of which may be negative (Lawson & Hanson 1974); p is searched on a grid.

The noise is that of the machine and not of one series, so its variance is pooled over all series that are fitted
together, with as many degrees of freedom as there are measurements beyond the parameters. The interval of p holds the
values that an F test at 5 % does not reject against the best one (profile likelihood; Bates & Watts 1988, ch. 6).
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

EXPONENTS = np.round(np.arange(0.05, 3.0 + 1e-9, 0.01), 2)
"""Values of p that are tried. An interval that reaches an end of them is open there."""

LEVEL = 0.95
PARAMETERS = 3
FLAT = 1.05
"""A cost whose fit at the largest size is less than so many times that at the smallest does not grow: no exponent."""

Floats = NDArray[np.float64]
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Slope:
    """A fit.

    Attributes:
        start: a, in the unit of the cost.
        factor: b.
        exponent: p, or None where the cost is flat.
        low, high: the interval of p.
        miss: the largest relative error of the fit.
        profile: the fits at every exponent.
        limit: the squared errors that are not rejected.
    """

    start: float
    factor: float
    exponent: float | None
    low: float | None
    high: float | None
    miss: float
    profile: "_Profile"
    limit: float

    @property
    def open(self) -> tuple[bool, bool]:
        """Whether the interval ends below and above only because no further exponents were tried."""
        return self.low == EXPONENTS[0], self.high == EXPONENTS[-1]

    def at(self, sizes: Floats) -> Floats:
        """The fitted cost at each size."""
        grown: Floats = self.start + self.factor * sizes ** (self.exponent or 0.0)
        return grown

    def range_at(self, size: float) -> tuple[float, float]:
        """The least and the largest cost at a size that the same test does not reject; a flat cost goes on as it is."""
        if self.exponent is None:
            return self.start * (1 - self.miss), self.start * (1 + self.miss)
        of, ends = self.profile, []
        for exponent, start, factor, errors in zip(EXPONENTS, of.start, of.factor, of.errors, strict=True):
            if errors <= self.limit:
                columns = np.stack([1 / of.costs, (of.sizes / of.sizes.max()) ** exponent / of.costs], axis=1)
                at = np.array([1.0, (size / of.sizes.max()) ** exponent])
                wide = np.sqrt((self.limit - errors) * (at @ np.linalg.pinv(columns.T @ columns) @ at))
                middle = at @ np.array([start, factor])
                ends += [middle - wide, middle + wide]
        return max(0.0, float(min(ends))), float(max(ends))


@dataclass(frozen=True)
class _Profile:
    """The best fit of one series at every exponent: a, b for sizes as shares of the largest, and the squared errors."""

    sizes: Floats
    costs: Floats
    start: Floats
    factor: Floats
    errors: Floats

    @property
    def freedom(self) -> int:
        return len(self.costs) - PARAMETERS


def slopes_of(series: Mapping[Key, tuple[Sequence[float], Sequence[float]]]) -> dict[Key, Slope]:
    """Fit cost = a + b·size^p to sizes and costs of every series, several of which may be of one size.

    Raises:
        ValueError: a series has fewer than three sizes, or all together no measurement beyond the parameters; a size
            or cost is not positive.
    """
    profiles = {key: _profile(*each) for key, each in series.items()}
    freedom = sum(each.freedom for each in profiles.values())
    if freedom < 1:
        raise ValueError("there must be more measurements than the three parameters of every slope")
    variance = sum(float(each.errors.min()) for each in profiles.values()) / freedom
    # Where the fit is exact, rounding must not empty the interval.
    allowed = variance * float(stats.f.ppf(LEVEL, 1, freedom)) + 1e-18
    return {key: _slope(each, allowed) for key, each in profiles.items()}


def _profile(sizes: Sequence[float], costs: Sequence[float]) -> _Profile:
    x, y = np.asarray(sizes, dtype=np.float64), np.asarray(costs, dtype=np.float64)
    if len(np.unique(x)) < PARAMETERS:
        raise ValueError("a slope needs three sizes or more")
    if min(x.min(), y.min()) <= 0:
        raise ValueError("sizes and costs must be positive")
    found = [
        optimize.nnls(np.stack([1 / y, (x / x.max()) ** exponent / y], axis=1), np.ones(len(y)))
        for exponent in EXPONENTS
    ]
    start, factor = np.array([parameters for parameters, _ in found]).T
    return _Profile(x, y, start, factor, np.array([root for _, root in found]) ** 2)


def _slope(of: _Profile, allowed: float) -> Slope:
    """The best exponent, and those whose squared errors are larger by no more than is `allowed`."""
    best = int(of.errors.argmin())
    exponent, start, factor = float(EXPONENTS[best]), float(of.start[best]), float(of.factor[best])
    grown = start + factor * (of.sizes / of.sizes.max()) ** exponent
    limit = float(of.errors[best] + allowed)
    if grown.max() < FLAT * grown.min():
        constant = float((1 / of.costs).sum() / (1 / of.costs**2).sum())
        miss = float(np.abs(constant / of.costs - 1).max())
        return Slope(constant, 0.0, None, None, None, miss, of, limit)
    inside = EXPONENTS[of.errors <= limit]
    miss = float(np.abs(grown / of.costs - 1).max())
    factor /= float(of.sizes.max()) ** exponent
    return Slope(start, factor, exponent, float(inside[0]), float(inside[-1]), miss, of, limit)
