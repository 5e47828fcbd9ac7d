"""Whether a model is as often right as it says, alone and under pads."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from stages.analysis.contract_cells import ALONE, CellFacts
from stages.analysis.estimate import Estimate
from stages.reporting.figures.marks import line
from stages.reporting.figures.style import GREY, Look, cells_of, empty_figure, handle, legend_above, panels, why_empty
from stages.reporting.typed_results import Results, condition_label
from stages.runtime.paths import AS_TRAINED, OTHER_SIDE

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
    conditions = list(dict.fromkeys((ALONE, results.headline, AS_TRAINED, OTHER_SIDE)))
    curves = [
        (cell, {name: bins for name in conditions if (bins := _bins(cell, name))})
        for variant in _variants(results)
        for side in results.sides
        for cell, _ in cells_of(results, side)
        if cell.variant == variant
    ]
    curves = [(cell, found) for cell, found in curves if found]
    if not curves:
        return empty_figure(why_empty(results, "whether confidences hold under pads"))
    columns = min(2, len(curves))
    figure, drawn = panels(-(-len(curves) // columns), columns, height=3.3, sharex=True, sharey=True)
    lowest = min(value for _, found in curves for bins in found.values() for each in bins for value in each)
    low = max(0.0, 10 * ((lowest - 1) // 10))
    for index, (axes, (cell, found)) in enumerate(zip(drawn, curves, strict=False)):
        axes.plot([low, 100], [low, 100], color=GREY, linestyle=":", linewidth=1.2)
        _curves(axes, cell, found, dict(zip(conditions, LOOKS, strict=False)))
        axes.set(xlim=(low, 102), ylim=(low, 102))
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
    names = list(results.original_names)
    return [name for name in VARIANTS if name in names] or names[:2]


def _bins(cell: CellFacts, condition: str) -> list[tuple[float, float]]:
    """Confidence and accuracy of every bin, in percent."""
    return [(100 * point.confidence, 100 * point.accuracy) for point in cell.calibration.get(condition, [])]


def _curves(axes: Axes, cell: CellFacts, found: dict[str, list[tuple[float, float]]], looks: dict[str, Look]) -> None:
    """One curve for each condition; their legend, headed by the panel's name, stands above the panel."""
    handles = []
    for condition, bins in found.items():
        line(axes, [(sure, Estimate(right, None, None)) for sure, right in bins], looks[condition], size=3)
        served = cell.served(condition)
        error = served.calibration_error if served else None
        words = condition_label(condition) + ("" if error is None else f" {100 * error.estimate:.1f} %")
        handles.append(handle(words, looks[condition], size=3))
    legend_above(axes, handles, f"{cell.variant}, {cell.side}-padding")
