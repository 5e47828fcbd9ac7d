"""What a text's words say of its class when their order and number are forgotten: multinomial logistic regression.

The texts are never held together: whoever fits hands over a function that gives them in batches, from the start each
time. Every step of the optimiser reads them once and adds up loss and gradient of all batches (L-BFGS, Liu & Nocedal
1989). The loss is convex, so this finds the one best fit whatever the order of the texts: no learning rate, no seed and
no averaging, which stochastic steps would need, and all classes share one softmax. What is held is one batch and about
25 numbers for each weight.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse, special

from stages.stats.scores import SMALLEST_PROBABILITY

Floats = NDArray[np.float64]
Integers = NDArray[np.integer]

ABSENT = -1
"""The column of a token that is no feature."""

GRADIENT = 1e-5
"""A fit is done where no entry of the gradient of the mean loss is larger."""


@dataclass(frozen=True)
class Bags:
    """n texts as sets of features.

    Attributes:
        present: 1 where the text holds the token, shape (n, features).
        label: index of its class, shape (n,).
    """

    present: sparse.csr_matrix
    label: Integers


Corpus = Callable[[], Iterable[Bags]]
"""Gives the texts in batches, from the start each time it is called."""


@dataclass(frozen=True)
class Fit:
    """Logistic regression at one penalty.

    Attributes:
        penalty: λ in Σ loss + λ/2 ‖weights‖²; the intercepts are free.
        weights: shape (features + 1, classes), the intercepts in the last row.
        passes: how often the training texts were read.
        converged: whether the gradient vanished before the passes ran out.
    """

    penalty: float
    weights: Floats
    passes: int
    converged: bool


@dataclass(frozen=True)
class BagScores:
    """How good a fit is on the texts of one split; `nll` is the mean negative log-likelihood in nats."""

    texts: int
    correct: int
    majority: int
    accuracy: float
    nll: float


def texts_with(tokens: Integers, length: Integers, size: int) -> NDArray[np.int64]:
    """In how many of these texts each token stands, shape (size,).

    Args:
        tokens: indices below `size` of all texts, one behind the other, shape (sum of length,).
        length: tokens of each text, shape (n,).
        size: number of tokens that there are.
    """
    present = presence(tokens, length, np.arange(size))
    return np.bincount(present.indices, minlength=size).astype(np.int64)


def feature_columns(texts: NDArray[np.int64], most: int, left_out: Sequence[int]) -> NDArray[np.int64]:
    """The column of every token: those in the most texts are features, of equals the lower index; shape (size,).

    Args:
        texts: how many training texts hold each token, shape (size,).
        most: how many features there may be.
        left_out: tokens that are none, such as padding and unknown.
    """
    counted = texts.copy()
    counted[list(left_out)] = 0
    order = np.argsort(-counted, kind="stable")[:most]
    features = np.sort(order[counted[order] > 0])
    columns = np.full(len(texts), ABSENT)
    columns[features] = np.arange(len(features))
    return columns


def presence(tokens: Integers, length: Integers, columns: NDArray[np.int64]) -> sparse.csr_matrix:
    """Which features each text holds: 1.0 or nothing, shape (n, features), however often the token stands there.

    Args:
        tokens: indices of all texts, one behind the other, shape (sum of length,).
        length: tokens of each text, shape (n,).
        columns: column of every token, ABSENT where it is no feature, shape (size,).
    """
    column = columns[tokens]
    row = np.repeat(np.arange(len(length)), length)
    kept = column != ABSENT
    shape = (len(length), int(columns.max(initial=ABSENT)) + 1)
    present = sparse.csr_matrix((np.ones(int(kept.sum())), (row[kept], column[kept])), shape=shape)
    present.data[:] = 1.0  # the constructor added up what stands there more than once
    return present


def fits(corpus: Corpus, shape: tuple[int, int], penalties: Sequence[float], passes: int) -> Iterator[Fit]:
    """A fit for each penalty, from strong to weak, each starting where the one before ended.

    Args:
        corpus: the training texts.
        shape: numbers of features and of classes.
        penalties: λ of each fit, all > 0.
        passes: about how often a fit may read the texts; a search along a line that has begun is brought to its end.
    """
    features, classes = shape
    weights = np.zeros((features + 1, classes))
    for penalty in sorted(penalties, reverse=True):
        found = optimize.minimize(
            lambda flat, penalty=penalty: _loss(corpus, flat.reshape(features + 1, classes), penalty),
            weights.ravel(),
            jac=True,
            method="L-BFGS-B",
            options={"maxfun": passes, "maxiter": passes, "gtol": GRADIENT, "ftol": 0.0},
        )
        weights = found.x.reshape(features + 1, classes)
        yield Fit(penalty, weights, int(found.nfev), bool(found.success))


def _loss(corpus: Corpus, weights: Floats, penalty: float) -> tuple[float, Floats]:
    """The penalised loss, a mean over texts, and its gradient, flat."""
    loss, texts = penalty / 2 * float((weights[:-1] ** 2).sum()), 0
    gradient = penalty * weights
    gradient[-1] = 0.0
    for bags in corpus():
        rows = np.arange(len(bags.label))
        residual = _log_probability(bags, weights)
        loss -= float(residual[rows, bags.label].sum())
        np.exp(residual, out=residual)
        residual[rows, bags.label] -= 1
        gradient[:-1] += bags.present.T @ residual
        gradient[-1] += residual.sum(axis=0)
        texts += len(rows)
    return loss / texts, gradient.ravel() / texts


def _log_probability(bags: Bags, weights: Floats) -> Floats:
    logit: Floats = bags.present @ weights[:-1] + weights[-1]
    logit -= special.logsumexp(logit, axis=1, keepdims=True)
    return logit


def scores(corpus: Corpus, fit: Fit) -> BagScores:
    """Score a fit on texts, batch by batch; of equally likely classes the first counts as predicted.

    Raises:
        ValueError: there are no texts.
    """
    counts = np.zeros(fit.weights.shape[1], dtype=np.int64)
    correct, loss = 0, 0.0
    for bags in corpus():
        log_probability = _log_probability(bags, fit.weights)
        true = log_probability[np.arange(len(bags.label)), bags.label]
        correct += int((log_probability.argmax(axis=1) == bags.label).sum())
        loss -= float(np.maximum(true, np.log(SMALLEST_PROBABILITY)).sum())
        counts += np.bincount(bags.label, minlength=len(counts))
    texts = int(counts.sum())
    if texts == 0:
        raise ValueError("no texts to score")
    return BagScores(texts, correct, int(counts.max()), correct / texts, loss / texts)
