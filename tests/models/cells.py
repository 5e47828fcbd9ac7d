"""Seeds of small cells: what trains and exports one."""

import json

from stages.models.training import TrainingTask
from stages.params.derived import architecture_of
from stages.states.exporting import ExportTask, export_seed

PADS = (0, 1, 5)
VARIANTS = ("baseline", "masked", "double_mask")


def training_task(make_params, padded, folder, variant="baseline", side="post", seed=0, **changes):
    """Two epochs of a small model, in batches of texts of like length, of which trimming leaves little padding."""
    small = {"train.epochs": 2, "train.batch_size": 16, "train.grouping": "length", "model.units": 4}
    params = make_params(small | changes)
    return TrainingTask(padded, folder, side, architecture_of(params, variant), params.train, seed)


def scores(folder):
    return json.loads((folder / "scores.json").read_text())


def exported(padded, model, folder, variant="baseline", side="post", texts="all", causes=False):
    task = ExportTask(
        padded=padded[side],
        model=model / "model.keras",
        folder=folder,
        side=side,
        variant=variant,
        seed=0,
        classes=("no", "yes"),
        tokenizer="abc",
        pads=PADS,
        texts=texts,
        batch_size=64,
        causes=causes,
    )
    export_seed(task)
    return folder
