"""Work in processes of their own, so that nothing is warm, and memory is that of the work alone."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.table import REPOSITORY
from stages import ONE_ARITHMETIC


@dataclass(frozen=True)
class Done:
    """What a process said on its last line of output, and what it took.

    Attributes:
        said: the last line, as JSON.
        wall: seconds from start to end.
        cpu: CPU seconds of it and of the processes that it waited for, imports included.
        peak: largest resident set of it or of one of those, in MiB.
    """

    said: dict[str, Any]
    wall: float
    cpu: float
    peak: float


def environment() -> dict[str, str]:
    """That of this process without what the project sets for itself, by which a rival would be slower than it is."""
    return {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", *ONE_ARITHMETIC}}


def done(command: list[str], folder: Path = REPOSITORY, **more: str) -> Done:
    """Run a command to its end; ends the program where it fails."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        variables = {"TF_CPP_MIN_LOG_LEVEL": "3", **environment(), "PYTHONPATH": str(REPOSITORY), **more}
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=variables, stdout=output, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        output.seek(0)
        errors.seek(0)
        if status:
            sys.exit(f"{' '.join(command)} failed:\n{errors.read()}")
        lines = output.read().splitlines()
    said = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
    peak = usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    return Done(said, wall, usage.ru_utime + usage.ru_stime, peak)


def rival(name: str, *options: object, python: str = sys.executable) -> Done:
    """Run one of `benchmarks/rivals/` to its end."""
    return done([python, str(REPOSITORY / "benchmarks" / "rivals" / f"{name}.py"), *map(str, options)])


def module(name: str, *options: object) -> Done:
    """Run a module of this folder to its end."""
    return done([sys.executable, "-m", f"benchmarks.{name}", *map(str, options)])


def in_turn(ours: Callable[[], float], theirs: Callable[[], float], repeats: int) -> tuple[list[float], list[float]]:
    """Seconds of ours, each the mean of a run before the rival and one behind it, and of the rival.

    A host's other work comes and goes, and so a rival is compared with what stood on both sides of it.
    """
    before, own, other = ours(), [], []
    for _ in range(repeats):
        other.append(theirs())
        after = ours()
        own.append(mean([before, after]))
        before = after
    return own, other
