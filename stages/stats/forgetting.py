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
BLURRED = 0.01
"""A point counts towards a half-life where no larger share of its pairs lies below the precision."""
FEWEST_POINTS = 3
EXPONENTIAL = 0.99
"""Least R² of the straight line through log distance that is called exponential."""


@dataclass(frozen=True)
class HalfLife:
    """Pads that halve the distance between two texts, or why there is no such number.

    Attributes:
        pads: ln 2 / λ of the fitted a · exp(−λ · pads), of the pairs that converge; None where `reason` says why.
        start: the number of pads from which on the distance falls so.
        fit: R² of the fit of the logarithm from there on.
        share: share of the pairs that converge; None without a pair.
        reason: None where there is a half-life.
    """

    pads: float | None
    start: int | None
    fit: float | None
    share: float | None
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
        converging_log_ratio: Σ as in `log_ratio` of the pairs alone that are closer with the most pads than without,
            shape (2, K). Where pads lead to more than one end, the other pairs say nothing of how fast.
        converging: number of those pairs, shape (2,).
        coincident: pairs left out, because already the texts alone are not told apart, shape (2,).
    """

    pads: tuple[int, ...]
    log_ratio: Floats
    blurred: Floats
    pairs: Floats
    converging_log_ratio: Floats
    converging: Floats
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
            blurred=self.blurred + other.blurred,
            pairs=self.pairs + other.pairs,
            converging_log_ratio=self.converging_log_ratio + other.converging_log_ratio,
            converging=self.converging + other.converging,
            coincident=self.coincident + other.coincident,
        )

    def ratio(self, kind: Kind) -> Floats:
        """Geometric mean over pairs of ‖zᵏᵃ − zᵏᵇ‖ / ‖z⁰ᵃ − z⁰ᵇ‖, shape (K,); NaN without a pair."""
        row = KINDS.index(kind)
        if self.pairs[row] == 0:
            return np.full(len(self.pads), np.nan)
        mean: Floats = np.exp(self.log_ratio[row] / self.pairs[row])
        return mean

    def half_life(self, kind: Kind) -> HalfLife:
        """Fit a · exp(−λ · pads) by least squares on the logarithm, from as few pads on as it holds.

        States first leave the texts that they come from and only then approach a fixed point, where distances shrink
        by its spectral radius a pad. There may be several such points, so only pairs that end closer count; their share
        is told. The fit starts at the smallest number of pads from which on a line explains
        EXPONENTIAL of the variance of the log ratio, over FEWEST_POINTS numbers of pads or more at which the precision
        blurs at most BLURRED of the pairs; and only where the distance halves within them, so that nothing is
        extrapolated.
        """
        row = KINDS.index(kind)
        if self.pairs[row] == 0:
            return HalfLife(None, None, None, None, "no pair of texts")
        share = float(self.converging[row] / self.pairs[row])
        if not share:
            still = np.abs(self.log_ratio[row]).max() < PRECISION * self.pairs[row]
            return HalfLife(None, None, None, share, f"the distance does not {'change' if still else 'fall'}")
        usable = self.blurred[row] <= BLURRED * self.pairs[row]
        # Alone, the log ratio is 0 by definition.
        pads = np.append(0.0, np.array(self.pads, dtype=np.float64)[usable])
        log_ratio = np.append(0.0, (self.converging_log_ratio[row] / self.converging[row])[usable])
        return _half_life(pads, log_ratio, share)


def _half_life(pads: Floats, log_ratio: Floats, share: float) -> HalfLife:
    """From the log ratios of pairs that converge at rising numbers of pads, both of shape (points,)."""
    if len(pads) < FEWEST_POINTS:
        reason = "too few numbers of pads at which the distance can be told from 0"
        return HalfLife(None, None, None, share, reason)
    from scipy.stats import linregress  # here, because its import takes a second

    reason = "the distance does not fall exponentially"
    for first in range(len(pads) - FEWEST_POINTS + 1):
        x, y = pads[first:], log_ratio[first:]
        fit = linregress(x, y)
        if fit.slope < 0 and fit.rvalue**2 >= EXPONENTIAL:
            half_life = float(np.log(2) / -fit.slope)
            if half_life <= x[-1] - x[0]:
                return HalfLife(half_life, int(x[0]), float(fit.rvalue**2), share, None)
            reason = f"the distance does not halve within {int(pads[-1])} pads"
    return HalfLife(None, None, None, share, reason)


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
    log_ratio, blurred = np.zeros((len(padded), int(apart.sum()))), np.zeros(len(padded))
    for index, states in enumerate(padded):
        distance, norm_now = _distance(pairs, states)
        # Never 0 where the texts alone are told apart: then one of them has a norm.
        precision = PRECISION * np.maximum(norm, norm_now)
        log_ratio[index] = np.log(np.maximum(distance, precision)[apart] / start[apart])
        blurred[index] = (distance <= precision)[apart].sum()
    closer = log_ratio[-1] < -PRECISION
    total, converging, coincident = (np.array(chosen.sum(), dtype=np.float64) for chosen in (apart, closer, ~apart))
    return log_ratio.sum(axis=1), blurred, total, log_ratio[:, closer].sum(axis=1), converging, coincident


def _distance(pairs: tuple[Rows, Rows], states: NDArray[np.floating]) -> tuple[Floats, Floats]:
    """Distance of the two texts of every pair, and the larger of their norms."""
    one, two = (states[rows].astype(np.float64) for rows in pairs)
    return np.linalg.norm(one - two, axis=1), np.maximum(np.linalg.norm(one, axis=1), np.linalg.norm(two, axis=1))
