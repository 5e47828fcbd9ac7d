"""Stage `train`: every seed of one variant, on each padding side that it knows, side by side."""

import csv
from pathlib import Path

from stages.models.tensorflow_setup import prepare_tensorflow
from stages.models.training import TrainingTask, train_seed
from stages.params.derived import architecture_of, trained_seeds, trained_sides
from stages.params.schema import Params
from stages.runtime.command import run
from stages.runtime.files import partials, whole_folder
from stages.runtime.paths import seed_folder, side_folder
from stages.runtime.workers.pool import executor_for, run_all


def train(params: Params, *, variant: str, tokens: Path, padded: Path, models: Path) -> None:
    """Train every seed of the variant on the padded texts and write its models, histories and scores."""
    architecture = architecture_of(params, variant)
    with whole_folder(models) as folder:
        tasks = [
            TrainingTask(
                padded=side_folder(padded, side),
                folder=seed_folder(side_folder(folder, side), seed),
                side=side,
                architecture=architecture,
                train=params.train,
                seed=seed,
                tokens=tokens,
            )
            for seed in trained_seeds(params, variant)
            for side in trained_sides(params, variant)
        ]
        with executor_for(params.execution, len(tasks), prepare_tensorflow) as executor:
            run_all(
                executor,
                train_seed,
                tasks,
                label=f"train {variant}",
                steps=params.train.epochs * len(tasks),
                done=lambda: _epochs_done(tasks),
            )


def _epochs_done(tasks: list[TrainingTask]) -> tuple[int, str]:
    """How many epochs are done over all seeds, and how the last seed at work is doing."""
    done, remark = 0, ""
    for task in tasks:
        for folder in (task.folder, *partials(task.folder)):
            epochs = _history(folder / "history.csv")
            done += len(epochs)
            if folder != task.folder and epochs:
                loss = float(epochs[-1]["loss"])
                remark = f"{task.side} seed {task.seed} epoch {len(epochs)}/{task.train.epochs} loss {loss:.3f}"
    return done, remark


def _history(path: Path) -> list[dict[str, str]]:
    """The complete rows of a history that is still being written, or that moves away while it is read."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    return list(csv.DictReader(text[: text.rfind("\n") + 1].splitlines()))


if __name__ == "__main__":
    run(train)
