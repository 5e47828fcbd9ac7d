"""The share of padding from which on training without a mask stays at chance."""

from dataclasses import replace

from stages.reporting.format import PERCENT, format_percent, listed
from stages.stats import curves
from stages.sweeps.findings.effects import Grid
from stages.sweeps.findings.words import figure, format_of_seeds, groups, where
from stages.sweeps.spec import SIDE, VARIANT
from stages.sweeps.sweep_json_findings import SeedFall, Threshold
from stages.sweeps.sweep_json_rows import Figure, Levels, Row, picked

MAX_LEN = "pad.max_len"
FEWEST = 3
"""With fewer shares there is nothing between which training could fall."""


def threshold_findings(grid: Grid) -> list[Threshold]:
    """One finding for each unmasked recurrent variant with post-padding, where some rows are wider than every text."""
    unmasked = [row for row in grid.rows if row.side == "post" and row.recurrent and not row.masked]
    return [
        _finding(grid, axis, levels, sorted(rows, key=lambda row: row.padding_share))
        for axis, levels, rows in groups(grid, unmasked, MAX_LEN)
        if beyond_the_longest(rows) and len(rows) >= FEWEST
    ]


def beyond_the_longest(rows: list[Row]) -> bool:
    """Whether more than one width cuts no text, so that the wider ones add nothing but padding."""
    return len({row.max_len for row in rows if not row.truncated_share}) > 1


def _finding(grid: Grid, axis: str, levels: Levels, rows: list[Row]) -> Threshold:
    shares = [row.padding_share for row in rows]
    falls = [curves.fall(shares, [row.learned_at(seed) for row in rows]) for seed in grid.seeds]
    fallen = curves.threshold(falls, grid.level)
    ends = figure(fallen.interval)
    high = None if ends.high is None else min(1.0, ends.high)
    ends = replace(ends, estimate=fallen.estimate, high=high).rounded()
    return picked(
        Threshold,
        fallen,
        **vars(ends),
        levels=levels,
        text=f"{_text(levels, fallen, ends, shares)}{_controls(grid, axis, rows[-1])}",
        shares=shares,
        seeds=[picked(SeedFall, fall, seed=seed) for seed, fall in zip(grid.seeds, falls, strict=True)],
    )


def _text(levels: Levels, fallen: curves.Threshold, ends: Figure, shares: list[float]) -> str:
    name, most, seeds = where(levels), format_percent(shares[-1]), fallen.n_seeds
    if fallen.never_fell == seeds:
        return f"{name} never falls to chance: all {seeds} seeds learn at {most} padding, the largest share tried."
    if fallen.never_learned == seeds:
        return (
            f"{name} is at chance from the smallest share tried on, {format_percent(shares[0])} padding, in all "
            f"{seeds} seeds."
        )
    if fallen.estimate is not None and fallen.bracket is not None:
        first, last = map(format_percent, fallen.bracket)
        if fallen.interval is None:
            return f"{name} falls to chance between {first} and {last} padding, in every seed of {seeds}."
        return (
            f"{name} falls to chance at {PERCENT.of(ends)} padding, a mean over {seeds} seeds. The first falls beyond "
            f"{first}, the last before {last}."
        )
    censored = {
        f"still learn at {most}, the largest share tried": fallen.never_fell,
        f"learn at no share from {format_percent(shares[0])} on": fallen.never_learned,
    }
    parts = [f"{format_of_seeds(count, seeds)} {what}" for what, count in censored.items() if count]
    if fallen.bracket is not None:
        others = seeds - fallen.never_fell - fallen.never_learned
        low, high = fallen.bracket
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
    at_chance: dict[str, list[str]] = {}
    for row in same:
        stuck = row.n_seeds - row.learned
        count = format_of_seeds(stuck, row.n_seeds) if stuck else "no seed"
        at_chance.setdefault(count, []).append(where({VARIANT: row.variant, SIDE: row.side}))
    told = "; ".join(f"{count} of {listed(names)}" for count, names in at_chance.items())
    return f" At chance with {format_percent(widest.padding_share)} padding: {told}."
