"""Following real steps through a model: the same texts with pads and without, layer by layer."""

from dataclasses import dataclass
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


def change(alone: np.ndarray, padded: np.ndarray, side: str, mask: np.ndarray | None, tolerance: float) -> Change:
    """The change at real steps between an output without pads and one with pads.

    The time axis is where the shapes differ. Real steps stand where they stand in the input, or at the other end, or
    where the output's mask is true, whichever moves least: a layer may turn or join steps, which is no leak.

    Args:
        alone: the output without pads, of shape (texts, …).
        padded: that of the same texts with pads.
        side: where the pads stand: pre or post.
        mask: the mask that the padded output carries, (texts, steps) or more.
        tolerance: a place below it is taken without a look at the others.
    """
    if alone.ndim != padded.ndim or alone.shape[:1] != padded.shape[:1] or alone.dtype.kind in "OSU":
        return UNFOLLOWED
    axes = [axis for axis in range(1, alone.ndim) if alone.shape[axis] != padded.shape[axis]]
    if not axes:
        return Change(difference(alone, padded), Place.WHOLE)
    if any(alone.shape[axis] > padded.shape[axis] for axis in axes):
        return UNFOLLOWED
    candidates = [
        Change(difference(alone, real_steps(padded, alone.shape, axes, end)), place)
        for end, place in ((side, Place.OWN), ("post" if side == "pre" else "pre", Place.TURNED))
    ]
    if mask is not None and (picked := _picked(padded, mask, alone.shape)) is not None:
        candidates.append(Change(difference(alone, picked), Place.MASK))
    for candidate in candidates:
        if candidate.largest is not None and candidate.largest <= tolerance:
            return candidate
    return candidates[0]


def real_steps(padded: np.ndarray, shape: tuple[int, ...], axes: list[int], side: str) -> np.ndarray:
    """The part of a padded output where text stands: the last steps where pads come before, else the first."""
    index = [slice(None)] * padded.ndim
    for axis in axes:
        index[axis] = slice(padded.shape[axis] - shape[axis], None) if side == "pre" else slice(shape[axis])
    return padded[tuple(index)]


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
