"""How short rows may be: accuracy lost against compute saved, from the widest row that cuts no text downwards."""

import numpy as np

from stages.reporting.format import format_percent
from stages.stats.curves import knee
from stages.stats.seed_pairs import not_worse, over_seeds, verdict_on
from stages.sweeps.findings.effects import Grid, difference_by_seed
from stages.sweeps.findings.rows import Levels, Record, Row
from stages.sweeps.findings.threshold import MAX_LEN, beyond_the_longest
from stages.sweeps.findings.words import figures, groups, judged_points, of_seeds, where


def truncation_findings(grid: Grid) -> list[Record]:
    """One finding for each side and variant, where at least three widths differ in what they cut."""
    axis = grid.changing(MAX_LEN)
    if axis is None:
        return []
    found = [(levels, sorted(rows, key=_width)) for levels, rows in groups(grid, grid.rows, axis)]
    return [
        _finding(grid, axis, levels, rows)
        for levels, rows in found
        if len({_width(row) for row in rows}) > 2 and not beyond_the_longest(rows)
    ]


def _finding(grid: Grid, axis: str, levels: Levels, rows: list[Row]) -> Record:
    widest = rows[-1]
    differences = [difference_by_seed(row, widest, "accuracy", grid.seeds) for row in rows]
    short = _shortest(differences, grid.epsilon["accuracy"])
    costs = [row.record["computed_tokens"] / widest.record["computed_tokens"] for row in rows]
    means = [float(row.record["accuracy"]["estimate"]) for row in rows]
    bend = knee(costs, means)
    agree = None if bend is None else _agreeing(grid, rows, costs, bend)
    agreed = bend is not None and agree is not None and 2 * agree >= len(grid.seeds)
    record = {
        "id": "knee",
        "levels": levels,
        "axis": axis,
        "widest": _point(rows, costs, len(rows) - 1, axis),
        "shortest": _point(rows, costs, short, axis) | _loss(grid, differences[short]),
        "knee": None
        if bend is None or not agreed
        else _point(rows, costs, bend, axis) | _loss(grid, differences[bend]),
        "seeds_with_this_knee": agree,
        "points": [_point(rows, costs, index, axis) | _loss(grid, each) for index, each in enumerate(differences)],
    }
    return {**record, "text": _text(grid, levels, record)}


def _shortest(differences: list[np.ndarray], epsilon: float) -> int:
    """The narrowest row reached from the widest before one is not shown to lose less than ε.

    Testing in this fixed order and stopping at the first failure keeps the error of the whole at that of one test.
    """
    short = len(differences) - 1
    while short > 0 and not_worse(differences[short - 1], epsilon):
        short -= 1
    return short


def _agreeing(grid: Grid, rows: list[Row], costs: list[float], bend: int) -> int:
    """In how many seeds the curve of that seed alone has its knee at the same row."""
    by_seed = np.array([row.by_seed("accuracy", grid.seeds) for row in rows])
    return sum(knee(costs, list(one)) == bend for one in by_seed.T)


def _point(rows: list[Row], costs: list[float], index: int, axis: str) -> Record:
    row = rows[index]
    return {
        "label": row.levels[axis],
        "max_len": row.record["max_len"],
        "computed_ratio": costs[index],
        "truncated_share": row.record["truncated_share"],
    }


def _loss(grid: Grid, difference: np.ndarray) -> Record:
    """Accuracy against the widest row."""
    verdict = str(verdict_on(difference, grid.epsilon["accuracy"]))
    return {**figures(over_seeds(difference, grid.level)), "verdict": verdict}


def _text(grid: Grid, levels: Levels, record: Record) -> str:
    widest, short, bend = record["widest"], record["shortest"], record["knee"]
    name = where(levels)
    if short["max_len"] == widest["max_len"]:
        first = (
            f"{name}: no row shorter than {widest['max_len']} is shown to lose less than ε "
            f"({format_percent(grid.epsilon['accuracy'])})"
        )
    else:
        first = (
            f"{name}: rows of {short['max_len']} instead of {widest['max_len']} save {_saved(short)} and are not worse "
            f"by more than ε (accuracy {judged_points(short)})"
        )
    if bend is None:
        doubt = "" if record["seeds_with_this_knee"] is None else " on which half of the seeds agree"
        return f"{first}; accuracy over compute has no knee{doubt}."
    agree = of_seeds(record["seeds_with_this_knee"], len(grid.seeds))
    loss = f"saves {_saved(bend)}, accuracy {judged_points(bend)}"
    return f"{first}; the knee is at {bend['max_len']} ({loss}; the same in {agree})."


def _saved(point: Record) -> str:
    return f"{format_percent(1 - point['computed_ratio'])} of the computed tokens"


def _width(row: Row) -> int:
    return int(row.record["max_len"])
