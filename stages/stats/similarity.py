"""Are two models' representations of the same texts alike? CKA and the Procrustes distance, from moments."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stages.stats.moments import NO_SPREAD, Moments

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Jackknifed:
    """A statistic of all texts, and with each group left out: what `mean_over_seeds_and_texts` takes, one row each.

    Attributes:
        estimate: of all texts.
        without_group: shape (groups that hold texts,).
    """

    estimate: float
    without_group: Floats


def jackknifed(statistic: Callable[[Moments], float], moments: Moments) -> Jackknifed:
    """A statistic of one-group moments, such as `debiased_cka`, of the total of grouped ones and without each group."""
    without = [statistic(part) for part in moments.without_each_group()]
    return Jackknifed(statistic(moments.total()), np.array(without))


def debiased_cka(moments: Moments) -> float:
    """Debiased linear CKA of x and y: 1 for rotations, shifts and one scale of the same rows, about 0 for unrelated.

    HSIC ∝ ‖XᵀY‖² − n/(n−2) Σ aᵢbᵢ + tr X tr Y / ((n−1)(n−2)) of centred rows, aᵢ = ‖xᵢ‖², bᵢ = ‖yᵢ‖² (Kornblith et
    al. 2019; Nguyen et al. 2021). It may fall below 0. NaN under four rows, or where x or y has no spread.

    Raises:
        ValueError: the moments have more than one group.
    """
    n = moments.n
    if n < 4 or not _both_spread(moments):
        return float("nan")
    of_x, of_y = _hsic(_x_twice(moments)), _hsic(_y_twice(moments))
    return float(_hsic(moments) / np.sqrt(of_x * of_y)) if min(of_x, of_y) > 0 else float("nan")


def procrustes(moments: Moments) -> float:
    """Angular Procrustes distance arccos(‖Cxy‖_* / √(tr Sx tr Sy)) in radians (Williams et al. 2021).

    0 for rotations, reflections, shifts and one scale of the same rows (up to 1e-7: arccos is steep at 1), π/2 where
    nothing is shared. Unlike CKA it is a metric; it is not debiased: unrelated rows come nearer than π/2, the more so
    the fewer they are. NaN under two rows, or where x or y has no spread.

    Raises:
        ValueError: the moments have more than one group.
    """
    if moments.n < 2 or not _both_spread(moments):
        return float("nan")
    shared = np.linalg.svd(moments.cov_xy, compute_uv=False).sum()
    scale = np.sqrt(np.trace(moments.cov_x) * np.trace(moments.cov_y))
    return float(np.arccos(np.clip(shared / scale, 0.0, 1.0)))


def _both_spread(moments: Moments) -> bool:
    pairs = ((moments.xx, moments.cov_x), (moments.yy, moments.cov_y))
    return all((moments.n - 1) * np.trace(cov) > NO_SPREAD * np.trace(products[0]) for products, cov in pairs)


def _hsic(moments: Moments) -> float:
    n = moments.n
    x, y = moments.x[0] / n, moments.y[0] / n
    products = moments.xy[0] - n * np.outer(x, y)
    a, b = np.trace(moments.xx[0]), np.trace(moments.yy[0])
    mx, my = x @ x, y @ y
    # Σ aᵢbᵢ of centred rows: ‖xᵢ − x̄‖² = aᵢ − 2 x̄ᵀxᵢ + ‖x̄‖², the same of y, multiplied out.
    ab = (
        moments.ab[0] - 2 * moments.ay[0] @ y - 2 * moments.bx[0] @ x + 4 * x @ moments.xy[0] @ y
        + my * (a - 2 * n * mx) + mx * (b - 2 * n * my) + n * mx * my
    )  # fmt: skip
    traces = (a - n * mx) * (b - n * my)
    return float((products**2).sum() - n / (n - 2) * ab + traces / ((n - 1) * (n - 2)))


def _x_twice(of: Moments) -> Moments:
    return Moments(
        of.shift_x, of.shift_x, of.rows, of.x, of.x, of.xx, of.xx, of.xx, of.aa, of.aa, of.aa,
        of.ax, of.ax, of.ax, of.ax,
    )  # fmt: skip


def _y_twice(of: Moments) -> Moments:
    return Moments(
        of.shift_y, of.shift_y, of.rows, of.y, of.y, of.yy, of.yy, of.yy, of.bb, of.bb, of.bb,
        of.by, of.by, of.by, of.by,
    )  # fmt: skip
