"""What a linear probe still reads off the states: the number of pads, and the label."""

from dataclasses import replace

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stages.analysis.contract_memory import LabelProbe, PadCountProbe
from stages.reporting.figures.marks import intervals, line, name_rows, points, scaled
from stages.reporting.figures.style import (
    GREY,
    PANEL_WIDTH,
    LineStyle,
    Look,
    cells_of,
    dot,
    empty_figure,
    legend,
    not_drawn,
    panels,
    rule,
    title,
    variant_lines,
    why_empty,
)
from stages.reporting.results import Results

ROW_HEIGHT = 0.36
"""Inches."""

READERS: dict[str, LineStyle] = {"refitted": (0, (2, 1.5)), "frozen": "-"}
"""The probe fitted on the states under these pads, and the model's own head; the first is hollow."""


def padcount_figure(results: Results) -> Figure:
    """How well a probe names the number of pads: against chance, and in bits."""
    rows = [
        (cell, look, cell.probes.pad_count)
        for side in results.sides
        for cell, look in cells_of(results, side)
        if cell.probes
    ]
    if not rows:
        return empty_figure(why_empty(results, "whether a state knows how many pads it read"))
    figure = Figure(figsize=(2 * PANEL_WIDTH, 1.3 + ROW_HEIGHT * len(rows)), layout="constrained")
    axes = figure.subplots()
    for row, (_, look, probe) in enumerate(rows):
        _pad_count(axes, row, probe, look)
    names = results.original_names
    name_rows(axes, [f"{names[cell.variant]} ({cell.side})" for cell, _, _ in rows])
    axes.set_xlim(0, 100)
    axes.set_xlabel("probe accuracy (%)")
    axes.text(1.02, 1.01, "information", transform=axes.transAxes, ha="left", va="bottom", fontsize=9)
    legend(figure, [dot("number of pads, from the state"), rule("chance")], length=1.6)
    return figure


def probes_figure(results: Results) -> Figure:
    """How well the label is read off the state, by the model's own head and by a probe refitted under these pads."""
    cells = {
        side: [(cell.variant, look, cell.probes.label) for cell, look in cells_of(results, side) if cell.probes]
        for side in results.sides
    }
    shown = [side for side, probed in cells.items() if probed]
    if not shown:
        return empty_figure(why_empty(results, "whether pads dilute the label"))
    figure, drawn = panels(1, len(shown), sharey=True)
    names = results.original_names
    for axes, side in zip(drawn, shown, strict=True):
        pads = sorted({probe.pads for _, _, probes in cells[side] for probe in probes})
        for _, look, probes in cells[side]:
            _label_reads(axes, pads, probes, look)
        axes.set_xticks(range(len(pads)), [str(number) for number in pads])
        axes.set_xlim(-0.5, len(pads) - 0.5)
        missing = [variant for variant in names if variant not in {variant for variant, _, _ in cells[side]}]
        title(axes, f"{side}-padding", not_drawn(missing))
        axes.set_xlabel("extra pads (tokens)")
    drawn[0].set_ylabel("label read off the state (%)")
    variants = {variant for side in shown for variant, _, _ in cells[side]}
    known = {variant: label for variant, label in names.items() if variant in variants}
    handles = variant_lines(results, known, plain=True, size=0)
    legend(figure, [*handles, dot("probe refitted under these pads", hollow=True), dot("head as trained")], length=1.6)
    return figure


def _pad_count(axes: Axes, row: int, probe: PadCountProbe, look: Look) -> None:
    """A dot with its interval, chance as a dotted stroke, and bits at the right edge."""
    axes.plot([100 * probe.chance] * 2, [row - 0.4, row + 0.4], color=GREY, linestyle=":", linewidth=1.4)
    if probe.accuracy:
        placed = [(row, scaled(probe.accuracy, 100))]
        intervals(axes, placed, look.colour, across=True)
        points(axes, placed, look, across=True, size=6.0)
    if bits := probe.information_bits:
        text = f"{round(bits.estimate, 2) + 0.0:.2f} of {probe.entropy_bits:.2f} bits".replace("-", "−")
        axes.text(1.02, row, text, transform=axes.get_yaxis_transform(), ha="left", va="center", fontsize=8)


def _label_reads(axes: Axes, pads: list[int], probes: list[LabelProbe], look: Look) -> None:
    """Both readers against the numbers of pads, which stand at equal distances."""
    for reader, style in READERS.items():
        by_pads = [(probe.pads, probe.frozen if reader == "frozen" else probe.refitted) for probe in probes]
        known = [(pads.index(number), one) for number, one in by_pads if one]
        placed = [(place, scaled(one, 100)) for place, one in sorted(known, key=lambda pair: pair[0])]
        line(axes, placed, replace(look, line=style, width=1.3))
        intervals(axes, placed, look.colour, width=0.9, alpha=0.5)
        points(axes, placed, look, hollow=reader == "refitted", size=4.5)
