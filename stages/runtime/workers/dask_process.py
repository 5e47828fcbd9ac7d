"""A process of its own beside a dask worker that runs units of work, as a process of the local pool does.

The worker starts it by its module name in the project's folder, so that relative paths mean there
what they mean where the pipeline runs, and so that the code is the project's as it stands now, not what a worker that
has been up for days imported once. It reads units from standard input, and ends when that is closed or stays silent.
"""

import os
import pickle
import signal
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import BinaryIO

from stages.errors import UserError
from stages.runtime.workers.tasks import answer_units

PACKAGES = ("tensorflow", "keras", "numpy", "scipy", "scikit-learn", "pyarrow")
"""What figures and files depend on."""

IDLE_SECONDS = 60
"""Without a unit for so long the process ends: who sent the others was killed, or has no more."""


def versions() -> dict[str, str | None]:
    """The version of each of PACKAGES in this process's environment; None where it is not installed."""
    found: dict[str, str | None] = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found


def difference(there: Mapping[str, str | None], here: Mapping[str, str | None]) -> str | None:
    """What a worker has in another version than the pipeline has, in words; None where all are the same."""
    for package, wanted in here.items():
        if there[package] != wanted:
            return f"has {package} {there[package] or 'not at all'}, and the pipeline runs with {wanted}"
    return None


def main(units: BinaryIO, replies: BinaryIO) -> None:
    """Answer units until there are none.

    The first message is the worker's address and the versions that the pipeline runs with; the others are units
    (stages/runtime/workers/tasks.py).
    """
    address, wanted = pickle.load(units)
    problem = difference(versions(), wanted)
    refused = UserError(refusal(f"worker {address}", problem)) if problem else None
    answer_units(units, replies, where="on the cluster", refusal=refused, idle=IDLE_SECONDS)


def refusal(who: str, problem: str) -> str:
    """The sentence about a worker whose results could differ."""
    return (
        f"execution.scheduler: the {who} {problem}; results could differ, so install what requirements.txt lists "
        "there and start it again"
    )


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C at a worker is for the worker, and is not the unit's error
    # What a library prints must not get between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    main(sys.stdin.buffer, answers)
