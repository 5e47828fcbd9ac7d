"""What padding does to the predictions: flips and changes of probability, with intervals over texts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import keras
import numpy as np

from .following import array_of, real_steps
from .result import OutputChange, PadsRow
from .samples import Sample

Z = 1.959963984540054
"""The 97.5 % point of the normal distribution."""
MOST_TEXTS = 256
"""Of one length in one batch."""
SUM = 1e-3
"""How far probabilities may miss 1 in all, as those of float16 do."""
TEXTS_OF_A_BATCH = 32
"""Of the condition `batch`: Keras' default."""


@dataclass(frozen=True)
class Condition:
    """How the texts are padded."""

    side: str
    name: str
    """As in PadsRow: pads or batch."""
    pads: int | None = None


def wilson(count: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share by Wilson's score (1927); (0, 1) of none."""
    if of == 0:
        return 0.0, 1.0
    share, spread = count / of, Z * Z / of
    middle, half = share + spread / 2, Z * sqrt(share * (1 - share) / of + spread / of / 4)
    return max(0.0, (middle - half) / (1 + spread)), min(1.0, (middle + half) / (1 + spread))


def worst_change(rows: Sequence[PadsRow], side: str) -> OutputChange | None:
    """The number of pads on a side under which most predictions flip, or else change most."""
    of_side = [row for row in rows if row.side == side and row.condition == "pads"]
    if not of_side:
        return None
    worst = max(of_side, key=lambda row: (row.flips, row.largest_change))
    largest = max(row.largest_change for row in of_side)
    return OutputChange(worst.flips, worst.low, worst.high, largest, worst.pads or 0)


def pads_rows(
    model: Any,
    sample: Sample,
    pack: Callable[[list[Any]], Any],
    grows: Sequence[bool],
    *,
    sides: Sequence[str],
    pads: Sequence[int],
) -> list[PadsRow]:
    """Predictions of all texts with pads against those of the same texts alone, a row for every condition and output.

    Texts of the same length are read in batches of at most MOST_TEXTS, so memory does not grow with the data; the
    condition `batch` pads random batches to their longest text.

    Args:
        model: a keras.Model.
        sample: texts, with labels or without.
        pack: from arrays, one an input, to what the model reads.
        grows: for every output, whether its second axis is time.
        sides: pre, post or both.
        pads: numbers of pads.
    """
    same = [group[i : i + MOST_TEXTS] for group in sample.groups() for i in range(0, len(group), MOST_TEXTS)]
    order = np.random.default_rng(0).permutation(sample.size).tolist()
    mixed = [order[i : i + TEXTS_OF_A_BATCH] for i in range(0, len(order), TEXTS_OF_A_BATCH)]
    alone = _predictions(model, sample, pack, same, Condition("post", "pads", 0))
    rows: list[PadsRow] = []
    for side in sides:
        for condition in [*(Condition(side, "pads", count) for count in pads), Condition(side, "batch")]:
            padded = _predictions(model, sample, pack, mixed if condition.name == "batch" else same, condition)
            for name, first, second, time in zip(output_names(model, len(grows)), alone, padded, grows, strict=True):
                real = _at_real_steps(first, second, side) if time else second
                rows.append(_row(condition, name, first, real, sample.labels))
    return rows


def output_names(model: Any, count: int) -> list[str]:
    """The names of a model's outputs."""
    names = list(getattr(model, "output_names", None) or [])
    return names if len(names) == count else [f"output {i + 1}" for i in range(count)]


def decisions(predictions: np.ndarray) -> np.ndarray | None:
    """The class that each prediction chooses; None where its numbers are no probabilities.

    Args:
        predictions: (…, classes) that add up to 1, or (…,) or (…, units) between 0 and 1, each a decision at .5.
    """
    if predictions.size == 0 or not (predictions >= 0).all() or not (predictions <= 1 + SUM).all():
        return None
    if predictions.ndim and predictions.shape[-1] > 1 and (abs(predictions.sum(axis=-1) - 1) < SUM).all():
        return np.asarray(predictions.argmax(axis=-1))
    return predictions > 0.5


def _predictions(
    model: Any, sample: Sample, pack: Callable[[list[Any]], Any], batches: list[list[int]], condition: Condition
) -> list[list[np.ndarray]]:
    """For every output, for every text, its prediction, with one a step also those at pads."""
    results: list[list[Any]] = []
    for batch in batches:
        arrays = sample.chosen(batch).arrays(condition.side, condition.pads)
        outputs = [array_of(tensor) for tensor in keras.tree.flatten(model.predict_on_batch(pack(arrays)))]
        results = results or [[None] * sample.size for _ in outputs]
        for result, output in zip(results, outputs, strict=True):
            for text, prediction in zip(batch, output, strict=True):
                result[text] = prediction
    return results


def _at_real_steps(alone: list[np.ndarray], padded: list[np.ndarray], side: str) -> list[np.ndarray]:
    return [real_steps(row[None], text[None].shape, [1], side)[0] for text, row in zip(alone, padded, strict=True)]


def _row(
    condition: Condition, name: str, alone: list[np.ndarray], padded: list[np.ndarray], labels: list[np.ndarray] | None
) -> PadsRow:
    per_step = alone[0].ndim > 1 or len({len(text) for text in alone}) > 1
    join = np.concatenate if per_step else np.stack
    first, second = join(alone), join(padded)
    before, after = decisions(first), decisions(second)
    largest = float(np.max(np.abs(first.astype(np.float64) - second)))
    if before is None or after is None:
        return PadsRow(
            condition.side,
            condition.name,
            condition.pads,
            name,
            len(first),
            0.0,
            *wilson(0, len(first)),
            0.0,
            largest,
            None,
            None,
        )
    flips = int((before != after).sum())
    low, high = wilson(flips, before.size)
    moved = (
        np.abs(first - second) if before.shape == first.shape else _of_class(first, before) - _of_class(second, before)
    )
    right = _accuracies(before, after, labels)
    return PadsRow(
        side=condition.side,
        condition=condition.name,
        pads=condition.pads,
        output=name,
        texts=int(before.size),
        flips=flips / before.size,
        low=low,
        high=high,
        probability_change=float(np.mean(np.abs(moved))),
        largest_change=largest,
        accuracy=right[1],
        accuracy_alone=right[0],
    )


def _of_class(predictions: np.ndarray, classes: np.ndarray) -> np.ndarray:
    return np.take_along_axis(predictions, classes[..., None], axis=-1)[..., 0]


def _accuracies(
    before: np.ndarray, after: np.ndarray, labels: list[np.ndarray] | None
) -> tuple[float | None, float | None]:
    if labels is None:
        return None, None
    truth = np.concatenate([np.atleast_1d(label) for label in labels]).reshape(-1)
    if truth.size != before.size:
        return None, None
    return float((before.reshape(-1) == truth).mean()), float((after.reshape(-1) == truth).mean())
