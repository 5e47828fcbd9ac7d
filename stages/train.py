"""Stage `train`: every seed of one cell (padding side × variant), side by side."""

from pathlib import Path

from stages.command import run
from stages.execution import local_executor, run_all
from stages.files import PARTIAL_SUFFIX, whole_folder
from stages.modeling.training import TrainingUnit, train_seed
from stages.params import Params, checked_side


def train(params: Params, *, side: str, variant: str, padded: Path, models: Path) -> None:
    """Train every seed of the cell (side, variant) on the padded texts and write its models, histories and scores."""
    architecture = params.architecture(variant)
    with whole_folder(models) as folder:
        units = [
            TrainingUnit(
                padded=padded,
                folder=folder / f"seed={seed}",
                side=checked_side(side),
                architecture=architecture,
                train=params.train,
                seed=seed,
            )
            for seed in params.train.seed_numbers
        ]
        with local_executor(params.execution.workers, len(units)) as executor:
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
        partial = unit.folder.with_name(unit.folder.name + PARTIAL_SUFFIX)
        for folder in (unit.folder, partial):
            history = folder / "history.csv"
            lines = history.read_text().splitlines() if history.exists() else []
            done += max(0, len(lines) - 1)
            if folder == partial and len(lines) > 1:
                last = dict(zip(lines[0].split(","), lines[-1].split(","), strict=False))
                remark = f"seed {unit.seed} epoch {len(lines) - 1}/{unit.train.epochs} loss {float(last['loss']):.3f}"
    return done, remark


if __name__ == "__main__":
    run(train)
