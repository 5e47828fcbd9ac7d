"""Every verdict at the headline condition, in one picture."""

import math
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from stages.reporting.figures.style import GREY, INK, PANEL_WIDTH, dot, legend
from stages.reporting.format import format_plain
from stages.reporting.results import ACCURACY, DRIFT, FLIPS, CellFacts, Finding, Results, condition_text
from stages.stats.verdicts import Verdict

ROW_HEIGHT = 0.3
"""Inches."""

BAND_FACTOR = 30
"""An interval of drift is drawn up to this factor beyond the outermost estimate."""


@dataclass(frozen=True)
class Mark:
    """How a verdict is drawn: by colour and by shape, so that neither is needed alone."""

    colour: str
    marker: str
    hollow: bool = False


MARKS = {
    Verdict.EXACT: Mark("#009E73", "D"),
    Verdict.EQUIVALENT: Mark("#0072B2", "o"),
    Verdict.DIFFERENT: Mark("#D55E00", "s"),
    Verdict.INCONCLUSIVE: Mark("#777777", "o", hollow=True),
}

COLUMNS = (
    (DRIFT, "state drift ratio", "no unit", 1.0),
    (FLIPS, "predictions flipped", "% of test texts", 100.0),
    (ACCURACY, "accuracy − baseline", "percentage points", 100.0),
)
"""Estimand, title, unit, and the factor to that unit."""


def verdicts_figure(results: Results) -> Figure:
    """One row for each cell, one panel for each estimand; the shaded strip is what does not matter (± ε)."""
    rows = results.cells
    height = 1.55 + ROW_HEIGHT * len(rows)
    figure = Figure(figsize=(2 * PANEL_WIDTH, height), layout="constrained")
    drawn = list(figure.subplots(1, len(COLUMNS), sharey=True, squeeze=False)[0])
    words = set()
    for axes, (estimand, name, unit, factor) in zip(drawn, COLUMNS, strict=True):
        found = [results.finding(cell, estimand, None if estimand == ACCURACY else results.headline) for cell in rows]
        axes.set_ylim(len(rows) - 0.4, -0.6)
        epsilon = results.epsilon["accuracy" if estimand == ACCURACY else estimand]
        floor = None
        if estimand == DRIFT:
            floor = _drift_axis(axes, found, epsilon)
        else:
            _straight_axis(axes, found, epsilon, factor, both=estimand == ACCURACY)
        for row, (cell, each) in enumerate(zip(rows, found, strict=True)):
            _row(axes, row, cell, each, factor, floor)
        words |= {each.verdict for each in found if each is not None}
        axes.set_title(name)
        axes.set_xlabel(f"{unit}, ε = {format_plain(factor * epsilon)}")
        axes.grid(visible=False, axis="y")
        for row in range(1, len(rows)):
            if rows[row].side != rows[row - 1].side:
                axes.axhline(row - 0.5, color=GREY, linewidth=0.6)
    drawn[0].set_yticks(range(len(rows)), [f"{cell.variant} ({cell.side})" for cell in rows])
    drawn[0].tick_params(axis="y", length=0)
    legend(
        figure,
        [
            dot(word, mark.marker, hollow=mark.hollow, colour=mark.colour)
            for word, mark in MARKS.items()
            if word in words
        ],
    )
    figure.supxlabel(f"drift and flips with {condition_text(results.headline)}", fontsize=9)
    return figure


def _row(axes: Axes, row: int, cell: CellFacts, found: Finding | None, factor: float, floor: float | None) -> None:
    """A mark with its interval, or in words why there is none; nothing is drawn below `floor`."""
    if found is None or found.estimate is None or found.verdict is Verdict.UNDEFINED:
        word = "UNDEFINED" if found else "the reference" if cell.variant == "baseline" else "no baseline"
        axes.text(
            0.5,
            row,
            word,
            transform=axes.get_yaxis_transform(),
            ha="center",
            va="center",
            color=GREY,
            fontsize=8,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
        )
        return
    mark = MARKS[found.verdict]
    if found.low is not None and found.high is not None and found.verdict is not Verdict.EXACT:
        ends = [_above(floor, factor * bound) for bound in (found.low, found.high)]
        axes.plot(ends, [row, row], color=mark.colour, linewidth=1.6, solid_capstyle="butt")
    axes.plot(
        _above(floor, factor * found.estimate),
        row,
        color=mark.colour,
        marker=mark.marker,
        markersize=6,
        markerfacecolor="white" if mark.hollow else mark.colour,
        clip_on=False,
        zorder=4,
    )


def _above(floor: float | None, value: float) -> float:
    return value if floor is None else max(floor, value)


def _drift_axis(axes: Axes, found: list[Finding | None], epsilon: float) -> float:
    """A logarithmic axis with all estimates and ε; where 0 is drawn on it."""
    values = [each.estimate for each in found if each is not None and each.estimate]
    lowest, highest = min([*values, epsilon]), max([*values, epsilon])
    lows = [each.low for each in found if each is not None and each.low]
    highs = [each.high for each in found if each is not None and each.high]
    low = min(max(min([*lows, lowest]), lowest / BAND_FACTOR), epsilon / 2)
    high = max(min(max([*highs, highest]), highest * BAND_FACTOR), epsilon * 2)
    zeros = any(each is not None and each.low == 0 for each in found)
    floor = 10.0 ** (math.floor(math.log10(low)) - zeros)
    axes.set_xscale("log")
    axes.set_xlim(floor / (1.8 if zeros else 1), 1.5 * high)
    axes.axvspan(floor / 1.8, epsilon, color=INK, alpha=0.07, linewidth=0)
    powers = range(round(math.log10(floor)), math.floor(math.log10(1.5 * high)) + 1)
    step = 1 + len(powers) // 4
    axes.xaxis.set_major_locator(FixedLocator([10.0**power for power in powers if (power - powers[0]) % step == 0]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: "0" if zeros and value <= 1.01 * floor else f"{value:g}")
    )
    return floor


def _straight_axis(axes: Axes, found: list[Finding | None], epsilon: float, factor: float, *, both: bool) -> None:
    """A linear axis with all intervals and ε, symmetrical around 0 where the estimand has a sign."""
    values = [
        abs(value)
        for each in found
        if each is not None
        for value in (each.estimate, each.low, each.high)
        if value is not None
    ]
    end = 1.12 * factor * max([*values, 2 * epsilon])
    axes.set_xlim(-end if both else -0.06 * end, end)
    axes.axvspan(-factor * epsilon if both else -0.06 * end, factor * epsilon, color=INK, alpha=0.07, linewidth=0)
    if both:
        axes.axvline(0, color=GREY, linewidth=0.8)
    axes.xaxis.set_major_locator(MaxNLocator(4, symmetric=both))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}".replace("-", "−")))
