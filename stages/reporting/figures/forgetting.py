"""What the texts keep of their differences as pads run through the state."""

import textwrap
from dataclasses import dataclass, replace

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from stages.analysis.contract_memory import Forgetting
from stages.analysis.estimate import Estimate
from stages.reporting.figures.marks import band, bound, line, ratio_axis
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
from stages.reporting.format import format_plain
from stages.reporting.results import Results

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


@dataclass(frozen=True)
class Pairs:
    """What pads do to the distance of one kind of pairs of one cell."""

    look: Look
    placed: list[tuple[int, Estimate]]
    """The distance at every number of pads at which it is defined; 0 where it has come to rest."""
    half_life: Estimate | None

    @property
    def label(self) -> str:
        """The half-life in words, with its interval."""
        half = self.half_life
        if half is None:
            return ""
        interval = "" if half.low is None or half.high is None else f" [{half.low:.3g}, {half.high:.3g}]"
        return f"half-life {half.estimate:.3g}{interval} pads"


def forgetting_figure(results: Results) -> Figure:
    """Distance between two texts as pads are added, over that without pads; half-lives where they exist."""
    cells = {
        side: [(cell, look, cell.forgetting) for cell, look in cells_of(results, side) if cell.forgetting]
        for side in results.sides
    }
    cells = {side: moving for side, moving in cells.items() if moving}
    if not cells:
        return empty_figure(why_empty(results, "how pads make a model forget its texts", moving=True))
    pairs = {
        side: [_pairs(forgetting, kind, look) for _, look, forgetting in moving for kind in KINDS]
        for side, moving in cells.items()
    }
    halves = {side: sorted(filter(_half, known), key=_half) for side, known in pairs.items()}
    notes = {side: "; ".join(_reasons([one for _, _, one in moving])) for side, moving in cells.items()}
    lines = max(len(textwrap.wrap(note, TITLE_LETTERS)) for note in notes.values())
    figure, drawn = panels(1, len(cells), height=3.2 + TITLE_HEIGHT * lines, sharey=True)
    estimates = [one for known in pairs.values() for curve in known for _, one in curve.placed]
    axis = ratio_axis(drawn[:1], "y", estimates, keep=(0.5, 1.0), zero=f"<{format_plain(LOWEST)}")
    _room_below(drawn[0], max((len(known) for known in halves.values() if len(known) <= LABELS), default=0))
    for axes, side in zip(drawn, cells, strict=True):
        for curve in pairs[side]:
            placed = [(pads, axis.cut(one)) for pads, one in curve.placed]
            band(axes, placed, curve.look.colour)
            line(axes, placed, curve.look, size=3)
        bound(axes, 1)
        for curve in halves[side]:
            axes.plot(_half(curve), 0.5, color=curve.look.colour, marker="|", markersize=9, markeredgewidth=1.6)
        _write_half_lives(axes, halves[side] if len(halves[side]) <= LABELS else [])
        title(axes, f"{side}-padding", notes[side])
        axes.set_xlabel("extra pads (tokens)")
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    drawn[0].set_ylabel("distance between two texts\n(share of that without pads)")
    moving = {cell.variant for known in cells.values() for cell, _, _ in known}
    names = {variant: label for variant, label in results.original_names.items() if variant in moving}
    kinds = [rule("pairs of one predicted class", KINDS["within"]), rule("pairs of two classes", KINDS["between"])]
    variants = variant_lines(results, names, plain=True, size=0)
    legend(figure, [*variants, *kinds, rule("as far apart as without pads")])
    return figure


def _pairs(forgetting: Forgetting, kind: str, look: Look) -> Pairs:
    by_pads = [(point.pads, point.within if kind == "within" else point.between) for point in forgetting.points]
    placed = [(pads, one if one.estimate >= LOWEST else Estimate(0.0, None, None)) for pads, one in by_pads if one]
    return Pairs(replace(look, line=KINDS[kind], width=1.8), placed, forgetting.half_life[kind])


def _half(pairs: Pairs) -> float:
    """The half-life in pads; 0 where there is none."""
    return pairs.half_life.estimate if pairs.half_life else 0.0


def _reasons(cells: list[Forgetting]) -> list[str]:
    """Why there are half-lives missing, each reason once, with the kind of pairs where only one kind lacks them."""
    reasons: dict[str, None] = {}
    for forgetting in cells:
        by_kind = {kind: reason for kind, reason in forgetting.reasons.items() if reason}
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


def _write_half_lives(axes: Axes, pairs: list[Pairs]) -> None:
    """A line from one half down to its label, which stands below all curves on the side where there is room."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    for index, curve in enumerate(pairs):
        colour, place = curve.look.colour, min(_half(curve), right)
        level = bottom * (top / bottom) ** (LABEL_SHARE * (index + 0.55))
        axes.plot([place] * 2, [level, 0.5], color=colour, linestyle=curve.look.line, linewidth=0.9, alpha=0.8)
        early = (place - left) / (right - left) < 0.45
        axes.annotate(
            curve.label if _half(curve) <= right else f"{curve.label} →", (place, level), color=colour, fontsize=8,
            xytext=(3 if early else -3, 0), textcoords="offset points", ha="left" if early else "right", va="center",
        )  # fmt: skip
