"""The comparison of two conditions, ours against pandas and scipy: run by `make bench`, written to RESULTS.md.

Both read the same states of the same texts, alone and with padding, and compute the same figures of every unit (see
FIGURES), and the drift ratio of the whole state. Ours goes once through both files and keeps sums, by group of texts
and with the covariances of all units, and histograms by stratum of length. The rival reads one column of each file at
a time, as one would write it in a notebook that has to fit into memory.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.generated_states import (
    BATCH_ROWS,
    CONDITIONS,
    MODEL,
    VECTOR,
    WIDTH,
    columns_file,
    generate,
    states_file,
)
from benchmarks.results import REPOSITORY, write_section

# The process that measures imports as little as it can, for Linux counts its memory towards those that it starts.
if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TEXTS = 384_000
REPEATS = 3
STRATA = (12, 24, 36)
"""Longest length of every stratum but the last; texts have 4 to 48 tokens."""
EPSILON = 0.002
"""Bound of the equivalence test, in standard deviations of the unit over texts: so small that p is neither 0 nor 1 of
every unit, and comparing it says something."""
SMIRNOV = "Kolmogorov–Smirnov"
PAIRED = ("mean", "sd", "effect size", "p of the t test", "p of two one-sided t tests", "largest change")
"""Figures of the shift of every unit, which both compute exactly."""
FIGURES = (*PAIRED, "Wasserstein", SMIRNOV)

IMPORTS = {
    "generate": ("pandas", "stages.states.writer"),
    "ours": ("stages.states.reader", "stages.stats.histograms", "stages.stats.unit_shifts"),
    "the stage": ("stages.analysis.one_model",),
    "pandas": ("pandas", "pyarrow.parquet", "scipy.stats"),
}

Figures = dict[str, "NDArray[np.float64]"]


class Run(NamedTuple):
    """One run: wall seconds of the work alone; CPU seconds and peak memory of the whole process, imports included."""

    wall: float
    cpu: float
    peak_mb: float


def main() -> None:
    """Measure both in turn, compare their figures, print the table, and write it where it is of the full size."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.analyze", description=__doc__)
    parser.add_argument("--texts", type=int, default=TEXTS, help="RESULTS.md is written for the default alone")
    parser.add_argument("--repeats", type=int, default=REPEATS, help="runs of each")
    parser.add_argument("--work", nargs=2, metavar=("WHAT", "FOLDER"), help="what a measured process does")
    given = parser.parse_args()
    if given.work:
        work(given.work[0], Path(given.work[1]), given.texts)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        measured("generate", folder, given.texts)
        runs: dict[str, list[Run]] = {"ours": [], "the stage": [], "pandas": []}
        for repeat in range(given.repeats):
            for who, done in runs.items():
                run = measured(who, folder, given.texts)
                done.append(run)
                took = f"{run.wall:.1f} s, CPU {run.cpu:.1f} s, peak {run.peak_mb:.0f} MiB"
                print(f"run {repeat + 1}, {who}: {took}", flush=True)
        section = report(folder, given.texts, runs)
    print("\n" + section)
    if given.texts == TEXTS:
        write_section("analyze", f"{PREFACE}\n{section}")


def measured(what: str, folder: Path, texts: int) -> Run:
    """Do one piece of work in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.analyze", "--texts", str(texts), "--work", what, str(folder)]
    # On cores with other work, two threads of OpenBLAS wait for each other: seven times as slow as one.
    process = subprocess.Popen(command, cwd=REPOSITORY, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"})
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{what} ended with status {status}")
    wall = float((folder / f"{what}.seconds").read_text(encoding="utf-8"))
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def work(what: str, folder: Path, texts: int) -> None:
    """One piece of work, its imports first: they are not part of the time."""
    import numpy as np

    for module in IMPORTS[what]:
        import_module(module)
    start = time.perf_counter()
    if what == "generate":
        generate(folder, texts)
    else:
        found: dict[str, Any] = WORK[what](folder)
        np.savez(folder / f"{what}.npz", **found)
    (folder / f"{what}.seconds").write_text(str(time.perf_counter() - start), encoding="utf-8")


def ours(folder: Path) -> Figures:
    """One streamed pass over both files with the pieces that `stages.analysis` is made of."""
    import numpy as np
    from scipy import stats

    from stages.states.reader import aligned_batches
    from stages.stats import histograms as histogram_stats
    from stages.stats.histograms import StateHistogram
    from stages.stats.shift import ShiftSums
    from stages.stats.unit_shifts import unit_shifts

    histograms = [StateHistogram.create(WIDTH, len(STRATA) + 1) for _ in CONDITIONS]
    sums = None
    for batches in aligned_batches([states_file(folder, name) for name in CONDITIONS], [VECTOR], BATCH_ROWS):
        stratum = histogram_stats.length_stratum(batches[0].length, np.array(STRATA))
        for histogram, batch in zip(histograms, batches, strict=True):
            histogram.add(batch.vectors[VECTOR], stratum)
        new = ShiftSums.of(batches[0].text_id, *(batch.vectors[VECTOR] for batch in batches))
        sums = sums + new if sums else new
    assert sums is not None  # there are texts
    # The rival does not stratify, so its distances are compared with those over all lengths.
    one, two = (StateHistogram(each.counts.sum(axis=0, keepdims=True, dtype=np.int32)) for each in histograms)
    units = unit_shifts(sums, EPSILON)
    # Not units.p_equivalent: it also counts the error of the spread that scales the bound, and scipy has no such test.
    margin = (np.abs(units.mean) - EPSILON * units.spread) / units.sd * np.sqrt(sums.pair.n)
    tost = stats.t.cdf(margin, sums.pair.n - 1)
    paired = (units.mean, units.sd, units.effect, units.p_different, tost, sums.largest_of_unit)
    w1, ks = histogram_stats.wasserstein(one, two)[0], histogram_stats.kolmogorov_smirnov(one, two)[0]
    return dict(zip(FIGURES, (*paired, w1, ks), strict=True)) | {
        "drift ratio": np.array(sums.drift_ratio()),
        "bound": histogram_stats.kolmogorov_smirnov_bound(one, two)[0],
        "by stratum": histogram_stats.wasserstein(*histograms),
    }


def the_stage(folder: Path) -> Figures:
    """The whole pass of the stage over one model, whatever else it computes; its drift ratio stands for it."""
    import numpy as np

    from stages.analysis.one_model import ModelTask, outcome_of_model
    from stages.params.schema import Epsilon

    epsilon = Epsilon(
        drift_ratio=0.01, flip_rate=0.005, accuracy=0.01, error_ratio=0.9, unit_shift=EPSILON, joint_shift=0.5
    )
    found = outcome_of_model(ModelTask(folder, *MODEL, {CONDITIONS[1]: 16}, epsilon, probe_texts=500))
    return {"drift ratio": np.array(found.conditions[CONDITIONS[1]].states[VECTOR].drift_ratio)}


def with_pandas(folder: Path) -> Figures:
    """Column by column with pandas and scipy; in float64, for scipy's t test of float32 columns loses digits."""
    import numpy as np
    import pandas as pd
    from scipy import stats

    rows, moved, spread = [], 0.0, 0.0
    files = [columns_file(folder, condition) for condition in CONDITIONS]
    for name in [f"unit_{unit}" for unit in range(WIDTH)]:
        alone, padded = (pd.read_parquet(file, columns=[name])[name].astype("float64") for file in files)
        shift = padded - alone
        bound = EPSILON * alone.std()
        above = stats.ttest_1samp(shift, -bound, alternative="greater").pvalue
        below = stats.ttest_1samp(shift, bound, alternative="less").pvalue
        values = (
            shift.mean(),
            shift.std(),
            shift.mean() / shift.std(),
            stats.ttest_rel(padded, alone).pvalue,
            max(above, below),
            shift.abs().max(),
            stats.wasserstein_distance(alone, padded),
            stats.ks_2samp(alone, padded).statistic,
        )
        rows.append(values)
        moved += (shift**2).sum()
        spread += ((alone - alone.mean()) ** 2).sum()
    found: Figures = dict(zip(FIGURES, np.array(rows, dtype=np.float64).T, strict=True))
    return found | {"drift ratio": np.array(moved / spread)}


def report(folder: Path, texts: int, runs: dict[str, list[Run]]) -> str:
    """The section of RESULTS.md: medians over the runs, their ratios, and how far the figures agree."""
    middle = {who: Run(*map(median, zip(*done, strict=True))) for who, done in runs.items()}
    ours_, stage, rival = middle.values()
    where = {"ours": states_file, "the stage": states_file, "pandas": columns_file}
    size = {who: sum(of(folder, name).stat().st_size for name in CONDITIONS) / 2**20 for who, of in where.items()}
    walls = {who: sorted(run.wall for run in done) for who, done in runs.items()}
    rows = [
        f"| {who} | {run.wall:.1f} | {walls[who][0]:.1f} to {walls[who][-1]:.1f} | {run.cpu:.1f} | {run.peak_mb:.0f} "
        f"| {size[who]:.0f} |"
        for who, run in middle.items()
    ]
    lines = [
        f"{texts:,} texts, {WIDTH} units, alone and with 16 pads; medians of {len(runs['ours'])} runs each, in turn, "
        "with one thread for linear\nalgebra, on two cores that had other work too: it lengthens wall time, so compare "
        "CPU time, which includes imports.",
        "",
        "| | wall s | from … to | CPU s | peak MiB | files MiB |",
        "|---|---|---|---|---|---|",
        *rows,
        f"| pandas : the stage | {rival.wall / stage.wall:.1f} | | {rival.cpu / stage.cpu:.1f} | "
        f"{rival.peak_mb / stage.peak_mb:.1f} | |",
        f"| pandas : ours | {rival.wall / ours_.wall:.1f} | | {rival.cpu / ours_.cpu:.1f} | "
        f"{rival.peak_mb / ours_.peak_mb:.1f} | {size['pandas'] / size['ours']:.2f} |",
        "",
        *agreement(folder),
    ]
    return "\n".join(lines) + "\n"


def agreement(folder: Path) -> list[str]:
    """How far the figures of the two lie apart; ends the program where they are further apart than they may be."""
    import numpy as np

    from stages.stats.histograms import BIN_WIDTH

    a, b = (dict(np.load(folder / f"{who}.npz")) for who in ("ours", "pandas"))
    if not np.isclose(np.load(folder / "the stage.npz")["drift ratio"], b["drift ratio"], rtol=1e-9):
        sys.exit("drift ratio: the stage's is another than the rival's")
    allowed = dict.fromkeys((*PAIRED, "drift ratio"), 1e-9) | {"Wasserstein": BIN_WIDTH}
    lines = ["| figure | largest difference | allowed |", "|---|---|---|"]
    for name, limit in allowed.items():
        apart = float(np.abs(a[name] - b[name]).max())
        if not apart <= limit:
            sys.exit(f"{name}: ours and the rival's lie {apart:g} apart, more than {limit:g}")
        lines.append(f"| {name} | {apart:.1e} | {limit:.1e} |")
    low, exact, high = a[SMIRNOV], b[SMIRNOV], a["bound"]
    if not ((low <= exact + 1e-12) & (exact <= high + 1e-12)).all():
        sys.exit(f"{SMIRNOV}: the rival's lies outside our bounds")
    return [*lines, f"| {SMIRNOV} | {np.abs(exact - low).max():.1e} | {(high - low).max():.1e} (the bound) |"]


WORK: dict[str, Callable[[Path], Figures]] = {"ours": ours, "the stage": the_stage, "pandas": with_pandas}

PREFACE = """\
The states of one condition and of the same texts alone, three ways. *ours*: one streamed pass, made of the reader, sums
and histograms that `analyze` uses, for the figures below. *pandas*: the same figures of every unit from pandas and
scipy, column by column. *the stage*: all that `analyze` computes of such a model, which is more: sums by group of texts
for the jackknife, covariances of all units, histograms by length, probes, forgetting, calibration.
Repeat with `make bench`; `python -m benchmarks.analyze --texts 20000` writes nothing.
"""

if __name__ == "__main__":
    main()
