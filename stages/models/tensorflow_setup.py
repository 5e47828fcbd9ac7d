"""TensorFlow, imported late and set up the same way in every process that trains or runs a model."""

import gc
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

UNUSED = ("matplotlib", "sklearn", "pandas")
"""Keras imports them where they are installed, for wrappers, galleries and tables that no stage gives to it: two fifths
of its start."""


@cache
def prepare_tensorflow() -> None:
    """Import TensorFlow with one thread per process and deterministic ops; later calls do nothing.

    One thread, because the seeds of a cell already fill the cores, and because the order of a sum must not depend on
    how many cores there are; `one_op_after_another` gives it more where params.yaml wants them.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _without_native_chatter(), _without(*UNUSED), _uncollected():
        import keras  # noqa: F401 - while what it would import without need is out of sight
        import tensorflow as tf
    tf.get_logger().setLevel("ERROR")  # a small data set makes it warn about retracing
    # Keras tells of every layer that destroys a mask, whenever it is built: that is what some heads are here to show.
    warnings.filterwarnings("ignore", message="Layer .* was passed an input with a mask attached")
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()


@contextmanager
def one_op_after_another(threads: int = 1) -> Iterator[None]:
    """Let graphs that this block calls run their ops in the thread of the caller, in one fixed order.

    Each op may use `threads`: the same number in a process, for TensorFlow keeps to the first that it works with.

    With one thread there is nothing to schedule, and for the small ops of a recurrent step TensorFlow's scheduler costs
    as much as the ops do. No bit of a result changes, but with recurrent dropout, where gradients are summed in another
    order. With a GPU the usual scheduler stays, for the ops of two devices wait for each other.
    """
    prepare_tensorflow()
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    if has_gpu():
        yield
        return
    with tf.experimental.function_executor_type("SINGLE_THREADED_EXECUTOR"):
        yield


def has_gpu() -> bool:
    """Whether TensorFlow sees a GPU; `prepare_tensorflow` has been called."""
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))


@contextmanager
def _without_native_chatter() -> Iterator[None]:
    """Silence file descriptor 2: TensorFlow's C++ logs a page at import before any log level applies.

    A Python error of the import is raised behind this block and so is still seen.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Collect no garbage, and never look through what the block makes again: modules are kept, and are many."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def _without(*names: str) -> Iterator[None]:
    """Let packages that are not loaded yet seem not to be installed."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
