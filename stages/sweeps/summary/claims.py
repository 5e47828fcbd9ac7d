"""The claims that sweeps decide: C8 and C9 here, on attention, tuning and truncation, and C7 in extent.py."""

from collections.abc import Callable
from dataclasses import dataclass

from stages.reporting.claims.stand import Ruling, Stand
from stages.reporting.format import PERCENT, POINTS, RATIO, format_percent
from stages.reporting.results import DRIFT
from stages.stats.seed_pairs import share_closed
from stages.sweeps.findings.effects import ACCURACY
from stages.sweeps.findings.truncation import shortest_not_worse
from stages.sweeps.findings.tuning import best_by_validation
from stages.sweeps.spec import SIDE, VARIANT
from stages.sweeps.summary.comparing import Comparison, comparison
from stages.sweeps.summary.extent import extent, not_run, ruling
from stages.sweeps.summary.swept import Sweeps, Swept
from stages.sweeps.sweep_json_rows import Row

ATTENTION = ("attention", "multi_head_attention")
PLAIN_HEAD = "last"
WHAT_IS_LEFT = {"smaller": Stand.SUPPORTED, "open": Stand.OPEN, "larger": Stand.REFUTED, "gone": Stand.REFUTED}
"""What the claim makes of a drift that attention leaves."""


def attention_and_tuning(sweeps: Sweeps) -> Ruling:
    """C8: attention by the drift of the unmasked model, tuning by the gap in accuracy to the masked one."""
    attention, tuning = _attention(sweeps), _tuning(sweeps)
    figure = f"**Attention: {attention.stand}.** {attention.figure} **Tuning: {tuning.stand}.** {tuning.figure}"
    depends_on = f"which: attention {attention.stand}; tuning {tuning.stand}"
    return ruling([attention.stand, tuning.stand], figure, depends_on)


def _attention(sweeps: Sweeps) -> Ruling:
    sweep = sweeps.get("downstream")
    if sweep is None:
        return not_run(sweeps, "downstream")
    axis = sweep.axis_of("head") or ""
    attended = [
        (row, comparison(row, plain, DRIFT, sweep.report.level))
        for row in sweep.where({VARIANT: sweep.unmasked})
        if row.levels.get(axis) in ATTENTION and (plain := sweep.beside(row, axis, PLAIN_HEAD)) is not None
    ]
    if not attended:
        why = "The sweep `downstream` holds no head with attention beside the last state, without a mask."
        return Ruling(Stand.OPEN, why)
    said = [
        f"`{row.levels[axis]}` with {row.side}-padding has the drift of `{PLAIN_HEAD}` {drift.times}, which leaves "
        f"{'an undefined drift' if row.drift_ratio.estimate is None else RATIO.of(row.drift_ratio)}"
        for row, drift in attended
    ]
    epsilon = sweep.report.epsilon[DRIFT]
    kinds = {_what_is_left(row, drift, len(attended), epsilon) for row, drift in attended}
    stand = WHAT_IS_LEFT[kinds.pop()] if len(kinds) == 1 else Stand.DEPENDS
    return Ruling(stand, f"{'; '.join(said)} (sweep `downstream`).")


def _what_is_left(row: Row, drift: Comparison, comparisons: int, epsilon: float) -> str:
    """Of the drift: gone, where its interval lies below ε; else smaller, larger or open, widened for all looked at."""
    left = row.drift_ratio
    if left.unmoved or (left.high is not None and left.high < epsilon):
        return "gone"
    if not drift.apart(comparisons):
        return "open"
    return "smaller" if drift.contrast.estimate is not None and drift.contrast.estimate < 0 else "larger"


def _tuning(sweeps: Sweeps) -> Ruling:
    sweep = sweeps.get("tuning")
    if sweep is None:
        return not_run(sweeps, "tuning")
    tuned = [one for side in sweep.sides if (one := tuned_on(sweep, side)) is not None]
    if not tuned:
        why = "The sweep `tuning` has no masked model beside the unmasked one, so there is no gap."
        return Ruling(Stand.OPEN, why)
    text = f"{' '.join(map(str, tuned))} (Sweep `tuning`, the settings chosen by validation accuracy.)"
    return ruling([one.stand(sweep.report.epsilon[ACCURACY]) for one in tuned], text)


@dataclass(frozen=True)
class Tuned:
    """What tuning does to the gap between the masked and the unmasked model on one side."""

    side: str
    best: Row
    """The unmasked row with the best validation accuracy."""
    gap: Comparison
    """What the mask gains before tuning."""
    gained: Comparison
    """What tuning gains without a mask."""
    left: Comparison
    """The masked model, not tuned, against the tuned unmasked one."""
    left_to_tuned: Comparison
    """The masked model, tuned as well, against the tuned unmasked one."""

    def stand(self, epsilon: float) -> Stand:
        """Whether tuning makes the gap smaller and yet leaves some of it."""
        if not self.gap.above(0.0):
            return Stand.OPEN
        if self.gained.inside(epsilon) or self.left.below(epsilon, 0.9):
            return Stand.REFUTED
        return Stand.SUPPORTED if self.gained.above(0.0) and self.left.above(0.0) else Stand.OPEN

    def __str__(self) -> str:
        closed = share_closed(self.gap.by_seed, self.left.by_seed, self.gap.level)
        share = (
            "" if closed is None or not self.gap.above(0.0, self.gap.level) else f", {PERCENT.of(closed)} of the gap"
        )
        none = "" if self.gap.above(0.0) else ", a gap that is not shown"
        options = ", ".join(f"{axis} {label}" for axis, label in self.best.options.items())
        return (
            f"With {self.side}-padding a mask gains {POINTS.of(self.gap.value)} points before tuning{none}; the best "
            f"settings without a mask ({options}) gain {POINTS.of(self.gained.value)}{share}; "
            f"{POINTS.of(self.left.value)} stay to the masked model as it was, {POINTS.of(self.left_to_tuned.value)} "
            "to the masked model tuned as well."
        )


def tuned_on(sweep: Swept, side: str) -> Tuned | None:
    """What tuning does on one side; None where there is no masked and no unmasked model in the reference settings."""
    models = [variant for variant in (sweep.unmasked, sweep.masked) if variant is not None]
    first = [sweep.grid.find({**sweep.references, SIDE: side, VARIANT: variant}) for variant in models]
    rows = [sweep.where({SIDE: side, VARIANT: variant}) for variant in models]
    best = [tried[best_by_validation(tried)] for tried in rows if tried]
    if len(first) < 2 or first[0] is None or first[1] is None:
        return None
    plain, masked, level = first[0], first[1], sweep.report.level
    return Tuned(
        side=side,
        best=best[0],
        gap=comparison(masked, plain, ACCURACY, level),
        gained=comparison(best[0], plain, ACCURACY, level),
        left=comparison(masked, best[0], ACCURACY, level),
        left_to_tuned=comparison(best[1], best[0], ACCURACY, level),
    )


def truncation(sweeps: Sweeps) -> Ruling:
    """C9: on each side the narrowest masked rows that are shown to cost no accuracy, and the compute they save.

    Rows without a mask are told beside them and judge nothing: narrower, they lose padding too, which gains accuracy.
    """
    sweep = sweeps.get("truncation")
    if sweep is None:
        return not_run(sweeps, "truncation")
    cuts = [cut for side in sweep.sides if (cut := _cut(sweep, side, sweep.masked)) is not None]
    if not cuts:
        why = "The sweep `truncation` has no two widths of masked rows, in which cutting takes words and not padding."
        return Ruling(Stand.OPEN, why)
    figure = (
        f"{'; '.join(text for _, _, text in cuts)} (sweep `truncation`; costs no accuracy: the 90 % interval ends "
        f"above −{100 * sweep.report.epsilon[ACCURACY]:g} points; tokens are counted, seconds are not)."
    )
    beside = [cut for side in sweep.sides if (cut := _cut(sweep, side, sweep.unmasked)) is not None]
    if beside:
        figure += f" Not judged, for cutting removes padding there too: {'; '.join(text for _, _, text in beside)}."
    said = "; ".join(f"{stand} for {model}" for model, stand, _ in cuts)
    return ruling([stand for _, stand, _ in cuts], figure, f"the side: {said}")


def _cut(sweep: Swept, side: str, variant: str | None) -> tuple[str, Stand, str] | None:
    """What cutting does to one side and model, other axes at their references; None with one width, or no such model.

    Supported where the narrowest rows that cost no accuracy save tokens, refuted where every narrower width costs some.
    """
    axis, epsilon = sweep.axis_of("max_len"), sweep.report.epsilon[ACCURACY]
    fixed = {name: label for name, label in sweep.references.items() if name != axis}
    rows = sorted(sweep.where({**fixed, SIDE: side, VARIANT: variant}), key=lambda row: row.max_len)
    if variant is None or len(rows) < 2:
        return None
    widest = rows[-1]
    changes = [comparison(row, widest, ACCURACY, sweep.report.level) for row in rows]
    short = shortest_not_worse([change.by_seed for change in changes], epsilon)
    free = short < len(rows) - 1
    tried = short if free else len(rows) - 2
    if free:
        stand = Stand.SUPPORTED if rows[tried].computed_tokens < widest.computed_tokens else Stand.REFUTED
    else:
        stand = Stand.REFUTED if all(change.below(0.0) for change in changes[:-1]) else Stand.OPEN
    saved = format_percent(1 - rows[tried].computed_tokens / widest.computed_tokens)
    model = f"`{variant}` ({side})"
    text = (
        f"{model}: {'' if free else 'no narrower width is shown to cost no accuracy; '}rows of {rows[tried].max_len} "
        f"instead of {widest.max_len} give {POINTS.of(changes[tried].value)} points and {saved} fewer computed tokens"
    )
    return model, stand, text


RULES: dict[str, Callable[[Sweeps], Ruling]] = {"C7": extent, "C8": attention_and_tuning, "C9": truncation}
"""The claims that sweeps decide."""
