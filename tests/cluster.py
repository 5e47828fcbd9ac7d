"""A dask cluster of real processes on loopback, started in a folder that is not the project's; and tasks for it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

SECONDS = 60


class Cluster:
    """A scheduler on a free port and its workers; everything ends with `close`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        self._file = folder / "scheduler.json"
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        eventually(lambda: self._file.exists() and self._file.read_text())  # it exists before it is written
        self.address = json.loads(self._file.read_text())["address"]

    def _start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        with (self.folder / "log").open("ab") as log:
            command = [sys.executable, "-m", "dask", *arguments, "--scheduler-file", str(self._file)]
            process = subprocess.Popen(command, cwd=self.folder, env=environment, stdout=log, stderr=log)
        self._processes.append(process)
        return process

    def start_worker(self, *, threads: int = 1, nanny: bool = False) -> int:
        """Start a worker and wait until the scheduler knows it; the number of the process that does its work."""
        before = self.workers()
        self._start("worker", "--nthreads", str(threads), "--no-dashboard", "--nanny" if nanny else "--no-nanny")
        eventually(lambda: len(self.workers()) > len(before))
        (found,) = self.workers().keys() - before.keys()
        return found

    def workers(self) -> dict[int, str]:
        """The address of every worker by the number of its process."""
        with self.client() as client:
            return {pid: address for address, pid in client.run(os.getpid).items()}

    def client(self) -> Any:
        from distributed import Client

        return Client(self.address, set_as_default=False)

    def close(self) -> None:
        """Kill everything: workers that are told to end wait for a scheduler that ends as well."""
        for process in self._processes:
            if process.poll() is None:
                for child in psutil.Process(process.pid).children(recursive=True):
                    child.kill()
                process.kill()
            process.wait()


def eventually(true: Callable[[], object], seconds: float = SECONDS) -> None:
    """Wait until something is true, and fail when it does not become so."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)


def task_processes(worker: int) -> list[psutil.Process]:
    """The processes beside a worker that run tasks."""
    children = psutil.Process(worker).children()
    return [child for child in children if "stages.runtime.workers.dask_process" in child.cmdline()]


def where(_task: object) -> tuple[int, int, str]:
    """The numbers of the process that runs a task and of its parent, and its folder."""
    time.sleep(0.3)
    return os.getpid(), os.getppid(), str(Path.cwd())


def write_square(number: int) -> tuple[int, int]:
    """Write the square of a number into a file; the number of the worker, and the square."""
    time.sleep(0.5)
    Path(str(number)).write_text(str(number**2))
    return os.getppid(), number**2


def begin_and_sleep(name: str) -> None:
    """Write a file in the project's folder, then sleep for a minute."""
    Path(name).touch()
    time.sleep(SECONDS)


def sleep_the_first_time(name: str) -> int:
    """Write the number of the worker into a file and sleep; where the file is there already, return this worker's."""
    if not Path(name).exists():
        Path(name).write_text(str(os.getppid()))
        time.sleep(SECONDS)
    return os.getppid()


def die(times: tuple[str, int]) -> int:
    """Be killed, a number of times; then the number of times. A file counts them."""
    name, wanted = times
    done = len(Path(name).read_bytes()) if Path(name).exists() else 0
    if done == wanted:
        return done
    with Path(name).open("ab") as file:
        file.write(b".")
    os.kill(os.getpid(), signal.SIGKILL)
    return -1


def kill_the_worker(_task: object) -> None:
    """Kill the worker that this process stands beside."""
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(SECONDS)


def refuse_or_touch(name: str) -> None:
    """Raise a mistake of the user's for the name `wrong`; write a file for any other."""
    from stages.errors import UserError

    if name == "wrong":
        raise UserError("wrong: this is not allowed")
    if name == "fault":
        raise KeyError(name)
    Path(name).touch()
    time.sleep(0.3)
