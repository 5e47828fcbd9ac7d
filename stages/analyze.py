"""Stage `analyze`: states and scores become estimates, intervals and verdicts."""

from concurrent.futures import Executor
from pathlib import Path

from stages.analysis.cell_facts import cell_facts, unit_facts
from stages.analysis.cells import Cell, SeedResult
from stages.analysis.contract import Analysis
from stages.analysis.dataset_facts import bag_facts, dataset_facts, training_history
from stages.analysis.one_model import ModelTask, outcome_of_model
from stages.analysis.padding_costs import batching_costs, law_facts, length_facts
from stages.analysis.similarities import (
    Comparison,
    PairSimilarity,
    SimilarityTask,
    comparisons,
    similarity_facts,
    similarity_of,
)
from stages.analysis.verdicts import verdicts
from stages.params.derived import architecture_of, seed_numbers
from stages.params.schema import BASELINE, Params
from stages.runtime.command import run
from stages.runtime.files import read_json, whole_folder
from stages.runtime.paths import cell_folder, condition_name, conditions, seed_folder
from stages.runtime.workers.pool import executor_for, run_all


def analyze(
    params: Params,
    *,
    corpus: Path,
    tokens: Path,
    bag_of_words: Path,
    padded: Path,
    models: Path,
    states: Path,
    analysis: Path,
) -> None:
    """Compare every condition with the text alone, every variant with the baseline, and all with a bag of words."""
    compared = {name: pads for name, pads in conditions(params.export.pads).items() if name != condition_name(0)}
    tasks = len(params.pad.sides) * len(params.train.variants) * params.train.seeds
    with executor_for(params.execution, tasks) as executor:
        cells = _cells(executor, params, compared, models, states)
        similarity = _similarity(executor, params, cells, states)
    baselines = {cell.side: cell for cell in cells if cell.variant == BASELINE}
    level, knobs = params.analyze.level, params.analyze
    bag = bag_facts(bag_of_words, level)
    content = Analysis(
        dataset=dataset_facts(params, corpus, tokens, padded),
        bag_of_words=bag,
        cells=[cell_facts(cell, baselines.get(cell.side), compared, bag, knobs) for cell in cells],
        verdicts=verdicts(cells, compared, knobs),
        history=[row for cell in cells for seed in cell.seeds for row in training_history(models, cell, seed.seed)],
        similarity=[similarity_facts(comparison, by_pair, level) for comparison, by_pair in similarity],
        cost=batching_costs(params, tokens, padded),
        law=law_facts(params, tokens, padded),
        lengths=length_facts(tokens, padded / params.pad.sides[0]),
        units=unit_facts(cells, baselines, compared, knobs.exact_tolerance),
    )
    with whole_folder(analysis) as folder:
        content.write(folder)


def _cells(
    executor: Executor, params: Params, compared: dict[str, int | None], models: Path, states: Path
) -> list[Cell]:
    keys = [(side, variant) for side in params.pad.sides for variant in params.train.variants]
    tasks = [
        ModelTask(states, *key, seed, compared, params.analyze.epsilon, params.analyze.probe_texts)
        for key in keys
        for seed in seed_numbers(params.train)
    ]
    outcomes = run_all(executor, outcome_of_model, tasks, label="analyze", steps=len(tasks), done=lambda: (0, ""))
    results: dict[tuple[str, str], list[SeedResult]] = {key: [] for key in keys}
    for task, outcome in zip(tasks, outcomes, strict=True):
        folder = seed_folder(cell_folder(models, task.side, task.variant), task.seed)
        scores = read_json(folder / "scores.json")
        results[task.side, task.variant].append(SeedResult(task.seed, scores, outcome))
    return [Cell(side, variant, architecture_of(params, variant), results[side, variant]) for side, variant in keys]


def _similarity(
    executor: Executor, params: Params, cells: list[Cell], states: Path
) -> list[tuple[Comparison, list[PairSimilarity]]]:
    """Every comparison with the similarity of each of its pairs of models."""
    learned = {(cell.side, cell.variant): [seed.seed for seed in cell.learned] for cell in cells}
    wanted = comparisons(params.pad.sides, params.train.variants, learned)
    tasks = [SimilarityTask(states, each.side, *pair) for each in wanted for pair in each.pairs]
    found = iter(run_all(executor, similarity_of, tasks, label="compare", steps=len(tasks), done=lambda: (0, "")))
    return [(each, [next(found) for _ in each.pairs]) for each in wanted]


if __name__ == "__main__":
    run(analyze)
