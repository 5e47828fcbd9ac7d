"""What leaks nothing here and bites elsewhere: on a GPU, in training, in the next batch, in metrics, in the data."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np

from .following import array_of
from .in_data import data_hazards, input_tensors, nan_from_pads_alone
from .metrics import step_hazards
from .recording import Call, recorded
from .result import Hazard
from .samples import Sample
from .sentences import listed
from .signature import readers
from .subjects import Subject

MOST_TEXTS = 64
"""On which losses and metrics are evaluated."""
PADS = 2
"""That the longest of these texts gets, where nothing is padded."""


def hazards(
    model: Any,
    subject: Subject,
    sample: Sample,
    texts: Sample,
    grows: Sequence[bool],
    *,
    sides: Sequence[str],
    data_is_hers: bool,
) -> list[Hazard]:
    """What the model or the data show that may bite elsewhere.

    Args:
        model: the user's, compiled or not; its weights, metrics and optimizer are left as they were.
        subject: the model as it is run.
        sample: all texts.
        texts: those that the model can be run on.
        grows: for every output, whether its second axis is time.
        sides: on which texts are padded.
        data_is_hers: whether the texts are the user's, so that their values are worth a look.
    """
    result = data_hazards(subject, sample, texts) if data_is_hers else nan_from_pads_alone(subject, texts)
    places = np.unique(np.linspace(0, texts.size - 1, subject.batch or MOST_TEXTS).astype(int)).tolist()
    few = texts.chosen((places * (subject.batch or 1))[: subject.batch])
    arrays = few.as_given(0 if data_is_hers else PADS)
    padded = {
        array.shape[1]
        for number, (item, array) in enumerate(zip(few.inputs, arrays, strict=True))
        if item.carries_time and not few.real_steps(number, array.shape[1]).all()
    }
    subject.reset()
    outputs, calls = recorded(subject.model, subject.pack(arrays))
    result += _kernels(calls, "pre" in sides and not (data_is_hers and padded))
    result += [*_layers(calls, padded), *_widths(subject)]
    if any(item.carries_time and item.facts.width is None for item in subject.inputs):
        result += _distributed(calls)
    return result + step_hazards(model, few, arrays, outputs, grows)


def _kernels(calls: Sequence[Call], pre: bool) -> Iterator[Hazard]:
    """Recurrent layers whose arguments or masks keep them from the fused kernel of a GPU, by what keeps them.

    Args:
        calls: with the user's pads.
        pre: whether texts may be padded before them though these are not.
    """
    paths = defaultdict[tuple[str, int | None, int | None], list[str]](list)
    for call in calls:
        layers = [layer for layer in recurrent_layers(call.operation) if _may_be_fused(layer)]
        if layers and (argument := _slow_argument(layers[0])):
            slow = f"On a GPU {{}} computes step by step, because of {argument}: drop it for speed."
            paths[slow, None, None].append(call.path)
        elif layers and call.handed and (said := _slow_mask(call, pre)):
            paths[said].append(call.path)
    for (sentence, count, of), known in paths.items():
        names = ", ".join(f"`{path}`" for path in dict.fromkeys(known))
        yield Hazard("slow_kernel", known[0], count, of, sentence.format(names))


def _may_be_fused(layer: Any) -> bool:
    return isinstance(layer, (keras.layers.LSTM, keras.layers.GRU)) and layer.use_cudnn is not False


def recurrent_layers(operation: Any) -> list[Any]:
    """A recurrent layer, or those that a wrapper of Keras' runs."""
    if isinstance(operation, keras.layers.Bidirectional):
        return [operation.forward_layer, operation.backward_layer]
    if isinstance(operation, keras.layers.TimeDistributed):
        return recurrent_layers(operation.layer)
    return [operation] if isinstance(operation, keras.layers.RNN) else []


def _slow_argument(layer: Any) -> str | None:
    """The argument that the fused kernel does not know (keras/src/backend/tensorflow/rnn.py, `cudnn_ok`)."""
    if layer.activation is not keras.activations.tanh:
        return "its activation, which is not tanh"
    if layer.recurrent_activation is not keras.activations.sigmoid:
        return "its recurrent_activation, which is not sigmoid"
    known = {"use_bias": True, "unroll": False, "recurrent_dropout": 0, "reset_after": True}
    wrong = [name for name, value in known.items() if getattr(layer, name, value) != value]
    return f"{wrong[0]}={getattr(layer, wrong[0])}" if wrong else None


def _slow_mask(call: Call, pre: bool) -> tuple[str, int | None, int | None] | None:
    """What to say of a mask that the fused kernel cannot read, with how many of how many texts have one.

    On TensorFlow that is one that is not true first and false then (rnn.py, `_assert_valid_mask`), elsewhere any.
    """
    mask = array_of(call.handed[0]).astype(bool)
    if keras.backend.backend() != "tensorflow":
        return "On a GPU {} computes step by step, because a mask reaches it: expect it to be slow.", None, None
    stop, cure = "stop `fit` on a GPU at {}", "set use_cudnn=False, or pad behind the text alone"
    if count := int((~mask[..., 0] | (mask[..., 1:] & ~mask[..., :-1]).any(axis=-1)).sum()):
        some = "Your pads" if count == len(mask) else f"In {count} of {len(mask)} texts, pads"
        return f"{some} before or inside the text {stop}: {cure}.", count, len(mask)
    return (f"Pads before the text {stop}: {cure}.", None, None) if pre else None


def _layers(calls: Sequence[Call], padded: set[int]) -> Iterator[Hazard]:
    """What layers do beyond one run: states that stay, statistics of batches, zeros in place of the last state.

    Args:
        calls: with the user's pads.
        padded: the widths of the inputs that hold pads.
    """
    for call in calls:
        layer, path = call.operation, call.path
        recurrent = recurrent_layers(layer)
        if any(item.stateful for item in recurrent):
            sentence = f"`{path}` keeps its state for the next batch: call its `reset_state()` before other texts."
            yield Hazard("stateful", path, None, None, sentence)
        if call.handed and any(item.zero_output_for_mask and not item.return_sequences for item in recurrent):
            sentence = (
                f"`{path}` gives zeros for every text with a pad at its end: drop zero_output_for_mask (keras #17596)."
            )
            yield Hazard("zero_output", path, None, None, sentence)
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable and not call.handed:
            shape = call.inputs[0].shape
            if len(shape) > 2 and shape[1] in padded:
                sentence = (
                    f"In training `{path}` averages over pads too, as no mask reaches it: use LayerNormalization."
                )
                yield Hazard("batch_statistics", path, None, None, sentence)
        if isinstance(layer, keras.layers.Masking) and np.isnan(layer.mask_value):
            sentence = f"`{path}` masks nothing, as nothing equals NaN: pad with a number and mask that."
            yield Hazard("nan_pad_value", path, None, None, sentence)


def _distributed(calls: Sequence[Call]) -> Iterator[Hazard]:
    """Layers that count texts for steps where the compiled model knows the number of neither."""
    paths = {call.path: call.operation for call in calls if type(call.operation) is keras.layers.TimeDistributed}
    if not paths or _counts_steps():
        return
    names = listed([f"`{path}`" for path in paths])
    dense = all(isinstance(layer.layer, keras.layers.Dense) for layer in paths.values())
    cure = "drop the wrapper, as Dense reads every step" if dense else "pad every batch to one width"
    give = "give" if len(paths) > 1 else "gives"
    sentence = f"Once `predict` or `fit` has read two widths, {names} {give} as many steps as there are texts: {cure}."
    yield Hazard("counts_texts", next(iter(paths)), None, None, sentence)


def _counts_steps() -> bool:
    """Whether a compiled TimeDistributed gives as many steps as it reads; that of Keras 3.15 on TensorFlow does not."""
    names = ("one", "steps", "numbers", "counts")  # given, so that those of the user's next layers do not count on
    wrapper = keras.layers.TimeDistributed(keras.layers.Identity(name=names[0]), name=names[1])
    model = keras.Sequential([keras.Input((None, 1), name=names[2]), wrapper], name=names[3])
    return [model.predict_on_batch(np.zeros((1, width, 1))).shape[1] for width in (2, 3, 4)] == [2, 3, 4]


def _widths(subject: Subject) -> Iterator[Hazard]:
    """Layers with weights for every step, at inputs of one width."""
    for item, tensor in zip(subject.inputs, input_tensors(subject), strict=True):
        width = item.facts.width
        for layer in readers(subject.model, tensor):
            if width is not None and item.carries_time and _has_places(layer, width):
                sentence = (
                    f"`{layer.name}` gives every one of the {width} steps weights of its own: pad every text on the "
                    "same side as in training."
                )
                yield Hazard("fixed_width", layer.name, None, None, sentence)
                break


def _has_places(layer: Any, width: int) -> bool:
    """Whether a layer flattens time, or adds positions to it."""
    if isinstance(layer, keras.layers.Flatten):
        shapes = [tensor.shape for node in layer._inbound_nodes for tensor in node.input_tensors]
        return any(len(shape) > 2 and shape[1] == width for shape in shapes)
    return "position" in type(layer).__name__.lower() and any(weight.shape[0] == width for weight in layer.weights)
