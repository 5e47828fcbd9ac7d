"""Every factor of every sweep with its largest effect, ranked by what it does to the unmasked model's accuracy."""

from dataclasses import replace

from stages.reporting.format import PERCENT, RATIO
from stages.reporting.results import DRIFT, condition_text
from stages.sweeps import sweep_json_rows
from stages.sweeps.findings.effects import ACCURACY, ESTIMANDS
from stages.sweeps.spec import INNER_AXES, SIDE, VARIANT
from stages.sweeps.summary.factors_json import (
    AVERAGED,
    GROUPS,
    MASKED,
    UNMASKED,
    Factor,
    LargestEffect,
    no_effect,
    size,
)
from stages.sweeps.summary.simultaneous import Looks
from stages.sweeps.summary.swept import Sweeps, Swept
from stages.sweeps.sweep_json_rows import estimate_of, picked

NO_FIGURE = "says nothing of this"
"""The reason where a factor cannot have an effect: of the mask without a mask, of serving beside accuracy."""

NAMES = {
    SIDE: "padding side",
    VARIANT: "mask",
    "pad.max_len": "amount of padding",
    "model.units": "units",
    "model.layers": "layers",
    "model.head": "downstream layer",
    "model.recurrent": "recurrent cell",
    "model.embedding": "embedding size",
    "model.dropout": "dropout",
    "train.learning_rate": "learning rate",
    "train.trim": "trimming of batches",
    "train.grouping": "grouping of texts",
}
"""An axis that is no key of these is called what its sweep calls it."""

CUTTING_SWEEP = "truncation"
CUT_ROWS = "width of cut rows"
"""What `pad.max_len` is called in that sweep, which cuts texts and pads none beyond the longest."""

SERVING = "served otherwise than trained"


def factors(sweeps: Sweeps, looks: Looks) -> list[Factor]:
    """Every factor, the worst first; side and mask, which are axes of every sweep, once."""
    every = [_factor(sweep, axis, looks) for sweep in sweeps.run for axis in sweep.grid.axes]
    served = [factor for sweep in sweeps.run if (factor := _serving(sweep, looks)) is not None]
    own = [factor for factor in every if factor.axis not in INNER_AXES]
    for same in (*([factor for factor in every if factor.axis == axis] for axis in INNER_AXES), served):
        if same:
            first, *others = sorted(same, key=lambda factor: factor.rank)
            own.append(replace(first, other_sweeps=[factor.sweep for factor in others]))
    told = [
        factor
        for factor in own
        if any(effect.estimate is not None for of_group in factor.effects.values() for effect in of_group.values())
    ]
    return sorted(told, key=lambda factor: factor.rank)


def _factor(sweep: Swept, axis: str, looks: Looks) -> Factor:
    effects = {group: {name: _largest(sweep, axis, group, name, looks) for name in ESTIMANDS} for group in GROUPS}
    lead = effects[AVERAGED if axis == VARIANT else UNMASKED][ACCURACY]
    beside = _largest(sweep, axis, MASKED, ACCURACY, looks, like=lead)
    cut = sweep.report.name == CUTTING_SWEEP and axis == sweep.axis_of("max_len")
    return Factor(
        factor=CUT_ROWS if cut else NAMES.get(axis, axis),
        axis=axis,
        sweep=sweep.report.name,
        effects={
            group: {name: _worse_first(lead, name, effect) for name, effect in of_group.items()}
            for group, of_group in effects.items()
        },
        served_otherwise=_served(sweep, sweep.unmasked, looks),
        beside=_worse_first(lead, ACCURACY, beside) if beside.contrast == lead.contrast else None,
        other_sweeps=[],
    )


def _largest(
    sweep: Swept, axis: str, group: str, estimand: str, looks: Looks, like: LargestEffect | None = None
) -> LargestEffect:
    """The largest effect in one group of models: those that are shown first, then those with an interval.

    With `like`, the effect between the same two levels in the same place, where the sweep has it.
    """
    variant = {UNMASKED: sweep.unmasked, MASKED: sweep.masked, AVERAGED: None}[group]
    if group != AVERAGED and (variant is None or axis == VARIANT):
        return no_effect(NO_FIGURE if axis == VARIANT else f"the sweep has no {group} model")
    level = sweep.report.level
    effects = [
        picked(
            LargestEffect,
            looks.widened(effect, estimand, level, effect.n_seeds),
            where=effect.within.get(SIDE, ""),
            reason=None,
        )
        for effect in sweep.report.effects
        if (effect.axis, effect.estimand) == (axis, estimand)
        and effect.estimate is not None
        and set(effect.within) <= set(INNER_AXES)
        and (VARIANT not in effect.within if variant is None else effect.within.get(VARIANT, sweep.only) == variant)
        and (axis != VARIANT or {effect.level, effect.reference} == {sweep.masked, sweep.unmasked})
    ]
    if not effects:
        return no_effect(_reason(sweep, axis, variant, estimand))
    if like is not None:
        effects = [effect for effect in effects if effect.contrast == like.contrast] or effects
    return max(effects, key=lambda effect: (effect.shown, effect.low is not None, size(effect)))


def _reason(sweep: Swept, axis: str, variant: str | None, estimand: str) -> str:
    """Why there is no effect: nothing moves at all, nothing moves at some levels, or what the sweep says."""
    which = sweep.masked if axis == VARIANT else variant
    rows = [] if which is None else sweep.where({VARIANT: which})
    exact = [row for row in rows if row.unmoved(estimand)]
    if exact and len(exact) == len(rows):
        return f"0 (exact) with `{which}`" if axis == VARIANT else "0 (exact) at every level"
    moved = [(value, row) for row in rows if row not in exact and (value := estimate_of(row.figure(estimand)))]
    if exact and moved:
        value, worst = max(moved, key=lambda pair: pair[0].estimate)
        text = (RATIO if estimand == DRIFT else PERCENT).number(value.estimate)
        return f"0 (exact) in {len(exact)} of {len(rows)} rows, at most {text} ({worst.name})"
    reasons = (
        effect.reason
        for effect in sweep.report.effects
        if (effect.axis, effect.estimand, effect.within.get(VARIANT)) == (axis, estimand, variant) and effect.reason
    )
    reason = next(reasons, None)
    return "not in the sweep" if reason is None else f"undefined: {reason}"


def _worse_first(lead: LargestEffect, estimand: str, effect: LargestEffect) -> LargestEffect:
    """The worse level first: as the effect that ranks the factor has it, or by itself where it compares others."""
    worse, better = (lead.reference, lead.level) if _better(ACCURACY, lead) else (lead.level, lead.reference)
    same = {effect.level, effect.reference} == {worse, better}
    turn = effect.level != worse if same else _better(estimand, effect)
    return effect.turned() if turn else effect


def _better(estimand: str, effect: LargestEffect) -> bool:
    """Whether the level is better than the reference."""
    if effect.estimate is None:
        return False
    if estimand == ACCURACY:
        return effect.estimate > 0
    return effect.estimate < (1.0 if effect.scale == sweep_json_rows.RATIO else 0.0)


def _served(sweep: Swept, variant: str | None, looks: Looks) -> LargestEffect | None:
    """What serving otherwise costs a variant for sure in one of a sweep's rows; of all variants where it is None.

    The row whose interval ends farthest below no effect, so that few seeds with a wide interval do not lead; where none
    is shown, the row that loses most.
    """
    rows = [
        (row, worst[0], looks.widened(worst[1], ACCURACY, sweep.report.level, row.learned))
        for row in sweep.where({VARIANT: variant})
        if (worst := row.worst_served) is not None
    ]
    if not rows:
        return None
    row, condition, change = min(rows, key=lambda served: (min(0.0, served[2].high or 0.0), served[2].estimate or 0.0))
    return picked(
        LargestEffect,
        change,
        scale=sweep_json_rows.DIFFERENCE,
        level=condition_text(condition),
        reference="as trained",
        where=", ".join([*(f"`{label}`" for label in row.options.values()), row.side]),
    )


def _serving(sweep: Swept, looks: Looks) -> Factor | None:
    """Serving otherwise than trained as a factor of its own."""
    served = _served(sweep, sweep.unmasked, looks)
    if served is None:
        return None
    of_masked = None if sweep.masked is None else _served(sweep, sweep.masked, looks)
    effects = {group: dict.fromkeys(ESTIMANDS, no_effect(NO_FIGURE)) for group in GROUPS}
    effects[UNMASKED][ACCURACY] = served
    effects[MASKED][ACCURACY] = of_masked or no_effect(NO_FIGURE)
    return Factor(
        factor=SERVING,
        axis=SERVING,
        sweep=sweep.report.name,
        effects=effects,
        other_sweeps=[],
    )
