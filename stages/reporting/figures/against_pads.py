"""How far pads move the state, and how many predictions they flip, against the number of pads."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator

from stages.analysis.contract_cells import CellFacts, SeedFacts
from stages.analysis.estimate import Estimate
from stages.reporting.dvc_plots import rows_by_pads
from stages.reporting.figures.marks import Placed, band, bound, line, plain_numbers, ratio_axis, scaled, seed_dots
from stages.reporting.figures.style import (
    GREY,
    LineStyle,
    Look,
    empty_figure,
    legend,
    not_drawn,
    panels,
    rule,
    title,
    variant_lines,
    variant_looks,
)
from stages.reporting.format import format_plain
from stages.reporting.results import DRIFT, FLIPS, Results
from stages.runtime.paths import condition_name

DEPTHS: tuple[LineStyle, ...] = ((0, (4, 1.5)), (0, (6, 1.5, 1.5, 1.5)), (0, (2, 2)))
"""Lines of the layers below the last, from the first; the last one is solid."""

NOBODY = "no seed beat chance"


@dataclass(frozen=True)
class Curve:
    """One figure of one cell by the number of extra pads: estimates, and the values of the seeds that learned."""

    side: str
    variant: str
    look: Look
    placed: Placed
    seeds: Sequence[tuple[float, float]]


def drift_figure(results: Results) -> Figure:
    """Drift ratio against extra pads, logarithmic; an exact 0 has a place of its own, which is labelled so.

    Models with several recurrent layers get a second row of panels, with the hidden state of every layer.
    """
    curves, sides, epsilon = _curves(results, DRIFT), results.sides, results.epsilon[DRIFT]
    if not any(curve.placed for curve in curves):
        return empty_figure(_why(results, "how the state drifts with the number of pads"))
    names = max((_hidden(cell) for cell in results.cells), key=len)
    layers = _layer_curves(results) if len(names) > 1 else []
    figure, drawn = panels(1 + bool(layers), len(sides), sharey=True, sharex=True)
    estimates = [one for curve in [*curves, *layers] for _, one in curve.placed]
    seeds = [value for curve in curves for _, value in curve.seeds]
    axis = ratio_axis(drawn[:1], "y", estimates, seeds=seeds, keep=(epsilon / 2, 2 * epsilon))
    for axes, side in zip(drawn, sides, strict=False):
        _panel(axes, results, side, curves, axis.cut, axis.place)
        axes.set_xlabel("" if layers else "extra pads (tokens)")
    for axes, side in zip(drawn[len(sides) :], sides, strict=False):
        for curve in layers:
            if curve.side == side:
                line(axes, [(pads, axis.cut(one)) for pads, one in curve.placed], curve.look)
        title(axes, "hidden state of each recurrent layer")
        axes.set_xlabel("extra pads (tokens)")
    for place, axes in enumerate(drawn):
        bound(axes, epsilon)
        axes.set_ylabel("" if place % len(sides) else "state drift ratio (no unit)")
    depths = [rule(f"layer {depth + 1} ({name})", _depth_line(depth, len(names))) for depth, name in enumerate(names)]
    legend(figure, [*variant_lines(results), rule(f"ε = {format_plain(epsilon)}"), *(depths if layers else [])])
    return figure


def flips_figure(results: Results) -> Figure:
    """Share of flipped predictions against extra pads, in percent."""
    curves, epsilon = _curves(results, FLIPS), 100 * results.epsilon[FLIPS]
    if not any(curve.placed for curve in curves):
        return empty_figure(_why(results, "how predictions flip with the number of pads"))
    figure, drawn = panels(1, len(results.sides), sharey=True)
    for axes, side in zip(drawn, results.sides, strict=True):
        _panel(axes, results, side, curves, lambda one: scaled(one, 100), lambda value: 100 * value)
        bound(axes, epsilon)
        axes.set_xlabel("extra pads (tokens)")
    drawn[0].set_ylim(bottom=-0.03 * drawn[0].get_ylim()[1])
    drawn[0].set_ylabel("predictions flipped (% of test texts)")
    legend(figure, [*variant_lines(results), rule(f"ε = {format_plain(epsilon)} %")])
    return figure


def _why(results: Results, what: str) -> str:
    return f"This run cannot show {what}: {NOBODY if results.pads else 'export.pads holds no number of pads but 0'}."


def _curves(results: Results, estimand: str) -> list[Curve]:
    """Drift or flips of every cell; the seeds of one that is exact stand at 0."""
    rows, looks, curves = rows_by_pads(results, estimand), variant_looks(results.variants), []
    for cell in results.cells:
        placed = [(row.pads, row.value) for row in rows if row.cell == cell.name]
        seeds = [
            (pads, 0.0 if one.estimate == 0 else value)
            for pads, one in placed
            for seed in cell.learned
            if (value := _of_seed(cell, seed, estimand, condition_name(pads))) is not None
        ]
        curves.append(Curve(cell.side, cell.variant, looks[cell.variant], placed, seeds))
    return curves


def _of_seed(cell: CellFacts, seed: SeedFacts, estimand: str, condition: str) -> float | None:
    return cell.drift(seed, condition) if estimand == DRIFT else seed.flips_by_condition.get(condition)


def _layer_curves(results: Results) -> list[Curve]:
    """The drift of the hidden state of every recurrent layer of every cell, drawn differently by depth."""
    looks, curves = variant_looks(results.variants), []
    for cell in results.originals:
        known = [(pads, cell.at(condition_name(pads))) for pads in results.pads]
        drifts = [(pads, condition.drift_ratio) for pads, condition in known if condition]
        names = _hidden(cell)
        for depth, name in enumerate(names):
            placed = [(pads, one) for pads, drift in drifts if (one := drift.get(name))]
            width = 1.0 + 1.2 * (depth + 1) / len(names)
            look = replace(looks[cell.variant], line=_depth_line(depth, len(names)), width=width)
            curves.append(Curve(cell.side, cell.variant, look, placed, []))
    return curves


def _hidden(cell: CellFacts) -> list[str]:
    return [vector for vector in cell.vectors if vector.startswith("h_")]


def _depth_line(depth: int, layers: int) -> LineStyle:
    return "-" if depth == layers - 1 else DEPTHS[depth % len(DEPTHS)]


def _panel(
    axes: Axes,
    results: Results,
    side: str,
    curves: list[Curve],
    cut: Callable[[Estimate], Estimate],
    place: Callable[[float], float],
) -> None:
    """Every cell of a side with its band and its seeds, and in the title what is not drawn.

    The dots of a variant stand a little beside the number of pads, so that two variants do not hide each other.
    """
    of_side = [curve for curve in curves if curve.side == side]
    for curve in of_side:
        shift = 1.05 ** (results.variants.index(curve.variant) - (len(results.variants) - 1) / 2)
        placed = [(pads, cut(one)) for pads, one in curve.placed]
        band(axes, placed, curve.look.colour)
        line(axes, placed, curve.look)
        seed_dots(axes, [(pads * shift, place(value)) for pads, value in curve.seeds], curve.look)
    undefined = [curve.variant for curve in of_side if not curve.placed]
    if len(undefined) == len(of_side):
        axes.text(0.5, 0.5, NOBODY, transform=axes.transAxes, ha="center", va="center", color=GREY)
    title(axes, f"{side}-padding", not_drawn(undefined))
    axes.set_xscale("log", base=2)
    axes.set_xlim(results.pads[0] / 1.2, results.pads[-1] * 1.2)
    axes.xaxis.set_major_locator(FixedLocator(results.pads))
    plain_numbers(axes.xaxis)
