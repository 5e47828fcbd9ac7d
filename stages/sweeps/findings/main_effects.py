"""What every axis of the grid does to accuracy and drift, in one sentence for each side and variant."""

from collections.abc import Sequence

from stages.params.schema import BASELINE
from stages.reporting.format import (
    capital,
    format_points,
    format_points_interval,
    format_ratio,
    format_ratio_interval,
    spaced,
)
from stages.stats.verdicts import Verdict
from stages.sweeps.findings.effects import BOTH_EXACT, FROM_EXACT, TO_EXACT, Grid
from stages.sweeps.findings.interactions import gap_change
from stages.sweeps.findings.rows import Levels, Record, Row
from stages.sweeps.findings.words import axis_name, judged_points, label_text, of_seeds, ticked, where
from stages.sweeps.spec import INNER_AXES

FEW = 2
"""Up to so many levels beside the reference are all named; of more, the last where they rise, or the extreme."""


def main_findings(grid: Grid, effects: Sequence[Record]) -> list[Record]:
    """One finding for each axis of the grid, side and variant, averaged over the other axes of the grid.

    Where the grid varies nothing, the sides and the variants are what is compared.
    """
    found = []
    for axis in grid.outer or list(grid.axes):
        inner = [other for other in INNER_AXES if other in grid.axes and other != axis]
        of_axis = [each for each in effects if each["axis"] == axis and set(each["within"]) == set(inner)]
        for within in _each_once([each["within"] for each in of_axis]):
            mine = [each for each in of_axis if each["within"] == within]
            found.append(_finding(grid, axis, within, mine))
    return found


def exact_finding(rows: Sequence[Row]) -> list[Record]:
    """Which variants are EXACT in all of their rows."""
    variants = list(dict.fromkeys(row.variant for row in rows))
    of = {variant: [row for row in rows if row.variant == variant] for variant in variants}
    exact = [name for name in variants if all(row.verdict("drift_ratio") is Verdict.EXACT for row in of[name])]
    if not exact:
        return []
    count = sum(len(of[name]) for name in exact)
    text = (
        f"{ticked(exact)} {'is' if len(exact) == 1 else 'are'} EXACT in all {count} rows: the extra pads move nothing."
    )
    return [{"id": "exact", "variants": exact, "rows": count, "text": text}]


def chosen_levels(levels: list[str], accuracies: dict[str, Record]) -> list[str]:
    """The levels of an axis that a sentence names.

    Args:
        levels: all but the reference, in order.
        accuracies: the effect on accuracy by level.
    """
    if len(levels) <= FEW:
        return levels
    if _rising(levels):
        return levels[-1:]
    known = [level for level in levels if accuracies[level]["estimate"] is not None]
    return [max(known, key=lambda level: abs(accuracies[level]["estimate"]))] if known else levels[-1:]


def _finding(grid: Grid, axis: str, within: Levels, effects: list[Record]) -> Record:
    levels = _named(grid, axis, within)
    by = {(each["level"], each["estimand"]): each for each in effects}
    names = list(dict.fromkeys(each["level"] for each in effects))
    accuracies = {name: by[name, "accuracy"] for name in names}
    chosen = names if axis in INNER_AXES else chosen_levels(names, accuracies)
    reference = effects[0]["reference"]
    gains = {
        name: gap_change(grid, axis, name, within) if levels.get("variant") == BASELINE else None for name in chosen
    }
    parts = [
        f"accuracy {_points(by[name, 'accuracy'])}{_gain(gains[name])}, drift {_times(by[name, 'drift_ratio'])}"
        for name in chosen
    ]
    if len(chosen) == 1:
        said = f"{axis_name(axis)} {label_text(chosen[0])} instead of {label_text(reference)}: {parts[0]}"
    else:
        each = [f"{label_text(name)} {part}" for name, part in zip(chosen, parts, strict=True)]
        said = f"{axis_name(axis)} instead of {label_text(reference)}: {'; '.join(each)}"
    kept = [
        {key: each[key] for key in ("level", "reference", "estimand", "estimate", "low", "high", "verdict", "reason")}
        for each in effects
        if each["level"] in chosen and each["estimand"] in ("accuracy", "drift_ratio")
    ]
    return {
        "id": "main",
        "axis": axis,
        "levels": levels,
        "effects": kept,
        "gains": [{"level": name, **gain} for name, gain in gains.items() if gain is not None],
        "text": f"{capital(where(levels))}, {said}.",
    }


def _gain(gain: Record | None) -> str:
    """What padding does beyond what the level does to every model: how much more a mask adds there."""
    if gain is None:
        return ""
    changed = spaced(format_points(gain["estimate"]), format_points_interval(gain["low"], gain["high"]))
    return f" (what a mask adds changes by {changed})"


def _points(effect: Record) -> str:
    if effect["estimate"] is None:
        return f"undefined ({effect['reason']})"
    return f"{judged_points(effect)}{_of(effect)}"


def _of(effect: Record) -> str:
    """The seeds that have a value, where others have none."""
    left_out = effect["left_out"]
    return f" in {of_seeds(effect['n_seeds'], effect['n_seeds'] + left_out)}" if left_out else ""


def _times(effect: Record) -> str:
    if effect["estimate"] is None:
        exact = {BOTH_EXACT: "0 (exact) at both", TO_EXACT: "falls to 0 (exact)", FROM_EXACT: "rises from 0 (exact)"}
        return exact.get(effect["reason"]) or f"undefined ({effect['reason']})"
    return (
        "× "
        f"{spaced(format_ratio(effect['estimate']), format_ratio_interval(effect['low'], effect['high']))}{_of(effect)}"
    )


def _named(grid: Grid, axis: str, within: Levels) -> Levels:
    """With side and variant even where the sweep has only one of them."""
    inner = [other for other in ("variant", "side") if other != axis]
    return {other: within.get(other) or grid.rows[0].levels[other] for other in inner}


def _rising(levels: list[str]) -> bool:
    try:
        numbers = [float(level) for level in levels]
    except ValueError:
        return False
    return numbers == sorted(numbers)


def _each_once(items: list[Levels]) -> list[Levels]:
    found: list[Levels] = []
    for item in items:
        if item not in found:
            found.append(item)
    return found
