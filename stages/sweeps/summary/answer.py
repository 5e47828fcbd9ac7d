"""The first paragraph: which factors make it worse, ranked, and which fix works."""

from stages.reporting.format import POINTS, RATIO, format_ratio, listed
from stages.sweeps.findings.effects import ACCURACY
from stages.sweeps.spec import VARIANT
from stages.sweeps.summary.comparing import Comparison, comparison
from stages.sweeps.summary.factors_json import MASKED, Decided, Factor, LargestEffect
from stages.sweeps.summary.swept import Sweeps, Swept
from stages.sweeps.sweep_json_rows import Row

MOST_NAMED = 5


def answer(sweeps: Sweeps, factors: list[Factor], decided: list[Decided]) -> list[str]:
    """Sentences with figures; where no sweep was run, what to run."""
    if not sweeps.run:
        commands = listed([sweeps.command(name) for name in sweeps.missing[:3]])
        return [f"No sweep was run on this dataset, so no factor can be ranked; run {commands}."]
    return [*_worse(factors), *_fix(sweeps, decided)]


def _worse(factors: list[Factor]) -> list[str]:
    """What costs the unmasked model accuracy, then what moves its state alone, then what is not shown."""
    ranked = [factor for factor in factors if factor.axis != VARIANT]
    shown = [factor for factor in ranked if factor.lead.shown]
    moved = [factor for factor in ranked if not factor.lead.shown and factor.lead_drift.shown]
    of_masked = [(factor, factor.effects[MASKED][ACCURACY]) for factor in ranked]
    masked = [factor for factor, effect in of_masked if effect.shown]
    rest = [f"{factor.factor} (`{factor.sweep}`)" for factor in ranked if factor not in [*shown, *moved, *masked]]
    sentences = []
    if shown:
        listing = "; ".join(
            f"({place}) {factor.factor}, {POINTS.of(factor.lead)} points {_where(factor, factor.lead, factor.beside)}"
            for place, factor in enumerate(shown[:MOST_NAMED], 1)
        )
        more = f"; {len(shown) - MOST_NAMED} more below" if len(shown) > MOST_NAMED else ""
        sentences.append(f"**What costs the unmasked model accuracy, the worst first**: {listing}{more}.")
    else:
        sentences.append("**No factor is shown to cost the unmasked model accuracy.**")
    if moved:
        drifts = [f"{one.factor} × {RATIO.of(one.lead_drift)} {_where(one, one.lead_drift)}" for one in moved]
        sentences.append(
            f"Shown to change its drift, and not shown to change its accuracy: {'; '.join(drifts[:MOST_NAMED])}."
        )
    costly = [
        f"{factor.factor} {POINTS.of(effect)} points {_where(factor, effect)}"
        for factor, effect in of_masked
        if effect.shown and effect.estimate is not None and effect.estimate < 0
    ]
    if costly:
        sentences.append(f"Shown to cost the masked model accuracy: {'; '.join(costly[:MOST_NAMED])}.")
    if rest:
        sentences.append(f"Not shown to matter: {listed(rest)}.")
    return sentences


def _where(factor: Factor, effect: LargestEffect, masked: LargestEffect | None = None) -> str:
    """The levels of an effect, what the masked model loses between them, and the sweep."""
    beside = "" if masked is None or masked.estimate is None else f"masked {POINTS.of(masked)}; "
    return f"({effect.contrast}; {beside}sweep `{factor.sweep}`)"


def _fix(sweeps: Sweeps, decided: list[Decided]) -> list[str]:
    """What a mask gains and keeps, in the rows of every sweep, and what of the defaults is better changed."""
    pairs = _different([(sweep, row, other) for sweep in sweeps.run for row, other in masked_pairs(sweep)])
    sentences = []
    if pairs:
        exact = sum(row.exact for _, row, _ in pairs)
        gains = [(sweep, row, comparison(row, other, ACCURACY, sweep.report.level)) for sweep, row, other in pairs]
        better = [gain for gain in gains if gain[2].above(0.0)]
        worse = [gain for gain in gains if gain[2].below(0.0)]
        fixes = "**The fix: a mask.**" if exact and len(better) > len(worse) else "**What a mask does.**"
        sentences.append(
            f"{fixes} States and predictions stay exactly what they were in {exact} of {len(pairs)} masked settings "
            f"(masks with the same figures are counted once); "
            f"accuracy is shown to be higher than without it in {len(better)}{_most(better)} and lower in {len(worse)}."
        )
    changed = [_changed(decision) for decision in decided if decision.changes]
    if changed:
        sentences.append(f"**What to change of Keras' defaults here**: {'; '.join(changed)}.")
    return sentences


def _different(pairs: list[tuple[Swept, Row, Row]]) -> list[tuple[Swept, Row, Row]]:
    """One of those that have the same figures seed by seed under the same levels: masks that are the same model."""
    different: dict[str, tuple[Swept, Row, Row]] = {}
    for sweep, row, other in pairs:
        key = f"{_but_for_the_mask(row)} {row.max_len} {row.seeds} {other.seeds}"
        different.setdefault(key, (sweep, row, other))
    return list(different.values())


def _most(gains: list[tuple[Swept, Row, Comparison]]) -> str:
    if not gains:
        return ""
    sweep, row, gain = max(gains, key=lambda gained: gained[2].contrast.estimate or 0.0)
    return f" (by {POINTS.of(gain.value)} points at most: sweep `{sweep.report.name}`, {row.name})"


def _changed(decision: Decided) -> str:
    if decision.accuracy is None:
        return f"{decision.decision} `{decision.choice}`"
    gain = f"{POINTS.of(decision.accuracy)} points; {format_ratio(decision.tokens_ratio)} times the tokens"
    return f"{decision.decision} `{decision.choice}` ({gain})"


def masked_pairs(sweep: Swept) -> list[tuple[Row, Row]]:
    """Every masked row of a sweep with the row that differs from it in the mask alone."""
    plain: dict[str, Row] = {}
    for row in sweep.report.rows:
        if row.unmasked:
            plain.setdefault(_but_for_the_mask(row), row)
    masked = [row for row in sweep.grid.rows if row.masked and row.recurrent]
    return [(row, plain[key]) for row in masked if (key := _but_for_the_mask(row)) in plain]


def _but_for_the_mask(row: Row) -> str:
    """What rows share that differ in the mask alone."""
    return str([row.without_mask, row.side, row.options])
