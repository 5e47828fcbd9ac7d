"""Stage `export`: the hidden states of one variant's models, the same test texts under every condition."""

import hashlib
from pathlib import Path

from stages.models.tensorflow_setup import prepare_tensorflow
from stages.params.derived import trained_seeds, trained_side
from stages.params.schema import Params
from stages.runtime.command import run
from stages.runtime.files import read_json, whole_folder
from stages.runtime.paths import conditions, seed_folder, side_folder, states_folder
from stages.runtime.workers.pool import executor_for, run_all, threads_of_each
from stages.states.exporting import ExportTask, export_seed


def export(params: Params, *, variant: str, tokens: Path, padded: Path, models: Path, states: Path) -> None:
    """Read the test texts, padded on each side, with every model of the variant under every condition."""
    classes = read_json(side_folder(padded, params.pad.sides[0]) / "profile.json")["classes"]
    tokenizer = hashlib.sha256((tokens / "tokenizer.json").read_bytes()).hexdigest()
    names = conditions(params.export.pads)
    seeds = trained_seeds(params, variant)
    threads = threads_of_each(params.execution, len(seeds) * len(params.pad.sides), f"export {variant}")
    with whole_folder(states) as folder:
        tasks = [
            ExportTask(
                padded=side_folder(padded, side),
                model=seed_folder(side_folder(models, trained_side(params, variant, side)), seed) / "model.keras",
                folder=states_folder(folder, side, seed),
                side=side,
                variant=variant,
                seed=seed,
                classes=tuple(classes),
                tokenizer=tokenizer,
                pads=params.export.pads,
                texts=params.export.texts,
                batch_size=params.export.batch_size,
                causes=params.export.causes,
                threads=threads,
            )
            for seed in seeds
            for side in params.pad.sides
        ]
        with executor_for(params.execution, len(tasks), prepare_tensorflow) as executor:
            run_all(
                executor,
                export_seed,
                tasks,
                label=f"export {variant}",
                steps=len(names) * len(tasks),
                done=lambda: (len(list(folder.glob("*/*/*/*.parquet"))), ""),
            )


if __name__ == "__main__":
    run(export)
