"""Simulations of what is said about accuracy for new seeds and new texts, and where learning is a coin."""

from functools import partial

import numpy as np
from scipy import stats

from stages.stats.accuracies import Accuracies, AccuracyDifference, Tolerated
from stages.stats.intervals import Interval, mean_over_seeds
from stages.stats.two_parts import TwoPartDifference, TwoParts, clopper_pearson
from tests.simulations.simulation import Kind, Simulation

TEXTS = 1000
SHARED = 0.6
"""Correlation of a text's score between models: what is difficult for one is difficult for the others."""
TOLERATED = Tolerated(points=0.01, error_ratio=0.9)
CHANCE, GOOD = 0.5, 0.88


def right(generator: np.random.Generator, *accuracies: np.ndarray) -> list[Accuracies]:
    """Models with these true accuracies by seed, that all read the same texts."""
    shared = np.sqrt(SHARED) * generator.normal(size=TEXTS)
    found = []
    for of_seeds in accuracies:
        scores = shared + np.sqrt(1 - SHARED) * generator.normal(size=(len(of_seeds), TEXTS))
        found.append(Accuracies.of(scores < stats.norm.ppf(of_seeds)[:, np.newaxis]))
    return found


def difference(
    generator: np.random.Generator, seeds: int, error: float, gain: float, spread: float
) -> AccuracyDifference:
    """Of two variants: seeds have a standard deviation of 1 point, and their gain one of `spread` around `gain`."""
    other = 1 - error + generator.normal(0, 0.01 * (spread > 0), seeds).clip(-error / 3, error / 3)
    one = other + gain + generator.normal(0, spread, seeds).clip(-error / 3, error / 3)
    return AccuracyDifference.of(*right(generator, one, other), TOLERATED)


def difference_covered(generator: np.random.Generator, seeds: int, spread: float) -> bool:
    """The crossed interval of a gain of 1 point at an error of .2."""
    return _inside(0.01, difference(generator, seeds, 0.2, 0.01, spread).interval(0.95))


def claimed(generator: np.random.Generator, claim: str, error: float, gain: float) -> bool:
    """Whether twelve seeds that differ little are claimed to be different, or equivalent, at 5 %."""
    return bool(getattr(difference(generator, 12, error, gain, 0.002).claims(), claim) <= 0.05)


def coin(generator: np.random.Generator, seeds: int, probability: float) -> tuple[np.ndarray, TwoParts]:
    """Seeds of which some learn, to an accuracy of .88 ± .02."""
    learned = generator.random(seeds) < probability
    accuracy = np.where(learned, generator.normal(GOOD, 0.02, seeds), CHANCE)
    return accuracy, TwoParts.of(right(generator, accuracy)[0], learned)


def coin_covered(generator: np.random.Generator, seeds: int, probability: float) -> bool:
    """The mean over new seeds; where all seeds learned, or none, of new seeds that do as they did."""
    _, parts = coin(generator, seeds, probability)
    return _inside(_mean(parts, probability), parts.interval(0.95))


def coin_covered_by_t(generator: np.random.Generator, seeds: int, probability: float) -> bool:
    """Student's t over the true accuracies of all seeds, for the mean over new ones."""
    accuracy, _ = coin(generator, seeds, probability)
    return _inside(CHANCE + probability * (GOOD - CHANCE), mean_over_seeds(accuracy).interval(0.95))


def coins_covered(generator: np.random.Generator, seeds: int, probability: float) -> bool:
    """The difference between a variant whose seeds all learn and one of which some do."""
    always = TwoParts.of(right(generator, generator.normal(GOOD, 0.02, seeds))[0], np.ones(seeds, dtype=bool))
    _, parts = coin(generator, seeds, probability)
    truth = GOOD - _mean(parts, probability)
    return _inside(truth, TwoPartDifference(always, parts, TOLERATED).interval(0.95))


def learning_covered(generator: np.random.Generator, seeds: int, probability: float) -> bool:
    """P(learn)."""
    return _inside(probability, clopper_pearson(int(generator.binomial(seeds, probability)), seeds, 0.95))


def _mean(parts: TwoParts, probability: float) -> float:
    if parts.is_coin:
        return CHANCE + probability * (GOOD - CHANCE)
    return GOOD if parts.learned else CHANCE


def _inside(truth: float, interval: Interval) -> bool:
    return bool(interval.low <= truth <= interval.high)


def _claim(claim: str, nominal: float | None, error: float, gain: float, what: str) -> Simulation:
    word = {"different": "DIFFERENT", "equivalent": "EQUIVALENT", "not_worse": "not worse"}[claim]
    draw = partial(claimed, claim=claim, error=error, gain=gain)
    truth = f"{100 * gain:+.3g} points at {100 * error:g} % errors"
    return Simulation(
        f"accuracy of two variants: {word} {what}", truth, Kind.REJECTED, nominal, 600, draw, at_most=True
    )


SIMULATIONS = [
    *(
        Simulation(
            f"accuracy difference (crossed), {seeds} seeds × {TEXTS} texts, seeds {'differ' if spread else 'alike'}",
            "0.01",
            Kind.COVERED,
            0.95,
            1000,
            partial(difference_covered, seeds=seeds, spread=spread),
        )
        for seeds in (12, 6)
        for spread in (0.0, 0.01)
    ),
    _claim("equivalent", 0.05, 0.3, -0.01, "at a loss of a point"),
    _claim("different", 0.05, 0.3, -0.01, "at a loss of a point"),
    _claim("not_worse", 0.05, 0.3, -0.01, "at a loss of a point"),
    _claim("equivalent", 0.05, 0.045, -0.005, "at a ratio of errors of 1 / 0.9"),
    _claim("different", 0.05, 0.045, -0.005, "at a ratio of errors of 1 / 0.9"),
    _claim("different", 0.05, 0.1, 0.01, "where both bounds meet"),
    _claim("equivalent", 0.05, 0.1, 0.01, "where both bounds meet"),
    _claim("different", None, 0.03, 0.009, "with a third fewer errors"),
    _claim("equivalent", None, 0.2, 0.0, "without a difference"),
    *(
        Simulation(
            f"P(learn) of {probability:g}, {seeds} seeds",
            f"{probability:g}",
            Kind.COVERED,
            0.95,
            10_000,
            partial(learning_covered, seeds=seeds, probability=probability),
            remark="exact, so conservative",
        )
        for seeds, probability in ((12, 0.6), (12, 0.95), (6, 0.9))
    ),
    *(
        Simulation(
            f"accuracy in two parts, {seeds} seeds, P(learn) of {probability:g}",
            f"{CHANCE + probability * (GOOD - CHANCE):.3f}, or {GOOD:g} where all learned",
            Kind.COVERED,
            0.95,
            1000,
            partial(coin_covered, seeds=seeds, probability=probability),
            remark="a bound",
        )
        for seeds, probability in ((12, 0.6), (6, 0.6), (6, 0.9))
    ),
    *(
        Simulation(
            f"accuracy by Student's t over {seeds} seeds, P(learn) of {probability:g}",
            f"{CHANCE + probability * (GOOD - CHANCE):.3f}",
            Kind.COVERED,
            0.95,
            1000,
            partial(coin_covered_by_t, seeds=seeds, probability=probability),
            remark="what the two parts replace",
        )
        for seeds, probability in ((12, 0.9), (6, 0.9))
    ),
    Simulation(
        "accuracy difference in two parts, 12 seeds, P(learn) of 1 and 0.6",
        f"{GOOD - CHANCE - 0.6 * (GOOD - CHANCE):.3f}",
        Kind.COVERED,
        0.95,
        1000,
        partial(coins_covered, seeds=12, probability=0.6),
        remark="a bound",
    ),
]
