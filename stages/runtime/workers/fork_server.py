"""A process that has done a slow import once and forks the workers of every stage that one `dvc` command runs.

Without it the cold default run takes 1.16 times as long (benchmarks/RESULTS.md; `python -m benchmarks --only fork`
measures it again). The standard library's fork server ends with its stage and saves 0.2 to 1 s of it.

Started by forked.py with the arguments LISTENER DVC MODULE FUNCTION: the numbers of two inherited files, a listening
socket and the pidfd of the `dvc` process, and the function whose imports the workers share. A worker forgets the
project's modules, so that it runs the code as it stands when the worker begins.
"""

import importlib
import os
import pickle
import selectors
import signal
import socket
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any, BinaryIO, cast

IDLE_SECONDS = 600
"""So long it waits to be asked for a worker: DVC can be used from a process that lives for days."""

READY = b"r"
"""The first byte that a worker sends, with its pidfd."""


def serve(listener: socket.socket, dvc: int) -> None:
    """Fork a worker for every connection, until the process behind `dvc`, a pidfd, is gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # so that no worker stays behind as a zombie
    # OpenBLAS, whose threads Python warns of, ends them before a fork and begins them again behind it.
    warnings.filterwarnings("ignore", message=".*multi-threaded, use of fork", category=DeprecationWarning)
    with selectors.DefaultSelector() as events:
        events.register(listener, selectors.EVENT_READ)
        events.register(dvc, selectors.EVENT_READ)
        while {key.fileobj for key, _ in events.select(IDLE_SECONDS)} == {listener}:
            connection, _ = listener.accept()
            if os.fork() == 0:
                try:
                    listener.close()
                    work(connection)
                except (EOFError, ConnectionError):  # the stage is gone
                    pass
                except BaseException:  # noqa: BLE001 - the stage can only tell that its worker ended
                    traceback.print_exc()
                finally:
                    os._exit(1)
            connection.close()


def work(connection: socket.socket) -> None:
    """In a worker: become a process of the stage that asked, and answer its tasks until it closes the connection.

    The stage's first message is a byte with its standard output and error; its second is its folder, its path of
    modules and its environment.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    socket.send_fds(connection, [READY], [os.pidfd_open(os.getpid())])
    _, outputs, _, _ = socket.recv_fds(connection, 1, 2)
    for number, output in enumerate(outputs, start=1):
        os.dup2(output, number)
        os.close(output)
    cast(Any, sys.stdout).reconfigure(line_buffering=True)  # nothing is written out when a worker ends
    tasks, replies = (cast(BinaryIO, connection.makefile(mode)) for mode in ("rb", "wb"))
    folder, sys.path[:], environment = pickle.load(tasks)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for name in [name for name in sys.modules if name.split(".")[0] == "stages"]:
        del sys.modules[name]
    importlib.import_module("stages.runtime.workers.tasks").answer_tasks(tasks, replies, where="in a worker")


def main(listener: str, dvc: str, module: str, function: str) -> None:
    """Do the import, then serve, and take the socket away; the arguments are those of the command."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the stage hears of it too, and ends its workers
    with socket.socket(fileno=int(listener)) as listening:
        try:
            getattr(importlib.import_module(module), function)()
            serve(listening, int(dvc))
        finally:
            Path(listening.getsockname()).unlink(missing_ok=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
