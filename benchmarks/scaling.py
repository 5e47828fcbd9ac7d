"""How the cost of every stage grows, by texts, their tokens, width of rows, units and seeds: run by `make scaling`.

Measurements go to scaling.csv as they are made; the tables of scaling.md and docs/big_data.md are made from there.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.stage_costs import COMMANDS, Cost, Measurement, cost_of, read, write, write_params
from benchmarks.table import REPOSITORY

# Nothing that fits is imported before the last measurement: it would count towards the memory of stages.

MEASUREMENTS = REPOSITORY / "benchmarks" / "scaling.csv"
GRAMMAR = "datasets.synthetic"
TEXTS = f"{GRAMMAR}.texts"
REPEATS = 2
BEFORE_TRAINING = ("ingest", "tokenize", "bag_of_words", "pad")


@dataclass(frozen=True)
class Grid:
    """Some stages at some sizes, in one folder.

    Attributes:
        sizes: where the stages are measured.
        measured: the stages that are.
        fixed: params that are the same at every size, by dotted path.
        once: stages that run before, once for all sizes.
        between: stages that run at every size, before those that are measured.
        repeats: how often they are measured at most.
    """

    sizes: tuple[int, ...]
    measured: tuple[str, ...]
    fixed: dict[str, Any] = field(default_factory=dict)
    once: tuple[str, ...] = ()
    between: tuple[str, ...] = ()
    repeats: int = REPEATS


@dataclass(frozen=True)
class Part:
    """What grows, as the params of one size by dotted path, and where it is measured."""

    changes: Callable[[int], dict[str, Any]]
    grids: tuple[Grid, ...]


def _tokens(size: int) -> dict[str, Any]:
    lengths = {"median_length": size, "length_sigma": 0.3, "shortest": size // 2, "longest": 2 * size}
    return {f"{GRAMMAR}.{name}": value for name, value in lengths.items()}


_WIDTHS = {"sizes": (1, 2, 4, 8), "once": ("ingest", "tokenize")}
PARTS = {
    "texts": Part(
        lambda size: {TEXTS: size},
        (
            Grid((1_000, 3_000, 10_000, 30_000, 100_000), tuple(COMMANDS)),
            Grid((300_000, 1_000_000), BEFORE_TRAINING, repeats=1),
        ),
    ),
    "tokens": Part(
        _tokens,
        (
            Grid((12, 25, 50, 100, 200), tuple(COMMANDS), {TEXTS: 4_000}),
            Grid((600, 2_000), tuple(COMMANDS), {TEXTS: 4_000}, repeats=1),
        ),
    ),
    "width": Part(
        lambda size: {"pad.max_len": f"longest*{size}"},
        (
            Grid(measured=("pad",), fixed={TEXTS: 100_000}, **_WIDTHS),
            Grid(measured=("train", "export"), fixed={TEXTS: 10_000}, between=("pad",), **_WIDTHS),
        ),
    ),
    "units": Part(
        lambda size: {"model.units": size},
        (Grid((16, 32, 64, 128, 256), ("train", "export", "analyze"), {TEXTS: 4_000}, once=BEFORE_TRAINING),),
    ),
    "seeds": Part(
        lambda size: {"train.seeds": size},
        (Grid((1, 2, 4, 8), tuple(COMMANDS)[4:], {TEXTS: 4_000, "train.epochs": 4}, once=BEFORE_TRAINING),),
    ),
}


def main() -> None:
    """Measure the parts that are asked for, then make the tables of all that was ever measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"one or more of {', '.join(PARTS)}; all without")
    parser.add_argument("--resume", action="store_true", help="keep what was measured, and measure what is missing")
    parser.add_argument("--repeats", type=int, default=REPEATS, help="how often; 0 makes the tables alone")
    given = parser.parse_args()
    parts = given.parts or list(PARTS)
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if given.repeats and not given.resume:
        write(MEASUREMENTS, [row for row in read(MEASUREMENTS) if row.part not in parts])
    for repeat in range(given.repeats):
        for part in parts:
            measure(part, repeat, MEASUREMENTS)
    from benchmarks.growth import write_tables

    write_tables(read(MEASUREMENTS))


def measure(part: str, repeat: int, path: Path) -> None:
    """Measure once what `path` lacks of one part, and put each measurement there as it is made."""
    for grid in PARTS[part].grids:
        done = {(row.size, row.stage) for row in read(path) if (row.part, row.repeat) == (part, repeat)}
        sizes = [size for size in grid.sizes if any((size, stage) not in done for stage in grid.measured)]
        if repeat < grid.repeats and sizes:
            with tempfile.TemporaryDirectory() as folder:
                for size, stage, cost in costs(PARTS[part], grid, sizes, Path(folder)):
                    print(f"{part} {size:,}, {stage}: CPU {cost.cpu:.1f} s, {cost.peak:.0f} MiB", flush=True)
                    row = Measurement(part, size, stage, repeat, cost)
                    write(path, [*(each for each in read(path) if each[:4] != row[:4]), row])


def costs(part: Part, grid: Grid, sizes: list[int], folder: Path) -> Iterator[tuple[int, str, Cost]]:
    """Run a grid in `folder`: size, stage and cost of everything that it measures."""
    write_params(folder, {**part.changes(sizes[0]), **grid.fixed})
    for stage in grid.once:
        cost_of(folder, stage)
    for size in sizes:
        write_params(folder, {**part.changes(size), **grid.fixed})
        for stage in COMMANDS:
            if stage in grid.between:
                cost_of(folder, stage)
            elif stage in grid.measured:
                yield size, stage, cost_of(folder, stage)


if __name__ == "__main__":
    main()
