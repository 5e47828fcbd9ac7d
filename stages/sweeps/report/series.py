"""What a figure of a sweep draws: marks in series, series in panels, and where each stands on the x axis."""

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from stages.analysis.estimate import Estimate
from stages.reporting.figures.marks import scaled
from stages.reporting.results import DRIFT, FLIPS
from stages.sweeps.findings.effects import COMPUTED
from stages.sweeps.findings.threshold import MAX_LEN
from stages.sweeps.spec import ROW_FIGURES, VARIANT
from stages.sweeps.sweep_json import SweepReport
from stages.sweeps.sweep_json_rows import Levels, Row, estimate_of

PERCENT = ("accuracy", "train_accuracy", "flip_rate")
MANY_SERIES = 6
"""More lines of one colour than this are drawn thin and without bands."""
TITLES = {
    "padding_share": "padding in the training rows",
    "max_len": "width of the rows, tokens",
    "computed_tokens": "tokens computed in training",
    "text_tokens": "tokens of text in training",
}
LABELS = {
    "accuracy": "test accuracy (%)",
    "train_accuracy": "training accuracy (%)",
    DRIFT: "drift ratio (no unit)",
    FLIPS: "predictions flipped (%)",
    "computed_tokens": "computed tokens /\ntokens of text",
}
SIZES = ((1e9, "billions"), (1e6, "millions"), (1e3, "thousands"))
LOG_FROM = 8
"""Numbers whose largest is this many times their smallest stand on a logarithmic axis."""


@dataclass(frozen=True)
class Mark:
    """One figure of one row, in the unit of its axis."""

    x: float
    value: Estimate | None
    """None where it is undefined."""
    seeds: tuple[tuple[float, bool], ...]
    """The figure of every seed that has one, and whether it beat chance; 0 where the row is exact."""
    levels: Levels


@dataclass(frozen=True)
class Series:
    """Marks that a line joins: `colour` is the label that colours tell apart, `rest` those of the other axes."""

    colour: str
    rest: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Places:
    """The x axis: names at 0, 1, 2, … where it is not a scale of numbers."""

    title: str
    names: tuple[str, ...]
    logarithmic: bool
    ticks: tuple[float, ...]

    @property
    def numeric(self) -> bool:
        """Whether it is a scale of numbers."""
        return not self.names


def panels_of(sweep: SweepReport) -> list[str]:
    """The labels that stand side by side."""
    return labels_of(sweep, sweep.figure.panels)


def colour_axis(sweep: SweepReport) -> str | None:
    """The axis of the colours: the one that is asked for, or the variants if nothing else shows them."""
    figure = sweep.figure
    if figure.colour is not None:
        return figure.colour
    return VARIANT if VARIANT not in (figure.x, figure.panels) else None


def rest_axes(sweep: SweepReport) -> list[str]:
    """The axes that neither x, nor panels, nor colours show."""
    figure = sweep.figure
    used = {figure.panels, colour_axis(sweep)}
    # Along a figure of the row, such as the share of padding, the axes that change it are joined by the line.
    joined = [figure.x] if figure.x not in ROW_FIGURES else _axes_behind(sweep)
    return several_levels(sweep, {*used, *joined})


def several_levels(sweep: SweepReport, but: Collection[str | None]) -> list[str]:
    """The axes with several labels, without some."""
    return [axis for axis in sweep.naming_axes if axis not in but and len(labels_of(sweep, axis)) > 1]


def places(sweep: SweepReport) -> Places:
    """Where the levels or figures on the x axis stand."""
    x = sweep.figure.x
    if x in ROW_FIGURES:
        values = sorted({_figure(sweep, row, x) for row in sweep.originals})
        return Places(f"{TITLES[x]}{_unit(sweep, x)[1]}", (), x != "padding_share" and _wide(values), ())
    labels = labels_of(sweep, x)
    numbers = _numbers(labels)
    if numbers is None or len(numbers) < 3 or sweep.figure.kind == "bars":
        return Places(x, tuple(labels), logarithmic=False, ticks=())
    return Places(x, (), _wide(numbers), tuple(numbers))


def series(sweep: SweepReport, panel: str, estimand: str) -> list[Series]:
    """The series of one panel, in the order of the rows, with marks from left to right."""
    panel_axis, colour, rest = sweep.figure.panels, colour_axis(sweep), rest_axes(sweep)
    rows = [row for row in sweep.originals if panel_axis is None or row.levels[panel_axis] == panel]
    by_key: dict[tuple[str, str], list[Mark]] = {}
    for row in rows:
        key = ("" if colour is None else row.levels[colour], ", ".join(row.levels[axis] for axis in rest))
        mark = _mark(row, estimand, _x(sweep, row))
        if mark is not None:
            by_key.setdefault(key, []).append(mark)
    return [Series(*key, tuple(sorted(marks, key=lambda mark: mark.x))) for key, marks in by_key.items()]


def all_marks(sweep: SweepReport, estimand: str) -> list[Mark]:
    """Every mark of every panel."""
    every = itertools.chain.from_iterable(series(sweep, panel, estimand) for panel in panels_of(sweep))
    return [mark for one in every for mark in one.marks]


def factor_of(estimand: str) -> int:
    """From a share to percent, where figures are drawn in percent."""
    return 100 if estimand in PERCENT else 1


def _mark(row: Row, estimand: str, x: float) -> Mark | None:
    if estimand == COMPUTED:
        ratio = row.computed_tokens / row.text_tokens
        return Mark(x, Estimate(ratio, None, None), (), row.levels)
    if row.figure(estimand) is None:
        return None
    exact = row.unmoved(estimand)
    known = [(0.0 if exact else seed.figure(estimand), seed.learned) for seed in row.seeds]
    seeds = tuple((factor_of(estimand) * seed, learned) for seed, learned in known if seed is not None)
    return Mark(x, value_of(row, estimand), seeds, row.levels)


def value_of(row: Row, estimand: str) -> Estimate | None:
    """A figure of a row in the unit of its axis; None where it is undefined or not there."""
    value = estimate_of(row.figure(estimand))
    return None if value is None else scaled(value, factor_of(estimand))


def _x(sweep: SweepReport, row: Row) -> float:
    x = sweep.figure.x
    if x in ROW_FIGURES:
        return _figure(sweep, row, x)
    label, place = row.levels[x], places(sweep)
    return float(label) if place.numeric else float(place.names.index(label))


def _figure(sweep: SweepReport, row: Row, name: str) -> float:
    return float(getattr(row, name)) / _unit(sweep, name)[0]


def _unit(sweep: SweepReport, name: str) -> tuple[float, str]:
    """What a figure is divided by, and how that is said."""
    if name == "padding_share":
        return 0.01, " (%)"
    largest = max(getattr(row, name) for row in sweep.originals)
    return next(((size, f" ({word})") for size, word in SIZES if largest >= size), (1.0, ""))


def _axes_behind(sweep: SweepReport) -> list[str]:
    """The axes whose levels change the width of the rows, or the first of the grid."""
    changing = [axis.name for axis in sweep.axes if MAX_LEN in axis.changes]
    return changing or [sweep.axes[0].name]


def labels_of(sweep: SweepReport, axis: str | None) -> list[str]:
    """The labels of an axis in their order, copies of the baseline left out; one without a name of no axis."""
    labels = next((one.labels for one in sweep.axes if one.name == axis), [""])
    return [label for label in labels if axis != VARIANT or label not in sweep.copies]


def _numbers(labels: Sequence[str]) -> list[float] | None:
    try:
        return [float(label) for label in labels]
    except ValueError:
        return None


def _wide(numbers: Sequence[float]) -> bool:
    return min(numbers) > 0 and max(numbers) / min(numbers) >= LOG_FROM
