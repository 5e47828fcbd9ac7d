"""What every axis of the grid does to accuracy, in one sentence for each side and variant."""

from collections.abc import Sequence

from stages.reporting.format import capital, listed
from stages.reporting.results import DRIFT
from stages.sweeps.findings.effects import ACCURACY, Grid, unique
from stages.sweeps.findings.words import (
    axis_name,
    format_in_points,
    format_names,
    format_of_seeds,
    label_text,
    where,
)
from stages.sweeps.spec import INNER_AXES, SIDE, VARIANT
from stages.sweeps.sweep_json import Effect
from stages.sweeps.sweep_json_findings import Exact, MainEffect, NamedEffect
from stages.sweeps.sweep_json_rows import Levels, Row, picked

FEW = 2
"""Up to so many levels beside the reference are all named; of more, the last where they rise, or the extreme."""


def main_findings(grid: Grid, effects: Sequence[Effect]) -> list[MainEffect]:
    """One finding for each axis of the grid, side and variant, averaged over the other axes of the grid.

    Where the grid varies nothing, the sides and the variants are what is compared.
    """
    findings = []
    for axis in grid.outer or list(grid.axes):
        inner = {other for other in INNER_AXES if other in grid.axes and other != axis}
        of_axis = [effect for effect in effects if effect.axis == axis and set(effect.within) == inner]
        for within in unique([effect.within for effect in of_axis]):
            findings.append(_finding(grid, axis, within, [effect for effect in of_axis if effect.within == within]))
    return findings


def exact_finding(rows: Sequence[Row]) -> list[Exact]:
    """Which variants are EXACT in all of their rows."""
    moved = {row.variant for row in rows if not row.unmoved(DRIFT)}
    exact = list(dict.fromkeys(row.variant for row in rows if row.variant not in moved))
    if not exact:
        return []
    count = sum(row.variant in exact for row in rows)
    are = "is" if len(exact) == 1 else "are"
    text = f"{format_names(exact)} {are} EXACT in all {count} rows: the extra pads move nothing."
    return [Exact(variants=exact, rows=count, text=text)]


def chosen_levels(levels: list[str], accuracies: dict[str, float | None]) -> list[str]:
    """The levels of an axis that a sentence names.

    Args:
        levels: all but the reference, in order.
        accuracies: the effect on accuracy by level; None where it is undefined.
    """
    if len(levels) <= FEW:
        return levels
    if _rising(levels):
        return levels[-1:]
    known = [level for level in levels if accuracies[level] is not None]
    return [max(known, key=lambda level: abs(accuracies[level] or 0.0))] if known else levels[-1:]


def _finding(grid: Grid, axis: str, within: Levels, effects: list[Effect]) -> MainEffect:
    levels = _named(grid, axis, within)
    by = {(effect.level, effect.estimand): effect for effect in effects}
    names = list(dict.fromkeys(effect.level for effect in effects))
    chosen = (
        names if axis in INNER_AXES else chosen_levels(names, {name: by[name, ACCURACY].estimate for name in names})
    )
    reference = effects[0].reference
    changes = {name: _points(by[name, ACCURACY]) for name in chosen}
    alike = {change: [label_text(name) for name in chosen if changes[name] == change] for change in changes.values()}
    said = "; ".join(f"{change} with {listed(names)}" for change, names in alike.items())
    return MainEffect(
        axis=axis,
        levels=levels,
        effects=[
            picked(NamedEffect, effect)
            for effect in effects
            if effect.level in chosen and effect.estimand in (ACCURACY, DRIFT)
        ],
        text=f"{capital(where(levels))}, accuracy against {axis_name(axis)} {label_text(reference)}: {said}.",
    )


def _points(effect: Effect) -> str:
    if effect.estimate is None:
        return f"undefined ({effect.reason})"
    return f"{format_in_points(effect)}{_of(effect)}"


def _of(effect: Effect) -> str:
    """The seeds that have a value, where others have none."""
    if not effect.left_out:
        return ""
    return f" in {format_of_seeds(effect.n_seeds, effect.n_seeds + effect.left_out)}"


def _named(grid: Grid, axis: str, within: Levels) -> Levels:
    """With side and variant even where the sweep has only one of them."""
    inner = [other for other in (VARIANT, SIDE) if other != axis]
    return {other: within.get(other) or grid.rows[0].levels[other] for other in inner}


def _rising(levels: list[str]) -> bool:
    try:
        numbers = [float(level) for level in levels]
    except ValueError:
        return False
    return numbers == sorted(numbers)
