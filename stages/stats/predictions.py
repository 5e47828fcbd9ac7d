"""Did it matter downstream? Sums over pairs of predictions for the same texts."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from stages.stats.scores import SMALLEST_PROBABILITY
from stages.stats.special import binomial_cdf
from stages.stats.text_groups import group_sums, text_group

Floats = NDArray[np.float64]


class Quantity(StrEnum):
    """What is summed over texts; its rate is the sum by the number of texts."""

    FLIPS = "flips"
    """Texts whose predicted class changed."""
    CORRECT = "correct"
    """Texts whose predicted class is right with pads."""
    CORRECT_ALONE = "correct_alone"
    """Texts whose predicted class is right alone."""
    LOST = "lost"
    """Texts that are right alone and wrong with pads."""
    GAINED = "gained"
    """Texts that are wrong alone and right with pads."""
    MOVED = "moved"
    """|Δp| of the class predicted for the text alone."""
    NLL_CHANGE = "nll_change"
    """Change of the negative log-likelihood of the true class, in nats."""
    BRIER_CHANGE = "brier_change"
    """Change of the squared distance of the probabilities from the one-hot label, summed over classes."""


QUANTITIES = tuple(Quantity)


@dataclass(frozen=True)
class PredictionSums:
    """Sums over pairs (prediction with pads, prediction for the text alone), kept by group of texts.

    What stands for the text alone may be another reference, such as the text padded as in training.

    Attributes:
        texts: number of texts, shape (GROUPS,).
        sums: one row a quantity in the order of QUANTITIES, shape (quantities, GROUPS).
        largest: the largest |Δp| of any class of any text.
    """

    texts: Floats
    sums: Floats
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
        texts = np.arange(len(label))
        before, after = alone.argmax(axis=1), padded.argmax(axis=1)
        right_before, right_after = before == label, after == label
        change = np.abs(padded.astype(np.float64) - alone)
        values: dict[Quantity, NDArray[np.generic]] = {
            Quantity.FLIPS: before != after,
            Quantity.CORRECT: right_after,
            Quantity.CORRECT_ALONE: right_before,
            Quantity.LOST: right_before & ~right_after,
            Quantity.GAINED: ~right_before & right_after,
            Quantity.MOVED: change[texts, before],
            Quantity.NLL_CHANGE: _nll(padded[texts, label]) - _nll(alone[texts, label]),
            Quantity.BRIER_CHANGE: _brier(padded, label) - _brier(alone, label),
        }
        by_text = np.stack([values[quantity].astype(np.float64) for quantity in QUANTITIES], axis=1)
        return PredictionSums(
            texts=group_sums(group, np.ones(len(group))),
            sums=np.ascontiguousarray(group_sums(group, by_text).T),
            largest=float(change.max()),
        )

    def __add__(self, other: "PredictionSums") -> "PredictionSums":
        """The sums of both sets of texts."""
        return PredictionSums(
            texts=self.texts + other.texts,
            sums=self.sums + other.sums,
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

    def by_group(self, quantity: Quantity | str) -> Floats:
        """The sums of one quantity, shape (GROUPS,)."""
        row: Floats = self.sums[QUANTITIES.index(Quantity(quantity))]
        return row

    def total(self, quantity: Quantity | str) -> float:
        """The sum of one quantity over all texts."""
        return float(self.by_group(quantity).sum())

    def rate(self, quantity: Quantity | str) -> float:
        """The mean of one quantity over texts; for a change its sign is that of (with pads − alone)."""
        return self.total(quantity) / float(self.texts.sum())

    def rate_without_group(self, quantity: Quantity | str) -> Floats:
        """The rate with each group of texts left out in turn, shape (groups that hold texts,)."""
        held = self.texts > 0
        rates: Floats = (self.total(quantity) - self.by_group(quantity)[held]) / (self.texts.sum() - self.texts[held])
        return rates

    @property
    def correct(self) -> int:
        """Texts whose predicted class is right with pads."""
        return int(self.total(Quantity.CORRECT))

    @property
    def moved(self) -> float:
        """Σ|Δp| of the class predicted for the text alone."""
        return self.total(Quantity.MOVED)

    def flip_rate(self) -> float:
        """Share of texts whose predicted class changed."""
        return self.rate(Quantity.FLIPS)

    def mcnemar_p(self) -> float:
        """Exact two-sided p of "as many texts are lost as gained" (McNemar 1947); NaN where neither happened."""
        lost, gained = self.total(Quantity.LOST), self.total(Quantity.GAINED)
        if lost + gained == 0:
            return float("nan")
        return min(1.0, 2 * binomial_cdf(int(min(lost, gained)), int(lost + gained), 0.5))


def rate_difference(one: PredictionSums, two: PredictionSums, quantity: Quantity | str) -> float:
    """The rate of one condition minus that of another, for the same texts.

    Raises:
        ValueError: the two do not hold the same number of texts in every group.
    """
    _refuse_other_texts(one, two)
    return one.rate(quantity) - two.rate(quantity)


def rate_difference_without_group(one: PredictionSums, two: PredictionSums, quantity: Quantity | str) -> Floats:
    """That difference with each group of texts left out in turn, shape (groups that hold texts,).

    Raises:
        ValueError: the two do not hold the same number of texts in every group.
    """
    _refuse_other_texts(one, two)
    difference: Floats = one.rate_without_group(quantity) - two.rate_without_group(quantity)
    return difference


def _nll(probability: NDArray[np.floating]) -> Floats:
    negative: Floats = -np.log(np.clip(probability.astype(np.float64), SMALLEST_PROBABILITY, 1))
    return negative


def _brier(probability: NDArray[np.floating], label: NDArray[np.integer]) -> Floats:
    one_hot = np.zeros(probability.shape)
    one_hot[np.arange(len(label)), label] = 1
    distance: Floats = ((probability - one_hot) ** 2).sum(axis=1)
    return distance


def _refuse_other_texts(one: PredictionSums, two: PredictionSums) -> None:
    if not np.array_equal(one.texts, two.texts):
        raise ValueError("the two sums are not of the same texts")
