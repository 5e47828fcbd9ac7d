"""Simulations of the family of six verdicts: tolerance statements, the worst condition, and Holm's correction."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from stages.analysis.cells import Drift
from stages.analysis.contract_family import FamilyVerdict
from stages.analysis.family import Answer, DriftEvidence, judged
from stages.runtime.paths import OTHER_SIDE, condition_name
from stages.stats.accuracies import Accuracies, AccuracyDifference, Tolerated
from stages.stats.claims import LOOKS, Claims, Evidence, claims_within, spent, worst_case
from stages.stats.intervals import Interval, mean_over_seeds
from stages.stats.special import normal_quantile, t_quantile
from stages.stats.text_groups import GROUPS
from stages.stats.tolerance import SHARE, Tolerance
from stages.stats.verdicts import Verdict
from tests.simulations.simulation import Kind, Simulation

SEEDS = 12
EPSILON = 0.01
ALPHA = 0.05
INSIDE, OUTSIDE = 1 - 1e-9, 1 + 1e-9
"""A bound as seen from where EQUIVALENT is true, and from where DIFFERENT is."""
CONDITIONS = 7
TOLERATED = Tolerated(points=EPSILON, error_ratio=0.9)
ASKED = FamilyVerdict(
    question="serving",
    side="post",
    variant="baseline",
    estimand="accuracy_change",
    condition=None,
    estimate=None,
    low=None,
    high=None,
    epsilon=EPSILON,
    verdict=Verdict.UNDEFINED,
    p=None,
    adjusted_p=None,
    population=None,
    not_worse=None,
    seeds_needed=None,
    about_epsilon=False,
)


@dataclass(frozen=True)
class OfTheseSeeds:
    """Evidence that is not asked how many more seeds would decide: that takes long, and is not simulated."""

    evidence: Evidence

    def interval(self, level: float) -> Interval:
        """Its own."""
        return self.evidence.interval(level)

    def claims(self) -> Claims:
        """Its own."""
        return self.evidence.claims()

    def with_seeds(self, seeds: int) -> "OfTheseSeeds":
        """Claims nothing."""
        return OfTheseSeeds(Silent())


class Silent:
    """Evidence that claims nothing."""

    def claims(self) -> Claims:
        """None."""
        return Claims(1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Plain:
    """Evidence of one value a seed, shape (seeds,)."""

    values: np.ndarray

    def interval(self, level: float) -> Interval:
        """Student's t."""
        return mean_over_seeds(self.values).interval(level)

    def claims(self) -> Claims:
        """About ±ε."""
        return claims_within(mean_over_seeds(self.values).interval, -EPSILON, EPSILON)


def answer(evidence: dict[str | None, Evidence], question: str = "serving") -> Answer:
    """Its last condition speaks."""
    asked = replace(ASKED, question=question)
    return Answer(asked, {name: OfTheseSeeds(each) for name, each in evidence.items()}, [*evidence][-1], SEEDS, SEEDS)


def mistaken(answers: list[Answer], truths: np.ndarray) -> bool:
    """Whether any question gets a false verdict; truths are in units of ε."""
    return any(map(_false, judged(answers, ALPHA), truths))


def _false(record: FamilyVerdict, truth: float) -> bool:
    return record.verdict is (Verdict.EQUIVALENT if abs(truth) > 1 else Verdict.DIFFERENT)


def family_mistaken(generator: np.random.Generator, truths: np.ndarray, shared: float) -> bool:
    """Six questions about the same seeds, whose values correlate at ± `shared`, with a standard deviation of ε / 2."""
    signs = np.array([1, -1, 1, -1, 1, -1])
    of_seed = np.sqrt(shared) * generator.normal(size=(SEEDS, 1)) * signs
    values = EPSILON * (truths + 0.5 * (of_seed + np.sqrt(1 - shared) * generator.normal(size=(SEEDS, 6))))
    return mistaken([answer({None: Plain(of)}) for of in values.T], truths)


def any_look_mistaken(generator: np.random.Generator, truths: np.ndarray, shared: float) -> bool:
    """Whether any look of `make decide` gives a false verdict; it stops once all questions are decided."""
    signs = np.array([1, -1, 1, -1, 1, -1])
    of_seed = np.sqrt(shared) * generator.normal(size=(LOOKS[-1], 1)) * signs
    noise = of_seed + np.sqrt(1 - shared) * generator.normal(size=(LOOKS[-1], 6))
    values = EPSILON * (truths + 0.5 * noise)
    for look, seeds in enumerate(LOOKS, start=1):
        records = judged([answer({None: Plain(of)}) for of in values[:seeds].T], spent(ALPHA, look))
        if any(map(_false, records, truths)):
            return True
        if all(record.verdict is not Verdict.INCONCLUSIVE for record in records):
            return False
    return False


def real_family_mistaken(generator: np.random.Generator, truth: float) -> bool:
    """Leak under two numbers of pads, accuracy and serving on two sides, of the same seeds and texts, at their bounds.

    Seeds that pads move more lose more accuracy by them, and the baseline's accuracy stands in both others.
    """
    answers: list[Answer] = []
    for _ in range(2):
        gain, change = _effects(generator), _effects(generator)
        baseline = 0.7 + _effects(generator)
        variant, served = baseline + EPSILON * truth + gain, baseline - EPSILON * truth + change
        moved = np.log(EPSILON * truth) - 50 * (change.mean(axis=1) - change.mean(axis=0).mean())
        leak = {pads: _drift(generator, moved) for pads in ("pads-8", "pads-16")}
        answers.append(answer(leak, "leak"))
        for other in (variant, served):
            found = AccuracyDifference.of(_accuracies(other), _accuracies(baseline), TOLERATED)
            answers.append(answer({None: found}))
    return mistaken(answers, np.full(len(answers), truth))


def tolerance_stated(generator: np.random.Generator, seeds: int, below: float, degrees: float = np.inf) -> bool:
    """Whether nine of ten new seeds are said to stay below ε, where this share does; logarithms normal or of t."""
    noise = generator.normal(size=seeds) if degrees == np.inf else generator.standard_t(degrees, seeds)
    values = np.exp(np.log(EPSILON) + 0.5 * (noise - t_quantile(below, degrees)))
    return Tolerance.of(values).p_below(EPSILON) <= 0.05


def tolerance_covered(generator: np.random.Generator, seeds: int) -> bool:
    """Whether nine of ten new seeds stay below the bound that is printed."""
    bound = Tolerance.of(np.exp(generator.normal(0, 0.5, seeds))).bound()
    return bound is not None and bound >= np.exp(0.5 * normal_quantile(SHARE))


def worst_claimed(generator: np.random.Generator, truths: np.ndarray, claim: str) -> bool:
    """Conditions of the same seeds, correlated at .8, of which the one that looks worst speaks; at 5 %."""
    of_seed = np.sqrt(0.8) * generator.normal(size=(SEEDS, 1))
    values = EPSILON * (truths + of_seed + np.sqrt(0.2) * generator.normal(size=(SEEDS, CONDITIONS)))
    claims = [Plain(of).claims() for of in values.T]
    return bool(getattr(worst_case(claims, int(values.mean(axis=0).argmax()), len(claims)), claim) <= 0.05)


def worst_of_kinds_claimed(generator: np.random.Generator) -> bool:
    """The same of numbers of pads and the other side, each at ε, of which each kind has its share of the error."""
    of_seed = np.sqrt(0.8) * generator.normal(size=(SEEDS, 1))
    values = EPSILON * (INSIDE + of_seed + np.sqrt(0.2) * generator.normal(size=(SEEDS, CONDITIONS)))
    names = [*(condition_name(pads) for pads in range(CONDITIONS - 1)), OTHER_SIDE]
    worst = names[int(values.mean(axis=0).argmax())]
    evidence: dict[str | None, Evidence] = dict(zip(names, map(Plain, values.T), strict=True))
    return Answer(ASKED, evidence, worst, SEEDS, SEEDS).claims().different <= 0.05


def _effects(generator: np.random.Generator) -> np.ndarray:
    """Of seeds, of groups of texts and of both together, 0 on average, shape (seeds, groups)."""
    seeds, texts = generator.normal(0, 0.004, (SEEDS, 1)), generator.normal(0, 0.006, (1, GROUPS))
    return seeds + texts + generator.normal(0, 0.01, (SEEDS, GROUPS))


def _drift(generator: np.random.Generator, logarithm: np.ndarray) -> DriftEvidence:
    """Of seeds whose drift has these logarithms, shape (seeds,), but for noise of their own and of the texts."""
    table = logarithm[:, np.newaxis] + 0.2 * generator.normal(size=(SEEDS, 1)) + 0.5 * generator.normal(size=GROUPS)
    values = np.exp(table.mean(axis=1))
    return DriftEvidence(Drift.of(values, np.exp(_without(table))), Tolerance.of(values), EPSILON)


def _without(table: np.ndarray) -> np.ndarray:
    """The mean with each group left out."""
    return np.asarray((table.sum(axis=1, keepdims=True) - table) / (GROUPS - 1))


def _accuracies(table: np.ndarray) -> Accuracies:
    return Accuracies(table.mean(axis=1), _without(table), 20 * GROUPS)


def _family(what: str, truths: list[float], shared: float, runs: int = 5000) -> Simulation:
    draw = partial(family_mistaken, truths=np.array(truths), shared=shared)
    dependence = f"seeds shared (correlation ±{shared:g})" if shared else "independent"
    return Simulation(f"family, {what}, {dependence}", "any false verdict", Kind.REJECTED, 0.05, runs, draw, True)


def _looks(what: str, truths: list[float], shared: float) -> Simulation:
    draw = partial(any_look_mistaken, truths=np.array(truths), shared=shared)
    name = f"family, {len(LOOKS)} looks, {what}, correlation ±{shared:g}"
    return Simulation(name, "any false verdict at any look", Kind.REJECTED, 0.05, 4000, draw, True)


SIMULATIONS = [
    *(_family("all at ε, DIFFERENT false", [INSIDE] * 6, shared) for shared in (0.0, 0.8)),
    _family("all at ε, EQUIVALENT false", [OUTSIDE] * 6, 0.0, 40_000),  # close to 5 %: where Holm spends all of it
    _family("all at ε, EQUIVALENT false", [OUTSIDE] * 6, 0.8),
    _family("three far beyond ε, three at ε", [9, 9, 9, OUTSIDE, OUTSIDE, OUTSIDE], 0.8),
    _family("three without effect, three at ε", [0, 0, 0, OUTSIDE, OUTSIDE, OUTSIDE], 0.8),
    _family("three found half the time, three at ε", [1.46, 1.46, 1.46, OUTSIDE, OUTSIDE, INSIDE], 0.8),
    _family("all just beyond ε", [1.1] * 6, 0.8),
    _looks("all at ε, DIFFERENT false", [INSIDE] * 6, 0.0),
    _looks("all at ε, EQUIVALENT false", [OUTSIDE] * 6, 0.0),
    _looks("all at ε, EQUIVALENT false", [OUTSIDE] * 6, 0.8),
    _looks("three found half the time, three at ε", [1.46, 1.46, 1.46, OUTSIDE, OUTSIDE, INSIDE], 0.8),
    *(
        Simulation(
            f"family, drift, accuracy and serving of two sides, all at ε, {word} false",
            "any false verdict",
            Kind.REJECTED,
            0.05,
            600,
            partial(real_family_mistaken, truth=truth),
            at_most=True,
        )
        for word, truth in (("DIFFERENT", INSIDE), ("EQUIVALENT", OUTSIDE))
    ),
    *(
        Simulation(
            f"worst of {CONDITIONS} conditions: {word}",
            truth,
            Kind.REJECTED,
            nominal,
            1000,
            partial(worst_claimed, truths=np.array(truths), claim=claim),
            at_most=True,
        )
        for word, truth, nominal, truths, claim in (
            ("DIFFERENT, all at ε", "all at ε", 0.05, [INSIDE] * CONDITIONS, "different"),
            ("EQUIVALENT, one at ε", "one at ε", 0.05, [OUTSIDE, *[0.0] * (CONDITIONS - 1)], "equivalent"),
            ("DIFFERENT, one beyond ε", "one at 3 ε", None, [3.0, *[0.0] * (CONDITIONS - 1)], "different"),
        )
    ),
    Simulation(
        f"worst of {CONDITIONS - 1} numbers of pads and the other side: DIFFERENT, all at ε",
        "all at ε",
        Kind.REJECTED,
        0.05,
        10_000,
        worst_of_kinds_claimed,
        at_most=True,
    ),
    *(
        Simulation(
            f"tolerance statement, {seeds} seeds, nine of ten below ε",
            "0.9",
            Kind.REJECTED,
            0.05,
            10_000,
            partial(tolerance_stated, seeds=seeds, below=SHARE),
        )
        for seeds in (6, 12, 24)
    ),
    *(
        Simulation(
            f"tolerance statement, {seeds} seeds, 99.9 % below ε",
            "0.999",
            Kind.REJECTED,
            None,
            4000,
            partial(tolerance_stated, seeds=seeds, below=0.999),
            remark="the power: it grows with the seeds",
        )
        for seeds in (6, 12, 24)
    ),
    Simulation(
        "tolerance statement, 12 seeds, logarithms with heavy tails",
        "0.9",
        Kind.REJECTED,
        0.05,
        10_000,
        partial(tolerance_stated, seeds=12, below=SHARE, degrees=5),
        remark="t with 5 degrees of freedom; it takes figures for lognormal",
    ),
    Simulation(
        "tolerance bound above nine of ten new seeds, 12 seeds",
        "quantile .9",
        Kind.COVERED,
        0.95,
        10_000,
        partial(tolerance_covered, seeds=12),
    ),
]
