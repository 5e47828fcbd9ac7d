"""Stage `bag_of_words`: what the words alone are worth, without their order and without a neural network."""

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from stages.params.schema import Params
from stages.runtime.command import run
from stages.runtime.files import read_json, whole_folder, write_json
from stages.runtime.paths import SPLITS
from stages.stats.bag_of_words import BagScores, Fit, fits, fits_while_better, scores
from stages.texts.tokens.bag_files import bags_of, columns_of


def bag_of_words(params: Params, *, tokens: Path, bag_of_words: Path) -> None:
    """Fit a logistic regression on which tokens a text holds, and score it on every split.

    `bag_of_words.penalties` are tried from strong to weak while the loss on the validation texts falls.
    """
    knobs = params.bag_of_words
    profile = read_json(tokens / "profile.json")
    columns = columns_of(tokens / "train.parquet", profile["vocabulary_size"], knobs.vocabulary)
    shape = (int(columns.max()) + 1, len(profile["classes"]))
    with whole_folder(bag_of_words) as folder:
        scratch = folder / "scratch"
        scratch.mkdir()
        corpora = {name: bags_of(tokens / f"{name}.parquet", columns, scratch / name) for name in SPLITS}
        with threadpool_limits(1):  # or the last digits of a sum would depend on the number of cores
            path = fits(corpora["train"], shape, knobs.penalties, knobs.passes)
            tried = fits_while_better(path, corpora["validation"])
            best, _ = min(tried, key=lambda trial: trial[1].nll)
            splits = {name: scores(corpus, best) for name, corpus in corpora.items()}
        shutil.rmtree(scratch)
        write_json(
            folder / "scores.json",
            {
                "penalty": best.penalty,
                "features": shape[0],
                "splits": {name: asdict(split) for name, split in splits.items()},
                "tried": [_trial(*trial) for trial in tried],
            },
        )
    print(
        f"without a neural network: {100 * splits['test'].accuracy:.1f} % of the test texts right, from {shape[0]} "
        f"tokens at penalty {best.penalty:g}{'' if best.converged else ', not converged; raise bag_of_words.passes'}"
    )


def _trial(fit: Fit, validation: BagScores) -> dict[str, Any]:
    return {
        "penalty": fit.penalty,
        "passes": fit.passes,
        "converged": fit.converged,
        "validation_accuracy": validation.accuracy,
        "validation_nll": validation.nll,
    }


if __name__ == "__main__":
    run(bag_of_words)
