"""Did the units of a state move on average, each against its bound and all at once? Judged seed by seed."""

import numpy as np

from stages.analysis.cells import Cell
from stages.analysis.outcomes import StateOutcome
from stages.analysis.records import Record, exact, sizes, undefined
from stages.params import AnalyzeParams
from stages.stats.unit_bounds import largest_shift, smallest_unit_epsilon, some_unit_beyond
from stages.stats.verdicts import Verdict

UNIT_METHOD = (
    "largest |mean shift| of a unit; mean and range over seeds; every seed tested: TOST of all units, t of one"
)
JOINT_METHOD = "Mahalanobis distance of the mean shift; mean and range over seeds; every seed tested: Hotelling, Wellek"
CONSTANT_UNIT = "a unit that moved has the same value for every text alone, so there is no scale for its shift"
ALPHA = 0.05


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
