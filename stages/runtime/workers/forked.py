"""Workers that need not import TensorFlow, forked from a process that has.

The first stage of a `dvc` command that needs workers starts a server (fork_server.py); it and those behind it have
theirs forked there. The server ends with `dvc`. Where `execution.fork_server` is false, workers are spawned processes.
"""

import hashlib
import inspect
import os
import pickle
import queue
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

from stages.runtime.workers import fork_server
from stages.runtime.workers.fork_server import READY
from stages.runtime.workers.tasks import result_of

START_SECONDS = 120
"""How long a stage waits for the server's import and for a worker."""


def dvc_above() -> int | None:
    """PID of the `dvc` process that runs this one as a stage: the nearest ancestor whose environment lacks DVC_STAGE.

    DVC gives that variable, the stage's name, to what it starts. None where it is not set, or on a system without
    pidfds or /proc, which the fork server needs.
    """
    stage = os.environ.get("DVC_STAGE")
    if not stage or not hasattr(os, "pidfd_open"):
        return None
    pid = os.getpid()
    try:
        while f"DVC_STAGE={stage}".encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
            pid = int(_stat(pid)[1])
    except OSError:
        return None
    return pid


class ForkedExecutor(ThreadPoolExecutor):
    """Sends tasks to forked workers; each has a thread here that waits for its answer.

    As a context it waits for its tasks at the end of the block; when that ends early, the workers are killed.
    """

    def __init__(self, workers: int, prepare: Callable[[], None], dvc: int) -> None:
        """Have workers forked.

        Args:
            workers: how many.
            prepare: a top-level function that does the slow import and begins nothing: no thread, no device.
            dvc: the number of the process that the server ends with.

        Raises:
            OSError: this system cannot do it, or the server did not start.
        """
        super().__init__(workers)
        address = _address(prepare, dvc)
        self._workers: list[_Worker] = []
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        try:
            for _ in range(workers):
                self._workers.append(_forked(address, prepare, dvc))
                self._idle.put(self._workers[-1])
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have `fn`, a top-level function, called with one picklable argument."""
        (task,) = args
        return super().submit(self._answer, pickle.dumps((fn, task)), **kwargs)

    def __exit__(self, kind: Any, *error: Any) -> None:
        if kind is None:
            self.shutdown()
        for worker in self._workers:
            worker.kill()
        self.shutdown(cancel_futures=True)
        for worker in self._workers:
            worker.wait()

    def _answer(self, message: bytes) -> Any:
        worker = self._idle.get()
        try:
            return worker.answer(message)
        finally:
            self._idle.put(worker)


class _Worker:
    """What a worker is told and answers."""

    def __init__(self, address: str) -> None:
        self._connection = socket.socket(socket.AF_UNIX)
        try:
            self._connection.settimeout(START_SECONDS)
            self._connection.connect(address)
            said, files, _, _ = socket.recv_fds(self._connection, len(READY), 1)
            if said != READY or not files:
                raise ConnectionResetError(f"{address}: the server ended")
            self._connection.settimeout(None)
            self._process = files[0]
            socket.send_fds(self._connection, [b"o"], [1, 2])
            self._replies, self._tasks = (cast(BinaryIO, self._connection.makefile(mode)) for mode in ("rb", "wb"))
            self._send((str(Path.cwd()), sys.path, dict(os.environ)))
        except BaseException:
            self._connection.close()
            raise

    def answer(self, message: bytes) -> Any:
        """The answer to a task; raises what the task raised.

        Raises:
            BrokenProcessPool: the worker is gone.
        """
        try:
            self._send(message)
            reply = pickle.load(self._replies)
        except (EOFError, OSError, pickle.UnpicklingError):
            raise BrokenProcessPool from None
        return result_of(reply)

    def kill(self) -> None:
        """End the worker, in the middle of a task too."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._process, signal.SIGKILL)

    def wait(self) -> None:
        """Return when the worker is gone, with its end of the connection."""
        with suppress(OSError):
            while self._connection.recv(2**16):
                pass
        # A socket stays open while a file made of it is, and Python 3.13 warns of it when both are forgotten.
        for file in (self._tasks, self._replies):
            with suppress(OSError):
                file.close()
        self._connection.close()
        os.close(self._process)

    def _send(self, message: Any) -> None:
        pickle.dump(message, self._tasks)
        self._tasks.flush()


def _forked(address: str, prepare: Callable[[], None], dvc: int) -> _Worker:
    """A new worker, from a new server where none answers: it may be about to end."""
    try:
        return _Worker(address)
    except (ConnectionError, FileNotFoundError):
        Path(address).unlink(missing_ok=True)  # who is killed leaves its socket
    _start_server(address, prepare, dvc)
    return _Worker(address)


def _start_server(address: str, prepare: Callable[[], None], dvc: int) -> None:
    with socket.socket(socket.AF_UNIX) as listener, os.fdopen(os.pidfd_open(dvc)) as process:
        listener.bind(address)
        listener.listen()  # who connects before the server is ready waits
        files = (listener.fileno(), process.fileno())
        subprocess.Popen(
            [sys.executable, "-m", fork_server.__name__, *map(str, files), prepare.__module__, prepare.__name__],
            pass_fds=files,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )


def _address(prepare: Callable[[], None], dvc: int) -> str:
    """Where the server listens: one for every `dvc` process, and for all that could make its workers others.

    Whoever can connect can have code run, so the socket is in a folder that is closed to other users.

    Raises:
        PermissionError: the folder is not this user's alone.
    """
    folder = Path(tempfile.gettempdir()) / f"padding-impact-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if status.st_uid != os.getuid() or status.st_mode & 0o777 != 0o700 or folder.is_symlink():
        raise PermissionError(f"{folder} is open to others")
    environment = sorted(item for item in os.environ.items() if item[0] != "DVC_STAGE")
    code = [Path(inspect.getfile(module)).read_bytes() for module in (sys.modules[prepare.__module__], fork_server)]
    about = (_stat(dvc)[19], sys.executable, str(Path.cwd()), environment, prepare.__qualname__, code)
    return str(folder / f"{dvc}.{hashlib.sha256(repr(about).encode()).hexdigest()[:32]}")


def _stat(pid: int) -> list[str]:
    """What Linux tells of a process behind its name: its state, the number of its parent, … (proc_pid_stat(5))."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
