"""Claims on what padding costs: counted in steps of the recurrence and in FLOPs, never in seconds."""

import math

from stages.analysis.contract_cells import CellFacts
from stages.analysis.contract_texts import BatchingCost, Law
from stages.reporting.claims.stand import Ruling, Stand, baselines, by_variant, sweeps, working
from stages.reporting.format import format_count, format_percent, format_ratio
from stages.reporting.typed_results import Results

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
    figures = by_variant(
        [
            (
                cell,
                f"computed {format_count(cell.computed_tokens)} steps in training for "
                f"{format_count(cell.text_tokens)} tokens of "
                f"text, {format_ratio(cell.computed_tokens / cell.text_tokens)} times as many",
            )
            for cell in unmasked
        ]
    )
    exactly = all(cell.computed_tokens == _positions(results, cell) for cell in unmasked)
    reading = "texts × max_len × epochs" if exactly else "not texts × max_len × epochs"
    linear, line = _line(results, unmasked[0])
    stand = Stand.SUPPORTED if exactly and linear else Stand.REFUTED
    counted = "True by construction: steps" if stand is Stand.SUPPORTED else "Steps"
    return Ruling(stand, f"{'; '.join(figures)}: {reading}. {line} ({counted} are counted.)")


def trims(results: Results, cell: CellFacts) -> bool:
    """Whether training computed fewer positions than full rows have."""
    return cell.computed_tokens < _positions(results, cell)


def _positions(results: Results, cell: CellFacts) -> int:
    padded = results.report.dataset.padded[cell.side]
    return padded.max_len * padded.splits["train"].texts * sum(seed.epochs for seed in cell.seeds)


def _line(results: Results, cell: CellFacts) -> tuple[bool, str]:
    """Whether the steps of an epoch lie on a line over the widths of row, and that line in words."""
    law = results.report.law
    fixed = results.cost(cell.side, cell.variant, "fixed")
    flops = f" and {format_count(fixed.flops_per_step)} FLOPs in the recurrent layers (forward)"
    linear = math.isclose(law.slope, law.texts, rel_tol=ROUNDING) and _on_a_line(law)
    line = (
        f"From rows of {law.points[0].max_len} to rows of {law.points[-1].max_len} each further column adds "
        f"{format_count(round(law.slope))} steps to an epoch of {format_count(law.texts)} texts"
    )
    says = f", so a pad costs 1 step{flops}." if linear else ", which is not one step for each text."
    return linear, line + says


def _on_a_line(law: Law) -> bool:
    first = law.points[0]
    return all(
        math.isclose(point.steps, first.steps + law.slope * (point.max_len - first.max_len), rel_tol=2 * ROUNDING)
        for point in law.points
    )


def mask_costs(results: Results) -> Ruling:
    """C6: a mask lets batches be trimmed to their longest text; that it skips no step is known, not measured."""
    pairs = [(cell, other) for cell in working(results) for other in baselines(results) if other.side == cell.side]
    if not pairs:
        return Ruling(Stand.OPEN, "This run compares no masked model with `baseline`.")
    parts = by_variant(
        [
            (
                cell,
                f"computed {format_count(cell.computed_tokens)} steps ({format_percent(cell.padding_share_computed)} "
                "padding) where "
                f"`{other.variant}` computed {format_count(other.computed_tokens)} "
                f"({format_percent(other.padding_share_computed)})",
            )
            for cell, other in pairs
        ]
    )
    skips, untrimmed = _untrimmed(results, *pairs[0])
    figure = f"In training, {'; '.join(parts)}. {untrimmed}"
    if skips:
        return Ruling(Stand.REFUTED, figure)
    if all(cell.computed_tokens >= other.computed_tokens for cell, other in pairs):
        return Ruling(Stand.SUPPORTED, figure)
    on = "trimming: the mask makes the result independent of pads, which batches may then drop"
    return Ruling(Stand.DEPENDS, figure, on)


def _untrimmed(results: Results, cell: CellFacts, other: CellFacts) -> tuple[bool, str]:
    """Whether the count gives equal layers fewer FLOPs with a mask, and the FLOPs of an epoch on full rows."""
    masked, unmasked = (results.cost(known.side, known.variant, "fixed").flops for known in (cell, other))
    if math.isclose(masked, unmasked, rel_tol=ROUNDING):
        return False, MASKED_STEP
    alike = cell.architecture.model_copy(update={"mask": other.mask}) == other.architecture
    sizes = (
        f"{format_ratio(masked)} FLOPs an epoch for `{cell.variant}`, {format_ratio(unmasked)} for `{other.variant}`"
    )
    return alike and masked < unmasked, f"On full rows, {sizes}{'' if alike else ', whose layers differ'}."


def truncation(results: Results) -> Ruling:
    """C9: what cutting saves and what it removes; what it does to accuracy takes other runs."""
    run = sweeps(results, "truncation")
    padded = results.report.dataset.padded[results.sides[0]]
    longest, max_len = results.longest_text, padded.max_len
    if max_len >= longest:
        return Ruling(Stand.OPEN, f"This run cuts no training text (rows of {max_len}); run {run}.")
    cut = padded.splits["train"]
    saved = (
        f"Rows of {max_len} instead of {longest}, the longest training text, cost "
        f"{format_percent(1 - max_len / longest)} fewer steps without a mask and cut "
        f"{format_percent(cut.truncated_share)} of the training texts, {format_percent(cut.cut_share)} of their tokens"
    )
    return Ruling(
        Stand.OPEN, f"{saved}. What that does to accuracy this run cannot tell, for it has one width: run {run}."
    )


def cheapest(results: Results, cell: CellFacts) -> list[BatchingCost]:
    """The ways to batch that leave the cell's state what it was, the cheapest first."""
    own = [cost for cost in results.report.cost if (cost.side, cost.variant) == (cell.side, cell.variant)]
    return sorted((cost for cost in own if cost.usable), key=lambda cost: float(cost.steps))
