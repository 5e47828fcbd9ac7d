"""Stage `bag_of_words`: what the words alone are worth, without their order and without a neural network."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from stages.params.schema import Params
from stages.runtime.command import run
from stages.runtime.files import read_json, whole_folder, write_json
from stages.runtime.paths import SPLITS
from stages.stats.scores import Scores, score
from stages.texts.tokens.bags import bag_tokens, bags_of
from stages.texts.tokens.vocabulary import PADDING

GRADIENT = 1e-5
"""A fit is done where no entry of the gradient of the mean loss is larger."""

Bags = tuple[sparse.csr_matrix, NDArray[np.int64]]


@dataclass(frozen=True)
class Trial:
    """A logistic regression with one L2 penalty: λ in Σ loss + λ/2 ‖weights‖², the intercepts free."""

    penalty: float
    iterations: int
    converged: bool
    splits: dict[str, Scores]


def bag_of_words(params: Params, *, tokens: Path, bag_of_words: Path) -> None:
    """Fit a logistic regression on which tokens a text holds, and score it on every split.

    `bag_of_words.penalties` are tried from strong to weak while the loss on the validation texts falls.
    """
    knobs = params.bag_of_words
    profile = read_json(tokens / "profile.json")
    size = profile["vocabulary_size"]
    features = bag_tokens(tokens / "train.parquet", size, knobs.vocabulary)
    # scikit-learn takes no table without a column: where no token is known, padding stands in, which no text holds.
    columns = features if len(features) else np.array([PADDING])
    bags = {name: bags_of(tokens / f"{name}.parquet", columns, size) for name in SPLITS}
    with whole_folder(bag_of_words) as folder, threadpool_limits(1):  # or the last digits would depend on the cores
        tried: list[Trial] = []
        for trial in _trials(bags, len(profile["classes"]), knobs.penalties, knobs.iterations):
            tried.append(trial)
            if len(tried) > 1 and tried[-1].splits["validation"].nll >= tried[-2].splits["validation"].nll:
                break
        best = min(tried, key=lambda trial: trial.splits["validation"].nll)
        write_json(
            folder / "scores.json",
            {
                "penalty": best.penalty,
                "features": len(features),
                "splits": {name: asdict(scores) for name, scores in best.splits.items()},
                "tried": [_told(trial) for trial in tried],
            },
        )
    print(
        f"without a neural network: {100 * best.splits['test'].accuracy:.1f} % of the test texts right, from "
        f"{len(features)} tokens at penalty {best.penalty:g}"
        f"{'' if best.converged else ', not converged; raise bag_of_words.iterations'}"
    )


def _trials(bags: dict[str, Bags], classes: int, penalties: Sequence[float], iterations: int) -> Iterator[Trial]:
    """A fit for each penalty, from strong to weak, each starting where the one before ended."""
    model = LogisticRegression(tol=GRADIENT, max_iter=iterations, warm_start=True)
    for penalty in sorted(penalties, reverse=True):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # said in `converged`
            model.set_params(C=1 / penalty).fit(*bags["train"])
        used = int(model.n_iter_[0])
        scores = {name: _scores(model, *bags[name], classes) for name in SPLITS}
        yield Trial(penalty, used, used < iterations, scores)


def _scores(model: LogisticRegression, present: sparse.csr_matrix, label: NDArray[np.int64], classes: int) -> Scores:
    probability = np.zeros((len(label), classes))
    probability[:, model.classes_] = model.predict_proba(present)
    return score(probability, label)


def _told(trial: Trial) -> dict[str, Any]:
    validation = trial.splits["validation"]
    told = {"penalty": trial.penalty, "iterations": trial.iterations, "converged": trial.converged}
    return {**told, "validation_accuracy": validation.accuracy, "validation_nll": validation.nll}


if __name__ == "__main__":
    run(bag_of_words)
