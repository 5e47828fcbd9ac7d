"""Every question of the report put to every cell, each answered by an estimate, its interval and a verdict."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stages.analysis.cells import Cell
from stages.params import BASELINE, AnalyzeParams
from stages.stats.intervals import Interval, mean_over_seeds
from stages.stats.verdicts import DIFFERENCE_LEVEL, EQUIVALENCE_LEVEL, Verdict, judge, smallest_epsilon

Record = dict[str, Any]

DRIFT_METHOD = "geometric mean over seeds; t interval, variances of seeds and of texts (50-group jackknife) added"
PLAIN_DRIFT_METHOD = "mean over seeds; t interval, variances of seeds and of texts (50-group jackknife) added"
FLIP_METHOD = "mean over seeds; Wilson interval at the effective sample size over seeds and texts"
EXACT_METHOD = "largest absolute change of any value of any text and seed"
SAME_METHOD = "every score and every state equals the baseline's to the last bit"
ACCURACY_METHOD = "mean difference over seeds, paired by seed, on these test texts; t interval"
ONE_MODEL = "one trained model"


def verdicts(cells: list[Cell], conditions: dict[str, int | None], params: AnalyzeParams) -> list[Record]:
    """One record for each question, side, variant, state and condition.

    Args:
        cells: the cells, those of the baseline among them.
        conditions: the conditions compared with the text alone, with their number of pads (None: as trained).
        params: the bounds.
    """
    records: list[Record] = []
    for cell in cells:
        for condition, pads in conditions.items():
            where = {"side": cell.side, "variant": cell.variant, "condition": condition, "pads": pads}
            for vector in cell.vectors:
                records.append({**where, "state": vector, **_state_moved(cell, condition, vector, params)})
            records.append({**where, **_prediction_flipped(cell, condition, params)})
        records.extend(_training_suffered(cell, cells, params))
    return records


def _state_moved(cell: Cell, condition: str, vector: str, params: AnalyzeParams) -> Record:
    record = {
        "question": "Did the state move?",
        "estimand": "drift_ratio",
        "largest_change": cell.largest_of(condition, vector),
        **_sizes(cell, condition, len(cell.learned)),
    }
    epsilon, drift = params.epsilon.drift_ratio, cell.drift(condition, vector)
    if cell.largest_of(condition, vector) <= params.exact_tolerance:
        return record | _exact(epsilon, params.level, len(cell.seeds))
    if drift is None:
        return record | _undefined(cell, condition, epsilon, params.level)
    method = DRIFT_METHOD if drift.logarithmic else PLAIN_DRIFT_METHOD
    return record | _judged(drift.interval, epsilon, params.level, _method(cell, method))


def _prediction_flipped(cell: Cell, condition: str, params: AnalyzeParams) -> Record:
    record = {
        "question": "Did the prediction flip?",
        "estimand": "flip_rate",
        "largest_change": cell.largest_probability_change(condition),
        **_sizes(cell, condition, len(cell.learned)),
    }
    epsilon = params.epsilon.flip_rate
    if cell.largest_probability_change(condition) <= params.exact_tolerance:
        return record | _exact(epsilon, params.level, len(cell.seeds))
    if cell.undefined(condition):
        return record | _undefined(cell, condition, epsilon, params.level)

    def interval(level: float) -> Interval:
        flips = cell.flip_rate(condition, level)
        assert flips is not None  # it is defined, as was asked above
        return flips

    return record | _judged(interval, epsilon, params.level, _method(cell, FLIP_METHOD))


def _training_suffered(cell: Cell, cells: list[Cell], params: AnalyzeParams) -> Iterator[Record]:
    """Test accuracy, padded as trained, against the baseline of the same side and seed."""
    baseline = next((each for each in cells if each.side == cell.side and each.variant == BASELINE), None)
    if baseline is None or baseline is cell:
        return
    difference = np.array(
        [
            ours.accuracy.estimate - theirs.accuracy.estimate
            for ours, theirs in zip(cell.seeds, baseline.seeds, strict=True)
        ]
    )
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
        yield record | _exact(epsilon, params.level, len(difference), SAME_METHOD)
    elif reason := _no_interval(cell, baseline, difference):
        yield record | _without_interval(float(difference.mean()), epsilon, params.level, reason)
    else:
        yield record | _judged(mean_over_seeds(difference).interval, epsilon, params.level, ACCURACY_METHOD)


def _no_interval(cell: Cell, baseline: Cell, difference: NDArray[np.float64]) -> str | None:
    """Why the differences over seeds carry no interval, or None where they do."""
    if len(difference) < 2:
        return "one seed says nothing about training; set train.seeds to 2 or more"
    if not cell.learned and not baseline.learned:
        return "neither variant has a seed that learned, so both accuracies are chance"
    if difference.var() == 0:
        return "every seed differs by the same amount, which leaves no spread to make an interval of"
    return None


def _method(cell: Cell, method: str) -> str:
    """With one seed trained, the variance of seeds cannot be seen and the interval is that of one model."""
    return method if len(cell.seeds) > 1 else f"{ONE_MODEL}; {method.partition('; ')[2]}"


def _sizes(cell: Cell, condition: str, seeds: int) -> Record:
    return {
        "n_texts": cell.seeds[0].pairs[condition].predictions.n_texts,
        "n_seeds": seeds,
        "n_seeds_at_chance": len(cell.seeds) - len(cell.learned),
    }


def _judged(interval: Callable[[float], Interval], epsilon: float, level: float, method: str) -> Record:
    """The verdict from intervals of fixed levels, beside the interval of the level to print."""
    narrow, printed = interval(EQUIVALENCE_LEVEL), interval(level)
    return {
        "estimate": printed.estimate,
        "low": printed.low,
        "high": printed.high,
        "level": level,
        "epsilon": epsilon,
        "smallest_epsilon": smallest_epsilon(narrow),
        "verdict": str(judge(narrow, interval(DIFFERENCE_LEVEL), epsilon)),
        "method": method,
    }


def _exact(epsilon: float, level: float, seeds: int, method: str = EXACT_METHOD) -> Record:
    exact = {"estimate": 0.0, "low": 0.0, "high": 0.0, "smallest_epsilon": 0.0, "n_seeds": seeds}
    return exact | {"level": level, "epsilon": epsilon, "verdict": str(Verdict.EXACT), "method": method}


def _undefined(cell: Cell, condition: str, epsilon: float, level: float) -> Record:
    no_spread = "the state has no spread over the texts, so there is nothing to compare its drift with"
    return _without_interval(None, epsilon, level, cell.undefined(condition) or no_spread)


def _without_interval(estimate: float | None, epsilon: float, level: float, reason: str) -> Record:
    none = {"low": None, "high": None, "smallest_epsilon": None, "method": "none"}
    verdict = {"verdict": str(Verdict.UNDEFINED), "reason": reason, "level": level, "epsilon": epsilon}
    return {"estimate": estimate, **none, **verdict}
