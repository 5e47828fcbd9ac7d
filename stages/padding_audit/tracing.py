"""The layers of a model under padding: what each did with the mask, how far its output moved, which leaked first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, isnan
from typing import Any

import keras
import numpy as np

from .errors import AuditError
from .facts import ROUNDINGS
from .following import UNFOLLOWED, Change, Place, Steps, array_of, change, difference
from .masks import History, histories
from .recording import Call, recorded
from .result import Cause, Did, FirstLeak, LayerRow, Verdict
from .samples import Sample
from .subjects import Subject

PLACES = (keras.layers.Flatten, keras.layers.Reshape, keras.layers.Permute)
"""Layers that make features of steps."""
DOUBT = 1e-2
"""No rounding of float32 becomes as much as this in a model that is of use."""
JITTERS = 2
"""Times that roundings are tried."""


@dataclass
class Row:
    """One call of a layer over all tested batches."""

    call: Call
    changes: dict[str, dict[int, float | None]]
    """By side and number of pads."""
    histories: dict[str, History] = field(default_factory=dict)
    """By side, under the most pads."""
    at_masked_steps: str | None = None
    rounding: float = 0.0
    """How far roundings in the calls before move its output, and in its own; 0 where that was not measured."""


@dataclass
class Trace:
    """What the tested batches show."""

    model: Any
    rows: list[Row]
    outputs: dict[str, dict[int, float | None]]
    """By side and number of pads: the largest change of any output at real steps, as in LayerRow; None: not tested."""
    grows: list[bool]
    """For every output of the model, whether its second axis is time."""
    width: int | None = None
    """The only number of steps that the model reads, where pads can only move."""
    rounding: float = 0.0
    """As in Row, of the outputs of the model."""

    def leaks(self, side: str, tolerance: float) -> bool:
        """Whether the output changes by more than rounding, or is not a number.

        A smaller change is rounding only where no layer before it changes by more: what is left of a leak is a leak.
        """
        if _any_above(self.outputs[side], tolerance, self.rounding):
            return True
        return self.largest_change(side) > 0 and self._first_changed(side, tolerance) is not None

    def largest_change(self, side: str) -> float:
        """Of the output on a side, under any number of pads; NaN where it is not a number."""
        changes = [value for value in self.outputs[side].values() if value is not None]
        return max(changes, key=lambda value: inf if isnan(value) else value)

    def verdict(self, side: str, tolerance: float) -> Verdict:
        """What was measured on a side; never PROVEN."""
        largest = self.largest_change(side)
        if isnan(largest):
            return Verdict.UNDEFINED
        if self.leaks(side, tolerance):
            return Verdict.LEAKS
        return Verdict.ROUNDING if largest > 0 else Verdict.EXACT

    def first_leak(self, side: str, tolerance: float) -> FirstLeak | None:
        """The first call whose output changes at real steps, or the model, whose code behind them all leaks.

        None where the model's output does not change.
        """
        if not self.leaks(side, tolerance):
            return None
        row = self._first_changed(side, tolerance)
        if row is not None:
            call, history = row.call, row.histories[side]
            cause = Cause.FIXED_WIDTH if self._has_one_width(call.operation) else history.cause
            culprit = None if cause is Cause.FIXED_WIDTH else history.culprit
            return FirstLeak(call.name, call.path, call.number, call.type, cause, culprit)
        made = any(history.did is Did.MADE for row in self.rows for history in row.histories.values())
        name, kind = str(self.model.name), type(self.model).__name__
        return FirstLeak(name, name, 1, kind, Cause.LOST if made else Cause.NO_MASK, None)

    def _first_changed(self, side: str, tolerance: float) -> Row | None:
        changed = (row for row in self.rows if _any_above(row.changes[side], tolerance, row.rounding))
        return next(changed, None)

    def _has_one_width(self, operation: Any) -> bool:
        """Whether an operation tells steps apart by their place, in a model of one width."""
        if self.width is None or isinstance(operation, (keras.layers.RNN, keras.layers.Bidirectional)):
            return False
        return isinstance(operation, PLACES) or any(self.width in weight.shape for weight in _weights(operation))


def _any_above(changes: Mapping[int, float | None], tolerance: float, rounding: float) -> bool:
    """Whether a change, by number of pads, is more than rounding, or not a number."""
    most = max(tolerance, ROUNDINGS * rounding)
    return any(value is not None and not value <= most for value in changes.values())


def _weights(operation: Any) -> list[Any]:
    return list(operation.weights) if isinstance(operation, keras.layers.Layer) else []


def traced(subject: Subject, sample: Sample, *, sides: Sequence[str], pads: Sequence[int], tolerance: float) -> Trace:
    """Run a model on texts without pads and with pads on each side, and compare it layer by layer.

    Where the width is fixed, all pads stand on the side at first, and `pads` of them move to the other.

    Args:
        subject: the model.
        sample: texts; those of the same lengths are read in one batch without a pad, and with the same number of pads.
        sides: pre and post, or one of them.
        pads: numbers of pads, at least 1.
        tolerance: what counts as rounding, relative to the largest value of an output.

    Raises:
        AuditError: no text leaves room for a pad, or the model calls other layers when it reads more steps.
    """
    trace = Trace(subject.model, [], {side: dict.fromkeys(pads) for side in sides}, [], subject.width)
    for group in sample.groups():
        texts, alone = sample.chosen(group), None
        for side in sides:
            if alone is None or subject.width is not None:  # the same on both sides where pads are added
                alone = _read(subject, texts, side, 0)
            if not trace.rows:
                trace.rows += [Row(call, {side: dict.fromkeys(pads) for side in sides}) for call in alone.calls]
                trace.grows += [False] * len(alone.outputs)
            for count in sorted(pads):
                steps = steps_of(subject, texts, side, count)
                if steps is not None:
                    _compare(trace, alone, _read(subject, texts, side, count), steps, count, tolerance)
    if all(value is None for changes in trace.outputs.values() for value in changes.values()):
        raise AuditError(f"no text leaves room for a pad in the {subject.width} steps that the model reads")
    if _in_doubt(trace, tolerance):
        for group in sample.groups():
            _measure_rounding(trace, subject, sample.chosen(group))
    return trace


def steps_of(subject: Subject, texts: Sample, side: str, count: int) -> Steps | None:
    """Where the real steps of texts of one length stand without and with pads; None where there is no room for these.

    Args:
        subject: the model.
        texts: of the same length.
        side: where the pads stand.
        count: how many there are, or how many move to the other side where the width is fixed.
    """
    if subject.width is None:
        return Steps(side)
    length = max(texts.lengths(0))
    if count > subject.width - length:
        return None
    starts = (subject.width - length, subject.width - length - count) if side == "pre" else (0, count)
    return Steps(side, subject.width, starts, length)


@dataclass(frozen=True)
class _Run:
    calls: list[Call]
    outputs: list[np.ndarray]
    values: list[list[np.ndarray]]
    """For every call, its outputs."""


def _read(subject: Subject, texts: Sample, side: str, count: int, jitter: np.random.Generator | None = None) -> _Run:
    subject.reset()
    outputs, calls = recorded(subject.model, subject.pack(texts.arrays(side, count, subject.width)), jitter)
    values = [[array_of(tensor) for tensor in call.outputs] for call in calls]
    return _Run(calls, [array_of(tensor) for tensor in keras.tree.flatten(outputs)], values)


def _compare(trace: Trace, alone: _Run, padded: _Run, steps: Steps, count: int, tolerance: float) -> None:
    side = steps.side
    if [call.path for call in padded.calls] != [call.path for call in alone.calls]:
        raise AuditError("the model calls other layers when it reads more steps, so runs cannot be compared")
    changes = [
        _change(first, second, call, steps, tolerance)
        for first, second, call in zip(alone.values, padded.values, padded.calls, strict=True)
    ]
    for row, item in zip(trace.rows, changes, strict=True):
        row.changes[side][count] = _larger(row.changes[side][count], item.largest)
    for i, pair in enumerate(zip(alone.outputs, padded.outputs, strict=True)):
        item = change(*pair, steps, None, tolerance)
        trace.grows[i] |= item.place is not Place.WHOLE
        trace.outputs[side][count] = _larger(trace.outputs[side][count], item.largest)
    known = histories(alone.calls, padded.calls, steps, [item.place for item in changes])
    for row, history, first, second in zip(trace.rows, known, alone.values, padded.values, strict=True):
        row.histories[side] = history
        if side == "post" and steps.width is None and history.mask_in and first:
            row.at_masked_steps = _at_masked_steps(first[0], second[0])


def _in_doubt(trace: Trace, tolerance: float) -> bool:
    """Whether a change may be rounding that the model made more of, as a steep function does."""
    everywhere = [*trace.outputs.values(), *(by for row in trace.rows for by in row.changes.values())]
    return any(value is not None and tolerance < value < DOUBT for by in everywhere for value in by.values())


def _measure_rounding(trace: Trace, subject: Subject, texts: Sample) -> None:
    """See how far outputs move when every value that a call gives moves by up to one rounding."""
    side = next(iter(trace.outputs))
    exact = _read(subject, texts, side, 0)
    for seed in range(JITTERS):
        moved = _read(subject, texts, side, 0, np.random.default_rng(seed))
        for row, *both in zip(trace.rows, exact.values, moved.values, strict=True):
            row.rounding = _most_moved(row.rounding, *both)
        trace.rounding = _most_moved(trace.rounding, exact.outputs, moved.outputs)


def _most_moved(known: float, first: list[np.ndarray], second: list[np.ndarray]) -> float:
    pairs = [pair for pair in zip(first, second, strict=True) if pair[0].dtype.kind == "f"]
    return float(np.nanmax([known, *(difference(*pair) for pair in pairs)]))


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


def _change(alone: list[np.ndarray], padded: list[np.ndarray], call: Call, steps: Steps, tolerance: float) -> Change:
    """That of the output which moved most."""
    changes = [
        change(first, second, steps, None if mask is None else array_of(mask).astype(bool), tolerance)
        for first, second, mask in zip(alone, padded, call.masks, strict=True)
        if not _is_mask_like(first)
    ]
    return max(changes, key=_size, default=UNFOLLOWED)


def _size(item: Change) -> float:
    if item.largest is None:
        return -1
    return inf if isnan(item.largest) else item.largest


def _larger(first: float | None, second: float | None) -> float | None:
    if first is None or second is None:
        return second if first is None else first
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
