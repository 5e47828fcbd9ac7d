"""From which dose on training fails: the dose between the last success and the first lasting failure of each seed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stages.stats.intervals import Interval, mean_over_seeds


@dataclass(frozen=True)
class Fall:
    """Where one seed stops to learn, between two doses; None on a side where the doses do not reach."""

    last_learned: float | None
    first_lost: float | None

    @property
    def midpoint(self) -> float | None:
        """Half way between the two; None where the fall is not between two doses that were tried."""
        if self.last_learned is None or self.first_lost is None:
            return None
        return (self.last_learned + self.first_lost) / 2


@dataclass(frozen=True)
class Threshold:
    """The falls of all seeds.

    Attributes:
        n_seeds: how many.
        interval: the mean midpoint with its t interval; None where a seed is censored, one alone fell, or all fell
            between the same two doses, which says nothing of where between them.
        estimate: the mean midpoint; None where a seed is censored.
        never_fell: how many seeds learned at the largest dose.
        never_learned: how many learned at no dose.
        bracket: the smallest last dose learned at and the largest first dose lost from, over the seeds that fell
            between two doses; None without any.
    """

    n_seeds: int
    interval: Interval | None
    estimate: float | None
    never_fell: int
    never_learned: int
    bracket: tuple[float, float] | None


def fall(doses: Sequence[float], learned: Sequence[bool]) -> Fall:
    """The fall of one seed: the last dose at which it learned, and the next one, from which on it stays at chance.

    Args:
        doses: rising.
        learned: whether it beat chance, in the same order.
    """
    last = max((index for index, success in enumerate(learned) if success), default=-1)
    return Fall(
        last_learned=doses[last] if last >= 0 else None,
        first_lost=doses[last + 1] if last + 1 < len(doses) else None,
    )


def threshold(falls: Sequence[Fall], level: float) -> Threshold:
    """The dose at which training fails, over seeds; a mean only where no seed is censored."""
    inside = [seed for seed in falls if seed.midpoint is not None]
    brackets = [(seed.last_learned, seed.first_lost) for seed in inside]
    censored = len(inside) < len(falls)
    middles = np.array([seed.midpoint for seed in inside], dtype=np.float64)
    return Threshold(
        n_seeds=len(falls),
        interval=None if censored or len(set(brackets)) < 2 else mean_over_seeds(middles).interval(level),
        estimate=None if censored or not inside else float(middles.mean()),
        never_fell=sum(seed.first_lost is None for seed in falls),
        never_learned=sum(seed.last_learned is None for seed in falls),
        bracket=(min(low for low, _ in brackets if low is not None), max(high for _, high in brackets if high))
        if brackets
        else None,
    )


def knee(cost: Sequence[float], gain: Sequence[float]) -> int | None:
    """The index of the point furthest above the chord from the cheapest to the dearest point (Satopää et al. 2011).

    Both axes are scaled to [0, 1] first, so that neither unit matters. None where no point lies above the chord: the
    curve is flat, falls, has no inner point, or bends the other way.

    Args:
        cost: rising.
        gain: in the same order.
    """
    x, y = np.asarray(cost, dtype=np.float64), np.asarray(gain, dtype=np.float64)
    if len(x) < 3 or np.ptp(x) == 0 or y[-1] <= y[0]:
        return None
    above = (y - y[0]) / (y[-1] - y[0]) - (x - x[0]) / (x[-1] - x[0])
    best = int(above[1:-1].argmax()) + 1
    return best if above[best] > 1e-12 else None
