"""Every verdict at the headline condition, in one picture."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from stages.analysis.contract import Finding
from stages.analysis.contract_cells import CellFacts
from stages.analysis.estimate import Estimate
from stages.params.schema import BASELINE
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
from stages.reporting.format import format_plain
from stages.reporting.results import ACCURACY, DRIFT, FLIPS, Results, condition_text
from stages.stats.verdicts import UNMOVED, Verdict

ROW_HEIGHT = 0.3
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

COLUMNS = (
    (DRIFT, "state drift ratio", "no unit", 1.0),
    (FLIPS, "predictions flipped", "% of test texts", 100.0),
    (ACCURACY, "accuracy − baseline", "percentage points", 100.0),
)
"""Estimand, title, unit, and the factor to that unit."""


def verdicts_figure(results: Results) -> Figure:
    """One row for each cell, one panel for each estimand; the shaded strip is what does not matter (± ε)."""
    cells = results.cells
    figure = Figure(figsize=(2 * PANEL_WIDTH, 1.55 + ROW_HEIGHT * len(cells)), layout="constrained")
    drawn = list(figure.subplots(1, len(COLUMNS), sharey=True, squeeze=False)[0])
    verdicts: set[Verdict] = set()
    for axes, (estimand, name, unit, factor) in zip(drawn, COLUMNS, strict=True):
        condition = None if estimand == ACCURACY else results.headline
        findings = [results.finding(cell, estimand, condition) for cell in cells]
        epsilon = factor * results.epsilon["accuracy" if estimand == ACCURACY else estimand]
        known = {
            row: scaled(Estimate(finding.estimate, finding.low, finding.high), factor)
            for row, finding in enumerate(findings)
            if finding and finding.estimate is not None and finding.verdict is not Verdict.UNDEFINED
        }
        if estimand == DRIFT:
            axis = ratio_axis([axes], "x", known.values(), keep=(epsilon / 2, 2 * epsilon), most=3, zero="0")
            epsilon_strip(axes, axes.get_xlim()[0], epsilon)
            known = {row: axis.cut(value) for row, value in known.items()}
        else:
            _straight_axis(axes, list(known.values()), epsilon, both=estimand == ACCURACY)
        for row, (cell, finding) in enumerate(zip(cells, findings, strict=True)):
            if finding and row in known:
                verdicts.add(finding.verdict)
                _mark(axes, row, known[row], finding.verdict)
            else:
                word(axes, row, _why_not(cell, finding))
            if row and cell.side != cells[row - 1].side:
                axes.axhline(row - 0.5, color=GREY, linewidth=0.6)
        axes.set_title(name)
        axes.set_xlabel(f"{unit}, ε = {format_plain(epsilon)}")
        name_rows(axes, [f"{cell.variant} ({cell.side})" for cell in cells], margin=0.6)
    looks = {verdict: look for verdict, look in MARKS.items() if verdict in verdicts}
    handles = [
        dot(verdict, look.marker, hollow=verdict in HOLLOW, colour=look.colour) for verdict, look in looks.items()
    ]
    legend(figure, handles)
    figure.supxlabel(f"drift and flips with {condition_text(results.headline)}", fontsize=9)
    return figure


def _mark(axes: Axes, row: int, value: Estimate, verdict: Verdict) -> None:
    """A mark with its interval; what is exact has none."""
    if verdict not in UNMOVED:
        intervals(axes, [(row, value)], MARKS[verdict].colour, across=True, width=MARKS[verdict].width)
    points(axes, [(row, value)], MARKS[verdict], hollow=verdict in HOLLOW, across=True)


def _why_not(cell: CellFacts, finding: Finding | None) -> str:
    """Why a cell has no mark."""
    if finding:
        return "UNDEFINED"
    return "the reference" if cell.variant == BASELINE else "no baseline"


def _straight_axis(axes: Axes, values: list[Estimate], epsilon: float, *, both: bool) -> None:
    """A linear axis with all intervals and ε, symmetrical around 0 where the estimand has a sign."""
    known = [abs(end) for value in values for end in (value.estimate, value.low, value.high) if end is not None]
    end = 1.12 * max([*known, 2 * epsilon])
    start = -end if both else -0.06 * end
    axes.set_xlim(start, end)
    epsilon_strip(axes, max(start, -epsilon), epsilon)
    if both:
        axes.axvline(0, color=GREY, linewidth=0.8)
    axes.xaxis.set_major_locator(MaxNLocator(4, symmetric=both))
    plain_numbers(axes.xaxis)
