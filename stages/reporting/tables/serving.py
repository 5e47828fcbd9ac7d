"""Models served with another padding than they were trained with."""

from stages.reporting.format import MISSING, format_percent, format_percent_of, format_ratio_of, format_signed_of
from stages.reporting.results import ACCURACY_CHANGE, ALONE, FLIPS, CellFacts, Estimate, Results
from stages.reporting.tables.parts import Notes, Table, cell_name, condition_rows, of_seeds, points_text
from stages.runtime.paths import AS_TRAINED

ALL_SEEDS = "mean over all seeds, those at chance among them, without an interval"


def serving_table(results: Results) -> Table:
    """A row for each way to serve a model: as trained, the text alone, k pads, the other side; no copies."""
    header = ["padding", "variant", "served with", "accuracy", "change to as trained, points", "predictions flipped"]
    header += ["change of NLL", "change of Brier", "calibration error", "McNemar p < .05"]
    notes = Notes()
    others = [condition for condition in results.conditions if condition != AS_TRAINED]
    rows = [
        [*cell_name(cell), name, *_served(results, cell, condition, notes)]
        for cell in results.originals
        for name, condition in condition_rows(results, cell, [AS_TRAINED, ALONE, *others])
    ]
    return Table(header, rows, notes.reasons)


def _served(results: Results, cell: CellFacts, condition: str, notes: Notes) -> list[str]:
    facts = cell.at(condition)
    mcnemar = facts.get("mcnemar") or {}
    change = points_text(results.finding(cell, ACCURACY_CHANGE, condition), notes)
    return [
        _accuracy(cell, condition, notes),
        MISSING if condition == AS_TRAINED and not results.exact(cell) else change,
        format_percent_of(results.finding(cell, FLIPS, condition)),
        format_signed_of(Estimate.of(facts.get("nll_change"))),
        format_signed_of(Estimate.of(facts.get("brier_change"))),
        format_ratio_of(Estimate.of(facts.get("calibration_error"))),
        of_seeds(mcnemar.get("significant"), mcnemar.get("of")),
    ]


def _accuracy(cell: CellFacts, condition: str, notes: Notes) -> str:
    """Over the seeds that learned, with its interval; else a mean that says what it is of."""
    found = Estimate.of(cell.at(condition).get("accuracy"))
    if found is not None:
        return format_percent_of(found)
    values = [seed.accuracy_at[condition] for seed in cell.seeds if condition in seed.accuracy_at]
    return notes.mark(format_percent(sum(values) / len(values)), ALL_SEEDS) if values else MISSING
