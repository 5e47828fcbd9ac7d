"""The axes of a sweep's figures: names or numbers along x, and along y one scale for all panels of a row."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from stages.reporting.figures.style import GREY, name_places
from stages.reporting.results import Record
from stages.sweeps.report.series import Mark, Places, all_marks

LABELS = {
    "accuracy": "test accuracy (%)",
    "train_accuracy": "training accuracy (%)",
    "drift_ratio": "drift ratio (no unit)",
    "flip_rate": "predictions flipped (%)",
    "computed_tokens": "computed tokens /\ntokens of text",
}
DRIFT = "drift_ratio"
BAND_FACTOR = 30
"""A band of drift is drawn up to this factor beyond the outermost estimate or seed."""


def x_axis(axes: Axes, place: Places, *, named: bool) -> None:
    """The scale or the names along x, with a title where `named`."""
    if place.numeric:
        axes.set_xlabel(place.title if named else "")
        if place.logarithmic:
            axes.set_xscale("log", base=2)
        if place.ticks:
            axes.xaxis.set_major_locator(FixedLocator(list(place.ticks)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_locator(NullLocator())
    else:
        name_places(axes, place.names)
        axes.set_xlabel(place.title if named else "")


def y_axes(row: Sequence[Axes], content: Record, estimand: str, floor: float) -> None:
    """One scale for all panels of a row, so that they can be compared."""
    row[0].set_ylabel(LABELS[estimand])
    if estimand == DRIFT:
        for axes in row:
            axes.set_yscale("log")
            axes.axhline(content["epsilon"][DRIFT], color=GREY, linestyle=":", linewidth=1.2)
    if estimand == "flip_rate":
        for axes in row:
            axes.axhline(100 * content["epsilon"][estimand], color=GREY, linestyle=":", linewidth=1.2)
    marks = all_marks(content, estimand)
    if estimand == DRIFT:
        low, high = floor / 1.8, 1.5 * _ceiling(marks, content["epsilon"][DRIFT])
    else:
        bounds = [axes.get_ylim() for axes in row]
        low, high = min(bound[0] for bound in bounds), max(bound[1] for bound in bounds)
    for axes in row:
        axes.set_ylim(low, high)
        if estimand == DRIFT:
            _name_floor(axes, floor, high, exact=any(mark.exact for mark in marks))
    for axes in row[1:]:
        axes.tick_params(labelleft=False)


def floor_of(marks: Sequence[Mark]) -> float:
    """A power of ten below every positive drift, on which exact zeros are drawn."""
    values = _positive(marks)
    zeros = any(mark.exact for mark in marks)
    return 10.0 ** (math.floor(math.log10(min(values, default=1.0))) - zeros)


def _ceiling(marks: Sequence[Mark], epsilon: float) -> float:
    highest = max(_positive(marks), default=1.0)
    bounds = [mark.high for mark in marks if mark.high]
    return max(min(max([*bounds, highest]), highest * BAND_FACTOR), 2 * epsilon)


def _positive(marks: Sequence[Mark]) -> list[float]:
    values = [value for mark in marks if not mark.exact for value in [mark.estimate, *(seed for seed, _ in mark.seeds)]]
    return [value for value in values if value]


def _name_floor(axes: Axes, floor: float, top: float, *, exact: bool) -> None:
    powers = range(round(math.log10(floor)), math.floor(math.log10(top)) + 1)
    ticks = [10.0**power for power in powers if (power - powers[0]) % (1 + len(powers) // 7) == 0]
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: "0, exact" if exact and value <= 1.01 * floor else f"{value:g}")
    )
