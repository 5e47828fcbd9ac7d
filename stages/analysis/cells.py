"""The figures of one cell: per seed with the interval of its texts, and over the seeds."""

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stages.analysis.pairs import PairSums
from stages.params import Architecture
from stages.stats.downstream import PredictionSums
from stages.stats.intervals import (
    Interval,
    MeanOverSeeds,
    mean_over_seeds_and_texts,
    share_over_seeds_and_texts,
    wilson,
)
from stages.stats.shift import ShiftSums

CHANCE_LEVEL = 0.95
FEWEST_GROUPS = 2
"""Groups of texts that a jackknife needs."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SeedResult:
    """One trained model: its scores and what every condition did to it."""

    seed: int
    scores: dict[str, Any]
    """The content of scores.json."""
    pairs: dict[str, PairSums]
    """By condition."""

    @cached_property
    def accuracy(self) -> Interval:
        """Test accuracy, padded as trained, with its Wilson interval over the texts."""
        test = self.scores["splits"]["test"]
        return wilson(test["correct"], test["texts"], CHANCE_LEVEL)

    @property
    def majority(self) -> float:
        """Share of the most frequent class among the test texts."""
        test = self.scores["splits"]["test"]
        return float(test["majority"] / test["texts"])

    @property
    def learned(self) -> bool:
        """Whether the model is better than always naming the most frequent class: its interval lies above that."""
        return self.accuracy.low > self.majority


@dataclass(frozen=True)
class Cell:
    """One padding side and variant, with the results of its seeds."""

    side: str
    variant: str
    architecture: Architecture
    seeds: list[SeedResult]

    @property
    def learned(self) -> list[SeedResult]:
        """The seeds that beat chance: only their drift and flips mean something."""
        return [seed for seed in self.seeds if seed.learned]

    @property
    def vectors(self) -> list[str]:
        """The names of the states: h and c of every recurrent layer, and what the classifier reads."""
        return list(next(iter(self.seeds[0].pairs.values())).shifts)

    def largest(self, condition: str) -> float:
        """The largest change of any state of any text and seed, seeds at chance included."""
        return max(seed.pairs[condition].largest for seed in self.seeds)

    def largest_of(self, condition: str, vector: str) -> float:
        """The largest change of one state, any text and seed, seeds at chance included."""
        return max(seed.pairs[condition].shifts[vector].largest for seed in self.seeds)

    def largest_probability_change(self, condition: str) -> float:
        """The largest change of any predicted probability of any text and seed."""
        return max(seed.pairs[condition].predictions.largest for seed in self.seeds)

    def undefined(self, condition: str) -> str | None:
        """Why drift and flips of this cell mean nothing, or None where they mean something."""
        learned, trained = len(self.learned), len(self.seeds)
        if not learned:
            share = f"{self.seeds[0].majority:.3g}"
            return f"no seed learned: every test accuracy's 95 % interval reaches down to the majority share {share}"
        if learned < min(2, trained):
            return f"1 of {trained} seeds learned, and it takes two to tell training from luck"
        if self.seeds[0].pairs[condition].predictions.n_groups < FEWEST_GROUPS:
            return "too few texts for an interval; raise export.texts"
        return None

    def drift(self, condition: str, vector: str) -> "Drift | None":
        """The drift ratio over the seeds that learned; None where it means nothing or a state has no spread."""
        if self.undefined(condition):
            return None
        sums = [seed.pairs[condition].shifts[vector] for seed in self.learned]
        values = np.array([each.drift_ratio() for each in sums])
        without = np.stack([each.drift_ratio_without_group() for each in sums])
        if not np.isfinite(values).all() or not np.isfinite(without).all():
            return None
        return Drift.of(values, without)

    def flip_rate(self, condition: str, level: float) -> Interval | None:
        """The flip rate over the seeds that learned; None where it means nothing."""
        if self.undefined(condition):
            return None
        sums = [seed.pairs[condition].predictions for seed in self.learned]
        values = np.array([each.flip_rate() for each in sums])
        without = np.stack([each.flip_rate_without_group() for each in sums])
        return share_over_seeds_and_texts(values, without, sums[0].n_texts, level)

    def same_results(self, other: "Cell") -> bool:
        """Whether every score and every sum equals the other cell's to the last bit."""
        return len(self.seeds) == len(other.seeds) and all(
            one.scores["splits"] == two.scores["splits"] and _same_pairs(one.pairs, two.pairs)
            for one, two in zip(self.seeds, other.seeds, strict=True)
        )


@dataclass(frozen=True)
class Drift:
    """The drift ratio over seeds: a geometric mean, for ratios of different seeds differ by factors.

    Where one seed's ratio is 0 there is no logarithm, and the plain mean takes its place.
    """

    mean: MeanOverSeeds
    logarithmic: bool

    @staticmethod
    def of(values: Floats, without_group: Floats) -> "Drift":
        """From the ratio of every seed (seeds,) and with each group of texts left out (seeds, groups)."""
        if (values > 0).all() and (without_group > 0).all():
            return Drift(mean_over_seeds_and_texts(np.log(values), np.log(without_group)), logarithmic=True)
        return Drift(mean_over_seeds_and_texts(values, without_group), logarithmic=False)

    def interval(self, level: float) -> Interval:
        """The interval of the (geometric) mean; never below 0."""
        interval = self.mean.interval(level)
        if self.logarithmic:
            return Interval(*(float(np.exp(v)) for v in (interval.estimate, interval.low, interval.high)))
        return Interval(interval.estimate, max(0.0, interval.low), interval.high)


def _same_pairs(one: dict[str, PairSums], two: dict[str, PairSums]) -> bool:
    return one.keys() == two.keys() and all(
        _same_sums(pair.predictions, two[condition].predictions)
        and pair.shifts.keys() == two[condition].shifts.keys()
        and all(_same_sums(sums, two[condition].shifts[name]) for name, sums in pair.shifts.items())
        for condition, pair in one.items()
    )


def _same_sums(one: ShiftSums | PredictionSums, two: ShiftSums | PredictionSums) -> bool:
    return all(np.array_equal(getattr(one, field.name), getattr(two, field.name)) for field in fields(one))
