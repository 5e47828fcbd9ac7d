"""Verdicts as the records that report.json holds: the form that the answer to every question takes."""

from collections.abc import Callable
from typing import Any

from stages.analysis.cells import Cell
from stages.layout import AS_TRAINED, condition_name
from stages.stats.intervals import Interval
from stages.stats.verdicts import DIFFERENCE_LEVEL, EQUIVALENCE_LEVEL, Verdict, judge, smallest_epsilon

Record = dict[str, Any]

EXACT_METHOD = "largest absolute change of any value of any text and seed"
ONE_MODEL = "one trained model"
NO_SPREAD = "the state has no spread over the texts, so there is nothing to compare its drift with"


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
