"""The marks that all figures share, and the axes that they stand on."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from stages.analysis.estimate import Estimate
from stages.reporting.figures.style import GREY, INK, LineStyle, Look
from stages.reporting.format import format_plain

Placed = Sequence[tuple[float, Estimate]]
"""Estimates, each with its place on the other axis."""

BEYOND = 30
"""On an axis of ratios an interval is drawn up to this factor beyond the outermost estimate or seed."""

MARGIN = 1.3
"""The factor that an axis of ratios leaves free at its ends."""

ZERO_SHARE, EDGE_SHARE = 0.15, 0.04
"""How far an exact 0 stands below what is drawn to scale, and the axis goes on below it, in lengths of that scale."""


def scaled(value: Estimate, factor: float) -> Estimate:
    """An estimate and its interval in another unit, such as percent."""
    low, high = (None if bound is None else factor * bound for bound in (value.low, value.high))
    return Estimate(factor * value.estimate, low, high)


def intervals(
    axes: Axes, placed: Placed, colour: str, *, across: bool = False, width: float = 1.4, alpha: float = 1.0
) -> None:
    """A stroke along every interval, upright or `across`; an estimate without an interval gets none."""
    ends = [(place, one.low, one.high) for place, one in placed if one.low is not None and one.high is not None]
    if ends:
        places, lows, highs = zip(*ends, strict=True)
        draw = axes.hlines if across else axes.vlines
        draw(places, lows, highs, colors=colour, linewidth=width, alpha=alpha, zorder=2)


def band(axes: Axes, placed: Placed, colour: str) -> None:
    """A surface between the bounds of estimates along x, the estimate itself where it has none."""
    lows = [one.estimate if one.low is None else one.low for _, one in placed]
    highs = [one.estimate if one.high is None else one.high for _, one in placed]
    if placed:
        axes.fill_between([place for place, _ in placed], lows, highs, color=colour, alpha=0.15, linewidth=0)


def line(axes: Axes, placed: Placed, look: Look, *, size: float = 0.0) -> None:
    """A line through the estimates, with markers where they have a `size` in points."""
    marker = look.marker if size else "None"
    style = {"linestyle": look.line, "linewidth": look.width, "marker": marker, "markersize": size, "zorder": 3}
    _plot(axes, *_middles(placed), look.colour, style)


def points(
    axes: Axes, placed: Placed, look: Look, *, hollow: bool = False, across: bool = False, size: float = 6.0
) -> None:
    """A marker at every estimate, which stands along x where the places are those of rows (`across`)."""
    places, middles = _middles(placed)
    xs, ys = (middles, places) if across else (places, middles)
    _plot(axes, xs, ys, look.colour, _markers(look, size, hollow=hollow))


def seed_dots(
    axes: Axes,
    dots: Sequence[tuple[float, float]],
    look: Look,
    *,
    hollow: bool = False,
    size: float = 3.0,
    alpha: float = 0.6,
) -> None:
    """A small marker at x and y of every seed, hollow where they did not beat chance."""
    style = _markers(look, size, hollow=hollow) | {"markeredgewidth": 0.7 if hollow else 0, "alpha": alpha}
    _plot(axes, [x for x, _ in dots], [y for _, y in dots], look.colour, style)


def _markers(look: Look, size: float, *, hollow: bool) -> dict[str, Any]:
    face = "white" if hollow else look.colour
    return {"marker": look.marker, "markersize": size, "markerfacecolor": face, "linestyle": "none", "zorder": 4}


def _plot(axes: Axes, xs: list[float], ys: list[float], colour: str, style: dict[str, Any]) -> None:
    # An empty line that is not clipped would count as a point in the corner of the figure, and the layout break.
    if xs:
        axes.plot(xs, ys, color=colour, clip_on=False, **style)


def bound(axes: Axes, value: float, linestyle: LineStyle = ":") -> None:
    """A level line through the whole panel: ε, chance, or another value to compare with."""
    axes.axhline(value, color=GREY, linestyle=linestyle, linewidth=1.2)


def epsilon_strip(axes: Axes, low: float, high: float, rows: tuple[float, float] | None = None) -> None:
    """The part of the x axis that does not matter, between two places of the y axis or over all of it."""
    if rows is None:
        axes.axvspan(low, high, color=INK, alpha=0.07, linewidth=0)
    else:
        axes.fill_betweenx(rows, low, high, color=INK, alpha=0.07, linewidth=0)


def word(axes: Axes, row: float, text: str) -> None:
    """Why a row has no mark, in its middle."""
    axes.text(
        0.5, row, text, transform=axes.get_yaxis_transform(), ha="center", va="center", color=GREY, fontsize=8,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
    )  # fmt: skip


def name_rows(axes: Axes, labels: Sequence[str], *, margin: float = 0.5) -> None:
    """Names at 0, 1, 2, … of the y axis, the first on top, with `margin` rows above and below."""
    axes.set_ylim(len(labels) - 1 + margin, -margin)
    axes.set_yticks(range(len(labels)), labels)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")


def name_places(axes: Axes, labels: Sequence[str]) -> None:
    """Names at 0, 1, 2, … of the x axis, slanted where they would run into each other."""
    crowded = sum(map(len, labels)) > 34 or max(map(len, labels)) * len(labels) > 44
    axes.set_xticks(range(len(labels)), labels, rotation=28 if crowded else 0, ha="right" if crowded else "center")
    if crowded:
        for label in axes.get_xticklabels():
            label.set_rotation_mode("anchor")
    axes.set_xlim(-0.6, len(labels) - 0.4)
    axes.grid(visible=False, axis="x")


def plain_numbers(axis: Axis) -> None:
    """Ticks labelled with their values as they are, and none between them."""
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: format_plain(value)))


@dataclass(frozen=True)
class RatioAxis:
    """A logarithmic axis: to scale from `low` to its upper end, below that the place of an exact 0, if there is one."""

    bottom: float
    zero: float | None
    low: float
    high: float

    def place(self, value: float) -> float:
        """Where an estimate or a seed stands."""
        return self.zero if value == 0 and self.zero is not None else value

    def cut(self, value: Estimate) -> Estimate:
        """An estimate as it is drawn: an interval that goes on beyond what is to scale leaves the panel at its edge."""
        if value.estimate == 0:
            return Estimate(self.place(0.0), None, None)
        low = None if value.low is None else value.low if value.low >= self.low else self.bottom
        high = None if value.high is None else min(value.high, self.high)
        return Estimate(value.estimate, low, high)


def ratio_axis(
    drawn: Sequence[Axes], which: Literal["x", "y"], estimates: Iterable[Estimate], *, seeds: Iterable[float] = (),
    keep: tuple[float, float], most: int = 6, zero: str = "0, exact",
) -> RatioAxis:  # fmt: skip
    """Make an axis logarithmic, with all estimates and seeds on it and, unless a few seeds made them wide, intervals.

    Args:
        drawn: panels that get the same axis.
        which: the axis.
        estimates: all that are drawn along it.
        seeds: further values.
        keep: what lies inside in any case, such as ε with room on both sides.
        most: no more ticks than these above 0.
        zero: how the place of 0 is labelled.
    """
    known = list(estimates)
    values = [*(one.estimate for one in known), *seeds]
    positive = [*(value for value in values if value > 0), *keep]
    lowest, highest = min(positive), max(positive)
    lows, highs = [one.low for one in known if one.low], [one.high for one in known if one.high]
    low = max(min([*lows, lowest]), lowest / BEYOND) / MARGIN
    high = min(max([*highs, highest]), highest * BEYOND) * MARGIN
    place = low / (high / low) ** ZERO_SHARE if 0 in values else None
    bottom = low if place is None else place / (high / low) ** EDGE_SHARE
    ticks = [*([] if place is None else [place]), *_round_numbers(low, high, most)]
    for axes in drawn:
        (axes.set_xscale if which == "x" else axes.set_yscale)("log")
        (axes.set_xlim if which == "x" else axes.set_ylim)(bottom, high)
        axis = axes.xaxis if which == "x" else axes.yaxis
        axis.set_major_locator(FixedLocator(ticks))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: zero if value == place else format_plain(value)))
    return RatioAxis(bottom, place, low, high)


def _round_numbers(low: float, high: float, most: int) -> list[float]:
    """The finest of three rows of round numbers that has at most so many between the ends."""
    powers = [10.0**power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]
    rows = [
        [factor * power for power in powers for factor in factors if low <= factor * power <= high]
        for factors in ((1, 2, 5), (1, 3), (1,))
    ]
    return next((row for row in rows if len(row) <= most), rows[-1][:: -(-len(rows[-1]) // most)])


def _middles(placed: Placed) -> tuple[list[float], list[float]]:
    return [place for place, _ in placed], [one.estimate for _, one in placed]
