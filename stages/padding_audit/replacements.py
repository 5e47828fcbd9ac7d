"""Which other layer takes the place of one that reads pads, or that made another read them, as code."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from . import pasted
from .recording import Call
from .result import Cause

MERGES = (
    keras.layers.Concatenate,
    keras.layers.Add,
    keras.layers.Subtract,
    keras.layers.Multiply,
    keras.layers.Average,
    keras.layers.Maximum,
    keras.layers.Minimum,
)
RETRAIN = "it needs training"


@dataclass(frozen=True)
class Remedy:
    """A change of a model, or what to look at."""

    title: str
    """In a few words."""
    code: str
    """Lines that end with `cured`."""
    untried: str = ""
    """Why it cannot be tried on a clone; empty where it can."""


@dataclass(frozen=True)
class Place:
    """What leaks, or who made it so."""

    call: Call
    expression: str
    """Code that gives the layer or operation, of `model`."""
    is_functional: bool
    """Whether the whole model is, and so may hold masks as operations of its graph."""

    @property
    def name(self) -> str:
        """As in a sentence."""
        return f"`{self.call.name}`"

    @property
    def operation(self) -> Any:
        """The layer or operation."""
        return self.call.operation


def of_place(place: Place, cause: Cause, *, leaks: bool) -> Remedy | None:
    """The remedy at a layer or operation that leaks, or that made another one leak."""
    for kind, causes, remedy in BY_LAYER:
        if isinstance(place.operation, kind) and cause in causes:
            return remedy(place)
    if not place.call.is_layer and cause is not Cause.NO_MASK:
        return _of_operation(place, leaks=leaks)
    if cause is Cause.DESTROYED and not leaks and _keeps_steps(place.call):
        return _keeps_mask(place)
    return None


def _keeps_steps(call: Call) -> bool:
    """Whether there are as many steps behind a call as in front of it, so that the same mask may fit."""
    widths = {tensor.shape[1] if len(tensor.shape) > 2 else None for tensor in (call.inputs[0], call.outputs[0])}
    return len(widths) == 1


def _handed(place: Place) -> Remedy:
    result = "layer(*args, **{**kwargs, 'mask': args[0]._keras_mask})"
    return Remedy(f"The mask handed to {place.name} by hand", f"{HANDED}{pasted.called(place.expression, result)}")


def _average(place: Place) -> Remedy:
    code = (
        f"flatten = {place.expression}\ncured = keras.models.clone_model(  # with new weights\n    model,\n"
        "    clone_function=lambda layer: keras.layers.GlobalAveragePooling1D()\n"
        "    if layer is flatten\n    else type(layer).from_config(layer.get_config()),\n)\n"
    )
    return Remedy(f"An average over the steps in place of {place.name}", code, RETRAIN)


def _identity(place: Place) -> Remedy:
    code = pasted.replaced(place.expression, "keras.layers.Identity()", masks_anew=place.is_functional)
    return Remedy(f"Without the layer {place.name}", code)


def _merge(place: Place) -> Remedy | None:
    if getattr(place.operation, "axis", -1) not in (-1, len(place.call.inputs[0].shape) - 1):
        return None
    definition = pasted.MASK_OF_THE_MASKED.format(kind=place.call.type)
    new = "MaskOfTheMasked.from_config(old.get_config())"
    code = pasted.replaced(place.expression, new, definition, masks_anew=place.is_functional)
    return Remedy(f"Behind {place.name} the mask of its masked inputs", code)


def _maximum(place: Place) -> Remedy:
    code = pasted.replaced(place.expression, "MaskedMaximum()", pasted.MASKED_MAXIMUM)
    return Remedy(f"A masked maximum in place of {place.name}", code)


def _softmax(place: Place) -> Remedy:
    code = pasted.replaced(place.expression, "MaskedSoftmax(axis=1)", pasted.MASKED_SOFTMAX)
    return Remedy(f"A masked softmax in place of {place.name}", code)


def _convolution(place: Place) -> Remedy:
    layer, definition = place.operation, pasted.ZEROS_AT_PADS
    if layer.padding == "valid":
        width = (layer.kernel_size[0] - 1) * layer.dilation_rate[0] + 1
        definition += pasted.WHOLE_WINDOWS.format(width=width)
    untried = "" if layer.strides[0] == 1 else "pads move what its strides read; pad to one width on one side"
    code = pasted.replaced(place.expression, "ZerosAtPads(old)", definition)
    return Remedy(f"Zeros at the pads in front of {place.name}, and the mask behind it", code, untried)


def _normalization(place: Place) -> Remedy:
    new = "keras.layers.LayerNormalization(epsilon=old.epsilon, center=old.center, scale=old.scale)"
    code = pasted.replaced(place.expression, new, same_weights=True)
    return Remedy(f"A LayerNormalization in place of {place.name}", code)


def _last_output(place: Place) -> Remedy | None:
    if not getattr(place.operation, "zero_output_for_mask", False) or place.operation.return_sequences:
        return None
    code = f"layer = {place.expression}\nlayer.zero_output_for_mask = False\n{pasted.UNCHANGED}"
    return Remedy(f"`zero_output_for_mask=False` in {place.name}", code)


def _turned(place: Place) -> Remedy | None:
    if not (place.operation.go_backwards and place.operation.return_sequences):
        return None
    code = pasted.replaced(place.expression, "TurnedMask(old)", pasted.TURNED_MASK, masks_anew=place.is_functional)
    return Remedy(f"The mask turned round behind {place.name}, as its steps are", code)


def _keeps_mask(place: Place) -> Remedy:
    layer = place.operation
    if type(layer).__module__.startswith("keras.src."):
        code = pasted.replaced(place.expression, "KeepsMask(old)", pasted.KEEPS_MASK)
        return Remedy(f"The mask handed on behind {place.name}", code)
    code = (
        f"# for good: this line at the end of {place.call.type}.__init__, with self in place of layer\n"
        f"layer = {place.expression}\nlayer.supports_masking = True\n{pasted.UNCHANGED}"
    )
    return Remedy(f"`supports_masking = True` in {place.name}", code)


def _windows(place: Place) -> Remedy:
    advice = "pads move its windows; pad every text to one width, on the side of training"
    return Remedy(f"One width for {place.name}", f"# {advice}\n{pasted.UNCHANGED}", advice)


HANDED = """# Keras 3 hands no mask to a layer that is called with a second tensor, as initial_state is;
# in your own code, call it with mask=embedding.compute_mask(ids)
"""
DROPPED = (Cause.LOST, Cause.DESTROYED)
BY_LAYER: tuple[tuple[Any, tuple[Cause, ...], Callable[[Place], Remedy | None]], ...] = (
    (keras.layers.Masking, (Cause.REPLACED,), _identity),
    (MERGES, (Cause.REPLACED, *DROPPED), _merge),
    (keras.layers.GlobalMaxPooling1D, DROPPED, _maximum),
    (keras.layers.Conv1D, DROPPED, _convolution),
    ((keras.layers.MaxPooling1D, keras.layers.AveragePooling1D), DROPPED, _windows),
    (keras.layers.Softmax, (Cause.MISUSED, Cause.MIXES_STEPS), _softmax),
    (keras.layers.GroupNormalization, (Cause.MISUSED, Cause.MIXES_STEPS), _normalization),
    (keras.layers.RNN, (Cause.MISALIGNED,), _turned),
    (keras.layers.RNN, (Cause.MISUSED,), _last_output),
    (keras.layers.Flatten, (Cause.FIXED_WIDTH,), _average),
    (keras.layers.Layer, (Cause.NOT_HANDED,), _handed),
)


def _of_operation(place: Place, *, leaks: bool) -> Remedy | None:
    """The remedy at an operation of a graph that is no layer."""
    operation, kind = place.operation, place.call.type
    over_time = getattr(operation, "axis", None) in (1, [1], (1,)) and not getattr(operation, "keepdims", False)
    by_kind = {
        "Mean": ("keras.layers.GlobalAveragePooling1D()", "", "A masked average"),
        "Max": ("MaskedMaximum()", pasted.MASKED_MAXIMUM, "A masked maximum"),
        "Sum": ("MaskedSum()", pasted.MASKED_SUM, "A masked sum"),
        "Softmax": ("MaskedSoftmax(axis=1)", pasted.MASKED_SOFTMAX, "A masked softmax"),
    }
    if over_time and kind in by_kind:
        new, definition, title = by_kind[kind]
        return Remedy(f"{title} in place of {place.name}", pasted.replaced(place.expression, new, definition))
    first, second = (*operation._inbound_nodes[0].arguments.args, None)[:2]
    if kind == "GetItem" and leaks:
        return _last_states(place, first, second)
    if kind in ("Multiply", "Add") and isinstance(second, (int, float)):
        setting = "" if kind == "Multiply" else "1.0, offset="
        code = pasted.called(place.expression, f"keras.layers.Rescaling({setting}{second!r})(args[0])")
        return Remedy(f"A Rescaling layer in place of {place.name}", code)
    masked = next((i for i, mask in enumerate(place.call.arriving) if mask is not None), None)
    if masked is None or leaks or not _keeps_steps(place.call):
        return None
    tensors = "[item for item in keras.tree.flatten((args, kwargs)) if isinstance(item, keras.KerasTensor)]"
    result = f"WithMaskOf()([{tensors}[{masked}], layer(*args, **kwargs)])"
    code = pasted.called(place.expression, result, pasted.WITH_MASK_OF)
    return Remedy(f"The mask handed on behind {place.name}", code)


def _last_states(place: Place, tensor: Any, key: Any) -> Remedy | None:
    """Of `[:, -1]` behind a Bidirectional layer."""
    source = getattr(tensor, "_keras_history", [None])[0]
    if not isinstance(key, tuple) or key[1:2] != (-1,) or not isinstance(source, keras.layers.Bidirectional):
        return None
    *outer, _ = place.call.path.split("/")
    layer = "".join(["model", *(f".get_layer({name!r})" for name in [*outer, source.name])])
    code = pasted.LAST_STATES.format(layer=layer, operation=place.expression)
    return Remedy(f"`return_sequences=False` in `{source.name}`, in place of {place.name}", code)
