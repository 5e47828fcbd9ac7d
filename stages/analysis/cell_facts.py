"""Everything that is known of one cell, in the form that the report reads."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from stages.analysis.accuracies import NEITHER_LEARNED, accuracy_difference, no_interval
from stages.analysis.cells import Cell, SeedResult
from stages.analysis.contract import BagOfWords
from stages.analysis.contract_cells import (
    CellFacts,
    ConditionFacts,
    CurvePoint,
    DistributionFacts,
    LengthStratum,
    OverUnits,
    SeedFacts,
    StateFacts,
    TrainingFacts,
)
from stages.analysis.contract_served import AgainstTrainingFacts, Served
from stages.analysis.dataset_facts import over_bag_of_words
from stages.analysis.estimate import Estimate, OverSeeds, SeedCount, SplitScores
from stages.analysis.memory_facts import forgetting_facts, pad_step_facts, probe_facts, trajectory_facts
from stages.analysis.outcomes import StateOutcome
from stages.analysis.verdicts import compared_texts
from stages.params.schema import AnalyzeParams
from stages.runtime.paths import AS_TRAINED, SPLITS, condition_name
from stages.stats.calibration import COARSE_BINS, Confidence, calibration_error_over_seeds
from stages.stats.intervals import Interval, MeanOverSeeds, same_everywhere
from stages.stats.predictions import Quantity
from stages.stats.seed_pairs import paired_comparison

SIGNIFICANT = 0.05
"""Level of the tests that are counted over seeds."""


def cell_facts(
    cell: Cell, baseline: Cell | None, conditions: dict[str, int | None], bag: BagOfWords, params: AnalyzeParams
) -> CellFacts:
    """Everything that is known of one cell: its seeds, and its conditions over the seeds that learned."""
    level = params.level
    computed = sum(seed.scores["training"]["computed_tokens"] for seed in cell.seeds)
    text = sum(seed.scores["training"]["text_tokens"] for seed in cell.seeds)
    return CellFacts(
        side=cell.side,
        variant=cell.variant,
        architecture=cell.architecture,
        vectors=cell.vectors,
        same_as_baseline=baseline is not None and baseline is not cell and cell.same_results(baseline),
        seeds=[_seed_facts(seed, conditions) for seed in cell.seeds],
        n_seeds=len(cell.seeds),
        n_seeds_at_chance=len(cell.seeds) - len(cell.learned),
        accuracy=_over_seeds(cell, level),
        p_learn=_within(cell.parts.p_learn(level), 0.0, 1.0),
        accuracy_learned=Estimate.of(cell.parts.of_learned(level)) if cell.learned else None,
        computed_tokens=computed,
        text_tokens=text,
        padding_share_computed=1 - text / computed,
        alone=_served(cell, condition_name(0), lambda seed: seed.model.confidence, params),
        conditions=[_condition_facts(cell, condition, pads, params) for condition, pads in conditions.items()],
        calibration=_calibration_curves(cell),
        probes=probe_facts(cell, level),
        forgetting=forgetting_facts(cell, params),
        audit=cell.audit,
        pad_step=pad_step_facts(cell),
        path=trajectory_facts(cell, params.exact_tolerance),
        training=_training_facts(cell, baseline, params),
        over_bag_of_words=over_bag_of_words(cell, bag, level),
    )


def _over_seeds(cell: Cell, level: float) -> OverSeeds:
    mean, several = cell.parts.interval(level), len(cell.seeds) > 1
    return OverSeeds(
        mean=mean.estimate, low=mean.low if several else None, high=mean.high if several else None, level=level
    )


def _bounded(
    mean: MeanOverSeeds | None, level: float, lowest: float = -np.inf, highest: float = np.inf
) -> Estimate | None:
    return None if mean is None else _within(mean.interval(level), lowest, highest)


def _within(interval: Interval, lowest: float, highest: float) -> Estimate:
    return Estimate(interval.estimate, max(lowest, interval.low), min(highest, interval.high))


def _accuracy(cell: Cell, condition: str, level: float) -> Estimate | None:
    mean = cell.accuracy(condition)
    if mean is None or mean.variance:
        return _bounded(mean, level, 0, 1)
    return _within(same_everywhere(mean, compared_texts(cell, condition), level), 0.0, 1.0)


def _accuracy_change(cell: Cell, condition: str, params: AnalyzeParams) -> Estimate | None:
    mean = cell.accuracy_change(condition)
    moved = max(cell.largest_probability_change(other) for other in (condition, AS_TRAINED))
    if mean is None or mean.variance or moved <= params.exact_tolerance:
        return _bounded(mean, params.level)
    return Estimate.of(same_everywhere(mean, compared_texts(cell, condition), params.level))


def _seed_facts(seed: SeedResult, conditions: dict[str, int | None]) -> SeedFacts:
    alone = next(iter(seed.conditions.values())).predictions
    accuracies = {condition_name(0): alone.rate(Quantity.CORRECT_ALONE)}
    accuracies |= {name: outcome.predictions.rate(Quantity.CORRECT) for name, outcome in seed.conditions.items()}
    return SeedFacts(
        seed=seed.seed,
        learned=seed.learned,
        majority=seed.majority,
        accuracy=Estimate(seed.accuracy.estimate, seed.accuracy.low, seed.accuracy.high),
        scores={name: SplitScores(**seed.scores["splits"][name]) for name in SPLITS},
        epochs=seed.scores["training"]["epochs"],
        accuracy_by_condition=accuracies,
        drift_by_condition={
            name: {vector: state.drift_ratio for vector, state in seed.conditions[name].states.items()}
            for name in conditions
        },
        flips_by_condition={name: seed.conditions[name].predictions.flip_rate() for name in conditions},
        readout_drift_by_condition={
            name: outcome.readout_drift.of_all for name, outcome in seed.model.against_training.items()
        },
        flips_against_training_by_condition={
            name: outcome.predictions.flip_rate() for name, outcome in seed.model.against_training.items()
        },
        patches=seed.model.patches,
    )


def _served(
    cell: Cell, condition: str, confidence: Callable[[SeedResult], Confidence], params: AnalyzeParams
) -> Served:
    return Served(
        accuracy=_accuracy(cell, condition, params.level),
        accuracy_change=None if condition == AS_TRAINED else _accuracy_change(cell, condition, params),
        calibration_error=_calibration_error(cell, confidence, params.level),
        against_training=None if condition == AS_TRAINED else _against_training(cell, condition, params.level),
    )


def _against_training(cell: Cell, condition: str, level: float) -> AgainstTrainingFacts:
    drift = cell.readout_drift(condition)
    symmetric = cell.readout_drift(condition, symmetric=True)
    return AgainstTrainingFacts(
        flip_rate=Estimate.of(cell.share_against_training(condition, Quantity.FLIPS, level)),
        gained=Estimate.of(cell.share_against_training(condition, Quantity.GAINED, level)),
        lost=Estimate.of(cell.share_against_training(condition, Quantity.LOST, level)),
        readout_drift=None if drift is None else Estimate.of(drift.interval(level)),
        readout_drift_symmetric=None if symmetric is None else Estimate.of(symmetric.interval(level)),
    )


def _condition_facts(cell: Cell, condition: str, pads: int | None, params: AnalyzeParams) -> ConditionFacts:
    defined, level = cell.undefined(condition) is None, params.level
    served = _served(cell, condition, lambda seed: seed.conditions[condition].confidence, params)
    drifts = {vector: cell.drift(condition, vector) for vector in cell.vectors}
    predictions = cell.predictions(condition)
    return ConditionFacts(
        **vars(served),
        condition=condition,
        pads=pads,
        largest_change=cell.largest(condition),
        drift_ratio={
            vector: None if drift is None else Estimate.of(drift.interval(level)) for vector, drift in drifts.items()
        },
        flip_rate=Estimate.of(cell.flip_rate(condition, level)),
        mean_probability_change=(
            float(np.mean([sums.rate(Quantity.MOVED) for sums in predictions])) if defined else None
        ),
        gained=Estimate.of(cell.share(condition, Quantity.GAINED, level)),
        lost=Estimate.of(cell.share(condition, Quantity.LOST, level)),
        nll_change=_bounded(cell.rate(condition, Quantity.NLL_CHANGE), level),
        brier_change=_bounded(cell.rate(condition, Quantity.BRIER_CHANGE), level),
        mcnemar=SeedCount(
            significant=sum(sums.mcnemar_p() < SIGNIFICANT for sums in predictions), of=len(cell.learned)
        ),
        states={vector: _state_facts(cell, condition, vector, level) for vector in cell.vectors} if defined else None,
        distributions=_distribution_facts(cell, condition) if defined else None,
        sign_flips=_sign_flip_facts(cell, condition),
    )


def _sign_flip_facts(cell: Cell, condition: str) -> dict[str, SeedCount] | None:
    """By state, in how many seeds sign flips of whole texts show a mean shift; None where texts are many."""
    outcomes = [seed.conditions[condition].sign_flip_p for seed in cell.learned]
    by_state = [p_values for p_values in outcomes if p_values is not None]
    if not by_state:
        return None
    return {
        vector: SeedCount(significant=sum(p_values[vector] < SIGNIFICANT for p_values in by_state), of=len(by_state))
        for vector in cell.vectors
    }


def _state_facts(cell: Cell, condition: str, vector: str, level: float) -> StateFacts:
    """What is known of one state over the seeds that learned; a mean is None where one seed leaves it undefined."""
    states = cell.states(condition, vector)

    def mean(value: Callable[[StateOutcome], float]) -> float | None:
        average = float(np.mean([value(state) for state in states]))
        return average if np.isfinite(average) else None

    def over_seeds(value: Callable[[StateOutcome], float], highest: float = np.inf) -> Estimate | None:
        return Estimate.over_seeds(np.array([value(state) for state in states], dtype=np.float64), level, 0, highest)

    return StateFacts(
        cosine=mean(lambda state: state.cosine),
        units_moved=over_seeds(lambda state: state.units.moved(), 1),
        units_different=mean(lambda state: state.units.different()),
        all_units_equivalent=sum(state.units.all_equivalent() is True for state in states),
        joint_distance=mean(lambda state: state.joint.debiased),
        jointly_equivalent=sum(state.joint.p_equivalent <= SIGNIFICANT for state in states),
        of=len(states),
        dispersion_left=over_seeds(lambda state: state.dispersion.left),
        participation_ratio=mean(lambda state: state.dispersion.participation_ratio),
        effective_rank=mean(lambda state: state.dispersion.effective_rank),
    )


def _distribution_facts(cell: Cell, condition: str) -> DistributionFacts | None:
    """Medians and maxima over units, as means over the seeds that learned."""
    outcomes = [seed.conditions[condition].distributions for seed in cell.learned]
    distributions = [outcome for outcome in outcomes if outcome is not None]
    if not distributions:
        return None

    def summary(by_seed: list[NDArray[np.float64]]) -> OverUnits:
        return OverUnits(
            median=float(np.mean([np.median(values) for values in by_seed])),
            largest=float(np.mean([values.max() for values in by_seed])),
        )

    return DistributionFacts(
        w1=summary([outcome.wasserstein for outcome in distributions]),
        ks=summary([outcome.kolmogorov_smirnov for outcome in distributions]),
        strata=[
            LengthStratum(
                from_=by_seed[0].shortest,
                to=by_seed[0].longest,
                texts=by_seed[0].texts,
                w1=float(np.mean([stratum.wasserstein for stratum in by_seed])),
                ks=float(np.mean([stratum.kolmogorov_smirnov for stratum in by_seed])),
                drift_ratio=_typical([stratum.drift_ratio for stratum in by_seed]),
            )
            for by_seed in zip(*(outcome.strata for outcome in distributions), strict=True)
        ],
    )


def _training_facts(cell: Cell, baseline: Cell | None, params: AnalyzeParams) -> TrainingFacts | None:
    """Test accuracy against the baseline's, seed by seed; None for the baseline itself, or without one."""
    if baseline is None or baseline is cell:
        return None
    by_seed = cell.tested.values - baseline.tested.values
    compared = paired_comparison(by_seed, params.epsilon.accuracy, np.random.default_rng(0))
    # Two accuracies at chance are about the same, which would look like a result.
    chance = not cell.learned and not baseline.learned
    undefined = cell.same_results(baseline) or no_interval(cell, baseline) is not None
    difference = None if undefined else accuracy_difference(cell, baseline, params.epsilon).interval(params.level)
    return TrainingFacts(
        difference=Estimate.of(difference),
        mean=compared.mean,
        sign_flip_p=None if chance else compared.sign_flip_p,
        better=None if chance else Estimate.of(compared.better(params.level)),
        tost_p=None if chance else compared.tost_p,
        detectable=None if chance else compared.detectable(),
        n_seeds=compared.n_seeds,
        reason=NEITHER_LEARNED if chance else compared.reason,
    )


def _typical(ratios: list[float]) -> float:
    """The geometric mean, as of all drift ratios over seeds; a plain one where a seed's ratio is 0."""
    return float(np.exp(np.mean(np.log(ratios)))) if min(ratios) > 0 else float(np.mean(ratios))


def _calibration_error(cell: Cell, of: Callable[[SeedResult], Confidence], level: float) -> Estimate | None:
    if len(cell.learned) < min(2, len(cell.seeds)):
        return None
    return Estimate.of(calibration_error_over_seeds([of(seed).by_group for seed in cell.learned], level))


def _calibration_curves(cell: Cell) -> dict[str, list[CurvePoint]]:
    """The calibration curve by condition, of the predictions of all seeds that learned together."""
    if not cell.learned:
        return {}
    by_condition = {condition_name(0): [seed.model.confidence for seed in cell.learned]}
    by_condition |= {
        name: [seed.conditions[name].confidence for seed in cell.learned] for name in cell.learned[0].conditions
    }
    curves = {}
    for name, confidences in by_condition.items():
        pooled = confidences[0].pooled
        for confidence in confidences[1:]:
            pooled += confidence.pooled
        curves[name] = [CurvePoint(**vars(point)) for point in pooled.equal_mass(COARSE_BINS).curve()]
    return curves
