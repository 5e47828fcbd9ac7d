"""C8 and C9 from the sweeps: what attention, tuning and truncation do to the effect, and what they leave of it."""

from dataclasses import dataclass

import numpy as np

from stages.reporting.claims.stand import Ruling, Stand
from stages.reporting.format import format_percent, format_percent_of, format_points_of, format_ratio_of
from stages.reporting.results import DRIFT, Estimate
from stages.stats.seed_pairs import not_worse, share_closed
from stages.stats.verdicts import Verdict
from stages.sweeps.summary.comparing import Comparison, accuracy_difference, drift_ratio_between
from stages.sweeps.summary.swept import ACCURACY, SIDE, VARIANT, Row, Sweep, Sweeps

ATTENTION = ("attention", "multi_head_attention")
PLAIN_HEAD = "last"
VALIDATION = "validation_accuracy"


def attention_and_tuning(sweeps: Sweeps) -> Ruling:
    """C8: attention by the drift of the unmasked model, tuning by the gap in accuracy to the masked one."""
    attention, of_attention = _attention(sweeps)
    tuning, of_tuning = _tuning(sweeps)
    figure = f"**Attention: {attention}.** {of_attention} **Tuning: {tuning}.** {of_tuning}"
    if attention is tuning and attention is not Stand.DEPENDS:
        return Ruling(attention, figure)
    return Ruling(Stand.DEPENDS, figure, f"which: attention {attention}; tuning {tuning}")


@dataclass(frozen=True)
class Attended:
    """One head with attention against the last state, without a mask, on one side."""

    row: Row
    head: str
    drift: Comparison

    def kind(self, comparisons: int) -> str:
        """What is left of the drift: gone, smaller, larger or open, the interval widened for all looked at."""
        if self.row.verdict(DRIFT) in (Verdict.EXACT, Verdict.EQUIVALENT):
            return "gone"
        if not self.drift.apart(comparisons):
            return "open"
        return "smaller" if self.drift.contrast.estimate is not None and self.drift.contrast.estimate < 0 else "larger"

    def __str__(self) -> str:
        left = self.row.estimate(DRIFT)
        drift = "undefined" if self.drift.value is None else f"× {format_ratio_of(self.drift.value)}"
        remaining = format_ratio_of(left) if left is not None else "an undefined drift"
        return (
            f"`{self.head}` with {self.row.side}-padding has the drift of `{PLAIN_HEAD}` {drift}, which leaves "
            f"{remaining} {self.row.verdict(DRIFT) or ''}".rstrip()
        )


def _attention(sweeps: Sweeps) -> tuple[Stand, str]:
    sweep = sweeps.get("downstream")
    if sweep is None:
        return Stand.OPEN, f"Not run: {sweeps.command('downstream')}."
    axis = sweep.axis_of("head")
    found = [] if axis is None else _attended(sweep, axis)
    if not found:
        return Stand.OPEN, "The sweep `downstream` holds no head with attention beside the last state, without a mask."
    kinds = {each.kind(len(found)) for each in found}
    text = f"{'; '.join(map(str, found))} (sweep `downstream`)."
    if kinds == {"smaller"}:
        return Stand.SUPPORTED, text
    if kinds == {"open"}:
        return Stand.OPEN, text
    return (Stand.REFUTED if kinds in ({"larger"}, {"gone"}) else Stand.DEPENDS), text


def _attended(sweep: Sweep, axis: str) -> list[Attended]:
    rows = [(row, sweep.at({**row.levels, axis: PLAIN_HEAD})) for row in sweep.where(**{VARIANT: sweep.unmasked})]
    return [
        Attended(row, row.levels[axis], drift_ratio_between(row, plain, sweep.level))
        for row, plain in rows
        if plain is not None and row.levels[axis] in ATTENTION
    ]


def _tuning(sweeps: Sweeps) -> tuple[Stand, str]:
    sweep = sweeps.get("tuning")
    if sweep is None:
        return Stand.OPEN, f"Not run: {sweeps.command('tuning')}."
    found = [tuned for side in sweep.sides if (tuned := tuned_on(sweep, side)) is not None]
    if not found:
        return Stand.OPEN, "The sweep `tuning` has no masked model beside the unmasked one, so there is no gap."
    stands = {each.stand(sweep.epsilon[ACCURACY]) for each in found}
    text = f"{' '.join(map(str, found))} (Sweep `tuning`, the settings chosen by validation accuracy.)"
    return (stands.pop() if len(stands) == 1 else Stand.DEPENDS), text


@dataclass(frozen=True)
class Tuned:
    """What tuning does to the gap between the masked and the unmasked model on one side.

    Attributes:
        side: the padding side.
        best: the unmasked row with the best validation accuracy.
        gap: what the mask gains before tuning.
        gained: what tuning gains without a mask.
        left: the masked model, not tuned, against the tuned unmasked one.
        share: of the gap that tuning closes; None where the gap is not shown.
        left_to_tuned: the masked model, tuned as well, against the tuned unmasked one.
    """

    side: str
    best: Row
    gap: Comparison
    gained: Comparison
    left: Comparison
    share: Estimate | None
    left_to_tuned: Comparison

    def stand(self, epsilon: float) -> Stand:
        """Whether tuning makes the gap smaller and yet leaves some of it."""
        if not self.gap.above(0.0):
            return Stand.OPEN
        if self.gained.inside(epsilon) or self.left.below(epsilon, 0.9):
            return Stand.REFUTED
        return Stand.SUPPORTED if self.gained.above(0.0) and self.left.above(0.0) else Stand.OPEN

    def __str__(self) -> str:
        share = "" if self.share is None else f", {format_percent_of(self.share)} of the gap"
        none = "" if self.gap.above(0.0) else ", a gap that is not shown"
        options = ", ".join(f"{axis} {label}" for axis, label in self.best.options.items())
        return (
            f"With {self.side}-padding a mask gains {format_points_of(self.gap.value)} points before tuning{none}; "
            "the best "
            f"settings without a mask ({options}) gain {format_points_of(self.gained.value)}{share}; "
            f"{format_points_of(self.left.value)} stay to the masked model as it was, "
            f"{format_points_of(self.left_to_tuned.value)} "
            "to the masked model tuned as well."
        )


def tuned_on(sweep: Sweep, side: str) -> Tuned | None:
    """What tuning does on one side; None where there is no masked and no unmasked model in the reference settings."""
    plain = sweep.at({**sweep.references, SIDE: side, VARIANT: sweep.unmasked or ""})
    masked = sweep.at({**sweep.references, SIDE: side, VARIANT: sweep.masked or ""})
    if plain is None or masked is None:
        return None
    best, best_masked = (_best(sweep.where(**{SIDE: side, VARIANT: row.variant})) for row in (plain, masked))
    gap, left = (accuracy_difference(masked, row, sweep.level) for row in (plain, best))
    closed = share_closed(gap.by_seed, left.by_seed, sweep.level) if gap.above(0.0, sweep.level) else None
    return Tuned(
        side=side,
        best=best,
        gap=gap,
        gained=accuracy_difference(best, plain, sweep.level),
        left=left,
        share=None if closed is None else Estimate(closed.estimate, closed.low, closed.high),
        left_to_tuned=accuracy_difference(best_masked, best, sweep.level),
    )


def _best(rows: list[Row]) -> Row:
    """By validation accuracy, so that the test accuracy of the chosen one is no lucky draw; the first of equals."""

    def score(row: Row) -> float:
        seeds = sorted(row.record["seeds"], key=lambda each: int(each["seed"]))
        validation = [each.get(VALIDATION) for each in seeds]
        known = all(value is not None for value in validation)
        return float(np.mean(validation if known else [each[ACCURACY] for each in seeds]))

    return max(rows, key=score)


def truncation(sweeps: Sweeps) -> Ruling:
    """C9: for each side and model the narrowest rows that are shown to cost no accuracy, and the compute they save."""
    sweep = sweeps.get("truncation")
    if sweep is None:
        return Ruling(Stand.OPEN, f"Not run: {sweeps.command('truncation')}.")
    models = [name for name in (sweep.unmasked, sweep.masked) if name is not None]
    found = [cut for side in sweep.sides for name in models if (cut := cut_on(sweep, side, name)) is not None]
    if not found:
        return Ruling(Stand.OPEN, "The sweep `truncation` has one width, so there is nothing to compare.")
    epsilon = sweep.epsilon[ACCURACY]
    figure = (
        f"{'; '.join(map(str, found))} (sweep `truncation`; costs no accuracy: the 90 % interval ends above "
        f"−{100 * epsilon:g} points; tokens are counted, seconds are not)."
    )
    stands = {each.stand for each in found}
    if len(stands) == 1:
        return Ruling(stands.pop(), figure)
    said = "; ".join(f"{each.stand} for `{each.widest.variant}` ({each.widest.side})" for each in found)
    return Ruling(Stand.DEPENDS, figure, f"the side and the mask: {said}")


@dataclass(frozen=True)
class Cut:
    """The widths of one side and model.

    Attributes:
        widest: the row with the widest rows.
        narrowest: the row with the narrowest ones that, like all wider ones, cost no accuracy; None without one.
        change: accuracy of `narrowest` against the widest, or of the next narrower row where there is none.
        stand: supported where `narrowest` saves tokens, refuted where every narrower width costs accuracy.
        tried: the row that `change` is about.
    """

    widest: Row
    narrowest: Row | None
    change: Comparison
    stand: Stand
    tried: Row

    @property
    def saved(self) -> float:
        """Share of the computed tokens that the row of `change` saves."""
        return 1 - self.tried.tokens / self.widest.tokens

    def __str__(self) -> str:
        where = f"`{self.widest.variant}` ({self.widest.side})"
        what = f"{format_points_of(self.change.value)} points and {format_percent(self.saved)} fewer computed tokens"
        widths = f"rows of {self.tried.max_len} instead of {self.widest.max_len}"
        if self.narrowest is None:
            return f"{where}: no narrower width is shown to cost no accuracy; {widths} give {what}"
        return f"{where}: {widths} give {what}"


def cut_on(sweep: Sweep, side: str, variant: str) -> Cut | None:
    """What cutting does to one side and model, other axes at their references; None with one width."""
    axis = sweep.axis_of("max_len")
    fixed = {name: label for name, label in sweep.references.items() if name != axis}
    rows = sorted(sweep.where(**{**fixed, SIDE: side, VARIANT: variant}), key=lambda row: -row.max_len)
    if len(rows) < 2:
        return None
    widest, *narrower = rows
    epsilon = sweep.epsilon[ACCURACY]
    changes = [accuracy_difference(row, widest, sweep.level) for row in narrower]
    free = [not_worse(change.by_seed, epsilon) for change in changes]
    count = free.index(False) if False in free else len(free)
    if count:
        row, change = narrower[count - 1], changes[count - 1]
        return Cut(widest, row, change, Stand.SUPPORTED if row.tokens < widest.tokens else Stand.REFUTED, row)
    costs = all(change.below(0.0) for change in changes)
    return Cut(widest, None, changes[0], Stand.REFUTED if costs else Stand.OPEN, narrower[0])
