"""Whether a model is as often right as it says, alone and under pads."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from stages.reporting.figures.facts import condition_label, distinct, distinct_names, part, why_empty
from stages.reporting.figures.style import GREY, LineStyle, empty_figure, panels
from stages.reporting.results import ALONE, CellFacts, Estimate, Record, Results
from stages.runtime.paths import AS_TRAINED, OTHER_SIDE

VARIANTS = ("baseline", "masked")
"""Those that are drawn; the first two where neither was trained."""

LINES: tuple[tuple[str, LineStyle, str], ...] = (
    ("#111111", "-", "o"),
    ("#0072B2", (0, (5, 1.5)), "s"),
    ("#D55E00", (0, (1.5, 1)), "^"),
    ("#009E73", (0, (6, 1.5, 1.5, 1.5)), "D"),
)
"""Colour, line and marker: alone, the headline's pads, as trained, other side."""


def calibration_figure(results: Results) -> Figure:
    """Share of right predictions against stated confidence, in bins of equally many texts, with the error in words."""
    wanted = _variants(results)
    grid = [
        (cell, part(cell, "calibration") or {})
        for variant in wanted
        for side in results.sides
        for cell, _ in distinct(results, side)
        if cell.variant == variant
    ]
    curves = [(cell, found) for cell, found in grid if any(_bins(found, name) for name in _conditions(results))]
    if not curves:
        return empty_figure(why_empty(results, "calibration", "whether confidences hold under pads"))
    columns = min(2, len(curves)) if len(results.sides) > 1 else 1
    columns = max(columns, 2) if len(curves) > 1 else 1
    figure, drawn = panels(-(-len(curves) // columns), columns, height=3.3, sharex=True, sharey=True)
    low = _lowest(results, [found for _, found in curves])
    for index, (axes, (cell, found)) in enumerate(zip(drawn, curves, strict=False)):
        axes.plot([low, 100], [low, 100], color=GREY, linestyle=":", linewidth=1.2)
        _curves(axes, results, cell, found, f"{cell.variant}, {cell.side}-padding")
        axes.set_xlim(low, 102)
        axes.set_ylim(low, 102)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
        if index % columns == 0:
            axes.set_ylabel("predictions right (%)")
        if index + columns >= len(curves):
            axes.set_xlabel("stated confidence (%)")
            axes.tick_params(axis="x", labelbottom=True)
    for axes in drawn[len(curves) :]:
        axes.remove()
    figure.suptitle("behind each condition its calibration error", fontsize=9, color=GREY)
    return figure


def _variants(results: Results) -> list[str]:
    names = list(distinct_names(results))
    return [name for name in VARIANTS if name in names] or names[:2]


def _conditions(results: Results) -> list[str]:
    return list(dict.fromkeys((ALONE, results.headline, AS_TRAINED, OTHER_SIDE)))


def _bins(found: Record, condition: str) -> list[Record]:
    """The bins of one condition; the text alone goes by both of its names."""
    bins: list[Record] = found.get(condition) or (found.get("alone") if condition == ALONE else None) or []
    return bins


def _curves(axes: Axes, results: Results, cell: CellFacts, found: Record, name: str) -> None:
    """One curve for each condition; their legend, headed by the panel's name, stands above the panel."""
    handles = []
    for (colour, line, marker), condition in zip(LINES, _conditions(results), strict=False):
        bins = _bins(found, condition)
        if bins:
            error = Estimate.of(cell.at(condition).get("calibration_error"))
            label = condition_label(condition) + ("" if error is None else f" {100 * error.estimate:.1f} %")
            drawn = axes.plot(
                [100 * each["confidence"] for each in bins],
                [100 * each["accuracy"] for each in bins],
                color=colour,
                linestyle=line,
                marker=marker,
                markersize=3,
                linewidth=1.2,
                label=label,
                clip_on=False,
            )
            handles += drawn
    _legend_above(axes, handles, name)


def _legend_above(axes: Axes, handles: list[Line2D], name: str) -> None:
    axes.legend(
        handles=handles,
        title=name,
        title_fontsize=9.5,
        alignment="left",
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=2,
        frameon=False,
        fontsize=7.5,
        handlelength=2.4,
        handletextpad=0.5,
        columnspacing=0.8,
        borderaxespad=0.2,
    )


def _lowest(results: Results, found: list[Record]) -> float:
    """Where both axes begin, in percent: a multiple of 10 below all that is drawn."""
    values: list[float] = [
        100 * each[key]
        for record in found
        for condition in _conditions(results)
        for each in _bins(record, condition)
        for key in ("confidence", "accuracy")
    ]
    return max(0.0, 10 * ((min(values) - 1) // 10))
