"""What a text's words say of its class when their order and number are forgotten: logistic regression."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from stages.stats.scores import Scores, score

GRADIENT = 1e-5
"""A fit is done where no entry of the gradient of the mean loss is larger."""

Bags = tuple[sparse.csr_matrix, NDArray[np.int64]]
"""Which tokens each text holds, shape (texts, tokens), and the index of its class, shape (texts,)."""


@dataclass(frozen=True)
class Trial:
    """A logistic regression with one L2 penalty: λ in Σ loss + λ/2 ‖weights‖², the intercepts free."""

    penalty: float
    iterations: int
    converged: bool
    splits: dict[str, Scores]


def trials(bags: Mapping[str, Bags], classes: int, penalties: Sequence[float], iterations: int) -> Iterator[Trial]:
    """A fit to the training texts for each penalty, from strong to weak, each starting where the one before ended.

    Args:
        bags: by split, `train` among them.
        classes: how many there are; one without a training text has probability 0.
        penalties: λ of each fit, all > 0.
        iterations: most of L-BFGS that a fit may take.
    """
    model = LogisticRegression(tol=GRADIENT, max_iter=iterations, warm_start=True)
    for penalty in sorted(penalties, reverse=True):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # said in `converged`
            model.set_params(C=1 / penalty).fit(*bags["train"])
        used = int(model.n_iter_[0])
        scores = {name: _scores(model, *bags[name], classes) for name in bags}
        yield Trial(penalty, used, used < iterations, scores)


def _scores(model: LogisticRegression, present: sparse.csr_matrix, label: NDArray[np.int64], classes: int) -> Scores:
    probability = np.zeros((len(label), classes))
    probability[:, model.classes_] = model.predict_proba(present)
    return score(probability, label)
