"""Rows of tokens as a trained model reads them under each condition: pads added, moved, and batches filled up."""

import numpy as np
from numpy.typing import NDArray

from stages.models.batching import moved
from stages.params.texts import Side

Ids = NDArray[np.int32]

FILLED_TO = 16
"""Batches of exact lengths are filled up to a multiple of so many rows."""


def with_pads(texts: Ids, pads: int, side: Side) -> Ids:
    """Rows of shape (n, length) with `pads` columns of padding on one side: shape (n, length + pads)."""
    return np.pad(texts, ((0, 0), (pads, 0) if side == "pre" else (0, pads)))


def swapped(tokens: Ids, lengths: NDArray[np.integer], side: Side) -> Ids:
    """Rows padded on `side`, shape (n, max_len), with their padding moved to the other side."""
    return moved(tokens, lengths, tokens.shape[1], side)


def filled(tokens: Ids, batch_size: int) -> Ids:
    """Tokens (n, width) and their first rows again, up to a multiple of FILLED_TO rows, or to `batch_size`.

    The last bits of a row may depend on how many rows are computed beside it. So what all texts share, the states after
    pads, is computed for every size of a batch, and this leaves few sizes; and it is done for every form of a model, so
    that the states of two can be compared.
    """
    rows = min(len(tokens) + -len(tokens) % FILLED_TO, batch_size)
    return np.resize(tokens, (rows, tokens.shape[1]))
