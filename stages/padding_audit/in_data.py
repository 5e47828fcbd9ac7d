"""Hazards in the user's data: real steps that a mask deletes, rows of pads alone, ids that an embedding lacks."""

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np

from .errors import AuditError
from .following import array_of
from .recording import recorded
from .result import Hazard
from .samples import Sample, padded
from .signature import FIXED, NUMBERS, TOKENS, Input, graph_operations
from .subjects import Subject


def readable(subject: Subject, sample: Sample) -> Sample:
    """The texts that a model can be run on: with a real step in every input, no more of them than it has room for, and
    ids that its embeddings have.

    Raises:
        AuditError: there are none.
    """
    tables = embeddings(subject)
    chosen = [
        text
        for text in range(sample.size)
        if all(
            _has_steps(item, column[text])
            and not _too_long(item, column[text])
            and not _out_of_range(column[text], table).any()
            for item, table, column in zip(sample.inputs, tables, sample.columns, strict=True)
        )
    ]
    if not chosen:
        reasons = [hazard.sentence for hazard in (*_ids(subject, sample), *_left_out(sample))]
        raise AuditError(reasons[0] if reasons else "the data hold no text: every row is pads alone")
    return sample.chosen(chosen)


def data_hazards(subject: Subject, sample: Sample, texts: Sample) -> list[Hazard]:
    """What the user's data hold that a mask or an embedding gets wrong.

    Args:
        subject: the model.
        sample: all of the user's texts.
        texts: those of them that are readable.
    """
    result = [*_ids(subject, sample), *_left_out(sample)]
    tensors = input_tensors(subject)
    for number, (item, column) in enumerate(zip(texts.inputs, texts.columns, strict=True)):
        if item.carries_time and item.facts.kind in (TOKENS, NUMBERS):
            makers = list(_mask_makers(subject, tensors[number]))
            result += _deleted(item, column, makers)
            if makers and (hazard := _never_masked(texts, number, makers[0])):
                result.append(hazard)
    return result + _pads_alone(subject, sample, texts)


def nan_from_pads_alone(subject: Subject, texts: Sample) -> list[Hazard]:
    """Whether a row of pads alone, which no data show here, gives NaN."""
    layer, what = _answer_to_pads(subject, texts, range(len(texts.inputs)))
    if what != "NaN":
        return []
    return [Hazard("all_pads", layer, None, None, f"A row of pads alone gets NaN from `{layer}`: never send one.")]


def embeddings(subject: Subject) -> list[Any]:
    """For every input, the Embedding that reads its ids as they are, or None."""
    return [
        next(
            (layer for layer in direct_readers(subject.model, tensor) if isinstance(layer, keras.layers.Embedding)),
            None,
        )
        for tensor in input_tensors(subject)
    ]


def input_tensors(subject: Subject) -> list[Any]:
    """Where a graph begins, for every input; None where a model has no graph."""
    return list(getattr(subject.model, "inputs", None) or [None] * len(subject.inputs))


def direct_readers(model: Any, tensor: Any) -> Iterator[Any]:
    """The layers that read a tensor of a graph as it is, those inside of nested models among them."""
    for operation in graph_operations(model):
        for node in operation._inbound_nodes:
            for place, item in enumerate(node.input_tensors):
                if item is not tensor:
                    continue
                if isinstance(operation, keras.Model) and getattr(operation, "inputs", None):
                    yield from direct_readers(operation, operation.inputs[place])
                else:
                    yield operation


def _has_steps(item: Input, text: np.ndarray) -> bool:
    return not item.carries_time or len(text) > 0


def _too_long(item: Input, text: np.ndarray) -> bool:
    return item.carries_time and item.facts.width is not None and len(text) > item.facts.width


def _left_out(sample: Sample) -> Iterator[Hazard]:
    """Texts of more steps than a model has room for."""
    for item, column in zip(sample.inputs, sample.columns, strict=True):
        if count := sum(_too_long(item, text) for text in column):
            sentence = (
                f"{count} of {sample.size} texts were left out, as `{item.facts.name}` reads {item.facts.width} steps "
                f"and they reach {max(map(len, column))}: cut them as you do for the model."
            )
            yield Hazard("too_long", None, count, sample.size, sentence)


def _out_of_range(text: np.ndarray, embedding: Any) -> np.ndarray:
    if embedding is None:
        return np.zeros(text.shape, bool)
    return np.asarray((text < 0) | (text >= embedding.input_dim))


def _ids(subject: Subject, sample: Sample) -> list[Hazard]:
    result = []
    for item, table, column in zip(sample.inputs, embeddings(subject), sample.columns, strict=True):
        if table is None:
            continue
        if item.facts.kind != FIXED and _out_of_range(np.asarray(item.facts.pad_value), table):
            sentence = f"The pad value {item.facts.pad_value:g} is no row of `{table.name}`: pad with 0."
            result.append(Hazard("out_of_range", table.name, None, None, sentence))
        wrong = [_out_of_range(text, table) for text in column]
        count = sum(int(places.sum()) for places in wrong)
        if not count:
            continue
        ids = np.concatenate([text[places] for text, places in zip(column, wrong, strict=True)])
        worst = ids.max() if ids.max() >= table.input_dim else ids.min()
        texts = sum(bool(places.any()) for places in wrong)
        sentence = (
            f"{texts} of {sample.size} texts hold ids that `{table.name}` has no row for: it has the rows 0 to "
            f"{table.input_dim - 1}, they reach {worst}; set input_dim or map them to the unknown word."
        )
        result.append(Hazard("out_of_range", table.name, count, sum(text.size for text in column), sentence))
    return result


def _mask_makers(subject: Subject, tensor: Any) -> Iterator[tuple[str, float]]:
    """The layers that mask steps of an input by their value, with that value.

    Of a model without a graph, all its layers that do are taken to read its only input.
    """
    alone = sum(item.carries_time for item in subject.inputs) == 1
    layers = direct_readers(subject.model, tensor) if tensor is not None else subject.model._flatten_layers()
    for layer in layers if alone or tensor is not None else ():
        if isinstance(layer, keras.layers.Masking):
            yield layer.name, layer.mask_value
        elif isinstance(layer, keras.layers.Embedding) and layer.mask_zero:
            yield layer.name, 0


def _equal(text: np.ndarray, value: Any) -> np.ndarray:
    """The steps of a text all of whose values are the given one."""
    return np.asarray((text == np.asarray(value, text.dtype)).reshape(len(text), -1).all(axis=1))


def _deleted(item: Input, column: list[np.ndarray], makers: list[tuple[str, float]]) -> list[Hazard]:
    """Real steps that a mask takes for pads, or would take if there were one."""
    layer, value = makers[0] if makers else (None, item.facts.pad_value)
    counts = [int(_equal(text, value).sum()) for text in column]
    count, steps, texts = sum(counts), sum(map(len, column)), sum(number > 0 for number in counts)
    if not count:
        return []
    where = f"{count} of {steps} real steps of `{item.facts.name}`, in {texts} of {len(column)} texts,"
    cure = "keep that id for pads alone" if item.facts.kind == TOKENS else "choose another pad value"
    if layer is None:
        return [
            Hazard("hole", None, count, steps, f"{where} equal the pad value {value:g}: {cure} before you mask it.")
        ]
    sentence = f"{where} equal {value:g}, so the mask of `{layer}` deletes them: {cure}."
    return [Hazard("mask_value_in_data", layer, count, steps, sentence)]


def _never_masked(texts: Sample, number: int, maker: tuple[str, float]) -> Hazard | None:
    """A mask that masks nothing, though the rows are of one width: of numbers, or where rows end in the same step."""
    item, column, (layer, value) = texts.inputs[number], texts.columns[number], maker
    stripped = texts.stripped[number] if texts.stripped else []
    widths = {len(text) for text in column}
    if not stripped or len(widths) > 1 or texts.size < 2 or any(sum(pads) for pads in stripped):
        return None
    if any(_equal(text, value).any() for text in column):
        return None
    rows = np.stack(column)
    endings = [_same_ending(rows), _same_ending(rows[:, ::-1])]
    count, step = max(endings, key=lambda ending: ending[0])
    if count < 2 and item.facts.kind == TOKENS:
        return None
    start = f"No step of `{item.facts.name}` equals {value:g}, so `{layer}` masks nothing"
    if count < 2:
        return Hazard("never_masked", layer, None, None, f"{start}: drop the layer, or pad with {value:g}.")
    shown = ", ".join(f"{entry:.4g}" for entry in np.ravel(step)[:3])
    late = "pad after scaling" if item.facts.kind == NUMBERS else f"pad with {value:g}"
    sentence = f"{start}, but {count} of {texts.size} rows repeat the step {shown} at one end: {late}."
    return Hazard("never_masked", layer, count, texts.size, sentence)


def _same_ending(rows: np.ndarray) -> tuple[int, np.ndarray]:
    """How many rows end in the same step twice, and that step."""
    flat = rows.reshape(len(rows), rows.shape[1], -1)
    if flat.shape[1] < 2:
        return 0, flat[0, -1]
    twice = flat[(flat[:, -1] == flat[:, -2]).all(axis=1), -1]
    if not len(twice):
        return 0, flat[0, -1]
    steps, counts = np.unique(twice, axis=0, return_counts=True)
    return int(counts.max()), steps[counts.argmax()]


def _empty_rows(sample: Sample) -> dict[int, int]:
    """How many rows of every input are pads alone, where there are any."""
    counts = {
        number: sum(not _has_steps(item, text) for text in column)
        for number, (item, column) in enumerate(zip(sample.inputs, sample.columns, strict=True))
    }
    return {number: count for number, count in counts.items() if count}


def _pads_alone(subject: Subject, sample: Sample, texts: Sample) -> list[Hazard]:
    """Rows of pads alone, with what the model makes of them."""
    result = []
    for number, count in _empty_rows(sample).items():
        layer, what = _answer_to_pads(subject, texts, [number])
        gives = f", for which `{layer}` gives {what}" if layer else ""
        sentence = f"{count} of {sample.size} rows of `{sample.inputs[number].facts.name}` are pads alone{gives}"
        result.append(Hazard("all_pads", layer, count, sample.size, f"{sentence}: leave them out."))
    return result


def _answer_to_pads(subject: Subject, texts: Sample, numbers: Sequence[int]) -> tuple[str | None, str]:
    """The first layer that gives NaN, or else a vector of 0, for a row of pads alone in some inputs."""
    arrays = texts.chosen([0] * (subject.batch or 2)).as_given()
    for number in numbers:
        item = texts.inputs[number]
        if item.carries_time:
            row = padded(texts.columns[number][0][:0], arrays[number].shape[1], "post", item.facts.pad_value)
            arrays[number][0] = row
    subject.reset()
    try:
        _, calls = recorded(subject.model, subject.pack(arrays))
    except AuditError:
        return None, ""
    first_zero = None
    for call in calls:
        for tensor in call.outputs:
            values = array_of(tensor)
            if (
                values.shape[:1] != arrays[0].shape[:1]
                or values.dtype.kind != "f"
                or isinstance(call.operation, keras.layers.Masking)
            ):
                continue
            pads, text = values[0], values[-1]
            if np.isnan(pads).any() and not np.isnan(text).any():
                return call.path, "NaN"
            if first_zero is None and text.any() and not pads.any():
                first_zero = call.path
    return first_zero, "0"
