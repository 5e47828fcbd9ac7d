"""Two accuracies on the same texts over the same seeds: how far apart, in points and as a ratio of errors."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stages.stats.claims import Claims, above, below
from stages.stats.intervals import Interval, MeanOverSeeds, mean_over_seeds_and_texts, wilson
from stages.stats.text_groups import mean_without_group, text_group

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Accuracies:
    """The accuracy of every seed on the same texts.

    Attributes:
        values: shape (seeds,).
        without_group: with each group of texts left out in turn, shape (seeds, groups).
        texts: how many.
    """

    values: Floats
    without_group: Floats
    texts: int

    @staticmethod
    def of(correct: NDArray[np.bool_]) -> "Accuracies":
        """From whether each seed is right about each text, shape (seeds, texts), texts in one order for all."""
        group = text_group(np.arange(correct.shape[1]))
        without = np.stack([mean_without_group(group, right.astype(np.float64)) for right in correct])
        return Accuracies(correct.mean(axis=1), without, correct.shape[1])

    def mean(self) -> MeanOverSeeds:
        """Over new seeds and new texts."""
        return mean_over_seeds_and_texts(self.values, self.without_group)


@dataclass(frozen=True)
class Tolerated:
    """The differences of accuracy that do not matter: those within both bounds.

    Attributes:
        points: largest difference, as a share of the texts.
        error_ratio: smallest ratio of the errors, in (0, 1); the largest is 1 / error_ratio.
    """

    points: float
    error_ratio: float

    def loss(self, error: float) -> float:
        """The largest loss that does not matter to a classifier that is wrong on this share of the texts."""
        return min(self.points, (1 / self.error_ratio - 1) * error)

    def gain(self, error: float) -> float:
        """The largest gain that does not matter."""
        return min(self.points, (1 - self.error_ratio) * error)

    def on_its_side(self, difference: float, error: float) -> float:
        """That of the two which a difference of accuracy would have to pass."""
        return self.loss(error) if difference < 0 else self.gain(error)


@dataclass(frozen=True)
class AccuracyDifference:
    """The accuracy of one minus that of another, paired by seed, for new seeds and new texts.

    A ratio of errors that lies above 0.9 is a mean of error − 0.9 · (the other's error) that lies above 0, and has its
    t interval (Fieller 1954): no ratio is formed, and none is undefined where nobody errs.

    Attributes:
        difference: one minus the other.
        to_loss: difference + (1 / ratio − 1) · the other's error: below 0 where errors are more than 1 / ratio of it.
        to_gain: difference − (1 − ratio) · the other's error: above 0 where errors are less than `ratio` of it.
        error: the other's, mean over seeds.
        texts: how many.
        tolerated: the bounds.
    """

    difference: MeanOverSeeds
    to_loss: MeanOverSeeds
    to_gain: MeanOverSeeds
    error: float
    texts: int
    tolerated: Tolerated

    @staticmethod
    def of(one: Accuracies, other: Accuracies, tolerated: Tolerated) -> "AccuracyDifference":
        """From the accuracies of both, whose seeds are pairs and whose texts are the same."""

        def plus(share: float) -> MeanOverSeeds:
            return mean_over_seeds_and_texts(
                one.values - other.values + share * (1 - other.values),
                one.without_group - other.without_group + share * (1 - other.without_group),
            )

        return AccuracyDifference(
            difference=plus(0.0),
            to_loss=plus(1 / tolerated.error_ratio - 1),
            to_gain=plus(tolerated.error_ratio - 1),
            error=float(1 - other.values.mean()),
            texts=one.texts,
            tolerated=tolerated,
        )

    def interval(self, level: float) -> Interval:
        """Of the difference."""
        return self._interval(self.difference, level)

    def claims(self) -> Claims:
        """EQUIVALENT needs both bounds; of DIFFERENT the one is tested that is tighter at the other's error."""

        def loss(level: float) -> Interval:
            return self._interval(self.to_loss, level)

        def gain(level: float) -> Interval:
            return self._interval(self.to_gain, level)

        points = self.tolerated.points
        not_lost = above(self.interval, -points), above(loss, 0.0)
        not_gained = below(self.interval, points), below(gain, 0.0)
        in_points = self.tolerated.loss(self.error) == points, self.tolerated.gain(self.error) == points
        lost = below(self.interval, -points) if in_points[0] else below(loss, 0.0)
        gained = above(self.interval, points) if in_points[1] else above(gain, 0.0)
        return Claims(min(1.0, 2 * min(lost, gained)), max(*not_lost, *not_gained), max(not_lost))

    def with_seeds(self, seeds: int) -> "AccuracyDifference":
        """The same spread seen in so many seeds."""
        return replace(
            self,
            difference=self.difference.with_seeds(seeds),
            to_loss=self.to_loss.with_seeds(seeds),
            to_gain=self.to_gain.with_seeds(seeds),
        )

    def _interval(self, mean: MeanOverSeeds, level: float) -> Interval:
        """Wider by what 0 of n leaves open where no text, or every one, turned in every seed alike."""
        half = mean.half_width(level)
        if self.difference.variance == 0:
            half += wilson(0, self.texts, level).high
        return Interval(mean.estimate, mean.estimate - half, mean.estimate + half)
