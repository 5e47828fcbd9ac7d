"""What padding does to the predictions: flips and changes of probability, with intervals over texts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .predicting import Predict, predicting
from .result import OutputChange, PadsRow
from .samples import Sample
from .signature import graph_of
from .subjects import Subject
from .tally import Tally, tally, wilson

TEXTS_OF_A_BATCH = 32
"""In every batch, which is filled up where there are fewer texts, so that the model is compiled once."""
MOST_BYTES = 2**26
"""Of the predictions without pads that are kept: of more texts, a part at a time."""


@dataclass(frozen=True)
class Condition:
    """How the texts are padded."""

    side: str
    name: str
    """As in PadsRow: pads, batch or width."""
    pads: int | None = None


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
        grows: for every output, whether it has a time axis.
        sides: pre, post or both.
        pads: numbers of pads.
    """
    asked = [condition for side in sides for condition in conditions(subject, sample, side, pads)]
    tallies: dict[tuple[Condition, int], Tally] = {}
    with predicting(subject) as predict:
        for part in _parts(subject, sample, predict):
            alone: dict[str, list[list[np.ndarray]]] = {}
            for condition in asked:
                side = condition.side if subject.width else "post"  # texts alone have no side
                if side not in alone:
                    alone[side] = _alone(subject, part, predict, side, grows)
                for key, counted in _tallies(subject, part, predict, condition, grows, alone[side]):
                    tallies[key] = tallies.get(key, Tally()) + counted
    names = output_names(subject.model, len(grows))
    return [
        _row(condition, name, tallies[condition, output])
        for condition in asked
        for output, name in enumerate(names)
        if (condition, output) in tallies
    ]


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


def _parts(subject: Subject, sample: Sample, predict: Predict) -> Iterator[Sample]:
    """The texts, all at once or in parts whose predictions are no more than MOST_BYTES."""
    size = subject.batch or TEXTS_OF_A_BATCH
    longest = max(range(sample.size), key=lambda text: max(sample.lengths(text)))
    outputs = predict(sample.chosen([longest] * size).arrays("post", 0, subject.width))
    most = max(size, MOST_BYTES * size // max(1, sum(output.nbytes for output in outputs)))
    if sample.size <= most:
        yield sample
        return
    order = np.random.default_rng(0).permutation(sample.size).tolist()
    yield from (sample.chosen(order[start : start + most]) for start in range(0, sample.size, most))


def _alone(
    subject: Subject, sample: Sample, predict: Predict, side: str, grows: Sequence[bool]
) -> list[list[np.ndarray]]:
    """For every output, for every text, its prediction without pads: at real steps where there is one a step."""
    results: list[list[Any]] = [[None] * sample.size for _ in grows]
    for batch, outputs in _outputs(subject, sample, predict, Condition(side, "pads", 0)):
        for i, output in enumerate(outputs):
            for row, text in zip(output, batch, strict=False):
                length = max(sample.lengths(text))
                shape = [length if grows[i] and size == subject.width else size for size in row.shape]
                results[i][text] = _real(row, shape, side, 0).copy()
    return results


def _tallies(
    subject: Subject,
    sample: Sample,
    predict: Predict,
    condition: Condition,
    grows: Sequence[bool],
    alone: list[list[np.ndarray]],
) -> Iterator[tuple[tuple[Condition, int], Tally]]:
    """What is counted of every output under a condition, batch by batch."""
    moved = (condition.pads or 0) if subject.width else 0
    room = _with_room(subject, sample, condition)
    for batch, outputs in _outputs(subject, sample.chosen(room), predict, condition):
        texts = [room[place] for place in batch]
        labels = None if sample.labels is None else [sample.labels[text] for text in texts]
        for i, output in enumerate(outputs):
            first, rows = [alone[i][text] for text in texts], list(output[: len(texts)])
            rows = [_real(row, short.shape, condition.side, moved) for row, short in zip(rows, first, strict=True)]
            stacked = not grows[i] and first[0].ndim <= 1
            yield (condition, i), tally(_joined(first, stacked), _joined(rows, stacked), labels)


def _outputs(
    subject: Subject, sample: Sample, predict: Predict, condition: Condition
) -> Iterator[tuple[list[int], list[np.ndarray]]]:
    """Batches of texts, with what the model gives for them; behind their rows may stand further ones."""
    width = own_width(sample) if condition.name == "width" else subject.width
    size = subject.batch or TEXTS_OF_A_BATCH
    for batch in _batches(sample, condition, size):
        texts = sample.chosen(batch + batch[:1] * (size - len(batch)))
        yield batch, predict(texts.arrays(condition.side, condition.pads or 0, width))


def _real(row: np.ndarray, shape: Sequence[int], side: str, moved: int) -> np.ndarray:
    """The real steps of a row, in a shape whose time axes are shorter; `moved` pads stand on the other side."""
    starts = [size - short - moved if side == "pre" else moved for size, short in zip(row.shape, shape, strict=True)]
    index = [
        slice(start, start + short) if short < size else slice(None)
        for start, short, size in zip(starts, shape, row.shape, strict=True)
    ]
    return row[tuple(index)]


def _joined(rows: list[np.ndarray], stacked: bool) -> np.ndarray:
    """The rows of some texts, one behind the other, value by value where more than their first axis is time."""
    if stacked:
        return np.stack(rows)
    return np.concatenate(rows if len({row.shape[1:] for row in rows}) == 1 else [row.reshape(-1) for row in rows])


def _row(condition: Condition, name: str, counted: Tally) -> PadsRow:
    classes = counted.are_classes
    compared, flips = (counted.decisions, counted.flips) if classes else (counted.values, 0)
    known = classes and counted.labels == counted.decisions
    low, high = wilson(flips, compared)
    return PadsRow(
        side=condition.side,
        condition=condition.name,
        pads=condition.pads,
        output=name,
        texts=compared,
        flips=flips / compared if compared else 0.0,
        low=low,
        high=high,
        probability_change=counted.moved / compared if classes and compared else 0.0,
        largest_change=counted.largest,
        accuracy=counted.right[1] / compared if known and compared else None,
        accuracy_alone=counted.right[0] / compared if known and compared else None,
    )
