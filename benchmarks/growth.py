"""The tables of scaling.md and docs/big_data.md, from the measurements alone."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.slopes import PARAMETERS, Slope, slopes_of
from benchmarks.stage_costs import Measurement
from benchmarks.table import REPOSITORY, markdown_head, replace, versions

SCALING, BIG_DATA = REPOSITORY / "benchmarks" / "scaling.md", REPOSITORY / "docs" / "big_data.md"
KINDS = ("cpu", "peak", "disk")
WHOLE = {"texts": 1_000_000, "tokens": 2_000}
"""Of big_data.md, where a tenth is measured."""
HEAD = (
    "stage",
    "sizes",
    "CPU s",
    "start, s",
    "slope of time",
    "fit within",
    "MiB",
    "slope of memory",
    "MiB, last step",
)
AHEAD = ("stage", "CPU s at a tenth", "at the whole", "memory, MiB", "at the whole", "disk, MiB", "at the whole")


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


def write_tables(rows: list[Measurement], scaling: Path = SCALING, big_data: Path = BIG_DATA) -> None:
    """Replace the table of every part that was measured."""
    for part, found in growths(rows).items():
        replace(scaling, part, table(found))
        if part in WHOLE and ("ingest", "disk") in found:
            replace(big_data, part, f"{ahead(found, WHOLE[part])}\n\n{versions()}")


def growths(rows: list[Measurement]) -> dict[str, Growths]:
    """By part: the growth of every stage that was measured at enough sizes for a slope."""
    measured: dict[tuple[str, str], list[Measurement]] = defaultdict(list)
    for row in rows:
        measured[row.part, row.stage].append(row)
    found: dict[str, Growths] = defaultdict(dict)
    for kind in KINDS:
        series = {
            key: ([row.size for row in each], [float(getattr(row.cost, kind)) for row in each])
            for key, each in measured.items()
            if len({row.size for row in each}) >= PARAMETERS and all(getattr(row.cost, kind) for row in each)
        }
        for key, slope in slopes_of(series).items() if series else ():
            part, stage = key
            found[part][stage, kind] = Growth(*series[key], slope)
    return found


def table(found: Growths) -> str:
    """A row a stage: both costs at the smallest and the largest size, their slopes, and how far off the fit is."""
    lines = [markdown_head(HEAD)]
    for stage in dict.fromkeys(stage for stage, _ in found):
        time, memory = found[stage, "cpu"], found[stage, "peak"]
        sizes = sorted(set(time.sizes))
        low, before, high = sizes[0], sizes[-2], sizes[-1]
        last = memory.typical(high) - memory.typical(before)
        lines.append(
            f"| {stage} | {low:,} … {high:,} | {_short(time.typical(low))} … {_short(time.typical(high))} | "
            f"{_short(time.slope.start)} | {_slope(time.slope)} | {100 * time.slope.miss:.0f} % | "
            f"{memory.typical(low):.0f} … {memory.typical(high):.0f} | {_slope(memory.slope)} | {last:+.0f} |"
        )
    return "\n".join(lines)


def ahead(found: Growths, whole: int) -> str:
    """A row a stage: every cost as it was at a tenth of the whole, and as the fits that are not rejected go on."""
    lines = [markdown_head(AHEAD)]
    for stage in dict.fromkeys(stage for stage, _ in found):
        cells = [stage]
        for growth in (found[stage, kind] for kind in KINDS):
            low, high = growth.slope.range_at(whole)
            best = float(growth.slope.at(np.array([float(whole)]))[0])
            cells += [_short(growth.typical(whole // 10)), f"{_short(best)} ({_short(low)} to {_short(high)})"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _short(value: float) -> str:
    return f"{value:.1f}" if value < 99.95 else f"{value:,.0f}"


def _slope(slope: Slope) -> str:
    """The exponent with its interval, as open as the fit leaves it."""
    if slope.exponent is None or slope.low is None or slope.high is None:
        return "flat"
    low, high = slope.open
    return f"{slope.exponent:.2f} [{'<' if low else ''}{slope.low:.2f}, {'>' if high else ''}{slope.high:.2f}]"
