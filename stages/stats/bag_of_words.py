"""What a text's words say of its class when their order and number are forgotten: multinomial logistic regression.

The texts are never held together: whoever fits hands over a function that gives them in batches, from the start each
time. Every step of the optimiser reads them once and adds up loss and gradient of all batches (L-BFGS, Liu & Nocedal
1989). The loss is convex, so this finds the one best fit whatever the order of the texts: no learning rate, no seed and
no averaging, which stochastic steps would need, and all classes share one softmax. What is held is one batch and about
25 numbers for each weight.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from stages.stats.scores import SMALLEST_PROBABILITY
from stages.texts.tokens.bags import Bags, Corpus

Floats = NDArray[np.float64]

GRADIENT = 1e-5
"""A fit is done where no entry of the gradient of the mean loss is larger."""


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
        result = optimize.minimize(
            lambda flat, penalty=penalty: _loss(corpus, flat.reshape(features + 1, classes), penalty),
            weights.ravel(),
            jac=True,
            method="L-BFGS-B",
            options={"maxfun": passes, "maxiter": passes, "gtol": GRADIENT, "ftol": 0.0},
        )
        weights = result.x.reshape(features + 1, classes)
        yield Fit(penalty, weights, int(result.nfev), bool(result.success))


def fits_while_better(path: Iterator[Fit], validation: Corpus) -> list[tuple[Fit, BagScores]]:
    """The fits up to the first whose loss on the validation texts is not lower, each with its scores on them."""
    tried: list[tuple[Fit, BagScores]] = []
    for fit in path:
        tried.append((fit, scores(validation, fit)))
        if len(tried) > 1 and tried[-1][1].nll >= tried[-2][1].nll:
            break
    return tried


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
