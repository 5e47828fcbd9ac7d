"""From the report.json of every experiment to the rows of its sweep: one for each combination, side and variant."""

from collections.abc import Sequence

import numpy as np

from stages.analysis.contract import Finding, Report
from stages.analysis.contract_cells import ALONE, CellFacts, SeedFacts
from stages.analysis.estimate import Estimate
from stages.reporting.results import ACCURACY_CHANGE, DRIFT, FLIPS, Results
from stages.stats.verdicts import Verdict
from stages.sweeps.spec import SIDE, VARIANT, ExperimentReport
from stages.sweeps.sweep_json_rows import Figure, Levels, Row, SeedFigures, picked

NOT_MEASURED = "not measured"


def sweep_rows(experiments: Sequence[ExperimentReport]) -> list[Row]:
    """The rows of a sweep, in the order of the experiments and, within each, of its cells."""
    return [row for experiment in experiments for row in rows_of(experiment.report, experiment.point.levels)]


def rows_of(report: Report, levels: Levels) -> list[Row]:
    """One row for each side and variant of one experiment; `levels` are those of its point."""
    results = Results(report)
    return [_row(results, cell, levels) for cell in results.cells]


def _row(results: Results, cell: CellFacts, levels: Levels) -> Row:
    padded = results.report.dataset.padded[cell.side]
    train = padded.splits["train"]
    at, hidden = results.headline, [vector for vector in cell.vectors if vector.startswith("h_")]
    drift = _judged(results.finding(cell, DRIFT, at))
    flips = _judged(results.finding(cell, FLIPS, at))
    conditions = [ALONE, *results.conditions]
    changes = {name: results.finding(cell, ACCURACY_CHANGE, name) for name in conditions}
    return picked(
        Row,
        cell,
        levels={**levels, SIDE: cell.side, VARIANT: cell.variant},
        max_len=padded.max_len,
        padding_share=train.padding_share,
        truncated_share=train.truncated_share,
        cut_share=train.cut_share,
        n_seeds=len(cell.seeds),
        accuracy=cell.accuracy.estimate,
        train_accuracy=_mean_score(cell, "train", results.level),
        validation_accuracy=_mean_score(cell, "validation", results.level),
        drift_ratio=drift,
        state_drift=_judged(results.finding(cell, DRIFT, at, hidden[-1])) if hidden else None,
        flip_rate=flips,
        accuracy_change={name: _judged(change) for name, change in changes.items() if change is not None},
        seeds=[
            picked(
                SeedFigures,
                seed,
                accuracy=seed.accuracy.estimate,
                train_accuracy=_score(seed, "train"),
                validation_accuracy=_score(seed, "validation"),
                drift_ratio=_of_seed(seed, cell.drift(seed, at), drift),
                flip_rate=_of_seed(seed, seed.flips_by_condition.get(at), flips),
            )
            for seed in cell.seeds
        ],
    )


def _of_seed(seed: SeedFacts, value: float | None, judged: Figure) -> float | None:
    """None where the seed is at chance, 0 where the row is EXACT (below the tolerance)."""
    if not seed.learned:
        return None
    return 0.0 if judged.unmoved else value


def _judged(finding: Finding | None) -> Figure:
    if finding is None:
        return Figure(estimate=None, low=None, high=None, verdict=Verdict.UNDEFINED, reason=NOT_MEASURED)
    return picked(Figure, finding)


def _score(seed: SeedFacts, split: str) -> float | None:
    scores = seed.scores.get(split)
    return None if scores is None else scores.accuracy


def _mean_score(cell: CellFacts, split: str, level: float) -> Estimate | None:
    scores = [_score(seed, split) for seed in cell.seeds]
    if any(score is None for score in scores):
        return None
    return Estimate.over_seeds(np.array(scores, dtype=np.float64), level, 0.0, 1.0)
