"""What runs inside dask's workers. It is sent there by value, so it imports nothing of the project.

A worker keeps one process for each of its threads that is at work (dask_process.py), fresh with every run.
A unit in a process of its own can be killed, which dask cannot do; it meets the project's folder and code as they are
now; and no two share the random numbers and the graph of one TensorFlow, however many threads a worker has.
"""

import contextlib
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


class Run(WorkerPlugin):
    """The processes of one run on one worker; every worker has one, those that join later too.

    The run is over when its marker is gone, which also tells a worker that lost the scheduler.
    """

    def __init__(self, name: str, folder: str, code: str, marker: str, versions: Mapping[str, str | None]) -> None:
        self.name = name
        self._folder = folder
        self._code = code
        self._marker = marker
        self._versions = versions

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

    def answer(self, message: bytes) -> bytes | None:
        """Run a unit in a process of the run; its pickled answer, or None where this worker does not see the folder.

        Raises:
            RuntimeError: the process was killed.
        """
        if not Path(self._marker).is_file():
            return None
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
        assert process.stdin is not None
        with contextlib.suppress(OSError):  # it ended at once: whoever waits for its answer will see
            pickle.dump((self._worker.address, self._versions), process.stdin)
        return process

    def _watch(self) -> None:
        """Kill what nobody waits for any more: units that were cancelled, and all when the run is over."""
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


def run_unit(run: str, message: bytes) -> bytes | None:
    """Run a unit on the worker that this is called on, as a part of a run."""
    plugin = get_worker().plugins[run]
    return plugin.answer(message)  # type: ignore[attr-defined, no-any-return]
