"""Claims on what padding costs: counted in steps of the recurrence and in FLOPs, never in seconds."""

import math

from stages.analysis.contract_cells import CellFacts
from stages.analysis.contract_texts import BatchingCost, Law
from stages.reporting.claims.stand import Ruling, Stand, by_variant, masked_and_baseline, sweeps
from stages.reporting.format import format_count, format_percent, format_ratio
from stages.reporting.results import Results

MASKED_STEP = (
    "The count gives a masked step the same FLOPs, because Keras computes it and discards it (known, not measured "
    "here)."
)

ROUNDING = 1e-3
"""report.json keeps 4 significant digits: counts that agree this closely are the same."""


def compute_grows(results: Results) -> Ruling:
    """C1: an unmasked model computes every position of every padded row, and steps are linear in the width of rows."""
    unmasked = [cell for cell in results.originals if cell.mask == "none"]
    if not unmasked:
        return Ruling(Stand.OPEN, "This run trained no model without a mask.")
    clauses = by_variant([(cell, _steps_for_text(cell)) for cell in unmasked])
    exactly = all(cell.computed_tokens == _positions(results, cell) for cell in unmasked)
    reading = "texts × max_len × epochs" if exactly else "not texts × max_len × epochs"
    linear, line = _line(results, unmasked[0])
    stand = Stand.SUPPORTED if exactly and linear else Stand.REFUTED
    counted = "True by construction: steps" if stand is Stand.SUPPORTED else "Steps"
    return Ruling(stand, f"{'; '.join(clauses)}: {reading}. {line} ({counted} are counted.)")


def _steps_for_text(cell: CellFacts) -> str:
    steps, tokens = cell.computed_tokens, cell.text_tokens
    return (
        f"computed {format_count(steps)} steps in training for {format_count(tokens)} tokens of text, "
        f"{format_ratio(steps / tokens)} times as many"
    )


def trims(results: Results, cell: CellFacts) -> bool:
    """Whether training computed fewer positions than full rows have."""
    return cell.computed_tokens < _positions(results, cell)


def _positions(results: Results, cell: CellFacts) -> int:
    padded = results.report.dataset.padded[cell.side]
    return padded.max_len * padded.splits["train"].texts * sum(seed.epochs for seed in cell.seeds)


def _line(results: Results, cell: CellFacts) -> tuple[bool, str]:
    """Whether the steps of an epoch lie on a line over the widths of row, and that line in words."""
    law = results.report.law
    linear = math.isclose(law.slope, law.texts, rel_tol=ROUNDING) and _on_a_line(law)
    flops = format_count(results.cost(cell.side, cell.variant, "fixed").flops_per_step)
    pad = f"so a pad costs 1 step and {flops} FLOPs in the recurrent layers (forward)"
    return linear, (
        f"From rows of {law.points[0].max_len} to rows of {law.points[-1].max_len} each further column adds "
        f"{format_count(round(law.slope))} steps to an epoch of {format_count(law.texts)} texts, "
        f"{pad if linear else 'which is not one step for each text'}."
    )


def _on_a_line(law: Law) -> bool:
    first = law.points[0]
    return all(
        math.isclose(point.steps, first.steps + law.slope * (point.max_len - first.max_len), rel_tol=2 * ROUNDING)
        for point in law.points
    )


def mask_costs(results: Results) -> Ruling:
    """C6: a mask lets batches be trimmed to their longest text; that it skips no step is known, not measured."""
    pairs = masked_and_baseline(results)
    if not pairs:
        return Ruling(Stand.OPEN, "This run compares no masked model with `baseline`.")
    clauses = by_variant([(cell, _steps_of_both(cell, other)) for cell, other in pairs])
    cheaper, full_rows = _on_full_rows(results, *pairs[0])
    figure = f"In training, {'; '.join(clauses)}. {full_rows}"
    if cheaper:
        return Ruling(Stand.REFUTED, figure)
    if all(cell.computed_tokens >= other.computed_tokens for cell, other in pairs):
        return Ruling(Stand.SUPPORTED, figure)
    on = "trimming: the mask makes the result independent of pads, which batches may then drop"
    return Ruling(Stand.DEPENDS, figure, on)


def _steps_of_both(cell: CellFacts, other: CellFacts) -> str:
    steps, padding = format_count(cell.computed_tokens), format_percent(cell.padding_share_computed)
    other_steps, other_padding = format_count(other.computed_tokens), format_percent(other.padding_share_computed)
    return (
        f"computed {steps} steps ({padding} padding) where `{other.variant}` computed {other_steps} ({other_padding})"
    )


def _on_full_rows(results: Results, cell: CellFacts, other: CellFacts) -> tuple[bool, str]:
    """Whether the count gives equal layers fewer FLOPs with a mask, and the FLOPs of an epoch on full rows."""
    masked, unmasked = (results.cost(either.side, either.variant, "fixed").flops for either in (cell, other))
    if math.isclose(masked, unmasked, rel_tol=ROUNDING):
        return False, MASKED_STEP
    alike = cell.architecture.model_copy(update={"mask": other.mask}) == other.architecture
    return alike and masked < unmasked, (
        f"On full rows, {format_ratio(masked)} FLOPs an epoch for `{cell.variant}`, {format_ratio(unmasked)} for "
        f"`{other.variant}`{'' if alike else ', whose layers differ'}."
    )


def truncation(results: Results) -> Ruling:
    """C9: what cutting saves and what it removes; what it does to accuracy takes other runs."""
    run = sweeps(results, "truncation")
    padded = results.report.dataset.padded[results.sides[0]]
    longest, max_len = results.longest_text, padded.max_len
    if max_len >= longest:
        return Ruling(Stand.OPEN, f"This run cuts no training text (rows of {max_len}); run {run}.")
    cut = padded.splits["train"]
    return Ruling(
        Stand.OPEN,
        f"Rows of {max_len} instead of {longest}, the longest training text, cost "
        f"{format_percent(1 - max_len / longest)} fewer steps without a mask and cut "
        f"{format_percent(cut.truncated_share)} of the training texts, {format_percent(cut.cut_share)} of their "
        f"tokens. What that does to accuracy this run cannot tell, for it has one width: run {run}.",
    )


def cheapest(results: Results, cell: CellFacts) -> BatchingCost:
    """The cheapest way to pad batches that leaves the cell's state what it was; packed rows have no padding."""
    own = [cost for cost in results.report.cost if (cost.side, cost.variant) == (cell.side, cell.variant)]
    return min((cost for cost in own if cost.usable and cost.batching != "packed"), key=lambda cost: cost.steps)
