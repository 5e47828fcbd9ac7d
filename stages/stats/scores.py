"""How good a set of predicted probabilities is."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

SMALLEST_PROBABILITY = 1e-7
"""Probabilities are clipped here, as Keras does, so that one confident mistake does not make the loss infinite."""


@dataclass(frozen=True)
class Scores:
    """Scores of one model on one split."""

    texts: int
    correct: int
    majority: int
    """Texts of the most frequent class: what a model that ignores the text gets right."""
    accuracy: float
    nll: float
    """Mean negative log-likelihood of the true class, in nats."""
    brier: float
    """Mean squared distance of the probabilities from the one-hot label, summed over classes (Brier 1950): 0 to 2."""

    def as_json(self) -> dict[str, float | int]:
        """The scores as a plain mapping."""
        return asdict(self)


def score(probability: NDArray[np.floating], label: NDArray[np.integer]) -> Scores:
    """Score probabilities of shape (n, classes) against labels of shape (n,)."""
    texts = len(label)
    true = probability[np.arange(texts), label].astype(np.float64)
    one_hot = np.zeros(probability.shape, dtype=np.float64)
    one_hot[np.arange(texts), label] = 1
    correct = int((probability.argmax(axis=1) == label).sum())
    return Scores(
        texts=texts,
        correct=correct,
        majority=int(np.bincount(label).max()),
        accuracy=correct / texts,
        nll=float(-np.log(np.clip(true, SMALLEST_PROBABILITY, 1)).mean()),
        brier=float(((probability - one_hot) ** 2).sum(axis=1).mean()),
    )
