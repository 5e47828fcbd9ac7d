"""Which change of a model removes a cause, as code."""

from collections.abc import Iterator
from typing import Any

import keras

from . import pasted
from .recording import Call, is_open
from .replacements import MERGES, RETRAIN, Place, Remedy, of_place
from .result import Cause, FirstLeak
from .sentences import listed
from .signature import NUMBERS, STRINGS, TOKENS, graph_operations, readers
from .subjects import Subject
from .tracing import Trace

NOT_KNOWN = "no change is known that would do"


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
    remedy = None if place is None else of_place(place, leak.cause, leaks=path == leak.path)
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
            pad = item.facts.pad_value if item.facts.kind == TOKENS else 0
            for layer in behind:
                unmasked = isinstance(layer, keras.layers.Embedding) and not layer.mask_zero
                if unmasked and (expression := located(model, paths.get(id(layer), ""))) is not None:
                    embeddings[expression] = (layer.name, pad)
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
    return Remedy(_makers(embeddings, numbers, several=len(subject.inputs) > 1), pasted.joined(codes))


def _makers(embeddings: dict[str, Any], numbers: dict[str, Any], *, several: bool) -> str:
    """What makes the masks, as a title."""
    zero, other = ([f"`{name}`" for name, pad in embeddings.values() if (pad == 0) is by_id] for by_id in (True, False))
    titles = [f"`mask_zero=True` in {listed(zero)}"] if zero else []
    titles += [f"a mask of the pads by {listed(other)}"] if other else []
    if numbers:
        inputs = f"behind the input{'s' * (len(numbers) > 1)} {listed([f'`{name}`' for name in numbers])}"
        titles.append(f"a `Masking` layer {inputs if several else 'in front of the model'}")
    title = listed(titles)
    return title[0].upper() + title[1:]


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


def _look_at(leak: FirstLeak, call: Call | None, trace: Trace) -> Remedy:
    """What to do by hand."""
    if leak.cause is Cause.FIXED_WIDTH:
        advice, reason = f"pad to {trace.width} steps, on the side and in the way of training", RETRAIN
    elif call is not None and call.is_layer and is_open(call.operation):
        advice = f"let `call` of {call.type} take `mask`, and leave steps where it is false out"
        reason = "only you can change its code"
    elif call is not None and leak.culprit not in (None, leak.path):
        advice, reason = f"behind `{call.name}`, hand on a mask of as many steps as it gives", NOT_KNOWN
    else:
        advice, reason = f"look at what reads steps in front of `{leak.layer}`, and hand it the mask", NOT_KNOWN
    return Remedy(f"By hand at `{leak.layer}`", f"# {advice}\n{pasted.UNCHANGED}", f"{reason}; {advice}")
