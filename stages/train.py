"""Stage `train`: every seed of one variant, on each padding side that it knows, side by side."""

from pathlib import Path

from stages.models import progress
from stages.models.reuse import inputs_hash, keep_seeds, write_made_of
from stages.models.tensorflow_setup import prepare_tensorflow
from stages.models.training import TrainingTask, train_seed
from stages.params.derived import architecture_of, trained_seeds, trained_sides
from stages.params.schema import Params
from stages.runtime.command import run
from stages.runtime.files import whole_folder
from stages.runtime.paths import seed_folder, side_folder
from stages.runtime.workers.pool import executor_for, run_all, threads_of_each


def train(params: Params, *, variant: str, tokens: Path, padded: Path, models: Path) -> None:
    """Train every seed of the variant on the padded texts and write its models, histories and scores.

    Seeds that `models` holds already, trained from the same inputs, are kept.
    """
    architecture = architecture_of(params, variant)
    inputs = inputs_hash(architecture, params.train, [tokens, padded])
    with whole_folder(models) as folder:
        seeds = trained_seeds(params, variant)
        sides = trained_sides(params, variant)
        threads = threads_of_each(params.execution, len(seeds) * len(sides), f"train {variant}")
        tasks = {
            seed_folder(Path(side), seed): TrainingTask(
                padded=side_folder(padded, side),
                folder=seed_folder(side_folder(folder, side), seed),
                side=side,
                architecture=architecture,
                train=params.train,
                seed=seed,
                tokens=tokens,
                threads=threads,
            )
            for seed in seeds
            for side in sides
        }
        kept = keep_seeds(models, folder, tasks, inputs)
        if kept:
            print(f"train {variant}: {len(kept)} of {len(tasks)} models were trained already, from the same inputs")
        missing = [task for name, task in tasks.items() if name not in kept]
        if missing:
            _train_all(params, missing, f"train {variant}")
        write_made_of(folder, tasks, inputs)
        told = progress.learned([task.folder for task in tasks.values()], params.train.epochs)
    print(f"train {variant}: {told}")


def _train_all(params: Params, tasks: list[TrainingTask], label: str) -> None:
    with executor_for(params.execution, len(tasks), prepare_tensorflow) as executor:
        run_all(
            executor,
            train_seed,
            tasks,
            label=label,
            steps=params.train.epochs * len(tasks),
            done=lambda: progress.doing(tasks),
            told=progress.ended,
        )


if __name__ == "__main__":
    run(train)
