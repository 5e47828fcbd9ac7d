"""How much of what a mask gains tuning gives to the model without one, and what it never does."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stages.params.schema import BASELINE
from stages.reporting.format import format_percent, format_percent_interval, spaced
from stages.stats.seed_pairs import over_seeds, share_closed, verdict_on
from stages.sweeps.findings.effects import Grid, difference_by_seed
from stages.sweeps.findings.rows import Levels, Record, Row
from stages.sweeps.findings.words import axis_name, figures, in_points, label_text, where

Floats = NDArray[np.float64]
LEARNING_RATE = "train.learning_rate"


@dataclass(frozen=True)
class Setting:
    """One combination of the tuned params on one side, with and without a mask."""

    levels: Levels
    unmasked: Row
    masked: Row

    def gap(self, grid: Grid) -> Floats:
        """Masked minus unmasked test accuracy of every seed, shape (seeds,)."""
        return difference_by_seed(self.masked, self.unmasked, "accuracy", grid.seeds)


def tuning_findings(grid: Grid) -> list[Record]:
    """One finding for each side and masked variant, where the learning rate is an axis and the baseline is there."""
    if grid.changing(LEARNING_RATE) is None:
        return []
    masked = dict.fromkeys(row.variant for row in grid.rows if row.masked and row.recurrent)
    sides = dict.fromkeys(row.side for row in grid.rows)
    found = [(side, variant, settings(grid, side, variant)) for side in sides for variant in masked]
    return [_finding(grid, side, variant, each) for side, variant, each in found if len(each) > 1]


def settings(grid: Grid, side: str, variant: str) -> list[Setting]:
    """Every combination of the tuned params that has both variants; the first is the default."""
    found = []
    for levels in grid.others("side", "variant"):
        pair = [grid.find({**levels, "side": side, "variant": each}) for each in (BASELINE, variant)]
        if pair[0] is not None and pair[1] is not None:
            found.append(Setting(levels, pair[0], pair[1]))
    return found


def best_by_validation(rows: Sequence[Row]) -> int:
    """The index of the row with the highest mean validation accuracy; the first of equals, so that none is tuned more.

    Test accuracy is not looked at, so the choice does not flatter what is measured with it.
    """
    return int(np.argmax([(row.record["validation_accuracy"] or {"estimate": -1.0})["estimate"] for row in rows]))


def _finding(grid: Grid, side: str, variant: str, tried: list[Setting]) -> Record:
    chosen = tried[best_by_validation([each.unmasked for each in tried])]
    rival = tried[best_by_validation([each.masked for each in tried])]
    before, after = tried[0].gap(grid), chosen.gap(grid)
    both = difference_by_seed(rival.masked, chosen.unmasked, "accuracy", grid.seeds)
    smallest = min(tried, key=lambda each: float(np.nanmean(each.gap(grid))))
    closed = share_closed(before, after, grid.level)
    record = {
        "id": "tuning",
        "levels": {"side": side, "variant": variant},
        "settings": len(tried),
        "default": tried[0].levels | {},
        "best": chosen.levels,
        "masked_best": rival.levels,
        "gap": _judged(grid, before),
        "gap_left": _judged(grid, after),
        "gap_left_both_tuned": _judged(grid, both),
        "share_closed": figures(closed),
        "smallest_gap": _judged(grid, smallest.gap(grid)) | {"levels": smallest.levels},
        "tried": [
            {
                "levels": each.levels,
                "gap": _judged(grid, each.gap(grid)),
                "validation_accuracy": each.unmasked.record["validation_accuracy"],
            }
            for each in tried
        ],
    }
    return {**record, "text": _text(record)}


def _judged(grid: Grid, difference: Floats) -> Record:
    verdict = str(verdict_on(difference, grid.epsilon["accuracy"]))
    return {**figures(over_seeds(difference, grid.level)), "verdict": verdict}


def _text(record: Record) -> str:
    share = record["share_closed"]
    closes = (
        "tuning closes "
        f"{spaced(format_percent(share['estimate']), format_percent_interval(share['low'], share['high']))} of the gap"
        if share["estimate"] is not None
        else "the share that tuning closes is undefined, for the first gap is not shown to differ from 0"
    )
    return (
        f"With {record['levels']['side']}-padding `{record['levels']['variant']}` differs from `{BASELINE}` by "
        f"{in_points(record['gap'])} at the first setting ({_setting(record['default'])}); of {record['settings']} "
        f"settings the one with the best validation accuracy of `{BASELINE}` ({_setting(record['best'])}) leaves "
        f"{in_points(record['gap_left'])}: {closes}. With both tuned {in_points(record['gap_left_both_tuned'])} stay; "
        f"the smallest gap of the {record['settings']} settings, not corrected for the choice, is "
        f"{in_points(record['smallest_gap'])} "
        f"({_setting(record['smallest_gap']['levels'])})."
    )


def _setting(levels: Levels) -> str:
    return ", ".join(f"{axis_name(axis)} {label_text(label)}" for axis, label in levels.items()) or where(levels)
