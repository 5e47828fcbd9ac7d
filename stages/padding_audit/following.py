"""Following real steps through a model: the same texts with pads and without, layer by layer."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import keras
import numpy as np


class Place(StrEnum):
    """Where the real steps of a padded output stand."""

    WHOLE = "whole"
    """It has no time axis: shapes are equal with pads and without."""
    OWN = "own"
    """Where the texts stand in the input."""
    TURNED = "turned"
    """At the other end, as a layer that goes backwards leaves them."""
    MASK = "mask"
    """Where the output's mask is true."""
    UNKNOWN = "unknown"
    """They could not be followed."""


@dataclass(frozen=True)
class Change:
    """How far an output moved at real steps."""

    largest: float | None
    """Absolute, divided by the largest absolute value of the output; NaN where one is not a number; None: unknown."""
    place: Place


UNFOLLOWED = Change(None, Place.UNKNOWN)


def array_of(tensor: Any) -> np.ndarray:
    """A tensor as numpy has it: strings as objects, bfloat16 and float16 as float32."""
    values = np.asarray(keras.ops.convert_to_numpy(tensor))
    narrow = keras.backend.standardize_dtype(tensor.dtype) in ("float16", "bfloat16")
    return values.astype(np.float32) if narrow else values


@dataclass(frozen=True)
class Steps:
    """Where the same real steps stand in two runs."""

    side: str
    """Where the pads stand: pre or post."""
    width: int | None = None
    """Of both runs, where pads only move; None where the second run has more steps than the first."""
    starts: tuple[int, int] = (0, 0)
    """Where pads only move: the first real step of either run."""
    count: int = 0
    """Where pads only move: the number of real steps."""

    def both(self, alone: np.ndarray, padded: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """The real steps of two outputs; the outputs as they are, where they have no time axis; None: unknown."""
        if alone.ndim != padded.ndim or alone.shape[:1] != padded.shape[:1]:
            return None
        axes = self.axes(alone.shape, padded.shape)
        if self.width is not None and alone.shape == padded.shape:
            return _part(alone, axes, self.starts[0], self.count), _part(padded, axes, self.starts[1], self.count)
        if any(alone.shape[axis] > padded.shape[axis] for axis in axes):
            return None
        return alone, real_steps(padded, alone.shape, axes, self.side)

    def axes(self, alone: tuple[int, ...], padded: tuple[int, ...]) -> list[int]:
        """The axes of time: those that differ, or those as wide as the input."""
        if self.width is not None and alone == padded:
            return [axis for axis in range(1, len(alone)) if alone[axis] == self.width]
        return [axis for axis in range(1, len(alone)) if alone[axis] != padded[axis]]

    @property
    def turned(self) -> "Steps":
        """With the text at the other end."""
        if self.width is None:
            return replace(self, side="pre" if self.side == "post" else "post")
        first, second = (self.width - start - self.count for start in self.starts)
        return replace(self, starts=(first, second))


def change(alone: np.ndarray, padded: np.ndarray, steps: Steps, mask: np.ndarray | None, tolerance: float) -> Change:
    """The change at real steps between an output without pads and one with pads.

    Real steps stand where they stand in the input, or at the other end, or where the output's mask is true: the first
    of these that shows no more than rounding, as a layer may turn or join steps, which is no leak.

    Args:
        alone: the output without pads, of shape (texts, …).
        padded: that of the same texts with pads.
        steps: where the real steps stand.
        mask: the mask that the padded output carries, (texts, steps) or more.
        tolerance: the largest change that is rounding.
    """
    pair = steps.both(alone, padded)
    if pair is None or alone.dtype.kind in "OSU":
        return UNFOLLOWED
    largest = difference(*pair)
    if not steps.axes(alone.shape, padded.shape):
        return Change(largest, Place.WHOLE)
    if not largest <= tolerance:
        turned = steps.turned.both(alone, padded)
        if turned is not None and difference(*turned) <= tolerance:
            return Change(difference(*turned), Place.TURNED)
        picked = None if mask is None else _picked(padded, mask, alone.shape)
        if picked is not None and difference(alone, picked) <= tolerance:
            return Change(difference(alone, picked), Place.MASK)
    return Change(largest, Place.OWN)


def real_steps(padded: np.ndarray, shape: tuple[int, ...], axes: list[int], side: str) -> np.ndarray:
    """The part of a padded output where text stands: the last steps where pads come before, else the first."""
    index = [slice(None)] * padded.ndim
    for axis in axes:
        index[axis] = slice(padded.shape[axis] - shape[axis], None) if side == "pre" else slice(shape[axis])
    return padded[tuple(index)]


def _part(values: np.ndarray, axes: list[int], start: int, count: int) -> np.ndarray:
    index = [slice(None)] * values.ndim
    for axis in axes:
        index[axis] = slice(start, start + count)
    return values[tuple(index)]


def difference(alone: np.ndarray, padded: np.ndarray) -> float:
    """The largest absolute difference, divided by the largest absolute value; NaN where a value is not a number."""
    if alone.size == 0:
        return 0.0
    first, second = alone.astype(np.float64), padded.astype(np.float64)
    with np.errstate(invalid="ignore"):
        largest = float(np.max(np.where(first == second, 0.0, np.abs(first - second))))
    if largest == 0 or np.isnan(largest):
        return largest
    return largest / float(max(np.max(np.abs(first)), np.max(np.abs(second))))


def _picked(padded: np.ndarray, mask: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
    """The steps at which a mask is true, where it is true as often as a text without pads has steps."""
    if mask.ndim != 2 or mask.shape != padded.shape[:2] or not (mask.sum(axis=1) == shape[1]).all():
        return None
    picked: np.ndarray = padded[mask].reshape(len(padded), shape[1], *padded.shape[2:])
    return picked if picked.shape == shape else None
