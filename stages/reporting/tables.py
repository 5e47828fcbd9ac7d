"""What pads do to states and predictions, to models that are served otherwise, and to training."""

from collections.abc import Callable
from dataclasses import replace

from stages.analysis.contract import Finding
from stages.analysis.contract_cells import ALONE, CellFacts, TrainingFacts
from stages.params.derived import BASELINE
from stages.reporting.format import (
    MISSING,
    PERCENT,
    POINTS,
    RATIO,
    SIGNED,
    format_p,
    format_percent,
    format_points,
    format_ratio,
)
from stages.reporting.results import ACCURACY, ACCURACY_CHANGE, DRIFT, FLIPS, Results, condition_text
from stages.reporting.table import (
    EXACT_CELL,
    MISSING_CELL,
    Cell,
    Kind,
    Notes,
    Row,
    Table,
    condition_name_in_table,
    count_cell,
    estimate_cell,
    judged_cell,
    number_cell,
    of_seeds,
)
from stages.runtime.paths import AS_TRAINED, condition_name
from stages.stats.verdicts import UNMOVED

ALL_SEEDS = "mean over all seeds, those at chance among them, without an interval"


def cell_name(cell: CellFacts) -> list[Cell | str]:
    """The first two columns of a row: padding side and variant."""
    return [cell.side, f"`{cell.variant}`"]


def unmoved_cell(results: Results, cell: CellFacts) -> Cell:
    """The zero of a cell that no condition moved: proven, or seen."""
    return estimate_cell(RATIO, results.finding(cell, DRIFT, results.headline))


def condition_rows(results: Results, conditions: list[str], figures: Callable[[CellFacts, str], Row]) -> list[Row]:
    """Side, variant, condition and figures: a row for each cell and condition, no copies.

    A cell that no condition moved has one row for all of them.

    Args:
        results: the report.
        conditions: in the order of the rows.
        figures: the other cells of a row.
    """
    pads: dict[str, int] = {condition_name(count): count for count in (0, *results.pads)}
    rows: list[Row] = []
    for cell in results.originals:
        if results.exact(cell) and len(conditions) > 1:
            moved = next((name for name in conditions if name not in (ALONE, AS_TRAINED)), AS_TRAINED)
            rows.append([*cell_name(cell), "every condition", *figures(cell, moved)])
            continue
        for name in conditions:
            rows.append([*cell_name(cell), Cell(condition_name_in_table(name), pads.get(name)), *figures(cell, name)])
    return rows


def headline_table(results: Results) -> Table:
    """A row for each side and variant at the number of pads that `report.pads` names."""
    at = condition_text(results.headline)
    header = ["padding", "variant", f"state drift ratio, {at}", f"predictions flipped, {at}", "test accuracy"]
    header += [f"accuracy − {BASELINE}, points", "padding in the batches"]
    notes = Notes()
    rows: list[Row] = []
    for cell in results.cells:
        chance = f", {cell.n_seeds_at_chance} of {cell.n_seeds} seeds at chance" if cell.n_seeds_at_chance else ""
        rows.append(
            [
                *cell_name(cell),
                judged_cell(RATIO, results.finding(cell, DRIFT, results.headline), notes),
                judged_cell(PERCENT, results.finding(cell, FLIPS, results.headline), notes),
                replace(estimate_cell(PERCENT, cell.accuracy.estimate), rest=chance),
                judged_cell(POINTS, results.finding(cell, ACCURACY), notes),
                number_cell(cell.padding_share_computed, format_percent),
            ]
        )
    return Table(header, rows, notes.reasons)


def pads_table(results: Results) -> Table:
    """A row for each side, variant and condition; one row where every condition is exact; no copies."""
    header = ["padding", "variant", "condition", "state drift ratio", "ε* of the drift", "largest change of a unit"]
    header += ["predictions flipped", "ε* of the flips", "mean change of the probability"]
    notes = Notes()

    def moved(cell: CellFacts, condition: str) -> Row:
        drift, flips = results.finding(cell, DRIFT, condition), results.finding(cell, FLIPS, condition)
        facts = cell.at(condition)
        return [
            judged_cell(RATIO, drift, notes),
            _smallest_epsilon(drift, format_ratio),
            _largest_change(drift),
            judged_cell(PERCENT, flips, notes),
            _smallest_epsilon(flips, format_percent),
            number_cell(facts.mean_probability_change if facts else None),
        ]

    return Table(header, condition_rows(results, results.conditions, moved), notes.reasons)


def _largest_change(finding: Finding | None) -> Cell:
    """The largest change of one unit of the state that the classifier reads, over all texts and seeds."""
    change = None if finding is None else finding.largest_change
    return EXACT_CELL if change == 0 else number_cell(change)


def _smallest_epsilon(finding: Finding | None, text: Callable[[float], str]) -> Cell:
    """ε*, the smallest bound at which equivalence would hold."""
    if finding is not None and finding.verdict in UNMOVED:
        return Cell("0", 0.0, Kind.NUMBER)
    return number_cell(None if finding is None else finding.smallest_epsilon, text)


def serving_table(results: Results) -> Table:
    """A row for each way to serve a model: as trained, the text alone, k pads, the other side; no copies."""
    header = ["padding", "variant", "served with", "accuracy", "change to as trained, points"]
    header += [
        "flipped against the text alone",
        "flipped against as trained",
        "change of NLL",
        "change of Brier",
        "calibration error",
        "McNemar p < .05",
    ]
    notes = Notes()

    def served(cell: CellFacts, condition: str) -> Row:
        facts, under = cell.at(condition), cell.served(condition)
        change = judged_cell(POINTS, results.finding(cell, ACCURACY_CHANGE, condition), notes)
        against = [
            estimate_cell(PERCENT, under.against_training.flip_rate if under and under.against_training else None),
            estimate_cell(SIGNED, facts.nll_change if facts else None),
            estimate_cell(SIGNED, facts.brier_change if facts else None),
        ]
        return [
            _accuracy_under(cell, condition, notes),
            MISSING_CELL if condition == AS_TRAINED and not results.exact(cell) else change,
            estimate_cell(PERCENT, results.finding(cell, FLIPS, condition)),
            *([unmoved_cell(results, cell)] * 3 if results.exact(cell) else against),
            estimate_cell(RATIO, under.calibration_error if under else None),
            of_seeds(facts.mcnemar.significant, facts.mcnemar.of) if facts else MISSING_CELL,
        ]

    others = [condition for condition in results.conditions if condition != AS_TRAINED]
    return Table(header, condition_rows(results, [AS_TRAINED, ALONE, *others], served), notes.reasons)


def _accuracy_under(cell: CellFacts, condition: str, notes: Notes) -> Cell:
    """Over the seeds that learned, with its interval; else a mean that says what it is of."""
    under = cell.served(condition)
    if under is not None and under.accuracy is not None:
        return estimate_cell(PERCENT, under.accuracy)
    values = [seed.accuracy_by_condition[condition] for seed in cell.seeds]
    return notes.marked(number_cell(sum(values) / len(values), format_percent), ALL_SEEDS)


def training_table(results: Results) -> Table:
    """A row for each side and variant that is compared with the baseline and no copy of it."""
    header = ["padding", "variant", f"accuracy − {BASELINE}, points", "exact sign-flip p", "better in a new seed"]
    header += ["smallest difference seen with power .8, points", "seeds"]
    notes = Notes()
    rows = [
        [
            *cell_name(cell),
            judged_cell(POINTS, results.finding(cell, ACCURACY), notes),
            *_compared(cell.training, notes),
        ]
        for cell in results.originals
        if cell.training is not None
    ]
    return Table(header, rows, notes.reasons, f"no variant but `{BASELINE}` itself is there to compare with it")


def _compared(training: TrainingFacts, notes: Notes) -> list[Cell]:
    figures = [
        number_cell(training.sign_flip_p, format_p),
        estimate_cell(RATIO, training.better),
        number_cell(training.detectable, _unsigned_points),
    ]
    return [
        *(notes.marked(figure, training.reason) if figure == MISSING_CELL else figure for figure in figures),
        count_cell(training.n_seeds),
    ]


def _unsigned_points(value: float) -> str:
    return format_points(value).removeprefix("+")


def seeds_table(results: Results) -> Table:
    """A row for each trained model; copies of the baseline are left out."""
    at = condition_text(results.headline)
    header = ["padding", "variant", "seed", "epochs", "test accuracy", "learned", f"drift ratio, {at}", f"flips, {at}"]
    rows = [
        [
            *cell_name(cell),
            number_cell(seed.seed, str),
            number_cell(seed.epochs, str),
            estimate_cell(PERCENT, seed.accuracy),
            "yes" if seed.learned else "at chance",
            number_cell(cell.drift(seed, results.headline)),
            number_cell(seed.flips_by_condition[results.headline], format_percent),
        ]
        for cell in results.originals
        for seed in cell.seeds
    ]
    return Table(header, rows)


def worth_table(results: Results) -> Table:
    """A first row for the bag of words, then one for each side and variant; no copies."""
    header = ["padding", "variant", "test accuracy", "accuracy − bag of words, points", "seeds above it"]
    bag = estimate_cell(PERCENT, results.report.bag_of_words.accuracy)
    rows: list[Row] = [[MISSING, "bag of words", bag, MISSING_CELL, MISSING_CELL]]
    for cell in results.originals:
        over = cell.over_bag_of_words
        accuracy, difference = estimate_cell(PERCENT, cell.accuracy.estimate), estimate_cell(POINTS, over)
        rows.append([*cell_name(cell), accuracy, difference, of_seeds(over.n_seeds_better, over.n_seeds)])
    return Table(header, rows)


def worth(results: Results) -> str:
    """A sentence: what a bag of words reaches, and how far the best variant lies from it."""
    bag, best = results.report.bag_of_words, max(results.originals, key=lambda cell: cell.accuracy.mean)
    both = {cell.accuracy.mean for cell in results.of(best.variant)} == {best.accuracy.mean}
    name = f"`{best.variant}`" if both else best.title
    return (
        f"A bag of words, without a network, reaches {PERCENT.of(bag.accuracy)} on the same test texts. "
        f"{name}, the best mean here, differs from that by {POINTS.of(best.over_bag_of_words)} points, "
        "for new seeds on these texts."
    )


EFFECT_TABLES = {
    "headline": headline_table,
    "pads": pads_table,
    "serving": serving_table,
    "training": training_table,
    "seeds": seeds_table,
    "worth": worth_table,
}
"""By the name that the templates know them by."""
