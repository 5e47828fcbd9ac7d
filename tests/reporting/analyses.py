"""Small analyses made by hand: what the stage `analyze` would write for outcomes that a test wants."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from stages.analysis.contract import Analysis, Epoch, Finding
from stages.analysis.contract_cells import ALONE, CellFacts
from stages.analysis.contract_memory import Similarity, UnitFacts
from stages.analysis.contract_texts import BatchingCost, Law, LawPoint, Lengths, TrainingLengths
from stages.params.derived import BASELINE, seed_numbers
from stages.params.schema import Params
from stages.reporting.report_json import with_sentences
from stages.reporting.results import (
    ACCURACY,
    ACCURACY_CHANGE,
    DRIFT,
    JOINT_SHIFT,
    UNIT_SHIFT,
    Results,
)
from stages.reporting.results import (
    FLIPS as FLIP_RATE,
)
from stages.runtime.paths import AS_TRAINED
from stages.stats.verdicts import Verdict
from tests.reporting.cases import MAX_LEN, STATES, TEST_TEXTS, TOKENS, TRAINING_TEXTS, Case, Outcome, interval
from tests.reporting.cells import cell_of
from tests.reporting.datasets import bag_of_words, dataset_of
from tests.reporting.families import family_of

LEAK: Outcome = {"verdict": Verdict.DIFFERENT, "estimate": 0.38461538, "low": 0.31, "high": 0.47}
SMALL: Outcome = {"verdict": Verdict.EQUIVALENT, "estimate": 0.002, "low": 0.001, "high": 0.004}
UNCLEAR: Outcome = {"verdict": Verdict.INCONCLUSIVE, "estimate": 0.012, "low": 0.003, "high": 0.04}
EXACT: Outcome = {"verdict": Verdict.EXACT, "estimate": 0.0, "low": 0.0, "high": 0.0}
NOTHING: Outcome = {"verdict": Verdict.UNDEFINED, "estimate": None, "low": None, "high": None} | {
    "reason": "no seed learned"
}
FLIPS: Outcome = {"verdict": Verdict.DIFFERENT, "estimate": 0.021, "low": 0.015, "high": 0.029}
BETTER: Outcome = {"verdict": Verdict.DIFFERENT, "estimate": 0.11, "low": 0.09, "high": 0.13}
SAME_ACCURACY: Outcome = {"verdict": Verdict.EQUIVALENT, "estimate": 0.001, "low": -0.004, "high": 0.006}
WORSE: Outcome = {"verdict": Verdict.DIFFERENT, "estimate": -0.08, "low": -0.1, "high": -0.06}

TEXT_STEPS = TOKENS * TRAINING_TEXTS
FLOPS_PER_STEP = 12_576


def analysis(
    params: Params,
    *,
    drift: Outcome,
    flips: Outcome = FLIPS,
    gain: Outcome = BETTER,
    learned: bool = True,
    classes: int = 2,
    truth: bool = True,
    masked_drift: Outcome = EXACT,
    served_otherwise: bool = False,
) -> Analysis:
    """The whole analysis.

    Args:
        params: sides, variants, seeds and pads.
        drift: figures and verdict of the baseline's drift at every number of pads.
        flips: the same of its flips.
        gain: the accuracy of `masked` minus that of the baseline.
        learned: whether the baseline's seeds beat chance.
        classes: number of classes.
        truth: whether the dataset is synthetic.
        masked_drift: figures and verdict of the drift of `masked`.
        served_otherwise: whether it was padded on the other side, and its accuracy judged when served so.
    """
    cases = [
        Case(
            params=params,
            side=side,
            variant=variant,
            drift=masked_drift if variant == "masked" else drift,
            flips=flips,
            gain=gain,
            learned=learned or variant == "masked",
            classes=classes,
            served_otherwise=served_otherwise,
        )
        for side in params.pad.sides
        for variant in params.train.variants
    ]
    cells = [cell_of(case) for case in cases]
    compared = [BASELINE in params.train.variants, "masked" in params.train.variants]
    judged = (drift if compared[0] else NOTHING, gain if all(compared) else NOTHING)
    return Analysis(
        dataset=dataset_of(params, classes, truth=truth),
        cells=cells,
        family=[record for side in params.pad.sides for record in family_of(params, side, *judged)],
        verdicts=[finding for case in cases for finding in _findings(case)],
        history=[epoch for case in cases for epoch in _history(case)],
        similarity=[pair for side in params.pad.sides for pair in _similarity(params, side)],
        cost=[cost for cell in cells for cost in _cost(cell)],
        law=_law(),
        lengths=Lengths(max_len=MAX_LEN, train=TrainingLengths(counts=[(4, 5), (7, 15), (11, 25), (20, 10), (48, 5)])),
        units=[unit for case in cases for unit in _units(case)],
        bag_of_words=bag_of_words(),
    )


def with_report(results: Results, **parts: Any) -> Results:
    """The same results with other parts of the report."""
    return Results(replace(results.report, **parts))


def with_cells(results: Results, change: Callable[[CellFacts], CellFacts]) -> Results:
    """The same results with every cell changed."""
    return with_report(results, cells=[change(cell) for cell in results.cells])


def with_verdicts(results: Results, change: Callable[[Finding], Finding]) -> Results:
    """The same results with every verdict changed."""
    return with_report(results, verdicts=[change(finding) for finding in results.findings])


def becomes(outcome: Outcome, **where: Any) -> Callable[[Finding], Finding]:
    """The change of a verdict to this outcome, where its fields have these values."""

    def change(finding: Finding) -> Finding:
        fits = all(getattr(finding, name) == value for name, value in where.items())
        return replace(finding, **exploratory(outcome)) if fits else finding

    return change


def exploratory(outcome: Outcome) -> Outcome:
    """The figures of an outcome as they stand outside the family: without its word, unless nothing moved."""
    if outcome["verdict"] not in (Verdict.DIFFERENT, Verdict.EQUIVALENT, Verdict.INCONCLUSIVE):
        return {"smallest_epsilon": None, "exploratory": None} | outcome
    return outcome | {
        "verdict": None,
        "exploratory": True,
        "smallest_epsilon": max(abs(outcome["low"]), abs(outcome["high"])),
    }


def with_family(results: Results, question: str, outcome: Outcome, *sides: str) -> Results:
    """The same results with another verdict on one question of the family, on these sides or on all."""
    cleared = {"condition": None, "seeds_needed": None, "reason": None}
    family = [
        replace(record, **(cleared | {"condition": record.condition} | outcome))
        if record.question == question and (not sides or record.side in sides)
        else record
        for record in results.report.family
    ]
    return with_report(results, family=family)


def anew(results: Results) -> Results:
    """The same results with the claims and the questions that follow from its figures."""
    return Results(with_sentences(results.report))


def _findings(case: Case) -> list[Finding]:
    findings = []
    flips = case.flips if case.strength else EXACT
    for condition in case.conditions:
        for state in STATES:
            findings += [
                _finding(case, DRIFT, condition, case.drift, state),
                _finding(case, UNIT_SHIFT, condition, _outcome(case, 0.9, UNIT_SHIFT), state),
                _finding(case, JOINT_SHIFT, condition, _outcome(case, 1.7, JOINT_SHIFT), state),
            ]
        findings.append(_finding(case, FLIP_RATE, condition, flips))
    for condition in [ALONE, *case.conditions] * case.served_otherwise:
        if condition != AS_TRAINED:
            findings.append(_finding(case, ACCURACY_CHANGE, condition, _outcome(case, -0.03, ACCURACY_CHANGE)))
    if BASELINE in case.params.train.variants and case.variant != BASELINE:
        findings.append(_finding(case, ACCURACY, None, case.gain if case.variant == "masked" else EXACT))
    return findings


def _finding(case: Case, estimand: str, condition: str | None, outcome: Outcome, state: str | None = None) -> Finding:
    figures = {"estimate": None, "low": None, "high": None} | exploratory(outcome)
    return Finding(
        question="a question",
        estimand=estimand,
        side=case.side,
        variant=case.variant,
        condition=condition,
        pads=0 if condition == ALONE else case.conditions.get(condition or ""),
        state=state,
        level=case.params.analyze.level,
        epsilon=_epsilon(case, estimand),
        method="by hand",
        n_texts=TEST_TEXTS,
        n_seeds=case.seeds,
        largest_change=0.0 if figures["verdict"] is Verdict.EXACT else 0.8291234,
        **figures,
    )


def _epsilon(case: Case, estimand: str) -> float:
    bounds = case.params.analyze.epsilon.model_dump()
    return float(bounds["accuracy" if estimand in (ACCURACY, ACCURACY_CHANGE) else estimand])


def _outcome(case: Case, largest: float, estimand: str) -> Outcome:
    """`largest` where pads move the state most, with an interval of a tenth, judged against ε."""
    if not case.defined:
        return NOTHING
    value = largest * case.strength
    if not value:
        return EXACT
    half = 0.1 * abs(value)
    differs = abs(value) - half > _epsilon(case, estimand)
    verdict = Verdict.DIFFERENT if differs else Verdict.INCONCLUSIVE
    return {"verdict": verdict, "estimate": value, "low": value - half, "high": value + half}


def _history(case: Case) -> list[Epoch]:
    return [
        Epoch(
            side=case.side,
            variant=case.variant,
            seed=seed,
            epoch=epoch,
            loss=0.6 / epoch,
            accuracy=0.8123456,
            val_loss=0.7 / epoch,
            val_accuracy=0.79,
        )
        for seed in seed_numbers(case.params.train)
        for epoch in (1, 2)
    ]


def _units(case: Case) -> list[UnitFacts]:
    """Two units, of which pads move one."""
    if not (case.strength and case.learned) or case.copy:
        return []
    return [
        UnitFacts(
            side=case.side,
            variant=case.variant,
            seed=seed,
            state=STATES[0],
            pads=pads,
            effect=[0.3, None],
            shift=[0.1, 0.0],
            largest=[0.5, 0.0],
        )
        for seed in seed_numbers(case.params.train)
        for pads in case.conditions.values()
        if pads
    ]


def _similarity(params: Params, side: str) -> list[Similarity]:
    variants, seeds = params.train.variants, params.train.seeds
    pairs = [(one, two, "variants", seeds) for place, one in enumerate(variants) for two in variants[place + 1 :]]
    pairs += [(variant, variant, "seeds", seeds * (seeds - 1) // 2) for variant in variants]
    return [
        Similarity(
            side=side,
            of=of,
            one=one,
            two=two,
            condition=AS_TRAINED,
            pairs=number,
            cka=interval(0.61, 0.05) if number else None,
            procrustes=interval(0.72, 0.04) if number else None,
        )
        for one, two, of, number in pairs
    ]


def _cost(cell: CellFacts) -> list[BatchingCost]:
    fixed = TRAINING_TEXTS * MAX_LEN
    steps = {"fixed": fixed, "per_batch": 0.9 * fixed, "bucketed": TEXT_STEPS + 50, "packed": TEXT_STEPS}
    masks = cell.mask == "embedding"
    return [
        BatchingCost(
            side=cell.side,
            variant=cell.variant,
            batching=batching,
            usable=batching == "fixed" or (masks and batching != "packed"),
            texts=TRAINING_TEXTS,
            max_len=MAX_LEN,
            steps=number,
            text_steps=TEXT_STEPS,
            wasted=1 - TEXT_STEPS / number,
            flops_per_step=FLOPS_PER_STEP,
            flops=FLOPS_PER_STEP * number,
        )
        for batching, number in steps.items()
    ]


def _law() -> Law:
    points = [
        LawPoint(max_len=width, padding_share=max(0.0, 1 - TOKENS / width), steps=TRAINING_TEXTS * width)
        for width in (11, 16, MAX_LEN, 48, 96)
    ]
    return Law(points=points, slope=float(TRAINING_TEXTS), r_squared=1.0, texts=TRAINING_TEXTS)
