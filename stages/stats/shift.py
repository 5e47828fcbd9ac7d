"""Did the state move? Sums over pairs of states of the same texts, and the drift ratio that follows from them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stages.stats.moments import NO_SPREAD, PairMoments
from stages.stats.text_groups import group_sums, text_group

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ShiftSums:
    """Sums over pairs (state with pads hᵏ, state of the text alone h⁰); shape (GROUPS, …) is by group of texts.

    Attributes:
        texts: number of texts, shape (GROUPS,).
        moved: Σ‖Δ‖² of Δ = hᵏ − h⁰, shape (GROUPS,).
        state: Σ h⁰, shape (GROUPS, width).
        square: Σ‖h⁰‖², shape (GROUPS,).
        cosine: Σ cos(h⁰, hᵏ) over the texts where both have a direction.
        without_direction: texts where one of the two is the zero vector.
        largest_of_unit: the largest |Δ| of any text, shape (width,).
        pair: moments of x = h⁰ and y = Δ. Of Δ and not hᵏ: its mean and spread then lose no digits to those of h⁰.
    """

    texts: Floats
    moved: Floats
    state: Floats
    square: Floats
    cosine: float
    without_direction: int
    largest_of_unit: Floats
    pair: PairMoments

    @staticmethod
    def of(text_id: NDArray[np.int64], alone: NDArray[np.floating], padded: NDArray[np.floating]) -> "ShiftSums":
        """The sums of one batch: states of shape (n, width)."""
        group = text_group(text_id)
        reference, after = alone.astype(np.float64), padded.astype(np.float64)
        delta = after - reference
        square = _dot(reference, reference)
        # √(‖h⁰‖²‖hᵏ‖²), not ‖h⁰‖‖hᵏ‖: equal states then have a cosine of 1.0 to the bit.
        norms = np.sqrt(square * _dot(after, after))
        directed = norms > 0
        cosine = np.divide(_dot(reference, after), norms, out=np.zeros_like(norms), where=directed)
        return ShiftSums(
            texts=group_sums(group, np.ones(len(group))),
            moved=group_sums(group, _dot(delta, delta)),
            state=group_sums(group, reference),
            square=group_sums(group, square),
            cosine=float(cosine.sum()),
            without_direction=int((~directed).sum()),
            largest_of_unit=np.maximum(delta.max(axis=0, initial=0.0), -delta.min(axis=0, initial=0.0)),
            pair=PairMoments.of(reference, delta),
        )

    def __add__(self, other: "ShiftSums") -> "ShiftSums":
        """The sums of both sets of texts."""
        return ShiftSums(
            texts=self.texts + other.texts,
            moved=self.moved + other.moved,
            state=self.state + other.state,
            square=self.square + other.square,
            cosine=self.cosine + other.cosine,
            without_direction=self.without_direction + other.without_direction,
            largest_of_unit=np.maximum(self.largest_of_unit, other.largest_of_unit),
            pair=self.pair + other.pair,
        )

    @property
    def largest(self) -> float:
        """The largest |Δ| of any unit of any text."""
        return float(self.largest_of_unit.max(initial=0.0))

    def mean_cosine(self) -> float:
        """Mean cos(h⁰, hᵏ) over the texts where both have a direction; NaN where there are none."""
        directed = self.texts.sum() - self.without_direction
        return float(self.cosine / directed) if directed else float("nan")

    def drift_ratio(self) -> float:
        """Σ‖Δ‖² / Σ‖h⁰ − mean h⁰‖²: the shift in units of the spread that carries information; NaN without spread."""
        between = spread(self.state.sum(axis=0), self.square.sum(), self.texts.sum())
        return float(ratio(self.moved.sum(), between))

    def drift_ratio_without_group(self) -> Floats:
        """The drift ratio with each group of texts left out in turn, shape (groups that hold texts,)."""
        held = self.texts > 0
        between = spread(
            self.state.sum(axis=0) - self.state[held],
            self.square.sum() - self.square[held],
            self.texts.sum() - self.texts[held],
        )
        return ratio(self.moved.sum() - self.moved[held], between)


def spread(state: Floats, square: Floats, texts: Floats) -> Floats:
    """Σ‖h − mean h‖² of sums Σ h of shape (…, width), Σ‖h‖² of shape (…) and as many texts; 0 within rounding."""
    with np.errstate(divide="ignore", invalid="ignore"):
        between = square - (state**2).sum(axis=-1) / texts
        return np.where(between > NO_SPREAD * square, between, 0.0)


def ratio(moved: Floats, between: Floats) -> Floats:
    """What moved over the spread between texts; NaN where there is no spread."""
    return np.divide(moved, between, out=np.full_like(between, np.nan), where=between > 0)


def _dot(left: Floats, right: Floats) -> Floats:
    products: Floats = np.einsum("ij,ij->i", left, right)
    return products
