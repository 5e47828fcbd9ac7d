"""How ways to make batches compare in accuracy, and how many tokens each computes."""

import itertools

import numpy as np

from stages.reporting.format import format_p
from stages.stats.seed_pairs import over_seeds, paired_comparison
from stages.stats.verdicts import EQUIVALENCE_LEVEL
from stages.sweeps.findings.effects import ACCURACY, Grid, difference_by_seed
from stages.sweeps.findings.words import format_in_points, groups, mean_difference, where
from stages.sweeps.sweep_json_findings import BatchingPair, Equivalence
from stages.sweeps.sweep_json_rows import Levels, Row, picked

BATCHING = ("train.trim", "train.grouping")


def batching_findings(grid: Grid) -> list[Equivalence]:
    """One finding for each side and variant, with every pair of batching modes compared."""
    return [_finding(grid, *group) for group in groups(grid, grid.rows, *BATCHING) if len(group[-1]) > 1]


def _finding(grid: Grid, axis: str, levels: Levels, rows: list[Row]) -> Equivalence:
    pairs = [_pair(grid, axis, ours, theirs) for theirs, ours in itertools.combinations(rows, 2)]
    compared = [f"{pair.level}, {format_in_points(pair)}" for pair in pairs[: len(rows) - 1]]
    text = f"{where(levels)}, accuracy against {rows[0].levels[axis]} batches: {'; '.join(compared)}."
    return Equivalence(levels=levels, axis=axis, pairs=pairs, text=text)


def _pair(grid: Grid, axis: str, ours: Row, theirs: Row) -> BatchingPair:
    """Ours against theirs, by two one-sided tests."""
    difference = difference_by_seed(ours, theirs, ACCURACY, grid.seeds)
    known = difference[np.isfinite(difference)]
    comparison = paired_comparison(known, grid.epsilon[ACCURACY], np.random.default_rng(0))
    narrow = over_seeds(difference, EQUIVALENCE_LEVEL)
    return picked(
        BatchingPair,
        mean_difference(grid, difference),
        level=ours.levels[axis],
        reference=theirs.levels[axis],
        tost_p=None if comparison.reason else comparison.tost_p,
        tost_p_text=None if comparison.reason else format_p(comparison.tost_p),
        low_90=narrow.low,
        high_90=narrow.high,
        n_seeds=comparison.n_seeds,
        reason=comparison.reason,
        computed_ratio=ours.computed_tokens / theirs.computed_tokens,
    )
