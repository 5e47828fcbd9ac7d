"""TensorFlow, imported late and set up the same way in every process that trains or runs a model."""

import os
from functools import cache


@cache
def prepare_tensorflow() -> None:
    """Import TensorFlow with one thread per process and deterministic ops; later calls do nothing.

    One thread, because the seeds of a cell already fill the cores, and because the order of a sum must not depend on
    how many cores there are.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
