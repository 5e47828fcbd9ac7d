"""What one stage of the pipeline costs: CPU time and peak memory of its processes, in a folder of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

# The process that measures imports as little as it can, for Linux counts its memory towards those that it starts.
from ruamel.yaml import YAML

REPOSITORY = Path(__file__).parents[1]
SIDE, VARIANT = "pre", "baseline"
"""The one cell that is trained: its models learn within few epochs, and `analyze` compares none that did not learn."""

_VARIANT = ("--variant", VARIANT, "--padded", "padded", "--models", f"models/{VARIANT}")

COMMANDS: dict[str, tuple[str, ...]] = {
    "ingest": ("--raw", "raw", "--corpus", "corpus"),
    "tokenize": ("--raw", "raw", "--corpus", "corpus", "--tokens", "tokens"),
    "bag_of_words": ("--tokens", "tokens", "--bag-of-words", "bag_of_words"),
    "pad": ("--side", SIDE, "--tokens", "tokens", "--padded", f"padded/{SIDE}"),
    "train": (*_VARIANT, "--tokens", "tokens"),
    "export": (*_VARIANT, "--tokens", "tokens", "--states", f"states/variant={VARIANT}"),
    "analyze": (
        *("--corpus", "corpus", "--tokens", "tokens", "--bag-of-words", "bag_of_words", "--padded", "padded"),
        *("--models", "models", "--states", "states", "--analysis", "analysis"),
    ),
    "report": ("--analysis", "analysis", "--reports", "reports"),
}
"""Every stage in the order of the pipeline, with its options."""

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

ENVIRONMENT = {"PYTHONPATH": str(REPOSITORY), "TF_CPP_MIN_LOG_LEVEL": "3", "OPENBLAS_NUM_THREADS": "1"}
"""On cores with other work, two threads of OpenBLAS wait for each other, and waiting is CPU time."""


class Cost(NamedTuple):
    """One run of a stage: CPU seconds of all its processes, wall seconds, MiB of the largest process."""

    cpu: float
    wall: float
    peak: float


def write_params(folder: Path, changes: Mapping[str, Any]) -> None:
    """The project's params with CHANGES and then `changes`, values by dotted path."""
    yaml = YAML()
    content = yaml.load(REPOSITORY / "params.yaml")
    for path, value in {**CHANGES, **changes}.items():
        *sections, key = path.split(".")
        section = content
        for name in sections:
            section = section[name]
        section[key] = value
    (folder / "raw").mkdir(parents=True, exist_ok=True)
    yaml.dump(content, folder / "params.yaml")


def cost_of(folder: Path, stage: str) -> Cost:
    """Run one stage in `folder`, where the stages before it have run; end the program where it fails."""
    command = [sys.executable, "-m", f"stages.{stage}", *COMMANDS[stage]]
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, env={**os.environ, **ENVIRONMENT}, stdout=subprocess.DEVNULL)
    # Of the process and of all that it waited for: times are added up, the peak is that of the largest.
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{stage} ended with status {status}")
    mebibyte = 2**20 if sys.platform == "darwin" else 2**10
    return Cost(usage.ru_utime + usage.ru_stime, time.perf_counter() - start, usage.ru_maxrss / mebibyte)
