"""What figures ask of report.json beyond `Results`, each tolerant of a key that is absent or null."""

from stages.params.layers import WORKING_MASKS
from stages.reporting.figures.style import Look, cells_of
from stages.reporting.results import ALONE, CellFacts, Estimate, Record, Results
from stages.runtime.paths import AS_TRAINED, OTHER_SIDE

OF_MOVING_STATES = ("forgetting", "path")
"""Keys that are null for a cell whose states pads do not move."""


def bounds(estimate: Estimate) -> tuple[float, float]:
    """Low and high, the figure itself where they are undefined."""
    low, high = estimate.low, estimate.high
    return estimate.estimate if low is None else low, estimate.estimate if high is None else high


def part(cell: CellFacts, key: str) -> Record | None:
    """What stands under one key of a cell; None where it is absent or null."""
    return cell.record.get(key)


def distinct(results: Results, side: str) -> list[tuple[CellFacts, Look]]:
    """The cells of one side without those of variants that repeat the baseline to the last bit."""
    return [(cell, look) for cell, look in cells_of(results, side) if cell.variant not in results.copies]


def distinct_names(results: Results) -> dict[str, str]:
    """Labels of the variants that `distinct` keeps; that of a baseline names its copies too."""
    names = [variant for variant in results.variants if variant not in results.copies]
    return {name: " = ".join([name, *results.copies]) if name == "baseline" else name for name in names}


def condition_label(condition: str) -> str:
    """A condition in two words: alone, 16 pads, as trained, other side."""
    if condition == ALONE:
        return "alone"
    if condition in (AS_TRAINED, OTHER_SIDE):
        return condition.replace("-", " ")
    pads = condition.removeprefix(ALONE[:-1])
    return f"{pads} pad{'' if pads == '1' else 's'}"


def why_empty(results: Results, key: str, what: str) -> str:
    """The sentence in the place of a figure that has nothing under `key` of any cell."""
    of_moving = key in OF_MOVING_STATES
    cells = [cell for cell in results.cells if not of_moving or cell.mask not in WORKING_MASKS]
    if not any(key in cell.record for cell in results.cells):
        reason = "its analysis holds no such figures"
    elif not cells:
        reason = "no unmasked variant was trained"
    elif not any(seed.learned for cell in results.cells for seed in cell.seeds):
        reason = "no seed beat chance"
    elif not any(len(cell.learned) >= min(2, len(cell.seeds)) for cell in cells):
        reason = f"too few seeds{' of the unmasked variants' if of_moving else ''} beat chance"
    else:
        reason = "no state moved" if of_moving else "it was not measured"
    return f"This run cannot show {what}: {reason}."
