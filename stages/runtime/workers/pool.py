"""Who runs the tasks: a pool of processes on this machine's cores, or the workers of a dask cluster.

The pool is the standard library's, of spawned processes. Two things may stand in its place, and both can be switched
off in params.yaml: workers forked from a process that has imported TensorFlow (forked.py, `execution.fork_server`), and
a cluster (dask_executor.py, `execution.engine`). Results are the same with any.
"""

import importlib.util
import math
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from tqdm import tqdm

from stages.errors import UserError
from stages.params.schema import ExecutionParams
from stages.runtime.files import before_naming
from stages.runtime.parent import end_with
from stages.runtime.workers.forked import ForkedExecutor, dvc_above

Task = TypeVar("Task")
Result = TypeVar("Result")

CGROUP = Path("/sys/fs/cgroup")
"""Where Linux bounds the CPU time and the memory of a container."""
POLL_SECONDS = 0.5
LINE_SECONDS = 1.0


@contextmanager
def executor_for(
    execution: ExecutionParams, tasks: int, prepare: Callable[[], None] | None = None
) -> Iterator[Executor]:
    """The executor that `execution` asks for; when the block ends early, the tasks at work are killed.

    Args:
        execution: the knobs.
        tasks: how many tasks there are.
        prepare: a function that imports what every task needs and does nothing else, where that takes seconds; called
            once for all stages of a `dvc` command where `execution.fork_server` is true.

    Raises:
        UserError: the engine is dask, and it is not installed, or its cluster cannot do the work (see
            `cluster_executor`).
    """
    if execution.engine == "local":
        with local_executor(execution.workers, tasks, prepare if execution.fork_server else None) as executor:
            yield executor
        return
    if importlib.util.find_spec("distributed") is None:
        raise UserError(
            "execution.engine: dask needs the package distributed, which is not installed here; run "
            "`pip install -r requirements.txt`, or set execution.engine to local"
        )
    from stages.runtime.workers.dask_executor import cluster_executor

    with cluster_executor(execution.scheduler) as executor:
        yield executor


def threads_of_each(execution: ExecutionParams, tasks: int, label: str) -> int:
    """How many threads each task may use; said where they are more than one.

    On a cluster none are shared out: its workers say how many tasks they take.
    """
    cores = 1 if execution.engine == "dask" else execution.workers or usable_cores()
    threads = execution.threads or max(1, cores // tasks)
    if threads > 1:
        print(f"{label}: {threads} threads for each of {tasks} models")
    return threads


@contextmanager
def local_executor(workers: int, tasks: int, prepare: Callable[[], None] | None = None) -> Iterator[Executor]:
    """A pool of processes; killed on an error.

    Where DVC runs the stage on Linux, those with a `prepare` are forked from a process that is kept for them.

    Args:
        workers: how many processes; 0 takes every core this process may use.
        tasks: how many tasks there are; no more processes are started than that.
        prepare: see `executor_for`; None has every worker be a fresh process.
    """
    processes = min(workers or usable_cores(), tasks)
    with _forked(processes, prepare) or _spawned(processes) as executor:
        yield executor


def _forked(processes: int, prepare: Callable[[], None] | None) -> ForkedExecutor | None:
    """A pool of forked workers; None where there is no fork server, or it cannot do the import."""
    dvc = dvc_above()
    if prepare is None or dvc is None:
        return None
    try:
        return ForkedExecutor(processes, prepare, dvc)
    except OSError:
        return None


@contextmanager
def _spawned(processes: int) -> Iterator[Executor]:
    """A pool of fresh processes, so that none inherits a threaded TensorFlow.

    Raises:
        UserError: the system has no semaphores, which are files in /dev/shm.
    """
    others = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    try:
        pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_end_with, initargs=(os.getpid(),))
    except OSError as error:
        raise UserError(
            f"/dev/shm: processes that work side by side need it, and it cannot be used ({error.strerror}); make it "
            "writable, then run again"
        ) from None
    try:
        yield pool
    except BaseException:
        # A worker left alone would begin its next task and write into a folder that is being removed.
        for worker in set(multiprocessing.active_children()) - others:
            worker.kill()
        pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()


def _end_with(parent: int) -> None:
    """In a worker: end as soon as the parent is gone, or a killed stage's workers would write into its next run."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears of it too, and ends its workers
    end_with(parent, lambda: os._exit(1))


def usable_cores() -> int:
    """The number of cores this process may run on; no more than a container's quota of CPU time fills."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = map(int, (CGROUP / "cpu.max").read_text(encoding="utf-8").split())
    except (OSError, ValueError):  # no container, or one without a bound
        return cores
    return min(cores, math.ceil(quota / period))


def run_all(
    executor: Executor,
    work: Callable[[Task], Result],
    tasks: Sequence[Task],
    *,
    label: str,
    steps: int,
    done: Callable[[], tuple[int, str]],
    told: Callable[[Task], str] | None = None,
) -> list[Result]:
    """Run `work` on every task and return the results in the order of the tasks.

    On a terminal a bar shows how many of `steps` are done, a remark, and the time left. With `told`, a line is printed
    for every task that ends, on a terminal or not, at most one a second, with the time left.

    Args:
        executor: who runs the tasks; `work` must be a top-level function and the tasks picklable.
        work: the function.
        tasks: its arguments.
        label: the name in front of the bar, and of the lines.
        steps: how many steps make the whole.
        done: how many of them are done, and a remark for the end of the bar.
        told: what is said of a task that has ended.

    Raises:
        Exception: the first error of a task; those not yet begun are cancelled.
        UserError: a worker was killed from outside, or an input of the stage was edited.
    """
    futures: dict[Future[Result], Task] = {}
    try:
        for task in tasks:
            futures[executor.submit(work, task)] = task
        with tqdm(
            total=steps, desc=label, unit="step", dynamic_ncols=True, smoothing=0, disable=not sys.stderr.isatty()
        ) as bar:
            _follow(futures, label, bar, done, told)
        for future in futures:
            if future.done():
                future.result()  # an error is raised before any wait for the tasks beside it
        return [future.result() for future in futures]
    except BrokenProcessPool:
        raise UserError(
            f"{label}: a worker process was killed, most likely because memory ran out; "
            "lower execution.workers, train.batch_size or model.units and run again"
        ) from None
    finally:
        for future in futures:
            future.cancel()


def _follow(
    futures: Mapping[Future[Result], Task],
    label: str,
    bar: "tqdm[Any]",
    done: Callable[[], tuple[int, str]],
    told: Callable[[Task], str] | None,
) -> None:
    """Return when all have ended, or one with an error."""
    waiting, began, last = set(futures), time.monotonic(), -LINE_SECONDS
    while waiting:
        finished, waiting = wait(waiting, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
        if any(future.exception() for future in finished):
            return
        if not bar.disable:
            count, remark = done()
            bar.set_postfix_str(remark, refresh=False)
            bar.update(count - bar.n)
        if finished:
            before_naming.get()()  # hours earlier than at the end
        passed = time.monotonic() - began
        if told and finished and (passed - last >= LINE_SECONDS or not waiting):
            last, ended = passed, len(futures) - len(waiting)
            left = f", about {duration(passed / ended * len(waiting))} left" if waiting else f" in {duration(passed)}"
            with tqdm.external_write_mode():
                print(f"{label} {ended}/{len(futures)}: {told(futures[finished.pop()])}{left}", flush=True)


def duration(seconds: float) -> str:
    """As people say it: 42 s, 1 min 12 s, 2 h 5 min, 9 days."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 2 * 86400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{round(whole / 86400)} days"
