"""scaling.csv: what was measured of the cost of every stage, a row each."""

import csv
from pathlib import Path
from typing import NamedTuple

from benchmarks.scaling_text import TITLES
from benchmarks.stage_costs import COMMANDS


class Measurement(NamedTuple):
    """One row of scaling.csv: CPU and wall seconds, and MiB."""

    part: str
    size: int
    stage: str
    repeat: int
    cpu: float
    wall: float
    peak: float


def read(path: Path) -> list[Measurement]:
    """The measurements of a file, in the order of parts, stages, sizes and repeats; none where there is no file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        rows = [
            Measurement(
                row["part"],
                int(row["size"]),
                row["stage"],
                int(row["repeat"]),
                *(float(row[cost]) for cost in ("cpu", "wall", "peak")),
            )
            for row in csv.DictReader(file)
        ]
    parts, stages = list(TITLES), list(COMMANDS)
    return sorted(rows, key=lambda row: (parts.index(row.part), stages.index(row.stage), row.size, row.repeat))


def write(path: Path, rows: list[Measurement]) -> None:
    """Write measurements as `read` reads them."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Measurement._fields)
        writer.writerows((*row[:4], f"{row.cpu:.2f}", f"{row.wall:.2f}", f"{row.peak:.1f}") for row in rows)
