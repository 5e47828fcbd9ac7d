"""Every question of the report put to every cell, each answered by an estimate, its interval and a verdict."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stages.analysis.cells import Cell, same_everywhere
from stages.analysis.outcomes import StateOutcome
from stages.params.schema import BASELINE, AnalyzeParams
from stages.runtime.paths import AS_TRAINED, condition_name
from stages.stats.intervals import Interval, mean_over_seeds
from stages.stats.seed_pairs import ROUNDING
from stages.stats.unit_shifts import largest_shift, smallest_unit_epsilon, some_unit_beyond
from stages.stats.verdicts import DIFFERENCE_LEVEL, EQUIVALENCE_LEVEL, Verdict, judge, smallest_epsilon

Record = dict[str, Any]

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
NEITHER_LEARNED = "neither variant has a seed that learned, so both accuracies are chance"
SAME_METHOD = "every score and every state equals the baseline's to the last bit"
ACCURACY_METHOD = "mean difference over seeds, paired by seed, on these test texts; t interval"


def verdicts(cells: list[Cell], conditions: dict[str, int | None], params: AnalyzeParams) -> list[Record]:
    """One record for each question, side, variant, state and condition.

    Args:
        cells: the cells, those of the baseline among them.
        conditions: the conditions compared with the text alone, with their number of pads (None: padded to max_len).
        params: the bounds.
    """
    records: list[Record] = []
    for cell in cells:
        for condition, pads in conditions.items():
            where = {"side": cell.side, "variant": cell.variant, "condition": condition, "pads": pads}
            for vector in cell.vectors:
                for question in (_state_moved, unit_shift_verdict, joint_shift_verdict):
                    records.append({**where, "state": vector, **question(cell, condition, vector, params)})
            records.append({**where, **_prediction_flipped(cell, condition, params)})
        for condition, pads in {condition_name(0): 0, **conditions}.items():
            if condition != AS_TRAINED and AS_TRAINED in conditions:
                where = {"side": cell.side, "variant": cell.variant, "condition": condition, "pads": pads}
                records.append({**where, **_serving_suffered(cell, condition, params)})
        records.extend(_training_suffered(cell, cells, params))
    return records


def _state_moved(cell: Cell, condition: str, vector: str, params: AnalyzeParams) -> Record:
    record = {
        "question": "Did the state move?",
        "estimand": "drift_ratio",
        "largest_change": cell.largest_of(condition, vector),
        **sizes(cell, condition),
    }
    epsilon, drift = params.epsilon.drift_ratio, cell.drift(condition, vector)
    if cell.largest_of(condition, vector) <= params.exact_tolerance:
        return record | exact(epsilon, params.level, len(cell.seeds))
    if drift is None:
        return record | undefined(None, epsilon, params.level, cell.undefined(condition) or NO_SPREAD)
    method = DRIFT_METHOD if drift.logarithmic else PLAIN_DRIFT_METHOD
    largest = max(state.drift_ratio for state in cell.states(condition, vector))
    found = judged(drift.interval, epsilon, params.level, method_of(cell, method), largest)
    return record | found | {"largest_seed": largest}


def _prediction_flipped(cell: Cell, condition: str, params: AnalyzeParams) -> Record:
    record = {
        "question": "Did the prediction flip?",
        "estimand": "flip_rate",
        "largest_change": cell.largest_probability_change(condition),
        **sizes(cell, condition),
    }
    epsilon = params.epsilon.flip_rate
    if cell.largest_probability_change(condition) <= params.exact_tolerance:
        return record | exact(epsilon, params.level, len(cell.seeds))
    if reason := cell.undefined(condition):
        return record | undefined(None, epsilon, params.level, reason)

    def interval(level: float) -> Interval:
        flips = cell.flip_rate(condition, level)
        assert flips is not None  # it is defined, as was asked above
        return flips

    return record | judged(interval, epsilon, params.level, method_of(cell, FLIP_METHOD))


def _serving_suffered(cell: Cell, condition: str, params: AnalyzeParams) -> Record:
    """Accuracy on the exported texts served under another padding than in training, against that in training."""
    moved = max(cell.largest_probability_change(condition), cell.largest_probability_change(AS_TRAINED))
    record = {
        "question": "Did serving it otherwise than it was trained cost accuracy?",
        "estimand": "accuracy_change",
        "largest_change": moved,
        **sizes(cell, condition),
    }
    epsilon, change = params.epsilon.accuracy, cell.accuracy_change(condition)
    if moved <= params.exact_tolerance:
        return record | exact(epsilon, params.level, len(cell.seeds))
    if change is None:
        return record | undefined(None, epsilon, params.level, cell.undefined(AS_TRAINED) or NO_SPREAD)
    if change.variance == 0:
        # Mostly no prediction turned right or wrong: what that leaves open is what 0 of n leaves open.
        method = ALL_ALIKE_METHOD if change.estimate else NOTHING_SEEN_METHOD
        texts = record["n_texts"]
        return record | judged(lambda level: same_everywhere(change, texts, level), epsilon, params.level, method)
    return record | judged(change.interval, epsilon, params.level, method_of(cell, SERVING_METHOD))


def _training_suffered(cell: Cell, cells: list[Cell], params: AnalyzeParams) -> Iterator[Record]:
    """Test accuracy, padded as trained, against the baseline of the same side and seed."""
    baseline = next((each for each in cells if each.side == cell.side and each.variant == BASELINE), None)
    if baseline is None or baseline is cell:
        return
    difference = accuracy_differences(cell, baseline)
    record = {
        "question": "Is the accuracy another than the baseline's?",
        "side": cell.side,
        "variant": cell.variant,
        "condition": None,
        "pads": None,
        "estimand": "accuracy_difference",
        "n_texts": cell.seeds[0].scores["splits"]["test"]["texts"],
        "n_seeds": len(difference),
    }
    epsilon = params.epsilon.accuracy
    if cell.same_results(baseline):
        yield record | exact(epsilon, params.level, len(difference), SAME_METHOD)
    elif reason := no_interval(cell, baseline, difference):
        yield record | undefined(float(difference.mean()), epsilon, params.level, reason)
    else:
        yield record | judged(mean_over_seeds(difference).interval, epsilon, params.level, ACCURACY_METHOD)


def accuracy_differences(cell: Cell, baseline: Cell) -> NDArray[np.float64]:
    """Test accuracy of the cell minus that of the baseline, seed by seed, shape (seeds,)."""
    pairs = zip(cell.seeds, baseline.seeds, strict=True)
    return np.array([ours.accuracy.estimate - theirs.accuracy.estimate for ours, theirs in pairs])


def no_interval(cell: Cell, baseline: Cell, difference: NDArray[np.float64]) -> str | None:
    """Why the differences over seeds carry no interval, or None where they do."""
    if len(difference) < 2:
        return "one seed says nothing about training; set train.seeds to 2 or more"
    if not cell.learned and not baseline.learned:
        return NEITHER_LEARNED
    if np.ptp(difference) <= ROUNDING * np.abs(difference).max():
        return "every seed differs by the same amount, which leaves no spread to make an interval of"
    return None


def judged(
    interval: Callable[[float], Interval], epsilon: float, level: float, method: str, largest: float = 0.0
) -> Record:
    """The verdict from intervals of fixed levels and the largest value of a seed, beside the interval to print."""
    narrow, printed = interval(EQUIVALENCE_LEVEL), interval(level)
    return {
        "estimate": printed.estimate,
        "low": printed.low,
        "high": printed.high,
        "level": level,
        "epsilon": epsilon,
        "smallest_epsilon": smallest_epsilon(narrow, largest),
        "verdict": str(judge(narrow, interval(DIFFERENCE_LEVEL), epsilon, largest)),
        "method": method,
    }


def exact(epsilon: float, level: float, seeds: int, method: str = EXACT_METHOD) -> Record:
    """Nothing moved: the estimate and its interval are 0."""
    nothing = {"estimate": 0.0, "low": 0.0, "high": 0.0, "smallest_epsilon": 0.0, "n_seeds": seeds}
    return nothing | {"level": level, "epsilon": epsilon, "verdict": str(Verdict.EXACT), "method": method}


def undefined(estimate: float | None, epsilon: float, level: float, reason: str) -> Record:
    """The figure means nothing here, or there is no interval to judge it by."""
    none = {"low": None, "high": None, "smallest_epsilon": None, "method": "none"}
    verdict = {"verdict": str(Verdict.UNDEFINED), "reason": reason, "level": level, "epsilon": epsilon}
    return {"estimate": estimate, **none, **verdict}


def method_of(cell: Cell, method: str) -> str:
    """With one seed trained, the variance of seeds cannot be seen and the interval is that of one model."""
    return method if len(cell.seeds) > 1 else f"{ONE_MODEL}; {method.partition('; ')[2]}"


def sizes(cell: Cell, condition: str) -> Record:
    """How many texts and seeds stand behind a verdict on a condition."""
    compared = AS_TRAINED if condition == condition_name(0) else condition
    return {
        "n_texts": cell.seeds[0].conditions[compared].predictions.n_texts,
        "n_seeds": len(cell.learned),
        "n_seeds_at_chance": len(cell.seeds) - len(cell.learned),
    }


def unit_shift_verdict(cell: Cell, condition: str, vector: str, params: AnalyzeParams) -> Record:
    """Whether the mean of every unit stays within ε standard deviations of that unit, in every seed that learned.

    EQUIVALENT where all units are, by intersection–union (Berger & Hsu 1996), in all seeds; DIFFERENT where at least
    one unit lies beyond the bound in every seed.
    """
    epsilon = params.epsilon.unit_shift
    record = _record("Did any unit move on average?", "unit_shift", cell, condition, vector)
    if cell.largest_of(condition, vector) <= params.exact_tolerance:
        return record | exact(epsilon, params.level, len(cell.seeds))
    if reason := cell.undefined(condition):
        return record | undefined(None, epsilon, params.level, reason)
    states, texts = cell.states(condition, vector), record["n_texts"]
    inside = [state.units.all_equivalent(ALPHA) for state in states]
    if None in inside:
        return record | undefined(None, epsilon, params.level, CONSTANT_UNIT)
    beyond = [some_unit_beyond(state.units, texts, epsilon, ALPHA) for state in states]
    needed = max(smallest_unit_epsilon(state.units, texts, ALPHA) for state in states)
    sizes_of_shift = [largest_shift(state.units) for state in states]
    return record | _over_seeds(sizes_of_shift, all(inside), all(beyond), epsilon, needed, UNIT_METHOD)


def joint_shift_verdict(cell: Cell, condition: str, vector: str, params: AnalyzeParams) -> Record:
    """Whether all units at once stay within ε standard deviations of the shift, in every seed that learned."""
    epsilon = params.epsilon.joint_shift
    record = _record("Did the units move together on average?", "joint_shift", cell, condition, vector)
    if cell.largest_of(condition, vector) <= params.exact_tolerance:
        return record | exact(epsilon, params.level, len(cell.seeds))
    if reason := cell.undefined(condition) or _no_distance(cell.states(condition, vector)):
        return record | undefined(None, epsilon, params.level, reason)
    joints = [state.joint for state in cell.states(condition, vector)]
    inside = all(joint.p_equivalent <= ALPHA for joint in joints)
    beyond = all(joint.p_beyond <= ALPHA for joint in joints)
    needed = max(joint.smallest_epsilon for joint in joints)
    return record | _over_seeds([joint.debiased for joint in joints], inside, beyond, epsilon, needed, JOINT_METHOD)


def _no_distance(states: list[StateOutcome]) -> str | None:
    return next((state.joint.reason for state in states if not np.isfinite(state.joint.p_beyond)), None)


def _record(question: str, estimand: str, cell: Cell, condition: str, vector: str) -> Record:
    largest = cell.largest_of(condition, vector)
    return {"question": question, "estimand": estimand, "largest_change": largest, **sizes(cell, condition)}


def _over_seeds(values: list[float], inside: bool, beyond: bool, epsilon: float, needed: float, method: str) -> Record:
    """All seeds must agree; the bounds are the range over seeds, which has no level, and one seed has no range."""
    verdict = Verdict.EQUIVALENT if inside else Verdict.DIFFERENT if beyond else Verdict.INCONCLUSIVE
    return {
        "estimate": float(np.mean(values)),
        "low": min(values) if len(values) > 1 else None,
        "high": max(values) if len(values) > 1 else None,
        "level": None,
        "epsilon": epsilon,
        "smallest_epsilon": needed,
        "verdict": str(verdict),
        "method": method,
    }
