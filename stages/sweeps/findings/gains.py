"""What a mask adds to accuracy at each level of an axis: where padding costs more, it adds more."""

from collections.abc import Iterator

import numpy as np

from stages.params.derived import BASELINE
from stages.reporting.format import capital
from stages.stats.seed_pairs import averaged
from stages.sweeps.findings.effects import Grid
from stages.sweeps.findings.main_effects import chosen_levels
from stages.sweeps.findings.tuning import Setting, settings
from stages.sweeps.findings.words import axis_name, format_in_points, label_text, mean_difference
from stages.sweeps.spec import SIDE
from stages.sweeps.sweep_json_findings import Gains, GapAt
from stages.sweeps.sweep_json_rows import Figure, picked


def gain_findings(grid: Grid) -> Iterator[Gains]:
    """One finding for each axis of the grid and side, of the first mask, averaged over the other axes of the grid."""
    masked = next((row.variant for row in grid.rows if row.masked and row.recurrent), None)
    if masked is None:
        return
    for axis in grid.outer:
        for side in dict.fromkeys(row.side for row in grid.rows):
            tried = [each for each in settings(grid, side, masked) if each.masked.learned or each.unmasked.learned]
            of_level = {level: [each for each in tried if each.levels[axis] == level] for level in grid.axes[axis]}
            gains = {level: _gain(grid, alike) for level, alike in of_level.items() if alike}
            if len(gains) > 1:
                yield _finding(axis, side, masked, gains)


def _finding(axis: str, side: str, masked: str, gains: dict[str, Figure]) -> Gains:
    first, *others = gains
    named = [first, *chosen_levels(others, {level: gain.estimate for level, gain in gains.items()})]
    said = "; ".join(f"{format_in_points(gains[level])} with {label_text(level)}" for level in named)
    return Gains(
        axis=axis,
        levels={SIDE: side},
        variant=masked,
        gains=[picked(GapAt, gain, levels={axis: level}) for level, gain in gains.items()],
        text=f"{capital(side)}-padding, accuracy of `{masked}` against `{BASELINE}`, by {axis_name(axis)}: {said}.",
    )


def _gain(grid: Grid, alike: list[Setting]) -> Figure:
    by_seed, _ = averaged(np.array([setting.gap(grid) for setting in alike]))
    return mean_difference(grid, by_seed)
