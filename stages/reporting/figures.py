"""The figures of report.md: same numbers, same bytes."""

import io
import math
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from stages.layout import condition_name
from stages.reporting.numbers import plain
from stages.reporting.results import DRIFT, FLIPS, CellFacts, Results
from stages.stats.verdicts import Verdict

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "padding",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "axes.grid": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
}

LineStyle = Literal["-", "--", ":"] | tuple[float, tuple[float, ...]]

PANEL_WIDTH = 4.0
PANEL_HEIGHT = 3.3
"""Inches."""

BAND_FACTOR = 30
"""A band is drawn up to this factor beyond the outermost estimate or seed."""

TITLE_LETTERS = 42
"""A line of a title that is longer would run into the next panel."""


@dataclass(frozen=True)
class Look:
    """How one variant is drawn: in colours that most eyes tell apart (Okabe & Ito 2008), dashed where it lies above."""

    colour: str
    line: LineStyle
    marker: str
    width: float


LOOKS = (
    Look("#D55E00", "-", "o", 3.0),
    Look("#0072B2", "-", "s", 1.8),
    Look("#111111", (0, (3, 3)), "^", 1.3),
    Look("#009E73", (0, (6, 2)), "D", 1.5),
    Look("#CC79A7", (0, (1.5, 1.5)), "v", 1.5),
    Look("#E69F00", (0, (6, 2, 1.5, 2)), "P", 1.5),
    Look("#56B4E9", (0, (8, 3)), "X", 1.5),
)


def drift_figure(results: Results) -> Figure:
    """Drift ratio against extra pads, logarithmic; an exact 0 is drawn on a floor that is labelled so."""
    floor, top, labelled = _range(results)
    figure, panels = _panels(results)
    for axes, side in zip(panels, results.sides, strict=True):
        for cell, look in _cells(results, side):
            _against_pads(axes, results, cell, look, DRIFT, floor=floor)
        axes.axhline(results.epsilon[DRIFT], color="#555555", linestyle=":", linewidth=1.2)
        _finish_pads(axes, results, side, DRIFT)
    panels[0].set_yscale("log")
    panels[0].set_ylim(floor / 1.8 if labelled else floor, top)
    _name_floor(panels[0], floor, top, named=labelled)
    panels[0].set_ylabel("state drift ratio (no unit)")
    _legend(figure, results, [_rule(f"ε = {plain(results.epsilon[DRIFT])}", ":")])
    return figure


def flips_figure(results: Results) -> Figure:
    """Share of flipped predictions against extra pads, in percent."""
    figure, panels = _panels(results)
    for axes, side in zip(panels, results.sides, strict=True):
        for cell, look in _cells(results, side):
            _against_pads(axes, results, cell, look, FLIPS, factor=100)
        axes.axhline(100 * results.epsilon[FLIPS], color="#555555", linestyle=":", linewidth=1.2)
        _finish_pads(axes, results, side, FLIPS)
    panels[0].set_ylim(bottom=-0.03 * panels[0].get_ylim()[1])
    panels[0].set_ylabel("predictions flipped (% of test texts)")
    _legend(figure, results, [_rule(f"ε = {plain(100 * results.epsilon[FLIPS])} %", ":")])
    return figure


def accuracy_figure(results: Results) -> Figure:
    """Test accuracy of every seed, their mean and its interval, in percent."""
    figure, panels = _panels(results)
    rules = [_rule("majority share", ":")]
    best = (results.report["dataset"]["truth"] or {}).get("best_accuracy")
    if best is not None:
        rules.append(_rule("best possible", "--"))
    for axes, side in zip(panels, results.sides, strict=True):
        cells = _cells(results, side)
        for place, (cell, look) in enumerate(cells):
            _seed_accuracies(axes, cell, look, place)
        axes.axhline(100 * cells[0][0].seeds[0].majority, color="#555555", linestyle=":", linewidth=1.2)
        if best is not None:
            axes.axhline(100 * best, color="#555555", linestyle="--", linewidth=1.2)
        axes.set_xticks(range(len(cells)), [cell.variant for cell, _ in cells])
        axes.set_xlim(-0.6, len(cells) - 0.4)
        axes.grid(visible=False, axis="x")
        axes.set_title(f"{side}-padding")
        axes.set_xlabel("variant")
    panels[0].set_ylabel("test accuracy (%)")
    hollow = Line2D([], [], color="#555555", marker="o", markerfacecolor="white", linestyle="none", markersize=5)
    hollow.set_label("seed at chance")
    solid = Line2D([], [], color="#555555", marker="o", linestyle="none", markersize=5, label="seed")
    figure.legend(handles=[solid, hollow, *rules], loc="outside upper center", ncols=4, frameon=False)
    return figure


FIGURES: dict[str, Callable[[Results], Figure]] = {
    "drift": drift_figure,
    "accuracy": accuracy_figure,
    "flips": flips_figure,
}
"""By the stem of the file."""


def svg(draw: Callable[[Results], Figure], results: Results) -> str:
    """A figure as SVG with text as text, and neither date nor version in it."""
    buffer = io.StringIO()
    with mpl.rc_context(STYLE):
        figure = draw(results)
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def _panels(results: Results) -> tuple[Figure, list[Axes]]:
    """A panel for each side, all with the same y axis."""
    sides = len(results.sides)
    figure = Figure(figsize=(PANEL_WIDTH * max(sides, 1.4), PANEL_HEIGHT), layout="constrained")
    return figure, list(figure.subplots(1, sides, sharey=True, squeeze=False)[0])


def _cells(results: Results, side: str) -> list[tuple[CellFacts, Look]]:
    looks = {variant: LOOKS[index % len(LOOKS)] for index, variant in enumerate(results.variants)}
    return [(cell, looks[cell.variant]) for cell in results.cells if cell.side == side]


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
    for number in pads:
        values = [_seed_value(cell, index, estimand, number) for index in range(len(cell.seeds))]
        drawn = [0.0 if number in exact else value for value in values if value is not None]
        axes.plot(
            [number * shift] * len(drawn),
            [max(floor, factor * value) for value in drawn],
            color=look.colour,
            marker=look.marker,
            markersize=3,
            markeredgewidth=0,
            alpha=0.55,
            linestyle="none",
            zorder=4,
            clip_on=False,
        )


def _seed_value(cell: CellFacts, index: int, estimand: str, pads: int) -> float | None:
    """The figure of one seed; None where it is at chance or has none."""
    seed = cell.seeds[index]
    if not seed.learned:
        return None
    return seed.drift[condition_name(pads)] if estimand == DRIFT else seed.flips[condition_name(pads)]


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
    values = [value for value in [*seeds, *(each.estimate for each in found)] if value]
    lowest, highest = min([*values, epsilon]), max([*values, epsilon])
    lows, highs = [each.low for each in found if each.low], [each.high for each in found if each.high]
    bottom = min(max(min([*lows, lowest]), lowest / BAND_FACTOR), epsilon / 2)
    top = max(min(max([*highs, highest]), highest * BAND_FACTOR), epsilon * 2)
    zeros = any(each.low == 0 for each in found)
    return 10.0 ** (math.floor(math.log10(bottom)) - zeros), 1.3 * top, zeros


def _defined(results: Results, cell: CellFacts, pads: int) -> bool:
    found = results.finding(cell, DRIFT, condition_name(pads))
    return found is not None and found.verdict not in (Verdict.EXACT, Verdict.UNDEFINED)


def _name_floor(axes: Axes, floor: float, top: float, *, named: bool) -> None:
    """Ticks at powers of ten, the lowest of which stands for 0 where `named`."""
    ticks = [10.0**power for power in range(round(math.log10(floor)), math.floor(math.log10(top)) + 1)]
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: "0, exact" if named and value <= 1.01 * floor else f"{value:g}")
    )


def _finish_pads(axes: Axes, results: Results, side: str, estimand: str) -> None:
    """The x axis, and in the title what is not drawn."""
    undefined = [
        cell.variant
        for cell, _ in _cells(results, side)
        if not any(
            each is not None and each.estimate is not None
            for each in (results.finding(cell, estimand, condition_name(pads)) for pads in results.pads)
        )
    ]
    note = textwrap.fill(f"undefined, not drawn: {', '.join(undefined)}", TITLE_LETTERS) if undefined else ""
    axes.set_title("\n".join([f"{side}-padding", note][: 1 + bool(note)]))
    axes.set_xlabel("extra pads (tokens)")
    if results.pads:
        axes.set_xscale("log", base=2)
        axes.set_xlim(results.pads[0] / 1.2, results.pads[-1] * 1.2)
        axes.xaxis.set_major_locator(FixedLocator(results.pads))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_locator(NullLocator())


def _seed_accuracies(axes: Axes, cell: CellFacts, look: Look, place: int) -> None:
    """A dot for each seed, hollow at chance, and the mean with its interval beside them."""
    count = len(cell.seeds)
    for index, seed in enumerate(cell.seeds):
        axes.plot(
            place - 0.25 + 0.3 * (index + 0.5) / count,
            100 * seed.accuracy,
            color=look.colour,
            marker=look.marker,
            markersize=5,
            markerfacecolor=look.colour if seed.learned else "white",
            linestyle="none",
        )
    axes.plot([place + 0.15, place + 0.35], [100 * cell.accuracy] * 2, color=look.colour, linewidth=2.5)
    if cell.accuracy_low is not None and cell.accuracy_high is not None:
        bounds = [100 * cell.accuracy_low, 100 * cell.accuracy_high]
        axes.plot([place + 0.25] * 2, bounds, color=look.colour, linewidth=1.2)


def _rule(label: str, linestyle: LineStyle) -> Line2D:
    return Line2D([], [], color="#555555", linestyle=linestyle, linewidth=1.2, label=label)


def _legend(figure: Figure, results: Results, rules: list[Line2D]) -> None:
    handles = []
    for index, variant in enumerate(results.variants):
        look = LOOKS[index % len(LOOKS)]
        line = Line2D([], [], color=look.colour, linestyle=look.line, linewidth=look.width, label=variant)
        line.set(marker=look.marker, markersize=4)
        handles.append(line)
    figure.legend(handles=[*handles, *rules], loc="outside upper center", ncols=4, frameon=False, handlelength=3)
