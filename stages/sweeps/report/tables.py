"""The tables of a sweep: all of its rows, what each level does, and which levels act together."""

from collections.abc import Sequence

from stages.params.layers import HEADS
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
from stages.sweeps import sweep_json_rows
from stages.sweeps.findings.effects import ACCURACY, COMPUTED, FROM_EXACT, TO_EXACT
from stages.sweeps.findings.served_otherwise import in_order
from stages.sweeps.findings.words import label_text
from stages.sweeps.spec import INNER_AXES, SIDE, VARIANT
from stages.sweeps.sweep_json import Effect, SweepReport
from stages.sweeps.sweep_json_rows import Levels, Row

NamedCells = Sequence[tuple[str, Cell | str]]
"""A row of a table, each cell behind the title of its column."""

NAMES = {
    ACCURACY: "accuracy, points",
    DRIFT: "drift ratio, times",
    FLIPS: "flips, points",
    COMPUTED: "computed tokens, times",
}


def rows_table(sweep: SweepReport) -> Table:
    """A row for each combination, side and variant."""
    rows, axes, notes = sweep.originals, sweep.naming_axes, Notes()
    trained = "train_accuracy" in sweep.read
    apart = any(row.state_drift is not None and row.state_drift != row.drift_ratio for row in rows)
    widths = any("pad.max_len" in axis.changes for axis in sweep.axes)
    drift = f"drift ratio of what the classifier reads, {sweep.pads} extra pads"
    cells: list[NamedCells] = [
        [
            *_levels_cells(row, axes),
            *[("width of the rows", str(row.max_len))] * widths,
            ("test accuracy", estimate_cell(PERCENT, row.accuracy)),
            *[("training accuracy", estimate_cell(PERCENT, row.train_accuracy))] * trained,
            (drift, judged_cell(RATIO, row.drift_ratio, notes)),
            *([("drift ratio of the last h", judged_cell(RATIO, row.state_drift, notes))] if apart else []),
            ("predictions flipped", judged_cell(PERCENT, row.flip_rate, notes)),
            ("padding in the training rows", number_cell(row.padding_share, format_percent)),
            ("computed tokens / tokens of text", number_cell(row.computed_tokens / row.text_tokens)),
            ("at chance", of_seeds(row.n_seeds_at_chance, row.n_seeds)),
        ]
        for row in rows
    ]
    return table_of(cells, notes.reasons)


def table_of(rows: Sequence[NamedCells], notes: Sequence[str] = (), why_empty: str = "") -> Table:
    """A table of rows that all have the same titles."""
    header = [title for title, _ in rows[0]] if rows else []
    return Table(header, [[cell for _, cell in row] for row in rows], list(notes), why_empty)


def effects_table(sweep: SweepReport, axis: str) -> Table:
    """What each level of an axis does against its reference: over all rows, then for every side and variant."""
    inner = {name for name in sweep.naming_axes if name in INNER_AXES and name != axis}
    shown = [effect for effect in sweep.effects if effect.axis == axis and set(effect.within) <= inner]
    notes = Notes()
    contrasts: dict[tuple[str, str], dict[str, Effect]] = {}
    for effect in shown:
        place = within_text(sweep.ordered(effect.within))
        contrasts.setdefault((effect.level, place), {})[effect.estimand] = effect
    rows: list[NamedCells] = [
        [
            (axis_title(axis), level_text(axis, level)),
            ("instead of", level_text(axis, of_estimands[ACCURACY].reference)),
            ("within", place),
            *((title, effect_cell(of_estimands[estimand], notes)) for estimand, title in NAMES.items()),
            ("seeds", _seeds(of_estimands)),
        ]
        for (level, place), of_estimands in contrasts.items()
    ]
    return table_of(rows, notes.reasons, "no combination has rows to compare")


def _seeds(of_estimands: dict[str, Effect]) -> str:
    """6, or 2 to 6 where the estimands differ in how many have a value."""
    known = [effect for effect in of_estimands.values() if effect.estimand != COMPUTED and effect.estimate is not None]
    counts = sorted({effect.n_seeds for effect in known})
    return " to ".join(map(str, counts[:: max(1, len(counts) - 1)])) or "0"


def effect_cell(effect: Effect, notes: Notes) -> Cell:
    """+4.4 [−0.3, +9.1], or 3.20 [2.10, 4.90]."""
    scale = scale_of(effect.scale)
    if effect.unmoved:
        return Cell(f"both {EXACT_ZERO}" if scale is RATIO else EXACT_ZERO)
    if effect.reason in (TO_EXACT, FROM_EXACT):
        return Cell(f"{'to' if effect.reason == TO_EXACT else 'from'} {EXACT_ZERO}")
    if effect.low is None and effect.reason:
        return notes.marked(number_cell(effect.estimate, scale.number), effect.reason)
    left_out = f" ({effect.left_out} of {effect.left_out + effect.n_seeds} seeds left out)"
    some = f" ({effect.combinations} of {effect.of_combinations} combinations)"
    return Cell(
        scale.number(effect.estimate),
        effect.estimate,
        interval=scale.interval(effect.low, effect.high),
        rest=left_out * bool(effect.left_out) + some * (effect.combinations < effect.of_combinations),
    )


def interactions_table(sweep: SweepReport) -> Table:
    """A row for each notable difference of differences."""
    rows: list[NamedCells] = [
        [
            ("levels", _levels(sweep.ordered(interaction.levels))),
            ("together, against", _levels(sweep.ordered(interaction.references))),
            ("of", NAMES[interaction.estimand]),
            ("difference of differences, or ratio of ratios", estimate_cell(scale_of(interaction.scale), interaction)),
            ("seeds", str(interaction.n_seeds)),
        ]
        for interaction in sweep.interactions
    ]
    return table_of(rows, why_empty="no interval excludes what no interaction would give")


def scale_of(scale: str | None) -> Scale:
    """What an effect on this scale is measured in: a ratio without a unit, or points."""
    return RATIO if scale == sweep_json_rows.RATIO else POINTS


def serving_table(sweep: SweepReport) -> Table:
    """How accuracy changes where a model is served otherwise than trained, a column for each condition."""
    rows, axes, notes = sweep.originals, sweep.naming_axes, Notes()
    conditions = in_order({name for row in rows for name in row.accuracy_change})
    titles = {name: condition_name_in_table(name) for name in conditions}
    cells: list[NamedCells] = [
        [
            *_levels_cells(row, axes),
            *((title, judged_cell(POINTS, row.accuracy_change.get(name), notes)) for name, title in titles.items()),
        ]
        for row in rows
    ]
    return table_of(cells, notes.reasons)


def axis_title(axis: str) -> str:
    """The head of a column: padding for side, the others as they are."""
    return "padding" if axis == SIDE else axis


def level_text(axis: str, label: str) -> str:
    """A label in a cell; as code variants, and what Markdown would read as marks."""
    return f"`{label}`" if axis == VARIANT else label_text(label)


def within_text(within: Levels) -> str:
    """post, `masked`; or that it is a mean over all rows."""
    return ", ".join(level_text(axis, label) for axis, label in within.items()) or "all (mean)"


def _levels_cells(row: Row, axes: Sequence[str]) -> list[tuple[str, str]]:
    return [(axis_title(axis), level_text(axis, row.levels[axis])) for axis in axes]


def _levels(levels: Levels) -> str:
    return ", ".join(f"{axis_title(axis)} {level_text(axis, label)}" for axis, label in levels.items())


def heads_of_fixed_width(sweeps: Sequence[SweepReport]) -> list[str]:
    """The heads in these sweeps whose rows can take no more pads, so that pads are moved and not added."""
    heads = dict.fromkeys(row.architecture.head for sweep in sweeps for row in sweep.rows)
    return [head for head in heads if HEADS[head].fixed_width]
