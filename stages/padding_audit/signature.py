"""What a model reads: which of its inputs carry time, what their padding is, how wide they may be."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from .errors import AuditError
from .result import InputFacts

TOKENS, NUMBERS, STRINGS, FIXED = "tokens", "numbers", "strings", "fixed"
READS_STEPS = (
    keras.layers.RNN,
    keras.layers.Bidirectional,
    keras.layers.TimeDistributed,
    keras.layers.Masking,
    keras.layers.Conv1D,
    keras.layers.SeparableConv1D,
    keras.layers.MultiHeadAttention,
    keras.layers.Attention,
    keras.layers.AdditiveAttention,
    keras.layers.MaxPooling1D,
    keras.layers.AveragePooling1D,
    keras.layers.GlobalMaxPooling1D,
    keras.layers.GlobalAveragePooling1D,
)
"""Layers whose input of rank 3 is (batch, time, features)."""


@dataclass(frozen=True)
class Input:
    """One input, and what values it may hold."""

    facts: InputFacts
    shape: tuple[int | None, ...]
    """Without the axis of the batch."""
    dtype: str
    largest: int | None
    """The largest token id that an embedding has a row for; None for other kinds."""
    smallest: int = 1
    """The smallest token id that is a word's."""

    @property
    def carries_time(self) -> bool:
        """Whether it can be padded."""
        return self.facts.kind != FIXED


def signature(
    model: Any,
    *,
    names: Sequence[str] | None = None,
    pad_values: Mapping[str, Any] | None = None,
    time_inputs: Sequence[str] | None = None,
) -> list[Input]:
    """The inputs of a model, in the order in which it takes them.

    Args:
        model: Functional, Sequential, or a subclass that was built from a `keras.Input`.
        names: of the inputs, where the user knows them by others than the graph does.
        pad_values: by the input's name; else that of the Masking layer which reads it, else 0.
        time_inputs: names of the inputs that carry time; else those that a recurrent, embedding, masking, pooling,
            attention or convolution layer reads.

    Raises:
        AuditError: the model does not say what it reads, or a name is none of its inputs.
    """
    tensors = getattr(model, "inputs", None) if isinstance(model, (keras.Sequential, keras.Model)) else None
    if not tensors:
        raise AuditError(
            f"the model `{model.name}` does not say what it reads, as models with a `call` of their own do not; "
            "give a batch of data"
        )
    known = names or [tensor.name for tensor in tensors]
    if unknown := {*(pad_values or {}), *(time_inputs or ())} - {*known}:
        raise AuditError(f"`{sorted(unknown)[0]}` is no input of the model; its inputs are: {', '.join(known)}")
    return [
        _input(name, tensor, list(readers(model, tensor)), (pad_values or {}).get(name), time_inputs)
        for name, tensor in zip(known, tensors, strict=True)
    ]


def readers(model: Any, tensor: Any) -> Iterator[Any]:
    """The layers behind a tensor of a graph, nearest first, those inside of nested models among them."""
    waiting, seen = [(model, tensor)], set()
    while waiting:
        graph, source = waiting.pop(0)
        for operation in graph_operations(graph):
            for node in operation._inbound_nodes:
                places = [place for place, item in enumerate(node.input_tensors) if item is source]
                if not places or (id(operation), id(source)) in seen:
                    continue
                seen.add((id(operation), id(source)))
                if isinstance(operation, keras.Model) and getattr(operation, "inputs", None):
                    waiting.append((operation, operation.inputs[min(places[0], len(operation.inputs) - 1)]))
                else:
                    yield operation
                waiting += [(graph, output) for output in node.output_tensors]


def graph_operations(model: Any) -> list[Any]:
    """The layers and operations of the graph of a Functional or Sequential model; none for other models."""
    graph = graph_of(model)
    return [] if graph is None else list(graph.operations)


def graph_of(layer: Any) -> Any:
    """The Functional model that a layer is, or that a Sequential runs; None for other layers."""
    inner = getattr(layer, "_functional", None) or layer
    return inner if isinstance(inner, keras.Model) and hasattr(inner, "operations") else None


def _input(name: str, tensor: Any, behind: list[Any], pad_value: Any, time_inputs: Sequence[str] | None) -> Input:
    shape, dtype = tuple(tensor.shape[1:]), keras.backend.standardize_dtype(tensor.dtype)
    embedding = next((layer for layer in behind if isinstance(layer, keras.layers.Embedding)), None)
    masking = next((layer for layer in behind if isinstance(layer, keras.layers.Masking)), None)
    kind = _kind(shape, dtype, behind)
    if time_inputs is not None:
        kind = FIXED if name not in time_inputs else kind if kind != FIXED else NUMBERS
    if kind == FIXED:
        return Input(InputFacts(name, FIXED, None, None, None), shape, dtype, _largest(embedding))
    if pad_value is None:
        pad_value = {TOKENS: 0, STRINGS: ""}.get(kind, float(masking.mask_value) if masking else 0.0)
    if isinstance(pad_value, float) and np.isnan(pad_value):
        raise AuditError(f"input `{name}`: NaN is no pad value, as nothing equals NaN; pad with a number")
    facts = InputFacts(name, kind, 1, pad_value, shape[0] if shape else None)
    return Input(facts, shape, dtype, _largest(embedding))


def _kind(shape: tuple[int | None, ...], dtype: str, behind: list[Any]) -> str:
    if dtype == "string":
        return STRINGS
    decisive = next((layer for layer in behind if isinstance(layer, (keras.layers.Embedding, *READS_STEPS))), None)
    if isinstance(decisive, keras.layers.Embedding):
        return FIXED if shape in ((), (1,)) else TOKENS
    if len(shape) >= 2 and (decisive is not None or shape[0] is None):
        return NUMBERS
    if len(shape) == 1 and shape[0] is None:
        return TOKENS if "int" in dtype else NUMBERS
    return FIXED


def _largest(embedding: Any) -> int | None:
    return None if embedding is None else int(embedding.input_dim) - 1
