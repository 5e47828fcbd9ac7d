"""Whether ways to make batches are equivalent in accuracy, and how many tokens each computes."""

import itertools

import numpy as np

from stages.reporting.format import format_p, format_ratio
from stages.stats.rounding import rounded
from stages.stats.seed_pairs import over_seeds, paired_comparison, verdict_on
from stages.stats.verdicts import EQUIVALENCE_LEVEL
from stages.sweeps.findings.effects import Grid, difference_by_seed
from stages.sweeps.findings.rows import Levels, Record, Row
from stages.sweeps.findings.words import figures, groups, judged_points, where

BATCHING = ("train.trim", "train.grouping")


def batching_findings(grid: Grid) -> list[Record]:
    """One finding for each side and variant, with every pair of batching modes compared."""
    axis = grid.changing(*BATCHING)
    if axis is None:
        return []
    found = groups(grid, grid.rows, axis)
    return [_finding(grid, axis, levels, rows) for levels, rows in found if len(rows) > 1]


def _finding(grid: Grid, axis: str, levels: Levels, rows: list[Row]) -> Record:
    pairs = [_pair(grid, axis, ours, theirs) for theirs, ours in itertools.combinations(rows, 2)]
    reference = rows[0].levels[axis]
    compared = [
        f"{each['level']} {judged_points(each)}, with {format_ratio(each['computed_ratio'])} times the computed tokens"
        for each in rounded(pairs[: len(rows) - 1])
    ]
    text = f"{where(levels)}, accuracy against {reference} batches: {'; '.join(compared)}."
    return {"id": "equivalence", "levels": levels, "axis": axis, "pairs": pairs, "text": text}


def _pair(grid: Grid, axis: str, ours: Row, theirs: Row) -> Record:
    """Ours against theirs, by two one-sided tests."""
    difference = difference_by_seed(ours, theirs, "accuracy", grid.seeds)
    found = difference[np.isfinite(difference)]
    comparison = paired_comparison(found, grid.epsilon["accuracy"], np.random.default_rng(0))
    narrow = over_seeds(difference, EQUIVALENCE_LEVEL)
    return {
        "level": ours.levels[axis],
        "reference": theirs.levels[axis],
        **figures(over_seeds(difference, grid.level)),
        "verdict": str(verdict_on(difference, grid.epsilon["accuracy"])),
        "tost_p": None if comparison.reason else comparison.tost_p,
        "tost_p_text": None if comparison.reason else format_p(comparison.tost_p),
        "low_90": narrow.low,
        "high_90": narrow.high,
        "n_seeds": comparison.n_seeds,
        "reason": comparison.reason,
        "computed_ratio": ours.record["computed_tokens"] / theirs.record["computed_tokens"],
    }
