"""Two rows of a sweep compared seed by seed: the same seed means the same initial weights and order of texts."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from stages.reporting.format import RATIO
from stages.stats.seed_pairs import Contrast, averaged, over_seeds
from stages.stats.verdicts import DIFFERENCE_LEVEL, EQUIVALENCE_LEVEL
from stages.sweeps.findings.effects import ACCURACY, RATIOS, Floats, difference_by_seed, figure_of, seeds_of
from stages.sweeps.sweep_json_rows import Figure, Row


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
    def value(self) -> Figure:
        """The mean difference or the ratio of geometric means, with the t interval over seeds."""
        return figure_of(self.contrast, ratio=self.ratio)

    @property
    def times(self) -> str:
        """The ratio in words."""
        return "undefined" if self.value.estimate is None else f"× {RATIO.of(self.value)}"

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


def comparison(one: Row, two: Row, estimand: str, level: float) -> Comparison:
    """One row against another: a difference, of drift a ratio over the seeds that learned and drift in both."""
    by_seed = difference_by_seed(one, two, estimand, seeds_of(one, two))
    return Comparison(by_seed, estimand in RATIOS, level)


def gap_difference(pair: tuple[Row, Row], other: tuple[Row, Row], level: float) -> Comparison:
    """What the mask gains in accuracy in one pair of rows (masked, unmasked) minus what it gains in another."""
    seeds = seeds_of(*pair, *other)
    gain, other_gain = (difference_by_seed(masked, plain, ACCURACY, seeds) for masked, plain in (pair, other))
    return Comparison(gain - other_gain, ratio=False, level=level)


def mean_of(comparisons: list[Comparison], level: float) -> Comparison:
    """Comparisons of the same seeds, averaged seed by seed; those that say nothing left out; no seed without any."""
    by_seed = averaged(np.stack([compared.by_seed for compared in comparisons]))[0] if comparisons else np.empty(0)
    return Comparison(by_seed, any(compared.ratio for compared in comparisons), level)
