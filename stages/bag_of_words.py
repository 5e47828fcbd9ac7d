"""Stage `bag_of_words`: what the words alone are worth, without their order and without a neural network."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from stages.params.schema import Params
from stages.runtime.command import run
from stages.runtime.files import read_json, whole_folder, write_json
from stages.runtime.paths import SPLITS
from stages.stats.bag_of_words import Trial, trials
from stages.texts.tokens.bags import bag_tokens, bags_of
from stages.texts.tokens.vocabulary import PADDING


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
        for trial in trials(bags, len(profile["classes"]), knobs.penalties, knobs.iterations):
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


def _told(trial: Trial) -> dict[str, Any]:
    validation = trial.splits["validation"]
    told = {"penalty": trial.penalty, "iterations": trial.iterations, "converged": trial.converged}
    return {**told, "validation_accuracy": validation.accuracy, "validation_nll": validation.nll}


if __name__ == "__main__":
    run(bag_of_words)
