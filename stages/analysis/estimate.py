"""A figure with its interval, and what all classes of the contract share."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from stages.stats.intervals import Interval, mean_over_seeds

CONFIG = ConfigDict(extra="forbid", validate_by_name=True, validate_by_alias=True, use_attribute_docstrings=True)
"""An unknown key is an error, and the string under a field is its description in the JSON schema."""


Number = int | float
"""A float that may stand in JSON without its .0, as where a bound is cut to 1."""


def left_out() -> Any:
    """A field that is None by default, and not written then."""
    return Field(default=None, exclude_if=lambda value: value is None)


def left_out_where_empty() -> Any:
    """A field that is an empty dict by default, and not written then."""
    return Field(default_factory=dict, exclude_if=lambda value: not value)


@dataclass(frozen=True, config=CONFIG)
class Estimate:
    """A figure and its interval."""

    estimate: Number
    """In the unit of the figure."""
    low: Number | None
    """Lower bound; None where one seed, or none that varies, gives no interval."""
    high: Number | None
    """Upper bound; None as `low`."""

    @staticmethod
    def of(interval: Interval | None) -> "Estimate | None":
        """An interval of the statistics; None stays None."""
        return None if interval is None else Estimate(interval.estimate, interval.low, interval.high)

    @staticmethod
    def over_seeds(
        values: NDArray[np.float64], level: float, lowest: float = -np.inf, highest: float = np.inf
    ) -> "Estimate | None":
        """The mean over seeds with its t interval, cut to where values can lie; bounds are None with one seed.

        None without values, or where one of them is not finite: what is undefined in one seed has no mean over seeds.
        """
        if not len(values) or not np.isfinite(values).all():
            return None
        if len(values) == 1:
            return Estimate(float(values[0]), None, None)
        interval = mean_over_seeds(values).interval(level)
        return Estimate(interval.estimate, max(lowest, interval.low), min(highest, interval.high))


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class OverSeeds:
    """A mean over all seeds of a cell, at chance or not."""

    mean: Number
    """Over seeds."""
    low: Number | None
    """Lower bound; None with one seed."""
    high: Number | None
    """Upper bound; None with one seed."""
    level: float
    """Confidence level."""

    @property
    def estimate(self) -> Estimate:
        """The mean as an estimate."""
        return Estimate(self.mean, self.low, self.high)


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class SeedCount:
    """In how many of the seeds that learned a test is significant at 5 %."""

    significant: int
    """With p below .05."""
    of: int
    """Seeds that learned."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class SplitScores:
    """One trained model on one split, padded as trained."""

    texts: int
    """Scored."""
    correct: int
    """Texts whose class was predicted."""
    majority: int
    """Texts of the most frequent class."""
    accuracy: float
    """Share of the texts."""
    nll: float
    """Mean negative log likelihood, in nats."""
    brier: float | None = left_out()
    """Mean squared error summed over classes, 0 to 2; left out where it was not scored."""
