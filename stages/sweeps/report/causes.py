"""Where the harm of padding comes from, cause by cause: a panel for each side, a row for each cause."""

from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stages.reporting.figures.marks import intervals, name_rows, plain_numbers, points, scaled, seed_dots
from stages.reporting.figures.style import GREY, LOOKS, PANEL_WIDTH, empty_figure, title
from stages.sweeps.findings.words import where
from stages.sweeps.sweep_json import SweepReport
from stages.sweeps.sweep_json_causes import Cause, Causes
from stages.sweeps.sweep_json_rows import estimate_of

ROW_HEIGHT, MARGIN = 0.27, 0.9
"""Inches."""


def causes_figure(sweep: SweepReport) -> Figure:
    """Points of accuracy along x, a heading above what is compared with the same."""
    findings = sweep.of_kind(Causes)
    if not findings:
        return empty_figure("This sweep cannot show the causes: without a baseline and its masked twin, or no patches.")
    height = MARGIN + ROW_HEIGHT * max(len(_rows(finding)) for finding in findings)
    figure = Figure(figsize=(1.6 * PANEL_WIDTH * len(findings), height), layout="constrained")
    for axes, finding in zip(figure.subplots(1, len(findings), sharex=True, squeeze=False)[0], findings, strict=True):
        _panel(axes, finding)
        title(axes, where(finding.levels))
        axes.set_xlabel("change of accuracy (points)")
    return figure


def _rows(finding: Causes) -> list[Cause | str]:
    """Headings and what stands below them."""
    return [row for group, causes in groupby(finding.causes, lambda cause: cause.group) for row in (group, *causes)]


def _panel(axes: Axes, finding: Causes) -> None:
    axes.axvline(0, color=GREY, linewidth=0.8)
    rows, look = _rows(finding), iter(LOOKS)
    name_rows(axes, [row.replace("`", "") if isinstance(row, str) else row.label for row in rows])
    for place, (row, label) in enumerate(zip(rows, axes.get_yticklabels(), strict=True)):
        if isinstance(row, str):
            label.set_fontweight("bold")
            one = next(look)
        elif value := estimate_of(row):
            drawn = [(float(place), scaled(value, 100))]
            seeds = [(100 * texts / finding.texts, place + 0.28) for texts in row.by_seed or ()]
            seed_dots(axes, seeds, one, alpha=0.35)
            intervals(axes, drawn, one.colour, across=True)
            points(axes, drawn, one, across=True, size=5)
    plain_numbers(axes.xaxis)
