"""How accuracy changes where a model is served otherwise than it was trained, condition by condition."""

import itertools
from dataclasses import replace

from matplotlib.figure import Figure

from stages.reporting.figures.marks import bound, intervals, line, name_places, scaled
from stages.reporting.figures.style import Look, empty_figure, handle, legend, panels, rule, title, variant_looks
from stages.reporting.format import format_plain
from stages.reporting.results import condition_label
from stages.sweeps.findings.effects import ACCURACY
from stages.sweeps.report.curves import DASHES
from stages.sweeps.spec import INNER_AXES
from stages.sweeps.sweep_json import SweepReport
from stages.sweeps.sweep_json_rows import Row, estimate_of


def serving_figure(sweep: SweepReport) -> Figure:
    """A panel for each side that was trained with, a mark with its interval for each row and condition."""
    rows = [row for row in sweep.originals if row.accuracy_change]
    if not rows:
        return empty_figure("This sweep cannot show what serving otherwise costs: it was not measured.")
    conditions = list(dict.fromkeys(name for row in rows for name in row.accuracy_change))
    sides = list(dict.fromkeys(row.side for row in rows))
    looks, epsilon = _looks(sweep, rows), 100 * sweep.epsilon[ACCURACY]
    figure, drawn = panels(1, len(sides), height=3.3, sharey=True)
    for axes, side in zip(drawn, sides, strict=True):
        of_side = [row for row in rows if row.side == side]
        for number, row in enumerate(of_side):
            shift, look = 0.07 * (number - (len(of_side) - 1) / 2), looks[_name(sweep, row)]
            changes = [(place, row.accuracy_change.get(name)) for place, name in enumerate(conditions)]
            known = [(place + shift, scaled(one, 100)) for place, change in changes if (one := estimate_of(change))]
            intervals(axes, known, look.colour)
            line(axes, known, look, size=4)
        bound(axes, -epsilon)
        bound(axes, epsilon)
        name_places(axes, [condition_label(name) for name in conditions])
        title(axes, f"trained with {side}-padding")
    drawn[0].set_ylabel("accuracy against serving\nas trained (points)")
    handles = [handle(name, look, size=5) for name, look in looks.items()]
    legend(figure, [*handles, rule(f"± ε ({format_plain(epsilon)} %)")])
    return figure


def _name(sweep: SweepReport, row: Row) -> str:
    """Variant and the axes of the grid."""
    axes = [axis for axis in sweep.naming_axes if axis not in INNER_AXES]
    return ", ".join([row.variant, *(row.levels[axis] for axis in axes)])


def _looks(sweep: SweepReport, rows: list[Row]) -> dict[str, Look]:
    """Colours by variant, dashes by the axes of the grid."""
    variants = {_name(sweep, row): row.variant for row in rows}
    by_variant = variant_looks(variants.values())
    dashes = {variant: itertools.cycle(DASHES) for variant in by_variant}
    return {
        name: replace(by_variant[variant], line=next(dashes[variant]), width=1.4) for name, variant in variants.items()
    }
