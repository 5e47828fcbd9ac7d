"""A model made ready to be audited: run at any width where its layers allow it, behind its own vectorization."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import keras
import numpy as np

from .errors import AuditError
from .recording import recorded
from .result import InputFacts
from .samples import Sample, columns_of
from .signature import FIXED, NUMBERS, STRINGS, TOKENS, Input, graph_of, signature

INDEX_OF_A_WORD = 2
"""In the vocabulary of a TextVectorization or StringLookup, behind padding and unknown words."""


@dataclass(frozen=True)
class Subject:
    """A model and how to run it."""

    model: Any
    inputs: list[Input]
    structure: Any
    """Of what the model reads: anything with as many leaves as there are inputs."""
    vectorize: tuple[Any, ...] = ()
    """For every input, the layer that makes ids of strings before `model` reads them, or None; empty: none does."""
    batch: int | None = None
    """The only number of texts that a batch may hold; None where any will do."""
    width: int | None = None
    """The only number of steps that its layers can read: pads can only move. None where any will do."""

    def pack(self, arrays: Sequence[Any]) -> Any:
        """From arrays, one an input, to what the model reads."""
        return keras.tree.pack_sequence_as(self.structure, list(arrays))

    def reset(self) -> None:
        """Let stateful layers forget what they read."""
        for layer in self.model._flatten_layers():
            if getattr(layer, "stateful", False) and hasattr(layer, "reset_states"):
                layer.reset_states()


def subject_of(
    model: Any, data: Any, *, pad_values: Mapping[str, Any] | None, time_inputs: Sequence[str] | None
) -> Subject:
    """A model made ready.

    Args:
        model: a keras.Model.
        data: the user's, or None; a subclassed model says nothing of its inputs, so its data do.
        pad_values: as in `signature`.
        time_inputs: as in `signature`.

    Raises:
        AuditError: the model does not say what it reads and there are no data, or it reads no sequence.
    """
    if not getattr(model, "inputs", None):
        inputs = inputs_of_data(model, data, pad_values=pad_values, time_inputs=time_inputs)
        structure = data if isinstance(data, (Mapping, list, tuple)) and len(inputs) > 1 else 0
        subject = Subject(model, inputs, dict(data) if isinstance(structure, Mapping) else structure)
    else:
        inner, vectorize = behind_vectorization(model)
        names = [str(tensor.name) for tensor in model.inputs]
        inputs = signature(inner, names=names, pad_values=pad_values, time_inputs=time_inputs)
        structure = 0 if isinstance(inner, keras.Sequential) else inner.input
        batch = next((int(tensor.shape[0]) for tensor in inner.inputs if tensor.shape[0] is not None), None)
        inputs = [
            replace(item, facts=replace(item.facts, kind=STRINGS), smallest=INDEX_OF_A_WORD) if layer else item
            for item, layer in zip(inputs, vectorize or [None] * len(inputs), strict=True)
        ]
        subject = Subject(inner, inputs, structure, vectorize, batch)
    if not any(item.carries_time for item in subject.inputs):
        raise AuditError(
            f"nothing to pad: the model `{model.name}` reads no sequence; "
            "name the input that carries time, if there is one"
        )
    return subject


@contextmanager
def any_width(model: Any) -> Iterator[None]:
    """Let a graph, and the graphs within, read other widths than their inputs name, where their layers can."""
    graphs = {id(graph): graph for layer in model._flatten_layers() if (graph := graph_of(layer)) is not None}
    before = {key: vars(graph).get("_manual_input_spec", graph) for key, graph in graphs.items()}
    for graph in graphs.values():
        graph.input_spec = None
    try:
        yield
    finally:
        for key, graph in graphs.items():
            del graph._manual_input_spec
            if before[key] is not graph:
                graph.input_spec = before[key]


def reads(subject: Subject, sample: Sample) -> bool:
    """Whether it reads texts as short as the shortest are."""
    try:
        _read(subject, sample)
    except AuditError:
        return False
    return True


def with_width(subject: Subject, sample: Sample) -> Subject:
    """The subject as it is where it reads texts as short as they are, else with its one width.

    Raises:
        AuditError: it reads neither.
    """
    widths = {item.facts.width for item in subject.inputs if item.carries_time} - {None}
    if len(widths) == 1 and not reads(subject, sample):
        return replace(subject, width=widths.pop())
    _read(subject, sample)
    return subject


def _read(subject: Subject, sample: Sample) -> None:
    texts = sample.chosen(next(iter(sample.groups()))[: subject.batch or 2])
    for pads in (0, 1):  # a text as long as the only width would not show that others are refused
        subject.reset()
        recorded(subject.model, subject.pack(texts.arrays(pads=pads)))


def behind_vectorization(model: Any) -> tuple[Any, tuple[Any, ...]]:
    """The part of a graph that reads ids, and the layers that make them of strings, by input; the graph itself if none.

    Raises:
        AuditError: strings go elsewhere than into a TextVectorization or StringLookup.
    """
    if not any(keras.backend.standardize_dtype(tensor.dtype) == "string" for tensor in model.inputs):
        return model, ()
    layers, tensors = [], []
    for tensor in model.inputs:
        text = keras.backend.standardize_dtype(tensor.dtype) == "string"
        layer, ids = next(_makers_of_ids(model, tensor), (None, None)) if text else (None, tensor)
        if text and layer is None:
            raise AuditError(
                f"input `{tensor.name}` reads strings, but no TextVectorization or StringLookup behind it; "
                "audit the part of the model that reads ids"
            )
        layers.append(layer)
        tensors.append(ids)
    inner = keras.Model(tensors[0] if len(tensors) == 1 else tensors, model.outputs, name=model.name)
    return inner, tuple(layers)


def inputs_of_data(
    model: Any, data: Any, *, pad_values: Mapping[str, Any] | None, time_inputs: Sequence[str] | None
) -> list[Input]:
    """The inputs of a model that does not name them, from a batch of what it reads.

    Whole numbers of shape (texts, steps) are tokens, numbers of shape (texts, steps, features) a sequence; others are
    fixed.

    Raises:
        AuditError: there are no data.
    """
    if data is None:
        raise AuditError(
            f"the model `{model.name}` does not say what it reads, as models with a `call` of their own do not; "
            "give a batch of data"
        )
    embeddings = [layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.Embedding)]
    masks = [layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.Masking)]
    largest = min((int(layer.input_dim) - 1 for layer in embeddings), default=None)
    inputs = []
    for name, column in columns_of(data).items():
        row = np.asarray(column[0])
        kind = TOKENS if row.ndim == 1 and row.dtype.kind in "iu" else NUMBERS if row.ndim >= 2 else FIXED
        if time_inputs is not None:
            kind = FIXED if name not in time_inputs else NUMBERS if kind == FIXED else kind
        pad: Any = 0 if kind == TOKENS else float(masks[0].mask_value) if masks else 0.0
        pad = None if kind == FIXED else (pad_values or {}).get(name, pad)
        facts = InputFacts(name, kind, None if kind == FIXED else 1, pad, None)
        shape = row.shape if kind == FIXED else (None, *row.shape[1:])
        dtype = "int32" if kind == TOKENS else keras.backend.floatx()
        inputs.append(Input(facts, shape, dtype, largest if kind == TOKENS else None))
    return inputs


def _makers_of_ids(model: Any, tensor: Any) -> Iterator[tuple[Any, Any]]:
    """The layers of a graph that make ids of strings, and the ids that each makes of a tensor."""
    nodes = chain.from_iterable(graph_of(model)._nodes_by_depth.values())
    for node in nodes:  # of this graph: a Sequential that grew keeps other nodes of its layers
        makes_ids = isinstance(node.operation, (keras.layers.TextVectorization, keras.layers.StringLookup))
        if makes_ids and any(item is tensor for item in node.input_tensors):
            yield node.operation, node.output_tensors[0]
