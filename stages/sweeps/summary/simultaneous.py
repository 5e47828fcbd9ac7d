"""Intervals that hold all at once: Bonferroni over every contrast of an estimand that a dataset's sweeps look at."""

import math
from dataclasses import dataclass, replace
from typing import TypeVar

from stages.stats.special import t_quantile
from stages.sweeps.findings.effects import ACCURACY, ESTIMANDS, RATIOS
from stages.sweeps.spec import INNER_AXES, VARIANT
from stages.sweeps.summary.swept import Sweeps, Swept
from stages.sweeps.sweep_json_rows import Figure

Kind = TypeVar("Kind", bound=Figure)

FARTHEST = 1e6
"""A ratio whose interval reaches so many times beyond its estimate says nothing, and is told without one."""


@dataclass(frozen=True)
class Looks:
    """How many contrasts of each estimand were looked at, so that the largest of them can be told honestly."""

    contrasts: dict[str, int]

    @staticmethod
    def at(sweeps: Sweeps) -> "Looks":
        """Counted over all sweeps; what is EXACT takes no inference and is not counted."""
        return Looks({estimand: sum(_looked_at(sweep, estimand) for sweep in sweeps.run) for estimand in ESTIMANDS})

    def level(self, estimand: str, level: float) -> float:
        """The confidence level of one interval at which all of the estimand hold at once at `level`."""
        return 1 - (1 - level) / max(1, self.contrasts[estimand])

    def widened(self, figure: Kind, estimand: str, level: float, n_seeds: int) -> Kind:
        """A mean over seeds with the interval that holds at once with all others.

        A t interval is as wide as the quantile of its level, on the scale of logarithms where it is a ratio. Where
        texts are a source of error beside the seeds, their quantile grows by less, so the result is wide enough. A
        bound that was cut to −1 or 1 hides the half width, which the other bound tells; where both are cut, both stay.

        Args:
            figure: a difference or a ratio; one without interval stays as it is.
            estimand: what it is of.
            level: confidence level of its interval.
            n_seeds: how many seeds are in it; an interval of one seed over texts alone speaks of no other seed.
        """
        if figure.estimate is None or figure.low is None or figure.high is None or figure.low == figure.high:
            return figure
        if n_seeds < 2:
            return replace(figure, low=None, high=None)
        quantile, wider = (t_quantile((1 + of) / 2, n_seeds - 1) for of in (level, self.level(estimand, level)))
        ratio = estimand in RATIOS
        middle, low, high = (math.log(end) if ratio else end for end in (figure.estimate, figure.low, figure.high))
        half = max(middle - low, high - middle) * wider / quantile
        if not ratio:
            return replace(figure, low=max(-1.0, middle - half), high=min(1.0, middle + half))
        if half > math.log(FARTHEST):
            return replace(figure, low=None, high=None)
        return replace(figure, low=math.exp(middle - half), high=math.exp(middle + half))


def _looked_at(sweep: Swept, estimand: str) -> int:
    """The effects among which a factor's largest is found, and of accuracy what is told beside them.

    That is every change of accuracy where a model is served otherwise, and, of the effects on the unmasked model, what
    a mask gains at the worse level.
    """
    effects = [
        effect
        for effect in sweep.report.effects
        if effect.estimand == estimand and set(effect.within) <= set(INNER_AXES) and _inferred(effect)
    ]
    if estimand != ACCURACY:
        return len(effects)
    served = [change for row in sweep.grid.rows for change in row.accuracy_change.values() if _inferred(change)]
    gains = [
        effect
        for effect in effects
        if effect.axis != VARIANT and effect.within.get(VARIANT, sweep.only) == sweep.unmasked
    ]
    return len(effects) + len(served) + len(gains)


def _inferred(figure: Figure) -> bool:
    return figure.low is not None and not figure.unmoved
