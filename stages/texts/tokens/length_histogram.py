"""What can be said of a split from its length histogram alone: `counts[k]` texts have k tokens, an int64 array."""

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

LengthCounts = NDArray[np.int64]

QUANTILES = (0, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1)


def length_counts(lengths: NDArray[np.integer]) -> LengthCounts:
    """The histogram of `lengths`, shape (n,): an array of shape (longest + 1,), empty where there are no texts."""
    return np.bincount(lengths).astype(np.int64)


def merged(first: LengthCounts, second: LengthCounts) -> LengthCounts:
    """The histogram of both lots of texts together."""
    total = np.zeros(max(len(first), len(second)), dtype=np.int64)
    total[: len(first)] += first
    total[: len(second)] += second
    return total


def clipped(counts: LengthCounts, max_len: int) -> LengthCounts:
    """The histogram after texts longer than `max_len` were cut to it."""
    kept = counts[: max_len + 1].copy()
    kept[-1] += counts[max_len + 1 :].sum()
    return kept


def quantile(counts: LengthCounts, share: float) -> int:
    """The smallest length that `share` of the texts do not exceed; no interpolation.

    Raises:
        ValueError: there are no texts, or `share` lies outside [0, 1].
    """
    texts = int(counts.sum())
    if texts == 0:
        raise ValueError("no texts, so no quantile of their lengths")
    if not 0 <= share <= 1:
        raise ValueError(f"a quantile is a share in [0, 1], not {share}")
    # In binary floats 0.07 * 100 exceeds 7 and would ask for an eighth text; the decimal as it was written does not.
    rank = max(1, math.ceil(Fraction(str(share)) * texts))
    return int(np.searchsorted(np.cumsum(counts), rank))


def quantiles(counts: LengthCounts) -> dict[str, int]:
    """Every one of `QUANTILES`, under its name."""
    return {str(share): quantile(counts, share) for share in QUANTILES}


def longest(counts: LengthCounts) -> int:
    """The greatest length.

    Raises:
        ValueError: there are no texts.
    """
    return quantile(counts, 1)


def tokens(counts: LengthCounts) -> int:
    """Tokens of all texts together."""
    return int(counts @ np.arange(len(counts)))


def mean(counts: LengthCounts) -> float:
    """Tokens per text."""
    return tokens(counts) / int(counts.sum())


def padding_share(counts: LengthCounts, max_len: int) -> float:
    """The share of all positions that are padding when every text becomes a row of `max_len`."""
    return 1 - tokens(clipped(counts, max_len)) / (max_len * int(counts.sum()))


def truncated_share(counts: LengthCounts, max_len: int) -> float:
    """The share of texts that are longer than `max_len`."""
    return int(counts[max_len + 1 :].sum()) / int(counts.sum())


def cut_share(counts: LengthCounts, max_len: int) -> float:
    """The share of tokens that do not fit into rows of `max_len`."""
    return 1 - tokens(clipped(counts, max_len)) / tokens(counts)
