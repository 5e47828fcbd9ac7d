"""The first paragraph: which factors make it worse, ranked, and which fix works."""

from stages.reporting.format import format_points_of, format_ratio, format_ratio_of, listed
from stages.reporting.results import Estimate, Record
from stages.sweeps.summary.comparing import Comparison, accuracy_difference
from stages.sweeps.summary.ranking import MASKED, Cell, Factor
from stages.sweeps.summary.recommendation import verdict_text
from stages.sweeps.summary.swept import ACCURACY, VARIANT, Row, Sweep, Sweeps

MOST_NAMED = 5


def answer(sweeps: Sweeps, factors: list[Factor], decisions: list[Record]) -> list[str]:
    """Sentences with figures; where no sweep was run, what to run."""
    if not sweeps.run:
        commands = listed([sweeps.command(name) for name in sweeps.missing[:3]])
        return [f"No sweep was run on this dataset, so no factor can be ranked; run {commands}."]
    return [*_worse(factors), *_fix(sweeps, decisions)]


def _worse(factors: list[Factor]) -> list[str]:
    """What costs the unmasked model accuracy, then what moves its state alone, then what is not shown."""
    ranked = [each for each in factors if each.axis != VARIANT]
    shown = [each for each in ranked if each.lead.shown]
    moved = [each for each in ranked if not each.lead.shown and each.lead_drift.shown]
    masked = [each for each in ranked if _of_masked(each).shown]
    rest = [f"{each.name} (`{each.sweep}`)" for each in ranked if each not in [*shown, *moved, *masked]]
    sentences = []
    if shown:
        listing = "; ".join(
            f"({place}) {each.name}, {format_points_of(each.lead.value)} points ({each.lead.contrast}; "
            f"{_beside(each)}{_sweep(each)})"
            for place, each in enumerate(shown[:MOST_NAMED], 1)
        )
        more = f"; {len(shown) - MOST_NAMED} more below" if len(shown) > MOST_NAMED else ""
        sentences.append(f"**What costs the unmasked model accuracy, the worst first**: {listing}{more}.")
    else:
        sentences.append("**No factor is shown to cost the unmasked model accuracy.**")
    if moved:
        parts = [f"{each.name} × {format_ratio_of(each.lead_drift.value)} ({_drift_contrast(each)})" for each in moved]
        sentences.append(
            f"Shown to change its drift, and not shown to change its accuracy: {'; '.join(parts[:MOST_NAMED])}."
        )
    costly = [each for each in masked if (value := _of_masked(each).value) is not None and value.estimate < 0]
    if costly:
        parts = [
            f"{each.name} {format_points_of(_of_masked(each).value)} points ({_masked_contrast(each)})"
            for each in costly
        ]
        sentences.append(f"Shown to cost the masked model accuracy: {'; '.join(parts[:MOST_NAMED])}.")
    if rest:
        sentences.append(f"Not shown to matter: {listed(rest)}.")
    return sentences


def _beside(factor: Factor) -> str:
    if factor.beside is None or factor.beside.value is None:
        return ""
    return f"masked {format_points_of(factor.beside.value)}; "


def _of_masked(factor: Factor) -> Cell:
    return factor.cells[MASKED][ACCURACY]


def _masked_contrast(factor: Factor) -> str:
    return f"{_of_masked(factor).contrast}; {_sweep(factor)}"


def _sweep(factor: Factor) -> str:
    return f"sweep `{factor.sweep}`"


def _drift_contrast(factor: Factor) -> str:
    return f"{factor.lead_drift.contrast}; {_sweep(factor)}"


def _fix(sweeps: Sweeps, decisions: list[Record]) -> list[str]:
    """What a mask gains and keeps, in the rows of every sweep, and what of the defaults is better changed."""
    pairs = _different([(sweep, row, other) for sweep in sweeps.run for row, other in masked_pairs(sweep)])
    sentences = []
    if pairs:
        exact = sum(row.exact for _, row, _ in pairs)
        gains = [(sweep, row, accuracy_difference(row, other, sweep.level)) for sweep, row, other in pairs]
        better = [each for each in gains if each[2].above(0.0)]
        worse = [each for each in gains if each[2].below(0.0)]
        fixes = "**The fix: a mask.**" if exact and len(better) > len(worse) else "**What a mask does.**"
        sentences.append(
            f"{fixes} States and predictions stay exactly what they were in {exact} of {len(pairs)} masked settings "
            f"(masks with the same figures are counted once); "
            f"accuracy is shown to be higher than without it in {len(better)}{_most(better)} and lower in {len(worse)}."
        )
    changed = [each for each in decisions if each["choice"] not in (None, each["naive"])]
    if changed:
        listing = "; ".join(_changed(each) for each in changed)
        sentences.append(f"**What to change of Keras' defaults here**: {listing}.")
    return sentences


def _different(pairs: list[tuple[Sweep, Row, Row]]) -> list[tuple[Sweep, Row, Row]]:
    """One of those that have the same figures seed by seed under the same levels: masks that are the same model."""
    found: dict[str, tuple[Sweep, Row, Row]] = {}
    for sweep, row, other in pairs:
        settings = [row.without_mask, row.side, row.record["max_len"], row.options]
        found.setdefault(str([settings, row.record["seeds"], other.record["seeds"]]), (sweep, row, other))
    return list(found.values())


def _most(gains: list[tuple[Sweep, Row, Comparison]]) -> str:
    if not gains:
        return ""
    sweep, row, gain = max(gains, key=lambda each: each[2].contrast.estimate or 0.0)
    return f" (by {format_points_of(gain.value)} points at most: sweep `{sweep.name}`, {row.name})"


def _changed(decision: Record) -> str:
    bought = Estimate.of(decision["accuracy"])
    if bought is None:
        return f"{decision['decision']} `{decision['choice']}`"
    gain = (
        f"{format_points_of(bought)} points, {verdict_text(decision)}; {format_ratio(decision['tokens_ratio'])} "
        "times the tokens"
    )
    return f"{decision['decision']} `{decision['choice']}` ({gain})"


def masked_pairs(sweep: Sweep) -> list[tuple[Row, Row]]:
    """Every masked row of a sweep with the row that differs from it in the mask alone."""
    found = []
    for row in sweep.rows:
        if row.masked and row.recurrent:
            plain = next(
                (
                    each
                    for each in sweep.rows
                    if each.architecture["mask"] == "none"
                    and each.without_mask == row.without_mask
                    and {**each.levels, VARIANT: ""} == {**row.levels, VARIANT: ""}
                ),
                None,
            )
            found += [] if plain is None else [(row, plain)]
    return found
