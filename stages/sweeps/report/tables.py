"""The tables of a sweep: all of its rows, what each level does, and which levels act together."""

from collections.abc import Callable, Sequence

from stages.params.layers import HEADS
from stages.reporting.format import (
    EXACT_ZERO,
    MISSING,
    format_percent,
    format_percent_interval,
    format_points,
    format_points_interval,
    format_ratio,
    format_ratio_interval,
    listed,
    spaced,
)
from stages.reporting.results import Record, condition_text
from stages.reporting.table import Notes, Table, condition_name_in_table, of_seeds
from stages.stats.verdicts import Verdict
from stages.sweeps.findings.effects import FROM_EXACT, TO_EXACT
from stages.sweeps.findings.words import label_text

NumberText = Callable[[float | None], str]
IntervalText = Callable[[float | None, float | None], str]

INNER = ("side", "variant")
ESTIMANDS = ("accuracy", "drift_ratio", "flip_rate", "computed_tokens")


def rows_of(content: Record) -> list[Record]:
    """The rows without those of variants that repeat the baseline everywhere."""
    return [row for row in content["rows"] if row["levels"]["variant"] not in content["copies"]]


def axes_of(content: Record) -> list[str]:
    """Every axis that has several labels; side and variant always, for a row is named by them."""
    return [each["name"] for each in content["axes"] if each["name"] in INNER or len(each["labels"]) > 1]


def rows_table(content: Record) -> Table:
    """A row for each combination, side and variant."""
    rows, axes, notes = rows_of(content), axes_of(content), Notes()
    trained = "train_accuracy" in content["read"]
    apart = any(row["state_drift"] is not None and row["state_drift"] != row["drift_ratio"] for row in rows)
    pads, widths = f"{content['pads']} extra pads", any("pad.max_len" in each["changes"] for each in content["axes"])
    header = [*(axis_title(axis) for axis in axes), *["width of the rows"] * widths, "test accuracy"] + [
        "training accuracy"
    ] * trained
    header += [f"drift ratio of what the classifier reads, {pads}"] + ["drift ratio of the last h"] * apart
    header += ["predictions flipped", "padding in the training rows", "computed tokens / tokens of text", "at chance"]
    return Table(
        header, [_row(row, axes, notes, trained=trained, apart=apart, widths=widths) for row in rows], notes.reasons
    )


def _row(row: Record, axes: list[str], notes: Notes, *, trained: bool, apart: bool, widths: bool) -> list[str]:
    state = row["state_drift"]
    return [
        *(level_text(axis, row["levels"][axis]) for axis in axes),
        *[str(row["max_len"])] * widths,
        share_of(row["accuracy"]),
        *[share_of(row["train_accuracy"])] * trained,
        judged(row["drift_ratio"], notes, format_ratio, format_ratio_interval),
        *[MISSING if state is None else judged(state, notes, format_ratio, format_ratio_interval)] * apart,
        judged(row["flip_rate"], notes, format_percent, format_percent_interval),
        format_percent(row["padding_share"]),
        format_ratio(row["computed_tokens"] / row["text_tokens"]),
        str(of_seeds(row["n_seeds_at_chance"], row["n_seeds"])),
    ]


def effects_table(content: Record, axis: str) -> Table:
    """What each level of an axis does against its reference: over all rows, then for every side and variant."""
    inner = {each for each in axes_of(content) if each in INNER and each != axis}
    found = [each for each in content["effects"] if each["axis"] == axis]
    shown = [each for each in found if not each["within"] or set(each["within"]) <= inner]
    notes = Notes()
    header = [axis_title(axis), "instead of", "within", "accuracy, points", "drift ratio, times", "flips, points"]
    header += ["computed tokens, times", "seeds"]
    keys = list(dict.fromkeys((each["level"], _key(each["within"])) for each in shown))
    by = {(each["level"], _key(each["within"]), each["estimand"]): each for each in shown}
    rows = [_effect([by[level, within, estimand] for estimand in ESTIMANDS], notes) for level, within in keys]
    return Table(header, rows, notes.reasons, "no combination has rows to compare")


def _effect(of_estimands: list[Record], notes: Notes) -> list[str]:
    first = of_estimands[0]
    texts = [effect_text(each, notes) for each in of_estimands]
    names = [level_text(first["axis"], first[key]) for key in ("level", "reference")]
    seeds = sorted({each["n_seeds"] for each in of_estimands[:-1] if each["estimate"] is not None})
    return [
        *names,
        within_text(first["within"]),
        *texts,
        " to ".join(map(str, seeds[:: max(1, len(seeds) - 1)])) or "0",
    ]


def effect_text(effect: Record, notes: Notes) -> str:
    """+4.4 [−0.3, +9.1] INCONCLUSIVE, or 3.20 [2.10, 4.90]."""
    if effect["verdict"] == Verdict.EXACT:
        return f"both {EXACT_ZERO}" if effect["scale"] == "ratio" else EXACT_ZERO
    if effect["reason"] in (TO_EXACT, FROM_EXACT):
        return f"{'to' if effect['reason'] == TO_EXACT else 'from'} {EXACT_ZERO}"
    form: tuple[NumberText, IntervalText] = (format_points, format_points_interval)
    if effect["scale"] == "ratio":
        form = (format_ratio, format_ratio_interval)
    if effect["low"] is None and effect["reason"]:
        return notes.mark(form[0](effect["estimate"]), effect["reason"])
    left_out = f"({effect['left_out']} of {effect['left_out'] + effect['n_seeds']} seeds left out)"
    some = f"({effect['combinations']} of {effect['of_combinations']} combinations)"
    verdict = effect["verdict"] if effect["verdict"] != Verdict.UNDEFINED else None
    return spaced(
        form[0](effect["estimate"]),
        form[1](effect["low"], effect["high"]),
        verdict or "",
        left_out * bool(effect["left_out"]),
        some * bool(effect["combinations"] < effect["of_combinations"]),
    )


def interactions_table(content: Record) -> Table:
    """A row for each notable difference of differences."""
    header = ["levels", "together, against", "of", "difference of differences, or ratio of ratios", "seeds"]
    rows = [
        [
            _levels(each["levels"]),
            _levels(each["references"]),
            NAMES[each["estimand"]],
            spaced(*_interaction(each)),
            str(each["n_seeds"]),
        ]
        for each in content["interactions"]
    ]
    return Table(header, rows, why_empty="no interval excludes what no interaction would give")


NAMES = {"accuracy": "accuracy, points", "drift_ratio": "drift ratio, times", "flip_rate": "flips, points"}


def _interaction(each: Record) -> tuple[str, str]:
    if each["scale"] == "ratio":
        return format_ratio(each["estimate"]), format_ratio_interval(each["low"], each["high"])
    return format_points(each["estimate"]), format_points_interval(each["low"], each["high"])


def serving_table(content: Record) -> Table:
    """How accuracy changes where a model is served otherwise than trained, a column for each condition."""
    rows, axes, notes = rows_of(content), axes_of(content), Notes()
    conditions = list(dict.fromkeys(name for row in rows for name in row["accuracy_change"]))
    header = [*(axis_title(axis) for axis in axes), *(condition_name_in_table(name) for name in conditions)]
    found = [
        [
            *(level_text(axis, row["levels"][axis]) for axis in axes),
            *(judged_or_missing(row["accuracy_change"].get(name), notes) for name in conditions),
        ]
        for row in rows
    ]
    return Table(header, found, notes.reasons)


def judged_or_missing(record: Record | None, notes: Notes) -> str:
    """A change of accuracy in points; a dash where it was not measured."""
    return MISSING if record is None else judged(record, notes, format_points, format_points_interval)


def judged(record: Record, notes: Notes, value: NumberText, interval: IntervalText) -> str:
    """An estimate, its interval and its verdict; a reason below the table where it is undefined."""
    if record["verdict"] == Verdict.EXACT:
        return EXACT_ZERO
    if record["verdict"] == Verdict.UNDEFINED:
        return notes.mark(value(record["estimate"]), record.get("reason"))
    return f"{value(record['estimate'])} {interval(record['low'], record['high'])} {record['verdict']}"


def share_of(record: Record | None) -> str:
    """2.1 % [1.5, 2.9]."""
    return MISSING if record is None else _with(record, format_percent, format_percent_interval)


def points_of(record: Record) -> str:
    """+4.4 [−0.3, +9.1]."""
    return _with(record, format_points, format_points_interval)


def _with(record: Record, value: NumberText, interval: Callable[[float | None, float | None], str]) -> str:
    return spaced(value(record["estimate"]), interval(record["low"], record["high"]))


def axis_title(axis: str) -> str:
    """The head of a column: padding for side, the others as they are."""
    return {"side": "padding"}.get(axis, axis)


def level_text(axis: str, label: str) -> str:
    """A label in a cell; as code variants, and what Markdown would read as marks."""
    return f"`{label}`" if axis == "variant" else label_text(label)


def within_text(within: dict[str, str]) -> str:
    """post, `masked`; or that it is a mean over all rows."""
    return ", ".join(level_text(axis, label) for axis, label in within.items()) or "all (mean)"


def condition_list(conditions: list[str]) -> str:
    """Conditions in words."""
    return listed([condition_text(name) for name in conditions])


def _levels(levels: dict[str, str]) -> str:
    return ", ".join(f"{axis_title(axis)} {level_text(axis, label)}" for axis, label in levels.items())


def _key(within: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(within.items())


def heads_of_fixed_width(sweeps: Sequence[Record]) -> list[str]:
    """The heads in these sweeps whose rows can take no more pads, so that pads are moved and not added."""
    heads = dict.fromkeys(row["architecture"]["head"] for content in sweeps for row in content["rows"])
    return [head for head in heads if HEADS[head].fixed_width]
