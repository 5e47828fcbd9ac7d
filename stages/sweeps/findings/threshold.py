"""The share of padding from which on training without a mask stays at chance."""

from stages.reporting.format import format_percent, format_percent_interval, spaced
from stages.stats.curves import Threshold, fall, threshold
from stages.stats.rounding import rounded
from stages.sweeps.findings.effects import Grid
from stages.sweeps.findings.rows import Levels, Record, Row
from stages.sweeps.findings.words import figures, groups, of_seeds, where

MAX_LEN = "pad.max_len"
FEWEST = 3
"""With fewer shares there is nothing between which training could fall."""


def threshold_findings(grid: Grid) -> list[Record]:
    """One finding for each unmasked recurrent variant with post-padding, where some rows are wider than every text."""
    axis = grid.changing(MAX_LEN)
    if axis is None:
        return []
    unmasked = [row for row in grid.rows if row.side == "post" and row.recurrent and not row.masked]
    return [
        _finding(grid, axis, levels, sorted(rows, key=_share))
        for levels, rows in groups(grid, unmasked, axis)
        if beyond_the_longest(rows) and len(rows) >= FEWEST
    ]


def beyond_the_longest(rows: list[Row]) -> bool:
    """Whether more than one width cuts no text, so that the wider ones add nothing but padding."""
    return len({row.record["max_len"] for row in rows if not row.record["truncated_share"]}) > 1


def _finding(grid: Grid, axis: str, levels: Levels, rows: list[Row]) -> Record:
    shares = [_share(row) for row in rows]
    falls = [fall(shares, [row.learned_at(seed) for row in rows]) for seed in grid.seeds]
    found = threshold(falls, grid.level)
    record = figures(found.interval) | rounded({"estimate": found.estimate})
    record["high"] = None if record["high"] is None else min(1.0, record["high"])
    return {
        "id": "threshold",
        "levels": levels,
        "text": f"{_text(levels, found, record, shares)}{_controls(grid, axis, rows[-1])}",
        **record,
        "n_seeds": len(falls),
        "never_fell": found.never_fell,
        "never_learned": found.never_learned,
        "bracket": None if found.bracket is None else list(found.bracket),
        "shares": shares,
        "seeds": [
            {"seed": seed, "last_learned": each.last_learned, "first_lost": each.first_lost, "midpoint": each.midpoint}
            for seed, each in zip(grid.seeds, falls, strict=True)
        ],
    }


def _text(levels: Levels, found: Threshold, record: Record, shares: list[float]) -> str:
    name, most, seeds = where(levels), format_percent(shares[-1]), found.n_seeds
    if found.never_fell == seeds:
        return f"{name} never falls to chance: all {seeds} seeds learn at {most} padding, the largest share tried."
    if found.never_learned == seeds:
        return (
            f"{name} is at chance from the smallest share tried on, {format_percent(shares[0])} padding, in all "
            f"{seeds} seeds."
        )
    if found.estimate is not None and found.bracket is not None:
        first, last = map(format_percent, found.bracket)
        if found.interval is None:
            return f"{name} falls to chance between {first} and {last} padding, in every seed of {seeds}."
        at = spaced(format_percent(record["estimate"]), format_percent_interval(record["low"], record["high"]))
        return (
            f"{name} falls to chance at {at} padding: half way between the last share at which a seed learns and the "
            f"next, a mean over {seeds} seeds, which fall between {first} and {last} (the interval leaves out how far "
            "apart the tried shares lie)."
        )
    parts = [f"{of_seeds(found.never_fell, seeds)} still learn at {most}, the largest share tried"] * bool(
        found.never_fell
    )
    parts += [f"{of_seeds(found.never_learned, seeds)} learn at no share from {format_percent(shares[0])} on"] * bool(
        found.never_learned
    )
    if found.bracket is not None:
        others = seeds - found.never_fell - found.never_learned
        low, high = found.bracket
        parts.append(
            f"{others} fall{'s' * (others == 1)} to chance between {format_percent(low)} and {format_percent(high)} "
            "padding"
        )
    return f"{name} has no mean threshold: {', '.join(parts)}."


def _controls(grid: Grid, axis: str, widest: Row) -> str:
    """How many seeds are at chance in the widest rows where there is a mask, or where pads come first."""
    same = [
        row
        for row in grid.rows
        if row.levels[axis] == widest.levels[axis] and (row.masked or row.side == "pre") and row.recurrent
    ]
    if not same:
        return ""
    counts = ", ".join(
        f"{of_seeds(row.n_seeds - row.learned, row.n_seeds)} of {where({'variant': row.variant, 'side': row.side})}"
        for row in same
    )
    return f" At {format_percent(_share(widest))} padding {counts} are at chance."


def _share(row: Row) -> float:
    return float(row.record["padding_share"])
