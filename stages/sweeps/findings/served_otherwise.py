"""What it costs to serve a model otherwise than it was trained."""

from collections.abc import Iterable

from stages.analysis.contract_cells import ALONE
from stages.reporting.results import condition_text
from stages.runtime.paths import AS_TRAINED, OTHER_SIDE
from stages.sweeps.findings.effects import Grid
from stages.sweeps.findings.words import format_in_points, levels_without, where
from stages.sweeps.spec import SIDE, VARIANT
from stages.sweeps.sweep_json_findings import Mismatch, ServedWorst
from stages.sweeps.sweep_json_rows import Row, picked


def mismatch_findings(grid: Grid) -> list[Mismatch]:
    """One finding for each side and variant: the condition and level at which serving otherwise costs most."""
    return [
        _finding(grid, side, variant, rows)
        for side in dict.fromkeys(row.side for row in grid.rows)
        for variant in dict.fromkeys(row.variant for row in grid.rows)
        if (rows := [row for row in grid.rows if (row.side, row.variant) == (side, variant)])
    ]


def in_order(conditions: Iterable[str]) -> list[str]:
    """Conditions as reports list them, which JSON does not keep: extra pads rising, as trained, on the other side."""
    last = [AS_TRAINED, OTHER_SIDE]
    prefix = ALONE[:-1]
    pads = sorted((name for name in conditions if name not in last), key=lambda name: int(name.removeprefix(prefix)))
    return [*pads, *(name for name in last if name in conditions)]


def _finding(grid: Grid, side: str, variant: str, rows: list[Row]) -> Mismatch:
    changes = [(row, name, change.rounded()) for row in rows for name, change in row.accuracy_change.items()]
    known = [(row, name, change) for row, name, change in changes if change.estimate is not None]
    levels = {VARIANT: variant, SIDE: side}
    worst = None
    if not known:
        text = f"{where(levels)}: undefined, for too few seeds learned."
    elif all(change.unmoved for _, _, change in known):
        text = (
            f"{where(levels)} may be served in any way: its accuracy changes by 0 (exact) in {len(known)} comparisons."
        )
    else:
        row, condition, change = min(known, key=lambda of_row: of_row[2].estimate or 0.0)
        rest = levels_without(grid, row, SIDE, VARIANT)
        worst = picked(ServedWorst, change, condition=condition, levels=rest)
        at = f", trained at {where(rest)}" if rest else ""
        text = (
            f"{where(levels)} loses most under {condition_text(condition)}{at}: against serving it as trained, "
            f"accuracy changes by {format_in_points(change)}."
        )
    return Mismatch(levels=levels, comparisons=len(changes), defined=len(known), worst=worst, text=text)
