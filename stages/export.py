"""Stage `export`: the hidden states of one cell's models, the same test texts under every condition."""

from pathlib import Path

from stages.models.tensorflow_setup import prepare_tensorflow
from stages.params.derived import fingerprint, seed_numbers
from stages.params.schema import Params, checked_side
from stages.runtime.command import run
from stages.runtime.files import read_json, whole_folder
from stages.runtime.paths import conditions, seed_folder
from stages.runtime.workers.pool import executor_for, run_all
from stages.states.exporting import ExportTask, export_seed


def export(params: Params, *, side: str, variant: str, padded: Path, models: Path, states: Path) -> None:
    """Read the test texts with every model of the cell (side, variant) under every condition and write the states."""
    classes = len(read_json(padded / "profile.json")["classes"])
    names = conditions(params.export.pads)
    with whole_folder(states) as folder:
        tasks = [
            ExportTask(
                padded=padded,
                model=seed_folder(models, seed) / "model.keras",
                folder=seed_folder(folder, seed),
                dataset=params.dataset,
                side=checked_side(side),
                variant=variant,
                seed=seed,
                classes=classes,
                pads=params.export.pads,
                texts=params.export.texts,
                batch_size=params.export.batch_size,
                params=fingerprint(params, variant),
            )
            for seed in seed_numbers(params.train)
        ]
        with executor_for(params.execution, len(tasks), prepare_tensorflow) as executor:
            run_all(
                executor,
                export_seed,
                tasks,
                label=f"export {side}-{variant}",
                steps=len(names) * len(tasks),
                done=lambda: (len(list(folder.glob("*/*.parquet"))), ""),
            )


if __name__ == "__main__":
    run(export)
