"""One run of a model, call by call: what every layer got, which mask it was handed, what it gave.

Keras has no public hook around the calls of layers (3.15), so `Layer.__call__` and `Operation.__call__` are wrapped
while a model runs, and restored on every way out. A layer's call ends in `Operation.__call__`, which therefore sees
the mask that Keras hands to it; operations of a graph that are no layers (`multiply`, a slice) are called there alone.
"""

import inspect
import threading
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import keras
import numpy as np

from .errors import AuditError
from .facts import EPSILON
from .files import first_line

LOCK = threading.Lock()
DESTROYS = "destroy the mask information"


@dataclass
class Call:
    """One call of a layer or operation."""

    operation: Any
    path: str
    number: int
    """Counts from 1 for every path."""
    inputs: list[Any]
    """The tensors among its arguments, masks left out."""
    arriving: list[Any]
    """The mask that each of them carries, or None."""
    behind: list[int] = field(default_factory=list)
    """For each of them, how many calls had ended when it was first seen: 0 for what the model is given."""
    handed: list[Any] = field(default_factory=list)
    """The masks that `call` was given."""
    outputs: list[Any] = field(default_factory=list)
    """Without those of a graph that nothing reads, as the states of a recurrent layer may be."""
    masks: list[Any] = field(default_factory=list)
    """The mask that each output carries, or None."""
    cleared: list[Any] = field(default_factory=list)
    """The inputs whose mask it took away, as MultiHeadAttention does."""
    warned: bool = False
    """Whether Keras said that it destroys the mask."""
    outer: list[Any] = field(default_factory=list)
    """The layers in whose call this call was made, from the outermost."""

    @property
    def name(self) -> str:
        """The layer's name."""
        return str(self.operation.name)

    @property
    def type(self) -> str:
        """The layer's class, or `op` and the operation's."""
        return type(self.operation).__name__

    @property
    def is_layer(self) -> bool:
        """False for an operation of the graph that is no layer."""
        return isinstance(self.operation, keras.layers.Layer)


def recorded(model: Any, inputs: Any, jitter: np.random.Generator | None = None) -> tuple[Any, list[Call]]:
    """What a model gives for inputs, and its calls in the order in which they ended.

    Layers of Keras are one call each, whatever they call themselves (a recurrent layer its cell, once a step); models
    and layers of the user's are opened. Calls from other threads are not recorded.

    Args:
        model: a keras.Model, built or not.
        inputs: a tensor or a structure of them, as the model takes it.
        jitter: moves every value that a call gives by up to one rounding, so that later ones show what roundings do.

    Raises:
        AuditError: the model cannot read the inputs.
    """
    recorder = _Recorder(model, jitter)
    with LOCK, recorder.watching(), warnings.catch_warnings():
        warnings.simplefilter("always")
        try:
            outputs = model(inputs, training=False)
        except Exception as error:
            raise AuditError(f"{recorder.where} cannot read these inputs: {first_line(error)}") from error
    if _is_graph(model):
        _leave_out_unread(recorder.calls, keras.tree.flatten(outputs))
    return outputs, recorder.calls


def _is_graph(model: Any) -> bool:
    """Whether no code of the user's stands between the calls of a model."""
    return type(model).__module__.startswith("keras.src.")


def _leave_out_unread(calls: list[Call], given: list[Any]) -> None:
    """Take the outputs that nothing reads from a graph's calls, but not from the calls inside of these."""
    read = {id(tensor) for call in calls for tensor in (*call.inputs, *call.handed)} | {id(tensor) for tensor in given}
    for call in calls:
        pairs = [pair for pair in zip(call.outputs, call.masks, strict=True) if id(pair[0]) in read]
        if pairs and not call.outer:
            call.outputs, call.masks = map(list, zip(*pairs, strict=True))


def mask_of(tensor: Any) -> Any:
    """The mask that a tensor carries, or None."""
    return keras.src.backend.get_keras_mask(tensor)


class _Recorder:
    """What is known while a model runs."""

    def __init__(self, model: Any, jitter: np.random.Generator | None) -> None:
        self.model = model
        self.jitter = jitter
        self.calls: list[Call] = []
        self.open: list[Call] = []
        self.counts: Counter[str] = Counter()
        self.given: list[Any] = []
        self.seen: dict[int, int] = {}
        self.thread = threading.get_ident()
        self.failed = ""

    @property
    def where(self) -> str:
        """The innermost layer at which the run ended."""
        return self.failed or f"the model `{self.model.name}`"

    @contextmanager
    def watching(self) -> Iterator[None]:
        layer_call, operation_call = keras.layers.Layer.__call__, keras.Operation.__call__
        recorder = self

        def call_layer(layer: Any, *args: Any, **kwargs: Any) -> Any:
            if not recorder.records(layer):
                return layer_call(layer, *args, **kwargs)
            return recorder.layer(layer, layer_call, args, kwargs)

        def call_operation(operation: Any, *args: Any, **kwargs: Any) -> Any:
            if threading.get_ident() != recorder.thread:
                pass
            elif operation is recorder.model:
                recorder.given = tensors_among(operation, args, kwargs)
                recorder.behind(recorder.given)
            elif recorder.open and recorder.open[-1].operation is operation:
                recorder.open[-1].handed = masks_among(operation, args, kwargs)
            elif recorder.records(operation) and not isinstance(operation, keras.layers.Layer):
                return recorder.layer(operation, operation_call, args, kwargs)
            return operation_call(operation, *args, **kwargs)

        keras.layers.Layer.__call__, keras.Operation.__call__ = call_layer, call_operation
        try:
            yield
        finally:
            keras.layers.Layer.__call__, keras.Operation.__call__ = layer_call, operation_call

    def records(self, operation: Any) -> bool:
        if operation is self.model or threading.get_ident() != self.thread:
            return False
        return all(is_open(call.operation) for call in self.open)

    def behind(self, tensors: list[Any]) -> list[int]:
        # Between the calls of a graph nothing is made: what was not seen before is a copy of what the model is given.
        in_a_graph = not self.open and _is_graph(self.model)
        return [self.seen.setdefault(id(tensor), 0 if in_a_graph else len(self.calls)) for tensor in tensors]

    def layer(self, layer: Any, function: Any, args: Any, kwargs: Any) -> Any:
        path = "/".join([*(call.name for call in self.open), str(layer.name)])
        self.counts[path] += 1
        inputs = tensors_among(layer, args, kwargs)
        masks, outer = [mask_of(tensor) for tensor in inputs], [call.operation for call in self.open]
        call = Call(layer, path, self.counts[path], inputs, masks, self.behind(inputs), outer=outer)
        self.open.append(call)
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            try:
                outputs = function(layer, *args, **kwargs)
            except Exception:
                self.failed = self.failed or f"layer `{path}` ({type(layer).__name__}){_odd_mask(call)}"
                raise
            finally:
                self.open.pop()
        call.warned = any(
            DESTROYS in str(warning.message) and f"'{layer.name}'" in str(warning.message) for warning in heard
        )
        if self.jitter is not None:
            outputs = keras.tree.map_structure(partial(_rounded, self.jitter), outputs)
        call.outputs = [tensor for tensor in keras.tree.flatten(outputs) if _is_tensor(tensor)]
        call.masks = [mask_of(tensor) for tensor in call.outputs]
        carried = zip(inputs, call.arriving, strict=True)
        call.cleared = [tensor for tensor, mask in carried if mask is not None and mask_of(tensor) is None]
        self.calls.append(call)
        return outputs


def _rounded(jitter: np.random.Generator, tensor: Any) -> Any:
    """A tensor with the same mask, each of its values moved by up to one rounding."""
    if not _is_tensor(tensor) or (dtype := keras.backend.standardize_dtype(tensor.dtype)) not in EPSILON:
        return tensor
    factors = 1 + EPSILON[dtype] * jitter.uniform(-1, 1, tuple(tensor.shape))
    moved = tensor * keras.ops.cast(factors, dtype)
    keras.src.backend.set_keras_mask(moved, mask_of(tensor))
    return moved


def is_open(operation: Any) -> bool:
    """Whether the calls inside of a layer are shown: those of models and of layers that Keras does not provide."""
    return isinstance(operation, keras.Model) or not type(operation).__module__.startswith("keras.src.")


def masks_among(operation: Any, args: Any, kwargs: Any) -> list[Any]:
    """The masks among the arguments of a call."""
    named = _named(operation, args, kwargs)
    leaves = keras.tree.flatten({name: value for name, value in named.items() if _is_mask(name)})
    return [leaf for leaf in leaves if _is_tensor(leaf)]


def tensors_among(operation: Any, args: Any, kwargs: Any) -> list[Any]:
    """The tensors among the arguments of a call, but for masks."""
    named = _named(operation, args, kwargs)
    leaves = keras.tree.flatten([value for name, value in named.items() if not _is_mask(name)])
    return [leaf for leaf in leaves if _is_tensor(leaf)]


def _named(operation: Any, args: Any, kwargs: Any) -> dict[str, Any]:
    try:
        bound = inspect.signature(operation.call).bind_partial(*args, **kwargs)
    except TypeError:
        return {**{f"argument {i}": value for i, value in enumerate(args)}, **kwargs}
    return dict(bound.arguments)


def _is_mask(name: str) -> bool:
    return name == "mask" or name.endswith("_mask")


def _is_tensor(value: Any) -> bool:
    return isinstance(value, np.ndarray) or keras.ops.is_tensor(value)


def _odd_mask(call: Call) -> str:
    """What to say of a mask that no layer over steps can use, as TimeDistributed hands on that of the inner steps."""
    ranks = [len(mask.shape) for mask in call.arriving if mask is not None and len(mask.shape) > 2]
    return f", which a mask of {ranks[0]} axes reaches in place of (texts, steps)," if ranks else ""
