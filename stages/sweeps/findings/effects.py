"""What each level of each axis does, paired by seed: within combinations of the other axes and averaged over them."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stages.params.schema import BASELINE
from stages.stats.seed_pairs import Contrast, as_ratio, averaged, logarithms, over_seeds, verdict_on
from stages.stats.verdicts import Verdict
from stages.sweeps.findings.rows import Levels, Record, Row
from stages.sweeps.spec import INNER_AXES, Sweep

Floats = NDArray[np.float64]

ESTIMANDS = ("accuracy", "drift_ratio", "flip_rate")
"""What has a value for every seed; computed tokens are counted for a row."""
RATIOS = ("drift_ratio", "computed_tokens")
COMPUTED = "computed_tokens"
DIFFERENCE, RATIO = "difference", "ratio"

NEITHER_LEARNED = "no seed of either learned, so both accuracies are chance"
BOTH_EXACT = "both are EXACT"
TO_EXACT = "EXACT (0) at this level and not at the reference, so there is no ratio"
FROM_EXACT = "EXACT (0) at the reference and not at this level, so there is no ratio"
ONE_EXACT = "one of both is EXACT (0) everywhere, so there is no ratio"
NOT_LEARNED = "too few seeds learned on both sides"
COUNTED = "counted, not estimated"
T_ON_DIFFERENCES = "mean difference, paired by seed; t interval over seeds"
T_ON_LOGARITHMS = "ratio of geometric means, paired by seed; t interval of the differences of logarithms"

FEWEST_OF_MANY = 3
"""Fewer seeds than that, where others were left out, give no verdict: those that are left are those that learned."""


@dataclass(frozen=True)
class Grid:
    """The rows of a sweep by their levels; variants that repeat the baseline everywhere are left out.

    Attributes:
        rows: what is compared.
        axes: axis -> labels in their order, side and variant last, axes with a single level left out; the first label
            is the reference, of the variants the baseline.
        seeds: every seed number, rising.
        level: confidence level.
        epsilon: the largest differences that do not matter, by estimand.
        changes: axis -> the dotted params that its levels change; nothing for side and variant.
    """

    rows: list[Row]
    axes: dict[str, list[str]]
    seeds: list[int]
    level: float
    epsilon: dict[str, float]
    changes: dict[str, frozenset[str]]

    def changing(self, *params: str) -> str | None:
        """The axis whose levels change one of these params; None where there is none."""
        return next((axis for axis in self.axes if self.changes.get(axis, frozenset()) & set(params)), None)

    @property
    def outer(self) -> list[str]:
        """The axes of the grid, without side and variant."""
        return [axis for axis in self.axes if axis not in INNER_AXES]

    def find(self, levels: Levels) -> Row | None:
        """The row of these levels; None where that combination was not trained."""
        return next((row for row in self.rows if levels.items() <= row.levels.items()), None)

    def others(self, *axes: str) -> list[Levels]:
        """Every combination of the axes that are not named, {} alone where there is none."""
        rest = {axis: labels for axis, labels in self.axes.items() if axis not in axes}
        return [dict(zip(rest, labels, strict=True)) for labels in itertools.product(*rest.values())]


def grid_of(rows: Sequence[Row], sweep: Sweep, level: float, epsilon: dict[str, float]) -> Grid:
    """The grid of a sweep.

    Args:
        rows: all rows.
        sweep: its axes.
        level: confidence level.
        epsilon: the largest differences that do not matter, by estimand.
    """
    copies = copied_variants(rows)
    kept = [row for row in rows if row.variant not in copies]
    sides = list(dict.fromkeys(row.side for row in kept))
    variants = sorted(dict.fromkeys(row.variant for row in kept), key=lambda variant: variant != BASELINE)
    named = {**sweep.axes, "side": sides, "variant": variants}
    return Grid(
        rows=kept,
        axes={axis: labels for axis, labels in named.items() if len(labels) > 1},
        seeds=sorted({each["seed"] for row in kept for each in row.record["seeds"]}),
        level=level,
        epsilon=epsilon,
        changes={axis: frozenset().union(*levels.values()) for axis, levels in sweep.grid.items()},
    )


def copied_variants(rows: Sequence[Row]) -> list[str]:
    """Variants whose every row repeats the baseline's figures to the last bit."""
    others = {row.variant for row in rows if not row.copy}
    return list(dict.fromkeys(row.variant for row in rows if row.variant not in others))


def repeated_variants(rows: Sequence[Row]) -> dict[str, str]:
    """Variant -> another that comes first and whose figures it repeats, seed by seed and to the last bit, in every row.

    Copies of the baseline, which `copied_variants` names, are left out.
    """
    copies = copied_variants(rows)
    figures: dict[str, dict[str, list[Record]]] = {}
    for row in rows:
        if row.variant not in copies:
            place = str({axis: label for axis, label in row.levels.items() if axis != "variant"})
            figures.setdefault(row.variant, {})[place] = row.record["seeds"]
    found: dict[str, str] = {}
    for one, other in itertools.combinations(figures, 2):
        if other not in found and figures[one] == figures[other]:
            found[other] = one
    return found


def effects(grid: Grid) -> list[Record]:
    """Every level against the reference of its axis.

    Each is given averaged over all other axes (`within` is empty), within every side and variant and averaged over the
    axes of the grid, and within every combination.
    """
    return [
        effect
        for axis, (reference, *levels) in grid.axes.items()
        for level in levels
        for within in _withins(grid, axis)
        for effect in _of_level(grid, axis, level, reference, within)
    ]


def difference_by_seed(ours: Row, theirs: Row, estimand: str, seeds: Sequence[int]) -> Floats:
    """Ours minus theirs of every seed, of drift as a difference of logarithms; NaN where one has no value."""
    mine, other = (row.by_seed(estimand, seeds) for row in (ours, theirs))
    if estimand in RATIOS:
        return logarithms(mine) - logarithms(other)
    return mine - other


def _withins(grid: Grid, axis: str) -> list[Levels]:
    rest = [other for other in grid.axes if other != axis]
    inner = [other for other in rest if other in INNER_AXES]
    whole = grid.others(axis)
    partial = [
        dict(zip(inner, labels, strict=True)) for labels in itertools.product(*(grid.axes[other] for other in inner))
    ]
    return [*_unique([{}, *partial, *whole])]


def _unique(levels: list[Levels]) -> Iterator[Levels]:
    seen: list[Levels] = []
    for each in levels:
        if each not in seen:
            seen.append(each)
            yield each


def _of_level(grid: Grid, axis: str, level: str, reference: str, within: Levels) -> Iterator[Record]:
    pairs = _pairs(grid, axis, level, reference, within)
    if not pairs:
        return
    shared: Record = {"axis": axis, "level": level, "reference": reference, "within": within}
    for estimand in ESTIMANDS:
        yield shared | {"estimand": estimand} | _estimated(grid, pairs, estimand)
    yield shared | {"estimand": COMPUTED} | _counted(pairs, len(grid.seeds))


def _pairs(grid: Grid, axis: str, level: str, reference: str, within: Levels) -> list[tuple[Row, Row]]:
    """The rows at the level and at the reference, alike in every other axis."""
    others = [each for each in grid.others(axis) if within.items() <= each.items()]
    found = [(grid.find({**each, axis: level}), grid.find({**each, axis: reference})) for each in others]
    return [(ours, theirs) for ours, theirs in found if ours is not None and theirs is not None]


def _estimated(grid: Grid, pairs: list[tuple[Row, Row]], estimand: str) -> Record:
    useful = [pair for pair in pairs if _says_something(pair, estimand)]
    if not useful:
        return _nothing(grid, estimand)
    by_pair = np.array([difference_by_seed(*pair, estimand, grid.seeds) for pair in useful]).reshape(
        -1, len(grid.seeds)
    )
    by_seed, combinations = averaged(by_pair)
    ratio = estimand in RATIOS
    contrast = over_seeds(by_seed, grid.level)
    contrast = contrast if ratio else _inside(contrast)
    reason = _reason(useful, estimand) if contrast.estimate is None else contrast.reason
    few = contrast.left_out and contrast.n_seeds < FEWEST_OF_MANY
    shown = as_ratio(contrast) if ratio else contrast
    return {
        **asdict(shown),
        "reason": reason,
        "scale": RATIO if ratio else DIFFERENCE,
        "combinations": combinations,
        "of_combinations": len(useful),
        "method": T_ON_LOGARITHMS if ratio else T_ON_DIFFERENCES,
        "verdict": None if ratio else str(Verdict.UNDEFINED if few else verdict_on(by_seed, grid.epsilon[estimand])),
    }


def _inside(contrast: Contrast) -> Contrast:
    """A difference of two shares, its interval cut to where such differences lie."""
    low, high = contrast.low, contrast.high
    return replace(contrast, low=None if low is None else max(low, -1.0), high=None if high is None else min(high, 1.0))


def _says_something(pair: tuple[Row, Row], estimand: str) -> bool:
    """Not where no seed of either learned, and not where both are EXACT, which would dilute an average with zeros."""
    if estimand == "accuracy":
        return any(row.learned for row in pair)
    return not all(row.verdict(estimand) is Verdict.EXACT for row in pair)


def _nothing(grid: Grid, estimand: str) -> Record:
    """What stands where no pair says something."""
    at_chance = estimand == "accuracy"
    return {
        **asdict(Contrast(None, None, None, 0, len(grid.seeds), NEITHER_LEARNED if at_chance else BOTH_EXACT)),
        "scale": RATIO if estimand in RATIOS else DIFFERENCE,
        "combinations": 0,
        "of_combinations": 0,
        "method": "none",
        "verdict": str(Verdict.UNDEFINED if at_chance else Verdict.EXACT),
    }


def _reason(pairs: list[tuple[Row, Row]], estimand: str) -> str:
    """Why there is no estimate."""
    exact = [tuple(row.verdict(estimand) is Verdict.EXACT for row in pair) for pair in pairs]
    if estimand not in RATIOS or not all(any(pair) for pair in exact):
        return NOT_LEARNED
    return ONE_EXACT if len(set(exact)) > 1 else TO_EXACT if exact[0][0] else FROM_EXACT


def _counted(pairs: list[tuple[Row, Row]], n_seeds: int) -> Record:
    """Computed tokens: the geometric mean over combinations of a ratio of counts, which has no interval."""
    ratios = [ours.record[COMPUTED] / theirs.record[COMPUTED] for ours, theirs in pairs]
    none = {"low": None, "high": None, "left_out": 0, "reason": None, "verdict": None}
    return {
        "estimate": float(np.exp(np.mean(np.log(ratios)))),
        "n_seeds": n_seeds,
        "scale": RATIO,
        "combinations": len(pairs),
        "of_combinations": len(pairs),
        "method": COUNTED,
        **none,
    }
