"""How short rows may be: accuracy lost against compute saved, from the widest row that cuts no text downwards."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from stages.reporting.format import format_percent
from stages.stats.curves import knee
from stages.stats.seed_pairs import not_worse
from stages.sweeps.findings.effects import ACCURACY, Floats, Grid, difference_by_seed
from stages.sweeps.findings.threshold import MAX_LEN, beyond_the_longest
from stages.sweeps.findings.words import format_of_seeds, groups, mean_difference, where
from stages.sweeps.sweep_json_findings import Knee, Width, WidthLoss
from stages.sweeps.sweep_json_rows import Levels, Row, picked


def truncation_findings(grid: Grid) -> list[Knee]:
    """One finding for each side and variant, where at least three widths differ in what they cut."""
    return [
        _finding(grid, axis, levels, sorted(rows, key=lambda row: row.max_len))
        for axis, levels, rows in groups(grid, grid.rows, MAX_LEN)
        if len({row.max_len for row in rows}) > 2 and not beyond_the_longest(rows)
    ]


def shortest_not_worse(differences: Sequence[Floats], epsilon: float) -> int:
    """The index of the narrowest row reached from the widest before one is not shown to lose less than ε.

    Testing in this fixed order and stopping at the first failure keeps the error of the whole at that of one test.

    Args:
        differences: accuracy minus that of the widest row by seed, shape (seeds,), the widest row last.
        epsilon: the largest difference that does not matter.
    """
    short = len(differences) - 1
    while short > 0 and not_worse(differences[short - 1], epsilon):
        short -= 1
    return short


def _finding(grid: Grid, axis: str, levels: Levels, rows: list[Row]) -> Knee:
    widest = rows[-1]
    differences = [difference_by_seed(row, widest, ACCURACY, grid.seeds) for row in rows]
    costs = [row.computed_tokens / widest.computed_tokens for row in rows]
    points = [
        picked(WidthLoss, row, label=row.levels[axis], computed_ratio=cost, **vars(mean_difference(grid, difference)))
        for row, cost, difference in zip(rows, costs, differences, strict=True)
    ]
    bend = knee(costs, [float(row.accuracy.estimate) for row in rows])
    agree = None if bend is None else _agreeing(grid, rows, costs, bend)
    agreed = bend is not None and agree is not None and 2 * agree >= len(grid.seeds)
    finding = Knee(
        levels=levels,
        axis=axis,
        widest=picked(Width, points[-1]),
        shortest=points[shortest_not_worse(differences, grid.epsilon[ACCURACY])],
        knee=points[bend] if bend is not None and agreed else None,
        seeds_with_this_knee=agree,
        points=points,
        text="",
    )
    return replace(finding, text=_text(grid, finding))


def _agreeing(grid: Grid, rows: list[Row], costs: list[float], bend: int) -> int:
    """In how many seeds the curve of that seed alone has its knee at the same row."""
    by_seed = np.array([row.by_seed(ACCURACY, grid.seeds) for row in rows])
    return sum(knee(costs, list(one)) == bend for one in by_seed.T)


def _text(grid: Grid, finding: Knee) -> str:
    widest, short, bend = finding.widest, finding.shortest, finding.knee
    name, epsilon = where(finding.levels), format_percent(grid.epsilon[ACCURACY])
    if short.max_len == widest.max_len:
        said = f"{name}: no row shorter than {widest.max_len} is shown to lose less than {epsilon}."
    else:
        said = (
            f"{name}: rows of {short.max_len} instead of {widest.max_len} save {_saved(short)}, and are shown to lose "
            f"less than {epsilon}."
        )
    if bend is None or finding.seeds_with_this_knee is None:
        return said
    agree = format_of_seeds(finding.seeds_with_this_knee, len(grid.seeds))
    return f"{said} In {agree} the knee is at {bend.max_len}, which saves {_saved(bend)}."


def _saved(width: Width) -> str:
    return f"{format_percent(1 - width.computed_ratio)} of the computed tokens"
