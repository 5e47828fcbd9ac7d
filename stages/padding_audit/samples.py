"""Texts to test with, and how they are padded. A text is a step or more of every input that carries time."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .signature import FIXED, NUMBERS, STRINGS, TOKENS, Input

LENGTHS = (3, 5, 8)
INNER_WIDTH = 6
"""Of an axis behind time whose width is free, as letters within words."""


@dataclass(frozen=True)
class Sample:
    """Some texts as a model reads them, without pads."""

    inputs: list[Input]
    columns: list[list[np.ndarray]]
    """For every input, for every text, its values: (steps, …), or (…) where the input is fixed."""
    labels: list[np.ndarray] | None = None
    """For every text, where there are any: one, or one a step."""
    stripped: list[list[tuple[int, int]]] | None = None
    """For every input, for every text, how many pads stood before and behind it; None of texts that are made."""
    pad_label: np.ndarray | None = None
    """The label that stood at a pad, where labels are one a step."""

    @property
    def size(self) -> int:
        """Number of texts."""
        return len(self.columns[0])

    def lengths(self, text: int) -> tuple[int, ...]:
        """The number of steps of a text in every input that carries time."""
        return tuple(
            len(column[text]) for item, column in zip(self.inputs, self.columns, strict=True) if item.carries_time
        )

    def chosen(self, texts: Sequence[int]) -> "Sample":
        """Some of the texts."""
        columns = [[column[text] for text in texts] for column in self.columns]
        labels = None if self.labels is None else [self.labels[text] for text in texts]
        stripped = None if self.stripped is None else [[pads[text] for text in texts] for pads in self.stripped]
        return replace(self, columns=columns, labels=labels, stripped=stripped)

    def groups(self) -> Iterator[list[int]]:
        """Texts of the same lengths, which can stand in one batch without a pad."""
        groups: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for text in range(self.size):
            groups[self.lengths(text)].append(text)
        yield from (groups[lengths] for lengths in sorted(groups))

    def arrays(self, side: str = "post", pads: int = 0, width: int | None = None) -> list[Any]:
        """A batch of all texts, one array for every input.

        Args:
            side: where the pads stand: pre or post.
            pads: how many each text gets beyond the longest of the batch.
            width: the number of steps of a row where it is fixed; then `pads` of the pads stand on the other side.
        """
        arrays = []
        for item, column in zip(self.inputs, self.columns, strict=True):
            if not item.carries_time:
                arrays.append(np.stack(column))
                continue
            steps, split = (width, pads) if width else (max(len(text) for text in column) + pads, 0)
            arrays.append(np.stack([padded(text, steps, side, item.facts.pad_value, split) for text in column]))
        return arrays

    def as_given(self, least: int = 0) -> list[Any]:
        """A batch of all texts as the user padded them; where they are of different lengths, padded behind.

        Args:
            least: how many pads the longest text gets, where the user padded none and the input has no fixed width.
        """
        arrays = []
        for number, (item, column) in enumerate(zip(self.inputs, self.columns, strict=True)):
            if not item.carries_time:
                arrays.append(np.stack(column))
                continue
            pads = self._pads(number)
            widest = max(before + len(text) + behind for text, (before, behind) in zip(column, pads, strict=True))
            width = item.facts.width or widest + (0 if any(map(sum, pads)) else least)
            value = item.facts.pad_value
            rows = [padded(text, width, "post", value, before) for text, (before, _) in zip(column, pads, strict=True)]
            arrays.append(np.stack(rows))
        return arrays

    def real_steps(self, number: int, width: int) -> np.ndarray:
        """Where text stands in `as_given` of an input: (texts, width)."""
        real = np.zeros((self.size, width), bool)
        for row, text, (before, _) in zip(real, self.columns[number], self._pads(number), strict=True):
            row[before : before + len(text)] = True
        return real

    def _pads(self, number: int) -> list[tuple[int, int]]:
        """How many pads stood before and behind every text; fewer before it where a row was wider than the input is."""
        if not self.stripped:
            return [(0, 0)] * self.size
        width = self.inputs[number].facts.width
        return [
            (before if width is None else min(before, width - len(text)), behind)
            for text, (before, behind) in zip(self.columns[number], self.stripped[number], strict=True)
        ]


def columns_of(data: Any) -> dict[str, Sequence[Any]]:
    """The inputs in a batch of data by name: an array or a list of texts is one input, a tuple or dict is several."""
    if isinstance(data, Mapping):
        return {name: data[name] for name in sorted(data)}  # the order in which keras.tree flattens a dict
    several = isinstance(data, tuple) or (isinstance(data, list) and all(hasattr(item, "shape") for item in data))
    if several and all(np.ndim(item) >= 2 for item in data):
        return {f"input_{i + 1}": column for i, column in enumerate(data)}
    return {"input": data}


def padded(text: np.ndarray, width: int, side: str, pad_value: Any, split: int = 0) -> np.ndarray:
    """A text of (steps, …) in a row of (width, …), `split` of whose pads stand on the other side."""
    pads = width - len(text)
    before = pads - split if side == "pre" else split
    widths = [(before, pads - before), *((0, 0) for _ in text.shape[1:])]
    return np.pad(text, widths, constant_values=pad_value)


def made_texts(inputs: list[Input], seed: int, texts: int, scale: int = 1) -> Sample:
    """Texts of several lengths from the signature alone: random ids without the pad value, or normal numbers.

    Args:
        inputs: of `signature`.
        seed: of the random numbers.
        texts: how many of each length.
        scale: they are so many times as long as LENGTHS.
    """
    generator = np.random.default_rng(seed)
    widest = min((item.facts.width for item in inputs if item.facts.width), default=None)
    lengths = [scale * length for length in LENGTHS if widest is None or scale * length < widest]
    lengths = lengths or [max(1, (widest or 2) - 1)]
    fixed = {item.facts.name: _values(item, item.shape, generator) for item in inputs if not item.carries_time}
    columns: list[list[np.ndarray]] = [[] for _ in inputs]
    for length in lengths:
        for _ in range(texts):
            for item, column in zip(inputs, columns, strict=True):
                shape = (length, *item.shape[1:])
                column.append(_values(item, shape, generator) if item.carries_time else fixed[item.facts.name])
    return Sample(inputs, columns)


def _values(item: Input, shape: Sequence[int | None], generator: np.random.Generator) -> np.ndarray:
    sizes = tuple(INNER_WIDTH if size is None else size for size in shape)
    if item.facts.kind in (TOKENS, STRINGS) or (item.facts.kind == FIXED and item.largest is not None):
        pad = item.facts.pad_value
        allowed = np.arange(item.smallest, 1 + max(item.largest or 0, item.smallest))
        return generator.choice(allowed[allowed != pad] if (allowed != pad).any() else allowed, sizes).astype(
            item.dtype
        )
    values = generator.normal(size=sizes)
    if item.facts.kind == NUMBERS:
        values = np.where(values == item.facts.pad_value, values + 1, values)
    return values.astype(item.dtype)
