"""How a finding names rows, and which rows it compares."""

import re
from collections.abc import Iterable

from stages.reporting.format import POINTS, Bounded, listed, spaced
from stages.stats.seed_pairs import over_seeds
from stages.sweeps.findings.effects import Floats, Grid, figure_of
from stages.sweeps.spec import INNER_AXES, SIDE, VARIANT
from stages.sweeps.sweep_json_rows import Figure, Levels, Row, picked

LAST_OF_AXIS = {
    SIDE: "padding",
    "pad.max_len": "max_len",
    "train.learning_rate": "learning rate",
    "train.epochs": "epochs",
    "model.recurrent": "cell",
}
"""Params that are called otherwise in a sentence; the others by their last part."""


def where(levels: Levels) -> str:
    """`baseline` (post), dropout 0.2: the variant and side that are named, then the other axes."""
    variant, side = levels.get(VARIANT), levels.get(SIDE)
    named = [f"`{variant}`" if variant else "", f"({side})" if variant and side else f"{side}-padding" if side else ""]
    rest = [f"{axis_name(axis)} {label_text(label)}" for axis, label in levels.items() if axis not in INNER_AXES]
    return ", ".join(part for part in [spaced(*named), *rest] if part)


def label_text(label: str) -> str:
    """A label in Markdown: longest*2 as code, for its star would begin emphasis."""
    return label if re.fullmatch(r"[\w .,%+×-]*", label) else f"`{label}`"


def axis_name(axis: str) -> str:
    """An axis in a sentence: units for model.units."""
    return LAST_OF_AXIS.get(axis) or axis.rsplit(".", maxsplit=1)[-1].replace("_", " ")


def levels_without(grid: Grid, row: Row, *but: str) -> Levels:
    """The levels of a row without the axes of `but`; side and variant even where the sweep has only one of them."""
    axes = {*grid.axes, *INNER_AXES}
    return {axis: label for axis, label in row.levels.items() if axis in axes and axis not in but}


def groups(grid: Grid, rows: Iterable[Row], *params: str) -> list[tuple[str, Levels, list[Row]]]:
    """Rows that are alike in all but the axis that changes one of these params, in the order of the rows.

    Each group has the name of the axis and the levels that it shares; there is none without such an axis.
    """
    axis = grid.changing(*params)
    if axis is None:
        return []
    members: dict[tuple[tuple[str, str], ...], list[Row]] = {}
    for row in rows:
        members.setdefault(tuple(levels_without(grid, row, axis).items()), []).append(row)
    return [(axis, dict(shared), alike) for shared, alike in members.items()]


def mean_difference(grid: Grid, difference: Floats) -> Figure:
    """A difference of accuracies by seed, shape (seeds,): its mean with the interval, rounded as printed."""
    return figure_of(over_seeds(difference, grid.level)).rounded()


def figure(value: Bounded | None) -> Figure:
    """Estimate and bounds, rounded as they are printed; all None where there is nothing."""
    return Figure(estimate=None, low=None, high=None) if value is None else picked(Figure, value).rounded()


def format_in_points(value: Figure) -> str:
    """+4.4 [−0.3, +9.1] points; 0 (exact) where nothing differs in any seed."""
    return POINTS.of(value) if value.unmoved else f"{POINTS.of(value)} points"


def format_names(names: Iterable[str]) -> str:
    """`a`, `b` and `c`."""
    return listed([f"`{name}`" for name in names])


def format_of_seeds(count: int, total: int) -> str:
    """2 of 6 seeds."""
    return f"{count} of {total} seed{'s' * (total != 1)}"
