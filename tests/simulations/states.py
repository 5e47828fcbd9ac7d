"""Simulations of what is said about states: drift, single units, all units at once, similarity of models."""

from collections.abc import Callable
from functools import cache, partial

import numpy as np

from stages.analysis.cells import Drift
from stages.stats.intervals import mean_over_pairs_of_seeds, mean_over_seeds_and_texts
from stages.stats.joint_shift import joint_shift
from stages.stats.moments import Moments
from stages.stats.shift import ShiftSums
from stages.stats.similarity import debiased_cka, jackknifed, procrustes
from stages.stats.text_groups import GROUPS, text_group
from stages.stats.unit_shifts import smallest_unit_epsilon, text_sign_flip_p, unit_shifts
from stages.stats.verdicts import DIFFERENCE_LEVEL, EQUIVALENCE_LEVEL, Verdict, judge
from tests.simulations.simulation import Kind, Simulation

TEXTS = 400
WIDTH = 8
DRIFT_EPSILON = 0.01
EXACT = 1e-6
UNIT_EPSILON = 0.2
JOINT_EPSILON = 0.5


def drift(generator: np.random.Generator, seeds: int, ratio: float, spread: float) -> tuple[Drift, float, float]:
    """The drift over seeds, the largest change, and the largest drift of a seed.

    Ratios of seeds are lognormal with median `ratio`; a text's states and its shift are half its own and half shared
    by all seeds.
    """
    ids, shared, pushed = np.arange(TEXTS), *generator.normal(size=(2, TEXTS, WIDTH))
    sums = []
    for of_seed in ratio * np.exp(generator.normal(0, spread, seeds)):
        own, noise = generator.normal(size=(2, TEXTS, WIDTH))
        alone = (shared + own) / np.sqrt(2)
        sums.append(ShiftSums.of(ids, alone, alone + np.sqrt(of_seed) * (pushed + noise) / np.sqrt(2)))
    values = np.array([each.drift_ratio() for each in sums])
    without = np.stack([each.drift_ratio_without_group() for each in sums])
    return Drift.of(values, without), max(each.largest for each in sums), float(values.max())


def drift_covered(generator: np.random.Generator, seeds: int, ratio: float, spread: float) -> bool:
    """The interval of the drift ratio."""
    interval = drift(generator, seeds, ratio, spread)[0].interval(0.95)
    return interval.low <= ratio <= interval.high


def drift_judged(
    generator: np.random.Generator, ratio: float, verdicts: tuple[Verdict, ...], spread: float = 0.5
) -> bool:
    """Whether six seeds give one of these verdicts."""
    over_seeds, largest, worst = drift(generator, 6, ratio, spread)
    if largest <= EXACT:
        return Verdict.EXACT in verdicts
    intervals = over_seeds.interval(EQUIVALENCE_LEVEL), over_seeds.interval(DIFFERENCE_LEVEL)
    return judge(*intervals, DRIFT_EPSILON, worst) in verdicts


def shifts(generator: np.random.Generator, mean: np.ndarray, texts: int = TEXTS) -> ShiftSums:
    """States with standard deviation 1; Δ has standard deviation 1, correlation .5 between units, and this mean."""
    alone = generator.normal(size=(texts, len(mean)))
    delta = mean + np.sqrt(0.5) * (generator.normal(size=(texts, 1)) + generator.normal(size=(texts, len(mean))))
    return ShiftSums.of(np.arange(texts), alone, alone + delta)


def some_unit_differs(generator: np.random.Generator) -> bool:
    """No unit moves: whether the false discovery rate control names one."""
    return unit_shifts(shifts(generator, np.zeros(WIDTH)), UNIT_EPSILON).different() > 0


def moved_unit_differs(generator: np.random.Generator) -> bool:
    """The first unit moves by .3: whether it is named."""
    units = unit_shifts(shifts(generator, np.eye(WIDTH)[0] * 0.3), UNIT_EPSILON)
    return bool(units.q_different[0] <= 0.05)


def units_equivalent(generator: np.random.Generator, first: float) -> bool:
    """Whether all units are called equivalent where the first moves by `first` standard deviations."""
    return bool(unit_shifts(shifts(generator, np.eye(WIDTH)[0] * first), UNIT_EPSILON).all_equivalent())


def unit_epsilon_holds(generator: np.random.Generator) -> bool:
    """Whether ε* of the units lies above the largest shift."""
    sums = shifts(generator, np.eye(WIDTH)[0] * UNIT_EPSILON)
    return smallest_unit_epsilon(unit_shifts(sums, UNIT_EPSILON), TEXTS) >= UNIT_EPSILON


def few_texts_differ(generator: np.random.Generator, texts: int, mean: float) -> bool:
    """Sign flips of whole texts, all units at once."""
    delta = generator.standard_t(4, size=(texts, WIDTH)) + mean
    return text_sign_flip_p(delta, generator, resamples=499) <= 0.05


def joint(generator: np.random.Generator, distance: float, result: Callable[..., bool]) -> bool:
    """Hotelling's test where the mean lies `distance` away along a random direction."""
    direction = generator.normal(size=WIDTH)
    covariance = 0.5 * np.eye(WIDTH) + 0.5
    direction *= distance / np.sqrt(direction @ np.linalg.solve(covariance, direction))
    return bool(result(joint_shift(shifts(generator, direction), JOINT_EPSILON)))


MODELS = np.random.default_rng(7).normal(size=(2, WIDTH, WIDTH))
"""What two models make of the same eight features of a text."""


def representations(generator: np.random.Generator, texts: int) -> tuple[np.ndarray, np.ndarray]:
    """States of two models that share features with heavy tails, with noise of their own."""
    features = generator.standard_t(6, size=(texts, WIDTH))
    one, two = (features @ model + 2 * generator.normal(size=(texts, WIDTH)) for model in MODELS)
    return one, two


def similarity_covered(generator: np.random.Generator, statistic: Callable[[Moments], float]) -> bool:
    """The jackknife over texts of one pair of models."""
    one, two = representations(generator, 1000)
    moments = Moments.create(GROUPS, one[0], two[0])
    moments.add(one, two, text_group(np.arange(1000)))
    result = jackknifed(statistic, moments)
    interval = mean_over_seeds_and_texts(np.array([result.estimate]), result.without_group[np.newaxis]).interval(0.95)
    return interval.low <= true_similarity(statistic) <= interval.high


def pairs_of_seeds_covered(generator: np.random.Generator, seeds: int) -> bool:
    """A statistic of all pairs of seeds, 0 on average: of both seeds of the pair, of the pair, and of the texts."""
    of_seed, of_pair = generator.normal(size=seeds), generator.normal(size=(seeds, seeds)) / 2
    of_group = generator.normal(size=GROUPS)
    pairs = of_seed[:, np.newaxis] + of_seed + of_pair
    without = pairs[..., np.newaxis] + (of_group.sum() - of_group) / (GROUPS - 1)
    interval = mean_over_pairs_of_seeds(pairs + of_group.mean(), without).interval(0.95)
    return interval.low <= 0 <= interval.high


@cache
def true_similarity(statistic: Callable[[Moments], float]) -> float:
    """From a million texts."""
    one, two = representations(np.random.default_rng(0), 1_000_000)
    moments = Moments.create(1, one[0], two[0])
    moments.add(one, two)
    return statistic(moments)


def _drift(seeds: int, ratio: float, spread: float) -> Simulation:
    what = f"drift ratio, {seeds} seeds × {TEXTS} texts, seeds {'differ' if spread else 'alike'}"
    draw = partial(drift_covered, seeds=seeds, ratio=ratio, spread=spread)
    return Simulation(what, f"{ratio:g}", Kind.COVERED, 0.95, 300, draw)


def _verdict(what: str, truth: str, nominal: float | None, draw: Callable[..., bool], remark: str = "") -> Simulation:
    return Simulation(f"verdict of drift: {what}", truth, Kind.REJECTED, nominal, 300, draw, True, remark)


def _units(what: str, truth: str, nominal: float | None, draw: Callable[..., bool], remark: str = "") -> Simulation:
    return Simulation(f"{what}, {WIDTH} units × {TEXTS} texts", truth, Kind.REJECTED, nominal, 1000, draw, True, remark)


def _joint(what: str, distance: float, nominal: float | None, result: Callable[..., bool]) -> Simulation:
    draw = partial(joint, distance=distance, result=result)
    return Simulation(f"T², {what}", f"distance {distance:g}", Kind.REJECTED, nominal, 4000, draw)


def _pairs(seeds: int) -> Simulation:
    draw = partial(pairs_of_seeds_covered, seeds=seeds)
    return Simulation(f"mean over all pairs of {seeds} seeds", "0", Kind.COVERED, 0.95, 2000, draw)


SIMULATIONS = [
    *(_pairs(seeds) for seeds in (3, 6)),
    *(_drift(seeds, 0.05, spread) for seeds in (6, 3) for spread in (0, 0.5)),
    _drift(2, 0.05, 0.5),
    _verdict("DIFFERENT without drift", "0", 0.05, partial(drift_judged, ratio=0.0, verdicts=(Verdict.DIFFERENT,))),
    _verdict(
        "EXACT or EQUIVALENT without drift",
        "rounding, 1e-16",
        None,
        partial(drift_judged, ratio=1e-16, verdicts=(Verdict.EXACT, Verdict.EQUIVALENT)),
    ),
    _verdict(
        "EQUIVALENT with a small drift",
        "0.002",
        None,
        partial(drift_judged, ratio=0.002, verdicts=(Verdict.EQUIVALENT,)),
    ),
    _verdict("EQUIVALENT at ε", "0.01", 0.05, partial(drift_judged, ratio=0.01, verdicts=(Verdict.EQUIVALENT,))),
    _verdict(
        "EQUIVALENT with a typical seed below ε, seeds differ much",
        "median seed 0.004, mean 0.01",
        None,
        partial(drift_judged, ratio=0.01 * np.exp(-(1.36**2) / 2), verdicts=(Verdict.EQUIVALENT,), spread=1.36),
        remark="it speaks of a typical seed, and no seed seen may lie beyond ε; without that it would be 40 %",
    ),
    _verdict("DIFFERENT at ε", "0.01", 0.025, partial(drift_judged, ratio=0.01, verdicts=(Verdict.DIFFERENT,))),
    _verdict(
        "DIFFERENT with a planted drift", "0.05", None, partial(drift_judged, ratio=0.05, verdicts=(Verdict.DIFFERENT,))
    ),
    _units("any unit different (BY-FDR)", "0", 0.05, some_unit_differs, "valid at any correlation, so conservative"),
    _units("the moved unit different (BY-FDR)", "one at 0.3 sd", None, moved_unit_differs),
    _units("all units equivalent (TOST) at ε", "one at ε", 0.05, partial(units_equivalent, first=UNIT_EPSILON)),
    _units("all units equivalent (TOST)", "0", None, partial(units_equivalent, first=0.0), "the power at ε = 0.2 sd"),
    Simulation(
        f"ε* above the largest unit's shift, {WIDTH} units × {TEXTS} texts",
        "one at 0.2 sd",
        Kind.COVERED,
        0.95,
        1000,
        unit_epsilon_holds,
        remark="one-sided",
    ),
    *(
        Simulation(
            f"sign flips of {texts} texts, {WIDTH} units{', planted' if mean else ', no effect'}",
            f"{mean:g}",
            Kind.REJECTED,
            None if mean else 0.05,
            600,
            partial(few_texts_differ, texts=texts, mean=mean),
        )
        for texts, mean in ((10, 0.0), (30, 0.0), (30, 0.5))
    ),
    _joint("difference, no effect", 0.0, 0.05, lambda shift: shift.p_different <= 0.05),
    _joint("difference, planted", 0.3, None, lambda shift: shift.p_different <= 0.05),
    _joint("equivalence at ε", JOINT_EPSILON, 0.05, lambda shift: shift.p_equivalent <= 0.05),
    _joint("beyond ε at ε", JOINT_EPSILON, 0.05, lambda shift: shift.p_beyond <= 0.05),
    _joint("equivalence, no effect", 0.0, None, lambda shift: shift.p_equivalent <= 0.05),
    Simulation(
        "T², ε* above the distance",
        "distance 0.3",
        Kind.COVERED,
        0.95,
        2000,
        partial(joint, distance=0.3, result=lambda shift: shift.smallest_epsilon >= 0.3),
        remark="one-sided",
    ),
    Simulation(
        "CKA of one pair of models, 1000 texts",
        "heavy tails",
        Kind.COVERED,
        0.95,
        600,
        partial(similarity_covered, statistic=debiased_cka),
    ),
    Simulation(
        "Procrustes distance of one pair of models, 1000 texts",
        "heavy tails",
        Kind.COVERED,
        0.95,
        600,
        partial(similarity_covered, statistic=procrustes),
        remark="not debiased",
    ),
]
