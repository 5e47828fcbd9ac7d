"""A process of its own beside a dask worker that runs units of work, as a process of the local pool does.

The worker starts it as `python -m stages.cluster_process` in the project's folder, so that relative paths mean there
what they mean where the pipeline runs, and so that the code is the project's as it stands now, not what a worker that
has been up for days imported once. It reads units from standard input, and ends when that is closed or stays silent.
"""

import os
import pickle
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any, BinaryIO

from stages.errors import UserError

PACKAGES = ("tensorflow", "keras", "numpy", "scipy", "scikit-learn", "pyarrow")
"""What figures and files depend on."""

IDLE_SECONDS = 60
"""Without a unit for so long the process ends: who sent the others was killed, or has no more."""


def versions() -> dict[str, str | None]:
    """The version of each of PACKAGES in this process's environment; None where it is not installed."""
    found: dict[str, str | None] = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found


def difference(there: Mapping[str, str | None], here: Mapping[str, str | None]) -> str | None:
    """What a worker has in another version than the pipeline has, in words; None where all are the same."""
    for package, wanted in here.items():
        if there[package] != wanted:
            return f"has {package} {there[package] or 'not at all'}, and the pipeline runs with {wanted}"
    return None


def main(units: BinaryIO, replies: BinaryIO) -> None:
    """Answer units until there are none.

    The first message is the worker's address and the versions that the pipeline runs with; each further one is a
    pickled pair of a function and its argument. Each answer is a pickled pair: "result" and what the function returned,
    or "error" and what it raised.
    """
    messages: queue.Queue[bytes] = queue.Queue()
    address, wanted = pickle.load(units)
    threading.Thread(target=_read, args=(units, messages), daemon=True).start()
    problem = difference(versions(), wanted)
    while True:
        try:
            message = messages.get(timeout=IDLE_SECONDS)
        except queue.Empty:
            return
        reply = _pickled("error", UserError(refusal(f"worker {address}", problem))) if problem else _answer(message)
        pickle.dump(reply, replies)
        replies.flush()


def refusal(who: str, problem: str) -> str:
    """The sentence about a worker whose results could differ."""
    return (
        f"execution.scheduler: the {who} {problem}; results could differ, so install what requirements.txt lists "
        "there and start it again"
    )


def _read(units: BinaryIO, messages: "queue.Queue[bytes]") -> None:
    """Pass the messages on; end the whole process, in the middle of a unit too, when the worker is gone."""
    while True:
        try:
            messages.put(pickle.load(units))
        except (EOFError, OSError):
            os._exit(1)


def _answer(message: bytes) -> bytes:
    try:
        work: Callable[[Any], Any]
        work, unit = pickle.loads(message)
        return _pickled("result", work(unit))
    except BaseException as error:  # noqa: BLE001 - whatever it is, who waits for the answer must hear of it
        return _pickled("error", _sendable(error))


def _pickled(*reply: Any) -> bytes:
    """A reply as bytes, which the worker passes on without the modules that it would need to read them."""
    return pickle.dumps(reply)


def _sendable(error: BaseException) -> BaseException:
    """The error with the traceback that it has here as a note, or one that can be pickled in its place."""
    told = "".join(traceback.format_exception(error))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001 - pickling calls code of any exception there is
        return RuntimeError(told)
    if not isinstance(error, UserError):  # which is a sentence for the user, without where it was raised
        error.add_note(f"on the cluster:\n{told}")
    return error


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C at a worker is for the worker, and is not the unit's error
    # What a library prints must not get between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    main(sys.stdin.buffer, answers)
