"""Claims on the states: do they differ, is the difference eliminated, does a mask keep pads out."""

from stages.reporting.claims.stand import (
    SUBTLE,
    Ruling,
    Stand,
    all_drifts,
    as_in_training,
    baselines,
    defined,
    largest_change,
    verdicts_on,
    worst_drift,
)
from stages.reporting.format import format_plain, format_ratio, listed
from stages.reporting.results import DRIFT, Results, condition_text
from stages.stats.verdicts import UNMOVED, Verdict


def states_differ(results: Results) -> Ruling:
    """C2, on the unmasked model under every number of pads and as trained: there, and subtle."""
    drifts = defined(verdicts_on(results, baselines(results), DRIFT, as_in_training(results)))
    if not drifts:
        return Ruling(Stand.OPEN, f"No seed of an unmasked {results.network} learned here.")
    bound = format_plain(results.epsilon[DRIFT])
    least, most = (pick(drift.estimate or 0.0 for drift in drifts) for pick in (min, max))
    ends = f"from {format_ratio(least)} to {format_ratio(most)}"
    figure = f"The drift ratio of the unmasked state goes {ends}; above {bound} it matters."
    words = {drift.word for drift in drifts}
    if words <= set(UNMOVED):
        return Ruling(Stand.REFUTED, figure)
    if words == {Verdict.INCONCLUSIVE}:
        return Ruling(Stand.OPEN, figure)
    if words == {Verdict.DIFFERENT} and most <= SUBTLE and _in_every_seed(results):
        return Ruling(Stand.SUPPORTED, figure)
    if words == {Verdict.DIFFERENT} and least > SUBTLE:
        return Ruling(Stand.REFUTED, f"{figure} That is not subtle.")
    return Ruling(Stand.DEPENDS, figure, "the number of pads" + " and the side" * (len(results.sides) > 1))


def _in_every_seed(results: Results) -> bool:
    """Whether every seed that learned drifts beyond ε under every condition."""
    drifts = [
        cell.drift(seed, condition) or 0.0
        for cell in baselines(results)
        for seed in cell.learned
        for condition in as_in_training(results)
    ]
    return min(drifts, default=0.0) > results.epsilon[DRIFT]


def not_eliminated(results: Results) -> Ruling:
    """C3: what is left without a mask and with one, under the number of pads that moves most."""
    alone = [drift for cell in baselines(results) if (drift := worst_drift(results, cell)) is not None]
    if not alone:
        return Ruling(Stand.OPEN, f"No seed of an unmasked {results.network} learned here.")
    worst = max(alone, key=lambda drift: drift.estimate or 0.0)
    left = f"{condition_text(worst.condition or '')} leave a state drift ratio of {format_ratio(worst.estimate)}"
    masked = results.masked_variant
    exact = masked in results.variants and results.keeps_still(masked)
    figure = f"Without a mask, {left} with {worst.side}-padding{f'; `{masked}` leaves 0' if exact else ''}."
    words = {drift.word for drift in alone}
    if words <= set(UNMOVED):
        return Ruling(Stand.REFUTED, figure)
    if all(drift.harmless for drift in alone):
        return Ruling(Stand.DEPENDS, figure, "whether what is too little to matter counts as eliminated")
    if Verdict.DIFFERENT in words:
        # What an LSTM reduces, compared with no LSTM, is not tested, so that the claim is never supported.
        return Ruling(Stand.DEPENDS, figure, "the mask") if exact else Ruling(Stand.OPEN, figure)
    return Ruling(Stand.OPEN, figure)


def mask_protects(results: Results) -> Ruling:
    """C5, on every state and condition of every variant that asks for a mask."""
    masked = [name for name in results.variants if results.of(name)[0].mask != "none"]
    if not masked:
        return Ruling(Stand.OPEN, "This run trained no masked model.")
    kept = [name for name in masked if results.keeps_still(name)]
    lost = [name for name in masked if name not in kept]
    drifts = all_drifts(results, [cell for name in kept for cell in results.of(name)])
    clauses = [f"nothing of {_names(kept)} moved in {len(drifts)} comparisons"] * bool(kept)
    for name in lost[:1]:
        largest = format_ratio(largest_change(all_drifts(results, results.of(name))))
        clauses.append(f"a unit of some state of `{name}` moved by {largest}")
    figure = f"{'; '.join(clauses)}."
    figure = figure[:1].upper() + figure[1:]
    if not lost:
        return Ruling(Stand.SUPPORTED, figure)
    if not kept:
        return Ruling(Stand.REFUTED, figure)
    return Ruling(Stand.DEPENDS, figure, "which layer makes the mask that arrives")


def _names(variants: list[str]) -> str:
    return listed([f"`{name}`" for name in variants])
