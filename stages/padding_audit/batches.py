"""The user's data as texts: rows lose the pads at their ends."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from .errors import AuditError
from .following import array_of
from .samples import Sample, columns_of
from .signature import Input
from .subjects import Subject


def sample_of(data: Any, subject: Subject, labels: Any = None) -> Sample:
    """Texts from what a model reads.

    Args:
        data: an array, a list of lists of steps, or a list or dict of these, one for every input.
        subject: the model that reads them.
        labels: one for every text, or one for every step of a row.

    Raises:
        AuditError: the data do not fit the inputs.
    """
    inputs = subject.inputs
    columns = _columns(data, inputs)
    for place, layer in enumerate(subject.vectorize):
        if layer is not None:
            strings = np.asarray(columns[place], dtype=object)
            columns[place] = list(array_of(layer(keras.ops.convert_to_tensor(strings.astype(str)))))
    sizes = {len(column) for column in columns}
    if len(sizes) != 1:
        raise AuditError(f"the inputs hold different numbers of texts: {', '.join(map(str, sorted(sizes)))}")
    texts: list[list[np.ndarray]] = []
    stripped: list[list[tuple[int, int]]] = []
    for item, column in zip(inputs, columns, strict=True):
        rows = [_row(item, row) for row in column]
        if not item.carries_time:
            texts.append(rows)
            stripped.append([(0, 0)] * len(rows))
            continue
        ends = [real_part(row, item.facts.pad_value) for row in rows]
        texts.append([row[a:b] for row, (a, b) in zip(rows, ends, strict=True)])
        stripped.append([(a, len(row) - b) for row, (a, b) in zip(rows, ends, strict=True)])
    return _labelled(Sample(inputs, texts, stripped=stripped), labels)


def real_part(row: np.ndarray, pad_value: Any) -> tuple[int, int]:
    """The first step of a row that is no pad, and the one behind the last."""
    real = np.flatnonzero((row != pad_value).reshape(len(row), max(1, math.prod(row.shape[1:]))).any(axis=1))
    return (int(real[0]), int(real[-1]) + 1) if len(real) else (0, 0)


def _columns(data: Any, inputs: list[Input]) -> list[Sequence[Any]]:
    names = [item.facts.name for item in inputs]
    if isinstance(data, Mapping):
        if missing := [name for name in names if name not in data]:
            raise AuditError(f"the data lack the input `{missing[0]}`; the model reads: {', '.join(names)}")
        return [data[name] for name in names]
    if len(inputs) == 1:
        packed = isinstance(data, (list, tuple)) and len(data) == 1 and np.ndim(data[0]) == len(inputs[0].shape) + 1
        return [data[0] if packed else data]
    columns = columns_of(data)
    if len(columns) != len(inputs):
        raise AuditError(f"the model reads {len(inputs)} inputs ({', '.join(names)}); give one array for each")
    return list(columns.values())


def _row(item: Input, row: Any) -> np.ndarray:
    values = np.asarray(row)
    rank = len(item.shape)
    if item.carries_time and values.ndim == rank - 1 and item.shape[-1] == 1:
        values = values[..., None]
    if values.ndim != rank:
        raise AuditError(
            f"input `{item.facts.name}` reads {rank + 1} axes with that of the texts, the data have {values.ndim + 1}"
        )
    return values.astype(item.dtype)


def _labelled(sample: Sample, labels: Any) -> Sample:
    """Texts with their labels: one a step where every row of labels is as wide as a row of an input, the last such."""
    if labels is None:
        return sample
    rows = [np.asarray(label) for label in labels]
    if len(rows) != sample.size:
        raise AuditError(f"there are {sample.size} texts and {len(rows)} labels")
    for item, column, pads in reversed(list(zip(sample.inputs, sample.columns, sample.stripped or [], strict=True))):
        widths = [before + len(text) + behind for text, (before, behind) in zip(column, pads, strict=True)]
        if item.carries_time and all(row.ndim and len(row) == width for row, width in zip(rows, widths, strict=True)):
            places = [(before, before + len(text)) for text, (before, _) in zip(column, pads, strict=True)]
            at_pads = [np.delete(row, slice(*place), axis=0) for row, place in zip(rows, places, strict=True)]
            pad_label = next((labels[0] for labels in at_pads if len(labels)), None)
            real = [row[slice(*place)] for row, place in zip(rows, places, strict=True)]
            return replace(sample, labels=real, pad_label=pad_label)
    return replace(sample, labels=rows)
