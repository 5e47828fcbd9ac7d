"""Two rows of a sweep compared seed by seed: the same seed means the same initial weights and order of texts."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from stages.reporting.results import DRIFT, FLIPS, Estimate
from stages.stats.seed_pairs import Contrast, as_ratio, logarithms, over_seeds, verdict_on
from stages.stats.verdicts import DIFFERENCE_LEVEL, EQUIVALENCE_LEVEL, Verdict
from stages.sweeps.summary.swept import ACCURACY, Row

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Comparison:
    """One contrast of every seed, with what their mean says.

    Attributes:
        by_seed: the differences, or the logarithms of the ratios, shape (seeds,); NaN where a side is undefined.
        ratio: whether they are logarithms, of which `value` is the ratio.
        level: confidence level of `value`.
    """

    by_seed: Floats
    ratio: bool
    level: float

    @cached_property
    def contrast(self) -> Contrast:
        """Mean and interval on the scale of `by_seed`."""
        return over_seeds(self.by_seed, self.level)

    @property
    def value(self) -> Estimate | None:
        """The mean difference or the ratio of geometric means, with the t interval over seeds; None without a seed."""
        found = as_ratio(self.contrast) if self.ratio else self.contrast
        return None if found.estimate is None else Estimate(found.estimate, found.low, found.high)

    def verdict(self, epsilon: float) -> Verdict:
        """What it says of ±epsilon; EXACT where every seed has the same on both sides."""
        return verdict_on(self.by_seed, epsilon)

    def above(self, bound: float, level: float = DIFFERENCE_LEVEL) -> bool:
        """Whether the whole interval lies above a bound, of the logarithm where it is a ratio."""
        low = over_seeds(self.by_seed, level).low
        return low is not None and low > bound

    def below(self, bound: float, level: float = DIFFERENCE_LEVEL) -> bool:
        """Whether the whole interval lies below a bound, of the logarithm where it is a ratio."""
        high = over_seeds(self.by_seed, level).high
        return high is not None and high < bound

    def apart(self, comparisons: int) -> bool:
        """Whether its interval holds no 0, widened for so many comparisons (Bonferroni)."""
        level = 1 - (1 - DIFFERENCE_LEVEL) / max(1, comparisons)
        return self.above(0.0, level) or self.below(0.0, level)

    def inside(self, bound: float) -> bool:
        """Whether it is shown to lie within ±bound: two one-sided tests at 5 % each (Schuirmann 1987)."""
        return self.above(-bound, EQUIVALENCE_LEVEL) and self.below(bound, EQUIVALENCE_LEVEL)


def accuracy_difference(one: Row, two: Row, level: float) -> Comparison:
    """Test accuracy of one row minus that of another."""
    return _difference(one, two, ACCURACY, level)


def flip_difference(one: Row, two: Row, level: float) -> Comparison:
    """Share of flipped predictions of one row minus that of another, over seeds that learned in both."""
    return _difference(one, two, FLIPS, level)


def drift_ratio_between(one: Row, two: Row, level: float) -> Comparison:
    """Drift of one row over that of another, over seeds that learned and drift in both."""
    ours, theirs = (logarithms(values) for values in _both(one, two, DRIFT))
    return Comparison(ours - theirs, ratio=True, level=level)


def gap_difference(pair: tuple[Row, Row], other: tuple[Row, Row], level: float) -> Comparison:
    """What the mask gains in accuracy in one pair of rows (masked, unmasked) minus what it gains in another."""
    seeds = _seeds(*pair, *other)
    masked, unmasked, masked_two, unmasked_two = (row.by_seed(ACCURACY, seeds) for row in (*pair, *other))
    return Comparison((masked - unmasked) - (masked_two - unmasked_two), ratio=False, level=level)


def _difference(one: Row, two: Row, figure: str, level: float) -> Comparison:
    ours, theirs = _both(one, two, figure)
    return Comparison(ours - theirs, ratio=False, level=level)


def _both(one: Row, two: Row, figure: str) -> tuple[Floats, Floats]:
    seeds = _seeds(one, two)
    return one.by_seed(figure, seeds), two.by_seed(figure, seeds)


def _seeds(*rows: Row) -> list[int]:
    """The seeds of any of the rows; one that a row lacks has no value there."""
    return sorted({each["seed"] for row in rows for each in row.record["seeds"]})
