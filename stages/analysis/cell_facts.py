"""Everything that is known of one cell, in the form that the report reads."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stages.analysis.cells import Cell, SeedResult, same_everywhere
from stages.analysis.memory_facts import forgetting_facts, pad_step_facts, path_facts, probe_facts
from stages.analysis.one_model import last_hidden
from stages.analysis.outcomes import StateOutcome
from stages.analysis.over_seeds import interval_record, mean_record
from stages.analysis.verdicts import NEITHER_LEARNED, accuracy_differences, sizes
from stages.params.schema import BASELINE, SPLITS, AnalyzeParams
from stages.runtime.paths import AS_TRAINED, condition_name
from stages.stats.calibration import COARSE_BINS, Confidence, calibration_error_over_seeds
from stages.stats.intervals import Interval, MeanOverSeeds
from stages.stats.predictions import Quantity
from stages.stats.seed_pairs import paired_comparison

Record = dict[str, Any]

SIGNIFICANT = 0.05
"""Level of the tests that are counted over seeds."""


def cell_facts(cell: Cell, baseline: Cell | None, conditions: dict[str, int | None], params: AnalyzeParams) -> Record:
    """Everything that is known of one cell: its seeds, and its conditions over the seeds that learned."""
    level = params.level
    return {
        "side": cell.side,
        "variant": cell.variant,
        "architecture": cell.architecture.model_dump(),
        "vectors": cell.vectors,
        "same_as_baseline": baseline is not None and baseline is not cell and cell.same_results(baseline),
        "seeds": [_seed_facts(seed, conditions) for seed in cell.seeds],
        "computed_tokens": sum(seed.scores["training"]["computed_tokens"] for seed in cell.seeds),
        "text_tokens": sum(seed.scores["training"]["text_tokens"] for seed in cell.seeds),
        "alone": _alone_facts(cell, params),
        "conditions": [_condition_facts(cell, condition, pads, params) for condition, pads in conditions.items()],
        "calibration": _calibration_curves(cell),
        "probes": probe_facts(cell, level),
        "forgetting": forgetting_facts(cell, params),
        "pad_step": pad_step_facts(cell),
        "path": path_facts(cell, params.exact_tolerance),
        "training": _training_facts(cell, baseline, params),
    }


def _bounded(
    mean: MeanOverSeeds | None, level: float, lowest: float = -np.inf, highest: float = np.inf
) -> Record | None:
    if mean is None:
        return None
    interval = mean.interval(level)
    return vars(Interval(interval.estimate, max(lowest, interval.low), min(highest, interval.high)))


def _accuracy(cell: Cell, condition: str, level: float) -> Record | None:
    mean = cell.accuracy(condition)
    if mean is None or mean.variance:
        return _bounded(mean, level, 0, 1)
    interval = same_everywhere(mean, sizes(cell, condition)["n_texts"], level)
    return vars(Interval(interval.estimate, max(0.0, interval.low), min(1.0, interval.high)))


def _accuracy_change(cell: Cell, condition: str, params: AnalyzeParams) -> Record | None:
    mean = cell.accuracy_change(condition)
    moved = max(cell.largest_probability_change(each) for each in (condition, AS_TRAINED))
    if mean is None or mean.variance or moved <= params.exact_tolerance:
        return _bounded(mean, params.level)
    return vars(same_everywhere(mean, sizes(cell, condition)["n_texts"], params.level))


def _seed_facts(seed: SeedResult, conditions: dict[str, int | None]) -> Record:
    alone = next(iter(seed.conditions.values())).predictions
    at = {condition_name(0): alone.rate(Quantity.CORRECT_ALONE)}
    at |= {name: outcome.predictions.rate(Quantity.CORRECT) for name, outcome in seed.conditions.items()}
    return {
        "seed": seed.seed,
        "learned": seed.learned,
        "majority": seed.majority,
        "accuracy": vars(seed.accuracy),
        "scores": {name: seed.scores["splits"][name] for name in SPLITS},
        "epochs": seed.scores["training"]["epochs"],
        "accuracy_by_condition": at,
        "drift_by_condition": {
            name: {vector: state.drift_ratio for vector, state in seed.conditions[name].states.items()}
            for name in conditions
        },
        "flips_by_condition": {name: seed.conditions[name].predictions.flip_rate() for name in conditions},
    }


def _alone_facts(cell: Cell, params: AnalyzeParams) -> Record:
    alone = condition_name(0)
    return {
        "accuracy": _accuracy(cell, alone, params.level),
        "accuracy_change": _accuracy_change(cell, alone, params),
        "calibration_error": _calibration_error(cell, lambda seed: seed.model.confidence, params.level),
    }


def _condition_facts(cell: Cell, condition: str, pads: int | None, params: AnalyzeParams) -> Record:
    defined, level = cell.undefined(condition) is None, params.level
    return {
        "condition": condition,
        "pads": pads,
        "largest_change": cell.largest(condition),
        "drift_ratio": {
            vector: None if drift is None else vars(drift.interval(level))
            for vector in cell.vectors
            for drift in [cell.drift(condition, vector)]
        },
        "flip_rate": interval_record(cell.flip_rate(condition, level)),
        "mean_probability_change": (
            float(np.mean([each.rate(Quantity.MOVED) for each in cell.predictions(condition)])) if defined else None
        ),
        "accuracy": _accuracy(cell, condition, level),
        "accuracy_change": None if condition == AS_TRAINED else _accuracy_change(cell, condition, params),
        "gained": interval_record(cell.share(condition, Quantity.GAINED, level)),
        "lost": interval_record(cell.share(condition, Quantity.LOST, level)),
        "nll_change": _bounded(cell.rate(condition, Quantity.NLL_CHANGE), level),
        "brier_change": _bounded(cell.rate(condition, Quantity.BRIER_CHANGE), level),
        "calibration_error": _calibration_error(cell, lambda seed: seed.conditions[condition].confidence, level),
        "mcnemar": {
            "significant": sum(each.mcnemar_p() < SIGNIFICANT for each in cell.predictions(condition)),
            "of": len(cell.learned),
        },
        "states": {vector: _state_facts(cell, condition, vector, level) for vector in cell.vectors}
        if defined
        else None,
        "distributions": _distribution_facts(cell, condition) if defined else None,
        **_sign_flip_facts(cell, condition),
    }


def _sign_flip_facts(cell: Cell, condition: str) -> Record:
    """By state, in how many seeds sign flips of whole texts show a mean shift; nothing where texts are many."""
    found = [by_state for seed in cell.learned if (by_state := seed.conditions[condition].sign_flip_p) is not None]
    if not found:
        return {}
    return {
        "sign_flips": {
            vector: {"significant": sum(each[vector] < SIGNIFICANT for each in found), "of": len(found)}
            for vector in cell.vectors
        }
    }


def _state_facts(cell: Cell, condition: str, vector: str, level: float) -> Record:
    """What is known of one state over the seeds that learned; a mean is None where one seed leaves it undefined."""
    states = cell.states(condition, vector)

    def mean(value: Callable[[StateOutcome], float]) -> float | None:
        average = float(np.mean([value(state) for state in states]))
        return average if np.isfinite(average) else None

    def values(value: Callable[[StateOutcome], float]) -> NDArray[np.float64]:
        return np.array([value(state) for state in states], dtype=np.float64)

    return {
        "cosine": mean(lambda state: state.cosine),
        "units_moved": mean_record(values(lambda state: state.units.moved()), level, 0, 1),
        "units_different": mean(lambda state: state.units.different()),
        "all_units_equivalent": sum(state.units.all_equivalent() is True for state in states),
        "joint_distance": mean(lambda state: state.joint.debiased),
        "jointly_equivalent": sum(state.joint.p_equivalent <= SIGNIFICANT for state in states),
        "of": len(states),
        "dispersion_left": mean_record(values(lambda state: state.dispersion.left), level, 0),
        "participation_ratio": mean(lambda state: state.dispersion.participation_ratio),
        "effective_rank": mean(lambda state: state.dispersion.effective_rank),
    }


def _distribution_facts(cell: Cell, condition: str) -> Record | None:
    """Medians and maxima over units, as means over the seeds that learned."""
    found = [outcome for seed in cell.learned if (outcome := seed.conditions[condition].distributions) is not None]
    if not found:
        return None

    def summary(values: list[NDArray[np.float64]]) -> Record:
        return {
            "median": float(np.mean([np.median(each) for each in values])),
            "largest": float(np.mean([each.max() for each in values])),
        }

    return {
        "w1": summary([each.wasserstein for each in found]),
        "ks": summary([each.kolmogorov_smirnov for each in found]),
        "strata": [
            {
                "from": strata[0].shortest,
                "to": strata[0].longest,
                "texts": strata[0].texts,
                "w1": float(np.mean([each.wasserstein for each in strata])),
                "ks": float(np.mean([each.kolmogorov_smirnov for each in strata])),
                "drift_ratio": _typical([each.drift_ratio for each in strata]),
            }
            for strata in zip(*(each.strata for each in found), strict=True)
        ],
    }


def _training_facts(cell: Cell, baseline: Cell | None, params: AnalyzeParams) -> Record | None:
    """Test accuracy against the baseline's, seed by seed; None for the baseline itself, or without one."""
    if baseline is None or baseline is cell:
        return None
    compared = paired_comparison(
        accuracy_differences(cell, baseline), params.epsilon.accuracy, np.random.default_rng(0)
    )
    if not cell.learned and not baseline.learned:
        # Two accuracies at chance are about the same, which would look like a result.
        nothing = dict.fromkeys(("difference", "sign_flip_p", "better", "tost_p", "detectable"))
        return nothing | {"mean": compared.mean, "n_seeds": compared.n_seeds, "reason": NEITHER_LEARNED}
    return {
        "difference": interval_record(compared.interval(params.level)),
        "mean": compared.mean,
        "sign_flip_p": compared.sign_flip_p,
        "better": interval_record(compared.better(params.level)),
        "tost_p": compared.tost_p,
        "detectable": compared.detectable(),
        "n_seeds": compared.n_seeds,
        "reason": compared.reason,
    }


def _typical(ratios: list[float]) -> float:
    """The geometric mean, as of all drift ratios over seeds; a plain one where a seed's ratio is 0."""
    return float(np.exp(np.mean(np.log(ratios)))) if min(ratios) > 0 else float(np.mean(ratios))


def _calibration_error(cell: Cell, of: Callable[[SeedResult], Confidence], level: float) -> Record | None:
    if len(cell.learned) < min(2, len(cell.seeds)):
        return None
    return interval_record(calibration_error_over_seeds([of(seed).by_group for seed in cell.learned], level))


def _calibration_curves(cell: Cell) -> Record:
    """The calibration curve by condition, of the predictions of all seeds that learned together."""
    if not cell.learned:
        return {}
    by_condition = {condition_name(0): [seed.model.confidence for seed in cell.learned]}
    by_condition |= {
        name: [seed.conditions[name].confidence for seed in cell.learned] for name in cell.learned[0].conditions
    }
    curves = {}
    for name, found in by_condition.items():
        pooled = found[0].pooled
        for each in found[1:]:
            pooled += each.pooled
        curves[name] = [vars(point) for point in pooled.equal_mass(COARSE_BINS).curve()]
    return curves


def unit_facts(
    cells: list[Cell], baselines: dict[str, Cell], conditions: dict[str, int | None], tolerance: float
) -> list[Record]:
    """One record for each model that learned and moves, and each number of pads: values of all units in their order.

    The units are those of the hidden state of the last recurrent layer. Models of a variant that repeats the baseline
    are left out, and so are those whose states do not move at all.
    """
    records = []
    for cell in cells:
        baseline = baselines.get(cell.side)
        repeats = cell.variant != BASELINE and baseline is not None and cell.same_results(baseline)
        if repeats or not cell.moves(tolerance):
            continue
        vector = last_hidden(cell.vectors)
        for seed in cell.learned:
            for condition, pads in conditions.items():
                if pads is not None:
                    state = seed.conditions[condition].states[vector]
                    records.append(
                        {
                            "side": cell.side,
                            "variant": cell.variant,
                            "seed": seed.seed,
                            "state": vector,
                            "pads": pads,
                            "effect": state.units.effect.tolist(),
                            "shift": state.units.shift.tolist(),
                            "largest": state.largest_of_unit.tolist(),
                        }
                    )
    return records
