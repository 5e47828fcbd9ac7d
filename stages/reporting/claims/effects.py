"""Claims on the size of the effect: on predictions, with what it varies, and what would make it smaller."""

from itertools import pairwise

from stages.analysis.contract import Finding
from stages.analysis.contract_cells import CellFacts
from stages.params.schema import BASELINE
from stages.reporting.claims.stand import (
    DRAMATIC,
    UNDEFINED_SHARE,
    Ruling,
    Stand,
    baselines,
    by_side,
    conjugated,
    defined,
    format_drifts,
    format_known,
    gain_of_mask,
    sweeps,
    verdicts_on,
)
from stages.reporting.format import PERCENT, POINTS, RATIO, apart, format_percent, format_ratio, listed
from stages.reporting.results import ACCURACY_CHANGE, DRIFT, FLIPS, Results, condition_text
from stages.runtime.paths import AS_TRAINED, condition_name

SIZES = {"layers": "the number of layers", "units": "the number of units"}


def often_minor(results: Results) -> Ruling:
    """C4, by side: what a mask adds to accuracy, and what the headline number of pads does to the unmasked model."""
    gains = [(cell, gain) for cell in baselines(results) if (gain := gain_of_mask(results, cell.side)) is not None]
    if not gains:
        return Ruling(Stand.OPEN, f"This run compares no masked model with `{BASELINE}`.")
    sizes = {cell.side: _size(gain, _served(results, cell)) for cell, gain in gains}
    parts = [_effects(results, cell, gain, sizes[cell.side]) for cell, gain in gains]
    figure = (
        f"{' '.join(parts)} (Dramatic: by the printed interval masking gains, or accuracy loses under "
        f"{condition_text(results.headline)}, more than {format_percent(DRAMATIC)}; flips are not judged.)"
    )
    kinds = set(sizes.values())
    if kinds == {"minor", "dramatic"}:
        return Ruling(Stand.DEPENDS, figure, "the padding side")
    if "not settled" in kinds:
        return Ruling(Stand.OPEN, figure)
    return Ruling(Stand.SUPPORTED if kinds == {"minor"} else Stand.REFUTED, figure)


def _served(results: Results, cell: CellFacts) -> Finding | None:
    """What the headline's pads do to the accuracy of the unmasked model; None where that is as trained."""
    return results.finding(cell, ACCURACY_CHANGE, results.headline)


def _size(gain: Finding, served: Finding | None) -> str:
    """Whether what padding costs lies beyond DRAMATIC, up to it, or on both sides of it; what helps costs nothing.

    Args:
        gain: of the mask over the unmasked model; a mask that costs accuracy is no harm that padding does.
        served: change of the unmasked model's accuracy; only a loss is a harm.
    """
    costs = [] if gain.low is None or gain.high is None else [(gain.low, gain.high)]
    if served is not None and served.low is not None and served.high is not None:
        costs.append((-served.high, -served.low))
    if any(low > DRAMATIC for low, _ in costs):
        return "dramatic"
    return "minor" if len(costs) == 2 and all(high <= DRAMATIC for _, high in costs) else "not settled"


def _effects(results: Results, cell: CellFacts, gain: Finding, size: str) -> str:
    at = condition_text(results.headline)
    served = _served(results, cell)
    changes = (
        f" and {conjugated('change', at)} its accuracy by {POINTS.of(served)} points against serving it as trained"
        if served is not None and served.estimate is not None
        else ""
    )
    flipped = format_known(PERCENT, results.finding(cell, FLIPS, results.headline), UNDEFINED_SHARE)
    return (
        f"With {cell.side}-padding (**{size}**) masking changes accuracy by {POINTS.of(gain)} points; "
        f"{at} {conjugated('flip', at)} {flipped} of the unmasked model's predictions{changes}{_worst(results, cell)}."
    )


def _worst(results: Results, cell: CellFacts) -> str:
    """The condition under which serving it costs most."""
    changes = defined(verdicts_on(results, [cell], ACCURACY_CHANGE, results.conditions))
    if not changes:
        return ""
    worst = min(changes, key=lambda change: change.estimate or 0.0)
    if worst.condition == results.headline:
        return ", the worst of all conditions"
    return f" (worst: {condition_text(worst.condition or '')}, {POINTS.of(worst)} points)"


def extent(results: Results) -> Ruling:
    """C7: what this run varies is decided (amount of padding, length, side); what it does not vary is named."""
    cells = baselines(results)
    fixed, run = _sizes(results)
    if not any(cell.learned for cell in cells):
        reason = "no seed of it learned" if cells else f"no `{BASELINE}` was trained"
        return Ruling(Stand.OPEN, f"This run cannot tell: {reason}; run {run}.")
    amounts = [_amount(results, cell) for cell in cells]
    growing = [cell.side for cell, (grows, _) in zip(cells, amounts, strict=True) if grows]
    sides_differ, sides = _sides(results, cells)
    shown = [f"the amount of padding ({listed(growing)})"] * bool(growing) + ["the padding side"] * sides_differ
    lengths = [clause for cell in cells if (clause := _lengths(results, cell))]
    figure = (
        f"Drift ratio of `{BASELINE}`, intervals as printed, by amount: {'; '.join(clause for _, clause in amounts)}. "
        f"By side: {sides}. "
        f"By length, without intervals: {'; '.join(lengths) or 'undefined, for the analysis holds no strata'}."
        f"{f' Not varied: {listed(fixed)}; run {run}.' if fixed else ''}"
    )
    if not shown:
        return Ruling(Stand.OPEN, f"This run shows no dependence and cannot exclude one. {figure}")
    return Ruling(Stand.DEPENDS, figure, f"what is varied: shown here for {listed(shown)}; the rest is open")


def _amount(results: Results, cell: CellFacts) -> tuple[bool, str]:
    """Whether fewest and most pads have intervals that do not meet, and the way from one to the other."""
    if len(results.pads) < 2:
        return False, f"undefined with {cell.side}-padding (one number of pads)"
    drifts = defined(verdicts_on(results, [cell], DRIFT, [condition_name(pads) for pads in results.pads]))
    if len(drifts) < 2:
        return False, f"undefined with {cell.side}-padding (no estimate)"
    first, last = drifts[0], drifts[-1]
    rising = all((more.estimate or 0.0) > (fewer.estimate or 0.0) for fewer, more in pairwise(drifts))
    differ = apart(first, last)
    return differ, (
        f"from {RATIO.of(first)} at {condition_text(first.condition or '')} to {RATIO.of(last)} at {last.pads} with "
        f"{cell.side}-padding ({'' if rising else 'not '}rising at every step, {_meeting(differ)})"
    )


def _meeting(differ: bool) -> str:
    return f"intervals {'apart' if differ else 'that meet'}"


def _sides(results: Results, cells: list[CellFacts]) -> tuple[bool, str]:
    """Whether the intervals of the two sides do not meet, and both drifts."""
    if len(cells) < 2:
        return False, f"undefined, for there is {cells[0].side}-padding alone"
    drifts = verdicts_on(results, cells, DRIFT)
    differ = apart(*drifts)
    figures = by_side(drifts, lambda drift: format_known(RATIO, drift))
    return differ, f"{figures} under {condition_text(results.headline)}, {_meeting(differ)}"


def _lengths(results: Results, cell: CellFacts) -> str:
    """How far the shortest and the longest texts drift; without intervals, so described and not judged."""
    condition = cell.at(results.headline)
    distributions = None if condition is None else condition.distributions
    strata = [] if distributions is None else [one for one in distributions.strata if one.drift_ratio is not None]
    if len(strata) < 2:
        return ""
    first, last = strata[0], strata[-1]
    return (
        f"{format_ratio(first.drift_ratio)} for texts of {first.from_} to {first.to} tokens and "
        f"{format_ratio(last.drift_ratio)} for {last.from_} to {last.to} with {cell.side}-padding"
    )


def _sizes(results: Results) -> tuple[list[str], str]:
    """What all unmasked models have in common, in words, and the sweeps that vary it."""
    unmasked = [cell.architecture for cell in results.cells if cell.mask == "none"]
    same = [key for key in SIZES if len({getattr(architecture, key) for architecture in unmasked}) < 2]
    one_head = len({architecture.head for architecture in unmasked}) < 2
    words = [SIZES[key] for key in same] + ["the downstream layer"] * one_head
    return words, sweeps(results, *["size"] * bool(same), *["downstream"] * one_head)


def attention_and_tuning(results: Results) -> Ruling:
    """C8: neither is varied here; what stands here is the effect that they would have to lower."""
    drifts = format_drifts(verdicts_on(results, baselines(results), DRIFT, [AS_TRAINED]))
    effect = f" What they would have to lower, the drift of `{BASELINE}` padded as in training, is {drifts}."
    run = sweeps(results, "downstream", "tuning")
    return Ruling(Stand.OPEN, f"One run cannot tell: run {run}.{effect if drifts else ''}")
