"""Claims on the states: do they differ, is the difference eliminated, does a mask keep pads out."""

from stages.analysis.contract import Finding
from stages.analysis.contract_cells import CellFacts
from stages.analysis.contract_memory import Forgetting
from stages.params.schema import BASELINE
from stages.reporting.claims.stand import SUBTLE, Ruling, Stand, baselines, drift_of, of_baseline, working
from stages.reporting.format import PERCENT, RATIO, format_plain, format_ratio, listed
from stages.reporting.typed_results import DRIFT, JOINT_SHIFT, Results, condition_text
from stages.runtime.paths import OTHER_SIDE
from stages.stats.verdicts import Verdict

NO_COMPARATOR = "What {} reduces, compared with no {}, is not tested here."

PAIRS = {"within": "of one class", "between": "of two classes"}


def states_differ(results: Results) -> Ruling:
    """C2, on the unmasked model under every number of pads and as trained: there, subtle, and in every seed."""
    found = of_baseline(results, DRIFT, [each for each in results.conditions if each != OTHER_SIDE])
    if not found:
        return Ruling(Stand.OPEN, f"This run trained no `{BASELINE}`.")
    shown = [each for each in found if each.verdict is Verdict.DIFFERENT]
    joint = sum(_jointly(results, each) for each in found)
    figure = (
        f"Of {len(found)} comparisons of `{BASELINE}` with the text alone, {len(shown)} "
        f"{'shows' if len(shown) == 1 else 'show'} a drift ratio beyond {format_plain(results.epsilon[DRIFT])} and "
        f"{joint} a "
        f"joint distance beyond {format_plain(results.epsilon[JOINT_SHIFT])} in every seed; {_range(found)}."
    )
    if all(each.verdict is Verdict.EXACT for each in found):
        return Ruling(Stand.REFUTED, figure)
    if not shown and not all(each.harmless for each in found):
        return Ruling(Stand.OPEN, figure)
    figure += " " + " ".join(_consistency(results, cell) for cell in baselines(results))
    small = [each for each in found if each.verdict is Verdict.EQUIVALENT]
    subtle = [each for each in shown if each.estimate is not None and each.estimate <= SUBTLE]
    if len(subtle + small) == len(found) and all(_in_every_seed(results, each) for each in found):
        return Ruling(Stand.SUPPORTED, figure)
    sides = "the padding side and " if len(results.sides) > 1 else ""
    on = [f"{sides}the number of pads (whether a difference is shown)"] * (0 < len(shown) < len(found))
    on += [f"what counts as a difference (here: a drift ratio beyond {format_plain(results.epsilon[DRIFT])})"] * bool(
        small
    )
    on += ["the seed (whether every one shows it)"] * (not all(_in_every_seed(results, each) for each in shown))
    on += [f"what is called subtle (here: a drift ratio up to {format_plain(SUBTLE)})"] * (len(subtle) < len(shown))
    return Ruling(Stand.DEPENDS, figure, listed(on))


def _in_every_seed(results: Results, finding: Finding) -> bool:
    """Whether every seed that learned drifts beyond ε, or all of them fail the joint test, under one condition."""
    cell = results.cell(finding.side, finding.variant)
    condition = finding.condition
    drifts = [] if cell is None or condition is None else [cell.drift(seed, condition) for seed in cell.learned]
    beyond = bool(drifts) and all((drift or 0.0) > results.epsilon[DRIFT] for drift in drifts)
    return beyond or _jointly(results, finding)


def _jointly(results: Results, finding: Finding) -> bool:
    """Whether the mean change of all units together is DIFFERENT, which is judged seed by seed."""
    cell = results.cell(finding.side, finding.variant)
    joint = None if cell is None else results.finding(cell, JOINT_SHIFT, finding.condition, finding.state)
    return joint is not None and joint.verdict is Verdict.DIFFERENT


def _beyond(results: Results, cell: CellFacts) -> int:
    """How many of the seeds that learned drift beyond ε at the headline condition."""
    bound = results.epsilon[DRIFT]
    return sum((cell.drift(seed, results.headline) or 0.0) > bound for seed in cell.learned)


def _consistency(results: Results, cell: CellFacts) -> str:
    """How alike seeds and units move at the headline condition."""
    facts = cell.state_at(results.headline, cell.state)
    moved = None if facts is None else facts.units_moved
    units = "an undefined share of the units" if moved is None else f"{PERCENT.of(moved)} of the units"
    cosine = "" if facts is None or facts.cosine is None else f" (mean cosine {format_ratio(facts.cosine)})"
    seeds = f"{_beyond(results, cell)} of {len(cell.learned)} seed{'' if len(cell.learned) == 1 else 's'}"
    at = condition_text(results.headline)
    return (
        f"With {cell.side}-padding, {at} {'move' if at.endswith('pads') else 'moves'} {units} by more than 0.2 sd of "
        f"the shift{cosine}; by their estimate {seeds} drift beyond {format_plain(results.epsilon[DRIFT])}."
    )


def _range(found: list[Finding]) -> str:
    values = [each for each in found if each.estimate is not None]
    if not values:
        return "none is defined, for no seed learned"
    least, most = (pick(values, key=lambda each: each.estimate or 0.0) for pick in (min, max))
    return f"the drift ratios go from {RATIO.of(least)} to {RATIO.of(most)}"


def not_eliminated(results: Results) -> Ruling:
    """C3, at the headline condition: what is left with and without a mask, and forgotten; without it is not judged."""
    alone = of_baseline(results, DRIFT, [results.headline])
    masked = [
        found for cell in working(results) if (found := results.finding(cell, DRIFT, results.headline)) is not None
    ]
    if not alone or all(each.verdict in (Verdict.UNDEFINED, Verdict.INCONCLUSIVE) for each in alone):
        return Ruling(Stand.OPEN, "This run shows neither that a drift is there nor that it is not.")
    parts = [f"`{each.variant}` ({each.side}): {drift_of(each)}" for each in alone + masked]
    figure = f"Drift under {condition_text(results.headline)}: {'; '.join(parts)}."
    comparator = NO_COMPARATOR.format(results.a_network, results.network)
    figure = " ".join([figure, *(forgets(cell) for cell in baselines(results) if cell.side != "pre"), comparator])
    if all(each.verdict is Verdict.EXACT for each in alone):
        return Ruling(Stand.REFUTED, figure)
    if all(each.harmless for each in alone):
        on = f"what counts as eliminated (here: a drift ratio below {format_plain(results.epsilon[DRIFT])})"
        return Ruling(Stand.DEPENDS, figure, on)
    if not all(each.verdict is Verdict.DIFFERENT for each in alone):
        return Ruling(Stand.DEPENDS, figure, "the padding side")
    if masked and all(each.verdict is Verdict.EXACT for each in masked):
        on = f"the mask: {results.a_network} without one does not eliminate it, with one it does"
        return Ruling(Stand.DEPENDS, figure, on)
    return Ruling(Stand.OPEN, figure)


def forgets(cell: CellFacts) -> str:
    """A sentence on how fast pads bring two texts together; what is true of both kinds of pairs is said once."""
    kinds: dict[str, list[str]] = {}
    for pairs, kind in PAIRS.items():
        kinds.setdefault(_forgets(cell.forgetting, pairs), []).append(kind)
    return f"{cell.title}: {'; '.join(said.format(listed(which)) for said, which in kinds.items())}."


def _forgets(forgetting: Forgetting | None, pairs: str) -> str:
    """With {} in the place of the kind of pairs."""
    if forgetting is None:
        return "the distance between texts {} has no half-life, for the analysis holds no forgetting curve"
    life, share = forgetting.half_life[pairs], forgetting.converging[pairs]
    if life is None:
        reason = forgetting.reasons[pairs] or "none was fitted"
        which = "" if share is None else f" ({PERCENT.of(share)} of pairs converge)"
        if lives := forgetting.half_lives[pairs]:
            found = f"{format_ratio(lives[0])} to {format_ratio(lives[-1])} pads halve the distance between texts {{}}"
            return f"{found} where that falls exponentially{which}; {reason}"
        return f"the distance between texts {{}} has no half-life, for {reason}{which}"
    which = "" if share is None else f" (for the {PERCENT.of(share)} of pairs that converge)"
    return f"every {RATIO.of(life)} pads halve the distance between texts {{}}{which}"


def mask_protects(results: Results) -> Ruling:
    """C5, on every state and condition of every variant that asks for a mask."""
    variants = {cell.variant: cell.mask for cell in results.cells if cell.mask != "none"}
    if not variants:
        return Ruling(Stand.OPEN, "This run trained no masked model.")
    exact: dict[str, bool] = {}
    parts = []
    for variant, mask in variants.items():
        found = [each for each in results.findings if each.variant == variant and each.estimand == DRIFT]
        moved = max(each.largest_change or 0.0 for each in found)
        exact[variant] = all(each.verdict is Verdict.EXACT for each in found)
        parts.append(
            f"`{variant}` (mask: {mask}) {'kept' if exact[variant] else 'did not keep'} its states: "
            f"the largest change of any unit in {len(found)} comparisons is {format_ratio(moved)}"
            f"{'' if exact[variant] else _leaks(results, variant)}"
        )
    figure = f"{'. '.join(parts)}."
    if all(exact.values()):
        return Ruling(Stand.SUPPORTED, figure)
    if not any(exact.values()):
        return Ruling(Stand.REFUTED, figure)
    return Ruling(Stand.DEPENDS, figure, "where the mask comes from: a second layer that makes one replaces the first")


def _leaks(results: Results, variant: str) -> str:
    found = [
        (cell.side, each)
        for cell in results.cells
        if cell.variant == variant and (each := results.finding(cell, DRIFT, results.headline)) is not None
    ]
    drifts = listed([f"{drift_of(each)} ({side})" for side, each in found])
    return f", its drift under {condition_text(results.headline)} {drifts}"
