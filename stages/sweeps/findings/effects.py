"""What each level of each axis does, paired by seed: within combinations of the other axes and averaged over them."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from stages.params.derived import BASELINE
from stages.reporting.results import DRIFT, FLIPS
from stages.stats.seed_pairs import Contrast, as_ratio, averaged, logarithms, over_seeds
from stages.stats.verdicts import Verdict
from stages.sweeps.spec import INNER_AXES, VARIANT
from stages.sweeps.sweep_json import Axis, Effect
from stages.sweeps.sweep_json_rows import DIFFERENCE, RATIO, Figure, Levels, Row, SeedFigures, picked

Floats = NDArray[np.float64]

ACCURACY, COMPUTED = "accuracy", "computed_tokens"
ESTIMANDS = (ACCURACY, DRIFT, FLIPS)
"""What has a value for every seed; computed tokens are counted for a row."""
RATIOS = (DRIFT, COMPUTED)

NEITHER_LEARNED = "no seed of either learned, so both accuracies are chance"
BOTH_EXACT = "both are EXACT"
TO_EXACT = "EXACT (0) at this level and not at the reference, so there is no ratio"
FROM_EXACT = "EXACT (0) at the reference and not at this level, so there is no ratio"
ONE_EXACT = "one of both is EXACT (0) everywhere, so there is no ratio"
NOT_LEARNED = "too few seeds learned on both sides"
COUNTED = "counted, not estimated"
T_ON_DIFFERENCES = "mean difference, paired by seed; t interval over seeds"
T_ON_LOGARITHMS = "ratio of geometric means, paired by seed; t interval of the differences of logarithms"


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
    changes: dict[str, list[str]]

    def changing(self, *params: str) -> str | None:
        """The axis whose levels change one of these params; None where there is none."""
        return next((axis for axis in self.axes if set(self.changes.get(axis, [])) & set(params)), None)

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


def grid_of(rows: Sequence[Row], axes: Sequence[Axis], level: float, epsilon: dict[str, float]) -> Grid:
    """The grid of all rows of a sweep and all of its axes, with all labels; level and ε as `Grid` has them."""
    copies = copied_variants(rows)
    labels = {axis.name: axis.labels for axis in axes}
    variants = [variant for variant in labels[VARIANT] if variant not in copies]
    labels[VARIANT] = sorted(variants, key=lambda variant: variant != BASELINE)
    kept = [row for row in rows if row.variant not in copies]
    return Grid(
        rows=kept,
        axes={axis: names for axis, names in labels.items() if len(names) > 1},
        seeds=seeds_of(*kept),
        level=level,
        epsilon=epsilon,
        changes={axis.name: axis.changes for axis in axes},
    )


def seeds_of(*rows: Row) -> list[int]:
    """The numbers of the seeds of any of the rows, rising; one that a row lacks has no value there."""
    return sorted({seed.seed for row in rows for seed in row.seeds})


def copied_variants(rows: Sequence[Row]) -> list[str]:
    """Variants whose every row repeats the baseline's figures to the last bit."""
    others = {row.variant for row in rows if not row.same_as_baseline}
    return list(dict.fromkeys(row.variant for row in rows if row.variant not in others))


def repeated_variants(rows: Sequence[Row]) -> dict[str, str]:
    """Variant -> another that comes first and whose figures it repeats, seed by seed and to the last bit, in every row.

    Copies of the baseline, which `copied_variants` names, are left out.
    """
    copies = copied_variants(rows)
    figures: dict[str, dict[str, list[SeedFigures]]] = {}
    for row in rows:
        if row.variant not in copies:
            place = str({axis: label for axis, label in row.levels.items() if axis != VARIANT})
            figures.setdefault(row.variant, {})[place] = row.seeds
    repeats: dict[str, str] = {}
    for one, other in itertools.combinations(figures, 2):
        if other not in repeats and figures[one] == figures[other]:
            repeats[other] = one
    return repeats


def effects(grid: Grid) -> list[Effect]:
    """Every level against the reference of its axis.

    Each is given averaged over all other axes (`within` is empty), within every side and variant and averaged over the
    axes of the grid, and within every combination.
    """
    return [
        effect
        for axis, (reference, *levels) in grid.axes.items()
        for level in levels
        for within in unique([{}, *grid.others(axis, *grid.outer), *grid.others(axis)])
        for effect in _of_level(grid, axis, level, reference, within)
    ]


def difference_by_seed(ours: Row, theirs: Row, estimand: str, seeds: list[int]) -> Floats:
    """Ours minus theirs of every seed, of drift as a difference of logarithms; NaN where one has no value."""
    one, other = (row.by_seed(estimand, seeds) for row in (ours, theirs))
    if estimand in RATIOS:
        return logarithms(one) - logarithms(other)
    return one - other


def figure_of(contrast: Contrast, *, ratio: bool = False) -> Figure:
    """A contrast as it is printed: one of logarithms as a ratio; a difference that is 0 in every seed is EXACT."""
    if ratio:
        return picked(Figure, as_ratio(contrast))
    exact = contrast.low == contrast.high == 0.0
    undefined = Verdict.UNDEFINED if contrast.estimate is None else None
    return picked(Figure, contrast, verdict=Verdict.EXACT if exact else undefined)


def unique(items: Sequence[Levels]) -> list[Levels]:
    """The levels in their order, each once."""
    return [item for place, item in enumerate(items) if item not in items[:place]]


def _of_level(grid: Grid, axis: str, level: str, reference: str, within: Levels) -> Iterator[Effect]:
    """The effects on every estimand, over the rows at the level and at the reference that are alike in all others."""
    others = [rest for rest in grid.others(axis) if within.items() <= rest.items()]
    rows = [(grid.find({**rest, axis: level}), grid.find({**rest, axis: reference})) for rest in others]
    pairs = [(ours, theirs) for ours, theirs in rows if ours is not None and theirs is not None]
    if not pairs:
        return
    effect = partial(Effect, axis=axis, level=level, reference=reference, within=within)
    for estimand in ESTIMANDS:
        scale = RATIO if estimand in RATIOS else DIFFERENCE
        yield _estimated(partial(effect, estimand=estimand, scale=scale), grid, pairs, estimand)
    yield _counted(partial(effect, estimand=COMPUTED, scale=RATIO), pairs, len(grid.seeds))


def _estimated(effect: Callable[..., Effect], grid: Grid, pairs: list[tuple[Row, Row]], estimand: str) -> Effect:
    useful = [pair for pair in pairs if _says_something(pair, estimand)]
    if not useful:
        return _nothing(effect, grid, estimand)
    by_seed, combinations = averaged(np.array([difference_by_seed(*pair, estimand, grid.seeds) for pair in useful]))
    ratio = estimand in RATIOS
    contrast = over_seeds(by_seed, grid.level)
    reason = _reason(useful, estimand) if contrast.estimate is None else contrast.reason
    return effect(
        **vars(figure_of(contrast if ratio else _inside(contrast), ratio=ratio)) | {"reason": reason},
        n_seeds=contrast.n_seeds,
        left_out=contrast.left_out,
        combinations=combinations,
        of_combinations=len(useful),
        method=T_ON_LOGARITHMS if ratio else T_ON_DIFFERENCES,
    )


def _inside(contrast: Contrast) -> Contrast:
    """A difference of two shares, its interval cut to where such differences lie."""
    low, high = contrast.low, contrast.high
    return replace(contrast, low=None if low is None else max(low, -1.0), high=None if high is None else min(high, 1.0))


def _says_something(pair: tuple[Row, Row], estimand: str) -> bool:
    """Not where no seed of either learned, and not where both are EXACT, which would dilute an average with zeros."""
    if estimand == ACCURACY:
        return any(row.learned for row in pair)
    return not all(row.unmoved(estimand) for row in pair)


def _nothing(effect: Callable[..., Effect], grid: Grid, estimand: str) -> Effect:
    """What stands where no pair says something."""
    at_chance = estimand == ACCURACY
    return effect(
        **vars(Contrast(None, None, None, 0, len(grid.seeds), NEITHER_LEARNED if at_chance else BOTH_EXACT)),
        combinations=0,
        of_combinations=0,
        method="none",
        verdict=Verdict.UNDEFINED if at_chance else Verdict.EXACT,
    )


def _reason(pairs: list[tuple[Row, Row]], estimand: str) -> str:
    """Why there is no estimate."""
    exact = [tuple(row.unmoved(estimand) for row in pair) for pair in pairs]
    if estimand not in RATIOS or not all(any(pair) for pair in exact):
        return NOT_LEARNED
    return ONE_EXACT if len(set(exact)) > 1 else TO_EXACT if exact[0][0] else FROM_EXACT


def _counted(effect: Callable[..., Effect], pairs: list[tuple[Row, Row]], n_seeds: int) -> Effect:
    """Computed tokens: the geometric mean over combinations of a ratio of counts, which has no interval."""
    ratios = [ours.computed_tokens / theirs.computed_tokens for ours, theirs in pairs]
    return effect(
        **vars(Contrast(float(np.exp(np.mean(np.log(ratios)))), None, None, n_seeds, 0)),
        combinations=len(pairs),
        of_combinations=len(pairs),
        method=COUNTED,
    )
