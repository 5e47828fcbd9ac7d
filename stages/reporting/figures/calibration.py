"""Whether a model is as often right as it says, alone and under pads."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from stages.analysis.contract_cells import CellFacts
from stages.analysis.estimate import Estimate
from stages.reporting.figures.marks import line
from stages.reporting.figures.style import (
    GREY,
    Look,
    cells_of,
    empty_figure,
    handle,
    legend_above,
    paged_panels,
    why_empty,
)
from stages.reporting.results import Results, condition_label

VARIANTS = ("baseline", "masked")
"""Those that are drawn; the first two where neither was trained."""

LOOKS = (
    Look("#111111", "-", "o", 1.2),
    Look("#0072B2", (0, (5, 1.5)), "s", 1.2),
    Look("#D55E00", (0, (1.5, 1)), "^", 1.2),
    Look("#009E73", (0, (6, 1.5, 1.5, 1.5)), "D", 1.2),
)
"""Alone, the headline's pads, as trained, other side."""


def calibration_figure(results: Results) -> Figure:
    """Share of right predictions against stated confidence, in bins of equally many texts, with the error in words."""
    curves = [
        (cell, {name: pairs for name in results.served if (pairs := _bins(cell, name))})
        for variant in _variants(results)
        for side in results.sides
        for cell, _ in cells_of(results, side)
        if cell.variant == variant
    ]
    curves = [(cell, bins) for cell, bins in curves if bins]
    if not curves:
        return empty_figure(why_empty(results, "whether confidences hold under pads"))
    figure, drawn = paged_panels(len(curves), height=3.3, share=True)
    lowest = min(value for _, bins in curves for pairs in bins.values() for pair in pairs for value in pair)
    low = max(0.0, 10 * ((lowest - 1) // 10))
    for index, (axes, (cell, bins)) in enumerate(zip(drawn, curves, strict=True)):
        axes.plot([low, 100], [low, 100], color=GREY, linestyle=":", linewidth=1.2)
        _curves(axes, cell, bins, dict(zip(results.served, LOOKS, strict=False)))
        axes.set(xlim=(low, 102), ylim=(low, 102))
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
        if index % 2 == 0:
            axes.set_ylabel("predictions right (%)")
        if index + 2 >= len(curves):
            axes.set_xlabel("stated confidence (%)")
            axes.tick_params(axis="x", labelbottom=True)
    figure.suptitle("behind each condition its calibration error", fontsize=9, color=GREY)
    return figure


def _variants(results: Results) -> list[str]:
    names = list(results.original_names)
    return [name for name in VARIANTS if name in names] or names[:2]


def _bins(cell: CellFacts, condition: str) -> list[tuple[float, float]]:
    """Confidence and accuracy of every bin, in percent."""
    return [(100 * point.confidence, 100 * point.accuracy) for point in cell.calibration.get(condition, [])]


def _curves(axes: Axes, cell: CellFacts, bins: dict[str, list[tuple[float, float]]], looks: dict[str, Look]) -> None:
    """One curve for each condition; their legend, headed by the panel's name, stands above the panel."""
    handles = []
    for condition, pairs in bins.items():
        line(axes, [(sure, Estimate(right, None, None)) for sure, right in pairs], looks[condition], size=3)
        served = cell.served(condition)
        error = served.calibration_error if served else None
        words = condition_label(condition) + ("" if error is None else f" {100 * error.estimate:.1f} %")
        handles.append(handle(words, looks[condition], size=3))
    legend_above(axes, handles, f"{cell.variant}, {cell.side}-padding")
