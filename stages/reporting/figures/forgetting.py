"""What the texts keep of their differences as pads run through the state."""

from dataclasses import replace

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from stages.analysis.contract_memory import Forgetting
from stages.analysis.estimate import Estimate
from stages.reporting.figures.marks import band, bound, line, ratio_axis
from stages.reporting.figures.style import (
    LineStyle,
    cells_of,
    empty_figure,
    legend,
    panels,
    rule,
    title,
    variant_lines,
    why_empty,
)
from stages.reporting.format import format_plain
from stages.reporting.results import Results

KINDS: dict[str, LineStyle] = {"within": "-", "between": (0, (4, 1.5))}
"""Pairs of texts that the model calls alike, and pairs that it does not."""

LOWEST = 1e-9
"""A distance below this has come to rest, and is drawn as 0."""


def forgetting_figure(results: Results) -> Figure:
    """Distance between two texts as pads are added, over that without pads."""
    cells = {
        side: [(look, cell.forgetting) for cell, look in cells_of(results, side) if cell.forgetting]
        for side in results.sides
    }
    cells = {side: moving for side, moving in cells.items() if moving}
    if not cells:
        return empty_figure(why_empty(results, "how pads make a model forget its texts", moving=True))
    curves = {
        side: [
            (replace(look, line=style, width=1.8), _placed(forgetting, kind))
            for look, forgetting in moving
            for kind, style in KINDS.items()
        ]
        for side, moving in cells.items()
    }
    figure, drawn = panels(1, len(cells), height=3.2, sharey=True)
    estimates = [one for known in curves.values() for _, placed in known for _, one in placed]
    axis = ratio_axis(drawn[:1], "y", estimates, keep=(0.5, 1.0), zero=f"<{format_plain(LOWEST)}")
    for axes, side in zip(drawn, cells, strict=True):
        for look, placed in curves[side]:
            cut = [(pads, axis.cut(one)) for pads, one in placed]
            band(axes, cut, look.colour)
            line(axes, cut, look, size=3)
        bound(axes, 1)
        title(axes, f"{side}-padding")
        axes.set_xlabel("extra pads (tokens)")
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    drawn[0].set_ylabel("distance between two texts\n(share of that without pads)")
    moving = {cell.variant for cell in results.originals if cell.forgetting}
    names = {variant: label for variant, label in results.original_names.items() if variant in moving}
    kinds = [rule("pairs of one predicted class", KINDS["within"]), rule("pairs of two classes", KINDS["between"])]
    variants = variant_lines(results, names, plain=True, size=0)
    legend(figure, [*variants, *kinds, rule("as far apart as without pads")])
    return figure


def _placed(forgetting: Forgetting, kind: str) -> list[tuple[int, Estimate]]:
    """The distance at every number of pads at which it is defined; 0 where it has come to rest."""
    by_pads = [(point.pads, point.within if kind == "within" else point.between) for point in forgetting.points]
    return [(pads, one if one.estimate >= LOWEST else Estimate(0.0, None, None)) for pads, one in by_pads if one]
