"""What the texts keep of their differences as pads run through the state."""

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from stages.reporting.figures.facts import bounds, distinct, distinct_names, part, why_empty
from stages.reporting.figures.style import (
    GREY,
    LineStyle,
    Look,
    empty_figure,
    legend,
    panels,
    rule,
    title,
    variant_lines,
)
from stages.reporting.results import Estimate, Record, Results

KINDS: dict[str, LineStyle] = {"within": "-", "between": (0, (4, 1.5))}
"""Pairs of texts that the model calls alike, and pairs that it does not."""

NAMES = {"within": "within a class", "between": "between classes"}

LABEL_SHARE = 0.085
"""Share of a panel's height that one label of a half-life takes below the curves."""

LABELS = 4
"""Half-lives that a panel names; where there are more, their ticks stand alone."""

LOWEST = 1e-9
"""A distance below this has come to rest."""


def forgetting_figure(results: Results) -> Figure:
    """Distance between two texts as pads are added, over that without pads; half-lives where they exist."""
    cells = {
        side: [(look, found) for cell, look in distinct(results, side) if (found := part(cell, "forgetting"))]
        for side in results.sides
    }
    shown = [side for side, found in cells.items() if found]
    if not shown:
        return empty_figure(why_empty(results, "forgetting", "how pads make a model forget its texts"))
    figure, drawn = panels(1, len(shown), height=3.5, sharey=True)
    halves = {side: _half_lives(cells[side]) for side in shown}
    labels = {side: found if len(found) <= LABELS else [] for side, found in halves.items()}
    _distance_axis(drawn[0], [found for side in shown for _, found in cells[side]], max(map(len, labels.values())))
    for axes, side in zip(drawn, shown, strict=True):
        for look, found in cells[side]:
            _curves(axes, look, found)
        axes.axhline(1, color=GREY, linestyle=":", linewidth=1.2)
        for pads, _, colour, _ in halves[side]:
            axes.plot(pads, 0.5, color=colour, marker="|", markersize=9, markeredgewidth=1.6)
        _write_half_lives(axes, labels[side])
        title(axes, f"{side}-padding", "; ".join(_reasons([found for _, found in cells[side]])))
        axes.set_xlabel("extra pads (tokens)")
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    drawn[0].set_ylabel("distance between two texts\n(share of that without pads)")
    moving = {cell.variant for side in shown for cell, _ in distinct(results, side) if part(cell, "forgetting")}
    names = {variant: label for variant, label in distinct_names(results).items() if variant in moving}
    variants = variant_lines(results, names)
    for line in variants:
        line.set(linestyle="-", linewidth=1.8, marker="none")
    kinds = [rule("pairs of one predicted class", KINDS["within"]), rule("pairs of two classes", KINDS["between"])]
    legend(figure, [*variants, *kinds, rule("as far apart as without pads")])
    return figure


def _reasons(found: list[Record]) -> list[str]:
    """Why there are half-lives missing, each reason once, with the kind of pairs where only one kind lacks them."""
    reasons: dict[str, None] = {}
    for record in found:
        by_kind = {kind: reason for kind, reason in (record.get("reasons") or {}).items() if reason}
        if len(set(by_kind.values())) == 1 and len(by_kind) == len(KINDS):
            reasons[next(iter(by_kind.values()))] = None
        else:
            reasons |= {f"{NAMES[kind]}: {reason}": None for kind, reason in by_kind.items()}
    return list(reasons)


def _curves(axes: Axes, look: Look, found: Record) -> None:
    """Both kinds of pairs with their bands, and a tick where a curve has fallen to one half."""
    for kind, line in KINDS.items():
        points = [(each["pads"], one) for each in found["points"] if (one := Estimate.of(each.get(kind))) is not None]
        if not points:
            continue
        pads = [number for number, _ in points]
        low, high = zip(*(bounds(one) for _, one in points), strict=True)
        lows = [max(LOWEST, bound) for bound in low]
        axes.fill_between(pads, lows, high, color=look.colour, alpha=0.12, linewidth=0)
        values = [max(LOWEST, one.estimate) for _, one in points]
        axes.plot(pads, values, color=look.colour, linestyle=line, linewidth=1.8, marker=look.marker, markersize=3)


def _half_lives(cells: list[tuple[Look, Record]]) -> list[tuple[float, str, str, LineStyle]]:
    """Pads, label, colour and line of every half-life, rising."""
    found = []
    for look, record in cells:
        for kind, line in KINDS.items():
            half = Estimate.of((record.get("half_life") or {}).get(kind))
            if half is not None:
                bounds = "" if half.low is None or half.high is None else f" [{half.low:.3g}, {half.high:.3g}]"
                label = f"half-life {half.estimate:.3g}{bounds}"
                found.append((half.estimate, label, look.colour, line))
    return sorted(found, key=lambda each: each[0])


def _distance_axis(axes: Axes, found: list[Record], labels: int) -> None:
    """Logarithmic, with all curves and their reference, and room for `labels` lines of text below them."""
    estimates = [
        one for record in found for each in record["points"] for kind in KINDS if (one := Estimate.of(each.get(kind)))
    ]
    lows = [max(LOWEST, each.estimate / 30, bounds(each)[0]) for each in estimates]
    highs = [max(each.estimate, min(bounds(each)[1], 30 * each.estimate)) for each in estimates]
    low, high = 0.85 * min([0.5, *lows]), 1.2 * max([1.0, *highs])
    room = LABEL_SHARE * labels + 0.02 * bool(labels)
    bottom = low / (high / low) ** (room / (1 - room))
    axes.set_yscale("log")
    axes.set_ylim(bottom, high)
    decades = math.log10(high / low)
    locator = LogLocator(10, subs=(1.0, 2.0, 5.0) if decades < 2 else (1.0,), numticks=12)
    axes.yaxis.set_major_locator(FixedLocator([tick for tick in locator.tick_values(low, high) if low <= tick <= high]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _write_half_lives(axes: Axes, labels: list[tuple[float, str, str, LineStyle]]) -> None:
    """A line from one half down to its label, which stands below all curves on the side where there is room."""
    low, high = axes.get_xlim()
    for index, (pads, label, colour, line) in enumerate(labels):
        level = LABEL_SHARE * (index + 0.55)
        reach = math.exp(math.log(axes.get_ylim()[0]) * (1 - level) + math.log(axes.get_ylim()[1]) * level)
        inside = min(pads, high)
        axes.plot([inside, inside], [reach, 0.5], color=colour, linestyle=line, linewidth=0.9, alpha=0.8)
        right = (inside - low) / (high - low) < 0.45
        text = f"{label} pads" if pads <= high else f"{label} pads →"
        axes.annotate(
            text,
            (inside, reach),
            xytext=(3 if right else -3, 0),
            textcoords="offset points",
            ha="left" if right else "right",
            va="center",
            color=colour,
            fontsize=8,
        )
