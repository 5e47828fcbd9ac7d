"""How far pads move the state, and how many predictions they flip, against the number of pads."""

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from stages.reporting.figures.facts import distinct
from stages.reporting.figures.style import (
    GREY,
    LineStyle,
    Look,
    cells_of,
    empty_figure,
    legend,
    panels,
    rule,
    title,
    variant_lines,
)
from stages.reporting.format import format_plain
from stages.reporting.results import DRIFT, FLIPS, CellFacts, Estimate, Results
from stages.runtime.paths import condition_name
from stages.stats.verdicts import Verdict

BAND_FACTOR = 30
"""A band is drawn up to this factor beyond the outermost estimate or seed."""

DEPTHS: tuple[LineStyle, ...] = ((0, (4, 1.5)), (0, (6, 1.5, 1.5, 1.5)), (0, (2, 2)))
"""Lines of the layers below the last, from the first; the last one is solid."""


def drift_figure(results: Results) -> Figure:
    """Drift ratio against extra pads, logarithmic; an exact 0 is drawn on a floor that is labelled so.

    Models with several recurrent layers get a second row of panels, with the hidden state of every layer.
    """
    if not _any(results, DRIFT):
        return empty_figure(_why(results, "how the state drifts with the number of pads"))
    layers = _layers(results)
    floor, top, labelled = _range(results)
    rows = 2 if len(layers) > 1 else 1
    figure, drawn = panels(rows, len(results.sides), sharey=True, sharex=True)
    for axes, side in zip(drawn, results.sides, strict=False):
        for cell, look in cells_of(results, side):
            _against_pads(axes, results, cell, look, DRIFT, floor=floor)
        _finish_pads(axes, results, side, DRIFT, named=rows == 1)
    for axes, side in zip(drawn[len(results.sides) :], results.sides, strict=False):
        for cell, look in distinct(results, side):
            _by_layer(axes, results, cell, look, floor)
        title(axes, "hidden state of each recurrent layer")
        axes.set_xlabel("extra pads (tokens)")
    for axes in drawn:
        axes.axhline(results.epsilon[DRIFT], color=GREY, linestyle=":", linewidth=1.2)
    drawn[0].set_yscale("log")
    drawn[0].set_ylim(floor / 1.8 if labelled else floor, top)
    _name_floor(drawn[0], floor, top, named=labelled)
    for axes in drawn[:: len(results.sides)]:
        axes.set_ylabel("state drift ratio (no unit)")
    depths = _depth_lines(layers) if rows == 2 else []
    legend(figure, [*variant_lines(results), rule(f"ε = {format_plain(results.epsilon[DRIFT])}"), *depths])
    return figure


def flips_figure(results: Results) -> Figure:
    """Share of flipped predictions against extra pads, in percent."""
    if not _any(results, FLIPS):
        return empty_figure(_why(results, "how predictions flip with the number of pads"))
    figure, drawn = panels(1, len(results.sides), sharey=True)
    for axes, side in zip(drawn, results.sides, strict=True):
        for cell, look in cells_of(results, side):
            _against_pads(axes, results, cell, look, FLIPS, factor=100)
        axes.axhline(100 * results.epsilon[FLIPS], color=GREY, linestyle=":", linewidth=1.2)
        _finish_pads(axes, results, side, FLIPS)
    drawn[0].set_ylim(bottom=-0.03 * drawn[0].get_ylim()[1])
    drawn[0].set_ylabel("predictions flipped (% of test texts)")
    legend(figure, [*variant_lines(results), rule(f"ε = {format_plain(100 * results.epsilon[FLIPS])} %")])
    return figure


def _any(results: Results, estimand: str) -> bool:
    """Whether there is an estimate to draw."""
    return any(
        each.estimand == estimand and each.pads is not None and each.estimate is not None for each in results.findings
    )


def _why(results: Results, what: str) -> str:
    reason = "no seed beat chance" if results.pads else "export.pads holds no number of pads but 0"
    return f"This run cannot show {what}: {reason}."


def _against_pads(
    axes: Axes, results: Results, cell: CellFacts, look: Look, estimand: str, *, floor: float = 0.0, factor: float = 1.0
) -> None:
    """One line with its band and a dot for each seed that learned; nothing below `floor`; values times `factor`."""
    found = [(pads, results.finding(cell, estimand, condition_name(pads))) for pads in results.pads]
    rows = [
        (pads, *(max(floor, factor * value) for value in (each.estimate, each.low, each.high)))
        for pads, each in found
        if each is not None and each.estimate is not None and each.low is not None and each.high is not None
    ]
    if not rows:
        return
    pads, estimate, low, high = zip(*rows, strict=True)
    ends = [max(bound, 2 * floor) if value > floor else bound for bound, value in zip(low, estimate, strict=True)]
    axes.fill_between(pads, ends, high, color=look.colour, alpha=0.15, linewidth=0)
    axes.plot(pads, estimate, color=look.colour, linestyle=look.line, linewidth=look.width, zorder=3, clip_on=False)
    shift = 1.05 ** (results.variants.index(cell.variant) - (len(results.variants) - 1) / 2)
    exact = {each.pads for _, each in found if each is not None and each.verdict is Verdict.EXACT}
    dots = [
        (number * shift, max(floor, 0.0 if number in exact else factor * value))
        for number in pads
        for index in range(len(cell.seeds))
        if (value := _seed_value(cell, index, estimand, number)) is not None
    ]
    if dots:
        axes.plot(
            *zip(*dots, strict=True),
            color=look.colour,
            marker=look.marker,
            markersize=3,
            markeredgewidth=0,
            alpha=0.55,
            linestyle="none",
            zorder=4,
            clip_on=False,
        )


def _by_layer(axes: Axes, results: Results, cell: CellFacts, look: Look, floor: float) -> None:
    """One line for the hidden state of each recurrent layer, drawn differently by depth."""
    layers = _hidden(cell)
    for depth, vector in enumerate(layers):
        found = [
            (pads, Estimate.of((record.get("drift_ratio") or {}).get(vector)))
            for pads in results.pads
            for record in [cell.at(condition_name(pads))]
        ]
        points = [(pads, max(floor, each.estimate)) for pads, each in found if each is not None]
        if points:
            line = _depth_line(depth, len(layers))
            width = 1.0 + 1.2 * (depth + 1) / len(layers)
            axes.plot(*zip(*points, strict=True), color=look.colour, linestyle=line, linewidth=width, clip_on=False)


def _hidden(cell: CellFacts) -> list[str]:
    return [vector for vector in cell.vectors if vector.startswith("h_")]


def _layers(results: Results) -> list[str]:
    """The hidden states of the deepest model."""
    return max((_hidden(cell) for cell in results.cells), key=len)


def _depth_line(depth: int, layers: int) -> LineStyle:
    return "-" if depth == layers - 1 else DEPTHS[depth % len(DEPTHS)]


def _depth_lines(layers: list[str]) -> list[Line2D]:
    return [
        rule(f"layer {depth + 1} ({vector})", _depth_line(depth, len(layers))) for depth, vector in enumerate(layers)
    ]


def _seed_value(cell: CellFacts, index: int, estimand: str, pads: int) -> float | None:
    """The figure of one seed; None where it is at chance or has none."""
    seed = cell.seeds[index]
    if not seed.learned:
        return None
    return (seed.drift if estimand == DRIFT else seed.flips).get(condition_name(pads))


def _range(results: Results) -> tuple[float, float, bool]:
    """Where the drift axis begins and ends, and whether zeros are drawn at its beginning.

    All estimates and seeds are inside; of a band that few seeds made wide, no more than `BAND_FACTOR` beyond them.
    """
    found = [
        each
        for cell in results.cells
        for pads in results.pads
        if (each := results.finding(cell, DRIFT, condition_name(pads))) is not None and each.estimate is not None
    ]
    seeds = [
        _seed_value(cell, index, DRIFT, pads)
        for cell in results.cells
        for pads in results.pads
        if _defined(results, cell, pads)
        for index in range(len(cell.seeds))
    ]
    epsilon = results.epsilon[DRIFT]
    values = [value for value in [*seeds, *(each.estimate for each in found), *_layer_values(results)] if value]
    lowest, highest = min([*values, epsilon]), max([*values, epsilon])
    lows, highs = [each.low for each in found if each.low], [each.high for each in found if each.high]
    bottom = min(max(min([*lows, lowest]), lowest / BAND_FACTOR), epsilon / 2)
    top = max(min(max([*highs, highest]), highest * BAND_FACTOR), epsilon * 2)
    zeros = any(each.low == 0 for each in found)
    return 10.0 ** (math.floor(math.log10(bottom)) - zeros), 1.3 * top, zeros


def _layer_values(results: Results) -> list[float]:
    """Every drift that the row of layers draws."""
    if len(_layers(results)) < 2:
        return []
    records = (
        cell.at(condition_name(pads)).get("drift_ratio") or {} for cell in results.cells for pads in results.pads
    )
    found = [Estimate.of(each) for record in records for vector, each in record.items() if vector.startswith("h_")]
    return [each.estimate for each in found if each is not None]


def _defined(results: Results, cell: CellFacts, pads: int) -> bool:
    found = results.finding(cell, DRIFT, condition_name(pads))
    return found is not None and found.verdict not in (Verdict.EXACT, Verdict.UNDEFINED)


def _name_floor(axes: Axes, floor: float, top: float, *, named: bool) -> None:
    """Ticks at powers of ten, the lowest of which stands for 0 where `named`."""
    powers = range(round(math.log10(floor)), math.floor(math.log10(top)) + 1)
    ticks = [10.0**power for power in powers if (power - powers[0]) % (1 + len(powers) // 9) == 0]
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: "0, exact" if named and value <= 1.01 * floor else f"{value:g}")
    )


def _finish_pads(axes: Axes, results: Results, side: str, estimand: str, *, named: bool = True) -> None:
    """The x axis, labelled where `named`, and in the title what is not drawn."""
    undefined = [
        cell.variant
        for cell, _ in cells_of(results, side)
        if not any(
            each is not None and each.estimate is not None
            for each in (results.finding(cell, estimand, condition_name(pads)) for pads in results.pads)
        )
    ]
    if len(undefined) == len(cells_of(results, side)):
        axes.text(0.5, 0.5, "no seed beat chance", transform=axes.transAxes, ha="center", va="center", color=GREY)
    title(axes, f"{side}-padding", f"undefined, not drawn: {', '.join(undefined)}" if undefined else "")
    axes.set_xlabel("extra pads (tokens)" if named else "")
    axes.set_xscale("log", base=2)
    axes.set_xlim(results.pads[0] / 1.2, results.pads[-1] * 1.2)
    axes.xaxis.set_major_locator(FixedLocator(results.pads))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
