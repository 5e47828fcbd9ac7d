"""Every factor in one picture: what it does to accuracy, and to the drift of the unmasked model."""

from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from stages.reporting.figures.style import GREY, LOOKS, PANEL_WIDTH, Look, dot, empty_figure, legend
from stages.reporting.format import format_plain
from stages.reporting.results import DRIFT, Estimate, Record
from stages.sweeps.summary.ranking import AVERAGED, MASKED, NO_FIGURE, UNMASKED
from stages.sweeps.summary.swept import ACCURACY, VARIANT
from stages.sweeps.summary.tables import leading

ROW_HEIGHT = 0.52
"""Inches."""

OFFSET = 0.17
"""How far the two models of one factor lie from its line, in rows."""

MOST_TICKS = 7

WIDEST = 1e3
"""An interval of a ratio is drawn up to this factor beyond the outermost estimate."""


class Model(NamedTuple):
    """A group of models in the figure."""

    label: str
    look: Look
    offset: float


MODELS = {
    UNMASKED: Model("unmasked", LOOKS[0], -OFFSET),
    MASKED: Model("masked", LOOKS[1], OFFSET),
    AVERAGED: Model("the mask itself (no mask against it)", LOOKS[3], 0.0),
}


def factors_figure(content: Record) -> Figure:
    """One row for each factor, the worst on top; left accuracy in points, right the ratio of drifts.

    Args:
        content: that of factors.json.
    """
    factors = content["factors"]
    if not factors:
        return empty_figure("No sweep was run on this dataset, so there is no factor to draw.")
    figure = Figure(figsize=(2 * PANEL_WIDTH + 1.2, 1.35 + ROW_HEIGHT * len(factors)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True, squeeze=False)[0]
    drawn: set[str] = set()
    for axes, estimand in ((left, ACCURACY), (right, DRIFT)):
        axes.set_ylim(len(factors) - 0.4, -0.6)
        marks = [(place, group, cell) for place, each in enumerate(factors) for group, cell in _cells(each, estimand)]
        known = [Estimate.of(cell) for _, _, cell in marks]
        bounds = _ratio_axis(axes, [each for each in known if each]) if estimand == DRIFT else None
        for (place, group, cell), value in zip(marks, known, strict=True):
            if value is not None:
                drawn.add(group)
                _mark(axes, place, MODELS[group], _placed(value, bounds), shown=cell["shown"])
        _reasons(axes, factors, estimand)
        axes.grid(visible=False, axis="y")
    left.axvline(0.0, color=GREY, linewidth=0.9)
    left.xaxis.set_major_locator(MaxNLocator(6))
    left.set_title("test accuracy")
    left.set_xlabel("effect, percentage points")
    right.axvline(1.0, color=GREY, linewidth=0.9)
    right.set_title("state drift")
    right.set_xlabel("ratio of drift ratios (1: no effect)")
    left.set_yticks(range(len(factors)), [_label(each) for each in factors])
    for axes in (left, right):
        axes.tick_params(axis="y", length=0)
    handles = [
        dot(model.label, model.look.marker, colour=model.look.colour)
        for group, model in MODELS.items()
        if group in drawn
    ]
    legend(figure, [*handles, dot("interval holds no effect", hollow=True)])
    return figure


def _cells(factor: Record, estimand: str) -> list[tuple[str, Record]]:
    groups = [AVERAGED] if factor["axis"] == VARIANT else [UNMASKED, MASKED]
    cells = {group: factor["effects"][group][estimand] for group in groups}
    if estimand == ACCURACY and factor["beside"] is not None:
        cells[MASKED] = factor["beside"]
    return list(cells.items())


def _label(factor: Record) -> str:
    """The factor, and below it the contrast that ranks it."""
    cell = leading(factor)
    if cell["estimate"] is None:
        return f"{factor['factor']}\n({factor['sweep']})"
    where = f", {cell['where']}".replace("`", "") if cell["where"] else ""
    contrast = f"{cell['level']} against {cell['reference']}{where}"
    return f"{factor['factor']} ({factor['sweep']})\n{contrast}"


def _mark(axes: Axes, place: int, model: Model, value: Estimate, *, shown: bool) -> None:
    """An estimate with its interval; hollow where the interval holds no effect."""
    y = place + model.offset
    if value.low is not None and value.high is not None:
        axes.plot([value.low, value.high], [y, y], color=model.look.colour, linewidth=1.6, solid_capstyle="butt")
    look, face = model.look, model.look.colour if shown else "white"
    axes.plot(value.estimate, y, color=look.colour, marker=look.marker, markersize=5.5, markerfacecolor=face, zorder=4)


def _placed(value: Estimate, bounds: tuple[float, float] | None) -> Estimate:
    """In points; on a logarithmic axis cut to its ends."""

    def place(number: float) -> float:
        return 100 * number if bounds is None else min(max(number, bounds[0]), bounds[1])

    ends = (None if end is None else place(end) for end in (value.low, value.high))
    return Estimate(place(value.estimate), *ends)


def _ratio_axis(axes: Axes, values: list[Estimate]) -> tuple[float, float]:
    """A logarithmic axis around 1 with all estimates and, as far as they are not absurd, their intervals."""
    estimates = [each.estimate for each in values if each.estimate > 0] or [1.0]
    least, most = min([*estimates, 1.0]), max([*estimates, 1.0])
    lows = [each.low for each in values if each.low]
    highs = [each.high for each in values if each.high]
    low = max(min([*lows, least / 1.5]), least / WIDEST)
    high = min(max([*highs, most * 1.5]), most * WIDEST)
    axes.set_xscale("log")
    axes.set_xlim(low / 1.2, high * 1.2)
    axes.xaxis.set_major_locator(FixedLocator(_ticks(low, high)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: format_plain(value)))
    return low, high


def _ticks(low: float, high: float) -> list[float]:
    """The finest of three rows of round numbers that has at most seven between the ends."""
    inside = [
        [factor * 10.0**power for power in range(-12, 13) for factor in factors if low <= factor * 10.0**power <= high]
        for factors in ((1, 2, 5), (1, 3), (1,))
    ]
    return next(
        (ticks for ticks in inside if len(ticks) <= MOST_TICKS), inside[-1][:: 1 + len(inside[-1]) // MOST_TICKS]
    )


def _reasons(axes: Axes, factors: list[Record], estimand: str) -> None:
    """In words why a factor has no mark at all."""
    for place, factor in enumerate(factors):
        cells = [cell for _, cell in _cells(factor, estimand)]
        if all(cell["estimate"] is None for cell in cells):
            reasons = [cell["reason"] for cell in cells]
            if set(reasons) == {NO_FIGURE}:
                continue
            words = [each.replace("`", "") if each.startswith("0 (exact)") else "undefined" for each in reasons]
            groups = [group for group, _ in _cells(factor, estimand)]
            each_group = [f"{group}: {word}" for group, word in zip(groups, words, strict=True)]
            _word(axes, place, words[0] if len(set(words)) == 1 else "\n".join(each_group))


def _word(axes: Axes, row: int, text: str) -> None:
    """A word in the middle of a row."""
    middle, box = axes.get_yaxis_transform(), {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
    axes.text(0.5, row, text, transform=middle, ha="center", va="center", color=GREY, fontsize=8, bbox=box)
