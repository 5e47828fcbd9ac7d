"""The whole default run, and a run with nothing to do: run by `make bench`, written to RESULTS.md.

In clones of the repository, so what is measured is what is committed. With `--fork-server`, the default run with the
fork server of stages/runtime/workers and without, in place of that.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import mean, median
from typing import Any

from ruamel.yaml import YAML

from benchmarks.results import REPOSITORY, spread, versions, write_section

Changes = Mapping[tuple[str, str], Any]
"""Values of params.yaml by section and key."""

IDLE_RUNS = 5
PAIRS = 3
RIVAL: Changes = {("execution", "workers"): 1, ("train", "trim"): "never", ("train", "grouping"): "shuffle"}
"""Seeds one after another, and batches as Keras makes them of padded rows."""
UP_TO_DATE = "Data and pipelines are up to date."


def main() -> None:
    """Measure the run, its rival and the run with nothing to do, and write them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pipeline", description=__doc__)
    parser.add_argument("--since", metavar="COMMIT", default="", help="also run the rival as it was at a commit")
    parser.add_argument("--fork-server", action="store_true", help=f"{PAIRS} pairs of runs, with it and without")
    given = parser.parse_args()
    if given.fork_server:
        with tempfile.TemporaryDirectory() as name:
            write_section("the fork server", _fork_server(Path(name)))
        return
    since = given.since
    with tempfile.TemporaryDirectory() as name:
        before, theirs, after = (_clone(Path(name) / who) for who in ("before", "theirs", "after"))
        _change(theirs / "params.yaml", RIVAL)
        cold = [_timed(folder) for folder in (before, theirs, after)]
        table = _table([cold[0], cold[2]], cold[1])
        if since:
            table += _then(_clone(Path(name) / "then", since), since, [cold[0], cold[2]])
        print(table)
        idle = [_timed(after, expected=UP_TO_DATE).seconds for _ in range(IDLE_RUNS)]
    text = (
        f"{PREFACE}{table}\n"
        f"With nothing to do, {IDLE_RUNS} times: {spread(idle)} s; median {median(idle):.1f}.\n\n{versions()}\n"
    )
    print(text)
    write_section("the whole run", text)


def _clone(folder: Path, commit: str = "HEAD") -> Path:
    """A clone that knows of no run: with dvc.lock, ours would keep the report that git has."""
    subprocess.run(["git", "clone", "--quiet", str(REPOSITORY), str(folder)], check=True)
    subprocess.run(["git", "checkout", "--quiet", commit], cwd=folder, check=True)
    (folder / "dvc.lock").unlink()
    return folder


def _change(path: Path, changes: Changes) -> None:
    yaml = YAML()
    content = yaml.load(path)
    for (section, key), value in changes.items():
        content[section][key] = value
    yaml.dump(content, path)


@dataclass(frozen=True)
class Run:
    """Wall time of `dvc repro`, and from the start of every stage to that of the next, its sides and variants added."""

    seconds: float
    stages: dict[str, float]


def _timed(folder: Path, expected: str = "") -> Run:
    """`dvc repro` in a folder; it must say what is expected."""
    begun: list[tuple[str, float]] = []
    said: list[str] = []
    start = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "dvc", "repro"],
        cwd=folder,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        for line in process.stdout or ():
            said.append(line)
            if line.startswith("Running stage '"):
                begun.append((line.split("'")[1].split("@")[0], time.perf_counter()))
    end = time.perf_counter()
    if process.returncode or expected not in "".join(said):
        sys.exit(f"dvc repro failed in {folder}:\n{''.join(said)}")
    stages: dict[str, float] = {}
    for (name, at), (_, until) in pairwise([*begun, ("", end)]):
        stages[name] = stages.get(name, 0) + until - at
    return Run(end - start, stages)


def _table(ours: list[Run], theirs: Run) -> str:
    def row(name: str, seconds: list[float], its: float) -> str:
        both = " and ".join(f"{each:.1f}" for each in seconds)
        return f"| {name} | {both} | {its:.1f} | {its / mean(seconds):.2f} |"

    rows = [row("the default run, cold", [run.seconds for run in ours], theirs.seconds)]
    rows += [row(f"of it `{name}`", [run.stages[name] for run in ours], its) for name, its in theirs.stages.items()]
    return "| | s, twice | rival, s | rival : it |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"


def _then(folder: Path, commit: str, ours: list[Run]) -> str:
    """What the rival took when the stages were those of `commit`, for the seeds and epochs of today."""
    today = YAML().load(REPOSITORY / "params.yaml")["train"]
    same: Changes = {("train", key): today[key] for key in ("seeds", "epochs", "patience")}
    _change(folder / "params.yaml", {**RIVAL, **same})
    seconds = _timed(folder).seconds
    times = seconds / mean(run.seconds for run in ours)
    return f"\nThe rival with the stages as they were at {commit}, run last: {seconds:.1f} s, {times:.2f} times ours.\n"


def _fork_server(folder: Path, changes: Changes | None = None, pairs: int = PAIRS) -> str:
    """Pairs of cold runs with the fork server and without, in turn; their reports must be the same to the byte."""
    rows, ratios, reports = [], [], set()
    for pair in range(pairs):
        seconds: dict[bool, float] = {}
        for on in (True, False) if pair % 2 == 0 else (False, True):
            clone = _clone(folder / "run")
            _change(clone / "params.yaml", {**(changes or {}), ("execution", "fork_server"): on})
            seconds[on] = _timed(clone).seconds
            reports.add((clone / "reports" / "synthetic" / "report.json").read_bytes())
            shutil.rmtree(clone)
        ratios.append(seconds[False] / seconds[True])
        rows.append(f"| {pair + 1} | {seconds[True]:.1f} | {seconds[False]:.1f} | {ratios[-1]:.2f} |")
        print(rows[-1], flush=True)
    if len(reports) > 1:
        sys.exit("the reports of these runs differ")
    table = "| pair | with it, s | without, s | without : with |\n|---|---|---|---|\n" + "\n".join(rows)
    return (
        f"{FORK_SERVER_PREFACE}{table}\n\n"
        f"Without it a run takes {spread(ratios, 2)} times as long. All reports are the same to the byte.\n\n"
        f"{versions()}\n"
    )


FORK_SERVER_PREFACE = """\
The default run, cold as in *the whole run*, with `execution.fork_server` true and false: one right behind the other,
and which of them is first changes from pair to pair. Repeat with `python -m benchmarks.pipeline --fork-server`.

"""

PREFACE = """\
`dvc repro` in a fresh clone without dvc.lock, whose cache is empty, set-up left out; the rival runs the same stages
with `execution.workers: 1`, `train.trim: never` and `train.grouping: shuffle`. Ours runs before the rival and behind
it, for the host's other work comes and goes, and its mean counts. A stage is counted to the start of the next, DVC's
own work included. Two processes for the seeds are all that sets `export` and `analyze` apart, and DVC's own work, the
small stages and the first import of TensorFlow are the same in both. The rival has all that made the stages faster, so
it is also run as it was before: repeat with `python -m benchmarks.pipeline --since 06a6c68`.

"""

if __name__ == "__main__":
    main()
