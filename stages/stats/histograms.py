"""Do padded and unpadded batches look alike? Histograms of every unit by length of text, and distances between them.

This is the unpaired comparison that a batch-level check makes: it forgets which text a state belongs to. Texts of
different lengths have different states whatever the padding, so states are compared within strata of length.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 2048
"""Bins of equal width on [−1, 1], where every hidden state of an LSTM lies; a bin holds its left edge, not its right
one, but the last bin holds 1 as well."""

BIN_WIDTH = 2 / BINS

BLOCK_VALUES = 2**15
"""Values counted at a time, so that their bin numbers stay in the processor's cache."""

Floats = NDArray[np.float64]
Counts = NDArray[np.int32]


@dataclass(frozen=True)
class StateHistogram:
    """How often every unit of a hidden state took which value, by stratum of texts.

    Attributes:
        counts: states in every bin, shape (strata, width, BINS), int32: for at most 2³¹ − 1 texts.
    """

    counts: Counts

    @staticmethod
    def create(width: int, strata: int) -> "StateHistogram":
        """A histogram of no texts: 8 KiB for every unit and stratum."""
        return StateHistogram(np.zeros((strata, width, BINS), dtype=np.int32))

    @property
    def texts(self) -> NDArray[np.int64]:
        """Number of texts in every stratum, shape (strata,)."""
        # Every text has one value of every unit.
        texts: NDArray[np.int64] = self.counts[:, 0].sum(axis=1, dtype=np.int64)
        return texts

    def add(self, states: NDArray[np.floating], stratum: NDArray[np.integer]) -> None:
        """Count states of n texts, in place.

        Args:
            states: hidden states, shape (n, width), each value in [−1, 1].
            stratum: stratum of every text, shape (n,), from 0 to strata − 1.

        Raises:
            ValueError: a shape or a stratum does not fit, or a value lies outside [−1, 1] or is not a number; nothing
                is counted then.
        """
        strata, width, _ = self.counts.shape
        _check(states, stratum, width, strata)
        rows = max(1, BLOCK_VALUES // width)
        flat = self.counts.reshape(-1)
        first_bin = np.arange(width) * BINS + BINS // 2
        first_unit = stratum.astype(np.intp)[:, np.newaxis] * (width * BINS)
        for start in range(0, len(states), rows):
            block = slice(start, start + rows)
            # Scaling by a power of two and flooring round nothing; adding 1 first would move values across an edge.
            bins = np.floor(states[block] * states.dtype.type(BINS / 2)).astype(np.intp)
            np.minimum(bins, BINS // 2 - 1, out=bins)
            bins += first_bin
            bins += first_unit[block]
            np.add.at(flat, bins.reshape(-1), np.int32(1))


def length_stratum(length: NDArray[np.integer], edges: NDArray[np.integer]) -> NDArray[np.intp]:
    """The stratum of every text by its length: the first has at most edges[0] tokens, the last more than edges[-1].

    Args:
        length: tokens of every text, shape (n,).
        edges: longest length of every stratum but the last, ascending, shape (strata − 1,).

    Raises:
        ValueError: the edges do not ascend, so that a stratum could hold no text.
    """
    if (np.diff(edges) <= 0).any():
        raise ValueError(f"edges of strata must ascend, and these do not: {edges.tolist()}")
    return np.searchsorted(edges, length, side="left")


def wasserstein(one: StateHistogram, two: StateHistogram) -> Floats:
    """The Wasserstein-1 distance of the distributions of every unit, by stratum: shape (strata, width).

    In units of the state, from 0 to 2: ∫|F₁ − F₂| (Vallender 1974). Reading a value as its bin moves each distribution
    by at most half a bin, so the error is at most BIN_WIDTH. NaN for a stratum that holds no text of one of the two.

    Raises:
        ValueError: the shapes differ.
    """
    return _by_stratum(one, two, lambda first, second: np.abs(first - second).sum(axis=-1) * BIN_WIDTH)


def kolmogorov_smirnov(one: StateHistogram, two: StateHistogram) -> Floats:
    """The largest gap |F₁ − F₂| at an edge of a bin, of every unit by stratum: shape (strata, width).

    A lower bound of the Kolmogorov–Smirnov distance: inside a bin the gap can grow by at most the share of texts that
    the bin holds, so a unit whose values nearly all fall into one bin hides what happens to it. NaN for a stratum that
    holds no text of one of the two.

    Raises:
        ValueError: the shapes differ.
    """
    return _by_stratum(one, two, lambda first, second: np.abs(first - second).max(axis=-1))


def over_strata(distances: Floats, one: StateHistogram, two: StateHistogram) -> Floats:
    """Distances of shape (strata, width) as one for every unit, shape (width,): a mean weighted by texts of both.

    A stratum without any text counts for nothing; NaN where a stratum holds texts of one of the two only, for then
    not all texts were compared, and where there are no texts at all.

    Raises:
        ValueError: the shapes differ.
    """
    _check_alike(one, two)
    texts = one.texts + two.texts
    held = texts > 0
    if not held.any():
        return np.full(distances.shape[1:], np.nan)
    return np.average(distances[held], axis=0, weights=texts[held])


def _by_stratum(one: StateHistogram, two: StateHistogram, distance: Callable[[Floats, Floats], Floats]) -> Floats:
    """A distance of the distribution functions at the right edges of the bins, (width, BINS) each, by stratum."""
    _check_alike(one, two)
    # One stratum at a time, for the distribution functions take twice the memory of the counts.
    return np.stack([distance(_function(a), _function(b)) for a, b in zip(one.counts, two.counts, strict=True)])


def _function(counts: Counts) -> Floats:
    """The distribution function of every unit from its counts, (width, BINS); NaN where nothing was counted."""
    # Summed as integers, so that equal distributions have a distance of exactly 0 in whatever order texts came.
    below = counts.cumsum(axis=-1, dtype=np.int64)
    texts = float(below[0, -1])
    function: Floats = below / (texts or np.nan)
    return function


def _check_alike(one: StateHistogram, two: StateHistogram) -> None:
    if one.counts.shape != two.counts.shape:
        raise ValueError(f"histograms of shapes {one.counts.shape} and {two.counts.shape} cannot be compared")


def _check(states: NDArray[np.floating], stratum: NDArray[np.integer], width: int, strata: int) -> None:
    if states.ndim != 2 or states.shape[1] != width or stratum.shape != states.shape[:1]:
        raise ValueError(
            f"states of shape {states.shape} with strata of shape {stratum.shape}; "
            f"(n, {width}) with (n,) is what this histogram counts"
        )
    if len(states) == 0:
        return
    if stratum.min() < 0 or stratum.max() >= strata:
        raise ValueError(f"strata from {stratum.min()} to {stratum.max()}; this histogram has 0 to {strata - 1}")
    # Written so that NaN, which is neither, fails too.
    if not (states.min() >= -1 and states.max() <= 1):
        row, unit = np.argwhere(~(np.abs(states) <= 1))[0]
        raise ValueError(f"the value {states[row, unit]} of unit {unit} lies outside [−1, 1], so it is no hidden state")
