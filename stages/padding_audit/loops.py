"""The loops of Keras' recurrent layers, compiled once for every kind of cell, as an eager step takes milliseconds."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import keras

SETTINGS: dict[type, tuple[str, ...]] = {
    keras.layers.LSTMCell: ("units", "activation", "recurrent_activation", "use_bias"),
    keras.layers.GRUCell: ("units", "activation", "recurrent_activation", "use_bias", "reset_after"),
    keras.layers.SimpleRNNCell: ("units", "activation", "use_bias"),
}
"""What a step of a cell depends on, besides weights and dtype."""
LOOP = ("go_backwards", "return_sequences", "zero_output_for_mask")
"""What the loop around it depends on."""
WEIGHTS = ("kernel", "recurrent_kernel", "bias")
MOST_KINDS = 64
LOCK = threading.RLock()


@dataclass(frozen=True)
class Kind:
    """Layers that share a loop: any number of texts, steps and features, any weights."""

    cell: type
    settings: tuple[Any, ...]
    """Values of SETTINGS."""
    implementation: int | None
    """That of LSTMCell and GRUCell."""
    dtype: str
    loop: tuple[bool, ...]
    """Values of LOOP."""
    masked: bool


@contextmanager
def compiled_loops() -> Iterator[None]:
    """While it is open, eager calls of recurrent layers compute the same values, to the last bit, in compiled loops.

    So it is on TensorFlow, where a loop is compiled for all widths at once. Layers with cells or activations of the
    user's run as they are. One thread at a time has it open.
    """
    if keras.backend.backend() != "tensorflow":
        yield
        return
    inner_loop = keras.layers.RNN.inner_loop

    def compiled(layer: Any, sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Any:
        kind = None if training else kind_of(layer, sequences, mask)
        if kind is None:
            return inner_loop(layer, sequences, initial_state, mask, training=training)
        names = [name for name in WEIGHTS if getattr(layer.cell, name) is not None]
        weights = [keras.ops.cast(getattr(layer.cell, name), kind.dtype) for name in names]
        return compiled_loop(kind)(
            weights, sequences, keras.tree.flatten(initial_state), *([mask] if kind.masked else [])
        )

    with LOCK:
        keras.layers.RNN.inner_loop = compiled
        try:
            yield
        finally:
            keras.layers.RNN.inner_loop = inner_loop


def kind_of(layer: Any, sequences: Any, mask: Any) -> Kind | None:
    """The kind of a recurrent layer; None where it has to run as it is."""
    cell = layer.cell
    is_eager = hasattr(sequences, "numpy") and len(sequences.shape) == 3 and sequences.shape[1]
    if type(cell) not in SETTINGS or layer.unroll or not is_eager:
        return None
    settings = tuple(getattr(cell, name) for name in SETTINGS[type(cell)])
    dtype = cell.compute_dtype
    if any(callable(value) and not value.__module__.startswith("keras.src.") for value in settings):
        return None
    if keras.backend.standardize_dtype(sequences.dtype) != dtype:
        return None
    if mask is not None and (len(mask.shape) != 2 or keras.backend.standardize_dtype(mask.dtype) != "bool"):
        return None
    loop = tuple(bool(getattr(layer, name)) for name in LOOP)
    return Kind(type(cell), settings, getattr(cell, "implementation", None), dtype, loop, mask is not None)


@lru_cache(MOST_KINDS)
def compiled_loop(kind: Kind) -> Callable[..., Any]:
    """From weights, sequences (texts, steps, features), states and perhaps a mask to what `RNN.inner_loop` gives."""
    cell = _cell(kind)
    layer = keras.layers.RNN(cell, name="loop", **dict(zip(LOOP, kind.loop, strict=True)))
    variables = [value for name in WEIGHTS if (value := getattr(cell, name)) is not None]

    def loop(weights: Any, sequences: Any, states: Any, mask: Any = None) -> Any:
        with keras.StatelessScope() as scope:
            for pair in zip(variables, weights, strict=True):
                scope.add_update(pair)
            return type(layer).inner_loop(layer, sequences, states, mask)

    def spec(*shape: int | None, dtype: str = kind.dtype) -> Any:
        return keras.InputSpec(shape=shape, dtype=dtype)

    kernel, *others = (tuple(variable.shape) for variable in variables)
    shapes = [(None, *kernel[1:]), *others]
    states = [(None, size) for size in keras.tree.flatten(cell.state_size)]
    signature = [[spec(*shape) for shape in shapes], spec(None, None, None), [spec(*shape) for shape in states]]
    if kind.masked:
        signature.append(spec(None, None, dtype="bool"))
    # Of what Keras offers this alone compiles a function for all shapes at once.
    compiled: Callable[..., Any] = keras.export.ExportArchive().add_endpoint("loop", loop, signature)
    return compiled


def _cell(kind: Kind) -> Any:
    """A cell whose weights are to be given; it draws no random number and uses up no name."""
    zeros = {f"{name.removesuffix('_kernel')}_initializer": "zeros" for name in WEIGHTS}
    names = SETTINGS[kind.cell]
    settings = dict(zip(names, kind.settings, strict=True))
    if kind.cell is keras.layers.LSTMCell:
        settings["unit_forget_bias"] = False
    cell = kind.cell(**settings, **zeros, seed=0, dtype=kind.dtype, name="cell")
    if kind.implementation is not None:
        cell.implementation = kind.implementation
    cell.build((None, 1))
    return cell
