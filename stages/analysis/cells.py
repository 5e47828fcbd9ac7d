"""The figures of one cell: per seed with the interval of its texts, and over the seeds."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stages.analysis.contract_audit import AuditedLayer, AuditedLeak, AuditFacts
from stages.analysis.one_model import ModelOutcome
from stages.analysis.outcomes import AgainstTraining, ConditionOutcome, StateOutcome
from stages.params.model import Architecture
from stages.runtime.paths import AS_TRAINED, condition_name
from stages.stats.accuracies import Accuracies
from stages.stats.intervals import (
    CHANCE_LEVEL,
    Interval,
    MeanOverSeeds,
    beats_majority,
    mean_over_seeds_and_texts,
    share_over_seeds_and_texts,
    wilson,
)
from stages.stats.predictions import PredictionSums, Quantity, rate_difference, rate_difference_without_group
from stages.stats.readout_shift import GroupedRatio
from stages.stats.two_parts import TwoParts
from stages.stats.verdicts import Verdict

FEWEST_GROUPS = 2
"""Groups of texts that a jackknife needs."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SeedResult:
    """One trained model: its scores and what every condition did to it."""

    seed: int
    scores: dict[str, Any]
    """The content of scores.json."""
    model: ModelOutcome
    """What the pass over its states found."""
    correct: NDArray[np.bool_]
    """Which test texts it predicts right, padded as trained, in the order of their file: shape (test texts,)."""

    @property
    def conditions(self) -> dict[str, ConditionOutcome]:
        """What every condition did to the model, the text alone left out."""
        return self.model.conditions

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
        """Whether the model is better than always naming the most frequent class, on the validation texts.

        The interval of its accuracy there lies above that class's share: the test texts decide nothing about seeds.
        """
        return beats_majority(self.scores["splits"]["validation"])


@dataclass(frozen=True)
class Cell:
    """One padding side and variant, with the results of its seeds."""

    side: str
    variant: str
    architecture: Architecture
    seeds: list[SeedResult]
    own: list[SeedResult] | None = None
    """The models of its own, where `seeds` are those of the cell that it repeats; None where they are the same."""

    @property
    def trained(self) -> list[SeedResult]:
        """The models that were trained for it."""
        return self.seeds if self.own is None else self.own

    @property
    def learned(self) -> list[SeedResult]:
        """The seeds that beat chance: only their drift and flips mean something."""
        return [seed for seed in self.seeds if seed.learned]

    @cached_property
    def tested(self) -> Accuracies:
        """The accuracy of every seed on the test texts, padded as trained."""
        return Accuracies.of(np.stack([seed.correct for seed in self.seeds]))

    @cached_property
    def parts(self) -> TwoParts:
        """That accuracy over all seeds, in two parts where some of them did not learn."""
        return TwoParts.of(self.tested, np.array([seed.learned for seed in self.seeds]))

    @cached_property
    def audit(self) -> AuditFacts:
        """What the audits of its models found."""
        first, *_ = audits = [seed.model.audit or {} for seed in self.trained]
        sides = list(first["verdicts"])
        return AuditFacts(
            proven={side: sum(audit["verdicts"][side] == Verdict.PROVEN for audit in audits) for side in sides},
            of=len(audits),
            first_leak={side: leak and AuditedLeak(**leak) for side, leak in first["first_leak"].items()},
            layers=[AuditedLayer(**layer) for layer in first["layers"]],
            one_prediction_a_text=first["one_prediction_a_text"],
        )

    @property
    def vectors(self) -> list[str]:
        """The names of the states: h and c of every recurrent layer, and what the classifier reads."""
        return list(next(iter(self.seeds[0].conditions.values())).states)

    def states(self, condition: str, vector: str) -> list[StateOutcome]:
        """What one condition did to one state of every seed that learned."""
        return [seed.conditions[condition].states[vector] for seed in self.learned]

    def predictions(self, condition: str) -> list[PredictionSums]:
        """What one condition did to the predictions of every seed that learned."""
        return [seed.conditions[condition].predictions for seed in self.learned]

    def largest(self, condition: str) -> float:
        """The largest change of any state of any text and seed, seeds at chance included."""
        return max(seed.conditions[condition].largest for seed in self.seeds)

    def largest_of(self, condition: str, vector: str) -> float:
        """The largest change of one state, any text and seed, seeds at chance included."""
        return max(seed.conditions[condition].states[vector].largest for seed in self.seeds)

    def largest_probability_change(self, condition: str) -> float:
        """The largest change of any predicted probability of any text and seed; 0 for the text alone."""
        if condition == condition_name(0):
            return 0.0
        return max(seed.conditions[condition].predictions.largest for seed in self.seeds)

    def undefined(self, condition: str) -> str | None:
        """Why drift and flips of this cell mean nothing, or None where they mean something."""
        learned, trained = len(self.learned), len(self.seeds)
        if not learned:
            return "no seed learned: every validation accuracy's 95 % interval reaches down to the majority share"
        if learned < min(2, trained):
            return f"1 of {trained} seeds learned, and it takes two to tell training from luck"
        if self.seeds[0].conditions[condition].predictions.n_groups < FEWEST_GROUPS:
            return "too few texts for an interval; raise export.texts"
        return None

    def drift(self, condition: str, vector: str) -> "Drift | None":
        """The drift ratio over the seeds that learned; None where it means nothing or a state has no spread."""
        if self.undefined(condition):
            return None
        states = self.states(condition, vector)
        return Drift.over([GroupedRatio(state.drift_ratio, state.drift_ratio_without_group) for state in states])

    def against_training(self, condition: str) -> list[AgainstTraining]:
        """What one condition did to every seed that learned, against as-trained; empty where it means nothing."""
        found = [seed.model.against_training.get(condition) for seed in self.learned]
        known = [outcome for outcome in found if outcome is not None]
        return [] if not known or self.undefined(AS_TRAINED) else known

    def readout_drift(self, condition: str, *, symmetric: bool = False) -> "Drift | None":
        """The readout drift against as-trained over the seeds that learned; None where undefined or without spread.

        `symmetric` divides by the mean of the spreads under both conditions, not by as-trained's.
        """
        outcomes = self.against_training(condition)
        by_seed = [each.readout_drift_symmetric if symmetric else each.readout_drift for each in outcomes]
        return Drift.over(by_seed) if by_seed else None

    def share_against_training(self, condition: str, quantity: Quantity, level: float) -> Interval | None:
        """A share of the texts against as-trained, over the seeds that learned; None where it means nothing."""
        by_seed = [outcome.predictions for outcome in self.against_training(condition)]
        return _share(by_seed, quantity, level) if by_seed else None

    def moves(self, tolerance: float) -> bool:
        """Whether any condition moved a state of any seed by more than `tolerance`."""
        return any(outcome.largest > tolerance for seed in self.seeds for outcome in seed.conditions.values())

    def flip_rate(self, condition: str, level: float) -> Interval | None:
        """The flip rate over the seeds that learned; None where it means nothing."""
        return self.share(condition, Quantity.FLIPS, level)

    def share(self, condition: str, quantity: Quantity, level: float) -> Interval | None:
        """A share of the texts over the seeds that learned; None where it means nothing."""
        if self.undefined(condition):
            return None
        return _share(self.predictions(condition), quantity, level)

    def rate(self, condition: str, quantity: Quantity) -> MeanOverSeeds | None:
        """The mean over texts of one quantity of the predictions, over seeds; None where it means nothing."""
        if self.undefined(condition):
            return None
        by_seed = self.predictions(condition)
        values = np.array([sums.rate(quantity) for sums in by_seed])
        return mean_over_seeds_and_texts(values, np.stack([sums.rate_without_group(quantity) for sums in by_seed]))

    def accuracy(self, condition: str) -> MeanOverSeeds | None:
        """Accuracy on the exported texts under one condition; None where it means nothing."""
        if condition == condition_name(0):
            return self.rate(AS_TRAINED, Quantity.CORRECT_ALONE)
        return self.rate(condition, Quantity.CORRECT)

    def served(self, condition: str) -> Accuracies:
        """The accuracy on the exported texts under one condition of every seed that learned, at least one."""
        alone = condition == condition_name(0)
        quantity = Quantity.CORRECT_ALONE if alone else Quantity.CORRECT
        by_seed = self.predictions(AS_TRAINED if alone else condition)
        values = np.array([sums.rate(quantity) for sums in by_seed])
        return Accuracies(values, np.stack([s.rate_without_group(quantity) for s in by_seed]), by_seed[0].n_texts)

    def accuracy_change(self, condition: str) -> MeanOverSeeds | None:
        """Accuracy under one condition minus that of the text padded as trained; None where it means nothing."""
        if self.undefined(AS_TRAINED):
            return None
        trained = self.predictions(AS_TRAINED)
        if condition == condition_name(0):
            values = [sums.rate(Quantity.CORRECT_ALONE) - sums.rate(Quantity.CORRECT) for sums in trained]
            without = [
                sums.rate_without_group(Quantity.CORRECT_ALONE) - sums.rate_without_group(Quantity.CORRECT)
                for sums in trained
            ]
        else:
            pairs = list(zip(self.predictions(condition), trained, strict=True))
            values = [rate_difference(served, sums, Quantity.CORRECT) for served, sums in pairs]
            without = [rate_difference_without_group(served, sums, Quantity.CORRECT) for served, sums in pairs]
        return mean_over_seeds_and_texts(np.array(values), np.stack(without))

    def over_seeds(self, value: Callable[[SeedResult], float]) -> NDArray[np.float64]:
        """One value of every seed that learned, shape (seeds that learned,)."""
        return np.array([value(seed) for seed in self.learned], dtype=np.float64)

    def same_results(self, other: "Cell") -> bool:
        """Whether every score and every sum equals the other cell's to the last bit."""
        return len(self.seeds) == len(other.seeds) and all(
            one.scores["splits"] == two.scores["splits"]
            and one.conditions.keys() == two.conditions.keys()
            and all(outcome.same_as(two.conditions[name]) for name, outcome in one.conditions.items())
            for one, two in zip(self.seeds, other.seeds, strict=True)
        )


def _share(by_seed: list[PredictionSums], quantity: Quantity, level: float) -> Interval:
    values = np.array([sums.rate(quantity) for sums in by_seed])
    without = np.stack([sums.rate_without_group(quantity) for sums in by_seed])
    return share_over_seeds_and_texts(values, without, by_seed[0].n_texts, level)


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

    @staticmethod
    def over(by_seed: list[GroupedRatio]) -> "Drift | None":
        """From the ratio of every seed; None where one is undefined, or would be without a group of texts."""
        values = np.array([ratio.of_all for ratio in by_seed])
        without = np.stack([ratio.without_group for ratio in by_seed])
        if not np.isfinite(values).all() or not np.isfinite(without).all():
            return None
        return Drift.of(values, without)

    def interval(self, level: float) -> Interval:
        """The interval of the (geometric) mean; never below 0."""
        interval = self.mean.interval(level)
        if self.logarithmic:
            return Interval(*(float(np.exp(v)) for v in (interval.estimate, interval.low, interval.high)))
        return Interval(interval.estimate, max(0.0, interval.low), interval.high)
