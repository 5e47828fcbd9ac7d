"""The whole default run, and a run with nothing to do: run by `make bench`, written to RESULTS.md.

In clones of the repository, so what is measured is what is committed.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from ruamel.yaml import YAML

from benchmarks.results import REPOSITORY, spread, versions, write_section

IDLE_RUNS = 5
RIVAL = {("execution", "workers"): 1, ("train", "trim"): "never", ("train", "grouping"): "shuffle"}
"""Seeds one after another, and batches as Keras makes them of padded rows."""
UP_TO_DATE = "Data and pipelines are up to date."


def main() -> None:
    """Measure the run, its rival and the run with nothing to do, and write them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pipeline", description=__doc__)
    parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        ours, theirs = (_clone(Path(name) / who) for who in ("ours", "theirs"))
        _change(theirs / "params.yaml")
        cold = {folder.name: _seconds(folder) for folder in (ours, theirs)}
        idle = [_seconds(ours, expected=UP_TO_DATE) for _ in range(IDLE_RUNS)]
    text = PREFACE + (
        "| run | seconds |\n|---|---|\n"
        f"| the default run, cold | {cold['ours']:.0f} |\n"
        f"| seeds one after another, batches fixed | {cold['theirs']:.0f} |\n"
        f"| ratio | {cold['theirs'] / cold['ours']:.2f} |\n"
        f"| nothing to do, {IDLE_RUNS} times | {spread(idle)}; median {median(idle):.1f} |\n\n"
        f"{versions()}\n"
    )
    print(text)
    write_section("the whole run", text)


def _clone(folder: Path) -> Path:
    subprocess.run(["git", "clone", "--quiet", str(REPOSITORY), str(folder)], check=True)
    return folder


def _change(path: Path) -> None:
    yaml = YAML()
    content = yaml.load(path)
    for (section, key), value in RIVAL.items():
        content[section][key] = value
    yaml.dump(content, path)


def _seconds(folder: Path, expected: str = "") -> float:
    """Wall time of `dvc repro`, which must say what is expected."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "dvc", "repro"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode or expected not in done.stdout:
        sys.exit(f"dvc repro failed in {folder}:\n{done.stdout}\n{done.stderr}")
    return seconds


PREFACE = """\
`dvc repro` in a fresh clone whose cache is empty, set-up left out; the rival runs the same stages with
`execution.workers: 1`, `train.trim: never` and `train.grouping: shuffle`. Repeat with `python -m benchmarks.pipeline`.

"""

if __name__ == "__main__":
    main()
