"""How fast pads make a model forget its texts: the distance between the states of two texts as pads are added."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
Kind = Literal["within", "between"]

KINDS: tuple[Kind, ...] = ("within", "between")
PRECISION = 1e-6
"""Single precision, added up over a run of pads, tells states apart down to this share of their norm."""
BLURRED = 0.01
"""A point counts towards a half-life where no larger share of its pairs lies below the precision."""
FEWEST_POINTS = 3
EXPONENTIAL = 0.99
"""Least R² of the straight line through log distance that is called exponential."""


@dataclass(frozen=True)
class HalfLife:
    """Pads that halve the distance between two texts, or why there is no such number.

    Attributes:
        pads: ln 2 / λ of the fitted a · exp(−λ · pads); None where `reason` says why.
        start: the number of pads from which on the distance falls so.
        fit: R² of the fit of the logarithm from there on.
        reason: None where there is a half-life.
    """

    pads: float | None
    start: int | None
    fit: float | None
    reason: str | None


@dataclass(frozen=True)
class PairDistances:
    """Sums over pairs of texts, within one predicted class (row 0) and between two (row 1).

    Attributes:
        pads: the K numbers of pads, ascending.
        log_ratio: Σ log(‖zᵏᵃ − zᵏᵇ‖ / ‖z⁰ᵃ − z⁰ᵇ‖), shape (2, K). A distance below the precision of the states, 0
            included, enters as that precision: leaving the pair out would make the mean rise again.
        blurred: how many pairs that befell, shape (2, K).
        pairs: number of pairs, shape (2,).
        coincident: pairs left out, because already the texts alone are not told apart, shape (2,).
    """

    pads: tuple[int, ...]
    log_ratio: Floats
    blurred: Floats
    pairs: Floats
    coincident: Floats

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
        log_ratio, blurred, pairs, coincident = (np.stack(parts) for parts in zip(*sums, strict=True))
        return PairDistances(pads, log_ratio, blurred, pairs, coincident)

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
            blurred=self.blurred + other.blurred,
            pairs=self.pairs + other.pairs,
            coincident=self.coincident + other.coincident,
        )

    def ratio(self, kind: Kind) -> Floats:
        """Geometric mean over pairs of ‖zᵏᵃ − zᵏᵇ‖ / ‖z⁰ᵃ − z⁰ᵇ‖, shape (K,); NaN without a pair."""
        return np.exp(self._mean_log(kind))

    def half_life(self, kind: Kind) -> HalfLife:
        """Fit a · exp(−λ · pads) by least squares on the logarithm, from as few pads on as it holds.

        States first leave the texts that they come from and only then approach a fixed point, where distances shrink
        by its spectral radius a pad. So the fit starts at the smallest number of pads from which on a line explains
        EXPONENTIAL of the variance of the log ratio, over FEWEST_POINTS numbers of pads or more at which the precision
        blurs at most BLURRED of the pairs; and only where the distance halves within them, so that nothing is
        extrapolated.
        """
        row = KINDS.index(kind)
        if self.pairs[row] == 0:
            return HalfLife(None, None, None, "no pair of texts")
        usable = self.blurred[row] <= BLURRED * self.pairs[row]
        # Alone, the log ratio is 0 by definition.
        pads = np.append(0.0, np.array(self.pads, dtype=np.float64)[usable])
        log_ratio = np.append(0.0, self._mean_log(kind)[usable])
        if len(pads) < FEWEST_POINTS:
            return HalfLife(None, None, None, "too few numbers of pads at which the distance can be told from 0")
        return _half_life(pads, log_ratio)

    def _mean_log(self, kind: Kind) -> Floats:
        row = KINDS.index(kind)
        if self.pairs[row] == 0:
            return np.full(len(self.pads), np.nan)
        mean: Floats = self.log_ratio[row] / self.pairs[row]
        return mean


def _half_life(pads: Floats, log_ratio: Floats) -> HalfLife:
    """From log ratios at rising numbers of pads, both of shape (points,)."""
    if np.abs(log_ratio).max() < PRECISION:
        return HalfLife(None, None, None, "the distance does not change")
    reason = "the distance does not fall exponentially" if log_ratio[-1] < 0 else "the distance does not fall"
    for first in range(len(pads) - FEWEST_POINTS + 1):
        x, y = pads[first:], log_ratio[first:]
        fit = stats.linregress(x, y)
        if fit.slope < 0 and fit.rvalue**2 >= EXPONENTIAL:
            half_life = float(np.log(2) / -fit.slope)
            if half_life <= x[-1] - x[0]:
                return HalfLife(half_life, int(x[0]), float(fit.rvalue**2), None)
            reason = f"the distance does not halve within {int(pads[-1])} pads"
    return HalfLife(None, None, None, reason)


def _pairs(predicted: NDArray[np.integer]) -> tuple[tuple[Rows, Rows], tuple[Rows, Rows]]:
    """Rows of the first and the second text of every pair, within and between predicted classes."""
    members = [np.flatnonzero(predicted == kind) for kind in np.unique(predicted)]
    halves = [rows[: len(rows) // 2 * 2].reshape(-1, 2) for rows in members]
    within = np.concatenate([np.empty((0, 2), dtype=np.intp), *halves])
    between = np.flatnonzero(predicted[1:] != predicted[:-1])
    return (within[:, 0], within[:, 1]), (between, between + 1)


def _sums(
    pairs: tuple[Rows, Rows], alone: NDArray[np.floating], padded: list[NDArray[np.floating]]
) -> tuple[Floats, Floats, Floats, Floats]:
    """The log ratios and the blurred pairs by number of pads, then the numbers of pairs and of coincident ones."""
    start, norm = _distance(pairs, alone)
    apart = start > PRECISION * norm
    log_ratio, blurred = np.zeros(len(padded)), np.zeros(len(padded))
    for index, states in enumerate(padded):
        distance, norm_now = _distance(pairs, states)
        # Never 0 where the texts alone are told apart: then one of them has a norm.
        precision = PRECISION * np.maximum(norm, norm_now)
        log_ratio[index] = np.log(np.maximum(distance, precision)[apart] / start[apart]).sum()
        blurred[index] = (distance <= precision)[apart].sum()
    return log_ratio, blurred, np.array(apart.sum(), dtype=np.float64), np.array((~apart).sum(), dtype=np.float64)


def _distance(pairs: tuple[Rows, Rows], states: NDArray[np.floating]) -> tuple[Floats, Floats]:
    """Distance of the two texts of every pair, and the larger of their norms."""
    one, two = (states[rows].astype(np.float64) for rows in pairs)
    return np.linalg.norm(one - two, axis=1), np.maximum(np.linalg.norm(one, axis=1), np.linalg.norm(two, axis=1))
