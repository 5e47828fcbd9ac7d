"""What a linear probe still reads off the states: the number of pads, and the label."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stages.reporting.figures.facts import bounds, condition_label, distinct, distinct_names, part, why_empty
from stages.reporting.figures.style import (
    GREY,
    PANEL_WIDTH,
    Look,
    dot,
    empty_figure,
    legend,
    looks,
    panels,
    rule,
    title,
    variant_lines,
)
from stages.reporting.results import CellFacts, Estimate, Record, Results

ROW_HEIGHT = 0.36
"""Inches."""


def padcount_figure(results: Results) -> Figure:
    """How well a probe names the number of pads: against chance, against a control, and in bits."""
    rows = [
        (cell, found)
        for side in results.sides
        for cell, _ in distinct(results, side)
        if (found := (part(cell, "probes") or {}).get("pad_count"))
    ]
    if not rows:
        return empty_figure(why_empty(results, "probes", "whether a state knows how many pads it read"))
    figure = Figure(figsize=(2 * PANEL_WIDTH, 1.3 + ROW_HEIGHT * len(rows)), layout="constrained")
    axes = figure.subplots()
    look = looks(results)
    for row, (cell, found) in enumerate(rows):
        _pad_count(axes, row, found, look[cell.variant])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    names = distinct_names(results)
    axes.set_yticks(range(len(rows)), [f"{names[cell.variant]} ({cell.side})" for cell, _ in rows])
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(0, 100)
    axes.set_xlabel("probe accuracy (%)")
    axes.text(1.02, 1.01, "information", transform=axes.transAxes, ha="left", va="bottom", fontsize=9)
    handles = [dot("number of pads, from the state"), dot("control, pad counts shuffled", hollow=True), rule("chance")]
    legend(figure, handles, length=1.6)
    return figure


def probes_figure(results: Results) -> Figure:
    """How well the label is read off the state, by the model's own head and by a probe refitted under these pads."""
    cells = {
        side: [
            (cell, look, found)
            for cell, look in distinct(results, side)
            if (found := (part(cell, "probes") or {}).get("label"))
        ]
        for side in results.sides
    }
    shown = [side for side, found in cells.items() if found]
    if not shown:
        return empty_figure(why_empty(results, "probes", "whether pads dilute the label"))
    figure, drawn = panels(1, len(shown), sharey=True)
    variants = set()
    for axes, side in zip(drawn, shown, strict=True):
        conditions = _conditions([found for _, _, found in cells[side]])
        for cell, look, found in cells[side]:
            variants.add(cell.variant)
            _label_reads(axes, conditions, found, look)
        axes.set_xticks(range(len(conditions)), [_short(name, pads) for name, pads in conditions])
        axes.set_xlim(-0.5, len(conditions) - 0.5)
        title(axes, f"{side}-padding", _missing(results, side, cells[side]))
        axes.set_xlabel("extra pads (tokens)")
    drawn[0].set_ylabel("label read off the state (%)")
    names = {variant: label for variant, label in distinct_names(results).items() if variant in variants}
    handles = variant_lines(results, names)
    for handle in handles:
        handle.set(linestyle="-", linewidth=1.8, marker="none")
    legend(figure, [*handles, dot("probe refitted under these pads", hollow=True), dot("head as trained")], length=1.6)
    return figure


def _pad_count(axes: Axes, row: int, found: Record, look: Look) -> None:
    """A dot with its interval, the control hollow, chance as a dotted stroke, and bits at the right edge."""
    axes.plot([100 * found["chance"]] * 2, [row - 0.4, row + 0.4], color=GREY, linestyle=":", linewidth=1.4)
    for key, marker_row, face in (("control", row + 0.16, "white"), ("accuracy", row - 0.08, look.colour)):
        estimate = Estimate.of(found.get(key))
        if estimate is None:
            continue
        axes.plot([100 * bound for bound in bounds(estimate)], [marker_row] * 2, color=look.colour, linewidth=1.4)
        axes.plot(
            100 * estimate.estimate,
            marker_row,
            color=look.colour,
            marker=look.marker,
            markersize=6 if key == "accuracy" else 4.5,
            markerfacecolor=face,
            clip_on=False,
            zorder=4,
        )
    bits = Estimate.of(found.get("information_bits"))
    if bits is not None:
        text = f"{round(bits.estimate, 2) + 0.0:.2f} of {found['entropy_bits']:.2f} bits".replace("-", "−")
        axes.text(1.02, row, text, transform=axes.get_yaxis_transform(), ha="left", va="center", fontsize=8)


def _label_reads(axes: Axes, conditions: list[tuple[str, int | None]], found: list[Record], look: Look) -> None:
    """Both readers against the conditions: joined along the numbers of pads, alone behind them."""
    for key, face, line in (("refitted", "white", (0, (2, 1.5))), ("frozen", look.colour, "-")):
        places = {name: place for place, (name, _) in enumerate(conditions)}
        points = [
            (places[each["condition"]], one, each.get("pads") is not None)
            for each in found
            if (one := Estimate.of(each.get(key))) is not None
        ]
        joined = sorted((place, 100 * one.estimate) for place, one, counted in points if counted)
        if joined:
            axes.plot(*zip(*joined, strict=True), color=look.colour, linestyle=line, linewidth=1.3)
        axes.vlines(
            [place for place, _, _ in points],
            [100 * bounds(one)[0] for _, one, _ in points],
            [100 * bounds(one)[1] for _, one, _ in points],
            colors=look.colour,
            linewidth=0.9,
            alpha=0.5,
        )
        axes.plot(
            [place for place, _, _ in points],
            [100 * one.estimate for _, one, _ in points],
            color=look.colour,
            marker=look.marker,
            markersize=4.5,
            markerfacecolor=face,
            linestyle="none",
            zorder=3,
        )


def _conditions(found: list[list[Record]]) -> list[tuple[str, int | None]]:
    """Every condition that a probe read: pads rising, then those that are no number of pads."""
    pairs = dict.fromkeys((each["condition"], each.get("pads")) for records in found for each in records)
    return sorted(pairs, key=lambda pair: (pair[1] is None, pair[1] or 0, pair[0]))


def _short(condition: str, pads: int | None) -> str:
    return str(pads) if pads is not None else condition_label(condition).replace(" ", "\n")


def _missing(results: Results, side: str, shown: list[tuple[CellFacts, Look, list[Record]]]) -> str:
    drawn = {cell.variant for cell, _, _ in shown}
    missing = [cell.variant for cell, _ in distinct(results, side) if cell.variant not in drawn]
    return f"undefined, not drawn: {', '.join(missing)}" if missing else ""
