"""Tasks that travel as bytes: how a process answers them, and how what it answers is read.

A task is a pickled pair of a function and its argument. Its answer is a pickled pair: "result" and what the function
returned, or "error" and what it raised.
"""

import os
import pickle
import queue
import threading
import traceback
from collections.abc import Callable
from typing import Any, BinaryIO

from stages.errors import UserError


def answer_tasks(tasks: BinaryIO, replies: BinaryIO, *, where: str, idle: float | None = None) -> None:
    """Answer pickled tasks until there are none; the whole process ends, in the middle of a task too, with its asker.

    Args:
        tasks: where the tasks come from, each as pickled bytes.
        replies: where the answers go.
        where: what tells a traceback apart from one of the asker.
        idle: seconds without a task after which the process stops; None waits for ever.
    """
    messages: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=_read, args=(tasks, messages), daemon=True).start()
    while True:
        try:
            message = messages.get(timeout=idle)
        except queue.Empty:
            return
        pickle.dump(_answer(message, where), replies)
        replies.flush()


def result_of(reply: bytes) -> Any:
    """What the function returned, or what it raised, raised here."""
    kind, value = pickle.loads(reply)
    if kind == "error":
        raise value
    return value


def _read(tasks: BinaryIO, messages: "queue.Queue[bytes]") -> None:
    try:
        while True:
            messages.put(pickle.load(tasks))
    finally:
        os._exit(1)


def _answer(message: bytes, where: str) -> bytes:
    try:
        work: Callable[[Any], Any]
        work, task = pickle.loads(message)
        return pickle.dumps(("result", work(task)))
    except BaseException as error:  # noqa: BLE001 - whatever it is, who waits for the answer must hear of it
        return pickle.dumps(("error", _sendable(error, where)))


def _sendable(error: BaseException, where: str) -> BaseException:
    """The error with the traceback that it has here as a note, or one that can be pickled in its place."""
    told = "".join(traceback.format_exception(error))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001 - pickling calls code of any exception there is
        return RuntimeError(told)
    if not isinstance(error, UserError):  # which is a sentence for the user, without where it was raised
        error.add_note(f"{where}:\n{told}")
    return error
