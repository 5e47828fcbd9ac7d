"""Predictions from the compiled form of a model, at any width."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import keras
import numpy as np

from .following import array_of
from .subjects import Subject

Predict = Callable[[Sequence[Any]], list[np.ndarray]]


@contextmanager
def predicting(subject: Subject) -> Iterator[Predict]:
    """A function from arrays, one an input, to what a model gives for them, one array an output.

    It runs the model's compiled form; unrolled layers, which need to know the width, run as they are. The model's own
    compiled form is put back in the end, as the one made here has read several widths.
    """
    model = subject.model
    layers = list(model._flatten_layers())
    distributed = [layer for layer in layers if isinstance(layer, keras.layers.TimeDistributed)]
    as_it_is = any(getattr(layer, "unroll", False) for layer in layers) or not all(map(_reads_rows_alone, distributed))

    def predict(arrays: Sequence[Any]) -> list[np.ndarray]:
        subject.reset()
        inputs = subject.pack(arrays)
        outputs = model(inputs, training=False) if as_it_is else model.predict_on_batch(inputs)
        return [array_of(tensor) for tensor in keras.tree.flatten(outputs)]

    before, model.predict_function = model.predict_function, None
    log = logging.getLogger("tensorflow")  # it warns of the few widths for which the model is compiled
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with ExitStack() as stack:
            for layer in [] if as_it_is else distributed:
                stack.enter_context(_folded(layer))
            yield predict
    finally:
        log.setLevel(level)
        model.predict_function = before


def _reads_rows_alone(distributed: Any) -> bool:
    """Whether the layer that reads every step is known to treat each row of a batch alone, and keeps no state."""
    inner = [layer for layer in distributed._flatten_layers() if layer is not distributed]
    own = all(type(layer).__module__.startswith("keras.src.") for layer in inner)
    return own and not any(isinstance(x, keras.layers.Lambda) or getattr(x, "stateful", False) for x in inner)


@contextmanager
def _folded(distributed: Any) -> Iterator[None]:
    """While it is open, a TimeDistributed layer reads the steps of all texts as rows of one batch.

    That of Keras 3.15 calls its layer once a step, or, where the width is not known when it is compiled, as many times
    as there are texts, which is wrong.
    """
    inner = distributed.layer

    def call(inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        options = {"training": training} if inner._call_has_training_arg else {}
        if inner._call_has_mask_arg and mask is not None:
            options["mask"] = _of_every_step(mask)
        outputs = inner.call(_of_every_step(inputs), **options)
        return keras.ops.reshape(outputs, (-1, keras.ops.shape(inputs)[1], *keras.ops.shape(outputs)[1:]))

    distributed.call = call
    try:
        yield
    finally:
        del distributed.call


def _of_every_step(tensor: Any) -> Any:
    """From (texts, steps, …) to (texts · steps, …)."""
    return keras.ops.reshape(tensor, (-1, *keras.ops.shape(tensor)[2:]))
