"""Claims on the size of the effect: on predictions, with what it varies, and what would make it smaller."""

from itertools import pairwise

from stages.analysis.contract import Finding
from stages.analysis.contract_cells import CellFacts
from stages.params.schema import BASELINE
from stages.reporting.claims.stand import DRAMATIC, Ruling, Stand, baselines, drift_of, sweeps, working_on
from stages.reporting.format import (
    PERCENT,
    POINTS,
    RATIO,
    apart,
    format_percent,
    format_ratio,
    listed,
)
from stages.reporting.typed_results import ACCURACY, ACCURACY_CHANGE, DRIFT, FLIPS, Results, condition_text
from stages.runtime.paths import AS_TRAINED, condition_name

SIZES = {"layers": "the number of layers", "units": "the number of units"}


def often_minor(results: Results) -> Ruling:
    """C4, by side: what a mask adds to accuracy, and what the headline number of pads does to the unmasked model."""
    sizes: dict[str, str] = {}
    parts: list[str] = []
    at = condition_text(results.headline)
    for cell in baselines(results):
        masked = working_on(results, cell.side)
        accuracy = None if masked is None else results.finding(masked, ACCURACY)
        flips = results.finding(cell, FLIPS, results.headline)
        if accuracy is None or flips is None:
            continue
        served = results.finding(cell, ACCURACY_CHANGE, results.headline)
        sizes[cell.side] = _size(accuracy, served)
        flipped = PERCENT.of(flips) if flips.estimate is not None else "an undefined share"
        parts.append(
            f"With {cell.side}-padding (**{sizes[cell.side]}**) masking changes accuracy by "
            f"{POINTS.of(accuracy)} "
            f"points; {at} {'flip' if at.endswith('pads') else 'flips'} {flipped} of the unmasked model's predictions"
            f"{_served(served, at)}{_worst(results, cell)}."
        )
    if not parts:
        return Ruling(Stand.OPEN, f"This run compares no masked model with `{BASELINE}`.")
    figure = (
        f"{' '.join(parts)} (Dramatic: by the printed interval masking gains, or accuracy loses under {at}, "
        f"more than {format_percent(DRAMATIC)}; flips are not judged.)"
    )
    kinds = set(sizes.values())
    if kinds == {"minor"}:
        return Ruling(Stand.SUPPORTED, figure)
    if kinds == {"dramatic"}:
        return Ruling(Stand.REFUTED, figure)
    if {"minor", "dramatic"} <= kinds:
        return Ruling(Stand.DEPENDS, figure, "the padding side")
    return Ruling(Stand.OPEN, figure)


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


def _served(served: Finding | None, at: str) -> str:
    if served is None or served.estimate is None:
        return ""
    verb = "change" if at.endswith("pads") else "changes"
    return f" and {verb} its accuracy by {POINTS.of(served)} points against serving it as trained"


def _worst(results: Results, cell: CellFacts) -> str:
    """The condition under which serving it costs most."""
    found = [
        (condition, each)
        for condition in results.conditions
        if (each := results.finding(cell, ACCURACY_CHANGE, condition)) is not None and each.estimate is not None
    ]
    if not found:
        return ""
    condition, worst = min(found, key=lambda pair: pair[1].estimate or 0.0)
    if condition == results.headline:
        return ", the worst of all conditions"
    return f" (worst: {condition_text(condition)}, {POINTS.of(worst)} points)"


def extent(results: Results) -> Ruling:
    """C7: what this run varies is decided (amount of padding, length, side); what it does not vary is named."""
    cells = baselines(results)
    if not cells or not any(cell.learned for cell in cells):
        reason = f"no `{BASELINE}` was trained" if not cells else "no seed of it learned"
        return Ruling(Stand.OPEN, f"This run cannot tell: {reason}; run {_sizes(results)[1]}.")
    amounts = [_amount(results, cell) for cell in cells]
    growing = [cell.side for cell, (grows, _) in zip(cells, amounts, strict=True) if grows]
    shown = [f"the amount of padding ({listed(growing)})"] * bool(growing)
    sides, side_text = _sides(results, cells)
    shown += ["the padding side"] * sides
    lengths = [text for cell in cells if (text := _lengths(results, cell))]
    fixed, run = _sizes(results)
    figure = (
        f"Drift ratio of `{BASELINE}`, intervals as printed, by amount: "
        f"{'; '.join(text for _, text in amounts)}. By side: {side_text}. "
        f"By length, without intervals: {'; '.join(lengths) or 'undefined, for the analysis holds no strata'}. "
        f"{f'Not varied: {listed(fixed)}; run {run}.' if fixed else ''}"
    ).rstrip()
    if not shown:
        return Ruling(Stand.OPEN, f"This run shows no dependence and cannot exclude one. {figure}")
    return Ruling(Stand.DEPENDS, figure, f"what is varied: shown here for {listed(shown)}; the rest is open")


def _amount(results: Results, cell: CellFacts) -> tuple[bool, str]:
    """Whether fewest and most pads have intervals that do not meet, and the way from one to the other."""
    found = [results.finding(cell, DRIFT, condition_name(pads)) for pads in results.pads]
    ends = [each for each in found if each is not None and each.estimate is not None]
    if len(ends) < 2:
        reason = "one number of pads" if len(results.pads) < 2 else "no estimate"
        return False, f"undefined with {cell.side}-padding ({reason})"
    first, last = ends[0], ends[-1]
    rising = all((two.estimate or 0.0) > (one.estimate or 0.0) for one, two in pairwise(ends))
    differ = apart(first, last)
    return differ, (
        f"from {RATIO.of(first)} at {condition_text(first.condition or '')} to {RATIO.of(last)} at "
        f"{last.pads} with "
        f"{cell.side}-padding ({'' if rising else 'not '}rising at every step, "
        f"intervals {'apart' if differ else 'that meet'})"
    )


def _sides(results: Results, cells: list[CellFacts]) -> tuple[bool, str]:
    found = [(cell.side, results.finding(cell, DRIFT, results.headline)) for cell in cells]
    if len(found) < 2:
        return False, f"undefined, for there is {found[0][0]}-padding alone"
    (one, first), (two, second) = found[0], found[1]
    texts = [
        f"{RATIO.of(each) if each.estimate is not None else 'undefined'} with {side}"
        for side, each in ((one, first), (two, second))
        if each is not None
    ]
    differ = apart(first, second)
    return (
        differ,
        f"{listed(texts)} under {condition_text(results.headline)}, intervals {'apart' if differ else 'that meet'}",
    )


def _lengths(results: Results, cell: CellFacts) -> str:
    """How far the shortest and the longest texts drift; without intervals, so described and not judged."""
    facts = cell.at(results.headline)
    distributions = None if facts is None else facts.distributions
    strata = [] if distributions is None else [each for each in distributions.strata if each.drift_ratio is not None]
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
    found = [
        f"{drift_of(each)} ({cell.side})"
        for cell in baselines(results)
        if (each := results.finding(cell, DRIFT, AS_TRAINED)) is not None
    ]
    here = f" What they would have to lower, the drift of `{BASELINE}` padded as in training, is {listed(found)}."
    run = sweeps(results, "downstream", "tuning")
    return Ruling(Stand.OPEN, f"One run cannot tell: run {run}.{here if found else ''}")
