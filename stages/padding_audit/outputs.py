"""What padding does to the predictions: flips and changes of probability, with intervals over texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import keras
import numpy as np

from .following import array_of
from .result import OutputChange, PadsRow
from .samples import Sample
from .signature import graph_of
from .subjects import Subject

Z = 1.959963984540054
"""The 97.5 % point of the normal distribution."""
SUM = 1e-3
"""How far probabilities may miss 1 in all, as those of float16 do."""
TEXTS_OF_A_BATCH = 32
"""In every batch, which is filled up where there are fewer texts, so that the model is compiled once."""


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
    low, high = (middle - half) / (1 + spread), (middle + half) / (1 + spread)
    return low if count else 0.0, high if count < of else 1.0


def worst_change(rows: Sequence[PadsRow], side: str) -> OutputChange | None:
    """The number of pads on a side under which most predictions flip, or else change most."""
    of_side = [row for row in rows if row.side == side and row.condition == "pads"]
    if not of_side:
        return None
    worst = max(of_side, key=lambda row: (row.flips, row.largest_change))
    largest = max(row.largest_change for row in of_side)
    return OutputChange(worst.flips, worst.low, worst.high, largest, worst.pads or 0)


def pads_rows(
    subject: Subject, sample: Sample, grows: Sequence[bool], *, sides: Sequence[str], pads: Sequence[int]
) -> list[PadsRow]:
    """Predictions of all texts with pads against those of the same texts alone, a row for every condition and output.

    Under the condition `pads` texts of the same length share a batch; `batch` pads random batches to their longest
    text, `width` all to the width that the model names. Where pads can only move, those of `alone` all stand on the
    side.

    Args:
        subject: the model.
        sample: texts, with labels or without.
        grows: for every output, whether its second axis is time.
        sides: pre, post or both.
        pads: numbers of pads.
    """
    names = output_names(subject.model, len(grows))
    rows: list[PadsRow] = []
    alone = None if subject.width else _predictions(subject, sample, Condition("post", "pads", 0), grows, None)
    for side in sides:
        known = alone or _predictions(subject, sample, Condition(side, "pads", 0), grows, None)
        for condition in conditions(subject, sample, side, pads):
            texts = _with_room(subject, sample, condition)
            if not texts:
                continue
            some, same = sample.chosen(texts), [[first[text] for text in texts] for first in known]
            padded = _predictions(subject, some, condition, grows, same)
            for name, first, second in zip(names, same, padded, strict=True):
                rows.append(_row(condition, name, first, second, some.labels))
    return rows


def conditions(subject: Subject, sample: Sample, side: str, pads: Sequence[int]) -> list[Condition]:
    """How the texts are padded on a side."""
    some = [Condition(side, "pads", count) for count in pads]
    if subject.width is None:
        some.append(Condition(side, "batch"))
        if own_width(sample) is not None:
            some.append(Condition(side, "width"))
    return some


def own_width(sample: Sample) -> int | None:
    """The width that a model names for its sequences; None where there is none, or not one."""
    widths = {item.facts.width for item in sample.inputs if item.carries_time}
    return widths.pop() if len(widths) == 1 else None


def output_names(model: Any, count: int) -> list[str]:
    """The names of a model's outputs."""
    names = list(getattr(graph_of(model), "output_names", []))
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


def _with_room(subject: Subject, sample: Sample, condition: Condition) -> list[int]:
    """The texts that can be padded so."""
    width = subject.width or (own_width(sample) if condition.name == "width" else None)
    pads = condition.pads or 0
    return [text for text in range(sample.size) if width is None or max(sample.lengths(text)) + pads <= width]


def _batches(sample: Sample, condition: Condition, size: int) -> list[list[int]]:
    """Texts of one length, or any in random order; at most `size` of them."""
    alike = condition.name == "pads"
    groups = list(sample.groups()) if alike else [np.random.default_rng(0).permutation(sample.size).tolist()]
    return [group[i : i + size] for group in groups for i in range(0, len(group), size)]


def _predictions(
    subject: Subject,
    sample: Sample,
    condition: Condition,
    grows: Sequence[bool],
    alone: list[list[np.ndarray]] | None,
) -> list[list[np.ndarray]]:
    """For every output, for every text, its prediction: at the real steps of `alone` where there is one a step."""
    results: list[list[Any]] = [[None] * sample.size for _ in grows]
    width = own_width(sample) if condition.name == "width" else subject.width
    moved = (condition.pads or 0) if subject.width else 0
    size = subject.batch or TEXTS_OF_A_BATCH
    for batch in _batches(sample, condition, size):
        texts = sample.chosen(batch + batch[:1] * (size - len(batch)))
        arrays = texts.arrays(condition.side, condition.pads or 0, width)
        for i, output in enumerate(map(array_of, keras.tree.flatten(subject.predict(arrays)))):
            for place, text in enumerate(batch):
                row = output[place]
                if grows[i] and (alone is not None or subject.width):
                    length = len(alone[i][text]) if alone is not None else max(sample.lengths(text))
                    row = _real(row, length, condition.side, moved)
                results[i][text] = row
    return results


def _real(row: np.ndarray, length: int, side: str, moved: int) -> np.ndarray:
    """The real steps of a row, `moved` of whose pads stand on the other side."""
    start = len(row) - length - moved if side == "pre" else moved
    return row[start : start + length]


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
