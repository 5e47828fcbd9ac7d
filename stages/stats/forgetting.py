"""How fast pads make a model forget its texts: the distance between the states of two texts as pads are added."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
Kind = Literal["within", "between"]

KINDS: tuple[Kind, ...] = ("within", "between")
PRECISION = 1e-6
"""Single precision, added up over a run of pads, tells states apart down to this share of their norm."""


@dataclass(frozen=True)
class PairDistances:
    """Sums over pairs of texts, within one predicted class (row 0) and between two (row 1).

    Attributes:
        pads: the K numbers of pads, ascending.
        log_ratio: Σ log(‖zᵏᵃ − zᵏᵇ‖ / ‖z⁰ᵃ − z⁰ᵇ‖), shape (2, K). A distance below the precision of the states, 0
            included, enters as that precision: leaving the pair out would make the mean rise again.
        pairs: number of pairs whose texts alone are told apart, shape (2,).
    """

    pads: tuple[int, ...]
    log_ratio: Floats
    pairs: Floats

    @staticmethod
    def of(
        predicted: NDArray[np.integer],
        alone: NDArray[np.floating],
        by_pads: Mapping[int, NDArray[np.floating]],
    ) -> "PairDistances":
        """The sums of one batch, whose texts stand in random order.

        A text is in at most one pair within its class (with its neighbour there) and in at most two between classes
        (with the texts before and behind it).

        Args:
            predicted: the class predicted for each text alone, shape (n,).
            alone: z = (h, c) of each text alone, shape (n, width).
            by_pads: the same with so many pads, by number of pads.
        """
        pads = tuple(sorted(by_pads))
        sums = [_sums(pairs, alone, [by_pads[count] for count in pads]) for pairs in _pairs(predicted)]
        return PairDistances(pads, *(np.stack(parts) for parts in zip(*sums, strict=True)))

    def __add__(self, other: "PairDistances") -> "PairDistances":
        """The sums of both sets of pairs.

        Raises:
            ValueError: they are about other numbers of pads.
        """
        if self.pads != other.pads:
            raise ValueError(f"distances at {self.pads} and at {other.pads} pads cannot be added")
        return PairDistances(
            pads=self.pads,
            log_ratio=self.log_ratio + other.log_ratio,
            pairs=self.pairs + other.pairs,
        )

    def ratio(self, kind: Kind) -> Floats:
        """Geometric mean over pairs of ‖zᵏᵃ − zᵏᵇ‖ / ‖z⁰ᵃ − z⁰ᵇ‖, shape (K,); NaN without a pair."""
        row = KINDS.index(kind)
        if self.pairs[row] == 0:
            return np.full(len(self.pads), np.nan)
        mean: Floats = np.exp(self.log_ratio[row] / self.pairs[row])
        return mean


def _pairs(predicted: NDArray[np.integer]) -> tuple[tuple[Rows, Rows], tuple[Rows, Rows]]:
    """Rows of the first and the second text of every pair, within and between predicted classes."""
    members = [np.flatnonzero(predicted == kind) for kind in np.unique(predicted)]
    halves = [rows[: len(rows) // 2 * 2].reshape(-1, 2) for rows in members]
    within = np.concatenate([np.empty((0, 2), dtype=np.intp), *halves])
    between = np.flatnonzero(predicted[1:] != predicted[:-1])
    return (within[:, 0], within[:, 1]), (between, between + 1)


def _sums(
    pairs: tuple[Rows, Rows], alone: NDArray[np.floating], padded: list[NDArray[np.floating]]
) -> tuple[Floats, ...]:
    """The fields of `PairDistances` behind `pads`, of one kind of pairs."""
    start, norm = _distance(pairs, alone)
    apart = start > PRECISION * norm
    log_ratio = np.zeros(len(padded))
    for index, states in enumerate(padded):
        distance, norm_now = _distance(pairs, states)
        # Never 0 where the texts alone are told apart: then one of them has a norm.
        precision = PRECISION * np.maximum(norm, norm_now)
        log_ratio[index] = np.log(np.maximum(distance, precision)[apart] / start[apart]).sum()
    return log_ratio, np.array(apart.sum(), dtype=np.float64)


def _distance(pairs: tuple[Rows, Rows], states: NDArray[np.floating]) -> tuple[Floats, Floats]:
    """Distance of the two texts of every pair, and the larger of their norms."""
    one, two = (states[rows].astype(np.float64) for rows in pairs)
    return np.linalg.norm(one - two, axis=1), np.maximum(np.linalg.norm(one, axis=1), np.linalg.norm(two, axis=1))
