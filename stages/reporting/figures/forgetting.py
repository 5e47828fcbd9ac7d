"""What the texts keep of their differences as pads run through the state."""

import textwrap
from dataclasses import replace
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from stages.analysis.contract_memory import Forgetting
from stages.analysis.estimate import Estimate
from stages.reporting.figures.marks import RatioAxis, band, bound, line, ratio_axis
from stages.reporting.figures.style import (
    TITLE_LETTERS,
    LineStyle,
    Look,
    cells_of,
    empty_figure,
    legend,
    panels,
    rule,
    title,
    variant_lines,
    why_empty,
)
from stages.reporting.typed_results import Results

KINDS: dict[str, LineStyle] = {"within": "-", "between": (0, (4, 1.5))}
"""Pairs of texts that the model calls alike, and pairs that it does not."""

NAMES = {"within": "within a class", "between": "between classes"}

TITLE_HEIGHT = 0.17
"""Inches that one line below a title takes."""

LABEL_SHARE = 0.085
"""Share of a panel's height that one label of a half-life takes below the curves."""

LABELS = 4
"""Half-lives that a panel names; where there are more, their ticks stand alone."""

LOWEST = 1e-9
"""A distance below this has come to rest, and is drawn as 0."""


class HalfLife(NamedTuple):
    """Pads that halve a distance, and how they are drawn."""

    value: Estimate
    look: Look

    @property
    def text(self) -> str:
        """In words, with the interval."""
        low, high = self.value.low, self.value.high
        interval = "" if low is None or high is None else f" [{low:.3g}, {high:.3g}]"
        return f"half-life {self.value.estimate:.3g}{interval} pads"


def forgetting_figure(results: Results) -> Figure:
    """Distance between two texts as pads are added, over that without pads; half-lives where they exist."""
    cells = {
        side: [(cell, look, cell.forgetting) for cell, look in cells_of(results, side) if cell.forgetting]
        for side in results.sides
    }
    shown = [side for side, found in cells.items() if found]
    if not shown:
        return empty_figure(why_empty(results, "how pads make a model forget its texts", moving=True))
    notes = {side: "; ".join(_reasons([found for _, _, found in cells[side]])) for side in shown}
    lines = max(len(textwrap.wrap(note, TITLE_LETTERS)) for note in notes.values())
    figure, drawn = panels(1, len(shown), height=3.2 + TITLE_HEIGHT * lines, sharey=True)
    points = {
        (cell.name, kind): _points(found, kind) for side in shown for cell, _, found in cells[side] for kind in KINDS
    }
    halves = {side: _half_lives([(look, found) for _, look, found in cells[side]]) for side in shown}
    labels = {side: found if len(found) <= LABELS else [] for side, found in halves.items()}
    known = [one for placed in points.values() for _, one in placed]
    axis = ratio_axis(drawn[:1], "y", known, keep=(0.5, 1.0), zero=f"<{LOWEST:g}".replace("-0", "-"))
    _room_below(drawn[0], max(map(len, labels.values())))
    for axes, side in zip(drawn, shown, strict=True):
        for cell, look, _ in cells[side]:
            for kind in KINDS:
                _curve(axes, points[cell.name, kind], _look(look, kind), axis)
        bound(axes, 1)
        for half in halves[side]:
            axes.plot(half.value.estimate, 0.5, color=half.look.colour, marker="|", markersize=9, markeredgewidth=1.6)
        _write_half_lives(axes, labels[side])
        title(axes, f"{side}-padding", notes[side])
        axes.set_xlabel("extra pads (tokens)")
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    drawn[0].set_ylabel("distance between two texts\n(share of that without pads)")
    moving = {cell.variant for side in shown for cell, _, _ in cells[side]}
    names = {variant: label for variant, label in results.original_names.items() if variant in moving}
    kinds = [rule("pairs of one predicted class", KINDS["within"]), rule("pairs of two classes", KINDS["between"])]
    variants = variant_lines(results, names, plain=True, size=0)
    legend(figure, [*variants, *kinds, rule("as far apart as without pads")])
    return figure


def _look(look: Look, kind: str) -> Look:
    return replace(look, line=KINDS[kind], width=1.8)


def _points(found: Forgetting, kind: str) -> list[tuple[int, Estimate]]:
    """The distance at every number of pads at which it is defined."""
    by_pads = [(point.pads, point.within if kind == "within" else point.between) for point in found.points]
    return [(pads, one if one.estimate >= LOWEST else Estimate(0.0, None, None)) for pads, one in by_pads if one]


def _curve(axes: Axes, placed: list[tuple[int, Estimate]], look: Look, axis: RatioAxis) -> None:
    drawn = [(pads, axis.cut(one)) for pads, one in placed]
    band(axes, drawn, look.colour)
    line(axes, drawn, look, size=3)


def _half_lives(cells: list[tuple[Look, Forgetting]]) -> list[HalfLife]:
    """Every half-life, rising."""
    halves = [
        HalfLife(half, _look(look, kind)) for look, found in cells for kind in KINDS if (half := found.half_life[kind])
    ]
    return sorted(halves, key=lambda half: half.value.estimate)


def _reasons(found: list[Forgetting]) -> list[str]:
    """Why there are half-lives missing, each reason once, with the kind of pairs where only one kind lacks them."""
    reasons: dict[str, None] = {}
    for one in found:
        by_kind = {kind: reason for kind, reason in one.reasons.items() if reason}
        if len(set(by_kind.values())) == 1 and len(by_kind) == len(KINDS):
            reasons[next(iter(by_kind.values()))] = None
        else:
            reasons |= {f"{NAMES[kind]}: {reason}": None for kind, reason in by_kind.items()}
    return list(reasons)


def _room_below(axes: Axes, labels: int) -> None:
    """Lower the end of the axis, so that so many lines of text have room below all curves."""
    bottom, top = axes.get_ylim()
    room = LABEL_SHARE * labels + 0.02 * bool(labels)
    axes.set_ylim(bottom / (top / bottom) ** (room / (1 - room)), top)


def _write_half_lives(axes: Axes, halves: list[HalfLife]) -> None:
    """A line from one half down to its label, which stands below all curves on the side where there is room."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    for index, half in enumerate(halves):
        level = bottom * (top / bottom) ** (LABEL_SHARE * (index + 0.55))
        place = min(half.value.estimate, right)
        axes.plot([place] * 2, [level, 0.5], color=half.look.colour, linestyle=half.look.line, linewidth=0.9, alpha=0.8)
        early = (place - left) / (right - left) < 0.45
        axes.annotate(
            half.text if half.value.estimate <= right else f"{half.text} →",
            (place, level),
            xytext=(3 if early else -3, 0),
            textcoords="offset points",
            ha="left" if early else "right",
            va="center",
            color=half.look.colour,
            fontsize=8,
        )
