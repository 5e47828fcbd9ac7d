"""What the conditions did to one trained model: small results that follow from the sums of one pass over its states."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stages.params.schema import Epsilon
from stages.stats.calibration import Confidence
from stages.stats.dispersion import Dispersion, dispersion
from stages.stats.joint_shift import JointShift, joint_shift
from stages.stats.predictions import PredictionSums
from stages.stats.readout_shift import GroupedRatio, ReadoutSums
from stages.stats.shift import ShiftSums
from stages.stats.unit_shifts import UnitShifts, unit_shifts

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class StateOutcome:
    """What one condition did to one state of one model.

    Attributes:
        drift_ratio: of all texts; NaN where the state of the text alone has no spread.
        drift_ratio_without_group: with each group of texts left out in turn, shape (groups that hold texts,).
        largest_of_unit: the largest change of every unit over texts, shape (width,).
        cosine: mean cosine between the states with pads and without.
        units: what happened to every unit.
        joint: what happened to all units at once.
        dispersion: how much spread pads leave, and over how many directions it lies.
        digest: fingerprint of every sum, for equality to the last bit.
    """

    drift_ratio: float
    drift_ratio_without_group: Floats
    largest_of_unit: Floats
    cosine: float
    units: UnitShifts
    joint: JointShift
    dispersion: Dispersion
    digest: str

    @property
    def largest(self) -> float:
        """The largest change of any unit of any text."""
        return abs(float(self.largest_of_unit.max(initial=0.0)))

    @staticmethod
    def of(sums: ShiftSums, epsilon: Epsilon) -> "StateOutcome":
        """From the sums over all texts."""
        return StateOutcome(
            drift_ratio=sums.drift_ratio(),
            drift_ratio_without_group=sums.drift_ratio_without_group(),
            largest_of_unit=sums.largest_of_unit,
            cosine=sums.mean_cosine(),
            units=unit_shifts(sums, epsilon.unit_shift),
            joint=joint_shift(sums, epsilon.joint_shift),
            dispersion=dispersion(sums),
            digest=digest(sums),
        )


@dataclass(frozen=True)
class Stratum:
    """Texts of one range of lengths: distances between distributions, medians over the units, and their drift.

    Attributes:
        shortest: tokens of the shortest text.
        longest: tokens of the longest text.
        texts: number of texts.
        wasserstein: in units of the state.
        kolmogorov_smirnov: the largest gap between the distribution functions.
        drift_ratio: mean ‖Δ‖² of these texts over the spread of all texts.
    """

    shortest: int
    longest: int
    texts: int
    wasserstein: float
    kolmogorov_smirnov: float
    drift_ratio: float


@dataclass(frozen=True)
class Distributions:
    """How far the distributions of every unit lie apart, texts with pads against texts alone, unpaired.

    Attributes:
        wasserstein: by unit, a mean over strata of length weighted by texts, shape (units,).
        kolmogorov_smirnov: the same for the largest gap between the distribution functions.
        strata: the strata of length.
    """

    wasserstein: Floats
    kolmogorov_smirnov: Floats
    strata: list[Stratum]


@dataclass(frozen=True)
class ConditionOutcome:
    """What one condition did to the states and predictions of one model."""

    states: dict[str, StateOutcome]
    predictions: PredictionSums
    confidence: Confidence
    distributions: Distributions | None = None
    sign_flip_p: dict[str, float] | None = None
    """Of the mean shift of every state, where texts are few; None where they are many."""

    @property
    def largest(self) -> float:
        """The largest change of any unit of any state of any text."""
        return max(state.largest for state in self.states.values())

    def same_as(self, other: "ConditionOutcome") -> bool:
        """Whether every sum over states and predictions equals the other's to the last bit."""
        own = {name: state.digest for name, state in self.states.items()}
        return own == {name: state.digest for name, state in other.states.items()} and digest(
            self.predictions
        ) == digest(other.predictions)


@dataclass(frozen=True)
class AgainstTraining:
    """What one condition did to one model, against the same texts padded as in training.

    Attributes:
        predictions: what happened to the predictions; the reference, the text alone elsewhere, is as-trained.
        readout_drift: the shift of what the classifier reads, along its weights, over the spread as trained.
        readout_drift_symmetric: the same over the mean of the spreads as trained and under the condition.
    """

    predictions: PredictionSums
    readout_drift: GroupedRatio
    readout_drift_symmetric: GroupedRatio

    @staticmethod
    def of(predictions: PredictionSums, readout: ReadoutSums) -> "AgainstTraining":
        """From the sums over all texts."""
        return AgainstTraining(predictions, readout.drift(), readout.symmetric_drift())


def digest(sums: Any) -> str:
    """A fingerprint of every number of a dataclass of arrays and numbers, however nested."""
    fingerprint = hashlib.blake2b(digest_size=16)
    for values in _arrays(sums):
        fingerprint.update(np.ascontiguousarray(values).tobytes())
    return fingerprint.hexdigest()


def _arrays(value: Any) -> Iterator[NDArray[Any]]:
    if is_dataclass(value):
        parts: Iterable[Any] = (getattr(value, field.name) for field in fields(value))
        for part in parts:
            yield from _arrays(part)
    elif value is not None:
        yield np.asarray(value)
