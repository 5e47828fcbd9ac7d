"""Do the texts still differ from each other? How much spread pads leave, and over how many directions it lies."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stages.stats.moments import NO_SPREAD, PairMoments
from stages.stats.shift import ShiftSums

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Dispersion:
    """The spread of hᵏ over texts; NaN is undefined.

    Attributes:
        left: tr Cov(hᵏ) / tr Cov(h⁰): 1 where pads keep it, 0 where all texts end in one state.
        participation_ratio: of Cov(hᵏ).
        effective_rank: of Cov(hᵏ).
    """

    left: float
    participation_ratio: float
    effective_rank: float


def dispersion(sums: ShiftSums) -> Dispersion:
    """The dispersion of the states with pads."""
    pair = sums.pair
    if pair.n < 2:
        return Dispersion(*[float("nan")] * 3)
    alone, padded = pair.cov_x, padded_covariance(pair)
    # What of x cancels against Δ leaves rounding of the size of both.
    rounding = NO_SPREAD * (np.trace(alone) + np.trace(pair.cov_y) + ((pair.mean_x + pair.mean_y) ** 2).sum())
    spread = np.trace(padded) > rounding
    undefined = np.trace(alone) <= NO_SPREAD * (pair.mean_x**2).sum()
    return Dispersion(
        left=float("nan") if undefined else dispersion_left(alone, padded),
        participation_ratio=participation_ratio(padded) if spread else float("nan"),
        effective_rank=effective_rank(padded) if spread else float("nan"),
    )


def padded_covariance(pair: PairMoments) -> Floats:
    """Cov(hᵏ) of hᵏ = x + y, shape (width, width), from the moments of x = h⁰ and y = Δ."""
    cross = pair.cov_xy
    return pair.cov_x + pair.cov_y + cross + cross.T


def dispersion_left(alone: Floats, padded: Floats) -> float:
    """tr Cov(hᵏ) / tr Cov(h⁰); NaN where the states of the texts alone have no spread."""
    spread = np.trace(alone)
    return float(max(np.trace(padded), 0.0) / spread) if spread > 0 else float("nan")


def participation_ratio(covariance: Floats) -> float:
    """(tr S)² / tr S²: 1 for a line, the width for a sphere; NaN without spread (Gao et al. 2017)."""
    trace = np.trace(covariance)
    return float(trace**2 / (covariance**2).sum()) if trace > 0 else float("nan")


def effective_rank(covariance: Floats) -> float:
    """exp of the entropy of the eigenvalues as shares: 1 for a line; NaN without spread (Roy & Vetterli 2007).

    Roy and Vetterli take the singular values of the rows, whose squares these are; of a covariance matrix the
    eigenvalues are the singular values.
    """
    values = np.clip(np.linalg.eigvalsh(covariance), 0.0, None)
    if values.sum() <= 0:
        return float("nan")
    shares = values[values > 0] / values.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))
