"""The figures behind each finding, as tables: widths, batching modes, settings, and the published figures."""

from stages.reporting.format import MISSING, PERCENT, POINTS, format_percent, format_ratio
from stages.reporting.table import Row, Table, estimate_cell, number_cell
from stages.sweeps.findings import heads
from stages.sweeps.report.tables import axis_title
from stages.sweeps.spec import INNER_AXES, SIDE, VARIANT
from stages.sweeps.sweep_json import SweepReport
from stages.sweeps.sweep_json_findings import (
    Equivalence,
    Knee,
    Matrix,
    Published,
    Threshold,
    Tuning,
    Width,
)
from stages.sweeps.sweep_json_rows import Levels


def finding_tables(sweep: SweepReport) -> list[tuple[str, Table]]:
    """A heading and a table for each kind of finding that has figures of its own."""
    tables = []
    if thresholds := sweep.of_kind(Threshold):
        tables.append(("Where each seed falls to chance", _thresholds(thresholds)))
    if knees := sweep.of_kind(Knee):
        tables.append(("Accuracy lost against compute saved", _widths(knees)))
    if equivalences := sweep.of_kind(Equivalence):
        tables.append(("Batching modes against each other", _batching(equivalences)))
    if tunings := sweep.of_kind(Tuning):
        tables.append(("What tuning closes", _tuning(sweep, tunings)))
    tables += [("Beside the published figures", _published(published)) for published in sweep.of_kind(Published)]
    tables += [("What becomes of the invariance", _fates(matrix)) for matrix in sweep.of_kind(Matrix)]
    return tables


def _thresholds(findings: list[Threshold]) -> Table:
    header = ["variant", "padding", "seed", "last share at which it learns", "first from which on it does not"]
    header += ["midpoint"]
    rows: list[Row] = [
        [
            *_variant_and_side(finding.levels),
            str(seed.seed),
            *(number_cell(share, format_percent) for share in (seed.last_learned, seed.first_lost, seed.midpoint)),
        ]
        for finding in findings
        for seed in finding.seeds
    ]
    notes = ["A dash: it learned at no share that was tried, or still does at the largest, so it has no midpoint."]
    unknown = any(seed.midpoint is None for finding in findings for seed in finding.seeds)
    return Table(header, rows, notes if unknown else [])


def _widths(findings: list[Knee]) -> Table:
    header = ["variant", "padding", "max_len", "which is", "computed tokens, times", "texts cut"]
    header += ["accuracy − widest, points", "mark"]
    rows: list[Row] = [
        [
            *_variant_and_side(finding.levels),
            point.label,
            str(point.max_len),
            number_cell(point.computed_ratio, format_ratio),
            number_cell(point.truncated_share, format_percent),
            POINTS.judged(point),
            _mark(finding, point),
        ]
        for finding in findings
        for point in finding.points
    ]
    return Table(header, rows)


def _mark(finding: Knee, point: Width) -> str:
    marks = [
        "shortest not worse" if point.label == finding.shortest.label else "",
        "knee" if finding.knee is not None and point.label == finding.knee.label else "",
    ]
    return ", ".join(filter(None, marks))


def _batching(findings: list[Equivalence]) -> Table:
    header = ["variant", "padding", "batches", "against", "accuracy, points", "90 % interval", "TOST p"]
    header += ["computed tokens, times"]
    rows: list[Row] = [
        [
            *_variant_and_side(finding.levels),
            pair.level,
            pair.reference,
            POINTS.judged(pair),
            POINTS.interval(pair.low_90, pair.high_90),
            pair.tost_p_text or MISSING,
            number_cell(pair.computed_ratio, format_ratio),
        ]
        for finding in findings
        for pair in finding.pairs
    ]
    return Table(header, rows)


def _tuning(sweep: SweepReport, findings: list[Tuning]) -> Table:
    axes = list(sweep.ordered(findings[0].tried[0].levels))
    header = ["padding", *(axis_title(axis) for axis in axes), "gain of the mask, points"]
    header += ["validation accuracy without it", "mark"]
    rows: list[Row] = [
        [
            finding.levels[SIDE],
            *(tried.levels[axis] for axis in axes),
            POINTS.judged(tried.gap),
            estimate_cell(PERCENT, tried.validation_accuracy),
            ", ".join(
                word
                for word, levels in (("first", finding.default), ("best without a mask", finding.best))
                if levels == tried.levels
            ),
        ]
        for finding in findings
        for tried in finding.tried
    ]
    return Table(header, rows)


def _published(finding: Published) -> Table:
    header = ["network", "padding", "published, about", "test accuracy here", "training accuracy here", "max_len here"]
    header += ["padding in the training rows here"]
    rows: list[Row] = [
        [
            f"{row.network.upper()} (`{row.variant}`)",
            row.side,
            f"{100 * row.published:.0f} %",
            estimate_cell(PERCENT, row.accuracy),
            estimate_cell(PERCENT, row.train_accuracy),
            str(row.max_len),
            number_cell(row.padding_share, format_percent),
        ]
        for row in finding.table
    ]
    return Table(header, rows)


WORDS = {
    heads.KEEPS: "EXACT",
    heads.ROUNDS: "EXACT to rounding",
    heads.BREAKS: "breaks it",
    heads.LEAKS: "moves with the recurrent layer",
    heads.UNDEFINED: "undefined",
}


def _fates(finding: Matrix) -> Table:
    """A row for each head, a column for each variant and side."""
    columns = list(dict.fromkeys((cell.variant, cell.side) for cell in finding.cells))
    by: dict[str, dict[tuple[str, str], list[str]]] = {}
    for cell in finding.cells:
        by.setdefault(cell.head, {}).setdefault((cell.variant, cell.side), []).append(WORDS[cell.fate])
    header = ["head", *(f"`{variant}` ({side})" for variant, side in columns)]
    rows: list[Row] = [
        [f"`{head}`", *("; ".join(dict.fromkeys(fates.get(column, [MISSING]))) for column in columns)]
        for head, fates in by.items()
    ]
    return Table(header, rows)


def _variant_and_side(levels: Levels) -> list[str]:
    """Variant, other axes behind it, and side."""
    rest = [f"{axis} {label}" for axis, label in levels.items() if axis not in INNER_AXES]
    return [", ".join([f"`{levels[VARIANT]}`", *rest]), levels[SIDE]]
