"""The first table, and what every number of pads did to state and prediction."""

from stages.params.schema import BASELINE
from stages.reporting.format import format_percent, format_percent_interval, format_ratio, spaced
from stages.reporting.results import ACCURACY, DRIFT, FLIPS, CellFacts, Results, condition_text
from stages.reporting.tables.parts import (
    Notes,
    Table,
    cell_name,
    condition_rows,
    drift_text,
    largest_text,
    points_text,
    share_text,
    smallest_text,
)


def headline_table(results: Results) -> Table:
    """A row for each side and variant at the number of pads that `report.pads` names."""
    at = condition_text(results.headline)
    header = ["padding", "variant", f"state drift ratio, {at}", f"predictions flipped, {at}", "test accuracy"]
    header += [f"accuracy − {BASELINE}, points", "padding in the computed tokens"]
    notes = Notes()
    rows = [
        [
            *cell_name(cell),
            drift_text(results.finding(cell, DRIFT, results.headline), notes),
            share_text(results.finding(cell, FLIPS, results.headline), notes),
            _accuracy(cell),
            points_text(results.finding(cell, ACCURACY), notes),
            format_percent(cell.padding_share),
        ]
        for cell in results.cells
    ]
    return Table(header, rows, notes.reasons)


def _accuracy(cell: CellFacts) -> str:
    text = spaced(format_percent(cell.accuracy), format_percent_interval(cell.accuracy_low, cell.accuracy_high))
    return f"{text}, {cell.at_chance} of {len(cell.seeds)} seeds at chance" if cell.at_chance else text


def pads_table(results: Results) -> Table:
    """A row for each side, variant and condition; one row where every condition is exact; no copies."""
    header = ["padding", "variant", "condition", "state drift ratio", "ε* of the drift", "largest change of a unit"]
    header += ["predictions flipped", "ε* of the flips", "mean change of the probability"]
    notes = Notes()
    rows = [
        [*cell_name(cell), name, *_moved(results, cell, condition, notes)]
        for cell in results.originals
        for name, condition in condition_rows(results, cell, results.conditions)
    ]
    return Table(header, rows, notes.reasons)


def _moved(results: Results, cell: CellFacts, condition: str, notes: Notes) -> list[str]:
    drift, flips = results.finding(cell, DRIFT, condition), results.finding(cell, FLIPS, condition)
    return [
        drift_text(drift, notes),
        smallest_text(drift, format_ratio),
        largest_text(drift),
        share_text(flips, notes),
        smallest_text(flips, format_percent),
        format_ratio(cell.at(condition).get("mean_probability_change")),
    ]
