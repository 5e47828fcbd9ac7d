"""Texts by length: distributions of the hidden state with pads against without, and the drift, in each stratum."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from stages.analysis.outcomes import Distributions, Stratum
from stages.stats.histograms import (
    StateHistogram,
    kolmogorov_smirnov,
    length_stratum,
    over_strata,
    wasserstein,
)
from stages.stats.shift import ShiftSums

QUARTILES = (0.25, 0.5, 0.75)

States = NDArray[np.floating]


class LengthStrata:
    """Histograms of every unit of one hidden state by stratum of length, alone and under every condition.

    The strata are cut at the quartiles of the lengths of the first texts given, which are a random sample. Where a
    state leaves [−1, 1], so that it is no hidden state of a bounded cell, distributions are given up.
    """

    def __init__(self, conditions: Sequence[str], first: NDArray[np.integer], width: int) -> None:
        cuts = np.unique(np.quantile(first, QUARTILES, method="inverted_cdf").astype(np.int64))
        self._edges = cuts[cuts < first.max()]
        strata = len(self._edges) + 1
        self._alone = StateHistogram.create(width, strata)
        self._padded = {condition: StateHistogram.create(width, strata) for condition in conditions}
        self._moved = {condition: np.zeros(strata) for condition in conditions}
        self._counts = np.zeros(strata, dtype=np.int64)
        self._shortest = np.full(strata, np.iinfo(np.int64).max)
        self._longest = np.zeros(strata, dtype=np.int64)
        self._bounded = True

    @property
    def texts(self) -> int:
        """Number of texts added."""
        return int(self._counts.sum())

    def add(self, length: NDArray[np.integer], alone: States, padded: Mapping[str, States]) -> None:
        """Add the same texts alone and under every condition: lengths (n,), states (n, width)."""
        stratum = length_stratum(length, self._edges)
        self._counts += np.bincount(stratum, minlength=len(self._counts))
        np.minimum.at(self._shortest, stratum, length)
        np.maximum.at(self._longest, stratum, length)
        self._bounded = self._bounded and all(np.abs(states).max() <= 1 for states in (alone, *padded.values()))
        if self._bounded:
            self._alone.add(alone, stratum)
        for condition, states in padded.items():
            delta = states.astype(np.float64) - alone
            squared = np.einsum("ij,ij->i", delta, delta)
            self._moved[condition] += np.bincount(stratum, squared, minlength=len(self._counts))
            if self._bounded:
                self._padded[condition].add(states, stratum)

    def distributions(self, condition: str, sums: ShiftSums) -> Distributions | None:
        """What one condition did; `sums` are those of the same state over all texts. None for an unbounded state."""
        if not self._bounded:
            return None
        padded = self._padded[condition]
        w1, ks = wasserstein(self._alone, padded), kolmogorov_smirnov(self._alone, padded)
        total = self._moved[condition].sum()
        spread = total / sums.drift_ratio() if total else np.nan
        strata = [
            Stratum(
                shortest=int(self._shortest[index]),
                longest=int(self._longest[index]),
                texts=int(count),
                wasserstein=float(np.median(w1[index])),
                kolmogorov_smirnov=float(np.median(ks[index])),
                drift_ratio=float(self._moved[condition][index] / count / (spread / self.texts)) if total else 0.0,
            )
            for index, count in enumerate(self._counts)
            if count
        ]
        return Distributions(
            wasserstein=over_strata(w1, self._alone, padded),
            kolmogorov_smirnov=over_strata(ks, self._alone, padded),
            strata=strata,
        )
