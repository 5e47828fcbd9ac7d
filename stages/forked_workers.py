"""Workers that need not import TensorFlow, forked from a process that has, and that lives as long as `dvc` does.

The import takes seconds, and `dvc repro` runs a dozen stages whose workers need it. The first of these stages starts a
server (stages/fork_server.py); it and those behind it have their workers forked there. The server's socket has an
address in Linux's abstract namespace, so that there is no file to clear away.
"""

import hashlib
import os
import pickle
import queue
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, BinaryIO, cast

from stages.fork_server import READY, owner
from stages.units import result_of

READ_AT_START = ("CUDA", "GLIBC", "KERAS", "LD_", "MALLOC", "MKL", "OMP", "OPENBLAS", "PYTHON", "TF_", "XLA")
"""How the names of environment variables begin that a process, or what it imports, reads once."""


def dvc_above() -> int | None:
    """The number of the `dvc` process that runs this one as a stage: the nearest above that was not told its name.

    None where this is no stage that DVC runs, or on a system that cannot tell or has no fork server.
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


def forked_workers(count: int, prepare: Callable[[], None], dvc: int) -> list[socket.socket]:
    """Connections to new workers, each a process of its own that ends with its connection.

    Args:
        count: how many.
        prepare: a top-level function that does the slow import and begins nothing: no thread, no device.
        dvc: the number of the process that the server ends with.

    Raises:
        OSError: this system cannot do it, or the server did not start.
    """
    address = _address(prepare, dvc)
    connections: list[socket.socket] = []
    try:
        for _ in range(count):
            connections.append(_worker(address, prepare, dvc))
    except BaseException:
        for connection in connections:
            connection.close()
        raise
    return connections


class ForkedExecutor(ThreadPoolExecutor):
    """Sends units to workers; each has a thread here that waits for its answer.

    As a context it waits for its units at the end of the block; when that ends early, the units at work are killed.
    """

    def __init__(self, connections: list[socket.socket]) -> None:
        super().__init__(len(connections))
        self._connections = connections
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        for connection in connections:
            self._idle.put(_Worker(connection))

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have `fn`, a top-level function, called with one picklable argument."""
        (unit,) = args
        return super().submit(self._answer, pickle.dumps((fn, unit)), **kwargs)

    def __exit__(self, kind: Any, *error: Any) -> None:
        if kind is None:
            self.shutdown()
        for connection in self._connections:
            connection.shutdown(socket.SHUT_WR)  # to the worker the end of its units, and its own
        self.shutdown(cancel_futures=True)
        for connection in self._connections:
            while connection.recv(2**16):  # until the worker is gone
                pass
            connection.close()

    def _answer(self, message: bytes) -> Any:
        worker = self._idle.get()
        try:
            return worker.answer(message)
        finally:
            self._idle.put(worker)


class _Worker:
    """What a worker is told and answers."""

    def __init__(self, connection: socket.socket) -> None:
        socket.send_fds(connection, [b"o"], [1, 2])
        self._replies, self._units = (cast(BinaryIO, connection.makefile(mode)) for mode in ("rb", "wb"))
        self._send((str(Path.cwd()), sys.path, dict(os.environ)))

    def answer(self, message: bytes) -> Any:
        """The answer to a unit; raises what the unit raised.

        Raises:
            BrokenProcessPool: the worker is gone.
        """
        try:
            self._send(message)
            reply = pickle.load(self._replies)
        except (EOFError, OSError, pickle.UnpicklingError):
            raise BrokenProcessPool from None
        return result_of(reply)

    def _send(self, message: Any) -> None:
        pickle.dump(message, self._units)
        self._units.flush()


def _worker(address: str, prepare: Callable[[], None], dvc: int) -> socket.socket:
    """A connection to a new worker that is ready, from a new server where none answers: it may be about to end."""
    try:
        return _ready(address)
    except OSError:
        _start_server(address, prepare, dvc)
    return _ready(address)


def _ready(address: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(address)
        if owner(connection) != os.getuid() or connection.recv(1) != READY:
            raise ConnectionRefusedError(f"{address[1:]} is no server of this user's")
    except BaseException:
        connection.close()
        raise
    return connection


def _start_server(address: str, prepare: Callable[[], None], dvc: int) -> None:
    with socket.socket(socket.AF_UNIX) as listener, os.fdopen(os.pidfd_open(dvc)) as process:
        listener.bind(address)
        listener.listen()  # who connects before the server is ready waits
        files = (listener.fileno(), process.fileno())
        names = (prepare.__module__, prepare.__name__)
        subprocess.Popen(
            [sys.executable, "-m", "stages.fork_server", *map(str, files), *names],
            pass_fds=files,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )


def _address(prepare: Callable[[], None], dvc: int) -> str:
    """Where the server listens: one for every `dvc` process, Python, folder, function, and what is read at start."""
    begun = _stat(dvc)[19]
    read = sorted(item for item in os.environ.items() if item[0].startswith(READ_AT_START))
    about = (os.getuid(), dvc, begun, sys.executable, str(Path.cwd()), prepare.__module__, prepare.__name__, read)
    return f"\0padding-impact-{hashlib.sha256(repr(about).encode()).hexdigest()}"


def _stat(pid: int) -> list[str]:
    """What Linux tells of a process behind its name: its state, the number of its parent, … (proc_pid_stat(5))."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
