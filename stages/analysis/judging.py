"""Every question of the report put to every cell, each answered by an estimate, its interval and a verdict."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from stages.analysis.cells import Cell
from stages.params import BASELINE, AnalyzeParams
from stages.stats.intervals import Interval, mean_over_seeds
from stages.stats.verdicts import EQUIVALENCE_LEVEL, Verdict, judge, smallest_epsilon

Record = dict[str, Any]

DRIFT_METHOD = "geometric mean over seeds; t interval, variances of seeds and of texts (50-group jackknife) added"
PLAIN_DRIFT_METHOD = "mean over seeds; t interval, variances of seeds and of texts (50-group jackknife) added"
FLIP_METHOD = "mean over seeds; Wilson interval at the effective sample size over seeds and texts"
EXACT_METHOD = "largest absolute change of any value of any text and seed"
SAME_METHOD = "every score and every state equals the baseline's to the last bit"
ACCURACY_METHOD = "mean difference over seeds, paired by seed; t interval"


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
        return record | _undefined(cell, epsilon, params.level)
    method = DRIFT_METHOD if drift.logarithmic else PLAIN_DRIFT_METHOD
    return record | _judged(drift.interval(EQUIVALENCE_LEVEL), drift.interval(params.level), epsilon, params, method)


def _prediction_flipped(cell: Cell, condition: str, params: AnalyzeParams) -> Record:
    record = {
        "question": "Did the prediction flip?",
        "estimand": "flip_rate",
        "largest_change": cell.largest_probability_change(condition),
        **_sizes(cell, condition, len(cell.learned)),
    }
    epsilon = params.epsilon.flip_rate
    flips = cell.flip_rate(condition, params.level)
    narrow = cell.flip_rate(condition, EQUIVALENCE_LEVEL)
    if cell.largest_probability_change(condition) <= params.exact_tolerance:
        return record | _exact(epsilon, params.level, len(cell.seeds))
    if flips is None or narrow is None:
        return record | _undefined(cell, epsilon, params.level)
    return record | _judged(narrow, flips, epsilon, params, FLIP_METHOD)


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
    elif len(difference) < 2:
        reason = "one seed says nothing about training; set train.seeds to 2 or more"
        yield record | _without_interval(float(difference.mean()), epsilon, params.level, reason)
    else:
        mean = mean_over_seeds(difference)
        narrow, wide = mean.interval(EQUIVALENCE_LEVEL), mean.interval(params.level)
        yield record | _judged(narrow, wide, epsilon, params, ACCURACY_METHOD)


def _sizes(cell: Cell, condition: str, seeds: int) -> Record:
    return {
        "n_texts": cell.seeds[0].pairs[condition].predictions.n_texts,
        "n_seeds": seeds,
        "n_seeds_at_chance": len(cell.seeds) - len(cell.learned),
    }


def _judged(narrow: Interval, wide: Interval, epsilon: float, params: AnalyzeParams, method: str) -> Record:
    return {
        "estimate": wide.estimate,
        "low": wide.low,
        "high": wide.high,
        "level": params.level,
        "epsilon": epsilon,
        "smallest_epsilon": smallest_epsilon(narrow),
        "verdict": str(judge(narrow, wide, epsilon)),
        "method": method,
    }


def _exact(epsilon: float, level: float, seeds: int, method: str = EXACT_METHOD) -> Record:
    exact = {"estimate": 0.0, "low": 0.0, "high": 0.0, "smallest_epsilon": 0.0, "n_seeds": seeds}
    return exact | {"level": level, "epsilon": epsilon, "verdict": str(Verdict.EXACT), "method": method}


def _undefined(cell: Cell, epsilon: float, level: float) -> Record:
    if cell.learned:
        reason = "a state has no spread over the texts, so there is nothing to compare its drift with"
    else:
        share = f"{cell.seeds[0].majority:.3g}"
        reason = f"no seed learned: every test accuracy's interval reaches down to the majority share {share}"
    return _without_interval(None, epsilon, level, reason)


def _without_interval(estimate: float | None, epsilon: float, level: float, reason: str) -> Record:
    none = {"low": None, "high": None, "smallest_epsilon": None, "method": "none"}
    verdict = {"verdict": str(Verdict.UNDEFINED), "reason": reason, "level": level, "epsilon": epsilon}
    return {"estimate": estimate, **none, **verdict}
