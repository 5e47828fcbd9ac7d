"""Every figure of the report on every cell, with its interval; those that carry a verdict stand in `family`."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from stages.analysis.accuracies import accuracy_difference, no_interval
from stages.analysis.cells import Cell
from stages.analysis.contract import Finding
from stages.analysis.outcomes import StateOutcome
from stages.params.derived import BASELINE
from stages.params.schema import AnalyzeParams
from stages.runtime.paths import AS_TRAINED, OTHER_SIDE, condition_name
from stages.stats.intervals import Interval, same_everywhere
from stages.stats.unit_shifts import largest_shift, smallest_unit_epsilon
from stages.stats.verdicts import EQUIVALENCE_LEVEL, Verdict, smallest_epsilon

PROVEN_METHOD = "largest absolute change, and for any number of pads by induction over masked steps"
EXACT_METHOD = "largest absolute change of any value of any text and seed"
ONE_MODEL = "one trained model"
NO_SPREAD = "the state has no spread over the texts, so there is nothing to compare its drift with"
UNIT_METHOD = (
    "largest |mean shift| of a unit; mean and range over seeds; every seed tested: TOST of all units, t of one"
)
JOINT_METHOD = "Mahalanobis distance of the mean shift; mean and range over seeds; every seed tested: Hotelling, Wellek"
CONSTANT_UNIT = "a unit that moved has the same value for every text alone, so there is no scale for its shift"
ALPHA = 0.05
DRIFT_METHOD = "geometric mean over seeds; t on the logarithm, variances of seeds, texts (50-group jackknife) and both"
PLAIN_DRIFT_METHOD = "mean over seeds; t, variances of seeds, texts (50-group jackknife) and both"
FLIP_METHOD = "mean over seeds; Wilson interval at the effective sample size over seeds and texts"
SERVING_METHOD = "mean difference over seeds, same texts; t, variances of seeds, texts (50-group jackknife) and both"
NOTHING_SEEN_METHOD = "no text turned right or wrong in any seed; both bounds are Wilson's upper bound of 0 of n texts"
ALL_ALIKE_METHOD = "texts of every group turned alike in every seed; the bounds lie Wilson's upper bound of 0 of n away"
SAME_METHOD = "every score and every state equals the baseline's to the last bit"
ACCURACY_METHOD = "mean difference, paired by seed; t, variances of seeds, texts (50-group jackknife) and both"
COIN_METHOD = "mean difference; bounds from P(learn) (Clopper–Pearson) and accuracy given that it learned (crossed t)"


def verdicts(cells: list[Cell], conditions: dict[str, int | None], params: AnalyzeParams) -> list[Finding]:
    """One finding for each question, side, variant, state and condition.

    Args:
        cells: the cells, those of the baseline among them.
        conditions: the conditions compared with the text alone, with their number of pads (None: padded to max_len).
        params: the bounds.
    """
    findings: list[Finding] = []
    for cell in cells:
        for condition, pads in conditions.items():
            for vector in cell.vectors:
                for question in (state_verdict, unit_shift_verdict, joint_shift_verdict):
                    findings.append(replace(question(cell, condition, vector, params), pads=pads))
            findings.append(replace(flip_verdict(cell, condition, params), pads=pads))
        for condition, pads in {condition_name(0): 0, **conditions}.items():
            if condition != AS_TRAINED and AS_TRAINED in conditions:
                findings.append(replace(serving_verdict(cell, condition, params), pads=pads))
        findings.extend(training_verdict(cell, cells, params))
    return findings


def state_verdict(cell: Cell, condition: str, vector: str, params: AnalyzeParams) -> Finding:
    """Whether the squared shift of a state, over the spread between texts, exceeds ε."""
    asked = _asked("Did the state move?", "drift_ratio", cell, condition, params.epsilon.drift_ratio, params, vector)
    if cell.largest_of(condition, vector) <= params.exact_tolerance:
        return unmoved(asked, cell)
    drift = cell.drift(condition, vector)
    if drift is None:
        return undefined(asked, cell.undefined(condition) or NO_SPREAD)
    method = DRIFT_METHOD if drift.logarithmic else PLAIN_DRIFT_METHOD
    largest = max(state.drift_ratio for state in cell.states(condition, vector))
    return replace(judged(asked, drift.interval, method_of(cell, method), largest), largest_seed=largest)


def flip_verdict(cell: Cell, condition: str, params: AnalyzeParams) -> Finding:
    """Whether more than ε of the texts get another predicted class."""
    asked = _asked("Did the prediction flip?", "flip_rate", cell, condition, params.epsilon.flip_rate, params)
    if cell.largest_probability_change(condition) <= params.exact_tolerance:
        return unmoved(asked, cell)
    if reason := cell.undefined(condition):
        return undefined(asked, reason)

    def interval(level: float) -> Interval:
        flips = cell.flip_rate(condition, level)
        assert flips is not None  # it is defined, as was asked above
        return flips

    return judged(asked, interval, method_of(cell, FLIP_METHOD))


def serving_verdict(cell: Cell, condition: str, params: AnalyzeParams) -> Finding:
    """Accuracy on the exported texts served under another padding than in training, against that in training."""
    moved = max(cell.largest_probability_change(condition), cell.largest_probability_change(AS_TRAINED))
    question = "Did serving it otherwise than it was trained cost accuracy?"
    asked = _asked(question, "accuracy_change", cell, condition, params.epsilon.accuracy, params)
    asked = replace(asked, largest_change=moved)
    change = cell.accuracy_change(condition)
    if moved <= params.exact_tolerance:
        return exact(asked, len(cell.seeds))
    if change is None:
        return undefined(asked, cell.undefined(AS_TRAINED) or NO_SPREAD)
    if change.variance == 0:
        # Mostly no prediction turned right or wrong: what that leaves open is what 0 of n leaves open.
        method = ALL_ALIKE_METHOD if change.estimate else NOTHING_SEEN_METHOD
        return judged(asked, lambda level: same_everywhere(change, asked.n_texts, level), method)
    return judged(asked, change.interval, method_of(cell, SERVING_METHOD))


def training_verdict(cell: Cell, cells: list[Cell], params: AnalyzeParams) -> Iterator[Finding]:
    """Test accuracy, padded as trained, against the baseline of the same side and seed; nothing without one."""
    baseline = next((other for other in cells if other.side == cell.side and other.variant == BASELINE), None)
    if baseline is None or baseline is cell:
        return
    asked = replace(
        _unanswered("Is the accuracy another than the baseline's?", "accuracy_difference", cell, params),
        epsilon=params.epsilon.accuracy,
        n_texts=cell.tested.texts,
        n_seeds=len(cell.seeds),
    )
    if cell.same_results(baseline):
        yield exact(asked, len(cell.seeds), SAME_METHOD)
    elif reason := no_interval(cell, baseline):
        mean = float((cell.tested.values - baseline.tested.values).mean())
        yield replace(undefined(asked, reason), estimate=mean)
    else:
        coin = cell.parts.is_coin or baseline.parts.is_coin
        difference = accuracy_difference(cell, baseline, params.epsilon)
        yield judged(asked, difference.interval, COIN_METHOD if coin else ACCURACY_METHOD)


def unit_shift_verdict(cell: Cell, condition: str, vector: str, params: AnalyzeParams) -> Finding:
    """How far the mean of the unit that moves most lies away, in standard deviations of that unit."""
    epsilon = params.epsilon.unit_shift
    asked = _asked("Did any unit move on average?", "unit_shift", cell, condition, epsilon, params, vector)
    if cell.largest_of(condition, vector) <= params.exact_tolerance:
        return exact(asked, len(cell.seeds))
    if reason := cell.undefined(condition):
        return undefined(asked, reason)
    states = cell.states(condition, vector)
    if None in [state.units.all_equivalent(ALPHA) for state in states]:
        return undefined(asked, CONSTANT_UNIT)
    needed = max(smallest_unit_epsilon(state.units, asked.n_texts, ALPHA) for state in states)
    shifts = [largest_shift(state.units) for state in states]
    return _in_every_seed(asked, shifts, needed, UNIT_METHOD)


def joint_shift_verdict(cell: Cell, condition: str, vector: str, params: AnalyzeParams) -> Finding:
    """How far the means of all units at once lie away, in standard deviations of the shift."""
    epsilon = params.epsilon.joint_shift
    asked = _asked("Did the units move together on average?", "joint_shift", cell, condition, epsilon, params, vector)
    if cell.largest_of(condition, vector) <= params.exact_tolerance:
        return exact(asked, len(cell.seeds))
    if reason := cell.undefined(condition) or _no_distance(cell.states(condition, vector)):
        return undefined(asked, reason)
    joints = [state.joint for state in cell.states(condition, vector)]
    needed = max(joint.smallest_epsilon for joint in joints)
    return _in_every_seed(asked, [joint.debiased for joint in joints], needed, JOINT_METHOD)


def judged(asked: Finding, interval: Callable[[float], Interval], method: str, largest: float = 0.0) -> Finding:
    """The interval to print, and the bound that it stays below with the largest value of a seed."""
    assert asked.level is not None  # it is the printed interval's
    narrow, printed = interval(EQUIVALENCE_LEVEL), interval(asked.level)
    return replace(
        asked,
        estimate=printed.estimate,
        low=printed.low,
        high=printed.high,
        smallest_epsilon=smallest_epsilon(narrow, largest),
        verdict=None,
        exploratory=True,
        method=method,
    )


def unmoved(asked: Finding, cell: Cell) -> Finding:
    """EXACT, or PROVEN where the audit shows that no number of pads on that side moves the output of any model."""
    other = "post" if cell.side == "pre" else "pre"
    if not cell.audit.proves(other if asked.condition == OTHER_SIDE else cell.side):
        return exact(asked, len(cell.seeds))
    return replace(exact(asked, len(cell.seeds), PROVEN_METHOD), verdict=Verdict.PROVEN)


def exact(asked: Finding, seeds: int, method: str = EXACT_METHOD) -> Finding:
    """Nothing moved in any seed, those at chance included: the estimate and its interval are 0."""
    nothing = replace(asked, estimate=0.0, low=0.0, high=0.0, smallest_epsilon=0.0)
    return replace(nothing, verdict=Verdict.EXACT, method=method, n_seeds=seeds)


def undefined(asked: Finding, reason: str) -> Finding:
    """The figure means nothing here, or there is no interval to judge it by."""
    return replace(asked, reason=reason)


def method_of(cell: Cell, method: str) -> str:
    """With one seed trained, the variance of seeds cannot be seen and the interval is that of one model."""
    return method if len(cell.seeds) > 1 else f"{ONE_MODEL}; {method.partition('; ')[2]}"


def compared_texts(cell: Cell, condition: str) -> int:
    """How many texts stand behind a verdict on a condition."""
    compared = AS_TRAINED if condition == condition_name(0) else condition
    return cell.seeds[0].conditions[compared].predictions.n_texts


def _unanswered(question: str, estimand: str, cell: Cell, params: AnalyzeParams) -> Finding:
    return Finding(
        question=question,
        estimand=estimand,
        side=cell.side,
        variant=cell.variant,
        condition=None,
        pads=None,
        estimate=None,
        low=None,
        high=None,
        level=params.level,
        epsilon=0.0,
        smallest_epsilon=None,
        verdict=Verdict.UNDEFINED,
        method="none",
        n_texts=0,
        n_seeds=0,
    )


def _asked(
    question: str,
    estimand: str,
    cell: Cell,
    condition: str,
    epsilon: float,
    params: AnalyzeParams,
    vector: str | None = None,
) -> Finding:
    """A question on one condition, not answered yet: the form that every answer fills in."""
    change = cell.largest_probability_change(condition) if vector is None else cell.largest_of(condition, vector)
    return replace(
        _unanswered(question, estimand, cell, params),
        condition=condition,
        state=vector,
        epsilon=epsilon,
        n_texts=compared_texts(cell, condition),
        n_seeds=len(cell.learned),
        n_seeds_at_chance=len(cell.seeds) - len(cell.learned),
        largest_change=change,
    )


def _no_distance(states: list[StateOutcome]) -> str | None:
    return next((state.joint.reason for state in states if not np.isfinite(state.joint.p_beyond)), None)


def _in_every_seed(asked: Finding, values: list[float], needed: float, method: str) -> Finding:
    """The bounds are the range over seeds, which has no level, and one seed has no range."""
    return replace(
        asked,
        estimate=float(np.mean(values)),
        low=min(values) if len(values) > 1 else None,
        high=max(values) if len(values) > 1 else None,
        level=None,
        smallest_epsilon=needed,
        verdict=None,
        exploratory=True,
        method=method,
    )
