"""How long workers stand idle in `train`, `export` and `analyze`: measured on this machine, and played with many.

The default run's tasks are timed (see record.py). Of many workers, the tasks are sleeps of the measured lengths in the
project's own pool, scaled down alike so that it ends soon.
"""

import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.clones import SMALL, clone, repro
from benchmarks.table import Row
from stages.runtime.workers.pool import local_executor, run_all, usable_cores

STAGES = ("train", "export", "analyze")
MANY = 16
PLAYED_SECONDS = 20
"""How long the busiest stage is played."""
START_SECONDS = 0.5
"""A worker's first task, so that all have started."""
Pools = list[dict[str, Any]]


def rows(*, tiny: bool) -> Iterator[Row]:
    """A row a stage, for this machine's workers and for many."""
    with tempfile.TemporaryDirectory() as name:
        record = Path(name) / "tasks.jsonl"
        folder = clone(Path(name) / "run", changes=SMALL if tiny else {})
        recorded(folder / "dvc.yaml", record)
        repro(folder)
        pools: Pools = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
    cores, scale = usable_cores(), PLAYED_SECONDS * MANY / max(sum(pool["tasks"]) for pool in pools)
    for stage in STAGES:
        of_stage = [pool for pool in pools if pool["stage"] == stage]
        tasks = sum(len(pool["tasks"]) for pool in of_stage)
        busy, idle = f"{tasks} tasks in {len(of_stage)} pools", f"workers idle in `{stage}`"
        share = idle_share(of_stage, cores)
        yield Row("idle", f"{idle}, {cores} workers", "0", busy, "", share, "≤ 10", "%")
        share = idle_share([played(pool, MANY, min(scale, 1)) for pool in of_stage], MANY)
        yield Row("idle", f"{idle}, {MANY} workers, sleeps", "0", busy, "", share, "≤ 25", "%")


def recorded(path: Path, record: Path) -> None:
    """Have a clone's dvc.yaml run the stages that have workers with their tasks written down."""
    text = path.read_text(encoding="utf-8")
    for stage in STAGES:
        text = text.replace(f"python -m stages.{stage}\n", f"python -m benchmarks.record {record} stages.{stage}\n")
        text = text.replace(f"python -m stages.{stage} ", f"python -m benchmarks.record {record} stages.{stage} ")
    path.write_text(text, encoding="utf-8")


def idle_share(pools: Pools, workers: int) -> float:
    """In percent of the seconds of all workers while there were pools."""
    there = workers * sum(pool["seconds"] for pool in pools)
    return 100 * (1 - sum(sum(pool["tasks"]) for pool in pools) / there)


def played(pool: dict[str, Any], workers: int, scale: float) -> dict[str, Any]:
    """The same tasks as sleeps, handed out by the project's own pool when its workers have started."""
    sleeps = [seconds * scale for seconds in pool["tasks"]]
    with local_executor(workers, len(sleeps)) as executor:
        list(executor.map(time.sleep, [START_SECONDS] * min(workers, len(sleeps))))
        start = time.monotonic()
        run_all(executor, time.sleep, sleeps, label="played", steps=len(sleeps), done=lambda: (0, ""))
        return {"seconds": time.monotonic() - start, "tasks": sleeps}
