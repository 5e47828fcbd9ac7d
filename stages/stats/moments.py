"""Moments of pairs of rows that add up over batches, in any order: from them follow covariances and similarities."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

NO_SPREAD = 1e-12
"""A variance under this share of the mean square is rounding: float32 holds seven digits, their squares fourteen."""


@dataclass(frozen=True, eq=False)
class PairMoments:
    """First and second moments of pairs of rows (x of width p, y of width q) about their means.

    Kept about the means, they lose no digits to an offset (Chan, Golub & LeVeque 1983).

    Attributes:
        n: number of rows.
        mean_x: shape (p,).
        mean_y: shape (q,).
        xx: Σ (x − mean)(x − mean)ᵀ, shape (p, p).
        yy: the same of y, shape (q, q).
        xy: the same of x and y, shape (p, q).
    """

    n: int
    mean_x: Floats
    mean_y: Floats
    xx: Floats
    yy: Floats
    xy: Floats

    @staticmethod
    def of(x: NDArray[np.floating], y: NDArray[np.floating]) -> "PairMoments":
        """The moments of one batch: rows of shape (n, p) and (n, q)."""
        n = len(x)
        mean_x, mean_y = (rows.sum(axis=0, dtype=np.float64) / max(n, 1) for rows in (x, y))
        x, y = x - mean_x, y - mean_y
        return PairMoments(n, mean_x, mean_y, x.T @ x, y.T @ y, x.T @ y)

    def __add__(self, other: "PairMoments") -> "PairMoments":
        """The moments of both sets of rows."""
        n = self.n + other.n
        weight = self.n * other.n / max(n, 1)
        dx, dy = other.mean_x - self.mean_x, other.mean_y - self.mean_y
        return PairMoments(
            n=n,
            mean_x=self.mean_x + dx * (other.n / max(n, 1)),
            mean_y=self.mean_y + dy * (other.n / max(n, 1)),
            xx=self.xx + other.xx + weight * np.outer(dx, dx),
            yy=self.yy + other.yy + weight * np.outer(dy, dy),
            xy=self.xy + other.xy + weight * np.outer(dx, dy),
        )

    def __eq__(self, other: object) -> bool:
        """Whether every moment is the same to the last bit."""
        return isinstance(other, PairMoments) and all(
            np.array_equal(getattr(self, field.name), getattr(other, field.name)) for field in fields(self)
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def cov_x(self) -> Floats:
        """Covariance of x, shape (p, p), with n − 1 below; NaN under two rows."""
        return _over_degrees(self.xx, self.n)

    @property
    def cov_y(self) -> Floats:
        """Covariance of y, shape (q, q)."""
        return _over_degrees(self.yy, self.n)

    @property
    def cov_xy(self) -> Floats:
        """Covariance of x with y, shape (p, q)."""
        return _over_degrees(self.xy, self.n)


@dataclass(frozen=True, eq=False)
class Moments:
    """Sums over pairs of rows (x of width p, y of width q) up to the fourth order, kept by group of rows.

    All sums are of rows less `shift_x` and `shift_y`; a = ‖x‖² and b = ‖y‖² are of those too. Take a row or a mean of
    the first batch as the shift, and an offset costs no digits. Σa and Σb are the traces of `xx` and `yy`.
    The first axis of every sum is the group.

    Attributes:
        shift_x: shape (p,).
        shift_y: shape (q,).
        rows: number of rows, shape (groups,).
        x: Σx, shape (groups, p).
        y: Σy, shape (groups, q).
        xx: XᵀX, shape (groups, p, p).
        yy: YᵀY, shape (groups, q, q).
        xy: XᵀY, shape (groups, p, q).
        aa: Σa², shape (groups,).
        bb: Σb², shape (groups,).
        ab: Σab, shape (groups,).
        ax: Σax, shape (groups, p).
        bx: Σbx, shape (groups, p).
        ay: Σay, shape (groups, q).
        by: Σby, shape (groups, q).
    """

    shift_x: Floats
    shift_y: Floats
    rows: Floats
    x: Floats
    y: Floats
    xx: Floats
    yy: Floats
    xy: Floats
    aa: Floats
    bb: Floats
    ab: Floats
    ax: Floats
    bx: Floats
    ay: Floats
    by: Floats

    @staticmethod
    def create(groups: int, shift_x: NDArray[np.floating], shift_y: NDArray[np.floating]) -> "Moments":
        """The moments of no rows, in `groups` groups, with reference rows of shape (p,) and (q,)."""
        p, q = len(shift_x), len(shift_y)
        shapes = [(), (p,), (q,), (p, p), (q, q), (p, q), (), (), (), (p,), (p,), (q,), (q,)]
        reference = (np.array(shift_x, dtype=np.float64), np.array(shift_y, dtype=np.float64))
        return Moments(*reference, *(np.zeros((groups, *shape)) for shape in shapes))

    def add(self, x: NDArray[np.floating], y: NDArray[np.floating], group: NDArray[np.integer] | None = None) -> None:
        """Add rows of shape (n, p) and (n, q), of groups (n,), in place.

        Raises:
            ValueError: the shapes do not fit, a group does not exist, or there are groups and none is given.
        """
        self._check(x, y, group)
        if group is None:
            self._add_to(0, x - self.shift_x, y - self.shift_y)
            return
        order = np.argsort(group, kind="stable")
        x, y = x[order] - self.shift_x, y[order] - self.shift_y
        present, starts = np.unique(group[order], return_index=True)
        ends = np.append(starts, len(x))[1:]
        for index, start, end in zip(present, starts, ends, strict=True):
            self._add_to(index, x[start:end], y[start:end])

    def total(self) -> "Moments":
        """The moments of all groups, as one group."""
        return Moments(self.shift_x, self.shift_y, *(sums.sum(axis=0, keepdims=True) for sums in self._sums()))

    def without_each_group(self) -> Iterator["Moments"]:
        """The total with each group that holds rows left out in turn: what a delete-group jackknife asks for."""
        total = self.total()
        for index in np.flatnonzero(self.rows):
            pairs = zip(total._sums(), self._sums(), strict=True)
            yield Moments(
                self.shift_x, self.shift_y, *(whole - by_group[index : index + 1] for whole, by_group in pairs)
            )

    @property
    def n(self) -> int:
        """Number of rows; this and the properties below are of moments of one group, and raise ValueError of more."""
        return int(self.rows.item())

    @property
    def mean_x(self) -> Floats:
        """Mean of x, shape (p,); NaN without rows."""
        return self.shift_x + (self.x[0] / self.n if self.n else np.nan)

    @property
    def mean_y(self) -> Floats:
        """Mean of y, shape (q,)."""
        return self.shift_y + (self.y[0] / self.n if self.n else np.nan)

    @property
    def cov_x(self) -> Floats:
        """Covariance of x, shape (p, p), with n − 1 below; NaN under two rows."""
        return self._covariance(self.xx, self.x, self.x)

    @property
    def cov_y(self) -> Floats:
        """Covariance of y, shape (q, q)."""
        return self._covariance(self.yy, self.y, self.y)

    @property
    def cov_xy(self) -> Floats:
        """Covariance of x with y, shape (p, q)."""
        return self._covariance(self.xy, self.x, self.y)

    def _sums(self) -> list[Floats]:
        return [getattr(self, field.name) for field in fields(self)[2:]]

    def _covariance(self, products: Floats, left: Floats, right: Floats) -> Floats:
        return _over_degrees(products[0] - np.outer(left[0], right[0]) / max(self.n, 1), self.n)

    def _add_to(self, index: int, x: Floats, y: Floats) -> None:
        a, b = np.einsum("ij,ij->i", x, x), np.einsum("ij,ij->i", y, y)
        new = [len(x), x.sum(axis=0), y.sum(axis=0), x.T @ x, y.T @ y, x.T @ y, a @ a, b @ b, a @ b]
        for sums, value in zip(self._sums(), [*new, a @ x, b @ x, a @ y, b @ y], strict=True):
            sums[index] += value

    def _check(self, x: NDArray[np.floating], y: NDArray[np.floating], group: NDArray[np.integer] | None) -> None:
        groups, p, q = self.xy.shape
        if x.shape != (len(x), p) or y.shape != (len(x), q):
            raise ValueError(f"rows of shapes {x.shape} and {y.shape} do not fit widths {p} and {q}")
        if group is None:
            if groups != 1:
                raise ValueError(f"the moments have {groups} groups, so every row needs its group")
        elif group.shape != (len(x),) or (len(x) and not 0 <= group.min() <= group.max() < groups):
            raise ValueError(f"every one of {len(x)} rows needs a group from 0 to {groups - 1}")


def _over_degrees(products: Floats, n: int) -> Floats:
    return products / (n - 1) if n > 1 else np.full_like(products, np.nan)
