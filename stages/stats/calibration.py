"""Does the predicted probability tell how often the prediction is right? Calibration from sums, in one pass."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stages.stats.intervals import Interval, mean_over_seeds_and_texts
from stages.stats.text_groups import GROUPS, text_group

FINE_BINS = 2048
"""Equal widths over [0, 1]; what they hide within one bin is at most 1 / 2048 of probability."""
COARSE_BINS = 15

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CurvePoint:
    """One bin of a calibration curve."""

    confidence: float
    """Mean probability of the predicted class."""
    accuracy: float
    texts: int


@dataclass(frozen=True)
class EqualMassBins:
    """Texts by group and by bin of confidence, about as many in every bin; arrays of shape (groups, bins).

    Attributes:
        texts: number of texts.
        confidence: Σ of the probability of the predicted class.
        correct: texts whose predicted class is right.
    """

    texts: Floats
    confidence: Floats
    correct: Floats

    def curve(self) -> list[CurvePoint]:
        """The calibration curve, from the lowest confidence to the highest."""
        totals = zip(*(array.sum(axis=0) for array in (self.texts, self.confidence, self.correct)), strict=True)
        return [CurvePoint(float(sure / n), float(right / n), int(n)) for n, sure, right in totals]

    def squared_error(self) -> float:
        """Σ_b n_b/n (gap_b² − accuracy_b(1 − accuracy_b)/(n_b − 1)): the squared error less what noise adds to it.

        The subtracted term is the variance of accuracy_b, estimated without bias (Bröcker 2012; Ferro & Fricker 2012;
        Kumar et al. 2019, definition 5.1). The sum estimates the squared calibration error between the bins without
        bias, so it is negative about half of the time for a calibrated model. A bin with one text has no variance and
        is left out; NaN where no bin has two texts.
        """
        return float(_squared_error(*(array.sum(axis=0) for array in (self.texts, self.confidence, self.correct))))

    def squared_error_without_group(self) -> Floats:
        """The squared error with each group of texts left out in turn (same bins), shape (groups that hold texts,)."""
        held = self.texts.sum(axis=1) > 0
        return _squared_error(
            *(array.sum(axis=0) - array[held] for array in (self.texts, self.confidence, self.correct))
        )


@dataclass(frozen=True)
class ConfidenceBins:
    """Texts by group and by fine bin of confidence, the probability of the predicted class.

    Attributes:
        texts: number of texts, shape (groups, FINE_BINS); groups is GROUPS, or 1 after `pooled`.
        confidence: Σ of the confidence.
        correct: texts whose predicted class is right.
    """

    texts: Floats
    confidence: Floats
    correct: Floats

    @staticmethod
    def of(
        text_id: NDArray[np.int64], label: NDArray[np.integer], probability: NDArray[np.floating]
    ) -> "ConfidenceBins":
        """The sums of one batch: probabilities of shape (n, classes), labels of shape (n,)."""
        confidence = probability.max(axis=1).astype(np.float64)
        right = (probability.argmax(axis=1) == label).astype(np.float64)
        fine = np.minimum((confidence * FINE_BINS).astype(np.intp), FINE_BINS - 1)
        place = text_group(text_id) * FINE_BINS + fine

        def sums(weights: Floats) -> Floats:
            counted = np.asarray(np.bincount(place, weights, GROUPS * FINE_BINS), dtype=np.float64)
            return counted.reshape(GROUPS, FINE_BINS)

        return ConfidenceBins(sums(np.ones(len(place))), sums(confidence), sums(right))

    def __add__(self, other: "ConfidenceBins") -> "ConfidenceBins":
        """The sums of both sets of texts."""
        return ConfidenceBins(
            self.texts + other.texts, self.confidence + other.confidence, self.correct + other.correct
        )

    def pooled(self) -> "ConfidenceBins":
        """The same without groups, 50 times smaller: enough for a curve, not for a jackknife."""
        return ConfidenceBins(
            *(array.sum(axis=0, keepdims=True) for array in (self.texts, self.confidence, self.correct))
        )

    def equal_mass(self, bins: int = COARSE_BINS) -> EqualMassBins:
        """Neighbouring fine bins put together so that each coarse bin holds about texts / bins of them.

        A fine bin goes where the middle of its ranks falls and is never split, so there are fewer bins where
        confidences crowd: one where all are equal, at most one a text, none without texts.
        """
        by_fine = self.texts.sum(axis=0)
        held = by_fine > 0
        middle = (np.cumsum(by_fine) - by_fine / 2)[held]
        coarse = (middle * bins / max(by_fine.sum(), 1)).astype(np.intp)
        starts = np.flatnonzero(np.diff(coarse, prepend=-1))
        merged = (
            np.add.reduceat(array[:, held], starts, axis=1) if len(starts) else array[:, :0]
            for array in (self.texts, self.confidence, self.correct)
        )
        return EqualMassBins(*merged)


@dataclass(frozen=True)
class Confidence:
    """What is kept of a model's `ConfidenceBins` when all texts are in: 36 times smaller, for models are many.

    Attributes:
        by_group: for errors and their jackknife.
        pooled: without groups, for a curve over several models.
    """

    by_group: EqualMassBins
    pooled: ConfidenceBins

    @staticmethod
    def of(bins: ConfidenceBins) -> "Confidence":
        """Of the sums of all texts."""
        return Confidence(bins.equal_mass(), bins.pooled())


def calibration_error_over_seeds(seeds: Sequence[EqualMassBins], level: float) -> Interval | None:
    """The debiased calibration error, root mean square over seeds that all saw the same texts.

    The interval is made for the squared error, which has no bias and may be negative; estimate and bounds are its
    roots, 0 where it is negative. None with no seed or fewer than two groups of texts, or without a bin of two texts.
    """
    if not seeds or (seeds[0].texts.sum(axis=1) > 0).sum() < 2:
        return None
    values = np.array([bins.squared_error() for bins in seeds])
    without = np.stack([bins.squared_error_without_group() for bins in seeds])
    if not (np.isfinite(values).all() and np.isfinite(without).all()):
        return None
    squared = mean_over_seeds_and_texts(values, without).interval(level)
    return Interval(*(float(np.sqrt(max(v, 0.0))) for v in (squared.estimate, squared.low, squared.high)))


def _squared_error(texts: Floats, confidence: Floats, correct: Floats) -> Floats:
    enough = texts > 1
    n = np.where(enough, texts, 2)
    accuracy = correct / n
    gap = (correct - confidence) / n
    corrected = np.where(enough, n * (gap**2 - accuracy * (1 - accuracy) / (n - 1)), 0)
    counted = np.where(enough, texts, 0).sum(axis=-1)
    error: Floats = np.where(counted > 0, corrected.sum(axis=-1) / np.maximum(counted, 1), np.nan)
    return error
