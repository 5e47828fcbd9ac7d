"""Every factor of every sweep with its largest effect, ranked by what it does to the unmasked model's accuracy."""

import math
from dataclasses import dataclass, replace

from stages.reporting.format import format_percent_of, format_ratio_of
from stages.reporting.results import DRIFT, FLIPS, Estimate, condition_text
from stages.stats.verdicts import Verdict
from stages.sweeps.summary.swept import ACCURACY, SIDE, VARIANT, Effect, Sweep, Sweeps

ESTIMANDS = (ACCURACY, DRIFT, FLIPS)

UNMASKED = "unmasked"
MASKED = "masked"
AVERAGED = "averaged"
GROUPS = (UNMASKED, MASKED, AVERAGED)

NO_FIGURE = "says nothing of this"
"""The reason of a cell that a factor cannot have: of the mask without a mask, of serving beside accuracy."""

NAMES = {
    SIDE: "padding side",
    VARIANT: "mask",
    "pad.max_len": "amount of padding",
    "model.units": "units",
    "model.layers": "layers",
    "model.head": "downstream layer",
    "model.recurrent": "recurrent cell",
    "model.embedding": "embedding size",
    "model.dropout": "dropout",
    "train.learning_rate": "learning rate",
    "train.trim": "trimming of batches",
    "train.grouping": "grouping of texts",
}
"""An axis that is no key of these is called what its sweep calls it."""

CUTTING_SWEEP = "truncation"
CUT_ROWS = "width of cut rows"
"""What `pad.max_len` is called in that sweep, which cuts texts and pads none beyond the longest."""

SERVING = "served otherwise than trained"


@dataclass(frozen=True)
class Cell:
    """The largest effect of one factor on one estimand in one group of models; no value where it has a reason."""

    value: Estimate | None
    ratio: bool = False
    shown: bool = False
    level: str = ""
    reference: str = ""
    where: str = ""
    """The side or other level held fixed; empty where it is an average."""
    reason: str = ""

    @property
    def contrast(self) -> str:
        """`longest*8` against `0.95`, post."""
        place = f", {self.where}" if self.where else ""
        return f"`{self.level}` against `{self.reference}`{place}"

    @property
    def size(self) -> float:
        """How far it lies from no effect, on the scale on which effects add."""
        if self.value is None:
            return 0.0
        return (
            abs(math.log(self.value.estimate)) if self.ratio and self.value.estimate > 0 else abs(self.value.estimate)
        )

    def turned(self) -> "Cell":
        """The reference against the level."""
        return replace(self, value=_turned(self.value, self.ratio), level=self.reference, reference=self.level)


@dataclass(frozen=True)
class Factor:
    """What one axis of one sweep does at its largest, and what serving otherwise costs there."""

    name: str
    axis: str
    sweep: str
    cells: dict[str, dict[str, Cell]]
    """Group, then estimand."""
    served: Cell | None = None
    beside: Cell | None = None
    """What the masked model loses between the two levels that rank it: that much is not the padding's doing."""
    others: tuple[str, ...] = ()
    """Other sweeps that have this axis."""

    @property
    def lead(self) -> Cell:
        """The effect on accuracy that ranks it: of the unmasked model; of the mask itself, averaged."""
        group = AVERAGED if self.axis == VARIANT else UNMASKED
        return self.cells[group][ACCURACY]

    @property
    def lead_drift(self) -> Cell:
        """The effect on drift that ranks what accuracy leaves equal."""
        return self.cells[AVERAGED if self.axis == VARIANT else UNMASKED][DRIFT]

    @property
    def rank(self) -> tuple[bool, float, bool, float]:
        """Shown effects before others, larger ones first: on accuracy, then on drift."""
        lead, drift = self.lead, self.lead_drift
        return not lead.shown, -lead.size, not drift.shown, -drift.size


def factors(sweeps: Sweeps) -> list[Factor]:
    """Every factor, the worst first; side and mask, which are axes of every sweep, once."""
    found = [_factor(sweep, axis) for sweep in sweeps.run for axis, labels in sweep.axes.items() if len(labels) > 1]
    own = [each for each in found if each.axis not in (SIDE, VARIANT)]
    for axis in (SIDE, VARIANT):
        shared = sorted((each for each in found if each.axis == axis), key=lambda each: each.rank)
        if shared:
            own.append(replace(shared[0], others=tuple(each.sweep for each in shared[1:])))
    serving = sorted(filter(None, map(_serving, sweeps.run)), key=lambda each: each.rank)
    if serving:
        own.append(replace(serving[0], others=tuple(each.sweep for each in serving[1:])))
    return sorted((each for each in own if _says_anything(each)), key=lambda each: each.rank)


def _says_anything(factor: Factor) -> bool:
    return any(cell.value is not None for group in factor.cells.values() for cell in group.values())


def _factor(sweep: Sweep, axis: str) -> Factor:
    cells = {group: {estimand: _cell(sweep, axis, group, estimand) for estimand in ESTIMANDS} for group in GROUPS}
    cut = sweep.name == CUTTING_SWEEP and axis == sweep.axis_of("max_len")
    found = Factor(CUT_ROWS if cut else NAMES.get(axis, axis), axis, sweep.name, cells, _served(sweep))
    beside = _cell(sweep, axis, MASKED, ACCURACY, like=found.lead)
    if beside.contrast == found.lead.contrast:
        turned = _oriented(found.lead, {ACCURACY: beside})[ACCURACY]
        found = replace(found, beside=turned)
    return replace(found, cells={group: _oriented(found.lead, each) for group, each in cells.items()})


def _cell(sweep: Sweep, axis: str, group: str, estimand: str, like: Cell | None = None) -> Cell:
    """The largest effect in one group of models: those that are shown first, then those with an interval.

    With `like`, the effect between the same two levels in the same place, where the sweep has it.
    """
    variant = {UNMASKED: sweep.unmasked, MASKED: sweep.masked, AVERAGED: None}[group]
    if group != AVERAGED and (variant is None or axis == VARIANT):
        return Cell(None, reason=NO_FIGURE if axis == VARIANT else f"the sweep has no {group} model")
    found = [
        each
        for each in sweep.effects
        if (each.axis, each.estimand) == (axis, estimand)
        and set(each.within) <= {SIDE, VARIANT}
        and (VARIANT not in each.within if variant is None else each.within.get(VARIANT, sweep.only) == variant)
        and (axis != VARIANT or {each.level, each.reference} == {sweep.masked, sweep.unmasked})
    ]
    cells = [_of_effect(each) for each in found]
    if not cells:
        return Cell(None, reason=_reason(sweep, axis, variant, estimand))
    if like is not None:
        cells = [each for each in cells if each.contrast == like.contrast] or cells
    return max(cells, key=lambda each: (each.shown, each.value is not None and each.value.low is not None, each.size))


def _of_effect(effect: Effect) -> Cell:
    where = effect.within.get(SIDE, "")
    return Cell(effect.value, effect.ratio, effect.shown, effect.level, effect.reference, where)


def _reason(sweep: Sweep, axis: str, variant: str | None, estimand: str) -> str:
    """Why there is no effect: nothing moves at all, nothing moves at some levels, or what the sweep says."""
    which = sweep.masked if axis == VARIANT else variant
    rows = [] if which is None else sweep.where(variant=which)
    exact = [row for row in rows if row.verdict(estimand) is Verdict.EXACT]
    if exact and len(exact) == len(rows):
        return f"0 (exact) with `{which}`" if axis == VARIANT else "0 (exact) at every level"
    moved = [(value, row) for row in rows if row not in exact and (value := row.estimate(estimand)) is not None]
    if exact and moved:
        worst, row = max(moved, key=lambda each: each[0].estimate)
        text = (format_ratio_of if estimand == DRIFT else format_percent_of)(worst)
        return f"0 (exact) in {len(exact)} of {len(rows)} rows, at most {text} ({row.name})"
    for each in sweep.record["effects"]:
        mine = (each["axis"], each["estimand"], each["within"].get(VARIANT)) == (axis, estimand, variant)
        if mine and each.get("reason"):
            return f"undefined: {each['reason']}"
    return "not in the sweep"


def _oriented(lead: Cell, cells: dict[str, Cell]) -> dict[str, Cell]:
    """The worse level first: as the effect that ranks the factor has it, or by itself where it compares others."""
    worse, better = (lead.reference, lead.level) if _better(ACCURACY, lead) else (lead.level, lead.reference)
    found = {}
    for estimand, cell in cells.items():
        same = {cell.level, cell.reference} == {worse, better}
        turn = cell.level != worse if same else _better(estimand, cell)
        found[estimand] = cell.turned() if turn else cell
    return found


def _better(estimand: str, cell: Cell) -> bool:
    """Whether the level is better than the reference."""
    if cell.value is None:
        return False
    if estimand == ACCURACY:
        return cell.value.estimate > 0
    return cell.value.estimate < (1.0 if cell.ratio else 0.0)


def _turned(value: Estimate | None, ratio: bool) -> Estimate | None:
    if value is None:
        return None
    numbers = [value.estimate, value.high, value.low]
    if ratio and value.estimate > 0:
        estimate, low, high = (None if each is None or each <= 0 else 1 / each for each in numbers)
    else:
        estimate, low, high = (None if each is None else 0.0 - each for each in numbers)
    assert estimate is not None  # it was there before
    return Estimate(estimate, low, high)


def _served(sweep: Sweep, variant: str | None = None) -> Cell | None:
    """What serving otherwise costs the unmasked model (or another variant) for sure in one of a sweep's rows.

    The row whose interval ends farthest below no effect, so that few seeds with a wide interval do not lead.
    """
    rows = sweep.where(variant=variant or sweep.unmasked)
    found = [(row, *served) for row in rows if (served := row.served) is not None]
    if not found:
        return None
    row, condition, value = min(found, key=lambda each: math.inf if each[2].high is None else each[2].high)
    shown = value.high is not None and value.high < 0
    where = ", ".join([*(f"`{label}`" for label in row.options.values()), *filter(None, [row.side])])
    return Cell(value, False, shown, condition_text(condition), "as trained", where)


def _serving(sweep: Sweep) -> Factor | None:
    """Serving otherwise than trained as a factor of its own."""
    found = _served(sweep)
    if found is None:
        return None
    nothing = Cell(None, reason=NO_FIGURE)
    of_masked = None if sweep.masked is None else _served(sweep, sweep.masked)
    cells = {group: dict.fromkeys(ESTIMANDS, nothing) for group in GROUPS}
    cells[UNMASKED] = cells[UNMASKED] | {ACCURACY: found}
    cells[MASKED] = cells[MASKED] | {ACCURACY: of_masked or nothing}
    return Factor(SERVING, SERVING, sweep.name, cells)
