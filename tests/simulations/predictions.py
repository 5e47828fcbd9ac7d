"""Simulations of what is said about predictions: flips, accuracy, likelihood, calibration."""

from functools import cache, partial

import numpy as np
from scipy import stats

from stages.stats.calibration import ConfidenceBins, calibration_error_over_seeds
from stages.stats.intervals import Interval, mean_over_seeds_and_texts, share_over_seeds_and_texts, wilson
from stages.stats.predictions import PredictionSums, rate_difference, rate_difference_without_group
from tests.simulations.simulation import Kind, Simulation

TEXTS = 500
SEEDS = 6
SHARED = 0.6
"""Correlation of a text's score between seeds: what is difficult for one model is difficult for the others."""
MANY = 2_000_000
BENT = "not linear in the push, so seeds are skewed: t over 12, 6 and 3 covers 93, 92 and 91 % even with endless texts"
SKEWED = "grows with the square of the push, so seeds are skewed: t covers 90 % even with endless texts"


def flips_covered(
    generator: np.random.Generator, rate: float, spread: float, seeds: int, texts: int, level: float = 0.95
) -> bool:
    """Flips whose rate differs from seed to seed (beta, standard deviation spread · rate), texts difficult for all."""
    rates = np.full(seeds, rate)
    if spread:
        concentration = (1 - rate) / (rate * spread**2) - 1
        rates = generator.beta(rate * concentration, (1 - rate) * concentration, seeds)
    scores = np.sqrt(SHARED) * generator.normal(size=(1, texts)) + np.sqrt(1 - SHARED) * generator.normal(
        size=(seeds, texts)
    )
    flipped = scores < stats.norm.ppf(rates)[:, np.newaxis]
    ids, label, alone = np.arange(texts), np.zeros(texts, dtype=int), np.tile([1.0, 0.0], (texts, 1))
    sums = [PredictionSums.of(ids, label, alone, np.stack([~each, each], axis=1).astype(float)) for each in flipped]
    values = np.array([each.flip_rate() for each in sums])
    without = np.stack([each.rate_without_group("flips") for each in sums])
    return _inside(rate, share_over_seeds_and_texts(values, without, texts, level))


def wilson_covered(generator: np.random.Generator, rate: float, trials: int) -> bool:
    """One proportion of independent trials."""
    return _inside(rate, wilson(generator.binomial(trials, rate), trials, 0.95))


def predictions(
    generator: np.random.Generator, seeds: int, texts: int, shift: float
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Labels, probabilities alone and with pads, by seed: log-odds that pads push by shift ± 60 % and by noise."""
    odds = generator.normal(0, 2, texts)
    label = (generator.random(texts) < _sigmoid(odds)).astype(int)
    results = []
    for push in generator.normal(shift, 0.6 * abs(shift), seeds):
        alone = odds + generator.normal(0, 0.5, texts)
        padded = alone + push + generator.normal(0, 0.5, texts) * (shift != 0)
        results.append((label, _two_classes(alone), _two_classes(padded)))
    return results


def change_covered(generator: np.random.Generator, quantity: str, seeds: int) -> bool:
    """The change of a score with pads, over seeds that read the same texts."""
    sums = [PredictionSums.of(np.arange(TEXTS), *each) for each in predictions(generator, seeds, TEXTS, 0.8)]
    if quantity == "accuracy":
        # Against the text alone: the sums of (alone, alone) hold its accuracy as a condition.
        values = np.array([each.rate("correct") - each.rate("correct_alone") for each in sums])
        without = np.stack([s.rate_without_group("correct") - s.rate_without_group("correct_alone") for s in sums])
    else:
        values = np.array([each.rate(quantity) for each in sums])
        without = np.stack([each.rate_without_group(quantity) for each in sums])
    return _inside(true_change(quantity), mean_over_seeds_and_texts(values, without).interval(0.95))


@cache
def true_change(quantity: str) -> float:
    """The expected change, from two million pairs that share neither seed nor text."""
    generator = np.random.default_rng(0)
    odds = generator.normal(0, 2, MANY)
    label = (generator.random(MANY) < _sigmoid(odds)).astype(int)
    alone = odds + generator.normal(0, 0.5, MANY)
    padded = alone + generator.normal(0.8, 0.48, MANY) + generator.normal(0, 0.5, MANY)
    sums = PredictionSums.of(np.arange(MANY), label, _two_classes(alone), _two_classes(padded))
    if quantity == "accuracy":
        return sums.rate("correct") - sums.rate("correct_alone")
    return sums.rate(quantity)


def mismatch_covered(generator: np.random.Generator) -> bool:
    """Accuracy of one condition less that of another with the same law: the difference is 0 on average."""
    one = predictions(generator, SEEDS, TEXTS, 0.8)
    two = [
        (label, alone, _two_classes(_odds(alone) + generator.normal(0.8, 0.48) + generator.normal(0, 0.5, TEXTS)))
        for label, alone, _ in one
    ]
    pairs = [tuple(PredictionSums.of(np.arange(TEXTS), *each) for each in pair) for pair in zip(one, two, strict=True)]
    values = np.array([rate_difference(*pair, "correct") for pair in pairs])
    without = np.stack([rate_difference_without_group(*pair, "correct") for pair in pairs])
    return _inside(0.0, mean_over_seeds_and_texts(values, without).interval(0.95))


def mcnemar_rejected(generator: np.random.Generator, lost: float, gained: float) -> bool:
    """One model whose texts are lost and gained with these probabilities."""
    outcome = generator.choice(3, TEXTS, p=[lost, gained, 1 - lost - gained])
    right_alone, right = np.where(outcome == 0, 1, outcome == 2), np.where(outcome == 1, 1, outcome == 2)
    alone, padded = (np.stack([each, 1 - each], axis=1).astype(float) for each in (right_alone, right))
    return PredictionSums.of(np.arange(TEXTS), np.zeros(TEXTS, dtype=int), alone, padded).mcnemar_p() <= 0.05


def calibration_covered(generator: np.random.Generator, sharpened: float, seeds: int) -> bool:
    """The debiased calibration error of models that see the same texts and whose log-odds are `sharpened` times."""
    odds = generator.normal(0, 2, TEXTS)
    label = (generator.random(TEXTS) < _sigmoid(odds)).astype(int)
    factors = np.exp(generator.normal(np.log(sharpened), 0.2 * (sharpened != 1), seeds))
    bins = [ConfidenceBins.of(np.arange(TEXTS), label, _two_classes(odds * factor)).equal_mass() for factor in factors]
    interval = calibration_error_over_seeds(bins, 0.95)
    return interval is not None and _inside(true_calibration_error(sharpened), interval)


@cache
def true_calibration_error(sharpened: float) -> float:
    """Root of the mean squared error over models, in the bins of 200,000 texts."""
    if sharpened == 1:
        return 0.0
    generator = np.random.default_rng(1)
    odds = generator.normal(0, 2, MANY // 10)
    label = (generator.random(len(odds)) < _sigmoid(odds)).astype(int)
    factors = np.exp(np.log(sharpened) + 0.2 * stats.norm.ppf((np.arange(40) + 0.5) / 40))
    ids = np.arange(len(odds))
    squared = [ConfidenceBins.of(ids, label, _two_classes(odds * f)).equal_mass().squared_error() for f in factors]
    return float(np.sqrt(np.mean(squared)))


def _sigmoid(odds: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-odds))


def _two_classes(odds: np.ndarray) -> np.ndarray:
    second = _sigmoid(odds)
    return np.stack([1 - second, second], axis=1)


def _odds(probability: np.ndarray) -> np.ndarray:
    return np.log(probability[:, 1] / probability[:, 0])


def _inside(truth: float, interval: Interval) -> bool:
    return interval.low <= truth <= interval.high


def _flips(rate: float, spread: float, seeds: int, texts: int) -> Simulation:
    alike = {0: "seeds alike", 0.5: "seeds differ", 1: "seeds differ strongly"}[spread]
    draw = partial(flips_covered, rate=rate, spread=spread, seeds=seeds, texts=texts)
    what = f"flip rate of {rate:g}, {seeds} seeds × {texts} texts, {alike}"
    remark = "wide: seeds that agree are never taken for more texts" if spread == 0 else ""
    if spread == 1:
        remark = "one degree of freedom" if seeds == 2 else ""
    return Simulation(what, f"{rate:g}", Kind.COVERED, 0.95, 1000, draw, remark=remark)


SIMULATIONS = [
    *(_flips(rate, spread, 6, 1000) for rate, spread in ((0.02, 0), (0.05, 0.5), (0.1, 1))),
    *(_flips(rate, spread, 3, 1000) for rate, spread in ((0.02, 0), (0.05, 0.5), (0.1, 1))),
    *(_flips(rate, spread, 6, 200) for rate, spread in ((0.002, 1), (0.02, 0.5), (0.1, 1))),
    _flips(0.02, 1, 3, 200),
    _flips(0.1, 1, 2, 1000),
    Simulation(
        "Wilson, 300 trials", "0.02", Kind.COVERED, 0.95, 10_000, partial(wilson_covered, rate=0.02, trials=300)
    ),
    Simulation(
        "Wilson, 1000 trials", "0.8", Kind.COVERED, 0.95, 10_000, partial(wilson_covered, rate=0.8, trials=1000)
    ),
    *(
        Simulation(
            f"change of {name} with pads, {seeds} seeds × {TEXTS} texts",
            "log-odds pushed by 0.8 ± 0.48",
            Kind.COVERED,
            0.95,
            1000,
            partial(change_covered, quantity=quantity, seeds=seeds),
            remark=SKEWED if quantity != "accuracy" else BENT,
        )
        for quantity, name, counts in (
            ("nll_change", "likelihood", (SEEDS, 3)),
            ("brier_change", "Brier score", (SEEDS, 3)),
            ("accuracy", "accuracy", (12, SEEDS, 3)),
        )
        for seeds in counts
    ),
    Simulation(
        f"accuracy of one condition less another's, {SEEDS} seeds × {TEXTS} texts",
        "0",
        Kind.COVERED,
        0.95,
        600,
        mismatch_covered,
    ),
    Simulation(
        f"McNemar, {TEXTS} texts, no effect",
        "5 % lost, 5 % gained",
        Kind.REJECTED,
        0.05,
        3000,
        partial(mcnemar_rejected, lost=0.05, gained=0.05),
        at_most=True,
        remark="exact, so conservative",
    ),
    Simulation(
        f"McNemar, {TEXTS} texts, planted",
        "8 % lost, 3 % gained",
        Kind.REJECTED,
        None,
        1000,
        partial(mcnemar_rejected, lost=0.08, gained=0.03),
    ),
    *(
        Simulation(
            f"debiased calibration error, {seeds} seeds × {TEXTS} texts, {name}",
            truth,
            Kind.COVERED,
            0.95,
            300,
            partial(calibration_covered, sharpened=sharpened, seeds=seeds),
            remark="the interval reaches down to 0 in every such run" if sharpened == 1 else "",
        )
        for seeds in (SEEDS, 3)
        for sharpened, name, truth in ((1.0, "calibrated", "0"), (2.0, "overconfident", "log-odds doubled ± 20 %"))
    ),
]
