"""Every factor in one picture: what it does to accuracy, and to the drift of the unmasked model."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from stages.reporting.figures.marks import intervals, name_rows, points, ratio_axis, scaled, word
from stages.reporting.figures.style import GREY, LOOKS, PANEL_WIDTH, dot, empty_figure, legend
from stages.reporting.results import DRIFT
from stages.sweeps.findings.effects import ACCURACY
from stages.sweeps.summary.factors_json import AVERAGED, MASKED, UNMASKED, Factor, FactorsReport, LargestEffect
from stages.sweeps.summary.ranking import NO_FIGURE
from stages.sweeps.sweep_json_rows import estimate_of

ROW_HEIGHT = 0.52
"""Inches."""

OFFSET = 0.17
"""How far the two models of one factor lie from its line, in rows."""

MODELS = {
    UNMASKED: ("unmasked", LOOKS[0], -OFFSET),
    MASKED: ("masked", LOOKS[1], OFFSET),
    AVERAGED: ("the mask itself (no mask against it)", LOOKS[3], 0.0),
}
"""By group of models: label, look, and offset in its row."""


def factors_figure(report: FactorsReport) -> Figure:
    """One row for each factor, the worst on top; left accuracy in points, right the ratio of drifts."""
    factors = report.factors
    if not factors:
        return empty_figure("No sweep was run on this dataset, so there is no factor to draw.")
    figure = Figure(figsize=(2 * PANEL_WIDTH + 1.2, 1.35 + ROW_HEIGHT * len(factors)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True, squeeze=False)[0]
    groups = _effects(left, factors, ACCURACY) | _effects(right, factors, DRIFT)
    left.axvline(0.0, color=GREY, linewidth=0.9)
    left.xaxis.set_major_locator(MaxNLocator(6))
    left.set_title("test accuracy")
    left.set_xlabel("effect, percentage points")
    right.axvline(1.0, color=GREY, linewidth=0.9)
    right.set_title("state drift")
    right.set_xlabel("ratio of drift ratios (1: no effect)")
    name_rows(left, [_label(factor) for factor in factors], margin=0.6)
    right.tick_params(axis="y", length=0)
    right.grid(visible=False, axis="y")
    models = [
        dot(label, look.marker, colour=look.colour) for group, (label, look, _) in MODELS.items() if group in groups
    ]
    legend(figure, [*models, dot("interval holds no effect", hollow=True)])
    return figure


def _effects(axes: Axes, factors: list[Factor], estimand: str) -> set[str]:
    """A mark with its interval for every factor and group of models, hollow where the interval holds no effect.

    A factor without any mark gets the reason in words. The groups that were drawn are returned.
    """
    known = [
        (row, group, value, effect.shown)
        for row, factor in enumerate(factors)
        for group, effect in _of_groups(factor, estimand).items()
        if (value := estimate_of(effect))
    ]
    axis = None
    if estimand == DRIFT:
        axis = ratio_axis([axes], "x", [value for _, _, value, _ in known], keep=(1 / 1.5, 1.5), zero="0")
    for row, group, value, shown in known:
        _, look, offset = MODELS[group]
        placed = [(row + offset, scaled(value, 100) if axis is None else axis.cut(value))]
        intervals(axes, placed, look.colour, across=True, width=1.6)
        points(axes, placed, look, hollow=not shown, across=True, size=5.5)
    marked = {row for row, _, _, _ in known}
    for row, factor in enumerate(factors):
        if row not in marked and (reason := _reason(_of_groups(factor, estimand))):
            word(axes, row, reason)
    return {group for _, group, _, _ in known}


def _of_groups(factor: Factor, estimand: str) -> dict[str, LargestEffect]:
    """The effect of a factor by group of models."""
    effects = {group: factor.effects[group][estimand] for group in factor.groups}
    if estimand == ACCURACY and factor.beside is not None:
        effects[MASKED] = factor.beside
    return effects


def _label(factor: Factor) -> str:
    """The factor, and below it the contrast that ranks it."""
    effect, name = factor.named, f"{factor.factor} ({factor.sweep})"
    if effect.estimate is None:
        return f"{factor.factor}\n({factor.sweep})"
    return f"{name}\n{effect.contrast.replace('`', '')}"


def _reason(effects: dict[str, LargestEffect]) -> str:
    """In words why a factor has no mark at all; empty where the sweep has no such figure."""
    reasons = {group: effect.reason or "" for group, effect in effects.items()}
    if set(reasons.values()) == {NO_FIGURE}:
        return ""
    words = {
        group: reason.replace("`", "") if reason.startswith("0 (exact)") else "undefined"
        for group, reason in reasons.items()
    }
    if len(set(words.values())) == 1:
        return next(iter(words.values()))
    return "\n".join(f"{group}: {text}" for group, text in words.items())
