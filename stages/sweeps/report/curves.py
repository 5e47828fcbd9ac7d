"""Figures of rows along an axis: lines with bands, or single marks, a row of panels for each figure that is read."""

import itertools
from collections.abc import Sequence
from dataclasses import replace

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator

from stages.reporting.figures.marks import (
    RatioAxis,
    band,
    bound,
    intervals,
    line,
    name_places,
    plain_numbers,
    points,
    ratio_axis,
    seed_dots,
)
from stages.reporting.figures.style import (
    GREY,
    LOOKS,
    LineStyle,
    Look,
    dot,
    empty_figure,
    handle,
    legend,
    panels,
    rule,
    title,
    variant_looks,
)
from stages.reporting.format import format_plain
from stages.reporting.results import DRIFT, FLIPS
from stages.sweeps.report.annotations import annotate, finding_handles
from stages.sweeps.report.series import (
    LABELS,
    MANY_SERIES,
    Mark,
    Places,
    all_marks,
    colour_axis,
    factor_of,
    labels_of,
    panels_of,
    places,
    rest_axes,
    series,
)
from stages.sweeps.spec import SIDE, VARIANT
from stages.sweeps.sweep_json import SweepReport

BOUNDED = {DRIFT: " (drift)", FLIPS: " % (flips)"}
"""Figures whose ε is drawn, and its unit in the legend."""
DASHES: tuple[LineStyle, ...] = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)), (0, (9, 3)), (0, (3, 3)))
PANEL_HEIGHT = 2.5
APART, APART_ON_LINES = 0.24, 0.06
"""Between the marks of two series where names stand along x, if so much is free."""
BESIDE = 0.07
"""How far the dots of single seeds stand beside a mark that has no line."""


def curves_figure(sweep: SweepReport) -> Figure:
    """A row of panels for each figure that is read, a column for each panel that the sweep asks for."""
    estimands = [name for name in sweep.read if name in LABELS and name != sweep.figure.x]
    estimands = [name for name in estimands if any(mark.value for mark in all_marks(sweep, name))]
    if not estimands:
        return empty_figure("This sweep has nothing to draw: no figure that it reads is defined in any row.")
    columns, place, looks = panels_of(sweep), places(sweep), series_looks(sweep)
    figure, drawn = panels(len(estimands), len(columns), height=PANEL_HEIGHT, sharex=True, sharey="row")
    for number, estimand in enumerate(estimands):
        row = drawn[number * len(columns) : (number + 1) * len(columns)]
        axis = _y_axis(row, sweep, estimand)
        for axes, panel in zip(row, columns, strict=True):
            _panel(axes, sweep, panel, estimand, looks, axis)
            if number == 0:
                title(axes, _panel_title(sweep, panel))
            _x_axis(axes, place)
            axes.set_xlabel(place.title if estimand == estimands[-1] else "")
    legend(figure, _legend(sweep, estimands, looks))
    return figure


def series_looks(sweep: SweepReport) -> dict[tuple[str, str], Look]:
    """Colour and marker by the axis of colours; dashes by the axes that nothing else shows."""
    colours = labels_of(sweep, colour_axis(sweep))
    by_colour = dict(zip(colours, itertools.cycle(LOOKS), strict=False))
    if colour_axis(sweep) == VARIANT:
        by_colour = variant_looks(colours)
    every = [one for panel in panels_of(sweep) for one in series(sweep, panel, "accuracy")]
    rests = list(dict.fromkeys(one.rest for one in every))
    if len(rests) == 1:
        return {(one.colour, one.rest): by_colour[one.colour] for one in every}
    dashes = dict(zip(rests, itertools.cycle(DASHES), strict=False))
    return {(one.colour, one.rest): replace(by_colour[one.colour], line=dashes[one.rest], width=1.6) for one in every}


def _y_axis(row: Sequence[Axes], sweep: SweepReport, estimand: str) -> RatioAxis | None:
    """One scale for all panels of a row, logarithmic for drift, with its ε."""
    row[0].set_ylabel(LABELS[estimand])
    if estimand in BOUNDED:
        for axes in row:
            bound(axes, sweep.epsilon[estimand] * factor_of(estimand))
    if estimand != DRIFT:
        return None
    marks, epsilon = all_marks(sweep, DRIFT), sweep.epsilon[DRIFT]
    seeds = [value for mark in marks for value, _ in mark.seeds]
    return ratio_axis(
        row, "y", [mark.value for mark in marks if mark.value], seeds=seeds, keep=(epsilon / 2, 2 * epsilon)
    )


def _x_axis(axes: Axes, place: Places) -> None:
    """The scale or the names along x."""
    if not place.numeric:
        name_places(axes, place.names)
        return
    if place.logarithmic:
        axes.set_xscale("log", base=2)
    plain_numbers(axes.xaxis)
    if place.ticks:
        axes.xaxis.set_major_locator(FixedLocator(place.ticks))


def _panel(
    axes: Axes,
    sweep: SweepReport,
    panel: str,
    estimand: str,
    looks: dict[tuple[str, str], Look],
    axis: RatioAxis | None,
) -> None:
    """Every series, in words which of them are undefined, and what findings mark."""
    lines, place, bars = series(sweep, panel, estimand), places(sweep), sweep.figure.kind == "bars"
    step = min(APART if bars else APART_ON_LINES, 0.8 / len(lines))
    thin = len({one.rest for one in lines}) > MANY_SERIES
    drawn: list[Mark] = []
    for number, one in enumerate(lines):
        shift, look = number - (len(lines) - 1) / 2, looks[one.colour, one.rest]
        marks = [_as_drawn(mark, place, shift, step, axis) for mark in one.marks]
        drawn += marks
        placed = [(mark.x, mark.value) for mark in marks if mark.value]
        if not thin:
            if bars or not place.numeric or len(placed) < 2:
                intervals(axes, placed, look.colour)
            else:
                band(axes, placed, look.colour)
            _seeds(axes, marks, look, BESIDE if bars else 0.0)
        if bars:
            points(axes, placed, look)
        else:
            line(axes, placed, replace(look, width=0.8) if thin else look, size=3 if thin else 4)
    missing = sorted({one.colour for one in lines if not any(mark.value for mark in one.marks)})
    if missing:
        words = f"undefined: {', '.join(missing)}"
        axes.text(0.5, 0.02, words, transform=axes.transAxes, ha="center", va="bottom", color=GREY)
    if estimand == "accuracy":
        annotate(axes, sweep, panel, drawn)


def _as_drawn(mark: Mark, place: Places, shift: float, step: float, axis: RatioAxis | None) -> Mark:
    """A mark where it stands on the axis, a little to the side, so that two series do not hide each other."""
    x = mark.x * 1.02**shift if place.logarithmic else mark.x + (0.0 if place.numeric else step * shift)
    if axis is None or mark.value is None:
        return replace(mark, x=x)
    seeds = tuple((axis.place(value), learned) for value, learned in mark.seeds)
    return replace(mark, x=x, value=axis.cut(mark.value), seeds=seeds)


def _seeds(axes: Axes, marks: list[Mark], look: Look, beside: float) -> None:
    for learned in (True, False):
        defined = [mark for mark in marks if mark.value]
        dots = [(mark.x + beside, value) for mark in defined for value, beat in mark.seeds if beat is learned]
        seed_dots(axes, dots, look, hollow=not learned)


def _panel_title(sweep: SweepReport, panel: str) -> str:
    axis = sweep.figure.panels
    if axis is None:
        return ""
    return f"{panel}-padding" if axis == SIDE else panel if axis == VARIANT else f"{axis}: {panel}"


def _legend(sweep: SweepReport, estimands: Sequence[str], looks: dict[tuple[str, str], Look]) -> list[Artist]:
    """Colours, dashes, what findings mark, and ε."""
    colours = {colour: look for (colour, _), look in reversed(looks.items())}
    dashes = {rest: look.line for (_, rest), look in looks.items()}
    handles: list[Artist] = []
    for colour in filter(None, labels_of(sweep, colour_axis(sweep))):
        look = colours[colour]
        if sweep.figure.kind == "bars":
            handles.append(dot(colour, look.marker, colour=look.colour))
        else:
            handles.append(handle(colour, look if len(dashes) == 1 else replace(look, line="-"), size=5))
    if 1 < len(dashes) <= MANY_SERIES:
        handles += [rule(f"{' × '.join(rest_axes(sweep))} {rest}", style) for rest, style in dashes.items()]
    handles += finding_handles(sweep, estimands)
    bounds = [
        f"{format_plain(sweep.epsilon[estimand] * factor_of(estimand))}{unit}"
        for estimand, unit in BOUNDED.items()
        if estimand in estimands
    ]
    return [*handles, *([rule(f"ε = {', '.join(bounds)}")] if bounds else [])]
