"""Stage `analyze`: states and scores become estimates, intervals and verdicts."""

from pathlib import Path

from stages.analysis.cell_facts import cell_facts
from stages.analysis.contract import Analysis
from stages.analysis.dataset_facts import bag_facts, dataset_facts, training_history
from stages.analysis.family import family
from stages.analysis.memory_facts import unit_facts
from stages.analysis.over_models import compared_models, models_of, trained_cells
from stages.analysis.padding_costs import batching_costs, law_facts, length_facts
from stages.analysis.similarities import similarity_facts
from stages.analysis.verdicts import verdicts
from stages.params.derived import BASELINE
from stages.params.schema import Params
from stages.runtime.command import run
from stages.runtime.files import whole_folder
from stages.runtime.paths import condition_name, conditions
from stages.runtime.workers.pool import executor_for


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
        cells = trained_cells(executor, params, compared, models, states)
        similarity = compared_models(executor, params, cells, states)
    baselines = {cell.side: cell for cell in cells if cell.variant == BASELINE}
    level, knobs = params.analyze.level, params.analyze
    bag = bag_facts(bag_of_words, level)
    content = Analysis(
        dataset=dataset_facts(params, corpus, tokens, padded),
        bag_of_words=bag,
        cells=[cell_facts(cell, baselines.get(cell.side), compared, bag, knobs) for cell in cells],
        family=family(cells, compared, knobs),
        verdicts=verdicts(cells, compared, knobs),
        history=[
            row
            for cell in cells
            for seed in cell.trained
            for row in training_history(models_of(params, models, cell.side, cell.variant), cell, seed.seed)
        ],
        similarity=[similarity_facts(*comparison, level) for comparison in similarity],
        cost=batching_costs(params, tokens, padded),
        law=law_facts(params, tokens, padded),
        lengths=length_facts(tokens, padded / params.pad.sides[0]),
        units=unit_facts(cells, baselines, compared, knobs.exact_tolerance),
    )
    with whole_folder(analysis) as folder:
        content.write(folder)


if __name__ == "__main__":
    run(analyze)
