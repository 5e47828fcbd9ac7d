"""Which texts make a batch, and how wide it is: a matter of lengths and the seed, never of the variant."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from stages.params.texts import Side

Ids = NDArray[np.int32]
Rows = NDArray[np.int64]

POOL_BATCHES = 50
"""Texts are sorted by length within pools of this many batches, so that an epoch's order stays mostly random."""


def epoch_batches(
    lengths: NDArray[np.integer],
    batch_size: int,
    grouping: Literal["length", "shuffle"],
    generator: np.random.Generator,
) -> list[Rows]:
    """The rows of every batch of one epoch, each row in exactly one batch.

    Args:
        lengths: length of every text, shape (n,).
        batch_size: texts in a batch; the last may hold fewer.
        grouping: `shuffle` cuts a random order into batches; `length` sorts pools of that order by length first and
            then shuffles the batches.
        generator: the source of randomness of this epoch.
    """
    order = generator.permutation(len(lengths))
    if grouping == "shuffle":
        return _cut(order, batch_size)
    pools = _cut(order, batch_size * POOL_BATCHES)
    batches = [batch for pool in pools for batch in _cut(pool[np.argsort(lengths[pool], kind="stable")], batch_size)]
    return [batches[index] for index in generator.permutation(len(batches))]


def sorted_batches(lengths: NDArray[np.integer], batch_size: int) -> list[Rows]:
    """Batches of texts in the order of their length: for scoring, where the order of texts does not matter."""
    return _cut(np.argsort(lengths, kind="stable"), batch_size)


def exact_length_batches(lengths: NDArray[np.integer], batch_size: int) -> Iterator[Rows]:
    """Batches whose texts all have the same length, so that a text can be read with no padding at all."""
    order = np.argsort(lengths, kind="stable")
    starts = np.flatnonzero(np.diff(lengths[order])) + 1
    for group in np.split(order, starts):
        yield from _cut(group, batch_size)


def trimmed(tokens: Ids, lengths: NDArray[np.integer], side: Side) -> Ids:
    """Padded rows (n, max_len) without the columns that are padding in every row."""
    width = int(lengths.max())
    return tokens[:, tokens.shape[1] - width :] if side == "pre" else tokens[:, :width]


def moved(tokens: Ids, lengths: NDArray[np.integer], pads: int | Rows, side: Side) -> Ids:
    """Rows padded on `side`, shape (n, max_len), with `pads` of their pads, or all, moved to the other side.

    Args:
        tokens: the rows.
        lengths: of the texts, shape (n,).
        pads: how many, of every row or of each, shape (n,).
        side: where they stand.
    """
    width = tokens.shape[1]
    shift = np.minimum(width - lengths, pads).astype(np.int64) * (-1 if side == "pre" else 1)
    columns = (np.arange(width) - shift[:, np.newaxis]) % width
    return np.take_along_axis(tokens, columns, axis=1)


def computed_tokens(batches: list[Rows], lengths: NDArray[np.integer], max_len: int, *, trims: bool) -> int:
    """How many positions, padding included, a pass over `batches` computes."""
    return sum(len(rows) * (int(lengths[rows].max()) if trims else max_len) for rows in batches)


def _cut(rows: Rows, size: int) -> list[Rows]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]
