"""How a finding names rows and says figures over seeds."""

import re
from collections.abc import Iterable

from stages.reporting.format import (
    EXACT_ZERO,
    format_points,
    format_points_interval,
    format_ratio,
    format_ratio_interval,
    listed,
    spaced,
)
from stages.stats.intervals import Interval
from stages.stats.rounding import rounded
from stages.stats.seed_pairs import Contrast
from stages.stats.verdicts import Verdict
from stages.sweeps.findings.effects import Grid
from stages.sweeps.findings.rows import Levels, Record, Row

LAST_OF_AXIS = {
    "side": "padding",
    "pad.max_len": "max_len",
    "train.learning_rate": "learning rate",
    "train.epochs": "epochs",
}
"""Params that are called otherwise in a sentence; the others by their last part."""


def where(levels: Levels) -> str:
    """`baseline` (post), dropout 0.2: the variant and side that are named, then the other axes."""
    variant, side = levels.get("variant"), levels.get("side")
    named = [f"`{variant}`" if variant else "", f"({side})" if variant and side else f"{side}-padding" if side else ""]
    rest = [
        f"{axis_name(axis)} {label_text(label)}" for axis, label in levels.items() if axis not in ("side", "variant")
    ]
    return ", ".join(part for part in [spaced(*named), *rest] if part)


def label_text(label: str) -> str:
    """A label in Markdown: longest*2 as code, for its star would begin emphasis."""
    return label if re.fullmatch(r"[\w .,%+×-]*", label) else f"`{label}`"


def axis_name(axis: str) -> str:
    """An axis in a sentence: units for model.units."""
    return LAST_OF_AXIS.get(axis) or axis.rsplit(".", maxsplit=1)[-1].replace("_", " ")


def cell_of(grid: Grid, row: Row, *but: str) -> Levels:
    """The levels of a row without the axes of `but`; side and variant even where the sweep has only one of them."""
    axes = {*grid.axes, "side", "variant"}
    return {axis: label for axis, label in row.levels.items() if axis in axes and axis not in but}


def groups(grid: Grid, rows: Iterable[Row], axis: str) -> list[tuple[Levels, list[Row]]]:
    """Rows that are alike in all but one axis, each group with the levels that it shares, in the order of the rows."""
    found: list[tuple[Levels, list[Row]]] = []
    for row in rows:
        shared = cell_of(grid, row, axis)
        same = next((members for levels, members in found if levels == shared), None)
        if same is None:
            found.append((shared, [row]))
        else:
            same.append(row)
    return found


def in_points(record: Record) -> str:
    """+4.4 [−0.3, +9.1] points; 0 (exact) where nothing differs in any seed."""
    if record.get("verdict") == Verdict.EXACT:
        return EXACT_ZERO
    return f"{spaced(format_points(record['estimate']), format_points_interval(record['low'], record['high']))} points"


def judged_points(record: Record) -> str:
    """+4.4 [+1.3, +9.1] points, DIFFERENT."""
    known = record["verdict"] not in (Verdict.UNDEFINED, Verdict.EXACT)
    return f"{in_points(record)}{', ' + record['verdict'] if known else ''}"


def times(record: Record) -> str:
    """3.20 [2.10, 4.90] times."""
    return f"{spaced(format_ratio(record['estimate']), format_ratio_interval(record['low'], record['high']))} times"


def figures(contrast: Contrast | Interval | None) -> Record:
    """Estimate and bounds as a record, rounded as they are printed; all None where there is nothing."""
    names = ("estimate", "low", "high")
    return dict(rounded({name: None if contrast is None else getattr(contrast, name) for name in names}))


def ticked(names: Iterable[str]) -> str:
    """`a`, `b` and `c`."""
    return listed([f"`{name}`" for name in names])


def of_seeds(count: int, total: int) -> str:
    """2 of 6 seeds."""
    return f"{count} of {total} seed{'s' * (total != 1)}"
