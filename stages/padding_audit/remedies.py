"""Which change of a model removes a cause, as code."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras

from . import pasted
from .recording import Call, is_open
from .result import Cause, FirstLeak
from .signature import NUMBERS, STRINGS, TOKENS, graph_operations, readers
from .subjects import Subject
from .tracing import Trace

MERGES = (
    keras.layers.Concatenate,
    keras.layers.Add,
    keras.layers.Subtract,
    keras.layers.Multiply,
    keras.layers.Average,
    keras.layers.Maximum,
    keras.layers.Minimum,
)
RETRAIN, NOT_KNOWN = "it needs training", "no change is known that would do"


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


def remedy_of(leak: FirstLeak, trace: Trace, subject: Subject) -> Remedy:
    """The remedy of the cause of a leak; one that only says what to look at, where none is known.

    Args:
        leak: the first of a side.
        trace: that shows it.
        subject: the model.
    """
    path, functional = leak.culprit or leak.path, not isinstance(subject.model, keras.Sequential)
    call = next((row.call for row in trace.rows if row.call.path == path), None)
    expression = None if call is None else located(subject.model, path)
    place = None if call is None or expression is None else Place(call, expression, functional)
    if _lacks_masks(leak.cause, place) and (remedy := _masks(leak.cause, trace, subject)):
        return remedy
    remedy = None if place is None else _of_place(place, leak.cause, leaks=path == leak.path)
    return remedy or _look_at(leak, call, trace)


def located(model: Any, path: str) -> str | None:
    """An expression of `model` that gives the layer or operation of a path; None where code of the user's makes it."""
    expression, graph = "model", model
    *outer, last = path.split("/")
    for name in outer:
        graph = next((item for item in graph.layers if item.name == name and isinstance(item, keras.Model)), None)
        if graph is None:
            return None
        expression += f".get_layer({name!r})"
    if any(layer.name == last for layer in getattr(graph, "layers", [])):
        return f"{expression}.get_layer({last!r})"
    if any(operation.name == last for operation in graph_operations(graph)):
        return f"next(item for item in {expression}.operations if item.name == {last!r})"
    return None


def _lacks_masks(cause: Cause, place: Place | None) -> bool:
    """Whether an input without a mask may be the reason."""
    if cause in (Cause.REPLACED, Cause.LOST):
        return place is not None and isinstance(place.operation, MERGES)
    misplaced = place is not None and isinstance(place.operation, keras.layers.Masking)
    return cause is Cause.NO_MASK or (cause is Cause.MISALIGNED and misplaced)


def _masks(cause: Cause, trace: Trace, subject: Subject) -> Remedy | None:
    """Masks for the inputs that have none; None where all have one, or nothing is known of what reads them."""
    model = subject.model
    paths = {id(row.call.operation): row.call.path for row in trace.rows}
    embeddings: dict[str, Any] = {}
    numbers: dict[str, Any] = {}
    for item, tensor in zip(subject.inputs, getattr(model, "inputs", None) or [], strict=False):
        behind = list(readers(model, tensor))
        if item.facts.kind in (TOKENS, STRINGS):
            embedding = next((layer for layer in behind if isinstance(layer, keras.layers.Embedding)), None)
            expression = located(model, paths.get(id(embedding), "")) if embedding is not None else None
            if expression is not None and embedding is not None and not embedding.mask_zero:
                embeddings[expression] = (embedding.name, item.facts.pad_value if item.facts.kind == TOKENS else 0)
        elif item.facts.kind == NUMBERS and (
            cause is Cause.MISALIGNED or not any(isinstance(layer, keras.layers.Masking) for layer in behind)
        ):
            numbers[item.facts.name] = item.facts.pad_value
    if not embeddings and (not numbers or cause in (Cause.REPLACED, Cause.LOST)):
        return None  # what else is joined needs no mask of its own
    codes = list(_embeddings(embeddings))
    if cause is not Cause.NO_MASK and not isinstance(model, keras.Sequential):
        codes.append(pasted.rebuilt(masks_anew=True))
    codes += list(_softmaxes(trace, model))
    if numbers:
        codes.append(pasted.masked_inputs(numbers, several=len(subject.inputs) > 1))
    names = [*(f"`{name}`" for name, _ in embeddings.values()), *(f"the input `{name}`" for name in numbers)]
    return Remedy(f"A mask made by {_and(names)}", pasted.joined(codes))


def _softmaxes(trace: Trace, model: Any) -> Iterator[str]:
    """Layers over the steps that do not run with the mask that they will be handed, of fewer axes than their input."""
    layers = {row.call.path: row.call.operation for row in trace.rows}
    softmaxes = [path for path, item in layers.items() if type(item) is keras.layers.Softmax and item.axis in (1, -2)]
    for expression in filter(None, (located(model, path) for path in softmaxes)):
        yield pasted.replaced(expression, "MaskedSoftmax.from_config(old.get_config())", pasted.MASKED_SOFTMAX)


def _embeddings(embeddings: dict[str, Any]) -> Iterator[str]:
    if zero := [expression for expression, (_, pad) in embeddings.items() if pad == 0]:
        yield pasted.masked_embeddings(zero)
    for expression, (_, pad) in embeddings.items():
        if pad != 0:
            new = 'MaskedEmbedding.from_config({**old.get_config(), "mask_zero": True})'
            definition = pasted.MASKED_EMBEDDING.format(pad=pad)
            yield pasted.replaced(expression, new, definition, same_weights=True)


def _of_place(place: Place, cause: Cause, *, leaks: bool) -> Remedy | None:
    """The remedy at a layer or operation that leaks, or that made another one leak."""
    layer = place.operation
    if cause is Cause.NOT_HANDED:
        result = "layer(*args, **{**kwargs, 'mask': args[0]._keras_mask})"
        return Remedy(f"The mask handed to {place.name} by hand", pasted.called(place.expression, result))
    if cause is Cause.FIXED_WIDTH:
        return _of_fixed_width(place)
    for kind, causes, remedy in BY_LAYER:
        if isinstance(layer, kind) and cause in causes:
            return remedy(place)
    if not place.call.is_layer:
        return _of_operation(place, leaks=leaks)
    if cause is Cause.DESTROYED and not leaks:
        return _keeps_mask(place)
    return None


def _of_fixed_width(place: Place) -> Remedy | None:
    if not isinstance(place.operation, keras.layers.Flatten):
        return None
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


DROPPED = (Cause.LOST, Cause.DESTROYED)
BY_LAYER: tuple[tuple[Any, tuple[Cause, ...], Callable[[Place], Remedy | None]], ...] = (
    (keras.layers.Masking, (Cause.REPLACED,), _identity),
    (MERGES, (Cause.REPLACED, *DROPPED), _merge),
    (keras.layers.GlobalMaxPooling1D, DROPPED, _maximum),
    (keras.layers.Conv1D, DROPPED, _convolution),
    (keras.layers.Softmax, (Cause.MISUSED, Cause.MIXES_STEPS), _softmax),
    (keras.layers.GroupNormalization, (Cause.MISUSED, Cause.MIXES_STEPS), _normalization),
    (keras.layers.RNN, (Cause.MISALIGNED,), _turned),
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
    args = operation._inbound_nodes[0].arguments.args
    if kind == "GetItem" and leaks:
        return _last_states(place, args)
    if kind in ("Multiply", "Add") and isinstance(args[1], (int, float)):
        setting = "" if kind == "Multiply" else "1.0, offset="
        code = pasted.called(place.expression, f"keras.layers.Rescaling({setting}{args[1]!r})(args[0])")
        return Remedy(f"A Rescaling layer in place of {place.name}", code)
    masked = next((i for i, mask in enumerate(place.call.arriving) if mask is not None), None)
    if masked is None or leaks:
        return None
    tensors = "[item for item in keras.tree.flatten((args, kwargs)) if isinstance(item, keras.KerasTensor)]"
    result = f"WithMaskOf()([{tensors}[{masked}], layer(*args, **kwargs)])"
    code = pasted.called(place.expression, result, pasted.WITH_MASK_OF)
    return Remedy(f"The mask handed on behind {place.name}", code)


def _last_states(place: Place, args: Any) -> Remedy | None:
    """Of `[:, -1]` behind a Bidirectional layer."""
    key = args[1] if isinstance(args[1], tuple) else ()
    source = getattr(args[0], "_keras_history", [None])[0]
    if key[1:2] != (-1,) or not isinstance(source, keras.layers.Bidirectional):
        return None
    *outer, _ = place.call.path.split("/")
    layer = "".join(["model", *(f".get_layer({name!r})" for name in [*outer, source.name])])
    code = pasted.LAST_STATES.format(layer=layer, operation=place.expression)
    return Remedy(f"`return_sequences=False` in `{source.name}`, in place of {place.name}", code)


def _look_at(leak: FirstLeak, call: Call | None, trace: Trace) -> Remedy:
    """What to do by hand."""
    if leak.cause is Cause.FIXED_WIDTH:
        advice, reason = f"pad to {trace.width} steps, on the side and in the way of training", RETRAIN
    elif call is not None and call.is_layer and is_open(call.operation):
        advice = f"let `call` of {call.type} take `mask`, and leave steps where it is false out"
        reason = "only you can change its code"
    else:
        advice, reason = f"look at what reads steps in front of `{leak.layer}`, and hand it the mask", NOT_KNOWN
    return Remedy(f"By hand at `{leak.layer}`", f"# {advice}\n{pasted.UNCHANGED}", f"{reason}; {advice}")


def _and(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
