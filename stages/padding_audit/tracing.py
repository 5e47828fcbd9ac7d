"""The layers of a model under padding: what each did with the mask, how far its output moved, which leaked first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf, isnan
from typing import Any

import keras
import numpy as np

from .errors import AuditError
from .following import UNFOLLOWED, Change, Place, array_of, change
from .masks import History, histories
from .recording import Call, recorded
from .result import Did, FirstLeak, LayerRow
from .samples import Sample

Run = Callable[[list[Any]], Any]
"""From a batch, one array an input, to the structure that the model reads."""


@dataclass
class Row:
    """One call of a layer over all tested batches."""

    call: Call
    changes: dict[str, dict[int, float | None]]
    """By side and number of pads."""
    histories: dict[str, History] = field(default_factory=dict)
    """By side, under the most pads."""
    at_masked_steps: str | None = None


@dataclass
class Trace:
    """What the tested batches show."""

    rows: list[Row]
    outputs: dict[str, dict[int, float]]
    """By side and number of pads: the largest change of any output at real steps, as in LayerRow."""
    grows: list[bool]
    """For every output of the model, whether its second axis is time."""

    def leaks(self, side: str, tolerance: float) -> bool:
        """Whether the output changes by more than rounding, or is not a number."""
        return any(not value <= tolerance for value in self.outputs[side].values())

    def first_leak(self, side: str, tolerance: float) -> FirstLeak | None:
        """The first call whose output changes at real steps; None where the model's output does not."""
        if not self.leaks(side, tolerance):
            return None
        for row in self.rows:
            if any(value is not None and not value <= tolerance for value in row.changes[side].values()):
                history = row.histories[side]
                call = row.call
                return FirstLeak(call.name, call.path, call.number, call.type, history.cause, history.culprit)
        return None


def traced(
    model: Any, sample: Sample, pack: Run, *, sides: Sequence[str], pads: Sequence[int], tolerance: float
) -> Trace:
    """Run a model on texts without pads and with pads on each side, and compare it layer by layer.

    Args:
        model: a keras.Model.
        sample: texts; those of the same lengths are read in one batch without a pad, and with the same number of pads.
        pack: from arrays to what the model reads.
        sides: pre and post, or one of them.
        pads: numbers of pads, at least 1.
        tolerance: what counts as rounding, relative to the largest value of an output.
    """
    trace: Trace | None = None
    for group in sample.groups():
        texts = sample.chosen(group)
        result, alone = recorded(model, pack(texts.arrays()))
        before = [[array_of(tensor) for tensor in call.outputs] for call in alone]
        if trace is None:
            empty = {side: dict.fromkeys(pads) for side in sides}
            rows = [Row(call, {side: dict(values) for side, values in empty.items()}) for call in alone]
            trace = Trace(
                rows, {side: dict.fromkeys(pads, 0.0) for side in sides}, [False] * len(keras.tree.flatten(result))
            )
        for side in sides:
            for count in pads:
                padded_result, padded = recorded(model, pack(texts.arrays(side, count)))
                if [call.path for call in padded] != [call.path for call in alone]:
                    raise AuditError(
                        "the model calls other layers when it reads more steps, so runs cannot be compared"
                    )
                changes = [_change(b, call, side, tolerance) for b, call in zip(before, padded, strict=True)]
                _add(trace, changes, side, count)
                _add_outputs(trace, result, padded_result, side, count, tolerance)
                if count == max(pads):
                    found = histories(alone, padded, side, [item.place for item in changes])
                    for row, history, call, values in zip(trace.rows, found, padded, before, strict=True):
                        row.histories.setdefault(side, history)
                        if side == "post" and history.mask_in and values:
                            row.at_masked_steps = _at_masked_steps(values[0], array_of(call.outputs[0]))
    if trace is None:
        raise AuditError("there are no texts to test with")
    return trace


def layer_rows(trace: Trace) -> list[LayerRow]:
    """The rows of the table, without the operations of a graph that only compute masks."""
    rows = []
    for row in trace.rows:
        if _computes_a_mask(row.call):
            continue
        found = list(row.histories.values())
        did = next((item.did for item in found if item.did is not Did.NONE), Did.NONE)
        changes = {side: {str(k): value for k, value in by.items()} for side, by in row.changes.items()}
        mask_in, mask_out = any(item.mask_in for item in found), any(item.mask_out for item in found)
        call = row.call
        rows.append(LayerRow(call.path, call.number, call.type, mask_in, mask_out, did, changes, row.at_masked_steps))
    return rows


def _change(before: list[np.ndarray], call: Call, side: str, tolerance: float) -> Change:
    """That of the output which moved most."""
    changes = [
        change(alone, array_of(tensor), side, None if mask is None else array_of(mask).astype(bool), tolerance)
        for alone, tensor, mask in zip(before, call.outputs, call.masks, strict=True)
        if not _is_mask_like(alone)
    ]
    return max(changes, key=_size, default=UNFOLLOWED)


def _size(item: Change) -> float:
    if item.largest is None:
        return -1
    return inf if isnan(item.largest) else item.largest


def _add(trace: Trace, changes: list[Change], side: str, count: int) -> None:
    for row, item in zip(trace.rows, changes, strict=True):
        known = row.changes[side][count]
        if item.largest is not None:
            row.changes[side][count] = item.largest if known is None else _larger(known, item.largest)


def _add_outputs(trace: Trace, alone: Any, padded: Any, side: str, count: int, tolerance: float) -> None:
    for i, (first, second) in enumerate(zip(keras.tree.flatten(alone), keras.tree.flatten(padded), strict=True)):
        item = change(array_of(first), array_of(second), side, None, tolerance)
        trace.grows[i] |= item.place is not Place.WHOLE
        if item.largest is not None:
            trace.outputs[side][count] = _larger(trace.outputs[side][count], item.largest)


def _larger(first: float, second: float) -> float:
    return float(np.maximum(first, second))  # NaN where one is


def _at_masked_steps(alone: np.ndarray, padded: np.ndarray) -> str | None:
    """What a layer gives behind the last real step, the time axis being the first that grew."""
    if alone.ndim != padded.ndim or alone.ndim < 3 or padded.shape[1] <= alone.shape[1]:
        return None
    pads = padded[:, alone.shape[1] :]
    if not pads.any():
        return "zeros"
    return "repeats" if (pads == padded[:, alone.shape[1] - 1 : alone.shape[1]]).all() else "other"


def _computes_a_mask(call: Call) -> bool:
    return not call.is_layer and bool(call.outputs) and all(_is_mask_like(array_of(t)) for t in call.outputs)


def _is_mask_like(values: np.ndarray) -> bool:
    return values.dtype.kind == "b"
