"""One padding side and variant of an analysis made by hand."""

import math

import numpy as np

from stages.analysis.contract_audit import AuditedLayer, AuditedLeak, AuditFacts
from stages.analysis.contract_cells import (
    ALONE,
    CellFacts,
    ConditionFacts,
    CurvePoint,
    DistributionFacts,
    LengthStratum,
    OverBagOfWords,
    OverUnits,
    SeedFacts,
    StateFacts,
    TrainingFacts,
)
from stages.analysis.contract_served import AgainstTrainingFacts, Served
from stages.analysis.estimate import Estimate, OverSeeds, SeedCount, SplitScores
from stages.params.derived import BASELINE, architecture_of, ignores_padding, seed_numbers
from stages.runtime.paths import AS_TRAINED, OTHER_SIDE, condition_name
from stages.stats.verdicts import UNMOVED, Verdict
from tests.reporting.cases import (
    MAX_LEN,
    PADS_AS_TRAINED,
    STATES,
    TEST_TEXTS,
    TOKENS,
    TRAINING_TEXTS,
    Case,
    Outcome,
    interval,
)
from tests.reporting.cell_memory import forgetting_of, pad_step_of, path_of, probes_of


def _audit(case: Case) -> AuditFacts:
    """Of models whose mask works where the case says that nothing moves."""
    exact = case.drift["verdict"] in UNMOVED
    leak = None if exact else AuditedLeak(layer="lstm_1", cause="no_mask", culprit=None)
    proven = case.seeds if case.drift["verdict"] is Verdict.PROVEN else 0
    layers = [
        AuditedLayer(layer="embedding", type="Embedding", did="made" if exact else "none", at_masked_steps=None),
        AuditedLayer(layer="lstm_1", type="LSTM", did="consumed" if exact else "none", at_masked_steps=None),
    ]
    return AuditFacts(
        proven={"pre": proven, "post": proven},
        of=case.seeds,
        first_leak={"pre": leak, "post": leak},
        layers=layers,
        one_prediction_a_text=True,
    )


def cell_of(case: Case) -> CellFacts:
    """All that is known of it."""
    seeds = [_seed(case, seed) for seed in seed_numbers(case.params.train)]
    level = case.params.analyze.level
    accuracy = Estimate.over_seeds(np.array([seed.accuracy.estimate for seed in seeds]), level, 0, 1)
    assert accuracy is not None  # every seed has one
    architecture = architecture_of(case.params, case.variant)
    text_tokens = TOKENS * TRAINING_TEXTS * 2 * case.seeds
    full = MAX_LEN * TRAINING_TEXTS * 2 * case.seeds
    computed = text_tokens + 100 if ignores_padding(architecture) else full
    return CellFacts(
        side=case.side,
        variant=case.variant,
        architecture=architecture,
        vectors=STATES,
        same_as_baseline=case.copy,
        seeds=seeds,
        n_seeds=case.seeds,
        n_seeds_at_chance=case.seeds - case.learned_seeds,
        accuracy=OverSeeds(mean=accuracy.estimate, low=accuracy.low, high=accuracy.high, level=level),
        p_learn=Estimate(case.learned_seeds / case.seeds, 0.5 * case.learned, 0.5 + 0.5 * case.learned),
        accuracy_learned=accuracy if case.learned else None,
        computed_tokens=computed,
        text_tokens=text_tokens,
        padding_share_computed=1 - text_tokens / computed,
        alone=_alone(case),
        conditions=[_condition(case, name, pads) for name, pads in case.conditions.items()],
        calibration=_calibration(case),
        probes=probes_of(case),
        forgetting=forgetting_of(case),
        audit=_audit(case),
        pad_step=pad_step_of(case),
        path=path_of(case),
        training=_training(case),
        over_bag_of_words=OverBagOfWords(
            estimate=0.0923 if case.learned else -0.2877,
            low=0.081 if case.learned else -0.299,
            high=0.104 if case.learned else -0.276,
            n_seeds=case.seeds,
            n_seeds_better=case.learned_seeds,
        ),
    )


def _seed(case: Case, seed: int) -> SeedFacts:
    accuracy = (0.88 if case.learned else 0.5) + 0.01234 * (seed % 3)
    drift = case.drift["estimate"] * (1 + 0.1 * seed) if case.defined else None
    served_otherwise = [ALONE, *(name for name in case.conditions if name != AS_TRAINED)]
    scores = SplitScores(
        texts=TEST_TEXTS, correct=round(TEST_TEXTS * accuracy), majority=20, accuracy=accuracy, nll=0.4, brier=0.2
    )
    return SeedFacts(
        seed=seed,
        learned=case.learned,
        majority=0.505,
        accuracy=Estimate(accuracy, accuracy - 0.03, accuracy + 0.02),
        scores={"test": scores},
        epochs=2,
        accuracy_by_condition=dict.fromkeys([ALONE, *case.conditions], accuracy),
        drift_by_condition={name: dict.fromkeys(STATES, drift) for name in case.conditions},
        flips_by_condition=dict.fromkeys(case.conditions, 0.02 if case.strength else 0.0),
        readout_drift_by_condition=dict.fromkeys(served_otherwise, drift),
        flips_against_training_by_condition=dict.fromkeys(served_otherwise, 0.03 if case.strength else 0.0),
    )


def _against_training(case: Case, effect: float) -> AgainstTrainingFacts:
    """More texts turn wrong than right, in proportion to what pads do."""

    def known(estimate: float, half: float) -> Estimate | None:
        return interval(estimate, half, case.seeds) if case.learned and case.defined else None

    return AgainstTrainingFacts(
        flip_rate=known(0.003 * effect, 0.002),
        gained=known(0.001 * effect, 0.001),
        lost=known(0.002 * effect, 0.001),
        readout_drift=known(0.02 * effect, 0.01),
        readout_drift_symmetric=known(0.018 * effect, 0.01),
    )


def _alone(case: Case) -> Served:
    against = _against_training(case, case.strength * PADS_AS_TRAINED)
    if not case.learned:
        return Served(accuracy=None, accuracy_change=None, calibration_error=None, against_training=against)
    return Served(
        against_training=against,
        accuracy=interval(0.86, 0.02, case.seeds),
        accuracy_change=interval(-0.02 * case.strength, 0.01, case.seeds),
        calibration_error=interval(0.03, 0.01, case.seeds),
    )


def _condition(case: Case, name: str, pads: int | None) -> ConditionFacts:
    """What pads do in proportion to their number; nothing of it where too few seeds learned."""
    defined = case.learned and case.defined
    seeds = case.seeds
    effect = case.strength * (pads or PADS_AS_TRAINED)

    def known(estimate: float, half: float) -> Estimate | None:
        return interval(estimate, half, seeds) if defined else None

    return ConditionFacts(
        condition=name,
        pads=pads,
        largest_change=0.5,
        mean_probability_change=0.01,
        drift_ratio=dict.fromkeys(STATES, _estimate(case.drift)),
        flip_rate=_estimate(case.flips),
        accuracy=known(0.88 - 0.001 * effect, 0.02),
        accuracy_change=known(-0.001 * effect, 0.01),
        gained=known(0.002 * case.strength, 0.001),
        lost=known(0.012 * case.strength, 0.002),
        nll_change=known(0.004 * effect, 0.002),
        brier_change=known(0.002 * effect, 0.001),
        calibration_error=known(0.03 + 0.001 * effect, 0.01),
        mcnemar=SeedCount(significant=min(seeds, round(0.3 * effect)) if defined else 0, of=seeds if defined else 0),
        states=dict.fromkeys(STATES, _state(effect, seeds)) if defined else None,
        distributions=_distributions(effect) if defined else None,
        against_training=None if name == AS_TRAINED else _against_training(case, effect),
    )


def _estimate(outcome: Outcome) -> Estimate | None:
    known = outcome["estimate"] is not None
    return Estimate(outcome["estimate"], outcome["low"], outcome["high"]) if known else None


def _state(effect: float, seeds: int) -> StateFacts:
    return StateFacts(
        cosine=1 - 0.01 * effect,
        units_moved=interval(min(0.9, 0.05 * effect), 0.05, seeds),
        units_different=min(1.0, 0.08 * effect),
        all_units_equivalent=0 if effect else seeds,
        of=seeds,
        joint_distance=0.3 * effect,
        jointly_equivalent=0 if effect else seeds,
        dispersion_left=interval(1 - 0.005 * effect, 0.02, seeds),
        participation_ratio=3.4 - 0.02 * effect,
        effective_rank=7.1 - 0.03 * effect,
    )


def _distributions(effect: float) -> DistributionFacts:
    ranges = [(4, 7), (8, 11), (12, 16), (17, 31)]
    return DistributionFacts(
        w1=OverUnits(median=0.01 * effect, largest=0.03 * effect),
        ks=OverUnits(median=0.02 * effect, largest=0.05 * effect),
        strata=[
            LengthStratum(
                from_=shortest,
                to=longest,
                texts=TEST_TEXTS // len(ranges),
                w1=0.01 * effect,
                ks=0.02 * effect,
                drift_ratio=0.03 * effect * (len(ranges) - row),
            )
            for row, (shortest, longest) in enumerate(ranges)
        ],
    )


def _training(case: Case) -> TrainingFacts | None:
    if case.variant == BASELINE or BASELINE not in case.params.train.variants:
        return None
    reason = "EXACT: the difference is 0 in every seed" if case.copy else case.gain.get("reason", "one seed")
    compared = not case.copy and case.seeds > 1
    return TrainingFacts(
        difference=interval(0.11, 0.02) if compared else None,
        mean=0.0 if case.copy else 0.11,
        sign_flip_p=2 / 2**case.seeds if compared else None,
        better=Estimate(5 / 6, 0.44, 0.97) if compared else None,
        tost_p=0.97 if compared else None,
        detectable=0.031 if compared else None,
        n_seeds=case.seeds,
        reason=None if compared else reason,
    )


def _calibration(case: Case) -> dict[str, list[CurvePoint]]:
    """Too sure of itself, the more so the farther the state was moved."""
    if not case.learned:
        return {}
    too_sure = {ALONE: 0.03, condition_name(16): 0.05, AS_TRAINED: 0.06, OTHER_SIDE: 0.17}
    confidences = [float(value) for value in np.linspace(1 / case.classes + 0.02, 0.995, 10)]

    def right(confidence: float, condition: str) -> float:
        gap = too_sure[condition] * (1 if condition == ALONE else case.strength)
        return min(1.0, max(0.0, confidence - gap * confidence + 0.02 * math.sin(9 * confidence)))

    return {
        condition: [CurvePoint(confidence=value, accuracy=right(value, condition), texts=100) for value in confidences]
        for condition in too_sure
    }
