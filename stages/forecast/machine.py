"""What this machine has to give: cores, how fast one is, and free memory and disk."""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from stages.runtime.workers.pool import CGROUP, usable_cores

REFERENCE_SECONDS = 0.0008
"""What `_work` took on the machine whose rates stand in cost.py."""


@dataclass(frozen=True)
class Machine:
    """What a run may use.

    Attributes:
        cores: processes that work side by side.
        speed: of a core, where 1 is the machine whose rates stand in cost.py.
        memory: free bytes.
        disk: free bytes where the project lies.
    """

    cores: int
    speed: float
    memory: int
    disk: int


def this_machine(workers: int, folder: Path) -> Machine:
    """Measured within a tenth of a second.

    Args:
        workers: `execution.workers`; 0 takes every core.
        folder: of the project.
    """
    seconds = min(_work() for _ in range(100))
    return Machine(
        workers or usable_cores(), REFERENCE_SECONDS / seconds, _free_memory(), shutil.disk_usage(folder).free
    )


def _work() -> float:
    """CPU seconds of a hundred steps of a small recurrent layer: like a training, many small operations."""
    rng = np.random.default_rng(0)
    kernel, state = rng.normal(size=(32, 128)).astype(np.float32), np.zeros((32, 32), np.float32)
    start = time.process_time()
    for _ in range(100):
        gates = state @ kernel
        state = np.tanh(gates[:, :32] * gates[:, 32:64] + gates[:, 64:96])
    return time.process_time() - start


def _free_memory() -> int:
    free = int(psutil.virtual_memory().available)
    try:
        bound, used = (int((CGROUP / name).read_text()) for name in ("memory.max", "memory.current"))
        parts = dict(line.split() for line in (CGROUP / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):  # no container, or one without a bound
        return free
    # Files that were read count as used, and make room as soon as memory is asked for.
    return min(free, bound - used + int(parts.get("inactive_file", 0)))
