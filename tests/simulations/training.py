"""Simulations of what is said about training: paired comparisons over seeds."""

from functools import partial

import numpy as np
from scipy import stats

from stages.stats.seed_pairs import detectable_effect, paired_comparison
from tests.simulations.simulation import Kind, Simulation


def interval_covered(generator: np.random.Generator, seeds: int, mean: float) -> bool:
    """Differences of accuracy: normal, standard deviation .01."""
    interval = paired_comparison(generator.normal(mean, 0.01, seeds), 0.01).interval(0.95)
    return interval is not None and interval.low <= mean <= interval.high


def skewed_covered(generator: np.random.Generator, seeds: int) -> bool:
    """Differences with an exponential tail, as where one seed in a few fails to learn."""
    interval = paired_comparison(generator.exponential(0.01, seeds), 0.01).interval(0.95)
    return interval is not None and interval.low <= 0.01 <= interval.high


def better_covered(generator: np.random.Generator, seeds: int, probability: float) -> bool:
    """P(A > B)."""
    mean = stats.norm.ppf(probability)
    interval = paired_comparison(generator.normal(mean, 1, seeds), 0.01).better(0.95)
    return interval is not None and interval.low <= probability <= interval.high


def sign_flips_rejected(generator: np.random.Generator, seeds: int, effect: float) -> bool:
    """The mean difference, in standard deviations, under random signs."""
    return paired_comparison(generator.normal(effect, 1, seeds), 0.01, generator).sign_flip_p <= 0.05


def equivalence_shown(generator: np.random.Generator, seeds: int, mean: float, epsilon: float) -> bool:
    """TOST; differences with standard deviation 1."""
    return paired_comparison(generator.normal(mean, 1, seeds), epsilon).tost_p <= 0.05


def detectable_found(generator: np.random.Generator, seeds: int) -> bool:
    """Whether a t test finds the difference that is said to be found with power .8."""
    interval = paired_comparison(generator.normal(detectable_effect(seeds), 1, seeds), 1.0).interval(0.95)
    return interval is not None and not interval.low <= 0 <= interval.high


SIMULATIONS = [
    *(
        Simulation(
            f"accuracy difference (paired t), {seeds} seeds{', planted' if mean else ''}",
            f"{mean:g}",
            Kind.COVERED,
            0.95,
            4000,
            partial(interval_covered, seeds=seeds, mean=mean),
        )
        for seeds, mean in ((3, 0.0), (6, 0.0), (6, 0.02))
    ),
    Simulation(
        "accuracy difference (paired t), 6 seeds, exponential tail",
        "0.01",
        Kind.COVERED,
        0.95,
        4000,
        partial(skewed_covered, seeds=6),
        remark="t assumes normal differences",
    ),
    *(
        Simulation(
            f"P(A > B) of {probability:g}, {seeds} seeds",
            f"{probability:g}",
            Kind.COVERED,
            0.95,
            4000,
            partial(better_covered, seeds=seeds, probability=probability),
            remark="the interval takes one of few values, and its coverage jumps",
        )
        for seeds, probability in ((6, 0.5), (6, 0.75), (6, 0.9), (12, 0.75))
    ),
    *(
        Simulation(
            f"sign flips, {seeds} seeds, no effect",
            "0",
            Kind.REJECTED,
            0.05,
            2000,
            partial(sign_flips_rejected, seeds=seeds, effect=0.0),
            at_most=True,
            remark=remark,
        )
        for seeds, remark in ((5, "p is 1/16 at best"), (6, "p is 1/32 at best"), (8, ""))
    ),
    Simulation(
        "sign flips, 20 seeds (drawn), no effect",
        "0",
        Kind.REJECTED,
        0.05,
        600,
        partial(sign_flips_rejected, seeds=20, effect=0.0),
    ),
    Simulation(
        "sign flips, 8 seeds, planted",
        "1.5 sd",
        Kind.REJECTED,
        None,
        1000,
        partial(sign_flips_rejected, seeds=8, effect=1.5),
    ),
    *(
        Simulation(
            f"TOST over {seeds} seeds at the bound",
            "2 sd, ε = 2 sd",
            Kind.REJECTED,
            0.05,
            10_000,
            partial(equivalence_shown, seeds=seeds, mean=2.0, epsilon=2.0),
        )
        for seeds in (3, 6)
    ),
    Simulation(
        "TOST over 6 seeds, no effect",
        "0, ε = 1.5 sd",
        Kind.REJECTED,
        None,
        2000,
        partial(equivalence_shown, seeds=6, mean=0.0, epsilon=1.5),
        remark="the power",
    ),
    *(
        Simulation(
            f"detectable difference of power 80 %, {seeds} seeds",
            f"{detectable_effect(seeds):.2f} sd",
            Kind.REJECTED,
            0.8,
            3000,
            partial(detectable_found, seeds=seeds),
        )
        for seeds in (3, 6)
    ),
]
