"""What is told of models while they are trained, and behind the last of them."""

from collections.abc import Sequence
from pathlib import Path

from stages.models.history import epochs_done
from stages.models.training import TrainingTask
from stages.runtime.files import read_json


def doing(tasks: Sequence[TrainingTask]) -> tuple[int, str]:
    """How many epochs are done over all seeds, and how the last seed at work is doing."""
    found = [(*epochs_done(task.folder), f"{task.side} seed {task.seed}") for task in tasks]
    remarks = [f"{who} {remark}" for _, remark, who in found if remark]
    return sum(epochs for epochs, *_ in found), next(reversed(remarks), "")


def ended(task: TrainingTask) -> str:
    """How a seed ended: its accuracy and how long it was trained."""
    scores = read_json(task.folder / "scores.json")
    accuracy, epochs = scores["splits"]["test"]["accuracy"], scores["training"]["epochs"]
    return f"{task.side}, seed {task.seed}: accuracy {100 * accuracy:.1f} %, {epochs} of {task.train.epochs} epochs"


def learned(folders: Sequence[Path], epochs: int) -> str:
    """How many models learned, and, where fewer than half did, what to do.

    Args:
        folders: of the models.
        epochs: that each was given.
    """
    from stages.stats.intervals import beats_majority  # here, because SciPy's import is not for every worker

    scores = [read_json(folder / "scores.json")["splits"]["validation"] for folder in folders]
    count = sum(map(beats_majority, scores))
    line = f"{count} of {len(folders)} models are shown above the majority share of the validation texts"
    if 2 * count >= len(folders):
        return line
    return (
        f"{line}, and what pads do to the others means nothing; train longer, "
        f"`dvc exp run -S train.epochs={3 * epochs} -S train.patience=0`, or with more texts"
    )
