"""The tables of a sweep: all of its rows, what each level does, and which levels act together."""

from collections.abc import Sequence

from stages.params.layers import HEADS
from stages.reporting import table
from stages.reporting.format import EXACT_ZERO, PERCENT, POINTS, RATIO, Scale, format_percent
from stages.reporting.results import DRIFT, FLIPS
from stages.reporting.table import (
    Cell,
    Notes,
    Table,
    condition_name_in_table,
    estimate_cell,
    judged_cell,
    number_cell,
    of_seeds,
)
from stages.stats.verdicts import Verdict
from stages.sweeps import sweep_json_rows
from stages.sweeps.findings.effects import ACCURACY, COMPUTED, FROM_EXACT, TO_EXACT
from stages.sweeps.findings.served_otherwise import in_order
from stages.sweeps.findings.words import label_text
from stages.sweeps.spec import INNER_AXES, SIDE, VARIANT
from stages.sweeps.sweep_json import Effect, SweepReport
from stages.sweeps.sweep_json_findings import Interaction
from stages.sweeps.sweep_json_rows import Levels, Row

ESTIMANDS = (ACCURACY, DRIFT, FLIPS, COMPUTED)
NAMES = {ACCURACY: "accuracy, points", DRIFT: "drift ratio, times", FLIPS: "flips, points"}


def rows_table(sweep: SweepReport) -> Table:
    """A row for each combination, side and variant."""
    rows, axes, notes = sweep.originals, sweep.naming_axes, Notes()
    trained = "train_accuracy" in sweep.read
    apart = any(row.state_drift is not None and row.state_drift != row.drift_ratio for row in rows)
    widths = any("pad.max_len" in axis.changes for axis in sweep.axes)
    header = [*(axis_title(axis) for axis in axes), *["width of the rows"] * widths, "test accuracy"]
    header += ["training accuracy"] * trained
    header += [f"drift ratio of what the classifier reads, {sweep.pads} extra pads"]
    header += ["drift ratio of the last h"] * apart
    header += ["predictions flipped", "padding in the training rows", "computed tokens / tokens of text", "at chance"]
    cells: list[table.Row] = [
        [
            *_levels_cells(row, axes),
            *[str(row.max_len)] * widths,
            estimate_cell(PERCENT, row.accuracy),
            *[estimate_cell(PERCENT, row.train_accuracy)] * trained,
            judged_cell(RATIO, row.drift_ratio, notes),
            *([judged_cell(RATIO, row.state_drift, notes)] if apart else []),
            judged_cell(PERCENT, row.flip_rate, notes),
            number_cell(row.padding_share, format_percent),
            number_cell(row.computed_tokens / row.text_tokens),
            of_seeds(row.n_seeds_at_chance, row.n_seeds),
        ]
        for row in rows
    ]
    return Table(header, cells, notes.reasons)


def effects_table(sweep: SweepReport, axis: str) -> Table:
    """What each level of an axis does against its reference: over all rows, then for every side and variant."""
    inner = {name for name in sweep.naming_axes if name in INNER_AXES and name != axis}
    shown = [effect for effect in sweep.effects if effect.axis == axis and set(effect.within) <= inner]
    notes = Notes()
    header = [axis_title(axis), "instead of", "within", "accuracy, points", "drift ratio, times", "flips, points"]
    header += ["computed tokens, times", "seeds"]
    contrasts: dict[tuple[str, str], dict[str, Effect]] = {}
    for effect in shown:
        place = within_text(sweep.ordered(effect.within))
        contrasts.setdefault((effect.level, place), {})[effect.estimand] = effect
    rows: list[table.Row] = [
        [
            level_text(axis, level),
            level_text(axis, of_estimands[ACCURACY].reference),
            place,
            *(effect_cell(of_estimands[estimand], notes) for estimand in ESTIMANDS),
            _seeds(of_estimands),
        ]
        for (level, place), of_estimands in contrasts.items()
    ]
    return Table(header, rows, notes.reasons, "no combination has rows to compare")


def _seeds(of_estimands: dict[str, Effect]) -> str:
    """6, or 2 to 6 where the estimands differ in how many have a value."""
    known = [effect for effect in of_estimands.values() if effect.estimand != COMPUTED and effect.estimate is not None]
    counts = sorted({effect.n_seeds for effect in known})
    return " to ".join(map(str, counts[:: max(1, len(counts) - 1)])) or "0"


def effect_cell(effect: Effect, notes: Notes) -> Cell:
    """+4.4 [−0.3, +9.1] INCONCLUSIVE, or 3.20 [2.10, 4.90]."""
    ratio = effect.scale == sweep_json_rows.RATIO
    if effect.verdict is Verdict.EXACT:
        return Cell(f"both {EXACT_ZERO}" if ratio else EXACT_ZERO)
    if effect.reason in (TO_EXACT, FROM_EXACT):
        return Cell(f"{'to' if effect.reason == TO_EXACT else 'from'} {EXACT_ZERO}")
    scale = RATIO if ratio else POINTS
    if effect.low is None and effect.reason:
        return notes.marked(number_cell(effect.estimate, scale.number), effect.reason)
    left_out = f" ({effect.left_out} of {effect.left_out + effect.n_seeds} seeds left out)"
    some = f" ({effect.combinations} of {effect.of_combinations} combinations)"
    return Cell(
        scale.number(effect.estimate),
        effect.estimate,
        interval=scale.interval(effect.low, effect.high),
        verdict=None if effect.verdict is Verdict.UNDEFINED else effect.verdict,
        rest=left_out * bool(effect.left_out) + some * (effect.combinations < effect.of_combinations),
    )


def interactions_table(sweep: SweepReport) -> Table:
    """A row for each notable difference of differences."""
    header = ["levels", "together, against", "of", "difference of differences, or ratio of ratios", "seeds"]
    rows: list[table.Row] = [
        [
            _levels(sweep.ordered(interaction.levels)),
            _levels(sweep.ordered(interaction.references)),
            NAMES[interaction.estimand],
            estimate_cell(scale_of(interaction), interaction),
            str(interaction.n_seeds),
        ]
        for interaction in sweep.interactions
    ]
    return Table(header, rows, why_empty="no interval excludes what no interaction would give")


def scale_of(effect: Effect | Interaction) -> Scale:
    """What it is measured in: a ratio without a unit, or points."""
    return RATIO if effect.scale == sweep_json_rows.RATIO else POINTS


def serving_table(sweep: SweepReport) -> Table:
    """How accuracy changes where a model is served otherwise than trained, a column for each condition."""
    rows, axes, notes = sweep.originals, sweep.naming_axes, Notes()
    conditions = in_order({name for row in rows for name in row.accuracy_change})
    header = [*(axis_title(axis) for axis in axes), *(condition_name_in_table(name) for name in conditions)]
    cells: list[table.Row] = [
        [
            *_levels_cells(row, axes),
            *(judged_cell(POINTS, row.accuracy_change.get(name), notes) for name in conditions),
        ]
        for row in rows
    ]
    return Table(header, cells, notes.reasons)


def axis_title(axis: str) -> str:
    """The head of a column: padding for side, the others as they are."""
    return "padding" if axis == SIDE else axis


def level_text(axis: str, label: str) -> str:
    """A label in a cell; as code variants, and what Markdown would read as marks."""
    return f"`{label}`" if axis == VARIANT else label_text(label)


def within_text(within: Levels) -> str:
    """post, `masked`; or that it is a mean over all rows."""
    return ", ".join(level_text(axis, label) for axis, label in within.items()) or "all (mean)"


def _levels_cells(row: Row, axes: Sequence[str]) -> list[str]:
    return [level_text(axis, row.levels[axis]) for axis in axes]


def _levels(levels: Levels) -> str:
    return ", ".join(f"{axis_title(axis)} {level_text(axis, label)}" for axis, label in levels.items())


def heads_of_fixed_width(sweeps: Sequence[SweepReport]) -> list[str]:
    """The heads in these sweeps whose rows can take no more pads, so that pads are moved and not added."""
    heads = dict.fromkeys(row.architecture.head for sweep in sweeps for row in sweep.rows)
    return [head for head in heads if HEADS[head].fixed_width]
