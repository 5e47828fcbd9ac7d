"""How much of what a mask gains tuning gives to the model without one, and what it never does."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from stages.params.derived import BASELINE
from stages.reporting.format import PERCENT
from stages.stats.seed_pairs import share_closed
from stages.sweeps.findings.effects import ACCURACY, Floats, Grid, difference_by_seed
from stages.sweeps.findings.words import axis_name, figure, format_in_points, label_text, mean_difference, where
from stages.sweeps.spec import SIDE, VARIANT
from stages.sweeps.sweep_json_findings import GapAt, Tried, Tuning
from stages.sweeps.sweep_json_rows import Levels, Row, picked

LEARNING_RATE = "train.learning_rate"


@dataclass(frozen=True)
class Setting:
    """One combination of the tuned params on one side, with and without a mask."""

    levels: Levels
    unmasked: Row
    masked: Row

    def gap(self, grid: Grid) -> Floats:
        """Masked minus unmasked test accuracy of every seed, shape (seeds,)."""
        return difference_by_seed(self.masked, self.unmasked, ACCURACY, grid.seeds)


def tuning_findings(grid: Grid) -> list[Tuning]:
    """One finding for each side and masked variant, where the learning rate is an axis and the baseline is there."""
    if grid.changing(LEARNING_RATE) is None:
        return []
    masked = dict.fromkeys(row.variant for row in grid.rows if row.masked and row.recurrent)
    sides = dict.fromkeys(row.side for row in grid.rows)
    tried = [(side, variant, settings(grid, side, variant)) for side in sides for variant in masked]
    return [_finding(grid, side, variant, of_pair) for side, variant, of_pair in tried if len(of_pair) > 1]


def settings(grid: Grid, side: str, variant: str) -> list[Setting]:
    """Every combination of the tuned params that has both variants; the first is the default."""
    tried = []
    for levels in grid.others(SIDE, VARIANT):
        unmasked, masked = (grid.find({**levels, SIDE: side, VARIANT: name}) for name in (BASELINE, variant))
        if unmasked is not None and masked is not None:
            tried.append(Setting(levels, unmasked, masked))
    return tried


def best_by_validation(rows: Sequence[Row]) -> int:
    """The index of the row with the highest mean validation accuracy; the first of equals, so that none is tuned more.

    Test accuracy is not looked at, so the choice does not flatter what is measured with it.
    """
    scores = [row.validation_accuracy for row in rows]
    return int(np.argmax([-1.0 if score is None else score.estimate for score in scores]))


def _finding(grid: Grid, side: str, variant: str, tried: list[Setting]) -> Tuning:
    chosen = tried[best_by_validation([setting.unmasked for setting in tried])]
    rival = tried[best_by_validation([setting.masked for setting in tried])]
    before, after = tried[0].gap(grid), chosen.gap(grid)
    both = difference_by_seed(rival.masked, chosen.unmasked, ACCURACY, grid.seeds)
    smallest = min(tried, key=lambda setting: float(np.nanmean(setting.gap(grid))))
    finding = Tuning(
        levels={SIDE: side, VARIANT: variant},
        settings=len(tried),
        default=tried[0].levels,
        best=chosen.levels,
        masked_best=rival.levels,
        gap=mean_difference(grid, before),
        gap_left=mean_difference(grid, after),
        gap_left_both_tuned=mean_difference(grid, both),
        share_closed=figure(share_closed(before, after, grid.level)),
        smallest_gap=picked(GapAt, mean_difference(grid, smallest.gap(grid)), levels=smallest.levels),
        tried=[
            picked(Tried, setting.unmasked, levels=setting.levels, gap=mean_difference(grid, setting.gap(grid)))
            for setting in tried
        ],
        text="",
    )
    return replace(finding, text=_text(finding))


def _text(finding: Tuning) -> str:
    share = finding.share_closed
    closes = (
        f"Tuning closes {PERCENT.of(share)} of the gap"
        if share.estimate is not None
        else "The first gap is not shown to differ from 0, so tuning closes no share of it"
    )
    masked = finding.levels[VARIANT]
    return (
        f"With {finding.levels[SIDE]}-padding `{masked}` differs from `{BASELINE}` by "
        f"{format_in_points(finding.gap)} at the first setting, {_setting(finding.default)}. "
        f"With `{BASELINE}` tuned, {_setting(finding.best)}, it is {format_in_points(finding.gap_left)}. {closes}. "
        f"With both tuned it is {format_in_points(finding.gap_left_both_tuned)}. "
        f"The smallest of {finding.settings} settings, not corrected for the choice, is "
        f"{format_in_points(finding.smallest_gap)}, with {_setting(finding.smallest_gap.levels)}."
    )


def _setting(levels: Levels) -> str:
    return ", ".join(f"{axis_name(axis)} {label_text(label)}" for axis, label in levels.items()) or where(levels)
