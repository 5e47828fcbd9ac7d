"""The family of verdicts of an analysis made by hand."""

from typing import Any

from stages.analysis.contract_family import FamilyVerdict
from stages.params.schema import BASELINE, Params
from stages.runtime.paths import condition_name
from stages.stats.verdicts import UNMOVED, Verdict
from tests.reporting.cases import Outcome

SERVED_WORSE: Outcome = {"verdict": Verdict.DIFFERENT, "estimate": -0.06, "low": -0.08, "high": -0.04}


def family_of(params: Params, side: str, leak: Outcome, accuracy: Outcome) -> list[FamilyVerdict]:
    """Leak and accuracy as they are given; serving costs accuracy where the baseline leaks."""
    serving = leak if leak["verdict"] in (*UNMOVED, Verdict.UNDEFINED) else SERVED_WORSE
    condition = condition_name(params.export.pads[-1])
    return [
        _record("leak", side, "drift_ratio", leak, condition),
        _record("accuracy", side, "accuracy_difference", accuracy, None, params.analyze.family.variant),
        _record("serving", side, "accuracy_change", serving, condition),
    ]


def _record(
    question: str, side: str, estimand: str, outcome: Outcome, condition: str | None, variant: str = BASELINE
) -> FamilyVerdict:
    inferred = outcome["verdict"] not in (*UNMOVED, Verdict.UNDEFINED)
    figures: dict[str, Any] = {"estimate": None, "low": None, "high": None} | outcome
    return FamilyVerdict(
        question=question,
        side=side,
        variant=variant,
        estimand=estimand,
        condition=condition if inferred else None,
        epsilon=0.01,
        p=0.001 if inferred else None,
        adjusted_p=0.006 if inferred else None,
        population="st" if inferred else None,
        not_worse=None if question == "leak" or figures["low"] is None else figures["low"] > -0.01,
        seeds_needed=24 if outcome["verdict"] is Verdict.INCONCLUSIVE else None,
        about_epsilon=False,
        **figures,
    )
