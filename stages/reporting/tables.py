"""The tables of report.md: rows of strings, every number written as everywhere else."""

from collections.abc import Callable
from dataclasses import dataclass, field

from stages.layout import AS_TRAINED, condition_name
from stages.params import BASELINE
from stages.reporting.numbers import (
    EXACT_ZERO,
    MISSING,
    listed,
    percent,
    percent_interval,
    points,
    points_interval,
    ratio,
    ratio_interval,
    spaced,
    whole,
)
from stages.reporting.results import ACCURACY, DRIFT, FLIPS, CellFacts, Finding, Record, Results, condition_text
from stages.stats.verdicts import Verdict

NumberText = Callable[[float | None], str]
IntervalText = Callable[[float | None, float | None], str]


@dataclass
class Notes:
    """Reasons that stand below a table, each once."""

    reasons: list[str] = field(default_factory=list)

    def mark(self, text: str, reason: str | None) -> str:
        """The text with the number of its reason."""
        reason = reason or "not defined"
        if reason not in self.reasons:
            self.reasons.append(reason)
        return f"{text} ({self.reasons.index(reason) + 1})"


@dataclass(frozen=True)
class Table:
    """A Markdown table, with the reasons for what is undefined."""

    header: list[str]
    rows: list[list[str]]
    notes: list[str] = field(default_factory=list)


def headline_table(results: Results) -> Table:
    """A row for each side and variant at the number of pads that `report.pads` names."""
    at = condition_text(results.headline)
    header = [
        "padding",
        "variant",
        f"state drift ratio, {at}",
        f"predictions flipped, {at}",
        "largest change of a unit",
    ]
    header += ["test accuracy", "seeds at chance", f"accuracy − {BASELINE}, points", "padding in the computed tokens"]
    notes = Notes()
    rows = [
        [
            cell.side,
            f"`{cell.variant}`",
            drift_text(results.finding(cell, DRIFT, results.headline), notes),
            flips_text(results.finding(cell, FLIPS, results.headline), notes),
            largest_text(results.finding(cell, DRIFT, results.headline)),
            spaced(percent(cell.accuracy), percent_interval(cell.accuracy_low, cell.accuracy_high)),
            f"{cell.at_chance} of {len(cell.seeds)}",
            difference_text(results.finding(cell, ACCURACY), notes),
            percent(cell.padding_share),
        ]
        for cell in results.cells
    ]
    return Table(header, rows, notes.reasons)


def copies(results: Results) -> list[str]:
    """The variants whose every figure on every side is the baseline's."""
    return [
        variant
        for variant in results.variants
        if all(cell.same_as_baseline for cell in results.cells if cell.variant == variant)
    ]


def _originals(results: Results) -> list[CellFacts]:
    return [cell for cell in results.cells if cell.variant not in copies(results)]


def pads_table(results: Results) -> Table:
    """A row for each side, variant and condition; copies of the baseline are left out."""
    header = ["padding", "variant", "condition", "state drift ratio", "ε* of the drift", "predictions flipped"]
    header += ["ε* of the flips", "mean change of the probability", "accuracy on the exported texts"]
    notes = Notes()
    conditions = [condition_name(0), *results.conditions]
    rows = [_condition_row(results, cell, condition, notes) for cell in _originals(results) for condition in conditions]
    return Table(header, rows, notes.reasons)


def _condition_row(results: Results, cell: CellFacts, condition: str, notes: Notes) -> list[str]:
    where = [cell.side, f"`{cell.variant}`"]
    accuracies = [seed.accuracy_at[condition] for seed in cell.seeds]
    accuracy = percent(sum(accuracies) / len(accuracies))
    if condition == condition_name(0):
        return [*where, "the text alone", "", "", "", "", "", accuracy]
    drift, flips = results.finding(cell, DRIFT, condition), results.finding(cell, FLIPS, condition)
    moved = next(each["mean_probability_change"] for each in cell.conditions if each["condition"] == condition)
    name = "as trained" if condition == AS_TRAINED else condition_text(condition)
    return [
        *where,
        name,
        drift_text(drift, notes),
        smallest_text(drift, ratio),
        flips_text(flips, notes),
        smallest_text(flips, percent),
        ratio(moved),
        accuracy,
    ]


def states_table(results: Results) -> Table:
    """Every state of every cell at the headline condition: a row for each cell, a column for each state."""
    vectors = list(dict.fromkeys(vector for cell in results.cells for vector in cell.vectors))
    notes = Notes()
    found = {
        (each.side, each.variant, each.state): each
        for each in results.findings
        if each.estimand == DRIFT and each.condition == results.headline
    }
    rows = [
        [cell.side, f"`{cell.variant}`"]
        + [
            drift_text(found.get((cell.side, cell.variant, vector)), notes) if vector in cell.vectors else MISSING
            for vector in vectors
        ]
        for cell in results.cells
    ]
    return Table(["padding", "variant", *(f"`{vector}`" for vector in vectors)], rows, notes.reasons)


def seeds_table(results: Results) -> Table:
    """A row for each trained model; copies of the baseline are left out."""
    at = condition_text(results.headline)
    header = ["padding", "variant", "seed", "epochs", "test accuracy", "learned", f"drift ratio, {at}", f"flips, {at}"]
    rows = [
        [
            cell.side,
            f"`{cell.variant}`",
            str(seed.seed),
            str(seed.epochs),
            spaced(percent(seed.accuracy), percent_interval(seed.low, seed.high)),
            "yes" if seed.learned else "at chance",
            ratio(seed.drift[results.headline]),
            percent(seed.flips[results.headline]),
        ]
        for cell in _originals(results)
        for seed in cell.seeds
    ]
    return Table(header, rows)


def claims_table(claims: list[Record]) -> Table:
    """A row for each claim."""
    rows = [
        [
            claim["id"],
            claim["claim"],
            f"**{claim['stand']}**" + (f" on {claim['depends_on']}" if claim["depends_on"] else ""),
            claim["figure"],
        ]
        for claim in claims
    ]
    return Table(["", "claim", "this run says", "the figure that decides"], rows)


def splits_table(results: Results) -> Table:
    """A row for each split: texts, lengths, vocabulary, padding."""
    dataset = results.report["dataset"]
    padded = dataset["padded"][results.sides[0]]
    header = ["split", "texts", "median length", "95 % at most", "longest", "tokens known", "tokens unknown"]
    header += [f"padding in rows of {padded['max_len']}", "texts cut", "tokens cut"]
    rows = []
    for name, split in dataset["tokens"]["splits"].items():
        lengths, rows_of = split["length_quantiles"], padded["splits"][name]
        rows.append(
            [
                name,
                whole(split["texts"]),
                *(str(lengths[quantile]) for quantile in ("0.5", "0.95", "1")),
                percent(split["coverage"]),
                percent(split["unknown_share"]),
                *(percent(rows_of[share]) for share in ("padding_share", "truncated_share", "cut_share")),
            ]
        )
    order = ["train", "validation", "test"]
    return Table(header, sorted(rows, key=lambda row: order.index(row[0])))


def dropped(counts: dict[str, int]) -> str:
    """What was read, what was left out and why, and what was kept."""
    reasons = {
        "empty": "empty",
        "unlabelled": "without a label",
        "conflicting": "under two labels",
        "duplicates": "duplicates",
        "unseen_label": "of a class that training lacks",
        "subsampled_away": "beyond corpus.max_texts",
    }
    left = [f"{whole(counts[key])} {reason}" for key, reason in reasons.items() if counts.get(key)]
    return f"{whole(counts['read'])} rows were read: {listed(left) or 'none'} dropped, {whole(counts['kept'])} kept."


def drift_text(finding: Finding | None, notes: Notes) -> str:
    """0.385 [0.31, 0.47] DIFFERENT."""
    return _judged(finding, notes, ratio, ratio_interval)


def flips_text(finding: Finding | None, notes: Notes) -> str:
    """2.1 % [1.5, 2.9] DIFFERENT."""
    return _judged(finding, notes, percent, percent_interval)


def difference_text(finding: Finding | None, notes: Notes) -> str:
    """+4.4 [−0.3, +9.1] INCONCLUSIVE."""
    return _judged(finding, notes, points, points_interval)


def largest_text(finding: Finding | None) -> str:
    """The largest change of one unit of the state that the classifier reads, over all texts and seeds."""
    if finding is None or finding.largest_change is None:
        return MISSING
    return EXACT_ZERO if finding.largest_change == 0 else ratio(finding.largest_change)


def smallest_text(finding: Finding | None, value: NumberText) -> str:
    """ε*, the smallest bound at which equivalence would hold."""
    if finding is None or finding.verdict is Verdict.EXACT:
        return MISSING if finding is None else "0"
    return value(finding.smallest_epsilon)


def _judged(finding: Finding | None, notes: Notes, value: NumberText, interval: IntervalText) -> str:
    if finding is None:
        return MISSING
    if finding.verdict is Verdict.EXACT:
        return EXACT_ZERO
    if finding.verdict is Verdict.UNDEFINED:
        return notes.mark(value(finding.estimate), finding.reason)
    return f"{value(finding.estimate)} {interval(finding.low, finding.high)} {finding.verdict}"
