"""`make bench`: compare with rivals and with what there was before, and write the table of RESULTS.md.

Every row is written as soon as it is measured; rows that are not measured keep their lines. Ratios are of one run, ours
before the rival and behind it, on a machine that should have nothing else to do.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import audit, idle, steps, training, whole_run
from benchmarks.table import REPOSITORY, Row, write_rows


def main() -> None:
    """Measure the groups that are asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", metavar="GROUP", help="some of: run imports fork train cell steps threads idle audit"
    )
    parser.add_argument(
        "--torch", metavar="PYTHON", help="a Python with PyTorch; without it these rows are not measured"
    )
    reviews = REPOSITORY / "data" / "raw" / "polarity2.csv"
    parser.add_argument("--reviews", type=Path, default=reviews, help="polarity2.csv; left out where it is missing")
    parser.add_argument("--tiny", action="store_true", help="next to no work, to see that it runs; writes nothing")
    given = parser.parse_args()
    tiny = given.tiny
    groups: dict[str, Callable[[], Iterator[Row]]] = {
        "run": lambda: whole_run.rows(tiny=tiny),
        "imports": lambda: whole_run.import_rows(tiny=tiny),
        "fork": lambda: whole_run.fork_rows(tiny=tiny),
        "train": lambda: training.masked_rows(given.reviews, given.torch, tiny=tiny),
        "cell": lambda: training.cell_rows(tiny=tiny),
        "steps": lambda: steps.rows(tiny=tiny),
        "threads": lambda: steps.thread_rows(tiny=tiny),
        "idle": lambda: idle.rows(tiny=tiny),
        "audit": lambda: audit.rows(tiny=tiny),
    }
    if unknown := set(given.only or ()) - set(groups):
        parser.error(f"no group {', '.join(sorted(unknown))}; there are {', '.join(groups)}")
    for name in given.only or groups:
        for row in groups[name]():
            print(row.line(""), flush=True)
            if not tiny:
                write_rows([row], list(groups))


if __name__ == "__main__":
    main()
