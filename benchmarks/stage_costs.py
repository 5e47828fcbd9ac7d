"""What one stage of the pipeline costs: CPU time and memory of its processes, and disk; and where that is kept."""

import csv
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

# The process that measures imports as little as it can, for Linux counts its memory towards those that it starts.
from benchmarks.clones import change_params
from benchmarks.processes import done
from benchmarks.table import REPOSITORY

SIDE, VARIANT = "pre", "baseline"
"""The one cell that is trained: its models learn within few epochs, and `analyze` compares none that did not learn."""

_VARIANT = ("--variant", VARIANT, "--padded", "padded", "--models", f"models/{VARIANT}")

COMMANDS: dict[str, tuple[str, ...]] = {
    "ingest": ("--raw", "raw", "--corpus", "corpus"),
    "tokenize": ("--raw", "raw", "--corpus", "corpus", "--tokens", "tokens"),
    "bag_of_words": ("--tokens", "tokens", "--bag-of-words", "bag_of_words"),
    "pad": ("--side", SIDE, "--tokens", "tokens", "--padded", f"padded/{SIDE}"),
    "train": ("--tokens", "tokens", *_VARIANT),
    "export": (*_VARIANT, "--tokens", "tokens", "--states", f"states/variant={VARIANT}"),
    "analyze": (
        *("--corpus", "corpus", "--tokens", "tokens", "--bag-of-words", "bag_of_words", "--padded", "padded"),
        *("--models", "models", "--states", "states", "--analysis", "analysis"),
    ),
    "report": ("--analysis", "analysis", "--reports", "reports"),
}
"""Every stage in the order of the pipeline, with its options, the folder that it writes last."""

CHANGES: dict[str, Any] = {
    "dataset": "synthetic",
    "pad.sides": [SIDE],
    "train.variants": [VARIANT],
    "train.seeds": 1,
    "train.epochs": 1,
    "export.texts": "all",
    "gate.invariant": [VARIANT],
    "execution.workers": 1,
}
"""One cell, one seed, one epoch. One worker, so that what is started does not depend on the number of cores."""

ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1"}
"""On cores with other work, two threads of OpenBLAS wait for each other, and waiting is CPU time."""


class Cost(NamedTuple):
    """One run of a stage: CPU seconds of all its processes, wall seconds, MiB of the largest of them and on disk."""

    cpu: float
    wall: float
    peak: float
    disk: float


class Measurement(NamedTuple):
    """One row of scaling.csv."""

    part: str
    size: int
    stage: str
    repeat: int
    cost: Cost


def write_params(folder: Path, changes: Mapping[str, Any]) -> None:
    """The project's params with CHANGES and then `changes`, values by dotted path."""
    (folder / "raw").mkdir(parents=True, exist_ok=True)
    (folder / "params.yaml").write_bytes((REPOSITORY / "params.yaml").read_bytes())
    change_params(folder / "params.yaml", {**CHANGES, **changes})


def cost_of(folder: Path, stage: str) -> Cost:
    """Run one stage in `folder`, where the stages before it have run; end the program where it fails."""
    ran = done([sys.executable, "-m", f"stages.{stage}", *COMMANDS[stage]], folder, **ENVIRONMENT)
    written = sum(path.stat().st_size for path in (folder / COMMANDS[stage][-1]).rglob("*") if path.is_file())
    return Cost(ran.cpu, ran.wall, ran.peak, written / 2**20)


def read(path: Path) -> list[Measurement]:
    """The measurements of a file, by part, stage, size and repeat; none where there is no file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        rows = [
            Measurement(part, int(size), stage, int(repeat), Cost(*map(float, costs)))
            for part, size, stage, repeat, *costs in list(csv.reader(file))[1:]
        ]
    stages = list(COMMANDS)
    return sorted(rows, key=lambda row: (row.part, stages.index(row.stage), row.size, row.repeat))


def write(path: Path, rows: list[Measurement]) -> None:
    """Write measurements as `read` reads them."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*Measurement._fields[:-1], *Cost._fields])
        for *row, cost in rows:
            writer.writerow([*row, f"{cost.cpu:.2f}", f"{cost.wall:.2f}", f"{cost.peak:.1f}", f"{cost.disk:.4g}"])
