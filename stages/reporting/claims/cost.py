"""Claims on what padding costs: counted in steps of the recurrence, never in seconds."""

import math

from stages.analysis.contract_cells import CellFacts
from stages.analysis.contract_texts import BatchingCost, Law
from stages.reporting.claims.stand import Ruling, Stand, masked_and_baseline, sweeps
from stages.reporting.format import format_count, format_percent, format_ratio
from stages.reporting.results import Results

ROUNDING = 1e-3
"""report.json keeps 4 significant digits: counts that agree this closely are the same."""


def compute_grows(results: Results) -> Ruling:
    """C1: an unmasked model computes every position of every padded row, and steps are linear in the width of rows."""
    unmasked = [cell for cell in results.originals if cell.mask == "none"]
    if not unmasked:
        return Ruling(Stand.OPEN, "This run trained no model without a mask.")
    exactly = all(cell.computed_tokens == _positions(results, cell) for cell in unmasked)
    law, ratio = results.report.law, unmasked[0].computed_tokens / unmasked[0].text_tokens
    linear = math.isclose(law.slope, law.texts, rel_tol=ROUNDING) and _on_a_line(law)
    figure = (
        f"`{unmasked[0].variant}` computed {format_ratio(ratio)} steps for each token of text; a wider row adds "
        f"{format_ratio(law.slope / law.texts)} steps a text."
    )
    return Ruling(Stand.SUPPORTED if exactly and linear else Stand.REFUTED, figure)


def trims(results: Results, cell: CellFacts) -> bool:
    """Whether the batches of training had fewer positions than full rows have."""
    return cell.computed_tokens < _positions(results, cell)


def _positions(results: Results, cell: CellFacts) -> int:
    padded = results.report.dataset.padded[cell.side]
    return padded.max_len * padded.splits["train"].texts * sum(seed.epochs for seed in cell.seeds)


def _on_a_line(law: Law) -> bool:
    first = law.points[0]
    return all(
        math.isclose(point.steps, first.steps + law.slope * (point.max_len - first.max_len), rel_tol=2 * ROUNDING)
        for point in law.points
    )


def mask_costs(results: Results) -> Ruling:
    """C6: a mask skips no step, which is known of Keras and not measured; batches may be trimmed with it."""
    pairs = masked_and_baseline(results)
    if not pairs:
        return Ruling(Stand.OPEN, "This run compares no masked model with `baseline`.")
    cell, other = pairs[0]
    figure = f"The batches of `{cell.variant}` have {share_of_steps(cell, other)}."
    if all(steps_against(*pair) >= 1 - ROUNDING for pair in pairs):
        return Ruling(Stand.SUPPORTED, figure)
    return Ruling(Stand.DEPENDS, figure, "trimming, which a mask allows")


def share_of_steps(cell: CellFacts, other: CellFacts) -> str:
    """How many steps the batches of one cell have, in words."""
    return f"{format_percent(steps_against(cell, other))} of the steps of those of `{other.variant}`"


def steps_against(cell: CellFacts, other: CellFacts) -> float:
    """Steps of the batches of an epoch of one cell over those of another."""
    one, two = (each.computed_tokens / sum(seed.epochs for seed in each.seeds) for each in (cell, other))
    return one / two


def truncation(results: Results) -> Ruling:
    """C9: what cutting saves; what it does to accuracy takes other runs."""
    run = sweeps(results, "truncation")
    longest, max_len = results.longest_text, results.report.dataset.padded[results.sides[0]].max_len
    if max_len >= longest:
        return Ruling(Stand.OPEN, f"This run cuts no training text (rows of {max_len}); run {run}.")
    saved = format_percent(1 - max_len / longest)
    figure = f"Rows of {format_count(max_len)} instead of {longest} save {saved} of the steps; for accuracy run {run}."
    return Ruling(Stand.OPEN, figure)


def cheapest(results: Results, cell: CellFacts) -> BatchingCost:
    """The cheapest way to pad batches that leaves the cell's state what it was; packed rows have no padding."""
    own = [cost for cost in results.report.cost if (cost.side, cost.variant) == (cell.side, cell.variant)]
    return min((cost for cost in own if cost.usable and cost.batching != "packed"), key=lambda cost: cost.steps)
