"""How accuracy changes where a model is served otherwise than it was trained, condition by condition."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from stages.reporting.figures.facts import condition_label
from stages.reporting.figures.style import GREY, LOOKS, Look, empty_figure, legend, name_places, panels, rule, title
from stages.reporting.format import format_plain
from stages.reporting.results import Record
from stages.sweeps.report.curves import DASHES
from stages.sweeps.report.tables import axes_of, rows_of

HEIGHT = 3.3


def serving_figure(content: Record) -> Figure:
    """A panel for each side that was trained with, a mark with its interval for each row and condition."""
    rows = [row for row in rows_of(content) if row["accuracy_change"]]
    if not rows:
        return empty_figure("This sweep cannot show what serving otherwise costs: it was not measured.")
    conditions = list(dict.fromkeys(name for row in rows for name in row["accuracy_change"]))
    sides = list(dict.fromkeys(row["levels"]["side"] for row in rows))
    looks = _looks(content, rows)
    figure, drawn = panels(1, len(sides), height=HEIGHT, sharey=True)
    for axes, side in zip(drawn, sides, strict=True):
        mine = [row for row in rows if row["levels"]["side"] == side]
        for number, row in enumerate(mine):
            _row(axes, row, conditions, looks[_name(content, row)], number - (len(mine) - 1) / 2)
        for bound in (-1, 1):
            axes.axhline(100 * bound * content["epsilon"]["accuracy"], color=GREY, linestyle=":", linewidth=1.2)
        name_places(axes, [condition_label(name) for name in conditions])
        title(axes, f"trained with {side}-padding")
    drawn[0].set_ylabel("accuracy against serving\nas trained (points)")
    handles = [
        Line2D([], [], color=look.colour, linestyle=look.line, marker=look.marker, markersize=5, label=name)
        for name, look in looks.items()
    ]
    legend(figure, [*handles, rule(f"± ε ({format_plain(100 * content['epsilon']['accuracy'])} %)")])
    return figure


def _row(axes: Axes, row: Record, conditions: list[str], look: Look, shift: float) -> None:
    found = [(index, row["accuracy_change"].get(name)) for index, name in enumerate(conditions)]
    known = [(index + 0.07 * shift, each) for index, each in found if each and each["estimate"] is not None]
    if not known:
        return
    for x, each in known:
        if each["low"] is not None:
            axes.plot([x, x], [100 * each["low"], 100 * each["high"]], color=look.colour, linewidth=1.2, zorder=2)
    axes.plot(
        [x for x, _ in known], [100 * each["estimate"] for _, each in known], color=look.colour, linestyle=look.line,
        linewidth=1.4, marker=look.marker, markersize=4, zorder=3,
    )  # fmt: skip


def _name(content: Record, row: Record) -> str:
    """Variant and the axes of the grid."""
    axes = [axis for axis in axes_of(content) if axis not in ("side", "variant")]
    return ", ".join([row["levels"]["variant"], *(row["levels"][axis] for axis in axes)])


def _looks(content: Record, rows: list[Record]) -> dict[str, Look]:
    """Colours by variant, dashes by the axes of the grid."""
    variants = list(dict.fromkeys(row["levels"]["variant"] for row in rows))
    found: dict[str, Look] = {}
    for row in rows:
        look = LOOKS[variants.index(row["levels"]["variant"]) % len(LOOKS)]
        number = sum(name.split(", ")[0] == row["levels"]["variant"] for name in found)
        found.setdefault(_name(content, row), Look(look.colour, DASHES[number % len(DASHES)], look.marker, look.width))
    return found
