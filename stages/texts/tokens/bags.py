"""Texts as bags of words: which tokens each text holds, their order and number forgotten."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Integers = NDArray[np.integer]

ABSENT = -1
"""The column of a token that is no feature."""


@dataclass(frozen=True)
class Bags:
    """n texts as sets of features.

    Attributes:
        present: 1 where the text holds the token, shape (n, features).
        label: index of its class, shape (n,).
    """

    present: sparse.csr_matrix
    label: Integers


Corpus = Callable[[], Iterable[Bags]]
"""Gives the texts in batches, from the start each time it is called."""


def texts_with(tokens: Integers, length: Integers, size: int) -> NDArray[np.int64]:
    """In how many of these texts each token stands, shape (size,).

    Args:
        tokens: indices below `size` of all texts, one behind the other, shape (sum of length,).
        length: tokens of each text, shape (n,).
        size: number of tokens that there are.
    """
    present = presence(tokens, length, np.arange(size))
    return np.bincount(present.indices, minlength=size).astype(np.int64)


def feature_columns(texts: NDArray[np.int64], most: int, left_out: Sequence[int]) -> NDArray[np.int64]:
    """The column of every token: those in the most texts are features, of equals the lower index; shape (size,).

    Args:
        texts: how many training texts hold each token, shape (size,).
        most: how many features there may be.
        left_out: tokens that are none, such as padding and unknown.
    """
    counted = texts.copy()
    counted[list(left_out)] = 0
    order = np.argsort(-counted, kind="stable")[:most]
    features = np.sort(order[counted[order] > 0])
    columns = np.full(len(texts), ABSENT)
    columns[features] = np.arange(len(features))
    return columns


def presence(tokens: Integers, length: Integers, columns: NDArray[np.int64]) -> sparse.csr_matrix:
    """Which features each text holds: 1.0 or nothing, shape (n, features), however often the token stands there.

    Args:
        tokens: indices of all texts, one behind the other, shape (sum of length,).
        length: tokens of each text, shape (n,).
        columns: column of every token, ABSENT where it is no feature, shape (size,).
    """
    column = columns[tokens]
    row = np.repeat(np.arange(len(length)), length)
    kept = column != ABSENT
    shape = (len(length), int(columns.max(initial=ABSENT)) + 1)
    present = sparse.csr_matrix((np.ones(int(kept.sum())), (row[kept], column[kept])), shape=shape)
    present.data[:] = 1.0  # the constructor added up what stands there more than once
    return present
