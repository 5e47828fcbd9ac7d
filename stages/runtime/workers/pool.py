"""Who runs the tasks: a pool of processes on this machine's cores, or the workers of a dask cluster.

The pool is the standard library's, of spawned processes. Two things may stand in its place, and both can be switched
off in params.yaml: workers forked from a process that has imported TensorFlow (forked.py, `execution.fork_server`), and
a cluster (dask_executor.py, `execution.engine`). Results are the same with any.
"""

import importlib.util
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

from tqdm import tqdm

from stages.errors import UserError
from stages.params.schema import ExecutionParams
from stages.runtime.parent import end_with
from stages.runtime.workers.forked import ForkedExecutor, dvc_above

Task = TypeVar("Task")
Result = TypeVar("Result")

POLL_SECONDS = 0.5


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
    """A pool of fresh processes, so that none inherits a threaded TensorFlow."""
    others = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_end_with, initargs=(os.getpid(),))
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
    """The number of cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_all(
    executor: Executor,
    work: Callable[[Task], Result],
    tasks: Sequence[Task],
    *,
    label: str,
    steps: int,
    done: Callable[[], tuple[int, str]],
) -> list[Result]:
    """Run `work` on every task and return the results in the order of the tasks.

    On a terminal a bar shows how many of `steps` are done, a remark, and the time left; elsewhere nothing is printed.

    Args:
        executor: who runs the tasks; `work` must be a top-level function and the tasks picklable.
        work: the function.
        tasks: its arguments.
        label: the name in front of the bar.
        steps: how many steps make the whole.
        done: how many of them are done, and a remark for the end of the bar.

    Raises:
        Exception: the first error of a task; those not yet begun are cancelled.
        UserError: a worker was killed from outside.
    """
    futures = [executor.submit(work, task) for task in tasks]
    try:
        _follow(futures, label, steps, done)
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


def _follow(futures: Iterable[Future[Result]], label: str, steps: int, done: Callable[[], tuple[int, str]]) -> None:
    waiting = set(futures)
    if not sys.stderr.isatty():
        wait(waiting, return_when=FIRST_EXCEPTION)
        return
    with tqdm(total=steps, desc=label, unit="step", dynamic_ncols=True, smoothing=0) as bar:
        while waiting:
            finished, waiting = wait(waiting, timeout=POLL_SECONDS, return_when=FIRST_EXCEPTION)
            count, remark = done()
            bar.set_postfix_str(remark, refresh=False)
            bar.update(count - bar.n)
            if any(future.exception() for future in finished):
                return
