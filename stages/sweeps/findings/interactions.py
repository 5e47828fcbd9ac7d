"""What two axes do together beyond what each does alone: differences of differences, paired by seed."""

import itertools

import numpy as np

from stages.stats.seed_pairs import as_ratio, averaged, over_seeds
from stages.sweeps.findings.effects import ESTIMANDS, RATIOS, Grid, difference_by_seed
from stages.sweeps.sweep_json_findings import Interaction
from stages.sweeps.sweep_json_rows import DIFFERENCE, RATIO, Levels

MOST_INTERACTIONS = 10


def interactions(grid: Grid) -> tuple[list[Interaction], int]:
    """Differences of differences for pairs of axes, averaged over the others: the notable ones, and how many were seen.

    Notable are those whose interval excludes 0 (1 for a ratio of drift ratios), those with the largest distance from
    it in standard errors first, at most `MOST_INTERACTIONS`.
    """
    scored = [
        interaction
        for one, two in itertools.combinations(grid.axes, 2)
        for first in grid.axes[one][1:]
        for second in grid.axes[two][1:]
        for estimand in ESTIMANDS
        if (interaction := _interaction(grid, {one: first, two: second}, estimand)) is not None
    ]
    notable = sorted((pair for pair in scored if pair[0] > 1), key=lambda pair: -pair[0])
    return [interaction for _, interaction in notable[:MOST_INTERACTIONS]], len(scored)


def _interaction(grid: Grid, levels: Levels, estimand: str) -> tuple[float, Interaction] | None:
    """One difference of differences with its distance from 0 in half widths; None where it has no interval."""
    one, two = levels
    references = {axis: grid.axes[axis][0] for axis in levels}
    by_combination = []
    for rest in grid.others(one, two):
        corners = [
            grid.find({**rest, one: first, two: second})
            for first in (levels[one], references[one])
            for second in (levels[two], references[two])
        ]
        if all(corner is not None for corner in corners):
            both, first_alone, second_alone, neither = (corner for corner in corners if corner is not None)
            by_combination.append(
                difference_by_seed(both, second_alone, estimand, grid.seeds)
                - difference_by_seed(first_alone, neither, estimand, grid.seeds)
            )
    if not by_combination:
        return None
    by_seed, combinations = averaged(np.array(by_combination))
    contrast = over_seeds(by_seed, grid.level)
    if contrast.estimate is None or contrast.low is None or contrast.high is None:
        return None
    half = (contrast.high - contrast.low) / 2
    score = abs(contrast.estimate) / half if half else 0.0
    ratio = estimand in RATIOS
    return score, Interaction(
        axes=[one, two],
        levels=levels,
        references=references,
        estimand=estimand,
        scale=RATIO if ratio else DIFFERENCE,
        combinations=combinations,
        **vars(as_ratio(contrast) if ratio else contrast),
    )
