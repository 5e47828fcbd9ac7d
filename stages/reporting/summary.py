"""reports/summary.md: what the mask gains on every corpus that has a report, and over all of real texts."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from stages.analysis.contract import Report, from_json
from stages.analysis.contract_family import FamilyVerdict
from stages.analysis.estimate import Estimate
from stages.params.schema import Params
from stages.reporting.answer import ACCURACY, LEAK, SERVING
from stages.reporting.figures.marks import intervals, name_rows, points, scaled
from stages.reporting.figures.style import GREY, PANEL_WIDTH, Look, svg
from stages.reporting.format import POINTS, RATIO, Bounded, format_points
from stages.reporting.render import TEMPLATES, markdown_table, rendered
from stages.reporting.results import Results
from stages.reporting.table import Row, Table, estimate_cell
from stages.runtime.command import run
from stages.runtime.files import read_json, write_text
from stages.stats.random_effects import RandomEffects, random_effects
from stages.stats.special import normal_quantile
from stages.stats.verdicts import UNMOVED, Verdict

GENERATED = "synthetic"
"""No corpus of texts that somebody wrote."""
ALL = Look("#0072B2", "-", "D", 2.2)
ONE = Look("#555555", "-", "o", 1.4)


@dataclass(frozen=True)
class Side:
    """One padding side over all reports."""

    name: str
    gains: dict[str, FamilyVerdict]
    """By dataset."""
    over_all: RandomEffects | None
    """In shares of the texts; None with fewer than two corpora of real texts."""


def summary(_: Params, *, reports: Path) -> None:
    """Read every report of texts and write summary.md with its picture."""
    paths = sorted(reports.glob("*/report.json"))
    found = {path.parent.name: Results(from_json(Report, read_json(path))) for path in paths}
    sides = [_side(found, side) for side in ("pre", "post")]
    write_text(reports / "summary.svg", svg("summary", _figure, sides))
    context = {"lines": [_line(side) for side in sides], "table": markdown_table(_table(found))}
    write_text(reports / "summary.md", rendered(TEMPLATES / "summary.md.j2", context))
    print(f"{reports / 'summary.md'}: {len(found)} reports")


def _side(found: dict[str, Results], side: str) -> Side:
    gains = {
        name: record
        for name, results in found.items()
        for record in results.judged(ACCURACY)
        if record.side == side and record.low is not None and record.verdict is not Verdict.UNDEFINED
    }
    real = [record for name, record in gains.items() if name != GENERATED and record.verdict not in UNMOVED]
    if len(real) < 2:
        return Side(side, gains, None)
    estimates = np.array([record.estimate for record in real], dtype=np.float64)
    widths = np.array([(record.high or 0.0) - (record.low or 0.0) for record in real], dtype=np.float64)
    return Side(side, gains, random_effects(estimates, (widths / 2 / normal_quantile(0.975)) ** 2, 0.95))


def _line(side: Side) -> str:
    if side.over_all is None:
        return f"With {side.name}-padding fewer than two corpora have a gain with an interval."
    mean = side.over_all.interval
    gain = f"{POINTS.of(mean)} points on average over real texts"
    shown = f"the mask gains {gain}" if mean.low > 0 else f"no gain of the mask is shown: {gain}"
    of_one = [(record.estimate or 0.0, name) for name, record in side.gains.items() if name != GENERATED]
    (least, low), (most, high) = min(of_one), max(of_one)
    return (
        f"With {side.name}-padding {shown}. "
        f"It goes from {format_points(least)} on {low} to {format_points(most)} on {high}. "
        f"The standard deviation between corpora is {format_points(side.over_all.tau).removeprefix('+')} points."
    )


def _table(found: dict[str, Results]) -> Table:
    rows: list[Row] = []
    for name, results in found.items():
        for side in results.sides:
            by_question = {record.question: record for record in results.report.family if record.side == side}
            leak, gain, serving = (by_question[question] for question in (LEAK, ACCURACY, SERVING))
            cells = [estimate_cell(scale, one) for scale, one in ((RATIO, leak), (POINTS, gain), (POINTS, serving))]
            words = ", ".join(str(record.verdict) for record in (leak, gain, serving))
            rows.append([f"[{name}]({name}/report.md)", side, *cells, words])
    return Table(
        [
            "texts",
            "padding",
            "readout drift",
            "gain of the mask, points",
            "serving otherwise, points",
            "the three verdicts",
        ],
        rows,
    )


def _figure(sides: list[Side]) -> Figure:
    """A row for each corpus, and one for all real ones; what lies right of 0 speaks for the mask."""
    rows = max(len(side.gains) for side in sides) + 1
    figure = Figure(figsize=(2 * PANEL_WIDTH, 1.0 + 0.32 * rows), layout="constrained")
    for axes, side in zip(figure.subplots(1, len(sides), squeeze=False)[0], sides, strict=True):
        placed = [(row, _in_points(record)) for row, record in enumerate(side.gains.values())]
        intervals(axes, placed, ONE.colour, across=True, width=ONE.width)
        points(axes, placed, ONE, across=True)
        names = list(side.gains)
        if side.over_all is not None:
            whole = [(len(names), _in_points(side.over_all.interval))]
            intervals(axes, whole, ALL.colour, across=True, width=ALL.width)
            points(axes, whole, ALL, across=True)
            names.append("real texts, mean")
        axes.axvline(0, color=GREY, linewidth=0.8)
        axes.set_title(f"{side.name}-padding")
        axes.set_xlabel("gain of the mask, points")
        name_rows(axes, names, margin=0.6)
    return figure


def _in_points(value: Bounded) -> Estimate:
    return scaled(Estimate(value.estimate or 0.0, value.low, value.high), 100.0)


if __name__ == "__main__":
    run(summary)
