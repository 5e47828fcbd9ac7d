"""Claims on the states: do they differ, is the difference eliminated, does a mask keep pads out."""

from stages.analysis.contract import Finding
from stages.analysis.contract_cells import CellFacts
from stages.analysis.contract_memory import Forgetting
from stages.params.schema import BASELINE
from stages.reporting.claims.stand import (
    SUBTLE,
    UNDEFINED_SHARE,
    Ruling,
    Stand,
    all_drifts,
    as_in_training,
    baselines,
    conjugated,
    defined,
    format_drift,
    format_drifts,
    format_known,
    largest_change,
    verdicts_on,
    working,
)
from stages.reporting.format import PERCENT, RATIO, format_plain, format_ratio, listed
from stages.reporting.results import DRIFT, JOINT_SHIFT, Results, condition_text
from stages.stats.verdicts import UNMOVED, Verdict

NO_COMPARATOR = "What {} reduces, compared with no {}, is not tested here."

PAIRS = {"within": "of one class", "between": "of two classes"}


def states_differ(results: Results) -> Ruling:
    """C2, on the unmasked model under every number of pads and as trained: there, subtle, and in every seed."""
    drifts = verdicts_on(results, baselines(results), DRIFT, as_in_training(results))
    if not drifts:
        return Ruling(Stand.OPEN, f"This run trained no `{BASELINE}`.")
    bound, joint_bound = format_plain(results.epsilon[DRIFT]), format_plain(results.epsilon[JOINT_SHIFT])
    shown = [drift for drift in drifts if drift.verdict is Verdict.DIFFERENT]
    joint = sum(_jointly(results, drift) for drift in drifts)
    figure = (
        f"Of {len(drifts)} comparisons of `{BASELINE}` with the text alone, {len(shown)} "
        f"{'shows' if len(shown) == 1 else 'show'} a drift ratio beyond {bound} and {joint} a joint distance beyond "
        f"{joint_bound} in every seed; {_range(drifts)}."
    )
    if all(drift.verdict in UNMOVED for drift in drifts):
        return Ruling(Stand.REFUTED, figure)
    if not shown and not all(drift.harmless for drift in drifts):
        return Ruling(Stand.OPEN, figure)
    figure = " ".join([figure, *(_consistency(results, cell) for cell in baselines(results))])
    small = [drift for drift in drifts if drift.verdict is Verdict.EQUIVALENT]
    subtle = [drift for drift in shown if (drift.estimate or 0.0) <= SUBTLE]
    if len(subtle + small) == len(drifts) and all(_in_every_seed(results, drift) for drift in drifts):
        return Ruling(Stand.SUPPORTED, figure)
    sides = "the padding side and " if len(results.sides) > 1 else ""
    reasons = {
        f"{sides}the number of pads (whether a difference is shown)": 0 < len(shown) < len(drifts),
        f"what counts as a difference (here: a drift ratio beyond {bound})": bool(small),
        "the seed (whether every one shows it)": not all(_in_every_seed(results, drift) for drift in shown),
        f"what is called subtle (here: a drift ratio up to {format_plain(SUBTLE)})": len(subtle) < len(shown),
    }
    return Ruling(Stand.DEPENDS, figure, listed([reason for reason, holds in reasons.items() if holds]))


def _in_every_seed(results: Results, drift: Finding) -> bool:
    """Whether every seed that learned drifts beyond ε, or all of them fail the joint test, under one condition."""
    cell = results.cell(drift.side, drift.variant)
    beyond = cell is not None and bool(cell.learned) and _beyond(results, cell, drift.condition) == len(cell.learned)
    return beyond or _jointly(results, drift)


def _jointly(results: Results, drift: Finding) -> bool:
    """Whether the mean change of all units together is DIFFERENT, which is judged seed by seed."""
    cell = results.cell(drift.side, drift.variant)
    joint = None if cell is None else results.finding(cell, JOINT_SHIFT, drift.condition)
    return joint is not None and joint.verdict is Verdict.DIFFERENT


def _beyond(results: Results, cell: CellFacts, condition: str | None) -> int:
    """How many of the seeds that learned drift beyond ε."""
    drifts = [cell.drift(seed, condition or "") for seed in cell.learned]
    return sum((drift or 0.0) > results.epsilon[DRIFT] for drift in drifts)


def _consistency(results: Results, cell: CellFacts) -> str:
    """How alike seeds and units move at the headline condition."""
    at = condition_text(results.headline)
    state = cell.state_at(results.headline, cell.state)
    units = format_known(PERCENT, None if state is None else state.units_moved, UNDEFINED_SHARE)
    cosine = "" if state is None or state.cosine is None else f" (mean cosine {format_ratio(state.cosine)})"
    beyond = _beyond(results, cell, results.headline)
    return (
        f"With {cell.side}-padding, {at} {conjugated('move', at)} {units} of the units by more than 0.2 sd of the "
        f"shift{cosine}; by their estimate {beyond} of {len(cell.learned)} seed{'' if len(cell.learned) == 1 else 's'} "
        f"drift beyond {format_plain(results.epsilon[DRIFT])}."
    )


def _range(drifts: list[Finding]) -> str:
    drifts = defined(drifts)
    if not drifts:
        return "none is defined, for no seed learned"
    least, most = (pick(drifts, key=lambda drift: drift.estimate or 0.0) for pick in (min, max))
    return f"the drift ratios go from {RATIO.of(least)} to {RATIO.of(most)}"


def not_eliminated(results: Results) -> Ruling:
    """C3, at the headline condition: what is left with and without a mask, and forgotten; without it is not judged."""
    alone = verdicts_on(results, baselines(results), DRIFT)
    masked = verdicts_on(results, working(results), DRIFT)
    if all(drift.verdict in (Verdict.UNDEFINED, Verdict.INCONCLUSIVE) for drift in alone):
        return Ruling(Stand.OPEN, "This run shows neither that a drift is there nor that it is not.")
    drifts = "; ".join(f"`{drift.variant}` ({drift.side}): {format_drift(drift)}" for drift in alone + masked)
    sentences = [f"Drift under {condition_text(results.headline)}: {drifts}."]
    sentences += [forgets(cell) for cell in baselines(results) if cell.side != "pre"]
    figure = " ".join([*sentences, NO_COMPARATOR.format(results.a_network, results.network)])
    if all(drift.verdict in UNMOVED for drift in alone):
        return Ruling(Stand.REFUTED, figure)
    if all(drift.harmless for drift in alone):
        on = f"what counts as eliminated (here: a drift ratio below {format_plain(results.epsilon[DRIFT])})"
        return Ruling(Stand.DEPENDS, figure, on)
    if not all(drift.verdict is Verdict.DIFFERENT for drift in alone):
        return Ruling(Stand.DEPENDS, figure, "the padding side")
    if masked and all(drift.verdict in UNMOVED for drift in masked):
        on = f"the mask: {results.a_network} without one does not eliminate it, with one it does"
        return Ruling(Stand.DEPENDS, figure, on)
    return Ruling(Stand.OPEN, figure)


def forgets(cell: CellFacts) -> str:
    """A sentence on how fast pads bring two texts together; what is true of both kinds of pairs is said once."""
    kinds: dict[str, list[str]] = {}
    for pairs, kind in PAIRS.items():
        kinds.setdefault(_forgets(cell.forgetting, pairs), []).append(kind)
    return f"{cell.title}: {'; '.join(clause.format(listed(which)) for clause, which in kinds.items())}."


def _forgets(forgetting: Forgetting | None, pairs: str) -> str:
    """With {} in the place of the kind of pairs."""
    if forgetting is None:
        return "the distance between texts {} has no half-life, for the analysis holds no forgetting curve"
    life, share, lives = forgetting.half_life[pairs], forgetting.converging[pairs], forgetting.half_lives[pairs]
    if life is not None:
        which = "" if share is None else f" (for the {PERCENT.of(share)} of pairs that converge)"
        return f"every {RATIO.of(life)} pads halve the distance between texts {{}}{which}"
    reason = forgetting.reasons[pairs] or "none was fitted"
    which = "" if share is None else f" ({PERCENT.of(share)} of pairs converge)"
    if not lives:
        return f"the distance between texts {{}} has no half-life, for {reason}{which}"
    halving = f"{format_ratio(lives[0])} to {format_ratio(lives[-1])} pads halve the distance between texts {{}}"
    return f"{halving} where that falls exponentially{which}; {reason}"


def mask_protects(results: Results) -> Ruling:
    """C5, on every state and condition of every variant that asks for a mask."""
    variants: dict[str, list[CellFacts]] = {}
    for cell in results.cells:
        if cell.mask != "none":
            variants.setdefault(cell.variant, []).append(cell)
    if not variants:
        return Ruling(Stand.OPEN, "This run trained no masked model.")
    kept, clauses = zip(*(_kept(results, cells) for cells in variants.values()), strict=True)
    figure = f"{'. '.join(clauses)}."
    if all(kept):
        return Ruling(Stand.SUPPORTED, figure)
    if not any(kept):
        return Ruling(Stand.REFUTED, figure)
    return Ruling(Stand.DEPENDS, figure, "where the mask comes from: a second layer that makes one replaces the first")


def _kept(results: Results, cells: list[CellFacts]) -> tuple[bool, str]:
    """Whether a variant, on all its sides, kept every state, and how far it moved."""
    drifts = all_drifts(results, cells)
    kept = all(drift.verdict in UNMOVED for drift in drifts)
    headline = format_drifts(verdicts_on(results, cells, DRIFT))
    return kept, (
        f"`{cells[0].variant}` (mask: {cells[0].mask}) {'kept' if kept else 'did not keep'} its states: the largest "
        f"change of any unit in {len(drifts)} comparisons is {format_ratio(largest_change(drifts))}"
        f"{'' if kept else f', its drift under {condition_text(results.headline)} {headline}'}"
    )
