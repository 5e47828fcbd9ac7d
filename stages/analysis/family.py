"""The one family of verdicts: {leak, accuracy, serving} on each padding side, named beforehand, judged together.

What Holm's correction promises, and why, stands at `stages.stats.claims.holm`: with a chance of at least 1 − α no
question of the family gets a false EQUIVALENT or DIFFERENT. PROVEN and EXACT are seen, not inferred, and take no part.
"""

from dataclasses import dataclass, replace
from math import ceil

import numpy as np
from numpy.typing import NDArray

from stages.analysis.accuracies import accuracy_difference, no_interval, tolerated
from stages.analysis.cells import Cell, Drift
from stages.analysis.contract_family import FamilyVerdict
from stages.analysis.one_model import last_hidden
from stages.params.derived import BASELINE
from stages.params.schema import AnalyzeParams
from stages.runtime.paths import AS_TRAINED, OTHER_SIDE, condition_name
from stages.states.schema import HEAD
from stages.stats.accuracies import AccuracyDifference
from stages.stats.claims import Claims, Evidence, claims_within, holm, seeds_needed, spent, worst_case
from stages.stats.intervals import Interval
from stages.stats.tolerance import Tolerance
from stages.stats.verdicts import DIFFERENCE_LEVEL, EQUIVALENCE_LEVEL, Verdict

LEAK, ACCURACY, SERVING = "leak", "accuracy", "serving"
NO_BASELINE = f"{BASELINE} was not trained; add it to train.variants"
NO_SPREAD = "what the classifier reads has no spread over the texts, so there is nothing to compare its drift with"
NOT_AS_TRAINED = "no text was padded as in training"

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class DriftEvidence:
    """How far pads move what the classifier reads, over the seeds that learned, none below 0."""

    drift: Drift
    tolerance: Tolerance
    epsilon: float

    def interval(self, level: float) -> Interval:
        """Of the geometric mean."""
        return self.drift.interval(level)

    def claims(self) -> Claims:
        """DIFFERENT speaks of the mean; EQUIVALENT of the mean, and of nine of ten new seeds."""
        mean = claims_within(self.interval, -np.inf, self.epsilon)
        return replace(mean, equivalent=max(mean.equivalent, self.tolerance.p_below(self.epsilon)))

    def with_seeds(self, seeds: int) -> "DriftEvidence":
        """The same spread seen in so many seeds."""
        mean = replace(self.drift, mean=self.drift.mean.with_seeds(seeds))
        return replace(self, drift=mean, tolerance=self.tolerance.with_seeds(seeds))


@dataclass(frozen=True)
class Answer:
    """A question of the family with what is known: evidence by condition, of which the worst speaks, or a verdict."""

    asked: FamilyVerdict
    evidence: dict[str | None, Evidence]
    worst: str | None = None
    seeds: int = 0
    """Behind the evidence."""
    trained: int = 0
    """Of which those are the ones that learned, or all."""

    def claims(self, seeds: int | None = None) -> Claims:
        """Of all conditions; with another number of seeds, as they would be at the present spread."""
        known = [each if seeds is None else each.with_seeds(seeds) for each in self.evidence.values()]
        return worst_case([each.claims() for each in known], list(self.evidence).index(self.worst), self.choices)

    @property
    def choices(self) -> int:
        """By how much the choice of the worst condition costs: each kind of serving has its share, each number its own.

        Numbers of pads are many and alike, the other side is one and another: the weights of a Bonferroni correction
        may be chosen beforehand.
        """
        sides = [name == OTHER_SIDE for name in self.evidence]
        return len(set(sides)) * sides.count(self.worst == OTHER_SIDE)


def family(cells: list[Cell], conditions: dict[str, int | None], params: AnalyzeParams) -> list[FamilyVerdict]:
    """Leak, accuracy and serving on every side, in this order.

    Args:
        cells: every side and variant.
        conditions: the conditions compared with the text alone, with their number of pads (None: padded to max_len).
        params: the bounds, the variant and the chance of error.
    """
    sides = list(dict.fromkeys(cell.side for cell in cells))
    by_name = {(cell.side, cell.variant): cell for cell in cells}
    answers = []
    for question in (LEAK, ACCURACY, SERVING):
        for side in sides:
            baseline = by_name.get((side, BASELINE))
            variant = by_name.get((side, params.family.variant))
            asked = _asked(question, side, params)
            if baseline is None:
                answers.append(_undefined(asked, NO_BASELINE))
            elif question == ACCURACY:
                answers.append(_accuracy(asked, variant, baseline, params))
            else:
                answers.append((_leak if question == LEAK else _serving)(asked, baseline, conditions, params))
    return judged(answers, spent(params.family.alpha, params.family.look))


def judged(answers: list[Answer], alpha: float) -> list[FamilyVerdict]:
    """The verdicts of the questions that have evidence, corrected over them; the others as they are."""
    open_questions = [answer for answer in answers if answer.evidence]
    claims = [answer.claims() for answer in open_questions]
    adjusted = holm([each.smaller for each in claims])
    undecided = sum(p > alpha for p in adjusted)
    found = iter(zip(claims, adjusted, strict=True))
    return [_verdict(answer, *next(found), alpha, undecided) if answer.evidence else answer.asked for answer in answers]


def _verdict(answer: Answer, claims: Claims, adjusted: float, alpha: float, undecided: int) -> FamilyVerdict:
    known = replace(
        answer.asked,
        condition=answer.worst,
        **vars(answer.evidence[answer.worst].interval(DIFFERENCE_LEVEL)),
        p=claims.smaller,
        adjusted_p=adjusted,
        population="st" if answer.seeds > 1 else "t",
        not_worse=None if answer.asked.question == LEAK else claims.not_worse <= (1 - EQUIVALENCE_LEVEL) / 2,
    )
    if adjusted <= alpha:
        decided = Verdict.DIFFERENT if claims.different < claims.equivalent else Verdict.EQUIVALENT
        return replace(known, verdict=decided)
    # The question that is decided next is tested at α over the number of those that are open.
    needed = seeds_needed(answer.claims, answer.seeds, alpha / undecided) if answer.seeds > 1 else None
    return replace(
        known,
        verdict=Verdict.INCONCLUSIVE,
        seeds_needed=None if needed is None else ceil(needed * answer.trained / answer.seeds),
        about_epsilon=answer.seeds > 1 and needed is None,
    )


def drift_by_seed(cell: Cell, condition: str) -> tuple[Floats, Floats]:
    """The estimand of leak: the readout drift against the same text padded as trained, in every seed that learned.

    Returns:
        The drift, shape (seeds,), and with each group of texts left out, shape (seeds, groups); NaN without spread.
    """
    drifts = [outcome.readout_drift for outcome in cell.against_training(condition)]
    return np.array([drift.of_all for drift in drifts]), np.stack([drift.without_group for drift in drifts])


def _leak(asked: FamilyVerdict, cell: Cell, conditions: dict[str, int | None], params: AnalyzeParams) -> Answer:
    """Whether any number of pads moves what the classifier reads, against as trained; the worst speaks.

    What the text alone does is among them: a model that was trained on padded rows never saw it.
    """
    state = _read_by_classifier(cell)
    pads = [name for name, number in conditions.items() if number]
    if AS_TRAINED not in conditions:
        return _undefined(asked, NOT_AS_TRAINED)
    if not any(cell.largest_of(name, state) > params.exact_tolerance for name in (*pads, AS_TRAINED)):
        return _unmoved(asked, Verdict.PROVEN if cell.audit.proves(cell.side) else Verdict.EXACT)
    if reason := cell.undefined(AS_TRAINED):
        return _undefined(asked, reason)
    evidence: dict[str | None, Evidence] = {}
    bounds: dict[str | None, float | None] = {}
    for name in (condition_name(0), *pads):
        values, without = drift_by_seed(cell, name)
        if not np.isfinite(values).all() or not np.isfinite(without).all():
            return _undefined(asked, NO_SPREAD)
        tolerance = Tolerance.of(values)
        bounds[name] = tolerance.bound()
        evidence[name] = DriftEvidence(Drift.of(values, without), tolerance, asked.epsilon)
    worst = max(evidence, key=lambda name: _estimate(evidence[name]))
    return Answer(replace(asked, tolerance=bounds[worst]), evidence, worst, len(cell.learned), len(cell.seeds))


def _accuracy(asked: FamilyVerdict, cell: Cell | None, baseline: Cell, params: AnalyzeParams) -> Answer:
    """Whether the variant's test accuracy, padded as trained, is another than the baseline's."""
    if cell is None:
        return _undefined(
            asked,
            f"{asked.variant} was not trained; add it to train.variants, or set analyze.family.variant to one there",
        )
    if cell.same_results(baseline):
        return _unmoved(asked, Verdict.EXACT)
    if reason := no_interval(cell, baseline):
        return _undefined(asked, reason)
    difference = accuracy_difference(cell, baseline, params.epsilon)
    error = float(1 - baseline.tested.values.mean())
    epsilon = tolerated(params.epsilon).on_its_side(_estimate(difference), error)
    return Answer(replace(asked, epsilon=epsilon), {None: difference}, None, len(cell.seeds), len(cell.seeds))


def _serving(asked: FamilyVerdict, cell: Cell, conditions: dict[str, int | None], params: AnalyzeParams) -> Answer:
    """Whether any way to serve it otherwise than it was trained changes its accuracy; the worst speaks."""
    served = [name for name in (condition_name(0), *conditions) if name != AS_TRAINED]
    if AS_TRAINED not in conditions:
        return _undefined(asked, NOT_AS_TRAINED)
    largest = max(cell.largest_probability_change(name) for name in conditions)
    if largest <= params.exact_tolerance:
        return _unmoved(asked, Verdict.EXACT)
    if reason := cell.undefined(AS_TRAINED):
        return _undefined(asked, reason)
    trained, bounds = cell.served(AS_TRAINED), tolerated(params.epsilon)
    evidence: dict[str | None, Evidence] = {
        name: AccuracyDifference.of(cell.served(name), trained, bounds) for name in served
    }
    error = float(1 - trained.values.mean())
    worst = min(served, key=lambda name: _estimate(evidence[name]))
    if _estimate(evidence[worst]) > -bounds.loss(error):  # no loss to speak of, but maybe a gain
        worst = max(served, key=lambda name: abs(_estimate(evidence[name])))
    epsilon = bounds.on_its_side(_estimate(evidence[worst]), error)
    return Answer(replace(asked, epsilon=epsilon), evidence, worst, len(cell.learned), len(cell.seeds))


def _read_by_classifier(cell: Cell) -> str:
    return HEAD if HEAD in cell.vectors else last_hidden(cell.vectors)


def _estimate(evidence: Evidence) -> float:
    return evidence.interval(DIFFERENCE_LEVEL).estimate


def _asked(question: str, side: str, params: AnalyzeParams) -> FamilyVerdict:
    estimands: dict[str, tuple[str, float]] = {
        LEAK: ("readout_drift", params.epsilon.drift_ratio),
        ACCURACY: ("accuracy_difference", params.epsilon.accuracy),
        SERVING: ("accuracy_change", params.epsilon.accuracy),
    }
    estimand, epsilon = estimands[question]
    return FamilyVerdict(
        question=question,
        side=side,
        variant=params.family.variant if question == ACCURACY else BASELINE,
        estimand=estimand,
        condition=None,
        estimate=None,
        low=None,
        high=None,
        epsilon=epsilon,
        verdict=Verdict.UNDEFINED,
        p=None,
        adjusted_p=None,
        population=None,
        not_worse=None,
        seeds_needed=None,
        about_epsilon=False,
    )


def _unmoved(asked: FamilyVerdict, verdict: Verdict) -> Answer:
    not_worse = None if asked.question == LEAK else True
    return Answer(replace(asked, estimate=0.0, low=0.0, high=0.0, verdict=verdict, not_worse=not_worse), {})


def _undefined(asked: FamilyVerdict, reason: str) -> Answer:
    return Answer(replace(asked, reason=reason), {})
