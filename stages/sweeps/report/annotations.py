"""What the accuracy panels of a sweep mark: the threshold, the knee, and published figures."""

from collections.abc import Sequence

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from stages.reporting.figures.style import GREY, INK, dot, rule
from stages.sweeps.findings.effects import ACCURACY
from stages.sweeps.report.series import Mark
from stages.sweeps.spec import SIDE, VARIANT
from stages.sweeps.sweep_json import SweepReport
from stages.sweeps.sweep_json_findings import Beside, Knee, Published, Threshold
from stages.sweeps.sweep_json_rows import Levels

PUBLISHED_WIDTH = 0.08


def annotate(axes: Axes, sweep: SweepReport, panel: str, marks: Sequence[Mark]) -> None:
    """The threshold, the knee and the published figures, where the sweep has them.

    Args:
        axes: the panel of accuracies.
        sweep: its report.
        panel: its label.
        marks: those of the panel, as they are drawn.
    """
    by_side = sweep.figure.panels == SIDE
    if sweep.figure.x == "padding_share" and (not by_side or panel == "post"):
        for threshold in sweep.of_kind(Threshold):
            _threshold(axes, threshold)
    for knee in sweep.of_kind(Knee):
        if not by_side or panel == knee.levels[SIDE]:
            _knee(axes, marks, knee)
    for published in sweep.of_kind(Published):
        for row in published.table:
            _published(axes, marks, row)


def _threshold(axes: Axes, finding: Threshold) -> None:
    low, high = (finding.low, finding.high) if finding.low is not None else (finding.bracket or (None, None))
    if low is None or high is None:
        return
    axes.axvspan(100 * low, min(100.0, 100 * high), color=GREY, alpha=0.15, linewidth=0, zorder=0)
    if finding.estimate is not None:
        axes.axvline(100 * finding.estimate, color=GREY, linewidth=1.2, linestyle=(0, (4, 2)), zorder=1)


def _knee(axes: Axes, marks: Sequence[Mark], finding: Knee) -> None:
    for point, marker in ((finding.knee, "o"), (finding.shortest if _shorter(finding) else None, "D")):
        mark = None if point is None else _at(marks, finding.levels | {finding.axis: point.label})
        if mark is not None and mark.value is not None:
            axes.plot(
                mark.x, mark.value.estimate, marker=marker, markersize=13, markerfacecolor="none", color=INK,
                markeredgewidth=1.3, linestyle="none", zorder=6, clip_on=False,
            )  # fmt: skip


def _at(marks: Sequence[Mark], levels: Levels) -> Mark | None:
    """The first mark with these levels."""
    return next((mark for mark in marks if levels.items() <= mark.levels.items()), None)


def _shorter(finding: Knee) -> bool:
    return finding.shortest.label != finding.widest.label


def _published(axes: Axes, marks: Sequence[Mark], row: Beside) -> None:
    mark = _at(marks, {VARIANT: row.variant, SIDE: row.side})
    if mark is not None:
        ends = [mark.x - PUBLISHED_WIDTH, mark.x + PUBLISHED_WIDTH]
        axes.plot(ends, [100 * row.published] * 2, color=INK, linewidth=1.6, zorder=5)


def finding_handles(sweep: SweepReport, estimands: Sequence[str]) -> list[Artist]:
    """What the annotations of the accuracy mean."""
    if ACCURACY not in estimands:
        return []
    knees = sweep.of_kind(Knee)
    handles: list[Artist] = []
    if sweep.of_kind(Threshold) and sweep.figure.x == "padding_share":
        handles.append(rule("falls to chance (grey: interval or bracket)", (0, (4, 2))))
    if any(finding.knee for finding in knees):
        handles.append(dot("knee", "o", hollow=True, colour=INK))
    if any(_shorter(finding) for finding in knees):
        handles.append(dot("shortest not worse than the widest", "D", hollow=True, colour=INK))
    if sweep.of_kind(Published):
        handles.append(Line2D([], [], color=INK, linewidth=1.6, label="published, about"))
    return handles
