"""The figures of a sweep, by the kind that its file asks for, and what is to be seen in each."""

from stages.reporting.figures.style import svg
from stages.reporting.format import listed
from stages.reporting.results import DRIFT, FLIPS
from stages.sweeps.report.causes import causes_figure
from stages.sweeps.report.curves import curves_figure
from stages.sweeps.report.heatmap import heatmap_figure
from stages.sweeps.report.series import MANY_SERIES, all_marks, panels_of, rest_axes, series
from stages.sweeps.report.serving import serving_figure
from stages.sweeps.sweep_json import SweepReport

SERVING = "_serving"
KINDS = {
    "curves": (
        "Lines are means over seeds (of drift geometric ones), bands or bars their intervals, dots single seeds, "
        "hollow where a seed did not beat chance."
    ),
    "bars": (
        "Marks are means over seeds (of drift geometric ones), upright lines their intervals, dots single seeds, "
        "hollow where a seed did not beat chance."
    ),
    "causes": (
        "Changes of accuracy, means over seeds with their intervals; dots are single seeds. The second and third row "
        "add up to the first, seed by seed. Pads before a text act through the state that it starts from, h and c; "
        "behind it through the two factors of h = o tanh(c): what the cell holds, and what the output gate o lets out. "
        "One of the two alone is as the pads leave it; what both do together is more or less than their sum."
    ),
    "heatmap": (
        "Each field is a mean over seeds (of drift a geometric one); drift and flips: the darker, the more; accuracy: "
        "the lighter, the more. Green is exact: the extra pads move nothing. Hatched is undefined: too few seeds beat "
        "chance."
    ),
}
SERVED_OTHERWISE = (
    "**Served otherwise than trained.** The same models read the test texts under other paddings than in training; "
    "marks are changes of accuracy with their intervals, and between the dotted lines they do not matter."
)


def sweep_figures(sweep: SweepReport) -> dict[str, str]:
    """File name -> SVG, the same bytes for the same report."""
    name = sweep.name
    draw = {"heatmap": heatmap_figure, "causes": causes_figure}.get(sweep.figure.kind, curves_figure)
    figures = {f"{name}.svg": svg(f"sweep-{name}", draw, sweep)}
    if "accuracy_change" in sweep.read:
        figures[f"{name}{SERVING}.svg"] = svg(f"sweep-{name}{SERVING}", serving_figure, sweep)
    return figures


def captions(sweep: SweepReport) -> dict[str, str]:
    """File name -> caption in Markdown."""
    name, rest = sweep.name, rest_axes(sweep)
    parts = [f"**{sweep.title}.**", KINDS[sweep.figure.kind]]
    if sweep.figure.kind not in ("heatmap", "causes"):
        if rest:
            many = max(len({one.rest for one in series(sweep, panel, "accuracy")}) for panel in panels_of(sweep))
            thin = ", thin and without bands, for they are many" if many > MANY_SERIES else ""
            parts.append(f"One line for each level of {listed(rest)}{thin}.")
        if any(mark.value is None for estimand in (DRIFT, FLIPS) for mark in all_marks(sweep, estimand)):
            parts.append("Drift and flips are not drawn where too few seeds beat chance.")
    texts = {f"{name}.svg": " ".join(parts)}
    return texts | ({f"{name}{SERVING}.svg": SERVED_OTHERWISE} if "accuracy_change" in sweep.read else {})
