"""Did it matter downstream? Sums over pairs of predictions for the same texts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stages.stats.groups import group_sums, text_group

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PredictionSums:
    """Sums over pairs (prediction with pads, prediction for the text alone); shape (GROUPS,) is by group of texts.

    Attributes:
        texts: number of texts, shape (GROUPS,).
        flips: texts whose predicted class changed, shape (GROUPS,).
        correct: texts whose predicted class is right with pads.
        correct_alone: texts whose predicted class is right alone.
        moved: Σ|Δp| of the class predicted for the text alone.
        largest: the largest |Δp| of any class of any text.
    """

    texts: Floats
    flips: Floats
    correct: int
    correct_alone: int
    moved: float
    largest: float

    @staticmethod
    def of(
        text_id: NDArray[np.int64],
        label: NDArray[np.integer],
        alone: NDArray[np.floating],
        padded: NDArray[np.floating],
    ) -> "PredictionSums":
        """The sums of one batch: probabilities of shape (n, classes), labels of shape (n,)."""
        group = text_group(text_id)
        before, after = alone.argmax(axis=1), padded.argmax(axis=1)
        change = np.abs(padded.astype(np.float64) - alone)
        return PredictionSums(
            texts=group_sums(group, np.ones(len(group))),
            flips=group_sums(group, (before != after).astype(np.float64)),
            correct=int((after == label).sum()),
            correct_alone=int((before == label).sum()),
            moved=float(change[np.arange(len(before)), before].sum()),
            largest=float(change.max()),
        )

    def __add__(self, other: "PredictionSums") -> "PredictionSums":
        """The sums of both sets of texts."""
        return PredictionSums(
            texts=self.texts + other.texts,
            flips=self.flips + other.flips,
            correct=self.correct + other.correct,
            correct_alone=self.correct_alone + other.correct_alone,
            moved=self.moved + other.moved,
            largest=max(self.largest, other.largest),
        )

    @property
    def n_texts(self) -> int:
        """Number of texts."""
        return int(self.texts.sum())

    @property
    def n_groups(self) -> int:
        """Number of groups that hold texts."""
        return int((self.texts > 0).sum())

    def flip_rate(self) -> float:
        """Share of texts whose predicted class changed."""
        return float(self.flips.sum() / self.texts.sum())

    def flip_rate_without_group(self) -> Floats:
        """The flip rate with each group of texts left out in turn, shape (groups that hold texts,)."""
        held = self.texts > 0
        rates: Floats = (self.flips.sum() - self.flips[held]) / (self.texts.sum() - self.texts[held])
        return rates
