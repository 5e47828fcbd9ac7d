"""Tasks on a dask cluster that shares a file system with the pipeline.

Nothing but paths and small values travels: the tasks read and write the project's folder. dask decides which worker
runs what, and runs a task again when its worker dies; the task itself runs in a process beside the worker
(stages/runtime/workers/dask_plugin.py says why). All of this is off unless `execution.engine` is dask.
"""

import asyncio
import logging
import os
import pickle
import secrets
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import cloudpickle
import dask
from distributed import Client, KilledWorker, Security, get_worker
from distributed.core import rpc
from distributed.versions import VersionMismatchWarning

import stages
from stages.errors import UserError
from stages.runtime.files import PARTIAL_SUFFIX
from stages.runtime.workers import dask_plugin
from stages.runtime.workers.dask_plugin import PACKAGES, TaskProcesses, compared_versions, difference, unseen_folder
from stages.runtime.workers.tasks import result_of

Answer = TypeVar("Answer")

CONNECT_SECONDS = 8
CHECK_SECONDS = 60
END_SECONDS = 10
POLL_SECONDS = 5

WORKER_SECONDS = 60
"""How long a run waits for its first worker."""

ABANDONED_SECONDS = 300
"""How long it waits for another one when the last has died."""

RETRIES = 2
"""How often a task is begun again when its process was killed and its worker was not."""

cloudpickle.register_pickle_by_value(dask_plugin)


@contextmanager
def cluster_executor(scheduler: str) -> Iterator[Executor]:
    """The workers of a dask cluster as an executor; when the block ends, nothing of the run is alive on them.

    Args:
        scheduler: the address of its scheduler.

    Raises:
        UserError: the scheduler does not answer, there are no workers, or one of them does not see this folder or has
            other packages, so that its results could differ.
    """
    with _marker() as marker, _client(scheduler) as client:
        name = f"padding-impact-{marker.name}"
        code = str(Path(stages.__file__).parents[1])
        try:
            with _loss_is_a_sentence(scheduler):
                _wait_for_a_worker(client, scheduler)
                wanted = _common_versions(client)
                _check_folder(client, marker)
                plugin = TaskProcesses(name, str(Path.cwd()), code, str(marker), wanted)
                _within(CHECK_SECONDS, lambda: client.register_plugin(plugin, name=name))
            executor = ClusterExecutor(client, name, scheduler)
            threading.Thread(target=_watch, args=(client, executor, scheduler, marker), daemon=True).start()
            yield executor
        finally:
            marker.unlink(missing_ok=True)
            # The workers kill their processes when they see the marker gone; this waits until they did.
            with suppress(Exception):
                client.sync(client._unregister_worker_plugin, name=name, callback_timeout=END_SECONDS)


class ClusterExecutor(Executor):
    """Sends tasks to the processes beside the workers and brings back what they return or raise."""

    def __init__(self, client: Client, run: str, scheduler: str) -> None:
        self._workers = client.get_executor(pure=False, retries=RETRIES)
        self._run = run
        self._lost = f"the dask scheduler {scheduler} was lost in the middle of the work; start it and its workers"

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have `fn`, a top-level function, called with one picklable argument."""

        # In here, so that it is pickled with its code: neither workers nor scheduler need be able to import its module.
        def run_task(run: str, message: bytes) -> Any:
            return get_worker().plugins[run].answer(message)  # type: ignore[attr-defined]

        (task,) = args
        inner = self._workers.submit(run_task, self._run, pickle.dumps((fn, task)), **kwargs)
        outer: Future[Any] = Future()
        outer.add_done_callback(lambda future: future.cancelled() and inner.cancel())
        inner.add_done_callback(lambda _: self._hand_over(inner, outer))
        return outer

    def give_up(self, why: str) -> None:
        """End every task that is not done yet with an error."""
        self._lost = why
        self._workers.shutdown(wait=False)

    def _hand_over(self, inner: "Future[bytes | str]", outer: Future[Any]) -> None:
        if not outer.set_running_or_notify_cancel():
            return
        try:
            outer.set_result(self._result(inner))
        except BaseException as error:  # noqa: BLE001 - it is for whoever asks for the result
            outer.set_exception(error)

    def _result(self, inner: "Future[bytes | str]") -> Any:
        try:
            reply = inner.result()
        except CancelledError:
            raise UserError(f"execution.scheduler: {self._lost} and run again") from None
        except KilledWorker as error:
            raise UserError(
                f"execution.engine: {error.allowed_failures + 1} workers died one after another over the same task, "
                f"the last of them {error.last_worker.address}, most likely because memory ran out; give them more, "
                "or lower train.batch_size or model.units, and run again"
            ) from None
        except RuntimeError as error:
            raise UserError(
                f"execution.engine: a task's process was killed {RETRIES + 1} times, at last beside the worker "
                f"{error}, most likely because memory ran out; the worker's log may tell more; give workers fewer "
                "threads, or lower train.batch_size or model.units, and run again"
            ) from None
        if isinstance(reply, str):
            raise UserError(f"execution.scheduler: {reply}")
        return result_of(reply)


def _watch(client: Client, executor: ClusterExecutor, scheduler: str, marker: Path) -> None:
    """Give up when no worker has been heard of for long, all dead or the scheduler mute: dask would wait for ever."""
    seen = time.monotonic()
    while marker.exists():
        with suppress(Exception):  # a scheduler that is gone ends the tasks by itself
            if _within(CHECK_SECONDS, client.nthreads):
                seen = time.monotonic()
        if time.monotonic() - seen > ABANDONED_SECONDS:
            executor.give_up(
                f"the dask scheduler {scheduler} has had no workers, or has not answered, for {ABANDONED_SECONDS} "
                "seconds; start some"
            )
            return
        time.sleep(POLL_SECONDS)


@contextmanager
def _marker() -> Iterator[Path]:
    """A file in this folder that is there as long as the run is."""
    path = Path.cwd() / f".cluster.{secrets.token_hex(4)}{PARTIAL_SUFFIX}"
    path.touch(exist_ok=False)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def _client(scheduler: str) -> Iterator[Client]:
    _silence()
    with dask.config.set({"distributed.comm.timeouts.connect": f"{CONNECT_SECONDS}s"}):
        try:
            asyncio.run(_ask(scheduler))
            client = _within(CHECK_SECONDS, lambda: Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False))
        except (OSError, ValueError, ImportError, MemoryError) as error:
            raise UserError(
                f"execution.scheduler: no dask scheduler answers at {scheduler} ({_reason(error)}); start one with "
                "`dask scheduler`, or set execution.engine to local"
            ) from None
        try:
            yield client
        finally:
            with suppress(Exception):
                client.close(timeout=END_SECONDS)


async def _ask(scheduler: str) -> None:
    """Ask who answers before dask's client does, which would wait for ever for who accepts and is silent.

    Raises:
        OSError: nobody answers in time.
        MemoryError: whoever answers does not speak as dask does: its first bytes are no length.
        ValueError: it is no scheduler.
    """
    async with rpc(scheduler, connection_args=Security().get_connection_args("client")) as there:
        # A second more than dask tries to connect, so that its reason comes first where it has one.
        kind = (await asyncio.wait_for(there.identity(), CONNECT_SECONDS + 1))["type"]
    if kind != "Scheduler":
        raise ValueError(f"a {kind} does")


def _within(seconds: float, call: Callable[[], Answer]) -> Answer:
    """What the call returns, made in a thread that is left alone when it takes longer.

    Raises:
        TimeoutError: it does.
    """
    answer: Future[Answer] = Future()

    def wait() -> None:
        try:
            answer.set_result(call())
        except BaseException as error:  # noqa: BLE001 - it is for whoever asks for the result
            answer.set_exception(error)

    threading.Thread(target=wait, daemon=True).start()
    try:
        return answer.result(seconds)
    except TimeoutError as error:
        raise TimeoutError(str(error) or f"no answer in {seconds} seconds") from None


@contextmanager
def _loss_is_a_sentence(scheduler: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(
            f"execution.scheduler: the dask scheduler {scheduler} or one of its workers was lost while the workers "
            f"were checked ({_reason(error)}); run again when the cluster is up"
        ) from None


def _reason(error: Exception) -> str:
    """The innermost cause in one line."""
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    if isinstance(cause, MemoryError):
        return "something else does, perhaps its dashboard"
    return " ".join(str(cause).split()) or "no answer in time"


def _silence() -> None:
    """What dask logs on the way is told in one sentence at the end, and of versions those that matter are compared."""
    names = [name for name in logging.root.manager.loggerDict if name.split(".")[0] in ("distributed", "tornado")]
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    warnings.filterwarnings("ignore", category=VersionMismatchWarning)


def _wait_for_a_worker(client: Client, scheduler: str) -> None:
    try:
        _within(2 * WORKER_SECONDS, lambda: client.wait_for_workers(1, timeout=WORKER_SECONDS))
    except TimeoutError:
        raise UserError(
            f"execution.scheduler: the dask scheduler {scheduler} had no workers for {WORKER_SECONDS} seconds; start "
            f"some with `dask worker {scheduler}`, or set execution.engine to local"
        ) from None


def _common_versions(client: Client) -> dict[str, str | None]:
    """The versions that the pipeline runs with, which are those of every worker there is.

    dask's own check (`check=True`) only warns, and of packages that change no figure too. The scheduler, which runs
    nothing, has to read what the pipeline's Python pickles.
    """
    versions: Any = _within(CHECK_SECONDS, lambda: client.get_versions(packages=list(PACKAGES)))
    wanted = compared_versions(versions["client"]["packages"])
    scheduler = compared_versions(versions["scheduler"]["packages"])
    problems = [difference("dask scheduler", scheduler, {"python": wanted["python"]})]
    for address, worker in sorted(versions["workers"].items()):
        problems.append(difference(f"worker {address}", compared_versions(worker["packages"]), wanted))
    for problem in filter(None, problems):
        raise UserError(f"execution.scheduler: {problem}")
    return wanted


def _check_folder(client: Client, marker: Path) -> None:
    seen_by = _within(CHECK_SECONDS, lambda: client.run(os.path.isfile, str(marker)))
    for address, seen in sorted(seen_by.items()):
        if not seen:
            raise UserError(f"execution.scheduler: {unseen_folder(f'worker {address}', str(Path.cwd()))}")
