"""The figures of a sweep, by the kind that its file asks for."""

from stages.reporting.figures.style import svg
from stages.reporting.results import Record
from stages.sweeps.report.curves import curves_figure
from stages.sweeps.report.heatmap import heatmap_figure
from stages.sweeps.report.serving import serving_figure

SERVING = "_serving"


def sweep_figures(content: Record) -> dict[str, str]:
    """File name -> SVG, the same bytes for the same content.

    Args:
        content: what `stages.sweeps.sweep_json.sweep_content` gives, as its JSON holds it.
    """
    name = content["name"]
    draw = heatmap_figure if content["figure"]["kind"] == "heatmap" else curves_figure
    found = {f"{name}.svg": svg(f"sweep-{name}", draw, content)}
    if "accuracy_change" in content["read"]:
        found[f"{name}{SERVING}.svg"] = svg(f"sweep-{name}{SERVING}", serving_figure, content)
    return found
