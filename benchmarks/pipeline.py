"""The whole default run, and a run with nothing to do: run by `make bench`, written to RESULTS.md.

In clones of the repository, so what is measured is what is committed.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import mean, median

from ruamel.yaml import YAML

from benchmarks.results import REPOSITORY, spread, versions, write_section

IDLE_RUNS = 5
RIVAL = {("execution", "workers"): 1, ("train", "trim"): "never", ("train", "grouping"): "shuffle"}
"""Seeds one after another, and batches as Keras makes them of padded rows."""
UP_TO_DATE = "Data and pipelines are up to date."


def main() -> None:
    """Measure the run, its rival and the run with nothing to do, and write them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pipeline", description=__doc__)
    parser.add_argument("--since", metavar="COMMIT", default="", help="also run the rival as it was at a commit")
    since = parser.parse_args().since
    with tempfile.TemporaryDirectory() as name:
        before, theirs, after = (_clone(Path(name) / who) for who in ("before", "theirs", "after"))
        _change(theirs / "params.yaml")
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


def _change(path: Path) -> None:
    yaml = YAML()
    content = yaml.load(path)
    for (section, key), value in RIVAL.items():
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
    """What the rival took when the stages were those of `commit`."""
    _change(folder / "params.yaml")
    seconds = _timed(folder).seconds
    times = seconds / mean(run.seconds for run in ours)
    return f"\nThe rival with the stages as they were at {commit}, run last: {seconds:.1f} s, {times:.2f} times ours.\n"


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
