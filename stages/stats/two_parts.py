"""Accuracy where learning is a coin: how probable it is to learn, and how good a model is that learned.

Over seeds of which some learn and some stay at chance, accuracies have two peaks, and Student's t covers 47 to 73 %
instead of 95 % (tests/calibration.md). So each part has its own interval, and a mean over both is bounded by them.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stages.stats.accuracies import Accuracies, Tolerated
from stages.stats.claims import Claims, claims_within
from stages.stats.intervals import Interval, MeanOverSeeds, same_everywhere
from stages.stats.special import beta_quantile


def clopper_pearson(successes: float, trials: float, level: float) -> Interval:
    """The exact interval of a probability (Clopper & Pearson 1934): it covers at least what it promises.

    Args:
        successes: how many of `trials`; both may be fractions, where more seeds are thought of.
        trials: more than 0.
        level: confidence level.
    """
    tail = (1 - level) / 2
    low = beta_quantile(tail, successes, trials - successes + 1) if successes else 0.0
    high = beta_quantile(1 - tail, successes + 1, trials - successes) if successes < trials else 1.0
    return Interval(successes / trials, low, high)


def between(level: float, parts: int) -> float:
    """The level at which each of several intervals must hold for all to hold at `level` (Bonferroni)."""
    return 1 - (1 - level) / parts


@dataclass(frozen=True)
class TwoParts:
    """The mean accuracy over new seeds and new texts, from its two parts.

    Where every seed learned, or none, there is one part, and the crossed interval is its own.

    Attributes:
        estimate: the mean over all seeds.
        learned: how many learned.
        seeds: how many were trained.
        accuracy: of those that learned, or of all where all are alike; None where fewer than two learned, whose spread
            nobody knows.
        chance: the mean accuracy of those that did not learn.
        texts: how many.
    """

    estimate: float
    learned: float
    seeds: float
    accuracy: MeanOverSeeds | None
    chance: float
    texts: int

    @staticmethod
    def of(accuracies: Accuracies, learned: NDArray[np.bool_]) -> "TwoParts":
        """From the accuracy of every seed and whether it learned, shape (seeds,)."""
        part = learned if learned.any() else ~learned
        few = learned.any() and not learned.all() and learned.sum() < 2
        known = Accuracies(accuracies.values[part], accuracies.without_group[part], accuracies.texts)
        return TwoParts(
            estimate=float(accuracies.values.mean()),
            learned=int(learned.sum()),
            seeds=len(learned),
            accuracy=None if few else known.mean(),
            chance=float(accuracies.values[~learned].mean()) if not learned.all() else 0.0,
            texts=accuracies.texts,
        )

    @property
    def is_coin(self) -> bool:
        """Whether some seeds learned and some did not."""
        return 0 < self.learned < self.seeds

    def p_learn(self, level: float) -> Interval:
        """How probable it is that a new seed learns."""
        return clopper_pearson(self.learned, self.seeds, level)

    def of_learned(self, level: float) -> Interval:
        """Accuracy given that it learned; from the chance level to 1 where fewer than two seeds did."""
        if self.accuracy is None:
            known = self.chance + (self.estimate - self.chance) * self.seeds / self.learned
            return Interval(known, min(known, self.chance), 1.0)
        if self.accuracy.variance == 0:
            return _share(same_everywhere(self.accuracy, self.texts, level))
        return _share(self.accuracy.interval(level))

    def interval(self, level: float) -> Interval:
        """Of the mean over all seeds: chance + P(learn) · (accuracy − chance) at the ends of both intervals."""
        if not self.is_coin:
            return self.of_learned(level)
        probability, accuracy = self.p_learn(between(level, 2)), self.of_learned(between(level, 2))
        ends = (probability.low, probability.high)
        return Interval(
            self.estimate,
            min(self.chance + end * (accuracy.low - self.chance) for end in ends),
            max(self.chance + end * (accuracy.high - self.chance) for end in ends),
        )

    def with_seeds(self, seeds: float) -> "TwoParts":
        """The same share of seeds that learn, and the same spread of theirs, seen in so many seeds."""
        learned = self.learned * seeds / self.seeds
        alike = round(learned) if self.is_coin else round(seeds)
        accuracy = self.accuracy and self.accuracy.with_seeds(max(2, alike))
        return replace(self, learned=learned, seeds=seeds, accuracy=accuracy)


@dataclass(frozen=True)
class TwoPartDifference:
    """The mean accuracy of one minus that of another, where learning is a coin for either: a bound, not paired."""

    one: TwoParts
    other: TwoParts
    tolerated: Tolerated

    def interval(self, level: float) -> Interval:
        """From the ends of both intervals."""
        one, other = self.one.interval(between(level, 2)), self.other.interval(between(level, 2))
        return Interval(one.estimate - other.estimate, one.low - other.high, one.high - other.low)

    def claims(self) -> Claims:
        """The bounds in points at the other's error as it was seen."""
        error = 1 - self.other.estimate
        return claims_within(self.interval, -self.tolerated.loss(error), self.tolerated.gain(error))

    def with_seeds(self, seeds: int) -> "TwoPartDifference":
        """The same spread seen in so many seeds."""
        return replace(self, one=self.one.with_seeds(seeds), other=self.other.with_seeds(seeds))


def _share(interval: Interval) -> Interval:
    return Interval(interval.estimate, max(0.0, interval.low), min(1.0, interval.high))
