"""The proof that no number of pads changes what a model gives."""

import inspect
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import keras
import numpy as np

from .errors import AuditError
from .following import Steps, array_of, change, real_steps
from .recording import Call, mask_of, recorded
from .result import Verdict
from .samples import Sample
from .subjects import Subject
from .tracing import Trace

PADS = 7
"""Of the run whose pads are not a number: none of the numbers that an audit tests."""
TEXTS = 4
EXTREMES = (np.finfo(np.float32).max, -np.finfo(np.float32).max, np.finfo(np.float32).tiny, np.inf, 0.0, -0.0)
"""States, besides random ones, from which a masked step is tried."""
SEED = 0
READS_PADS = (keras.layers.Embedding, keras.layers.Masking)
ON_EACH_STEP = (
    *READS_PADS,
    keras.layers.Identity,
    keras.layers.Dropout,
    keras.layers.SpatialDropout1D,
    keras.layers.GaussianDropout,
    keras.layers.GaussianNoise,
    keras.layers.AlphaDropout,
    keras.layers.ActivityRegularization,
    keras.layers.ReLU,
    keras.layers.LeakyReLU,
    keras.layers.ELU,
    keras.layers.Add,
    keras.layers.Subtract,
    keras.layers.Multiply,
    keras.layers.Average,
    keras.layers.Maximum,
    keras.layers.Minimum,
)
"""Layers whose output at a step is computed from their inputs at that step, whatever their settings."""
ON_THE_LAST_AXIS = (
    keras.layers.LayerNormalization,
    keras.layers.BatchNormalization,
    keras.layers.UnitNormalization,
    keras.layers.Concatenate,
)
"""Layers of which that holds where their `axis` is the last one."""
WITH_AN_ACTIVATION = (keras.layers.Dense, keras.layers.Activation)
"""Layers of which that holds where their activation is one of Keras'."""
ON_THE_LAST_AXIS_OF_MASKS = ("Any", "Concatenate")
OF_MASKS = ("NotEqual", "LogicalOr", "LogicalAnd", "ExpandDims", "ZerosLike", "OnesLike", *ON_THE_LAST_AXIS_OF_MASKS)
"""Operations, by the names of their classes, of which a graph's masks are made; none moves or counts steps."""
CELLS = (keras.layers.LSTMCell, keras.layers.GRUCell, keras.layers.SimpleRNNCell)
RECURRENT = (keras.layers.LSTM, keras.layers.GRU, keras.layers.SimpleRNN, keras.layers.RNN)


def verdict_of(subject: Subject, trace: Trace, sample: Sample, side: str, tolerance: float) -> Verdict:
    """What padding on one side does to the output: what was measured, or PROVEN where that can be proved."""
    verdict = trace.verdict(side, tolerance)
    return Verdict.PROVEN if verdict is Verdict.EXACT and proven(subject, sample, side) else verdict


def proven(subject: Subject, sample: Sample, side: str) -> bool:
    """Whether no number of pads on a side can change what a model gives for a text.

    To be asked where the tested numbers of pads changed no bit. The argument:

    1. The model, and those in it, are Functional or Sequential, so that no code stands between their layers. Whatever
       reads a tensor with a time axis acts on every step alone, or is a recurrent layer of Keras' cells, handed a mask
       that is false at pads and unchanged at text. Masks, too, are made step by step: so they are for any number.
    2. The loop of a recurrent layer carries states and the last output from step to step. One masked step leaves both
       as they are, to the last bit, from random and extreme states, whatever it reads. By induction so do any number
       of masked steps, before and behind a text.
    3. With NaN in place of what Embedding or Masking gives at pads, the output is the same: no value of a pad, be it
       another than the one tested, reaches it.

    What it leaves open is rounding: where a layer computes one matrix product for all steps, as Dense does, their
    number may change the order of additions.

    Args:
        subject: the model.
        sample: texts.
        side: where the pads stand: pre or post.
    """
    model, texts = subject.model, subject.batch or TEXTS
    if subject.width is not None or not _is_model_of_keras(model):
        return False
    sample = sample.chosen(([*sample.groups()][-1] * texts)[:texts])
    try:
        outputs, alone = recorded(model, subject.pack(sample.arrays()))
        _, padded = recorded(model, subject.pack(sample.arrays(side, 1)))
        if [call.path for call in alone] != [call.path for call in padded] or not _holds(alone, padded, side):
            return False
        with ExitStack() as stack:
            for layer, widths in _readers_of_pads(alone).items():
                stack.enter_context(_nan_at_pads(layer, {width + PADS for width in widths}, side))
            poisoned, _ = recorded(model, subject.pack(sample.arrays(side, PADS)))
    except AuditError:
        return False
    pairs = zip(keras.tree.flatten(outputs), keras.tree.flatten(poisoned), strict=True)
    changes = [change(array_of(first), array_of(second), Steps(side), None, 0.0) for first, second in pairs]
    return all(item.largest == 0 for item in changes)


def _holds(alone: Sequence[Call], padded: Sequence[Call], side: str) -> bool:
    """Points 1 and 2 of the argument, of the calls of a run without a pad and one with a pad."""
    made: set[int] = set()
    recurrent: dict[int, tuple[Any, Any]] = {}
    for before, call in zip(alone, padded, strict=True):
        grown = _grown(call.inputs, before.inputs)
        reads_time = bool(grown or _grown(call.handed, before.handed))
        from_outside = any(id(tensor) not in made for tensor in grown)
        made |= {id(tensor) for tensor in call.outputs}
        if _is_model_of_keras(call.operation) or not all(_is_model_of_keras(layer) for layer in call.outer):
            continue  # judged by the calls inside of it, or as one call of the layer that it is made in
        if not reads_time and (call.is_layer or not _names_a_mask(call.operation)):
            continue
        if _makes_a_mask(call) or (from_outside and type(call.operation) in READS_PADS):
            continue
        if from_outside:
            return False
        if acts_on_each_step(call.operation, call.inputs[0].ndim):
            continue
        layers = _recurrent_layers(call.operation)
        if not layers or not call.handed or not _is_good(call.handed[0], before.handed[0], side):
            return False
        recurrent |= {id(layer): (layer, call.inputs[0]) for layer in layers}
    return all(masked_step_is_identity(layer, inputs.shape[2:]) for layer, inputs in recurrent.values())


def _grown(tensors: Sequence[Any], alone: Sequence[Any]) -> list[Any]:
    """Those with a time axis: with a pad, their shape is another."""
    return [tensor for tensor, short in zip(tensors, alone, strict=True) if tensor.shape != short.shape]


def acts_on_each_step(operation: Any, rank: int) -> bool:
    """Whether a layer is known to compute every step of its output from the same step of its inputs.

    Args:
        operation: a layer or an operation of a graph.
        rank: the number of axes of its input.
    """
    kind = type(operation)
    if kind in WITH_AN_ACTIVATION:
        return rank > 2 and str(getattr(operation.activation, "__module__", "")).startswith("keras.src.")
    if kind in ON_THE_LAST_AXIS:
        axis = operation.axis
        axes = list(axis) if isinstance(axis, (list, tuple)) else [axis]
        return rank > 2 and all(item in (-1, rank - 1) for item in axes)
    if kind is keras.layers.TimeDistributed:
        return acts_on_each_step(operation.layer, rank) and type(operation.layer) not in ON_THE_LAST_AXIS
    return kind in ON_EACH_STEP


def masked_step_is_identity(layer: Any, features: Sequence[int]) -> bool:
    """Whether a masked step leaves the states of a recurrent layer as they are, to the last bit, and its last output,
    or, where it gives one at every step, that at a real step.

    Args:
        layer: a recurrent layer of Keras.
        features: the shape of what it reads at a step.
    """
    generator = np.random.default_rng(SEED)
    rows = len(EXTREMES) + 2

    def state(like: Any) -> Any:
        values = generator.normal(size=like.shape)
        values[: len(EXTREMES)] = np.array(EXTREMES)[:, None]
        return keras.ops.convert_to_tensor(values.astype(np.float32), dtype=like.dtype)

    start = keras.tree.map_structure(state, layer.get_initial_state(rows))
    real, masked = generator.normal(size=(rows, 1, *features)), np.full((rows, 1, *features), np.nan)

    def run(steps: Sequence[np.ndarray]) -> list[bytes]:
        values = keras.ops.convert_to_tensor(np.concatenate(steps, axis=1), dtype=layer.compute_dtype)
        is_real = [step is real for step in steps]
        mask = keras.ops.convert_to_tensor(np.tile(is_real, (rows, 1)))
        last, sequence, states = layer.inner_loop(values, start, mask, training=False)
        if layer.return_sequences and any(is_real):
            last = sequence[:, (is_real[::-1] if layer.go_backwards else is_real).index(True)]
        return [_bytes(item) for item in [*keras.tree.flatten(states), last]]

    untouched = run([masked])[:-1] == [_bytes(item) for item in keras.tree.flatten(start)]
    return untouched and run([real]) == run([real, masked]) == run([masked, real])


def _bytes(tensor: Any) -> bytes:
    return array_of(tensor).tobytes()


def _recurrent_layers(operation: Any) -> list[Any]:
    """The recurrent layers of Keras' cells that a layer is or holds; none where it is none, or keeps states."""
    parts = (
        [operation.forward_layer, operation.backward_layer]
        if type(operation) is keras.layers.Bidirectional
        else [operation]
    )
    good = all(type(part) in RECURRENT and not part.stateful and _is_of_keras_cells(part.cell) for part in parts)
    return parts if good else []


def _is_of_keras_cells(cell: Any) -> bool:
    if type(cell) is keras.layers.StackedRNNCells:
        return all(type(item) in CELLS for item in cell.cells)
    return type(cell) in CELLS


def _is_good(mask: Any, alone: Any, side: str) -> bool:
    """Whether a mask is false at the pads and what it is without them at text."""
    values, without = array_of(mask).astype(bool), array_of(alone).astype(bool)
    if values.ndim != 2 or values.shape[1] <= without.shape[1]:
        return False
    same = np.array_equal(real_steps(values, without.shape, [1], side), without)
    return bool(same and values.sum() == without.sum())


def _makes_a_mask(call: Call) -> bool:
    """Whether it is an operation of a graph by which Keras makes or joins masks, step by step."""
    kind, rank = type(call.operation), call.inputs[0].ndim
    axis = getattr(call.operation, "axis", None)
    last = kind.__name__ not in ON_THE_LAST_AXIS_OF_MASKS or axis in (-1, rank - 1, [-1], [rank - 1], (-1,))
    known = kind.__name__ in OF_MASKS and kind.__module__.startswith("keras.src.ops.")
    return known and last and all(array_of(tensor).dtype == bool for tensor in call.outputs)


def _names_a_mask(operation: Any) -> bool:
    return any("mask" in name for name in inspect.signature(operation.call).parameters)


def _is_model_of_keras(layer: Any) -> bool:
    """Whether it is Functional or Sequential, and no class of the user's."""
    return isinstance(layer, keras.Model) and type(layer).__module__.startswith("keras.src.")


def _readers_of_pads(calls: Sequence[Call]) -> dict[Any, set[int]]:
    """The Embedding and Masking layers, and the widths of what they read without pads."""
    result: dict[Any, set[int]] = {}
    for call in calls:
        if type(call.operation) in READS_PADS and call.inputs[0].ndim > 1:
            result.setdefault(call.operation, set()).add(int(call.inputs[0].shape[1]))
    return result


@contextmanager
def _nan_at_pads(layer: Any, widths: set[int], side: str) -> Iterator[None]:
    """While it is open, a layer that reads one of these widths gives NaN at the pads."""
    call = layer.call

    def poisoned(inputs: Any) -> Any:
        outputs = call(inputs)
        width = int(inputs.shape[1])
        if width not in widths:
            return outputs
        pads = np.arange(width) < PADS if side == "pre" else np.arange(width) >= width - PADS
        shape = (1, width, *(1 for _ in outputs.shape[2:]))
        values = keras.ops.where(pads.reshape(shape), keras.ops.cast(np.nan, outputs.dtype), outputs)
        if (mask := mask_of(outputs)) is not None:
            keras.src.backend.set_keras_mask(values, mask)
        return values

    layer.call = poisoned
    try:
        yield
    finally:
        del layer.call
