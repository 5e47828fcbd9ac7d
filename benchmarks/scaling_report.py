"""scaling.md and its figures, from the measurements alone."""

import os
import platform
from collections import defaultdict
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from benchmarks.measurements import Measurement
from benchmarks.scaling_text import ABOUT, AXES, NOTES, PREFACE, TITLES
from benchmarks.slopes import PARAMETERS, Slope, slopes_of
from benchmarks.stage_costs import COMMANDS
from stages.reporting.figures.style import GREY, LOOKS, Look, legend, panels, rule, svg, title

FIGURES = "figures"
KINDS = {"cpu": "CPU seconds", "peak": "peak memory (MiB)"}
STAGE_LOOKS = dict(zip(COMMANDS, (*LOOKS, Look("#7F4F24", "-", "*", 1.5)), strict=True))
PACKAGES = ("tensorflow", "keras", "numpy", "scipy", "pyarrow", "tokenizers")
FEW_TICKS, MANY_TICKS = (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 6, 8)
"""Of a power of ten: where the costs span more of them, and where they span less."""


@dataclass(frozen=True)
class Growth:
    """One cost of one stage along one part: every measurement, and the fit."""

    sizes: list[int]
    costs: list[float]
    slope: Slope

    def typical(self, size: int) -> float:
        """The geometric mean of what was measured at one size."""
        costs = [cost for each, cost in zip(self.sizes, self.costs, strict=True) if each == size]
        return float(np.exp(np.mean(np.log(costs))))


Growths = dict[tuple[str, str], Growth]
"""By stage and kind of cost."""


def write_report(folder: Path, rows: list[Measurement]) -> None:
    """Write scaling.md, with a figure and a table for every part that was measured."""
    (folder / FIGURES).mkdir(exist_ok=True)
    sections = [PREFACE]
    for part, found in growths(rows).items():
        name = f"scaling-{part}"
        (folder / FIGURES / f"{name}.svg").write_text(svg(name, lambda each: _figure(*each), (part, found)), "utf-8")
        picture = f"![{AXES[part]}: CPU time and peak memory of every stage]({FIGURES}/{name}.svg)"
        sections.append("\n\n".join([f"## {TITLES[part]}", ABOUT[part], picture, table(found), NOTES[part]]))
    (folder / "scaling.md").write_text("\n\n".join([*sections, _versions()]) + "\n", encoding="utf-8")


def growths(rows: list[Measurement]) -> dict[str, Growths]:
    """By part: the growth of every stage that was measured at enough sizes for a slope."""
    measured: dict[tuple[str, str], list[Measurement]] = defaultdict(list)
    for row in rows:
        measured[row.part, row.stage].append(row)
    found: dict[str, Growths] = defaultdict(dict)
    for kind in KINDS:
        series = {
            key: ([row.size for row in each], [float(getattr(row, kind)) for row in each])
            for key, each in measured.items()
            if len({row.size for row in each}) >= PARAMETERS
        }
        for key, slope in slopes_of(series).items():
            part, stage = key
            found[part][stage, kind] = Growth(*series[key], slope)
    return found


def table(found: Growths) -> str:
    """A row a stage: both costs at the smallest and the largest size, their slopes, and how far off the fit is."""
    lines = [
        "| stage | sizes | CPU s | start, s | slope of time | fit within | MiB | slope of memory | MiB, last step |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for stage in dict.fromkeys(stage for stage, _ in found):
        time, memory = found[stage, "cpu"], found[stage, "peak"]
        sizes = sorted(set(time.sizes))
        low, before, high = sizes[0], sizes[-2], sizes[-1]
        last = memory.typical(high) - memory.typical(before)
        lines.append(
            f"| {stage} | {low:,} … {high:,} | {_seconds(time.typical(low))} … {_seconds(time.typical(high))} | "
            f"{_seconds(time.slope.start)} | {_slope(time.slope)} | {100 * time.slope.miss:.0f} % | "
            f"{memory.typical(low):.0f} … {memory.typical(high):.0f} | {_slope(memory.slope)} | {last:+.0f} |"
        )
    return "\n".join(lines)


def _seconds(value: float) -> str:
    return f"{value:.1f}" if value < 99.95 else f"{value:.0f}"


def _slope(slope: Slope) -> str:
    """The exponent with its interval, as open as the fit leaves it."""
    if slope.exponent is None or slope.low is None or slope.high is None:
        return "flat"
    low, high = slope.open
    return f"{slope.exponent:.2f} [{'<' if low else ''}{slope.low:.2f}, {'>' if high else ''}{slope.high:.2f}]"


def _versions() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    system = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    return f"{system}, {os.cpu_count()} cores; {packages}."


def _figure(part: str, found: Growths) -> Figure:
    figure, drawn = panels(1, len(KINDS), height=3.9)
    for axes, (kind, label) in zip(drawn, KINDS.items(), strict=True):
        growing = {stage: growth for (stage, each), growth in found.items() if each == kind}
        for stage, growth in growing.items():
            _draw(axes, growth, STAGE_LOOKS[stage])
        _scales(axes, list(growing.values()))
        title(axes, label)
        axes.set_xlabel(AXES[part])
    _proportional(drawn[0])
    stages = dict.fromkeys(stage for stage, _ in found)
    legend(figure, [*(_handle(stage) for stage in stages), rule("in proportion")])
    return figure


def _draw(axes: Axes, growth: Growth, look: Look) -> None:
    """What was measured as marks, the fit as a line."""
    along = np.geomspace(min(growth.sizes), max(growth.sizes), 60)
    axes.plot(along, growth.slope.at(along), color=look.colour, linewidth=1.4, zorder=2)
    axes.plot(
        growth.sizes, growth.costs, color=look.colour, marker=look.marker, markersize=4.5, linestyle="none",
        markeredgecolor="white", markeredgewidth=0.4, zorder=3, clip_on=False,
    )  # fmt: skip


def _scales(axes: Axes, growing: list[Growth]) -> None:
    sizes = sorted({size for growth in growing for size in growth.sizes})
    costs = [cost for growth in growing for cost in growth.costs]
    axes.set_xscale("log")
    axes.set_yscale("log")
    many = len(sizes) > 5
    axes.xaxis.set_major_locator(FixedLocator([size for size in sizes if not many or str(size)[0] == "1"]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _short(value)))
    axes.set_ylim(min(costs) / 1.25, max(costs) * 1.25)
    low, high = axes.get_ylim()
    steps = FEW_TICKS if high > 20 * low else MANY_TICKS
    ticks = [step * 10.0**power for power in range(-1, 5) for step in steps if low <= step * 10.0**power <= high]
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_locator(NullLocator())


def _short(value: float) -> str:
    for unit, name in ((1e6, " M"), (1e3, " k")):
        if value >= unit:
            return f"{value / unit:g}{name}"
    return f"{value:g}"


def _proportional(axes: Axes) -> None:
    """A line of slope 1 through the upper right corner, to see which curves are as steep."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    axes.plot([right * low / high, right], [low, high], color=GREY, linestyle=":", linewidth=1.2, zorder=1)
    axes.set_xlim(left, right)
    axes.set_ylim(low, high)


def _handle(stage: str) -> Line2D:
    look = STAGE_LOOKS[stage]
    return Line2D([], [], color=look.colour, linewidth=1.4, marker=look.marker, markersize=4.5, label=stage)
