"""The figures behind each finding, as tables: widths, batching modes, settings, and the published figures."""

from collections.abc import Mapping

from stages.reporting.format import MISSING, PERCENT, POINTS, format_percent
from stages.reporting.table import Table, estimate_cell, number_cell
from stages.sweeps.findings import heads
from stages.sweeps.report.tables import axis_title, table_of
from stages.sweeps.spec import INNER_AXES, SIDE, VARIANT
from stages.sweeps.sweep_json import SweepReport
from stages.sweeps.sweep_json_causes import Causes
from stages.sweeps.sweep_json_findings import (
    Equivalence,
    Knee,
    Matrix,
    Published,
    Threshold,
    Tuning,
)
from stages.sweeps.sweep_json_rows import Levels


def finding_tables(sweep: SweepReport) -> list[tuple[str, Table]]:
    """A heading and a table for each kind of finding that has figures of its own."""
    tables = [
        ("Where each seed falls to chance", _thresholds(sweep.of_kind(Threshold))),
        ("Accuracy lost against compute saved", _widths(sweep.of_kind(Knee))),
        ("Batching modes against each other", _batching(sweep.of_kind(Equivalence))),
        ("What tuning closes", _tuning(sweep, sweep.of_kind(Tuning))),
        ("Where the harm comes from", _causes(sweep.of_kind(Causes))),
        ("Beside the published figures", _published(sweep.of_kind(Published))),
        *(("What becomes of the invariance", _fates(matrix)) for matrix in sweep.of_kind(Matrix)),
    ]
    return [(heading, table) for heading, table in tables if table.rows]


def _thresholds(findings: list[Threshold]) -> Table:
    falls = [(finding.levels, seed) for finding in findings for seed in finding.seeds]
    note = "A dash: it learned at no share that was tried, or still does at the largest, so it has no midpoint."
    return table_of(
        [
            [
                *_variant_and_side(levels),
                ("seed", str(seed.seed)),
                ("last share at which it learns", number_cell(seed.last_learned, format_percent)),
                ("first from which on it does not", number_cell(seed.first_lost, format_percent)),
                ("midpoint", number_cell(seed.midpoint, format_percent)),
            ]
            for levels, seed in falls
        ],
        [note] if any(seed.midpoint is None for _, seed in falls) else [],
    )


def _widths(findings: list[Knee]) -> Table:
    return table_of(
        [
            [
                *_variant_and_side(finding.levels),
                ("max_len", point.label),
                ("which is", str(point.max_len)),
                ("computed tokens, times", number_cell(point.computed_ratio)),
                ("texts cut", number_cell(point.truncated_share, format_percent)),
                ("accuracy − widest, points", POINTS.of(point)),
                ("mark", _marks({"shortest not worse": finding.shortest, "knee": finding.knee}, point)),
            ]
            for finding in findings
            for point in finding.points
        ]
    )


def _marks(marked: Mapping[str, object], value: object) -> str:
    """What a row of a table is marked as: the names under which its value stands."""
    return ", ".join(name for name, other in marked.items() if other == value)


def _batching(findings: list[Equivalence]) -> Table:
    return table_of(
        [
            [
                *_variant_and_side(finding.levels),
                ("batches", pair.level),
                ("against", pair.reference),
                ("accuracy, points", POINTS.of(pair)),
                ("90 % interval", POINTS.interval(pair.low_90, pair.high_90)),
                ("TOST p", pair.tost_p_text or MISSING),
                ("computed tokens, times", number_cell(pair.computed_ratio)),
            ]
            for finding in findings
            for pair in finding.pairs
        ]
    )


def _tuning(sweep: SweepReport, findings: list[Tuning]) -> Table:
    return table_of(
        [
            [
                ("padding", finding.levels[SIDE]),
                *((axis_title(axis), label) for axis, label in sweep.ordered(tried.levels).items()),
                ("gain of the mask, points", POINTS.of(tried.gap)),
                ("validation accuracy without it", estimate_cell(PERCENT, tried.validation_accuracy)),
                ("mark", _marks({"first": finding.default, "best without a mask": finding.best}, tried.levels)),
            ]
            for finding in findings
            for tried in finding.tried
        ]
    )


def _causes(findings: list[Causes]) -> Table:
    return table_of(
        [
            [
                *((axis_title(axis), label) for axis, label in finding.levels.items()),
                ("which, and against what", cause.group),
                ("cause", cause.label),
                ("accuracy, points", POINTS.of(cause)),
            ]
            for finding in findings
            for cause in finding.causes
        ]
    )


def _published(findings: list[Published]) -> Table:
    return table_of(
        [
            [
                ("network", f"{row.network.upper()} (`{row.variant}`)"),
                ("padding", row.side),
                ("published, about", f"{100 * row.published:.0f} %"),
                ("test accuracy here", estimate_cell(PERCENT, row.accuracy)),
                ("training accuracy here", estimate_cell(PERCENT, row.train_accuracy)),
                ("max_len here", str(row.max_len)),
                ("padding in the training rows here", number_cell(row.padding_share, format_percent)),
            ]
            for finding in findings
            for row in finding.table
        ]
    )


WORDS = {
    heads.KEEPS: "EXACT",
    heads.ROUNDS: "EXACT to rounding",
    heads.BREAKS: "breaks it",
    heads.LEAKS: "moves with the recurrent layer",
    heads.UNDEFINED: "undefined",
}


def _fates(finding: Matrix) -> Table:
    """A row for each head, a column for each variant and side."""
    words: dict[str, dict[str, list[str]]] = {}
    for cell in finding.cells:
        words.setdefault(cell.head, {}).setdefault(f"`{cell.variant}` ({cell.side})", []).append(WORDS[cell.fate])
    columns = dict.fromkeys(f"`{cell.variant}` ({cell.side})" for cell in finding.cells)
    return table_of(
        [
            [
                ("head", f"`{head}`"),
                *((column, "; ".join(dict.fromkeys(of_head.get(column, [MISSING])))) for column in columns),
            ]
            for head, of_head in words.items()
        ]
    )


def _variant_and_side(levels: Levels) -> list[tuple[str, str]]:
    """Variant, other axes behind it, and side."""
    rest = [f"{axis} {label}" for axis, label in levels.items() if axis not in INNER_AXES]
    return [("variant", ", ".join([f"`{levels[VARIANT]}`", *rest])), ("padding", levels[SIDE])]
