"""What padding costs: how many steps an epoch computes under each way of batching, and how many FLOPs a step takes.

A step is one position of one text, read by the model; positions that hold padding are wasted. Everything here follows
from the histogram of lengths alone: `counts[k]` texts have k tokens (`stages.texts.tokens.length_histogram`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from stages.texts.tokens.length_histogram import LengthCounts, clipped, padding_share, tokens

Floats = NDArray[np.float64]


class Batching(StrEnum):
    """How the texts of an epoch are put into batches, from the dearest to the cheapest."""

    FIXED = "fixed"
    """Every text is padded to max_len."""
    PER_BATCH = "per_batch"
    """Texts in random order; each batch is padded to its own longest text."""
    BUCKETED = "bucketed"
    """Texts sorted by length, so that those of a batch are alike; each batch is padded to its own longest text."""
    PACKED = "packed"
    """No padding at all: the floor."""


@dataclass(frozen=True)
class Cost:
    """Steps of one epoch.

    Attributes:
        steps: steps computed; an expectation, and so not whole, where batches are random.
        text_steps: how many of them read text.
    """

    steps: float
    text_steps: int

    @property
    def wasted(self) -> float:
        """Share of the steps that read padding; NaN where there are no steps."""
        return 1 - self.text_steps / self.steps if self.steps else float("nan")


@dataclass(frozen=True)
class LawPoint:
    """What one width of rows costs: steps of one epoch, and the share of them that reads padding."""

    max_len: int
    padding_share: float
    steps: int


@dataclass(frozen=True)
class LinearLaw:
    """Steps of an epoch against the width that every text is padded to.

    Attributes:
        points: one for each width, in the order given.
        slope: steps that one more column adds, by least squares.
        r_squared: share of the variance of steps that the line explains.
    """

    points: tuple[LawPoint, ...]
    slope: float
    r_squared: float


def padding_costs(counts: LengthCounts, max_len: int, batch_size: int) -> dict[Batching, Cost]:
    """The cost of one epoch under every way of batching; texts longer than `max_len` are cut to it.

    Raises:
        ValueError: there are no texts, or `max_len` or `batch_size` is less than 1.
    """
    if batch_size < 1:
        raise ValueError(f"a batch holds at least 1 text, not {batch_size}")
    kept = _kept(counts, max_len)
    text_steps = tokens(kept)
    steps: dict[Batching, float] = {
        Batching.FIXED: int(kept.sum()) * max_len,
        Batching.PER_BATCH: _random_batches(kept, batch_size),
        Batching.BUCKETED: _sorted_batches(kept, batch_size),
        Batching.PACKED: text_steps,
    }
    return {batching: Cost(computed, text_steps) for batching, computed in steps.items()}


def flops_per_step(
    embedding: int,
    units: int,
    layers: int,
    *,
    directions: int = 1,
    merged: int = 1,
    products: int = 4,
    elementwise: int = 9,
) -> int:
    """FLOPs of the recurrent layers for one step of one text, forward.

    One direction of a layer with u units and d inputs takes 2·p·u·(u + d) for its p products (a multiply and an add for
    every weight, with the bias as the first summand), and e·u for what is done with each unit besides. The lookup of
    the embedding computes nothing; the head and the classifier are left out. Training takes about three times as much:
    the backward pass has two products for each.

    Args:
        embedding: d of the first layer.
        units: u.
        layers: recurrent layers; 0 where there are none.
        directions: 1 or 2.
        merged: how many directions stand side by side in the next layer's input.
        products: p, 4 for an LSTM (three gates and the candidate).
        elementwise: e, 9 for an LSTM: five activations (three gates, the candidate, tanh of the cell), each counted as
            one; three for the new cell state, one for the hidden state.
    """
    flops, inputs = 0, embedding
    for _ in range(layers):
        flops += directions * (2 * products * units * (units + inputs) + elementwise * units)
        inputs = merged * units
    return flops


def linear_law(counts: LengthCounts, max_lens: Sequence[int]) -> LinearLaw:
    """The steps of an epoch with every text padded, or cut, to each of `max_lens`, and the line through them.

    Steps are counted as tokens kept and padding added, so that the slope, which must be the number of texts, and R²,
    which must be 1, are a check and not a definition. Both are computed in whole numbers, so they come out exact.

    Raises:
        ValueError: there are no texts, a width is less than 1, or there are fewer than two widths.
    """
    if len(set(max_lens)) < 2:
        raise ValueError(f"a line needs two widths, and these are {list(max_lens)}")
    points = tuple(_law_point(counts, max_len) for max_len in max_lens)
    x, y = [point.max_len for point in points], [point.steps for point in points]
    n = len(points)
    sxx = n * sum(a * a for a in x) - sum(x) ** 2
    syy = n * sum(b * b for b in y) - sum(y) ** 2
    sxy = n * sum(a * b for a, b in zip(x, y, strict=True)) - sum(x) * sum(y)
    return LinearLaw(points, slope=sxy / sxx, r_squared=sxy**2 / (sxx * syy))


def _law_point(counts: LengthCounts, max_len: int) -> LawPoint:
    kept = _kept(counts, max_len)
    padding = int(kept @ (max_len - np.arange(len(kept))))
    return LawPoint(int(max_len), padding_share(counts, max_len), tokens(kept) + padding)


def _kept(counts: LengthCounts, max_len: int) -> LengthCounts:
    if max_len < 1:
        raise ValueError(f"a row holds at least 1 token, not {max_len}")
    if not counts.sum():
        raise ValueError("no texts, so no cost of padding them")
    return clipped(counts, max_len)


def _random_batches(counts: LengthCounts, batch_size: int) -> float:
    """The expected steps of batches in random order: full ones, and the rest in a smaller one."""
    full, rest = divmod(int(counts.sum()), batch_size)
    steps = full * batch_size * _expected_longest(counts, batch_size) if full else 0.0
    return steps + (rest * _expected_longest(counts, rest) if rest else 0.0)


def _expected_longest(counts: LengthCounts, size: int) -> float:
    """The expected longest length of `size` texts drawn without replacement.

    E max = Σ P(max > l) over l ≥ 0, and P(max ≤ l) = C(N_l, size) / C(N, size) where N_l texts have at most l tokens
    (the hypergeometric law).
    """
    up_to = np.cumsum(counts)
    texts = up_to[-1]
    enough = up_to[up_to >= size].astype(np.float64)
    none_longer = np.exp(_log_falling(enough, size) - _log_falling(texts, size))
    return float(len(counts) - none_longer.sum())


def _log_falling(texts: Floats, size: int) -> Floats:
    """The logarithm of n (n − 1) … (n − size + 1)."""
    logarithm: Floats = gammaln(texts + 1.0) - gammaln(texts - size + 1.0)
    return logarithm


def _sorted_batches(counts: LengthCounts, batch_size: int) -> int:
    """The steps of batches of texts in the order of their length.

    Where the texts do not fill the last batch, the smaller one stands where it costs least, so this is the least that
    any way of cutting texts into such batches computes: moving a longer text into a batch that has the longest of all
    makes no batch wider.
    """
    up_to = np.cumsum(counts)
    full, rest = divmod(int(up_to[-1]), batch_size)
    ends = np.arange(full + 1) * batch_size

    def longest(ranks: NDArray[np.int64]) -> NDArray[np.int64]:
        """The length of the texts at these ranks, from 1, in the order of length."""
        return np.searchsorted(up_to, ranks).astype(np.int64)

    # With the smaller batch behind p full ones, those behind it end `rest` texts later.
    in_front = np.cumsum(longest(ends[1:]))
    behind = np.cumsum(longest(ends[1:] + rest))
    total = behind[-1] if full else 0
    in_front, behind = (np.concatenate([[0], steps]) for steps in (in_front, behind))
    steps = batch_size * (in_front + total - behind) + rest * longest(ends + rest)
    return int(steps.min())
