"""What a linear reader finds in a state: the label, the number of pads, the length of the text.

Every probe is judged on texts that it was not fitted to: five folds, made of groups of texts.
"""

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Classes = NDArray[np.integer]
Rows = NDArray[np.bool_]

FOLDS = 5
FEWEST_TEXTS = 20
TOLERANCE = 3e-4
"""Of the optimizer: 1e-6 takes 4 times as long and finds less than 0.001 bits more."""
ITERATIONS = 1000
CONSTANT = 1e-6
"""A unit whose spread is below this share of its size is constant: its variation is rounding."""
TIED = -0.99
"""Pads that correlate with the length of their text this strongly are made from it."""
TOO_FEW = f"fewer than {FEWEST_TEXTS} texts, or not two folds of them"


@dataclass(frozen=True)
class LabelProbe:
    """Cross-validated accuracy of a probe that is refitted on the states of each number of pads.

    Attributes:
        accuracy: by number of pads; NaN where `reason` says why.
        reason: None where the probe could be fitted.
    """

    accuracy: dict[int, float]
    reason: str | None


@dataclass(frozen=True)
class PadCountProbe:
    """How well the number of pads can be read off a state; NaN where `reason` says why not.

    Attributes:
        classes: how many numbers of pads there are to tell apart.
        accuracy: cross-validated accuracy.
        chance: 1 / classes.
        information: V-information in bits, H(K) − cross entropy (Xu et al. 2020, A theory of usable information under
            computational constraints). Below 0 where the probe is worse than not looking at the state at all: it is
            surer than it should be.
        entropy: H(K) = log2(classes) in bits, the most that could be read.
        reason: None where the probe could be fitted.
    """

    classes: int
    accuracy: float
    chance: float
    information: float
    entropy: float
    reason: str | None


@dataclass(frozen=True)
class LengthProbe:
    """Cross-validated R² of the length of a text, read linearly off its state; NaN where `reason` says why."""

    r2: float
    reason: str | None


def label_probe(states: Mapping[int, NDArray[np.floating]], label: Classes, group: NDArray[np.intp]) -> LabelProbe:
    """Refit a logistic regression on the states with so many pads: what a reader used to these states could know.

    Args:
        states: states of shape (n, width), by number of pads.
        label: shape (n,).
        group: group of each text, shape (n,).
    """
    reason = TOO_FEW if _too_few(group) else "all texts have one label" if len(np.unique(label)) < 2 else None
    if reason:
        return LabelProbe(dict.fromkeys(states, float("nan")), reason)
    accuracy: dict[int, float] = {}
    last: NDArray[np.floating] | None = None
    for pads, values in states.items():
        if last is None or not np.array_equal(values, last):  # a mask keeps them as they are
            read, _ = _scores(values, label, group)
        accuracy[pads], last = read, values
    return LabelProbe(accuracy, None)


def pad_count_probe(states: NDArray[np.floating], group: NDArray[np.intp]) -> PadCountProbe:
    """Read the number of pads off a state with a logistic regression.

    The number of pads must be set independently of the text: where it is what is left of a fixed width, a probe
    that knows the length of the text knows the pads (see `confounded`).

    Args:
        states: states of n texts under each of K numbers of pads, shape (K, n, width).
        group: group of each text, shape (n,); all states of a text are in one fold.
    """
    classes, texts, width = states.shape
    reason = TOO_FEW if _too_few(group) else "one number of pads" if classes < 2 else None
    entropy = float(np.log2(classes))
    if reason:
        return PadCountProbe(classes, np.nan, 1 / classes, np.nan, entropy, reason)
    if (states == states[0]).all():  # as a mask keeps them: no reader can tell
        return PadCountProbe(classes, 1 / classes, 1 / classes, 0.0, entropy, None)
    count = np.repeat(np.arange(classes), texts)
    accuracy, cross_entropy = _scores(states.reshape(-1, width), count, np.tile(group, classes))
    return PadCountProbe(classes, accuracy, 1 / classes, entropy - cross_entropy, entropy, None)


def length_r2(states: NDArray[np.floating], length: NDArray[np.integer], group: NDArray[np.intp]) -> LengthProbe:
    """How much of the length of a text a ridge regression reads off its state without padding.

    R² on held-out texts, below 0 where the probe is worse than the mean length.

    Args:
        states: states of the texts alone, shape (n, width).
        length: tokens of each text, shape (n,).
        group: group of each text, shape (n,).
    """
    from sklearn.linear_model import Ridge

    if _too_few(group):
        return LengthProbe(np.nan, TOO_FEW)
    target = length.astype(np.float64)
    if np.ptp(target) == 0:
        return LengthProbe(np.nan, "all texts have one length")
    read = np.empty_like(target)
    for fitted, held in _folds(group):
        values, others = _standardised(states[fitted], states[held])
        read[held] = Ridge(alpha=1.0).fit(values, target[fitted]).predict(others)
    missed = float(((target - read) ** 2).sum())
    return LengthProbe(1 - missed / float(((target - target.mean()) ** 2).sum()), None)


def confounded(pads: NDArray[np.integer], length: NDArray[np.integer]) -> bool:
    """Whether the number of pads is made from the length of the text, as in pads = max_len − length."""
    if np.ptp(pads) == 0 or np.ptp(length) == 0:
        return False
    return bool(np.corrcoef(pads, length)[0, 1] <= TIED)


def _too_few(group: NDArray[np.intp]) -> bool:
    return len(group) < FEWEST_TEXTS or len(np.unique(group % FOLDS)) < 2


def _folds(group: NDArray[np.intp]) -> Iterator[tuple[Rows, Rows]]:
    """For every fold the rows to fit to and the rows held out."""
    fold = group % FOLDS
    for number in np.unique(fold):
        yield fold != number, fold == number


def _scores(states: NDArray[np.floating], target: Classes, group: NDArray[np.intp]) -> tuple[float, float]:
    """Cross-validated accuracy and cross entropy in bits of a logistic regression; every fold begins at the last's."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    correct, bits = [], []
    probes: dict[tuple[int, ...], LogisticRegression] = {}
    for fitted, held in _folds(group):
        seen = tuple(np.unique(target[fitted]))
        probability = np.zeros((held.sum(), int(target.max()) + 1))
        if len(seen) == 1:
            probability[:, seen] = 1.0
        else:
            values, others = _standardised(states[fitted], states[held])
            begun = LogisticRegression(C=1.0, tol=TOLERANCE, max_iter=ITERATIONS, warm_start=True)
            probe = probes.setdefault(seen, begun)
            with warnings.catch_warnings():
                # A fit that stopped early is judged on held-out texts like any other.
                warnings.simplefilter("ignore", ConvergenceWarning)
                probe.fit(values, target[fitted])
            probability[:, seen] = probe.predict_proba(others)
        correct.append(probability.argmax(axis=1) == target[held])
        bits.append(-np.log2(np.maximum(probability[np.arange(held.sum()), target[held]], np.finfo(np.float64).tiny)))
    return float(np.concatenate(correct).mean()), float(np.concatenate(bits).mean())


def _standardised(values: NDArray[np.floating], others: NDArray[np.floating]) -> tuple[Floats, Floats]:
    """Both in standard deviations of `values` around their mean; a constant unit is 0 everywhere."""
    values, others = values.astype(np.float64), others.astype(np.float64)
    mean, spread = values.mean(axis=0), values.std(axis=0)
    varies = spread > CONSTANT * np.abs(values).max(axis=0)
    scale = np.where(varies, 1 / np.where(varies, spread, 1.0), 0.0)
    return (values - mean) * scale, (others - mean) * scale
