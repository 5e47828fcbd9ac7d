"""Stage `train`: every seed of one cell (padding side × variant), side by side."""

import csv
from pathlib import Path

from stages.models.tensorflow_setup import prepare_tensorflow
from stages.models.training import TrainingUnit, train_seed
from stages.params.derived import architecture_of, seed_numbers
from stages.params.schema import Params, checked_side
from stages.runtime.command import run
from stages.runtime.files import partials, whole_folder
from stages.runtime.paths import seed_folder
from stages.runtime.workers.pool import executor_for, run_all


def train(params: Params, *, side: str, variant: str, tokens: Path, padded: Path, models: Path) -> None:
    """Train every seed of the cell (side, variant) on the padded texts and write its models, histories and scores."""
    architecture = architecture_of(params, variant)
    with whole_folder(models) as folder:
        units = [
            TrainingUnit(
                padded=padded,
                folder=seed_folder(folder, seed),
                side=checked_side(side),
                architecture=architecture,
                train=params.train,
                seed=seed,
                tokens=tokens,
            )
            for seed in seed_numbers(params.train)
        ]
        with executor_for(params.execution, len(units), prepare_tensorflow) as executor:
            run_all(
                executor,
                train_seed,
                units,
                label=f"train {side}-{variant}",
                steps=params.train.epochs * len(units),
                done=lambda: _epochs_done(units),
            )


def _epochs_done(units: list[TrainingUnit]) -> tuple[int, str]:
    """How many epochs are done over all seeds, and how the last seed at work is doing."""
    done, remark = 0, ""
    for unit in units:
        for folder in (unit.folder, *partials(unit.folder)):
            epochs = _history(folder / "history.csv")
            done += len(epochs)
            if folder != unit.folder and epochs:
                loss = float(epochs[-1]["loss"])
                remark = f"seed {unit.seed} epoch {len(epochs)}/{unit.train.epochs} loss {loss:.3f}"
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
