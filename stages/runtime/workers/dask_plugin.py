"""What runs inside dask's workers. It is sent there by value, so it imports nothing of the project.

A worker keeps one process for each of its threads that is at work (dask_process.py), fresh with every run. dask by
itself would call a task in a thread of the worker, which it cannot kill; which imported the project's code once, in
another folder; and in which tasks side by side share the random numbers and the graph of one TensorFlow, so that their
figures would depend on each other.

No measurement of speed defends this: it is what keeps results equal to those of a local run to the byte, also where a
worker is killed (docs/beyond-one-machine.md, "A cluster"; tests/runtime/test_cluster_pipeline.py). It is off unless
`execution.engine` is dask.
"""

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from distributed import Worker, WorkerPlugin, get_worker

POLL_SECONDS = 0.5

PACKAGES = ("tensorflow", "keras", "numpy", "scipy", "scikit-learn", "pyarrow")
"""What figures and files depend on, beside Python's first two numbers."""


class TaskProcesses(WorkerPlugin):
    """The processes of one run on one worker; every worker has one, those that join later too.

    The run is over when its marker is gone, which also tells a worker that lost the scheduler.
    """

    def __init__(self, name: str, folder: str, code: str, marker: str, wanted: Mapping[str, str | None]) -> None:
        """Describe the run.

        Args:
            name: what the scheduler calls it.
            folder: where the pipeline runs.
            code: the folder that holds the package `stages`.
            marker: a file in the folder that is there as long as the run is.
            wanted: the versions that the pipeline runs with, as `compared_versions` has them.
        """
        self.name = name
        self._folder = folder
        self._code = code
        self._marker = marker
        self._wanted = wanted

    def setup(self, worker: Worker) -> None:
        """Begin to watch whether the run is over."""
        self._worker = worker
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._idle: list[subprocess.Popen[bytes]] = []
        self._busy: dict[Any, subprocess.Popen[bytes]] = {}
        threading.Thread(target=self._watch, daemon=True, name=self.name).start()

    def teardown(self, worker: Worker) -> None:  # noqa: ARG002 - dask passes it
        """End the run: kill its processes and wait until they are gone."""
        with self._lock:
            self._over.set()
            processes = [*self._idle, *self._busy.values()]
            self._idle, self._busy = [], {}
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()

    def answer(self, message: bytes) -> bytes | str:
        """Run a task in a process of the run; its pickled answer, or why this worker must not run it.

        Raises:
            RuntimeError: the process was killed.
        """
        if problem := self._problem():
            return problem
        key = get_worker().get_current_task()
        process = self._taken(key)
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            pickle.dump(message, process.stdin)
            process.stdin.flush()
            reply: bytes = pickle.load(process.stdout)
        except (EOFError, OSError, pickle.UnpicklingError):
            process.kill()
            raise RuntimeError(f"{self._worker.address}: exit code {process.wait()}") from None
        finally:
            with self._lock:
                self._busy.pop(key, None)
        with self._lock:
            if self._over.is_set():
                process.kill()
            else:
                self._idle.append(process)
        return reply

    def _problem(self) -> str | None:
        """What a worker that joined behind the first checks lacks."""
        who = f"worker {self._worker.address}"
        if not Path(self._marker).is_file():
            return unseen_folder(who, self._folder)
        packages = self._worker.versions(packages=list(PACKAGES))["packages"]
        return difference(who, compared_versions(packages), self._wanted)

    def _taken(self, key: Any) -> "subprocess.Popen[bytes]":
        """A process of the run that nobody uses, started where there is none."""
        with self._lock:
            if self._over.is_set():
                raise RuntimeError(f"{self._worker.address}: the run is over")
            while self._idle:
                process = self._idle.pop()
                if process.poll() is None:
                    self._busy[key] = process
                    return process
            path = os.pathsep.join(filter(None, (self._code, os.environ.get("PYTHONPATH"))))
            process = subprocess.Popen(
                [sys.executable, "-m", "stages.runtime.workers.dask_process"],
                cwd=self._folder,
                env={**os.environ, "PYTHONPATH": path},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            self._busy[key] = process
        return process

    def _watch(self) -> None:
        """Kill what nobody waits for any more: tasks that were cancelled, and all when the run is over."""
        while not self._over.wait(POLL_SECONDS):
            if self._is_gone():
                self.teardown(self._worker)
            with self._lock:
                for key, process in self._busy.items():
                    task = self._worker.state.tasks.get(key)
                    if task is None or task.state == "cancelled":
                        process.kill()

    def _is_gone(self) -> bool:
        try:
            Path(self._marker).stat()
        except FileNotFoundError:
            return True
        except OSError:  # a file system that does not answer just now says nothing about the run
            return False
        return False


def compared_versions(packages: Mapping[str, str | None]) -> dict[str, str | None]:
    """Of the versions that dask tells of a process, those that must be the same everywhere."""
    python = ".".join(str(packages["python"]).split(".")[:2])
    return {"python": python, **{name: packages.get(name) for name in PACKAGES}}


def difference(who: str, there: Mapping[str, str | None], wanted: Mapping[str, str | None]) -> str | None:
    """The sentence about the first version that somebody has otherwise than the pipeline; None where all are equal."""
    for package, version in wanted.items():
        if there[package] != version:
            return (
                f"the {who} has {package} {there[package] or 'not at all'}, and the pipeline runs with {version}; "
                "results could differ, so install what requirements.txt lists there and start it again"
            )
    return None


def unseen_folder(who: str, folder: str) -> str:
    """The sentence about a worker that does not see the project's folder."""
    return (
        f"the {who} does not see the folder {folder}; share it with every worker under the same path, or set "
        "execution.engine to local"
    )
