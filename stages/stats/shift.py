"""Did the state move? Sums over pairs of states of the same texts, and the drift ratio that follows from them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stages.stats.groups import group_sums, text_group

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ShiftSums:
    """Sums over pairs (state with pads, state of the text alone), kept by group of texts.

    Attributes:
        texts: number of texts, shape (GROUPS,).
        moved: Σ‖Δ‖², shape (GROUPS,).
        state: Σ h⁰, shape (GROUPS, width).
        square: Σ‖h⁰‖², shape (GROUPS,).
        largest: the largest |Δ| of any unit of any text.
    """

    texts: Floats
    moved: Floats
    state: Floats
    square: Floats
    largest: float

    @staticmethod
    def of(text_id: NDArray[np.int64], alone: NDArray[np.floating], padded: NDArray[np.floating]) -> "ShiftSums":
        """The sums of one batch: states of shape (n, width)."""
        group = text_group(text_id)
        reference = alone.astype(np.float64)
        delta = padded - reference
        return ShiftSums(
            texts=group_sums(group, np.ones(len(group))),
            moved=group_sums(group, (delta**2).sum(axis=1)),
            state=group_sums(group, reference),
            square=group_sums(group, (reference**2).sum(axis=1)),
            largest=float(np.abs(delta).max()),
        )

    def __add__(self, other: "ShiftSums") -> "ShiftSums":
        """The sums of both sets of texts."""
        return ShiftSums(
            texts=self.texts + other.texts,
            moved=self.moved + other.moved,
            state=self.state + other.state,
            square=self.square + other.square,
            largest=max(self.largest, other.largest),
        )

    def drift_ratio(self) -> float:
        """Σ‖Δ‖² / Σ‖h⁰ − mean h⁰‖²: the shift in units of the spread that carries information; NaN without spread."""
        return float(_ratio(self.moved.sum(), self.state.sum(axis=0), self.square.sum(), self.texts.sum()))

    def drift_ratio_without_group(self) -> Floats:
        """The drift ratio with each group of texts left out in turn, shape (groups that hold texts,)."""
        held = self.texts > 0
        return _ratio(
            self.moved.sum() - self.moved[held],
            self.state.sum(axis=0) - self.state[held],
            self.square.sum() - self.square[held],
            self.texts.sum() - self.texts[held],
        )


def _ratio(moved: Floats, state: Floats, square: Floats, texts: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = square - (state**2).sum(axis=-1) / texts
        return np.where(spread > 1e-12 * square, moved / spread, np.nan)
