"""C7 from the sweeps: on what the extent of the effect depends, part by part."""

import math
from dataclasses import dataclass, replace

from stages.reporting.claims.stand import Ruling, Stand
from stages.reporting.format import POINTS, listed
from stages.reporting.results import DRIFT
from stages.sweeps.findings.effects import ACCURACY
from stages.sweeps.spec import SIDE, VARIANT
from stages.sweeps.summary.comparing import Comparison, comparison, gap_difference, mean_of
from stages.sweeps.summary.swept import ONLY, Sweeps, Swept

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


def extent(sweeps: Sweeps) -> Ruling:
    """C7: each part is shown, shown not to matter, or open; an interval counts that is widened for all looked at."""
    decided = {part.name: _decided(sweeps, part) for part in PARTS}
    figure = " ".join(f"**{name.capitalize()}: {_word(part.stand)}.** {part.figure}" for name, part in decided.items())
    by_stand = {
        stand: [name for name, part in decided.items() if part.stand is stand]
        for stand in (Stand.SUPPORTED, Stand.REFUTED, Stand.OPEN)
    }
    said = [f"{_word(stand)} for {listed(names)}" for stand, names in by_stand.items() if names]
    return ruling([part.stand for part in decided.values()], figure, f"the factor: {'; '.join(said)}")


def ruling(stands: list[Stand], figure: str, depends_on: str | None = None) -> Ruling:
    """The stand on which all parts of a claim agree; else it depends."""
    if len(set(stands)) == 1 and stands[0] is not Stand.DEPENDS:
        return Ruling(stands[0], figure)
    return Ruling(Stand.DEPENDS, figure, depends_on)


def not_run(sweeps: Sweeps, name: str, why: str = "Not run") -> Ruling:
    """What a sweep that was not run says of a claim."""
    return Ruling(Stand.OPEN, f"{why}: {sweeps.command(name)}.")


def _word(stand: Stand) -> str:
    return {Stand.SUPPORTED: "shown", Stand.REFUTED: "shown not to matter"}.get(stand, "open")


def _decided(sweeps: Sweeps, part: Part) -> Ruling:
    sweep = sweeps.get(part.sweep)
    if sweep is None:
        elsewhere = ONLY.get(part.sweep) not in (None, sweeps.dataset)
        why = f"It takes generated texts, whose length is a knob, not `{sweeps.dataset}`" if elsewhere else "Not run"
        return not_run(sweeps, part.sweep, why)
    axis = sweep.axis_of(part.word)
    if axis is None or sweep.unmasked is None:
        return Ruling(Stand.OPEN, f"The sweep `{part.sweep}` varies it for no unmasked model.")
    contrasts = [contrast for side in sweep.sides for contrast in _contrasts(sweep, part, axis, side)]
    looked_at = [compared for contrast in contrasts for compared in contrast.known]
    named = contrasts if part.ordered else _furthest(sweep, contrasts)
    count = "" if len(named) == len(contrasts) else f", the furthest of {len(contrasts)} comparisons"
    text = f"{'; '.join(map(str, named)) or 'No two levels can be compared'} (sweep `{part.sweep}`{count})."
    if any(compared.apart(len(looked_at)) for compared in looked_at):
        return Ruling(Stand.SUPPORTED, text)
    if contrasts and all(contrast.alike(sweep.report.epsilon[ACCURACY]) for contrast in contrasts):
        return Ruling(Stand.REFUTED, text)
    return Ruling(Stand.OPEN, text)


@dataclass(frozen=True)
class Contrasted:
    """One level against another on one side, with what the unmasked model's drift and the gain of a mask do there."""

    level: str
    reference: str
    side: str
    drift: Comparison
    gap: Comparison
    """Of no seed where there is no masked model."""

    @property
    def known(self) -> list[Comparison]:
        """The comparisons that have an interval."""
        return [one for one in (self.drift, self.gap) if one.contrast.low is not None]

    def alike(self, epsilon: float) -> bool:
        """Whether neither drift nor gain is shown to move by what matters, and both are known."""
        return self.drift.inside(ALIKE) and (not len(self.gap.by_seed) or self.gap.inside(epsilon))

    def __str__(self) -> str:
        gained = "" if self.gap.value.estimate is None else f", gain of a mask {POINTS.of(self.gap.value)} points"
        return f"`{self.level}` against `{self.reference}` with {self.side}-padding: drift {self.drift.times}{gained}"


def _furthest(sweep: Swept, contrasts: list[Contrasted]) -> list[Contrasted]:
    """On each side the comparison with the largest change of drift, and the one with the largest change of the gain."""
    named: list[Contrasted] = []
    for side in sweep.sides:
        of_side = [contrast for contrast in contrasts if contrast.side == side]
        if of_side:
            most = [max(of_side, key=lambda one: _size(one.drift)), max(of_side, key=lambda one: _size(one.gap))]
            named += most[: 1 if most[0] is most[1] else 2]
    return named


def _size(compared: Comparison) -> float:
    """How far a comparison lies from no difference; below 0 where it is undefined."""
    return -1.0 if compared.contrast.estimate is None else abs(compared.contrast.estimate)


def _contrasts(sweep: Swept, part: Part, axis: str, side: str) -> list[Contrasted]:
    """The two ends of a rising axis, or every level with the reference."""
    labels = sweep.grid.axes.get(axis, [])
    if not labels:
        return []
    reference = labels[0] if part.ordered else sweep.references[axis]
    contrasts = [_contrast(sweep, axis, label, reference, side) for label in labels if label != reference]
    if not part.ordered or not contrasts:
        return contrasts
    # Beyond some amount nothing learns and drift is undefined: the furthest level that has one speaks for it.
    last = contrasts[-1]
    with_drift = [one for one in contrasts if one.drift.contrast.low is not None]
    return [*(replace(one, gap=mean_of([], one.gap.level)) for one in with_drift[-1:] if one is not last), last]


def _contrast(sweep: Swept, axis: str, label: str, reference: str, side: str) -> Contrasted:
    """Two levels on one side, averaged over the other axes: ratio of drift, difference of what the mask gains."""
    drifts, gaps, confidence = [], [], sweep.report.level
    for row in sweep.where({axis: label, SIDE: side, VARIANT: sweep.unmasked}):
        other = sweep.beside(row, axis, reference)
        if other is not None:
            drifts.append(comparison(row, other, DRIFT, confidence))
            masked, masked_other = (sweep.beside(plain, VARIANT, sweep.masked) for plain in (row, other))
            if masked is not None and masked_other is not None:
                gaps.append(gap_difference((masked, row), (masked_other, other), confidence))
    return Contrasted(label, reference, side, mean_of(drifts, confidence), mean_of(gaps, confidence))
