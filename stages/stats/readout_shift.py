"""Did what the classifier reads move? The drift along the few directions of a state that decide the class."""

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from stages.stats.shift import ratio, spread
from stages.stats.text_groups import group_sums, text_group

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class GroupedRatio:
    """A ratio of sums over texts, with what a delete-group jackknife asks for.

    Attributes:
        of_all: of all texts; NaN where it is undefined.
        without_group: with each group of texts left out in turn, shape (groups that hold texts,).
    """

    of_all: float
    without_group: Floats


@dataclass(frozen=True)
class ReadoutSums:
    """Sums over pairs (z*, z) along the readout z = Wᵀh, z* of the text as reference; the first axis is the group.

    Attributes:
        texts: number of texts, shape (GROUPS,).
        moved: Σ|z − z*|², shape (GROUPS,).
        reference: Σ z*, shape (GROUPS, directions).
        reference_square: Σ|z*|², shape (GROUPS,).
        served: Σ z, shape (GROUPS, directions).
        served_square: Σ|z|², shape (GROUPS,).
    """

    texts: Floats
    moved: Floats
    reference: Floats
    reference_square: Floats
    served: Floats
    served_square: Floats

    @staticmethod
    def of(
        text_id: NDArray[np.int64],
        directions: Floats,
        reference: NDArray[np.floating],
        served: NDArray[np.floating],
    ) -> "ReadoutSums":
        """The sums of one batch: states of shape (n, width), directions W of shape (width, directions)."""
        group = text_group(text_id)
        before = reference.astype(np.float64) @ directions
        # Wᵀ(h − h*), not Wᵀh − Wᵀh*: equal states then give 0 to the bit, and a small change loses no digits.
        moved = (served.astype(np.float64) - reference) @ directions
        after = before + moved
        return ReadoutSums(
            texts=group_sums(group, np.ones(len(group))),
            moved=group_sums(group, (moved**2).sum(axis=1)),
            reference=group_sums(group, before),
            reference_square=group_sums(group, (before**2).sum(axis=1)),
            served=group_sums(group, after),
            served_square=group_sums(group, (after**2).sum(axis=1)),
        )

    def __add__(self, other: "ReadoutSums") -> "ReadoutSums":
        """The sums of both sets of texts."""
        return ReadoutSums(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))

    def drift(self) -> GroupedRatio:
        """Σ|z − z*|² / Σ|z* − mean z*|²; NaN where z* is the same for all texts."""
        return self._with_each_group_left_out(lambda sums: ratio(sums.moved, sums._reference_spread()))

    def symmetric_drift(self) -> GroupedRatio:
        """The same over the mean of the spreads of z* and z; NaN where neither has any."""
        return self._with_each_group_left_out(
            lambda sums: ratio(sums.moved, (sums._reference_spread() + sums._served_spread()) / 2)
        )

    def _reference_spread(self) -> Floats:
        return spread(self.reference, self.reference_square, self.texts)

    def _served_spread(self) -> Floats:
        return spread(self.served, self.served_square, self.texts)

    def _with_each_group_left_out(self, statistic: Callable[["ReadoutSums"], Floats]) -> GroupedRatio:
        held = self.texts > 0
        by_group = [getattr(self, each.name) for each in fields(self)]
        total = ReadoutSums(*(sums.sum(axis=0) for sums in by_group))
        without = ReadoutSums(*(sums.sum(axis=0) - sums[held] for sums in by_group))
        return GroupedRatio(float(statistic(total)), statistic(without))
