"""The passes over all models' states, several models at a time: each by itself, and pairs of them."""

from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stages.analysis.cells import Cell, SeedResult
from stages.analysis.one_model import ModelTask, outcome_of_model
from stages.analysis.similarities import Comparison, PairSimilarity, SimilarityTask, comparisons, similarity_of
from stages.errors import UserError
from stages.params.derived import architecture_of, masks_nothing, trained_seeds, trained_side
from stages.params.schema import Params
from stages.runtime.files import read_json
from stages.runtime.paths import CORRECT, cell_folder, seed_folder
from stages.runtime.workers.pool import run_all


def trained_cells(
    executor: Executor, params: Params, compared: dict[str, int | None], models: Path, states: Path
) -> list[Cell]:
    """Every side and variant with the outcome of the pass over each of its models' states.

    Args:
        executor: does the passes, several at a time.
        params: which models there are, and the bounds.
        compared: conditions compared with the text alone, with their number of pads (None: it differs by text).
        models: the folder of their scores.
        states: the folder of their states.

    Raises:
        UserError: what a model left is missing or damaged.
    """
    keys = [(side, variant) for side in params.pad.sides for variant in params.train.variants]
    tasks = [
        ModelTask(states, side, variant, seed, compared, params.analyze.epsilon, params.analyze.probe_texts)
        for side, variant in keys
        for seed in trained_seeds(params, variant)
    ]
    outcomes = run_all(executor, outcome_of_model, tasks, label="analyze", steps=len(tasks), done=lambda: (0, ""))
    results: dict[tuple[str, str], list[SeedResult]] = {key: [] for key in keys}
    for task, outcome in zip(tasks, outcomes, strict=True):
        folder = seed_folder(models_of(params, models, task.side, task.variant), task.seed)
        scores = read_json(folder / "scores.json")
        correct = _correct(folder / CORRECT)
        results[task.side, task.variant].append(SeedResult(task.seed, scores, outcome, correct))
    cells = [Cell(side, variant, architecture_of(params, variant), results[side, variant]) for side, variant in keys]
    return [with_seeds_of_its_twin(cell, cells) for cell in cells]


def models_of(params: Params, models: Path, side: str, variant: str) -> Path:
    """The folder of a cell's models, below that of all: those of another side where the variant ignores padding."""
    return cell_folder(models, trained_side(params, variant, side), variant)


def with_seeds_of_its_twin(cell: Cell, cells: list[Cell]) -> Cell:
    """A cell whose mask masks nothing, with all seeds of the unmasked cell that it repeats to the last bit.

    A cell without such a twin stays as it is.
    """
    if not masks_nothing(cell.architecture):
        return cell
    unmasked = cell.architecture.model_copy(update={"mask": "none"})
    for twin in cells:
        if twin.side == cell.side and twin.architecture == unmasked:
            shown = replace(twin, seeds=twin.seeds[: len(cell.seeds)])
            return replace(cell, seeds=twin.seeds, own=cell.seeds) if cell.same_results(shown) else cell
    return cell


def compared_models(
    executor: Executor, params: Params, cells: list[Cell], states: Path
) -> list[tuple[Comparison, list[PairSimilarity]]]:
    """Every comparison with the similarity of each of its pairs of models."""
    own = [cell for cell in cells if cell.own is None]  # what repeats another cell is not compared again
    learned = {(cell.side, cell.variant): [seed.seed for seed in cell.learned] for cell in own}
    wanted = comparisons(params.pad.sides, tuple(dict.fromkeys(cell.variant for cell in own)), learned)
    tasks = [SimilarityTask(states, comparison.side, *pair) for comparison in wanted for pair in comparison.pairs]
    by_pair = iter(run_all(executor, similarity_of, tasks, label="compare", steps=len(tasks), done=lambda: (0, "")))
    return [(comparison, [next(by_pair) for _ in comparison.pairs]) for comparison in wanted]


def _correct(path: Path) -> NDArray[np.bool_]:
    try:
        correct: NDArray[np.bool_] = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: {error}; run `dvc repro` to train it again") from None
    return correct
