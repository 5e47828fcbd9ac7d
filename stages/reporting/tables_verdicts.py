"""The six verdicts and the claims as tables: what a reader sees in two minutes."""

from dataclasses import replace

from stages.analysis.contract_family import FamilyVerdict
from stages.params.derived import BASELINE
from stages.reporting.answer import ACCURACY, LEAK, SEEN, SERVING
from stages.reporting.format import POINTS, RATIO, format_plain, format_points
from stages.reporting.results import Results
from stages.reporting.table import (
    MISSING_CELL,
    Cell,
    Kind,
    Notes,
    Row,
    Table,
    condition_name_in_table,
    estimate_cell,
    number_cell,
)
from stages.stats.verdicts import Verdict

ASKED = {
    LEAK: "Does another number of pads move what the classifier of `{variant}` reads?",
    ACCURACY: "Is `{variant}` more or less accurate than `{baseline}`?",
    SERVING: "Does serving `{variant}` padded otherwise change its accuracy?",
}
SCALES = {LEAK: RATIO, ACCURACY: POINTS, SERVING: POINTS}
UNITS = {LEAK: "readout drift", ACCURACY: "points", SERVING: "points"}


def family_table(results: Results) -> Table:
    """A row for each question and side, with the price of what is open."""
    notes = Notes()
    rows: list[Row] = [
        [
            ASKED[record.question].format(variant=record.variant, baseline=BASELINE),
            record.side,
            _figure(record),
            _bound(record),
            "" if record.condition is None else condition_name_in_table(record.condition),
            Cell("", verdict=record.verdict) if record.verdict not in SEEN else Cell(str(record.verdict)),
            MISSING_CELL if record.not_worse is None else _no_loss(record),
            _price(record, notes),
        ]
        for record in results.report.family
    ]
    header = ["asked", "padding", "figure", "ε", "worst", "verdict", "no loss beyond ε", "would decide it"]
    return Table(header, rows, notes.reasons)


def _no_loss(record: FamilyVerdict) -> str:
    if record.not_worse:
        return "yes"
    return "no" if record.verdict is Verdict.DIFFERENT and (record.estimate or 0.0) < 0 else "not shown"


def _figure(record: FamilyVerdict) -> Cell:
    cell = estimate_cell(SCALES[record.question], record)
    return cell if cell.kind is Kind.MISSING else replace(cell, rest=f" {UNITS[record.question]}")


def _bound(record: FamilyVerdict) -> Cell:
    """The largest figure that does not matter."""
    if record.question == LEAK:
        return number_cell(record.epsilon, format_plain)
    return number_cell(record.epsilon, lambda value: format_points(value).removeprefix("+"))


def _price(record: FamilyVerdict, notes: Notes) -> Cell:
    """What an open question would cost."""
    if record.verdict is Verdict.UNDEFINED:
        return notes.marked(Cell("see"), record.reason)
    if record.decided:
        return MISSING_CELL
    if record.seeds_needed is not None:
        return Cell(f"{record.seeds_needed} seeds", record.seeds_needed)
    if not record.about_epsilon:
        return Cell("more than one seed")
    # Of a leak nine of ten new seeds must lie below ε: neither seeds nor texts bring those together that do not.
    spread = record.question == LEAK and (record.estimate or 0.0) <= record.epsilon
    return Cell("nothing: seeds lie on both sides of ε" if spread else "more texts, not seeds")


def claims_table(results: Results) -> Table:
    """A row for each claim: what this run says of it, and the figure that decides."""
    rows: list[Row] = [
        [claim.claim, f"**{claim.stand}**{f' on {claim.depends_on}' if claim.depends_on else ''}", claim.figure]
        for claim in results.report.claims
    ]
    return Table(["claim", "this run", "figure"], rows)


VERDICT_TABLES = {"family": family_table, "claims": claims_table}
"""By the name that the templates know them by."""
