"""A process that has done a slow import once and forks the workers of every stage that one `dvc` command runs.

Started by the first stage that asks for workers (stages/forked_workers.py), as
`python -m stages.fork_server LISTENER DVC MODULE FUNCTION`: the numbers of two inherited files, a listening socket and
the pidfd of the `dvc` process, and the function whose imports the workers share. It calls nothing else, and a worker
forgets the project's modules, so that it runs the code as it stands when the worker begins.
"""

import importlib
import os
import pickle
import selectors
import signal
import socket
import struct
import sys
import warnings
from typing import BinaryIO, cast

from stages.units import answer_units

IDLE_SECONDS = 600
"""So long it waits to be asked for a worker: DVC can be used from a process that lives for days."""

READY = b"r"
"""The first byte that a worker sends."""


def serve(listener: socket.socket, dvc: int) -> None:
    """Fork a worker for every process of this user that connects, until the one behind `dvc`, a pidfd, is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the stage hears of it too, and ends its workers
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # so that no worker stays behind as a zombie
    # OpenBLAS, whose threads Python warns of, ends them before a fork and begins them again behind it.
    warnings.filterwarnings("ignore", message=".*multi-threaded, use of fork", category=DeprecationWarning)
    with selectors.DefaultSelector() as events:
        events.register(listener, selectors.EVENT_READ)
        events.register(dvc, selectors.EVENT_READ)
        while {key.fileobj for key, _ in events.select(IDLE_SECONDS)} == {listener}:
            connection, _ = listener.accept()
            if owner(connection) == os.getuid() and os.fork() == 0:
                listener.close()
                work(connection)
            connection.close()


def owner(connection: socket.socket) -> int:
    """The number of the user whose process is at the other end."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return cast(int, struct.unpack("3i", credentials)[1])


def work(connection: socket.socket) -> None:
    """In a worker: become a process of the stage that asked, and answer its units until it closes the connection.

    The first message is a byte with the stage's standard output and error; the second is its folder, its path of
    modules and its environment.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    connection.sendall(READY)
    _, outputs, _, _ = socket.recv_fds(connection, 1, 2)
    for number, output in enumerate(outputs, start=1):
        os.dup2(output, number)
        os.close(output)
    units, replies = (cast(BinaryIO, connection.makefile(mode)) for mode in ("rb", "wb"))
    folder, sys.path[:], environment = pickle.load(units)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for name in [name for name in sys.modules if name.split(".")[0] == "stages"]:
        del sys.modules[name]
    answer_units(units, replies, where="in a worker")


def main(listener: str, dvc: str, module: str, function: str) -> None:
    """Do the import, then serve; the arguments are those of the command."""
    getattr(importlib.import_module(module), function)()
    serve(socket.socket(fileno=int(listener)), int(dvc))


if __name__ == "__main__":
    main(*sys.argv[1:])
