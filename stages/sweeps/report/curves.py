"""Figures of rows along an axis: lines with bands, or single marks, a row of panels for each figure that is read."""

from collections.abc import Sequence

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from stages.reporting.figures.style import (
    GREY,
    LOOKS,
    LineStyle,
    Look,
    empty_figure,
    legend,
    panels,
    rule,
    title,
)
from stages.reporting.format import format_plain
from stages.reporting.results import Record
from stages.sweeps.report.annotations import annotate, finding_handles
from stages.sweeps.report.scales import DRIFT, LABELS, floor_of, x_axis, y_axes
from stages.sweeps.report.series import (
    MANY_SERIES,
    Mark,
    Places,
    Series,
    all_marks,
    colours_of,
    panels_of,
    places,
    rest_axes,
    series,
)

PERCENT = ("accuracy", "train_accuracy", "flip_rate")
DASHES: tuple[LineStyle, ...] = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)), (0, (9, 3)), (0, (3, 3)))
PANEL_HEIGHT = 2.5
APART, APART_ON_LINES = 0.24, 0.06
"""Between the marks of two series where names stand along x, if so much is free."""
BESIDE = 0.07
"""How far the dots of single seeds stand beside a mark that has no line."""


def curves_figure(content: Record) -> Figure:
    """A row of panels for each figure that is read, a column for each panel that the sweep asks for."""
    estimands = [name for name in content["read"] if name in LABELS and name != content["figure"]["x"]]
    estimands = [name for name in estimands if any(mark.estimate is not None for mark in all_marks(content, name))]
    if not estimands:
        return empty_figure("This sweep has nothing to draw: no figure that it reads is defined in any row.")
    columns = panels_of(content)
    figure, drawn = panels(len(estimands), len(columns), height=PANEL_HEIGHT, sharex=True)
    place, undefined = places(content), False
    for row, estimand in enumerate(estimands):
        floor = floor_of(all_marks(content, estimand)) if estimand == DRIFT else 0.0
        axes_of_row = drawn[row * len(columns) : (row + 1) * len(columns)]
        for axes, panel in zip(axes_of_row, columns, strict=True):
            undefined |= _panel(axes, content, panel, estimand, floor)
            if row == 0:
                title(axes, _panel_title(content, panel))
            x_axis(axes, place, named=row == len(estimands) - 1)
        y_axes(axes_of_row, content, estimand, floor)
    legend(figure, _legend(content, estimands))
    return figure


def _panel(axes: Axes, content: Record, panel: str, estimand: str, floor: float) -> bool:
    """Draw every series; whether a mark was undefined."""
    found, looks = series(content, panel, estimand), _looks(content)
    thin = len({each.rest for each in found}) > MANY_SERIES
    place, marks = places(content), []
    for number, each in enumerate(found):
        shift = number - (len(found) - 1) / 2
        step = min(APART if content["figure"]["kind"] == "bars" else APART_ON_LINES, 0.8 / len(found))
        xs = [_moved(mark.x, place, shift, step) for mark in each.marks]
        marks += list(zip(xs, each.marks, strict=True))
        _series(axes, content, each, xs, looks[each.colour, each.rest], estimand, floor=floor, thin=thin)
    missing = sorted({each.colour for each in found if all(mark.estimate is None for mark in each.marks)})
    if missing:
        axes.text(
            0.5,
            0.02,
            f"undefined: {', '.join(missing)}",
            transform=axes.transAxes,
            ha="center",
            va="bottom",
            color=GREY,
        )
    if estimand == "accuracy":
        annotate(axes, content, panel, marks)
    return bool(missing)


def _series(
    axes: Axes, content: Record, each: Series, at: list[float], look: Look, estimand: str, *, floor: float, thin: bool
) -> None:
    factor = 100 if estimand in PERCENT else 1
    pairs = [(x, mark) for x, mark in zip(at, each.marks, strict=True) if mark.estimate is not None]
    if not pairs:
        return
    xs, known = [x for x, _ in pairs], [mark for _, mark in pairs]
    middles = [max(floor, factor * (mark.estimate or 0.0)) for mark in known]
    bars = content["figure"]["kind"] == "bars" or not places(content).numeric
    if not thin:
        _intervals(axes, known, xs, look, factor=factor, floor=floor, bars=bars)
        beside = BESIDE if content["figure"]["kind"] == "bars" else 0.0
        _seeds(axes, known, [x + beside for x in xs], look, factor=factor, floor=floor)
    if content["figure"]["kind"] == "bars":
        axes.plot(
            xs, middles, color=look.colour, marker=look.marker, markersize=6, linestyle="none", zorder=4, clip_on=False
        )
    else:
        width = 0.8 if thin else look.width
        axes.plot(
            xs, middles, color=look.colour, linestyle=look.line, linewidth=width, marker=look.marker,
            markersize=3 if thin else 4, zorder=3, clip_on=False,
        )  # fmt: skip


def _intervals(
    axes: Axes, marks: Sequence[Mark], xs: list[float], look: Look, *, factor: float, floor: float, bars: bool
) -> None:
    rows = [
        (x, max(floor, factor * mark.low), max(floor, factor * mark.high))
        for x, mark in zip(xs, marks, strict=True)
        if mark.low is not None and mark.high is not None and not mark.exact
    ]
    if not rows:
        return
    if bars or len(rows) < 2:
        for x, low, high in rows:
            axes.plot([x, x], [low, high], color=look.colour, linewidth=1.4, zorder=2)
    else:
        along, lows, highs = zip(*rows, strict=True)
        axes.fill_between(along, lows, highs, color=look.colour, alpha=0.15, linewidth=0)


def _seeds(axes: Axes, marks: Sequence[Mark], xs: list[float], look: Look, *, factor: float, floor: float) -> None:
    for beaten in (True, False):
        dots = [
            (x, max(floor, factor * value))
            for x, mark in zip(xs, marks, strict=True)
            for value, learned in mark.seeds
            if learned is beaten
        ]
        if dots:
            axes.plot(
                *zip(*dots, strict=True), color=look.colour, marker="o", markersize=3, linestyle="none", alpha=0.6,
                markeredgewidth=0 if beaten else 0.7, markerfacecolor=look.colour if beaten else "white", zorder=4,
                clip_on=False,
            )  # fmt: skip


def _moved(x: float, place: Places, shift: float, step: float) -> float:
    """A little to the side, so that the marks of two series do not hide each other."""
    if place.logarithmic:
        return float(x * 1.02**shift)
    return x + (0.0 if place.numeric else step * shift)


def _panel_title(content: Record, panel: str) -> str:
    axis = content["figure"]["panels"]
    if axis is None:
        return ""
    return f"{panel}-padding" if axis == "side" else panel if axis == "variant" else f"{axis}: {panel}"


def _looks(content: Record) -> dict[tuple[str, str], Look]:
    """Colour and marker by the axis of colours; dashes by the axes that nothing else shows."""
    keys = dict.fromkeys(
        (each.colour, each.rest) for panel in panels_of(content) for each in series(content, panel, "accuracy")
    )
    rests = list(dict.fromkeys(rest for _, rest in keys))
    colours = colours_of(content)
    found = {}
    for colour, rest in keys:
        look = LOOKS[colours.index(colour) % len(LOOKS)]
        line = look.line if len(rests) == 1 else DASHES[rests.index(rest) % len(DASHES)]
        found[colour, rest] = Look(look.colour, line, look.marker, look.width if len(rests) == 1 else 1.6)
    return found


def _legend(content: Record, estimands: Sequence[str]) -> list[Artist]:
    looks, bars = _looks(content), content["figure"]["kind"] == "bars"
    rests = list(dict.fromkeys(rest for _, rest in looks))
    handles: list[Artist] = []
    for colour in dict.fromkeys(colour for colour, _ in looks):
        look = next(look for (name, _), look in looks.items() if name == colour)
        line = "none" if bars else look.line if len(rests) == 1 else "-"
        if colour:
            handles.append(
                Line2D(
                    [],
                    [],
                    color=look.colour,
                    linestyle=line,
                    linewidth=look.width,
                    marker=look.marker,
                    markersize=5,
                    label=colour,
                )
            )
    if 1 < len(rests) <= MANY_SERIES:
        names = " × ".join(rest_axes(content))
        handles += [rule(f"{names} {rest}", DASHES[index % len(DASHES)]) for index, rest in enumerate(rests)]
    handles += finding_handles(content, estimands)
    drift, flips = content["epsilon"][DRIFT], 100 * content["epsilon"]["flip_rate"]
    bounds = [f"{format_plain(drift)} (drift)"] * (DRIFT in estimands) + [f"{format_plain(flips)} % (flips)"] * (
        "flip_rate" in estimands
    )
    if bounds:
        handles.append(rule(f"ε = {', '.join(bounds)}"))
    return handles
