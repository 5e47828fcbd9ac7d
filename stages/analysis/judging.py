"""Every question of the report put to every cell, each answered by an estimate, its interval and a verdict."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from stages.analysis.cells import Cell, same_everywhere
from stages.analysis.joint_judging import joint_shift_verdict, unit_shift_verdict
from stages.analysis.records import NO_SPREAD, Record, exact, judged, method_of, sizes, undefined
from stages.layout import AS_TRAINED, condition_name
from stages.params import BASELINE, AnalyzeParams
from stages.stats.intervals import Interval, mean_over_seeds
from stages.stats.training import ROUNDING

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
