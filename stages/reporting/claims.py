"""A stand on each claim that a reader has met elsewhere: a rule on this run's numbers, and what decides."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum

from stages.params import BASELINE
from stages.reporting.numbers import (
    listed,
    percent,
    plain,
    points,
    points_interval,
    ratio,
    ratio_interval,
    spaced,
    whole,
)
from stages.reporting.results import ACCURACY, DRIFT, FLIPS, CellFacts, Finding, Record, Results, condition_text
from stages.stats.verdicts import Verdict

SUBTLE = 0.1
"""A drift ratio up to this is called subtle: a tenth of the spread that carries the information."""

DRAMATIC = 0.05
"""A change of accuracy, or a share of flips, beyond this is called dramatic: one text in twenty."""


class Stand(StrEnum):
    """What this run says of a claim."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    DEPENDS = "depends"
    OPEN = "open"


@dataclass(frozen=True)
class Ruling:
    """A stand, the figure that decides it, and what it depends on where it depends."""

    stand: Stand
    figure: str
    depends_on: str | None = None


Rule = Callable[[Results], Ruling]


def claims(results: Results) -> list[Record]:
    """One record for each claim: id, claim, stand, figure, depends_on."""
    records = []
    for name, (claim, rule) in CLAIMS.items():
        ruling = rule(results)
        records.append({"id": name, "claim": claim, **asdict(ruling), "stand": str(ruling.stand)})
    return records


def _compute_grows(results: Results) -> Ruling:
    """C1, counted in steps of the recurrence: an unmasked model computes every position of every padded row."""
    unmasked = [cell for cell in results.cells if cell.mask == "none"]
    if not unmasked:
        return Ruling(Stand.OPEN, "This run trained no model without a mask.")
    expected = [_positions(results, cell) for cell in unmasked]
    figures = [
        f"{cell.title} computed {whole(cell.computed_tokens)} steps in training for {whole(cell.text_tokens)} tokens "
        f"of text, {ratio(cell.computed_tokens / cell.text_tokens)} times as many"
        for cell in unmasked
    ]
    exactly = [cell.computed_tokens == positions for cell, positions in zip(unmasked, expected, strict=True)]
    reading = (
        "texts × max_len × epochs, so every pad costs one step" if all(exactly) else "not texts × max_len × epochs"
    )
    stand = Stand.SUPPORTED if all(exactly) else Stand.REFUTED
    return Ruling(stand, f"{'; '.join(figures)}: {reading} (steps are counted here, not seconds).")


def _positions(results: Results, cell: CellFacts) -> int:
    dataset = results.report["dataset"]
    padded = dataset["padded"][cell.side]
    return int(padded["max_len"] * padded["splits"]["train"]["texts"] * sum(seed.epochs for seed in cell.seeds))


def _states_differ(results: Results) -> Ruling:
    """C2, on the unmasked model at every number of pads."""
    found = _baseline(results, DRIFT, results.conditions)
    if not found:
        return Ruling(Stand.OPEN, f"This run trained no `{BASELINE}`.")
    shown = [each for each in found if each.verdict is Verdict.DIFFERENT]
    figure = (
        f"Of {len(found)} comparisons of `{BASELINE}` with the text alone, {len(shown)} "
        f"{'shows' if len(shown) == 1 else 'show'} a drift ratio beyond "
        f"{plain(results.epsilon[DRIFT])}; {_range(found)}."
    )
    if all(each.harmless for each in found):
        return Ruling(Stand.REFUTED, figure)
    if not shown:
        return Ruling(Stand.OPEN, figure)
    subtle = all(each.estimate is not None and each.estimate <= SUBTLE for each in shown)
    if len(shown) == len(found) and subtle:
        return Ruling(Stand.SUPPORTED, figure)
    on = [
        f"{'the padding side and ' if len(results.sides) > 1 else ''}the number of pads (whether a difference is shown)"
    ] * (len(shown) < len(found))
    on += [f"what is called subtle (here: a drift ratio up to {plain(SUBTLE)})"] * (not subtle)
    return Ruling(Stand.DEPENDS, figure, listed(on))


def _range(found: list[Finding]) -> str:
    values = [each.estimate for each in found if each.estimate is not None]
    if not values:
        return "none is defined, for no seed learned"
    return f"the drift ratios go from {ratio(min(values))} to {ratio(max(values))}"


def _not_eliminated(results: Results) -> Ruling:
    """C3, at the headline condition: what an LSTM alone leaves, and what one with a mask leaves."""
    alone = _baseline(results, DRIFT, [results.headline])
    masked = [
        found
        for cell in results.cells
        if cell.mask == "embedding" and (found := results.finding(cell, DRIFT, results.headline)) is not None
    ]
    if not alone or all(each.verdict in (Verdict.UNDEFINED, Verdict.INCONCLUSIVE) for each in alone):
        return Ruling(Stand.OPEN, "This run shows neither that a drift is there nor that it is not.")
    parts = [f"`{each.variant}` ({each.side}): {_drift(each)}" for each in alone + masked]
    figure = (
        f"Drift under {condition_text(results.headline)}: {'; '.join(parts)}. (What it reduces from is not measured.)"
    )
    if all(each.harmless for each in alone):
        return Ruling(Stand.REFUTED, figure)
    if not all(each.verdict is Verdict.DIFFERENT for each in alone):
        return Ruling(Stand.DEPENDS, figure, "the padding side")
    if masked and all(each.verdict is Verdict.EXACT for each in masked):
        return Ruling(Stand.DEPENDS, figure, "the mask: an LSTM without one does not eliminate it, with one it does")
    return Ruling(Stand.SUPPORTED, figure)


def _often_minor(results: Results) -> Ruling:
    """C4, by side: the accuracy that the mask which works adds, and the flips without it."""
    sizes: dict[str, str] = {}
    parts: list[str] = []
    for side in results.sides:
        accuracy = next(
            (
                results.finding(cell, ACCURACY)
                for cell in results.cells
                if cell.side == side and cell.mask == "embedding" and cell.variant != BASELINE
            ),
            None,
        )
        flips = next((each for each in _baseline(results, FLIPS, [results.headline]) if each.side == side), None)
        if accuracy is None or flips is None:
            continue
        sizes[side] = _size(accuracy, flips)
        flipped = percent(flips.estimate) if flips.estimate is not None else "an undefined share"
        parts.append(
            f"with {side}-padding (**{sizes[side]}**) masking changes accuracy by "
            f"{spaced(points(accuracy.estimate), points_interval(accuracy.low, accuracy.high))} points and "
            f"{condition_text(results.headline)} flip {flipped} of the unmasked model's predictions"
        )
    if not parts:
        return Ruling(Stand.OPEN, f"This run compares no masked model with `{BASELINE}`.")
    figure = f"{'; '.join(parts)} (dramatic: beyond {percent(DRAMATIC)} of the texts)."
    kinds = set(sizes.values())
    if kinds == {"minor"}:
        return Ruling(Stand.SUPPORTED, figure)
    if kinds == {"dramatic"}:
        return Ruling(Stand.REFUTED, figure)
    if {"minor", "dramatic"} <= kinds:
        return Ruling(Stand.DEPENDS, figure, "the padding side")
    return Ruling(Stand.OPEN, figure)


def _size(accuracy: Finding, flips: Finding) -> str:
    """Whether the intervals lie beyond DRAMATIC, within it, or on both sides of it."""
    bounds = [(accuracy.low, accuracy.high), (flips.low, flips.high)]
    defined = [(low, high) for low, high in bounds if low is not None and high is not None]
    if any(low > DRAMATIC or high < -DRAMATIC for low, high in defined):
        return "dramatic"
    if len(defined) == len(bounds) and all(low >= -DRAMATIC and high <= DRAMATIC for low, high in defined):
        return "minor"
    return "not settled"


def _mask_protects(results: Results) -> Ruling:
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
            f"the largest change of any unit in {len(found)} comparisons is {ratio(moved)}"
        )
    figure = f"{'; '.join(parts)}."
    if all(exact.values()):
        return Ruling(Stand.SUPPORTED, figure)
    if not any(exact.values()):
        return Ruling(Stand.REFUTED, figure)
    return Ruling(Stand.DEPENDS, figure, "where the mask comes from: a second layer that makes one replaces the first")


def _mask_costs(results: Results) -> Ruling:
    """C6, counted in steps: a mask lets batches be trimmed to their longest text; by itself it skips no step."""
    trimmed = [cell for cell in results.cells if cell.mask == "embedding"]
    pairs = [(cell, each) for cell in trimmed if (each := results.cell(cell.side, BASELINE)) is not None]
    if not pairs:
        return Ruling(Stand.OPEN, f"This run compares no masked model with `{BASELINE}`.")
    parts = [
        f"{cell.title} computed {whole(cell.computed_tokens)} steps ({percent(cell.padding_share)} padding) where "
        f"{other.title} computed {whole(other.computed_tokens)} ({percent(other.padding_share)})"
        for cell, other in pairs
    ]
    figure = f"{'; '.join(parts)}."
    if all(cell.computed_tokens >= other.computed_tokens for cell, other in pairs):
        return Ruling(Stand.SUPPORTED, figure)
    on = "trimming: the mask alone skips no step, but it makes the result independent of pads that batches then drop"
    return Ruling(Stand.DEPENDS, figure, on)


def _needs(experiments: str) -> Rule:
    return lambda _results: Ruling(Stand.OPEN, f"This run cannot tell: {experiments}.")


def _baseline(results: Results, estimand: str, conditions: list[str]) -> list[Finding]:
    cells = [cell for cell in results.cells if cell.variant == BASELINE]
    found = [results.finding(cell, estimand, condition) for cell in cells for condition in conditions]
    return [each for each in found if each is not None]


def _drift(finding: Finding) -> str:
    if finding.estimate is None:
        return "undefined"
    interval = "" if finding.verdict is Verdict.EXACT else ratio_interval(finding.low, finding.high)
    return spaced(ratio(finding.estimate), interval, str(finding.verdict))


CLAIMS: dict[str, tuple[str, Rule]] = {
    "C1": ("Padded tokens cost compute that grows linearly with the padding.", _compute_grows),
    "C2": (
        "Final hidden states of padded and unpadded copies of a text differ: subtly, yet consistently.",
        _states_differ,
    ),
    "C3": ("An LSTM reduces the impact of padding but does not eliminate it.", _not_eliminated),
    "C4": ('The effect on classification or prediction is "not dramatic, often minor".', _often_minor),
    "C5": ("Masking keeps padded tokens out of the state updates.", _mask_protects),
    "C6": ("Masking does not remove the computational cost.", _mask_costs),
    "C7": (
        "The extent depends on sequence length, amount of padding, number of layers, hidden units, and the "
        "downstream layer.",
        _needs("run `dvc exp run --queue -S model.units=8,32,128 -S model.layers=1,2 -S pad.max_len=0.95,longest`"),
    ),
    "C8": (
        "Attention, and tuning, minimise the effect but do not erase it.",
        _needs(
            "no variant with attention was trained; for tuning, run "
            "`dvc exp run --queue -S train.learning_rate=0.0003,0.003 -S model.dropout=0,0.3`"
        ),
    ),
    "C9": (
        "Truncating long texts speeds training up without costing accuracy.",
        _needs("run `dvc exp run --queue -S pad.max_len=0.5,0.75,0.95,longest`"),
    ),
}
