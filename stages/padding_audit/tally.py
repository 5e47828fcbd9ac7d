"""Predictions against others of the same texts, counted batch by batch: no prediction is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

Z = 1.959963984540054
"""The 97.5 % point of the normal distribution."""
SUM = 1e-3
"""How far probabilities may miss 1 in all, as those of float16 do."""


@dataclass(frozen=True)
class Tally:
    """What was counted of one output."""

    values: int = 0
    """Predictions compared: texts, or steps."""
    largest: float = 0.0
    """Largest absolute change; NaN where one is not a number."""
    are_classes: bool = True
    """Whether all of them choose classes."""
    decisions: int = 0
    """Those of several units count by themselves."""
    flips: int = 0
    """Decisions that change."""
    moved: float = 0.0
    """Sum of the absolute changes of the probability of the class that was chosen first."""
    labels: int = 0
    """Decisions with a label."""
    right: tuple[int, int] = (0, 0)
    """Decisions that are that label: first, and then."""

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.values + other.values,
            float(np.maximum(self.largest, other.largest)),
            self.are_classes and other.are_classes,
            self.decisions + other.decisions,
            self.flips + other.flips,
            self.moved + other.moved,
            self.labels + other.labels,
            (self.right[0] + other.right[0], self.right[1] + other.right[1]),
        )


def tally(first: np.ndarray, second: np.ndarray, labels: Sequence[np.ndarray] | None) -> Tally:
    """Count how predictions differ.

    Args:
        first: (values, …) without pads.
        second: the same with pads.
        labels: for every text, one or one a step; where they are not as many as decisions, they are left out.
    """
    if first.size == 0:
        return Tally()
    largest = float(np.max(np.abs(first.astype(np.float64) - second)))
    before, after = decisions(first), decisions(second)
    if before is None or after is None:
        return Tally(len(first), largest, are_classes=False)
    one_a_unit = before.shape == first.shape
    moved = np.abs(first - second if one_a_unit else _of_class(first, before) - _of_class(second, before))
    truth = np.concatenate([np.ravel(label) for label in labels]) if labels else np.array([])
    known = truth.size == before.size
    return Tally(
        len(first),
        largest,
        decisions=before.size,
        flips=int((before != after).sum()),
        moved=float(moved.sum(dtype=np.float64)),
        labels=before.size if known else 0,
        right=(int((before.ravel() == truth).sum()), int((after.ravel() == truth).sum())) if known else (0, 0),
    )


def wilson(count: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share by Wilson's score (1927); (0, 1) of none."""
    if of == 0:
        return 0.0, 1.0
    share, spread = count / of, Z * Z / of
    middle, half = share + spread / 2, Z * sqrt(share * (1 - share) / of + spread / of / 4)
    low, high = (middle - half) / (1 + spread), (middle + half) / (1 + spread)
    return low if count else 0.0, high if count < of else 1.0


def decisions(predictions: np.ndarray) -> np.ndarray | None:
    """The class that each prediction chooses; None where its numbers are no probabilities.

    Args:
        predictions: (…, classes) that add up to 1, or (…,) or (…, units) between 0 and 1, each a decision at .5.
    """
    if predictions.size == 0 or not (predictions >= 0).all() or not (predictions <= 1 + SUM).all():
        return None
    if predictions.ndim and predictions.shape[-1] > 1 and (abs(predictions.sum(axis=-1) - 1) < SUM).all():
        return np.asarray(predictions.argmax(axis=-1))
    return predictions > 0.5


def _of_class(predictions: np.ndarray, classes: np.ndarray) -> np.ndarray:
    return np.take_along_axis(predictions, classes[..., None], axis=-1)[..., 0]
