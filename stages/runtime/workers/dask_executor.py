"""The units of work on a dask cluster that shares a file system with the pipeline.

Nothing but paths and small values travels: the units read and write the project's folder. dask decides which worker
runs what, and runs a unit again when its worker dies; the unit itself runs in a process beside the worker
(stages/runtime/workers/dask_plugin.py).
"""

import importlib.metadata
import logging
import os
import pickle
import platform
import secrets
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import cloudpickle
import dask
from distributed import Client, KilledWorker
from distributed.versions import VersionMismatchWarning

import stages
from stages.errors import UserError
from stages.runtime.files import PARTIAL_SUFFIX
from stages.runtime.workers import dask_plugin
from stages.runtime.workers.dask_plugin import Run, run_unit
from stages.runtime.workers.dask_process import PACKAGES, difference, refusal, versions
from stages.runtime.workers.tasks import result_of

CONNECT_SECONDS = 8
END_SECONDS = 10
POLL_SECONDS = 5

WORKER_SECONDS = 60
"""How long a run waits for its first worker."""

ABANDONED_SECONDS = 300
"""How long it waits for another one when the last has died."""

RETRIES = 2
"""How often a unit is begun again when its process was killed and its worker was not."""

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
        run = Run(name, str(Path.cwd()), code, str(marker), versions())
        try:
            with _loss_is_a_sentence(scheduler):
                _check_workers(client, scheduler, marker)
                client.register_plugin(run, name=name)
            executor = ClusterExecutor(client.get_executor(pure=False, retries=RETRIES), name, scheduler)
            threading.Thread(target=_watch, args=(client, executor, scheduler, marker), daemon=True).start()
            yield executor
        finally:
            marker.unlink(missing_ok=True)
            # The workers kill their processes when they see the marker gone; this waits until they did.
            with suppress(Exception):
                client.sync(client._unregister_worker_plugin, name=name, callback_timeout=END_SECONDS)


class ClusterExecutor(Executor):
    """Sends units to the processes beside the workers and brings back what they return or raise."""

    def __init__(self, workers: Executor, run: str, scheduler: str) -> None:
        self._workers = workers
        self._run = run
        self._scheduler = scheduler
        self._run_unit = _ByValue(run_unit)
        self._lock = threading.Lock()
        self._waiting: set[Future[Any]] = set()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have `fn`, a top-level function, called with one picklable argument."""
        (unit,) = args
        inner = self._workers.submit(self._run_unit, self._run, pickle.dumps((fn, unit)), **kwargs)
        outer: Future[Any] = Future()
        self._waiting.add(outer)
        outer.add_done_callback(lambda future: future.cancelled() and inner.cancel())
        inner.add_done_callback(lambda _: self._hand_over(inner, outer))
        return outer

    def give_up(self, error: Exception) -> None:
        """End every unit that is not done yet with an error."""
        for outer in list(self._waiting):
            if self._begins_to_end(outer):
                outer.set_exception(error)

    def _begins_to_end(self, outer: Future[Any]) -> bool:
        """Whether the caller, and nobody else, may say how a future ends."""
        with self._lock:
            mine = outer in self._waiting
            self._waiting.discard(outer)
        return mine and outer.set_running_or_notify_cancel()

    def _hand_over(self, inner: "Future[bytes | None]", outer: Future[Any]) -> None:
        if not self._begins_to_end(outer):
            return
        try:
            outer.set_result(self._result(inner))
        except BaseException as error:  # noqa: BLE001 - it is for whoever asks for the result
            outer.set_exception(error)

    def _result(self, inner: "Future[bytes | None]") -> Any:
        try:
            reply = inner.result()
        except CancelledError:
            raise UserError(
                f"execution.scheduler: the dask scheduler {self._scheduler} was lost in the middle of the work; "
                "start it and its workers and run again"
            ) from None
        except KilledWorker as error:
            raise UserError(
                f"execution.engine: {error.allowed_failures + 1} workers died one after another over the same unit, "
                f"the last of them {error.last_worker.address}, most likely because memory ran out; give them more, "
                "or lower train.batch_size or model.units, and run again"
            ) from None
        except RuntimeError as error:
            raise UserError(
                f"execution.engine: a unit's process was killed {RETRIES + 1} times, at last beside the worker "
                f"{error}, most likely because memory ran out; the worker's log may tell more; give workers fewer "
                "threads, or lower train.batch_size or model.units, and run again"
            ) from None
        if reply is None:
            raise UserError(_unseen("a worker"))
        return result_of(reply)


def _watch(client: Client, executor: ClusterExecutor, scheduler: str, marker: Path) -> None:
    """Give up when all workers died and none came in their place: dask would wait for ever."""
    seen = time.monotonic()
    while marker.exists():
        with suppress(Exception):  # a scheduler that does not answer ends the units by itself
            if client.nthreads():
                seen = time.monotonic()
        if time.monotonic() - seen > ABANDONED_SECONDS:
            sentence = f"has had no workers for {ABANDONED_SECONDS} seconds; start some and run again"
            executor.give_up(UserError(f"execution.scheduler: the dask scheduler {scheduler} {sentence}"))
            return
        time.sleep(POLL_SECONDS)


class _ByValue:
    """A function that is pickled with its code, for a worker (and a scheduler) that cannot import its module."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.__name__ = function.__name__
        self._function = function
        self._code = cloudpickle.dumps(function)

    def __call__(self, *args: Any) -> Any:
        return self._function(*args)

    def __reduce__(self) -> tuple[Callable[[bytes], Any], tuple[bytes]]:
        return cloudpickle.loads, (self._code,)


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
            client = Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError, ImportError) as error:
            raise UserError(
                f"execution.scheduler: no dask scheduler answers at {scheduler} ({_reason(error)}); start one with "
                "`dask scheduler`, or set execution.engine to local"
            ) from None
        try:
            yield client
        finally:
            with suppress(Exception):
                client.close(timeout=END_SECONDS)


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
    return " ".join(str(cause).split()) or type(cause).__name__


def _silence() -> None:
    """What dask logs on the way is told in one sentence at the end, and versions are compared here."""
    names = [name for name in logging.root.manager.loggerDict if name.split(".")[0] in ("distributed", "tornado")]
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    warnings.filterwarnings("ignore", category=VersionMismatchWarning)


def _check_workers(client: Client, scheduler: str, marker: Path) -> None:
    """Refuse a cluster whose results could differ, or that cannot reach the project's folder.

    Functions of the standard library ask, which every Python can read.
    """
    try:
        client.wait_for_workers(1, timeout=WORKER_SECONDS)
    except TimeoutError:
        raise UserError(
            f"execution.scheduler: the dask scheduler {scheduler} had no workers for {WORKER_SECONDS} seconds; start "
            f"some with `dask worker {scheduler}`, or set execution.engine to local"
        ) from None
    _check_pythons({"scheduler": client.run_on_scheduler(platform.python_version)}, "dask")
    _check_pythons(client.run(platform.python_version), "worker")
    installed: dict[str, dict[str, str | None]] = {}
    for package in PACKAGES:
        for address, found in client.run(importlib.metadata.version, package, on_error="return").items():
            installed.setdefault(address, dict.fromkeys(PACKAGES))[package] = found if isinstance(found, str) else None
    for address, there in sorted(installed.items()):
        if problem := difference(there, versions()):
            raise UserError(refusal(f"worker {address}", problem))
    for address, seen in sorted(client.run(os.path.isfile, str(marker)).items()):
        if not seen:
            raise UserError(_unseen(f"the worker {address}"))


def _check_pythons(pythons: dict[str, str], kind: str) -> None:
    here = platform.python_version()
    for name, there in sorted(pythons.items()):
        if there.split(".")[:2] != here.split(".")[:2]:
            raise UserError(refusal(f"{kind} {name}", f"runs Python {there}, and the pipeline runs {here}"))


def _unseen(who: str) -> str:
    return (
        f"execution.scheduler: {who} does not see the folder {Path.cwd()}; share it with every worker under the same "
        "path, or set execution.engine to local"
    )
