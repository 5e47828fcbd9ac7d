"""What the LSTM is worth on these texts: its accuracy beside that of a bag of words, which knows no order."""

from stages.reporting.format import (
    MISSING,
    format_percent,
    format_percent_interval,
    format_percent_of,
    format_points_of,
    spaced,
)
from stages.reporting.results import Estimate, Record, Results
from stages.reporting.tables.parts import Table, cell_name, of_seeds


def worth_table(results: Results) -> Table:
    """A first row for the bag of words, then one for each side and variant; no copies."""
    header = ["padding", "variant", "test accuracy", "accuracy − bag of words, points", "seeds above it"]
    found = _bag(results)
    if found is None:
        return Table(header, [])
    rows = [[MISSING, "bag of words", format_percent_of(Estimate.of(found["accuracy"])), MISSING, MISSING]]
    for cell in results.originals:
        over: Record = cell.record.get("over_bag_of_words") or {}
        accuracy = spaced(format_percent(cell.accuracy), format_percent_interval(cell.accuracy_low, cell.accuracy_high))
        above = of_seeds(over.get("n_seeds_better"), over.get("n_seeds"))
        rows.append([*cell_name(cell), accuracy, format_points_of(Estimate.of(over)), above])
    return Table(header, rows)


def worth(results: Results) -> str:
    """A sentence: what a bag of words reaches, and how far the best variant lies from it; empty where none was fit."""
    found = _bag(results)
    if found is None:
        return ""
    best = max(results.originals, key=lambda cell: cell.accuracy)
    over = Estimate.of(best.record.get("over_bag_of_words"))
    beside = f"; {best.title}, the best mean here, differs from it by {format_points_of(over)} points" if over else ""
    return (
        "A bag of words with logistic regression, no neural network, reaches "
        f"{format_percent_of(Estimate.of(found['accuracy']))} on the same test texts{beside}."
    )


def _bag(results: Results) -> Record | None:
    found: Record | None = results.report.get("bag_of_words")
    return found
