"""The lines on top: what to do, what costs the unmasked model most, and what a mask gains there."""

from stages.reporting.format import POINTS
from stages.sweeps.findings.effects import ACCURACY
from stages.sweeps.spec import SIDE, VARIANT
from stages.sweeps.summary.comparing import comparison, mean_of
from stages.sweeps.summary.factors_json import MASKED, Decided, Factor
from stages.sweeps.summary.ranking import SERVING
from stages.sweeps.summary.simultaneous import Looks
from stages.sweeps.summary.swept import Sweeps, Swept
from stages.sweeps.sweep_json_rows import Figure


def answer(sweeps: Sweeps, factors: list[Factor], decided: list[Decided], looks: Looks) -> list[str]:
    """At most three lines of short sentences, one figure each; where no sweep was run, what to run."""
    lines = [_to_do(decision) for decision in decided if decision.decision == "mask"]
    if not sweeps.run:
        return [*lines, f"No sweep was run on this dataset, so nothing is ranked; run {sweeps.command('amount')}."]
    worst = next((factor for factor in factors if factor.axis != VARIANT and factor.lead.shown), None)
    if worst is None:
        return [*lines, "**No factor is shown to cost the unmasked model accuracy.**"]
    cost = f"**What costs the unmasked model most: {worst.factor}, {POINTS.of(worst.lead)} points.**"
    return [*lines, f"{cost} That is {worst.lead.contrast}.", *_gained(sweeps, worst, looks)]


def _to_do(mask: Decided) -> str:
    """Whether to mask, and why."""
    if mask.changes:
        kept = "keeps states and predictions exact" if mask.exact else "is the best that was trained, and not exact"
        return f"**Mask the padding: `{mask.choice}` {kept}.** The table says what else to choose."
    if any(option.exact for option in mask.options):
        return "**Train without a mask: what keeps states and predictions exact is shown to cost accuracy.**"
    return "**Train without a mask: none that was trained keeps states and predictions exact.**"


def _gained(sweeps: Sweeps, worst: Factor, looks: Looks) -> list[str]:
    """What a mask gains at the worse level, or what is left of serving otherwise behind it; no line where unknown."""
    if worst.axis == SERVING:
        left = worst.effects[MASKED][ACCURACY]
        points = POINTS.of(left) if left.unmoved else f"{POINTS.of(left)} points at most"
        return [] if left.estimate is None else [f"**Behind a mask that costs {points}.**"]
    sweep = sweeps.get(worst.sweep)
    gain = None if sweep is None else gain_of_mask(sweep, worst, looks)
    if gain is None or gain.estimate is None:
        return []
    doubt = "" if gain.low is not None and gain.low > 0 else ", which is not shown"
    return [f"**There a mask gains {POINTS.of(gain)} points{doubt}.**"]


def gain_of_mask(sweep: Swept, worst: Factor, looks: Looks) -> Figure | None:
    """Masked minus unmasked accuracy at the worse level of a factor, over the other axes; None without a mask."""
    level = looks.level(ACCURACY, sweep.report.level)
    there = {SIDE: worst.lead.where or None, worst.axis: worst.lead.level, VARIANT: sweep.unmasked}
    pairs = [(sweep.beside(row, VARIANT, sweep.masked), row) for row in sweep.where(there)]
    gains = [comparison(masked, row, ACCURACY, level) for masked, row in pairs if masked is not None]
    return mean_of(gains, level).value if gains else None
