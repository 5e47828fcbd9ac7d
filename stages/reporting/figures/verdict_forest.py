"""The family of verdicts in one picture: what a reader sees first."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from stages.analysis.contract_family import FamilyVerdict
from stages.analysis.estimate import Estimate
from stages.reporting.figures.marks import (
    epsilon_strip,
    intervals,
    name_rows,
    plain_numbers,
    points,
    ratio_axis,
    scaled,
    word,
)
from stages.reporting.figures.style import GREY, PANEL_WIDTH, Look, dot, legend
from stages.reporting.results import Results
from stages.stats.verdicts import UNMOVED, Verdict

ROW_HEIGHT = 0.42
"""Inches."""

MARKS = {
    Verdict.PROVEN: Look("#009E73", "-", "D", 1.6),
    Verdict.EXACT: Look("#009E73", "-", "D", 1.6),
    Verdict.EQUIVALENT: Look("#0072B2", "-", "o", 1.6),
    Verdict.DIFFERENT: Look("#D55E00", "-", "s", 1.6),
    Verdict.INCONCLUSIVE: Look("#777777", "-", "o", 1.6),
}
"""A verdict is told by colour and by shape, so that neither is needed alone."""

HOLLOW = (Verdict.INCONCLUSIVE,)

PANELS = {
    "leak": ("Does padding leak?", "readout drift, {variant}"),
    "accuracy": ("Does a mask help?", "points, {variant} − baseline"),
    "serving": ("Does other padding cost?", "points, {variant}"),
}
"""By question of the family: what is asked, and what is measured."""


def verdicts_figure(results: Results) -> Figure:
    """One panel for each question, one row for each side; the shaded strip is what does not matter (± ε)."""
    figure = Figure(figsize=(2 * PANEL_WIDTH, 1.35 + ROW_HEIGHT * len(results.sides)), layout="constrained")
    drawn = list(figure.subplots(1, len(PANELS), sharey=True, squeeze=False)[0])
    for axes, (question, (title, unit)) in zip(drawn, PANELS.items(), strict=True):
        records = results.judged(question)
        _panel(axes, records, logarithmic=question == "leak")
        axes.set_title(title)
        axes.set_xlabel(unit.format(variant=records[0].variant))
        name_rows(axes, [f"{side}-padding" for side in results.sides], margin=0.6)
    seen = {record.verdict for record in results.report.family}
    looks = {verdict: look for verdict, look in MARKS.items() if verdict in seen}
    legend(figure, [dot(name, look.marker, hollow=name in HOLLOW, colour=look.colour) for name, look in looks.items()])
    return figure


def _panel(axes: Axes, records: list[FamilyVerdict], *, logarithmic: bool) -> None:
    factor = 1.0 if logarithmic else 100.0
    epsilon = factor * max(record.epsilon for record in records)
    known = {
        row: scaled(Estimate(record.estimate, record.low, record.high), factor)
        for row, record in enumerate(records)
        if record.estimate is not None and record.verdict is not Verdict.UNDEFINED
    }
    if logarithmic:
        axis = ratio_axis([axes], "x", known.values(), keep=(epsilon / 2, 2 * epsilon), most=3, zero="0")
        left = axes.get_xlim()[0]
        known = {row: axis.cut(value) for row, value in known.items()}
    else:
        _straight_axis(axes, list(known.values()), epsilon)
        left = None
    for row, record in enumerate(records):
        end = factor * record.epsilon
        epsilon_strip(axes, -end if left is None else left, end, rows=(row - 0.5, row + 0.5))
        if row in known:
            _mark(axes, row, known[row], record.verdict)
        else:
            word(axes, row, "UNDEFINED")


def _mark(axes: Axes, row: int, value: Estimate, verdict: Verdict) -> None:
    """A mark with its interval; what is exact has none."""
    if verdict not in UNMOVED:
        intervals(axes, [(row, value)], MARKS[verdict].colour, across=True, width=MARKS[verdict].width)
    points(axes, [(row, value)], MARKS[verdict], hollow=verdict in HOLLOW, across=True)


def _straight_axis(axes: Axes, values: list[Estimate], epsilon: float) -> None:
    """A linear axis with all intervals and ε, symmetrical around 0."""
    known = [abs(end) for value in values for end in (value.estimate, value.low, value.high) if end is not None]
    end = 1.12 * max([*known, 2 * epsilon])
    axes.set_xlim(-end, end)
    axes.axvline(0, color=GREY, linewidth=0.8)
    axes.xaxis.set_major_locator(MaxNLocator(4, symmetric=True))
    plain_numbers(axes.xaxis)
