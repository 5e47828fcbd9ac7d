"""What training on padding costs, and what serving under another padding does: accuracies with a dot for each seed."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stages.analysis.contract_cells import CellFacts
from stages.analysis.estimate import Estimate
from stages.reporting.figures.marks import bound, intervals, name_places, scaled, seed_dots
from stages.reporting.figures.style import (
    GREY,
    Look,
    cells_of,
    dot,
    empty_figure,
    handle,
    legend,
    not_drawn,
    panels,
    rule,
    title,
    variant_lines,
)
from stages.reporting.results import Results, condition_label

SHARE = 0.76
"""Of a condition's place, what its cells take."""

MEAN = Look(GREY, "-", "none", 2.5)


def accuracy_figure(results: Results) -> Figure:
    """Test accuracy of every seed, their mean and its interval, in percent."""
    figure, drawn = panels(1, len(results.sides), sharey=True)
    truth = results.report.dataset.truth
    for axes, side in zip(drawn, results.sides, strict=True):
        cells = cells_of(results, side, copies=True)
        for place, (cell, look) in enumerate(cells):
            seeds = [(seed.accuracy.estimate, seed.learned) for seed in cell.seeds]
            _seeds_and_mean(axes, place - 0.05, 0.7, seeds, cell.accuracy.estimate, look, size=5, alpha=1.0)
        bound(axes, 100 * cells[0][0].seeds[0].majority)
        if truth:
            bound(axes, 100 * truth.best_accuracy, "--")
        name_places(axes, [cell.variant for cell, _ in cells])
        title(axes, f"{side}-padding")
        axes.set_xlabel("variant")
    drawn[0].set_ylabel("test accuracy (%)")
    chance = [dot("seed at chance", hollow=True)] * any(cell.n_seeds_at_chance for cell in results.cells)
    rules = [rule("majority share"), *[rule("best possible", "--")] * bool(truth)]
    legend(figure, [dot("seed"), *chance, handle("mean of seeds", MEAN, size=0), *rules])
    return figure


def mismatch_figure(results: Results) -> Figure:
    """Accuracy of each cell under the padding of its training and under others, in percent: seeds, mean, interval."""
    served = {(cell.name, name): _served(cell, name) for cell in results.cells for name in results.served}
    conditions = [name for name in results.served if any(served[cell.name, name] for cell in results.cells)]
    if len(conditions) < 2:
        return empty_figure(
            "This run cannot show what serving under another padding does: no seed beat chance, or none was served so."
        )
    figure, drawn = panels(1, len(results.sides), sharey=True)
    for axes, side in zip(drawn, results.sides, strict=True):
        cells = cells_of(results, side)
        for index, (cell, look) in enumerate(cells):
            shift = SHARE * ((index + 0.5) / len(cells) - 0.5)
            for place, condition in enumerate(conditions):
                if known := served[cell.name, condition]:
                    mean, seeds = known
                    _seeds_and_mean(axes, place + shift, SHARE / len(cells), seeds, mean, look, size=3, alpha=0.6)
        for place in range(1, len(conditions)):
            axes.axvline(place - 0.5, color="#e6e6e6", linewidth=0.8)
        name_places(axes, [condition_label(name) for name in conditions])
        silent = [cell.variant for cell, _ in cells if not cell.learned]
        title(axes, f"trained with {side}-padding", not_drawn(silent, "at chance"))
        axes.set_xlabel("served")
    drawn[0].set_ylabel("test accuracy (%)")
    legend(figure, [*variant_lines(results, results.original_names, plain=True), dot("seed that learned")])
    return figure


def _seeds_and_mean(
    axes: Axes,
    middle: float,
    width: float,
    seeds: list[tuple[float, bool]],
    mean: Estimate,
    look: Look,
    *,
    size: float,
    alpha: float,
) -> None:
    """Seeds to the left, hollow where they did not learn, and to the right their mean with its interval, in percent."""
    for learned in (True, False):
        places = [middle + width * (-0.36 + 0.44 * (index + 0.5) / len(seeds)) for index in range(len(seeds))]
        dots = [(place, 100 * value) for place, (value, beat) in zip(places, seeds, strict=True) if beat is learned]
        seed_dots(axes, dots, look, hollow=not learned, size=size, alpha=alpha)
    place, half, value = middle + 0.27 * width, 0.14 * width, scaled(mean, 100)
    axes.plot([place - half, place + half], [value.estimate] * 2, color=look.colour, linewidth=MEAN.width)
    intervals(axes, [(place, value)], look.colour)


def _served(cell: CellFacts, condition: str) -> tuple[Estimate, list[tuple[float, bool]]] | None:
    """The accuracy over the seeds that learned, and of each of them; None where there are none."""
    by_seed = [seed.accuracy_by_condition for seed in cell.learned]
    seeds = [(known[condition], True) for known in by_seed if condition in known]
    served = cell.served(condition)
    mean = served.accuracy if served else None
    if seeds and mean is None and len(seeds) == 1:
        mean = Estimate(seeds[0][0], None, None)
    return (mean, seeds) if seeds and mean else None
