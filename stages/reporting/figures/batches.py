"""What padding is made of: the lengths of the texts, and the steps that ways to batch them cost."""

import math
import textwrap

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from stages.analysis.contract_texts import BatchingCost
from stages.reporting.figures.marks import name_rows
from stages.reporting.figures.style import GREY, INK, PANEL_WIDTH, legend, panels, rule
from stages.reporting.format import format_count, format_percent, listed
from stages.reporting.results import Results

TEXT = "#0072B2"
PADDING = "#F3C9A8"
CUT = "#999999"

BARS = 48
"""No more bars in a histogram."""

TALLEST = 2.5
"""Longer texts than this multiple of max_len lie beyond the axis."""

BATCHINGS = {
    "fixed": "every row max_len",
    "per_batch": "longest text\nof each batch",
    "bucketed": "the same, texts\nof like length",
    "packed": "no padding\n(packed)",
}


def lengths_figure(results: Results) -> Figure:
    """How long the training texts are, and what of their rows is text, padding, or cut off."""
    counts, max_len = sorted(results.report.lengths.train.counts), results.report.lengths.max_len
    figure, (left, right) = panels(1, 2, sharey=True)
    top = min(max(1.08 * counts[-1][0], 1.15 * max_len), TALLEST * max_len)
    _histogram(left, counts, top)
    _rows(right, counts, max_len)
    for axes in (left, right):
        axes.axhline(max_len, color=INK, linestyle="--", linewidth=1.2)
        axes.yaxis.set_major_locator(MaxNLocator(7, integer=True))
    left.set_ylim(0, top)
    left.set_ylabel("length (tokens)")
    longest = counts[-1][0]
    beyond = sum(count for length, count in counts if length > top)
    note = f"\n{format_count(beyond)} longer, up to {format_count(longest)} tokens, not shown" if beyond else ""
    left.set_title(f"training texts by length{note}")
    right.set_title("their rows, shortest to longest")
    text, padding, cut = shares(counts, max_len)
    patches = [
        Patch(color=TEXT, label=f"text, {format_percent(text)} of the steps"),
        Patch(color=PADDING, label=f"padding, {format_percent(padding)} of the steps"),
    ]
    cuts = [Patch(color=CUT, label=f"cut off, {format_percent(cut)} of the tokens")] if cut else []
    legend(figure, [*patches, *cuts, rule(f"max_len = {max_len}", "--")], length=1.6)
    return figure


def cost_figure(results: Results) -> Figure:
    """Steps of one epoch by the way of batching, split into text and padding, and the variants that may use it."""
    groups = _same_bars([(side, _bars(results.report.cost, side)) for side in results.sides])
    rows = max(len(bars) for _, bars in groups)
    figure = Figure(figsize=(2 * PANEL_WIDTH, len(groups) * (0.75 + 0.58 * rows) + 0.3), layout="constrained")
    drawn = list(figure.subplots(len(groups), 1, sharex=True, squeeze=False)[:, 0])
    longest = max(steps for _, bars in groups for _, steps, _, _ in bars)
    unit, name = next(
        (unit, name) for unit, name in ((1e6, "million "), (1e3, "thousand "), (1, "")) if longest >= unit
    )
    for axes, (sides, bars) in zip(drawn, groups, strict=True):
        for row, bar in enumerate(bars):
            _bar(axes, row, bar, unit, results.variants)
        name_rows(axes, [BATCHINGS[batching] for batching, _, _, _ in bars])
        axes.set_xlim(0, 1.5 * longest / unit)
        axes.set_title(" and ".join(f"{side}-padding" for side in sides))
    ticks = [tick for tick in MaxNLocator(5).tick_values(0, longest / unit) if 0 <= tick <= 1.02 * longest / unit]
    drawn[-1].set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    drawn[-1].set_xlabel(f"{name}steps of one training epoch", loc="left")
    legend(figure, [Patch(color=TEXT, label="text"), Patch(color=PADDING, label="padding, wasted")], length=1.6)
    return figure


def shares(counts: list[tuple[int, int]], max_len: int) -> tuple[float, float, float]:
    """Of the steps, what is text and what is padding; of all tokens, what is cut off."""
    texts = sum(count for _, count in counts)
    kept = sum(min(length, max_len) * count for length, count in counts)
    tokens = sum(length * count for length, count in counts)
    steps = texts * max_len
    return kept / steps, 1 - kept / steps, 1 - kept / tokens


def _histogram(axes: Axes, counts: list[tuple[int, int]], top: float) -> None:
    """Horizontal bars, each as many whole lengths thick as it takes for no more than `BARS`."""
    shown = [(length, count) for length, count in counts if length <= top]
    thick = math.ceil((shown[-1][0] - shown[0][0] + 1) / BARS)
    sums: dict[int, int] = {}
    for length, count in shown:
        start = shown[0][0] + thick * ((length - shown[0][0]) // thick)
        sums[start] = sums.get(start, 0) + count
    middles = [start + (thick - 1) / 2 for start in sums]
    axes.barh(middles, list(sums.values()), height=0.86 * thick, color=TEXT)
    per = "" if thick == 1 else f" per {thick} lengths"
    axes.set_xlabel(f"texts{per}")
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


def _rows(axes: Axes, counts: list[tuple[int, int]], max_len: int) -> None:
    """Every text a thin column: what is text, what padding fills up to max_len, and what is cut off above it."""
    texts = sum(count for _, count in counts)
    edges, heights, done = [0.0], [], 0
    for length, count in counts:
        done += count
        edges.append(100 * done / texts)
        heights.append(length)
    kept = [min(height, max_len) for height in heights]
    for low, high, colour in (
        ([0] * len(kept), kept, TEXT),
        (kept, [max_len] * len(kept), PADDING),
        (kept, heights, CUT),
    ):
        if any(above > below for below, above in zip(low, high, strict=True)):
            axes.stairs(high, edges, baseline=low, fill=True, color=colour, linewidth=0)
    axes.set_xlim(0, 100)
    axes.set_xlabel("training texts (%)")
    axes.grid(visible=False)


Bar = tuple[str, float, int, list[str]]
"""Way of batching, steps, steps of text, and the variants that may use it."""


def _bars(costs: list[BatchingCost], side: str) -> list[Bar]:
    """One bar for each way of batching and number of steps, in the order of `BATCHINGS`."""
    users: dict[tuple[str, float, int], list[str]] = {}
    for cost in costs:
        if cost.side == side:
            users.setdefault((cost.batching, cost.steps, cost.text_steps), []).extend([cost.variant] * cost.usable)
    order = list(BATCHINGS)
    return [(*key, names) for key, names in sorted(users.items(), key=lambda item: (order.index(item[0][0]), item[0]))]


def _same_bars(groups: list[tuple[str, list[Bar]]]) -> list[tuple[list[str], list[Bar]]]:
    """Sides whose bars are the same share a panel."""
    alike: list[tuple[list[str], list[Bar]]] = []
    for side, bars in groups:
        twin = next((sides for sides, others in alike if others == bars), None)
        if twin is None:
            alike.append(([side], bars))
        else:
            twin.append(side)
    return alike


def _bar(axes: Axes, row: int, bar: Bar, unit: float, variants: list[str]) -> None:
    """Text and padding, then the share wasted and who may use this way."""
    _, steps, text, users = bar
    axes.barh(row, text / unit, height=0.55, color=TEXT if users else CUT)
    axes.barh(row, (steps - text) / unit, left=text / unit, height=0.55, color=PADDING)
    wasted = 0.0 if steps == 0 else 1 - text / steps
    axes.annotate(
        f"{format_percent(wasted)} wasted\n{_for_whom(users, variants)}",
        (steps / unit, row),
        xytext=(5, 0),
        textcoords="offset points",
        va="center",
        fontsize=8,
        color=INK if users else GREY,
        linespacing=1.25,
    )


def _for_whom(users: list[str], variants: list[str]) -> str:
    if not users:
        return "for no variant here"
    if len(variants) > 1 and set(users) == set(variants):
        return "for every variant"
    return textwrap.fill(f"for {listed(users)}", 34)
