"""What the accuracy panels of a sweep mark: the threshold, the knee, and published figures."""

from collections.abc import Sequence

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from stages.reporting.figures.style import GREY, INK, dot, rule
from stages.reporting.results import Record
from stages.sweeps.report.series import Mark

PUBLISHED_WIDTH = 0.08


def annotate(axes: Axes, content: Record, panel: str, marks: Sequence[tuple[float, Mark]]) -> None:
    """The threshold, the knee and the published figures, where the sweep has them.

    Args:
        axes: the panel of accuracies.
        content: the sweep.
        panel: its label.
        marks: where each mark of the panel was drawn along x.
    """
    by_side = content["figure"]["panels"] == "side"
    for finding in content["findings"]:
        if finding["id"] == "threshold" and (not by_side or panel == "post"):
            _threshold(axes, content, finding)
        if finding["id"] == "knee" and (not by_side or panel == finding["levels"]["side"]):
            _knee(axes, marks, finding)
        if finding["id"] == "published":
            for entry in finding["table"]:
                _published(axes, marks, entry)


def _threshold(axes: Axes, content: Record, finding: Record) -> None:
    if content["figure"]["x"] != "padding_share":
        return
    low, high = (
        (finding["low"], finding["high"]) if finding["low"] is not None else (finding["bracket"] or (None, None))
    )
    if low is None or high is None:
        return
    axes.axvspan(100 * low, min(100.0, 100 * high), color=GREY, alpha=0.15, linewidth=0, zorder=0)
    if finding["estimate"] is not None:
        axes.axvline(100 * finding["estimate"], color=GREY, linewidth=1.2, linestyle=(0, (4, 2)), zorder=1)


def _knee(axes: Axes, marks: Sequence[tuple[float, Mark]], finding: Record) -> None:
    for key, marker in (("knee", "o"), ("shortest", "D")):
        point = finding[key]
        if point is None or (key == "shortest" and not _shorter(finding)):
            continue
        wanted = finding["levels"] | {finding["axis"]: point["label"]}
        x, mark = next(((x, mark) for x, mark in marks if wanted.items() <= mark.levels.items()), (0.0, None))
        if mark is not None and mark.value is not None:
            axes.plot(
                x, mark.value.estimate, marker=marker, markersize=13, markerfacecolor="none", color=INK,
                markeredgewidth=1.3, linestyle="none", zorder=6, clip_on=False,
            )  # fmt: skip


def _shorter(finding: Record) -> bool:
    return bool(finding["shortest"]["label"] != finding["widest"]["label"])


def _published(axes: Axes, marks: Sequence[tuple[float, Mark]], entry: Record) -> None:
    wanted = {"variant": entry["variant"], "side": entry["side"]}
    x = next((x for x, mark in marks if wanted.items() <= mark.levels.items()), None)
    if x is not None:
        axes.plot(
            [x - PUBLISHED_WIDTH, x + PUBLISHED_WIDTH],
            [100 * entry["published"]] * 2,
            color=INK,
            linewidth=1.6,
            zorder=5,
        )


def finding_handles(content: Record, estimands: Sequence[str]) -> list[Artist]:
    """What the annotations of the accuracy mean."""
    if "accuracy" not in estimands:
        return []
    found = {finding["id"]: finding for finding in content["findings"]}
    handles: list[Artist] = []
    if "threshold" in found and content["figure"]["x"] == "padding_share":
        handles.append(rule("falls to chance (grey: interval or bracket)", (0, (4, 2))))
    knees = [finding for finding in content["findings"] if finding["id"] == "knee"]
    if any(finding["knee"] for finding in knees):
        handles.append(dot("knee", "o", hollow=True, colour=INK))
    if any(_shorter(finding) for finding in knees):
        handles.append(dot("shortest not worse than the widest", "D", hollow=True, colour=INK))
    if "published" in found:
        handles.append(Line2D([], [], color=INK, linewidth=1.6, label="published, about"))
    return handles
