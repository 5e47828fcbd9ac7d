"""A field for each combination: how far pads move what the classifier reads, and how many predictions they flip."""

import itertools
import math
import textwrap

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize, to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from stages.reporting.figures.style import GREY, INK, LETTER, empty_figure, legend
from stages.reporting.format import format_ratio
from stages.reporting.results import DRIFT
from stages.sweeps.report.series import LABELS, PERCENT, labels_of, several_levels, value_of
from stages.sweeps.spec import VARIANT
from stages.sweeps.sweep_json import SweepReport
from stages.sweeps.sweep_json_rows import ROUNDING, Row

TITLES = {**{name: LABELS[name] for name in PERCENT}, DRIFT: "drift ratio at the classifier"}
MAPS = {"accuracy": "cividis", "train_accuracy": "cividis"}
EXACT_COLOUR = "#009E73"
UNDEFINED_COLOUR = "#eeeeee"
FIELD_WIDTH, FIELD_HEIGHT = 0.66, 0.36
"""Inches, so that a number at the size of all letters fits."""
CROWDED = 8
"""A longer name of a column is turned."""
DARK = 0.55
"""Fields above this part of the colour scale carry white letters."""


def heatmap_figure(sweep: SweepReport) -> Figure:
    """The longest axis downwards, the panels and the shortest one across, a map for each figure that is read."""
    estimands = [name for name in sweep.read if name in TITLES]
    if not estimands:
        return empty_figure("This sweep has nothing to draw: it reads no figure that a map can show.")
    down = _down(sweep)
    names, columns = [", ".join(labels) for labels in _labels(sweep, down)], _labels(sweep, _across(sweep))
    width = FIELD_WIDTH * len(columns) + 0.35
    label = 0.075 * max(map(len, names)) + 0.3
    figure = Figure(figsize=(label + width * len(estimands), FIELD_HEIGHT * len(names) + 1.7), layout="constrained")
    drawn = figure.subplots(1, len(estimands), squeeze=False, sharey=True)[0]
    for axes, estimand in zip(drawn, estimands, strict=True):
        _map(axes, sweep, estimand)
    drawn[0].set_yticks(range(len(names)), names)
    drawn[0].set_ylabel(", ".join(down))
    legend(
        figure,
        [
            Patch(facecolor=EXACT_COLOUR, label="exact: nothing moved"),
            Patch(facecolor=UNDEFINED_COLOUR, edgecolor=GREY, hatch="////", label="undefined: too few seeds learned"),
        ],
    )
    return figure


def _across(sweep: SweepReport) -> list[str]:
    """The axes beside each other: that of the panels, and the shortest of the others, the variants if they are."""
    panel, others = sweep.figure.panels, several_levels(sweep, [sweep.figure.panels])
    shortest = min(others, key=lambda axis: (len(labels_of(sweep, axis)), axis != VARIANT), default=None)
    return [axis for axis in (panel, shortest if len(others) > 1 else None) if axis is not None]


def _down(sweep: SweepReport) -> list[str]:
    """The axes below each other: all others."""
    return several_levels(sweep, [sweep.figure.panels, *_across(sweep)])


def _labels(sweep: SweepReport, axes: list[str]) -> list[tuple[str, ...]]:
    """Every combination of labels that a row has, in the order of the axes."""
    of_rows = {tuple(row.levels[axis] for axis in axes) for row in sweep.originals}
    return [labels for labels in itertools.product(*(labels_of(sweep, axis) for axis in axes)) if labels in of_rows]


def _map(axes: Axes, sweep: SweepReport, estimand: str) -> None:
    across, down = _across(sweep), _down(sweep)
    columns, lines = _labels(sweep, across), _labels(sweep, down)
    norm = _norm(sweep, estimand)
    for row in sweep.originals:
        x, y = (tuple(row.levels[axis] for axis in names) for names in (across, down))
        _field(axes, columns.index(x), lines.index(y), row, estimand, norm)
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(len(lines) - 0.5, -0.5)
    axes.set_xticks(range(len(columns)), ["\n".join(column) for column in columns])
    crowded = max((len(part) for column in columns for part in column), default=0) > CROWDED
    axes.tick_params(length=0, axis="both", labelsize=9)
    if crowded:
        axes.tick_params(axis="x", rotation=90)
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_title(textwrap.fill(TITLES[estimand], max(12, int(FIELD_WIDTH * len(columns) / LETTER))), fontsize=9)


def _field(axes: Axes, x: int, y: int, row: Row, estimand: str, norm: Normalize) -> None:
    estimate = value_of(row, estimand)
    if estimate is None:
        _box(axes, x, y, UNDEFINED_COLOUR, hatch="////", edge="#bbbbbb")
        return
    if row.unmoved(estimand):
        _box(axes, x, y, EXACT_COLOUR)
        axes.text(x, y, "exact", ha="center", va="center", color="white")
        return
    value = estimate.estimate
    place = float(norm(max(value, norm.vmin or value)))
    _box(axes, x, y, to_hex(mpl.colormaps[MAPS.get(estimand, "Oranges")](place)))
    dark = place > DARK if estimand not in MAPS else place < 1 - DARK
    text = format_ratio(value) if estimand == DRIFT else f"{value:.1f}"
    axes.text(x, y, text, ha="center", va="center", color="white" if dark else INK)


def _box(axes: Axes, x: int, y: int, colour: str, hatch: str = "", edge: str = "white") -> None:
    axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=colour, edgecolor=edge, hatch=hatch, linewidth=1.5))


def _norm(sweep: SweepReport, estimand: str) -> Normalize:
    """Logarithmic for drift: whole powers of ten around every field."""
    moved = [row for row in sweep.originals if not row.unmoved(estimand)]
    values = [value.estimate for row in moved if (value := value_of(row, estimand)) is not None]
    if estimand == DRIFT:
        positive = [value for value in values if value > ROUNDING] or [1.0]
        low, high = math.floor(math.log10(min(positive))), math.ceil(math.log10(max(positive)))
        return LogNorm(10.0**low, 10.0 ** max(high, low + 1))
    highest = max(values, default=100.0)
    lowest = min(values, default=0.0) if estimand in MAPS else 0.0
    return Normalize(lowest, highest if highest > lowest else lowest + 1)
