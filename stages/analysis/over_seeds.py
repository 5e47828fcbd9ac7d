"""Intervals as records of the report."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stages.stats.intervals import Interval, mean_over_seeds

Record = dict[str, Any]


def interval_record(interval: Interval | None) -> Record | None:
    """An interval as a record; None stays None."""
    return None if interval is None else vars(interval)


def mean_record(
    values: NDArray[np.float64], level: float, lowest: float = -np.inf, highest: float = np.inf
) -> Record | None:
    """The mean over seeds with its t interval, cut to where values can lie; bounds are None with one seed.

    None without values, or where one of them is not finite: what is undefined in one seed has no mean over seeds.
    """
    if not len(values) or not np.isfinite(values).all():
        return None
    if len(values) == 1:
        return {"estimate": float(values[0]), "low": None, "high": None}
    interval = mean_over_seeds(values).interval(level)
    return {
        "estimate": interval.estimate,
        "low": max(lowest, interval.low),
        "high": min(highest, interval.high),
    }
