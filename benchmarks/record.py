"""A stage with the begin and end of its tasks written down: `python -m benchmarks.record FILE stages.train …`.

A line of FILE for each pool of workers. The stage's own functions are wrapped; the pool stays as it is.
"""

import importlib
import json
import runpy
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.runtime.workers import pool


@dataclass(frozen=True)
class Timed:
    """A task's function that also says how long it took; picklable, for it runs in a worker."""

    work: Callable[[Any], Any]

    def __call__(self, task: Any) -> tuple[Any, float]:
        """Do the work; its result and its seconds."""
        start = time.monotonic()
        result = self.work(task)
        return result, time.monotonic() - start


def main(path: Path, stage: str, *options: str) -> None:
    """Run a stage as a command, and write down its tasks."""
    opened, run_all = pool.executor_for, pool.run_all
    tasks: list[float] = []

    def timed(executor: Executor, work: Callable[[Any], Any], todo: Sequence[Any], **told: Any) -> list[Any]:
        done = run_all(executor, Timed(work), todo, **told)
        tasks.extend(seconds for _, seconds in done)
        return [result for result, _ in done]

    @contextmanager
    def watched(*given: Any) -> Iterator[Executor]:
        start, before = time.monotonic(), len(tasks)
        with opened(*given) as executor:
            yield executor
        record = {"stage": stage.rpartition(".")[2], "seconds": time.monotonic() - start, "tasks": tasks[before:]}
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    pool.run_all, pool.executor_for = timed, watched
    sys.argv = [stage, *options]
    runpy.run_module(stage, run_name="__main__")


if __name__ == "__main__":
    # Under its own name, so that a worker finds what it is sent.
    importlib.import_module("benchmarks.record").main(Path(sys.argv[1]), *sys.argv[2:])
