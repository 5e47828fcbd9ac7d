"""C7 from the sweeps: on what the extent of the effect depends, part by part."""

import math
from dataclasses import dataclass

import numpy as np

from stages.reporting.claims.stand import Ruling, Stand
from stages.reporting.format import format_points_of, format_ratio_of, listed
from stages.stats.seed_pairs import averaged
from stages.sweeps.summary.comparing import Comparison, drift_ratio_between, gap_difference
from stages.sweeps.summary.swept import ONLY, SIDE, VARIANT, Row, Sweep, Sweeps

ALIKE = math.log(1.25)
"""Two drifts whose ratio is shown to lie within 0.8 and 1.25 are called alike: the bounds of bioequivalence."""


@dataclass(frozen=True)
class Part:
    """One thing that the extent is said to depend on: the sweep that varies it, and a word in the name of its axis."""

    name: str
    sweep: str
    word: str
    ordered: bool = True
    """Its levels rise, so that the two ends are compared; otherwise each level with the reference."""


PARTS = (
    Part("the sequence length", "length", "length"),
    Part("the amount of padding", "amount", "max_len"),
    Part("the number of layers", "size", "layers"),
    Part("the number of hidden units", "size", "units"),
    Part("the downstream layer", "downstream", "head", ordered=False),
)


@dataclass(frozen=True)
class Compared:
    """One level against another on one side, with what the unmasked model's drift and the gain of a mask do there."""

    level: str
    reference: str
    side: str
    drift: Comparison | None
    gap: Comparison | None

    @property
    def all(self) -> list[Comparison]:
        """The comparisons that have an interval."""
        return [each for each in (self.drift, self.gap) if each is not None and each.contrast.low is not None]

    def __str__(self) -> str:
        drift = (
            "undefined" if self.drift is None or self.drift.value is None else f"× {format_ratio_of(self.drift.value)}"
        )
        gap = (
            ""
            if self.gap is None or self.gap.value is None
            else f", gain of a mask {format_points_of(self.gap.value)} points"
        )
        return f"`{self.level}` against `{self.reference}` with {self.side}-padding: drift {drift}{gap}"


def extent(sweeps: Sweeps) -> Ruling:
    """C7: each part is shown, shown not to matter, or open; an interval counts that is widened for all looked at."""
    found = [(part, *_decided(sweeps, part)) for part in PARTS]
    figure = " ".join(f"**{part.name.capitalize()}: {_word(stand)}.** {text}" for part, stand, text in found)
    stands = {stand for _, stand, _ in found}
    if len(stands) == 1:
        return Ruling(stands.pop(), figure)
    by_stand = {
        stand: [part.name for part, other, _ in found if other is stand]
        for stand in (Stand.SUPPORTED, Stand.REFUTED, Stand.OPEN)
    }
    said = [f"{_word(stand)} for {listed(names)}" for stand, names in by_stand.items() if names]
    return Ruling(Stand.DEPENDS, figure, f"the factor: {'; '.join(said)}")


def _word(stand: Stand) -> str:
    return {Stand.SUPPORTED: "shown", Stand.REFUTED: "shown not to matter"}.get(stand, "open")


def _decided(sweeps: Sweeps, part: Part) -> tuple[Stand, str]:
    sweep = sweeps.get(part.sweep)
    if sweep is None:
        elsewhere = ONLY.get(part.sweep) not in (None, sweeps.dataset)
        why = f"It takes generated texts, whose length is a knob, not `{sweeps.dataset}`" if elsewhere else "Not run"
        return Stand.OPEN, f"{why}: {sweeps.command(part.sweep)}."
    axis = sweep.axis_of(part.word)
    if axis is None or sweep.unmasked is None:
        return Stand.OPEN, f"The sweep `{part.sweep}` varies it for no unmasked model."
    found = [each for side in sweep.sides for each in _compared(sweep, part, axis, side)]
    looked_at = [each for compared in found for each in compared.all]
    named = found if part.ordered or not found else _furthest(sweep, found)
    count = "" if len(named) == len(found) else f", the furthest of {len(found)} comparisons"
    text = f"{'; '.join(map(str, named)) or 'No two levels can be compared'} (sweep `{part.sweep}`{count})."
    if any(each.apart(len(looked_at)) for each in looked_at):
        return Stand.SUPPORTED, text
    if found and all(_alike(each, sweep.epsilon["accuracy"]) for each in found):
        return Stand.REFUTED, text
    return Stand.OPEN, text


def _furthest(sweep: Sweep, found: list[Compared]) -> list[Compared]:
    """On each side the comparison with the largest change of drift, and the one with the largest change of the gain."""
    named: list[Compared] = []
    for side in sweep.sides:
        of_side = [each for each in found if each.side == side]
        most = [max(of_side, key=lambda each: _size(each.drift)), max(of_side, key=lambda each: _size(each.gap))]
        named += most[: 1 if most[0] is most[1] else 2]
    return named


def _size(comparison: Comparison | None) -> float:
    """How far a comparison lies from no difference; below 0 where it is undefined."""
    estimate = None if comparison is None else comparison.contrast.estimate
    return -1.0 if estimate is None else abs(estimate)


def _alike(compared: Compared, epsilon: float) -> bool:
    """Whether neither drift nor gain is shown to move by what matters, and both are known."""
    drift, gap = compared.drift, compared.gap
    return drift is not None and drift.inside(ALIKE) and (gap is None or gap.inside(epsilon))


def _compared(sweep: Sweep, part: Part, axis: str, side: str) -> list[Compared]:
    """The two ends of a rising axis, or every level with the reference."""
    labels = sweep.axes[axis]
    reference = labels[0] if part.ordered else sweep.references[axis]
    others = [label for label in labels if label != reference]
    found = [Compared(label, reference, side, *compared_on(sweep, axis, (label, reference), side)) for label in others]
    if not part.ordered or not found:
        return found
    # Beyond some amount nothing learns and drift is undefined: the furthest level that has one speaks for it.
    last = found[-1]
    defined = next((each for each in reversed(found) if each.drift and each.drift.contrast.low is not None), last)
    return [last] if defined is last else [Compared(defined.level, reference, side, defined.drift, None), last]


def compared_on(
    sweep: Sweep, axis: str, levels: tuple[str, str], side: str
) -> tuple[Comparison | None, Comparison | None]:
    """Two levels on one side, averaged over the other axes: ratio of drift, difference of what the mask gains."""
    drifts, gaps = [], []
    for row, other in pairs(sweep, axis, levels, side):
        drifts.append(drift_ratio_between(row, other, sweep.level))
        if sweep.masked is not None:
            masked, masked_other = sweep.beside(row, sweep.masked), sweep.beside(other, sweep.masked)
            if masked is not None and masked_other is not None:
                gaps.append(gap_difference((masked, row), (masked_other, other), sweep.level))
    return _mean(drifts), _mean(gaps)


def pairs(sweep: Sweep, axis: str, levels: tuple[str, str], side: str) -> list[tuple[Row, Row]]:
    """The unmasked rows of two levels of an axis on one side, alike in all others."""
    rows = sweep.where(**{axis: levels[0], SIDE: side, VARIANT: sweep.unmasked})
    found = [(row, sweep.at({**row.levels, axis: levels[1]})) for row in rows]
    return [(row, other) for row, other in found if other is not None]


def _mean(comparisons: list[Comparison]) -> Comparison | None:
    """Comparisons of the same seeds, averaged seed by seed; those that say nothing left out."""
    if not comparisons:
        return None
    by_seed, _ = averaged(np.stack([each.by_seed for each in comparisons]))
    return Comparison(by_seed, comparisons[0].ratio, comparisons[0].level)
