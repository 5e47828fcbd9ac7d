"""Where pads carry the states of texts, in the plane in which those states differ most."""

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from stages.analysis.contract_memory import TextTrajectory, Trajectories
from stages.reporting.figures.style import (
    GREY,
    LOOKS,
    Look,
    cells_of,
    dot,
    empty_figure,
    handle,
    legend,
    paged_panels,
    title,
    why_empty,
)
from stages.reporting.results import Results

LARGEST = 500
"""Points in a panel."""

ALTOGETHER = 800
"""Points in all panels."""

PANELS = 4
"""More cells than these are not drawn."""

NAME_LETTERS = 20
"""A longer name of a class is cut in the legend."""

ANGLE = 10
"""Degrees between the directions of arrow heads: few shapes make a small file."""

OTHER = "#999999"
"""Of classes beyond the number of colours."""


def path_figure(results: Results) -> Figure:
    """The way of each text from its state alone (open) to that under most pads (filled), coloured by its label."""
    shown = [
        (f"{cell.variant}, {side}-padding", cell.path)
        for variant in results.variants
        for side in results.sides
        for cell, _ in cells_of(results, side)
        if cell.variant == variant and cell.path
    ]
    shown = shown[:PANELS]
    if not shown:
        return empty_figure(why_empty(results, "where pads carry the states", moving=True))
    figure, drawn = paged_panels(len(shown), height=3.3)
    texts = [_texts(paths, min(LARGEST, ALTOGETHER // len(shown))) for _, paths in shown]
    labels = sorted({text.label for chosen in texts for text in chosen})
    colours = {label: LOOKS[index].colour if index < len(LOOKS) else OTHER for index, label in enumerate(labels)}
    for axes, (name, paths), chosen in zip(drawn, shown, texts, strict=True):
        for label in labels:
            _paths(axes, [text for text in chosen if text.label == label], colours[label])
        _plane(axes, paths)
        title(axes, f"{name}, seed {paths.seed}")
    most = max(text.pads[-1] for _, paths in shown for text in paths.texts)
    handles: list[Line2D] = [_class_line(results, label, colours[label]) for label in labels[: len(LOOKS)]]
    if len(labels) > len(LOOKS):
        handles.append(_line("other classes", OTHER))
    legend(figure, [*handles, dot("alone", hollow=True), dot(f"with {most} extra pads")], length=1.6)
    return figure


def _texts(paths: Trajectories, points: int) -> list[TextTrajectory]:
    """As many texts as have no more than so many points together."""
    longest = max(len(text.pads) for text in paths.texts)
    return paths.texts[: max(1, points // longest)]


def _paths(axes: Axes, texts: list[TextTrajectory], colour: str) -> None:
    """Lines from open to filled circles, and halfway along each a head that points on."""
    gap = [math.nan]
    axes.plot(
        [value for text in texts for value in text.x + gap],
        [value for text in texts for value in text.y + gap],
        color=colour,
        linewidth=0.9,
        alpha=0.7,
    )
    for end, face in ((0, "white"), (-1, colour)):
        across, up = [text.x[end] for text in texts], [text.y[end] for text in texts]
        axes.plot(across, up, color=colour, marker="o", markersize=4, markerfacecolor=face, linestyle="none", zorder=3)
    for x, y, angle in filter(None, (_halfway(text.x, text.y) for text in texts)):
        # The triangle of matplotlib points up; both axes have one scale, so that angles are those of the page.
        axes.plot(
            x,
            y,
            color=colour,
            marker=(3, 0, ANGLE * round(angle / ANGLE) - 90),
            markersize=5,
            markeredgewidth=0,
            linestyle="none",
            zorder=4,
        )


def _halfway(x: list[float], y: list[float]) -> tuple[float, float, float] | None:
    """The point halfway along a path, and its direction there in degrees; None for a path without a length."""
    steps = [math.hypot(x[i + 1] - x[i], y[i + 1] - y[i]) for i in range(len(x) - 1)]
    left = sum(steps) / 2
    for index, step in enumerate(steps):
        if step > 0 and left <= step:
            share = left / step
            across, up = x[index + 1] - x[index], y[index + 1] - y[index]
            return x[index] + share * across, y[index] + share * up, math.degrees(math.atan2(up, across))
        left -= step
    return None


def _plane(axes: Axes, paths: Trajectories) -> None:
    """Both axes in one scale, with the share of the spread that each explains."""
    axes.set_aspect("equal", adjustable="datalim")
    first, second = (f"{100 * share:.0f} %" for share in paths.explained)
    axes.set_xlabel(f"first principal component ({first})")
    axes.set_ylabel(f"second ({second} of the spread)")
    axes.axhline(0, color=GREY, linewidth=0.5, zorder=0)
    axes.axvline(0, color=GREY, linewidth=0.5, zorder=0)


def _class_line(results: Results, label: int, colour: str) -> Line2D:
    name = str(results.report.dataset.corpus.classes[label])
    shown = name if len(name) <= NAME_LETTERS else f"{name[: NAME_LETTERS - 1]}…"
    return _line(shown, colour)


def _line(label: str, colour: str) -> Line2D:
    return handle(label, Look(colour, "-", "None", 1.8), size=0)
