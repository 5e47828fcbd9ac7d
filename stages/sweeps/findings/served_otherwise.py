"""What it costs to serve a model otherwise than it was trained."""

from stages.reporting.results import condition_text
from stages.stats.rounding import rounded
from stages.stats.verdicts import Verdict
from stages.sweeps.findings.effects import Grid
from stages.sweeps.findings.rows import Record, Row
from stages.sweeps.findings.words import cell_of, judged_points, where


def mismatch_findings(grid: Grid) -> list[Record]:
    """One finding for each side and variant: the condition and level at which serving otherwise costs most."""
    return [
        _finding(grid, side, variant, rows)
        for side in dict.fromkeys(row.side for row in grid.rows)
        for variant in dict.fromkeys(row.variant for row in grid.rows)
        if (rows := [row for row in grid.rows if (row.side, row.variant) == (side, variant)])
    ]


def _finding(grid: Grid, side: str, variant: str, rows: list[Row]) -> Record:
    changes = [(row, name, rounded(each)) for row in rows for name, each in row.record["accuracy_change"].items()]
    known = [each for each in changes if each[2]["estimate"] is not None]
    levels = {"variant": variant, "side": side}
    record: Record = {"id": "mismatch", "levels": levels, "comparisons": len(changes), "defined": len(known)}
    if not known:
        return record | {"worst": None, "text": f"{where(levels)}: undefined, for too few seeds learned."}
    if all(each["verdict"] == Verdict.EXACT for _, _, each in known):
        text = (
            f"{where(levels)} may be served in any way: its accuracy changes by 0 (exact) in {len(known)} comparisons."
        )
        return record | {"worst": None, "text": text}
    row, condition, worst = min(known, key=lambda each: float(each[2]["estimate"]))
    rest = {axis: label for axis, label in cell_of(grid, row).items() if axis not in levels}
    at = f", trained at {where(rest)}" if rest else ""
    text = (
        f"{where(levels)} loses most under {condition_text(condition)}{at}: against serving it as trained, accuracy "
        f"changes by {judged_points(worst)}."
    )
    return record | {"worst": {"condition": condition, "levels": rest, **worst}, "text": text}
