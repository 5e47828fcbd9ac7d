"""What training on padding costs, and what serving under another padding does: accuracies with a dot for each seed."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from stages.reporting.figures.facts import condition_label, distinct, distinct_names
from stages.reporting.figures.style import (
    GREY,
    Look,
    cells_of,
    dot,
    empty_figure,
    legend,
    name_places,
    panels,
    rule,
    title,
    variant_lines,
)
from stages.reporting.results import ALONE, CellFacts, Estimate, Results
from stages.runtime.paths import AS_TRAINED, OTHER_SIDE
from stages.stats.intervals import mean_over_seeds


def accuracy_figure(results: Results) -> Figure:
    """Test accuracy of every seed, their mean and its interval, in percent."""
    figure, drawn = panels(1, len(results.sides), sharey=True)
    rules = [rule("majority share")]
    best = (results.report["dataset"]["truth"] or {}).get("best_accuracy")
    if best is not None:
        rules.append(rule("best possible", "--"))
    for axes, side in zip(drawn, results.sides, strict=True):
        cells = cells_of(results, side)
        for place, (cell, look) in enumerate(cells):
            _seed_accuracies(axes, cell, look, place)
        axes.axhline(100 * cells[0][0].seeds[0].majority, color=GREY, linestyle=":", linewidth=1.2)
        if best is not None:
            axes.axhline(100 * best, color=GREY, linestyle="--", linewidth=1.2)
        name_places(axes, [cell.variant for cell, _ in cells])
        title(axes, f"{side}-padding")
        axes.set_xlabel("variant")
    drawn[0].set_ylabel("test accuracy (%)")
    mean = Line2D([], [], color=GREY, linewidth=2.5, label="mean of seeds")
    chance = [dot("seed at chance", hollow=True)] * any(cell.at_chance for cell in results.cells)
    legend(figure, [dot("seed"), *chance, mean, *rules])
    return figure


def mismatch_figure(results: Results) -> Figure:
    """Accuracy of each cell under the padding of its training and under others, in percent: seeds, mean, interval."""
    conditions = [
        name
        for name in dict.fromkeys((ALONE, results.headline, AS_TRAINED, OTHER_SIDE))
        if any(_served(results, cell, name)[1] for cell in results.cells)
    ]
    if len(conditions) < 2:
        return empty_figure(
            "This run cannot show what serving under another padding does: no seed beat chance, or none was served so."
        )
    figure, drawn = panels(1, len(results.sides), sharey=True)
    for axes, side in zip(drawn, results.sides, strict=True):
        cells = distinct(results, side)
        for index, (cell, look) in enumerate(cells):
            shift = 0.76 * ((index + 0.5) / len(cells) - 0.5)
            for place, condition in enumerate(conditions):
                _served_dots(axes, results, cell, look, condition, place + shift, 0.76 / len(cells))
        for place in range(1, len(conditions)):
            axes.axvline(place - 0.5, color="#e6e6e6", linewidth=0.8)
        name_places(axes, [condition_label(name) for name in conditions])
        silent = [cell.variant for cell, _ in cells if not any(seed.learned for seed in cell.seeds)]
        title(axes, f"trained with {side}-padding", f"at chance, not drawn: {', '.join(silent)}" if silent else "")
        axes.set_xlabel("served")
    drawn[0].set_ylabel("test accuracy (%)")
    handles = variant_lines(results, distinct_names(results))
    for handle in handles:
        handle.set(linestyle="-", linewidth=1.8)
    legend(figure, [*handles, dot("seed that learned")])
    return figure


def _seed_accuracies(axes: Axes, cell: CellFacts, look: Look, place: int) -> None:
    """A dot for each seed, hollow at chance, and the mean with its interval beside them."""
    count = len(cell.seeds)
    for index, seed in enumerate(cell.seeds):
        axes.plot(
            place - 0.25 + 0.3 * (index + 0.5) / count,
            100 * seed.accuracy,
            color=look.colour,
            marker=look.marker,
            markersize=5,
            markerfacecolor=look.colour if seed.learned else "white",
            linestyle="none",
        )
    _mean(axes, Estimate(cell.accuracy, cell.accuracy_low, cell.accuracy_high), look, place + 0.25, 0.1)


def _served_dots(
    axes: Axes, results: Results, cell: CellFacts, look: Look, condition: str, place: float, width: float
) -> None:
    """The seeds that learned to the left, their mean with its interval to the right, within `width`."""
    mean, seeds = _served(results, cell, condition)
    if not seeds:
        return
    axes.plot(
        [place - 0.36 * width + 0.44 * width * (index + 0.5) / len(seeds) for index in range(len(seeds))],
        [100 * value for value in seeds],
        color=look.colour,
        marker=look.marker,
        markersize=3,
        markeredgewidth=0,
        alpha=0.6,
        linestyle="none",
    )
    _mean(axes, mean, look, place + 0.27 * width, 0.14 * width)


def _mean(axes: Axes, mean: Estimate, look: Look, place: float, half: float) -> None:
    """A bar at the mean and a line along its interval."""
    axes.plot([place - half, place + half], [100 * mean.estimate] * 2, color=look.colour, linewidth=2.5)
    if mean.low is not None and mean.high is not None:
        axes.plot([place] * 2, [100 * mean.low, 100 * mean.high], color=look.colour, linewidth=1.2)


def _served(results: Results, cell: CellFacts, condition: str) -> tuple[Estimate, list[float]]:
    """The accuracy over the seeds that learned, and of each of them; no seeds where there are none."""
    seeds = [seed.accuracy_at[condition] for seed in cell.seeds if seed.learned and condition in seed.accuracy_at]
    if not seeds:
        return Estimate(0.0, None, None), []
    found = Estimate.of(cell.at(condition).get("accuracy"))
    if found is not None:
        return found, seeds
    if len(seeds) == 1:
        return Estimate(seeds[0], None, None), seeds
    interval = mean_over_seeds(np.array(seeds)).interval(results.level)
    return Estimate(interval.estimate, max(0.0, interval.low), min(1.0, interval.high)), seeds
